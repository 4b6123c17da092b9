"""The demonstration keeps the rules that it demonstrates."""

import itertools
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator.accounts.models import User
from accelerator.board.models import OPEN_PROMISES, Claim, ClaimState, HelpRequest
from accelerator.dashboard.queries import list_confirmed, list_told, read_sums
from accelerator.deeds.models import Deed, DeedStatus, Level
from accelerator.demonstration.commands import fill_if_empty
from accelerator.demonstration.commands import read as read_file
from accelerator.extensions import db
from accelerator.formatting import duration
from tests.demonstration.test_stories import sign_in
from tests.site import Site, text_of

HELD = (*OPEN_PROMISES, ClaimState.REPORTED, ClaimState.DISPUTED, ClaimState.CONFIRMED)


@pytest.fixture
def city(context: Flask) -> Flask:
    fill_if_empty(lambda _: None)
    return context


def promises_of(email: str) -> list[HelpRequest]:
    held = select(HelpRequest).join(Claim, Claim.request_id == HelpRequest.id).join(User, User.id == Claim.user_id)
    return list(db.read.scalars(held.where(User.email == email, Claim.state.in_(OPEN_PROMISES))))


def test_nobody_holds_more_promises_than_one_person_can_keep(city: Flask) -> None:
    held = select(User.email, func.count()).join(Claim, Claim.user_id == User.id).where(Claim.state.in_(OPEN_PROMISES))
    by_person = Counter[str]()
    for email, number in db.read.execute(held.group_by(User.email)):
        by_person[email] = number
    assert len(by_person) > 8
    assert max(by_person.values()) <= db.settings.max_open_claims
    assert by_person["aigerim@example.org"] < db.settings.max_open_claims  # whoever looks around can promise something


def test_nobody_is_in_two_places_at_once(city: Flask) -> None:
    for person in read_file("people.toml", "person"):
        fixed = sorted((one.starts_at, one.ends_at) for one in promises_of(person["email"]) if one.starts_at)
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(fixed)), person["key"]


def test_places_and_waiting_lists_are_what_the_promises_add_up_to(city: Flask) -> None:
    people, waiting = Counter[int](), Counter[int]()
    for claim in db.read.scalars(select(Claim)):
        people[claim.request_id] += claim.people if claim.state in HELD else 0
        waiting[claim.request_id] += claim.state == ClaimState.WAITING
    for request in db.read.scalars(select(HelpRequest)):
        assert (request.taken, request.waiting) == (people[request.id], waiting[request.id]), request.title
    for row in read_file("requests.toml", "request"):
        found = db.read.scalars(select(HelpRequest).where(HelpRequest.title == row["title"])).one()
        assert (found.taken, found.waiting, found.status) == (row["taken"], row.get("waiting", 0), row["state"])


def test_what_somebody_vouches_for_came_of_a_confirmed_promise(city: Flask) -> None:
    sure = db.read.scalars(
        select(Deed).where(Deed.level != Level.TOLD.value, Deed.status == DeedStatus.PUBLISHED.value)
    )
    for deed in sure.all():
        claim = db.read.get_one(Claim, deed.claim_id)
        assert (claim.state, claim.user_id, claim.minutes, claim.people) == (
            ClaimState.CONFIRMED,
            deed.user_id,
            deed.minutes,
            deed.helpers,
        )
        assert (claim.helped_said_at is not None) == (deed.level == Level.CONFIRMED)
    told = db.read.scalars(select(Deed.claim_id).where(Deed.level == Level.TOLD.value)).all()
    assert set(told) == {None}


def test_the_sums_of_a_person_are_those_of_their_deeds(city: Flask) -> None:
    for user in db.read.scalars(select(User)).all():
        confirmed, sums = list_confirmed(db.read, user.id), read_sums(db.read, user.id)
        assert sums.tasks == len(confirmed)
        assert sums.minutes == sum(claim.minutes or 0 for claim, _, _ in confirmed)
        assert all(deed.level == Level.TOLD for deed in list_told(db.read, user.id))


@pytest.mark.parametrize("key", ["aigerim", "timur"])
def test_their_own_page_says_the_hours_that_their_deeds_show(city: Flask, key: str) -> None:
    rows = [row for row in read_file("deeds.toml", "deed") if row["doer"] == key and row["level"] != "told"]
    page = sign_in(city, f"{key}@example.org").get("/me")
    numbers = [number.get_text(strip=True) for number in page.html.select(".numbers dd")]
    with city.test_request_context(headers={"Accept-Language": "en"}):
        assert numbers == [duration(sum(row["minutes"] for row in rows)), str(len(rows))]
    for row in rows:
        assert row["title"] in text_of(page)


def test_the_pages_of_such_a_deed_show_what_was_told_and_what_was_asked(city: Flask, site: Site) -> None:
    row = next(row for row in read_file("deeds.toml", "deed") if row["level"] == "confirmed")
    deed = db.read.scalars(select(Deed).where(Deed.title == row["asked"])).one()
    page = text_of(site.get(f"/deeds/{deed.id}"))
    assert row["title"] in page
    assert row["text"] in page
    assert row["asked"] in page
    claim = db.read.get_one(Claim, deed.claim_id)
    assert row["asked"] in text_of(site.get(f"/requests/{claim.request_id}"))
