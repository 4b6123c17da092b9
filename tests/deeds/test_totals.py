"""Totals beside the deeds: right after every change, and checked against the deeds themselves."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator.clock import utcnow
from accelerator.deeds import transitions as deeds
from accelerator.deeds.models import ALL_TIME, DayTotal, DeedStatus
from accelerator.deeds.queries import read_totals
from accelerator.deeds.transitions import day_of
from accelerator.extensions import db
from tests.alone import run_alone
from tests.cast import ALMATY, ASTANA, Cast, viewer_of
from tests.factories import make_deed, make_request
from tests.steps import confirm, take_and_report


def kept() -> dict[tuple[date, str], tuple[int, int]]:
    rows = db.read.scalars(select(DayTotal).execution_options(populate_existing=True))
    return {(row.day, row.region_code): (row.deeds, row.minutes) for row in rows if row.deeds or row.minutes}


def check(app: Flask) -> None:
    result = run_alone(app, "totals", "check")
    assert result.exit_code == 0, result.output


def test_they_follow_publish_hide_and_publish_again(context: Flask, cast: Cast) -> None:
    deed_id = make_deed(status=DeedStatus.PENDING)
    dee = viewer_of(cast.dee)
    days = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (1, 2, 3)]
    expected = []
    for at, act in zip(days, ("publish", "hide", "publish"), strict=True):
        with db.transaction():
            if act == "publish":
                deeds.publish(deed_id, by=dee, at=at)
            else:
                deeds.hide(deed_id, by=dee, at=at, reason="-")
        expected.append(kept())
        check(context)
    assert expected == [
        {(ALL_TIME, ALMATY): (1, 0), (days[0].date(), ALMATY): (1, 0)},
        {},
        {(ALL_TIME, ALMATY): (1, 0), (days[0].date(), ALMATY): (1, 0)},
    ]


def test_they_follow_confirmed_hours_on_the_regions_day(context: Flask, cast: Cast) -> None:
    late = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)  # 2 November in Almaty
    confirm(take_and_report(make_request(capacity=3), cast.ben, people=3), cast.dee, minutes=40, at=late)
    assert kept() == {(ALL_TIME, ALMATY): (1, 120), (date(2026, 11, 2), ALMATY): (1, 120)}
    check(context)


def test_the_first_pages_numbers_are_their_sums(context: Flask) -> None:
    now = utcnow()
    make_deed()
    make_deed(region=ASTANA)
    make_deed(published_at=now - timedelta(days=6))
    make_deed(published_at=now - timedelta(days=8))
    totals = read_totals(db.read, day_of(ALMATY, now))
    assert (totals.deeds, totals.week_deeds, totals.minutes) == (4, 3, 0)


@pytest.mark.parametrize("planted", [{"deeds": 7}, {"minutes": 7}, {"deeds": -1}])
def test_a_difference_is_found_and_repaired(context: Flask, planted: dict[str, int]) -> None:
    make_deed()
    right = kept()
    with db.transaction() as session:
        row = session.get_one(DayTotal, (ALL_TIME, ALMATY))
        for name, more in planted.items():
            setattr(row, name, getattr(row, name) + more)
    found = run_alone(context, "totals", "check")
    assert found.exit_code == 1
    assert "KZ-75 all time: kept" in found.output
    assert "--repair" in found.output
    assert kept() != right  # looking changes nothing
    repaired = run_alone(context, "totals", "check", "--repair")
    assert repaired.exit_code == 0
    assert "repaired" in repaired.output
    assert kept() == right
    check(context)


def test_rows_for_what_never_was_are_taken_out(context: Flask) -> None:
    with db.transaction() as session:
        session.add(DayTotal(day=date(2020, 1, 1), region_code=ASTANA, deeds=3, minutes=0))
    assert run_alone(context, "totals", "check", "--repair").exit_code == 0
    assert kept() == {}
