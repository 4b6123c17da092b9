"""``flask totals``: compare the totals kept beside the deeds with the deeds themselves."""

from collections import Counter
from datetime import date

import click
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from accelerator.board.models import Claim, ClaimState, HelpRequest
from accelerator.deeds.models import ALL_TIME, DayTotal, Deed, DeedStatus
from accelerator.deeds.transitions import day_of
from accelerator.extensions import db
from accelerator.migrations.commands import with_tables

Counts = dict[tuple[date, str], tuple[int, int]]


@click.group()
def totals() -> None:
    """Numbers that are kept beside the deeds."""


@totals.command("check")
@click.option("--repair", is_flag=True, help="Write the recomputed numbers.")
@with_tables
def check(repair: bool) -> None:
    """Recompute every total and compare; exit 1 when one differs (and was not repaired)."""
    with db.transaction() as session:
        kept = {
            (row.day, row.region_code): (row.deeds, row.minutes)
            for row in session.scalars(select(DayTotal))
            if row.deeds or row.minutes
        }
        counted = recompute(session)
        wrong = sorted(key for key in kept.keys() | counted.keys() if kept.get(key) != counted.get(key))
        for day, region in wrong:
            key = (day, region)
            name = "all time" if day == ALL_TIME else day.isoformat()
            click.echo(f"{region} {name}: kept {kept.get(key, (0, 0))}, counted {counted.get(key, (0, 0))}")
        if wrong and repair:
            write(session, counted)
    if wrong and not repair:
        raise click.ClickException(f"{len(wrong)} totals differ. Repair them with --repair.")
    click.echo(f"{len(counted)} totals {'repaired' if wrong else 'are right'}.")


def recompute(session: Session) -> Counts:
    """Deeds and confirmed minutes by (day, region), streamed."""
    deeds: Counter[tuple[date, str]] = Counter()
    minutes: Counter[tuple[date, str]] = Counter()
    published = select(Deed.region_code, Deed.published_at).where(Deed.status == DeedStatus.PUBLISHED.value)
    for region, moment in session.execute(published.execution_options(yield_per=5000)):
        if moment:
            deeds.update([(day_of(region, moment), region), (ALL_TIME, region)])
    confirmed = (
        select(HelpRequest.region_code, Claim.settled_at, Claim.minutes, Claim.people)
        .join(HelpRequest, HelpRequest.id == Claim.request_id)
        .where(Claim.state == ClaimState.CONFIRMED.value)
    )
    for region, moment, spent, people in session.execute(confirmed.execution_options(yield_per=5000)):
        for key in ((day_of(region, moment), region), (ALL_TIME, region)) if moment else ():
            minutes[key] += (spent or 0) * people
    return {key: (deeds[key], minutes[key]) for key in deeds.keys() | minutes.keys()}


def write(session: Session, counted: Counts) -> None:
    session.execute(delete(DayTotal))
    rows = [
        {"day": day, "region_code": region, "deeds": deeds, "minutes": minutes}
        for (day, region), (deeds, minutes) in counted.items()
    ]
    if rows:
        session.execute(insert(DayTotal), rows)
