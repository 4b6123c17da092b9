"""``flask demonstration``: fill an empty database with a believable Almaty. Dates are relative to today."""

import contextlib
import itertools
import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from accelerator.accounts import passwords
from accelerator.accounts.models import AgeGroup, CoordinatorRegion, User
from accelerator.appeals.queries import find_by_code as find_appeal_by_code
from accelerator.appeals.sealing import code_of_form
from accelerator.board import transitions as board
from accelerator.board.models import Claim, ClaimState, Credit, HelpRequest, RequestStatus
from accelerator.board.search import search_text_of
from accelerator.board.transitions import ClaimRefused, due_at
from accelerator.clock import utcnow
from accelerator.codes import group_code
from accelerator.demonstration.cases import moment_of, steps_of_cases
from accelerator.demonstration.deeds import add_deed, credit
from accelerator.demonstration.letters import steps_of_appeals, steps_of_reports, steps_of_told
from accelerator.demonstration.marker import leave_mark
from accelerator.demonstration.stories import Cast, Step, form_key_of, make
from accelerator.extensions import db
from accelerator.help.queries import find_by_code as find_person_by_code
from accelerator.help.transitions import codes_of_form
from accelerator.integrity.record import SYSTEM, EventType, record
from accelerator.migrations.commands import with_tables
from accelerator.reference import mask_of, places
from accelerator.regions.models import Region

HERE = Path(__file__).parent
PASSWORD = "adal-jurek-2026"  # noqa: S105 (for looking around; never in a real database)
MOST_TOGETHER = 3
DESK_PHONES = {"KZ-75": "+7 727 000 00 00", "KZ-71": "+7 7172 00 00 00"}


@click.command()
@with_tables
def demonstration() -> None:
    """Fill an empty database with demonstration data and show the sign-ins."""
    if not fill_if_empty(click.echo):
        raise click.ClickException("There are accounts in this database already. Use an empty one (INSTANCE_PATH=…).")


def fill_if_empty(say: Callable[[str], None]) -> bool:
    """Fill the database unless somebody has an account in it; say how to sign in. Whether it was filled."""
    people = read("people.toml", "person")
    is_empty = db.read.scalars(select(User.id).limit(1)).first() is None
    if is_empty:
        with db.transaction():
            fill(people, at=utcnow())
    for line in welcome(people):
        say(line)
    return is_empty


def welcome(people: list[dict[str, Any]]) -> Iterator[str]:
    yield "This is a DEMONSTRATION with invented people. To start for real, see the README, first hour."
    yield f"Sign in with the password {PASSWORD} as:"
    for person in people:
        if "sign_in" in person:
            yield f"  {person['sign_in']:20} {person['email']}"
    codes = [*list_help_codes(read("cases.toml", "case")), *list_appeal_codes(read("appeals.toml", "appeal"))]
    if codes:
        yield "Without signing in, type one of these tracking codes:"
    for path, code, words in codes:
        yield f"  {path:20} {group_code(code)}   {words}"
    yield ""


def list_help_codes(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Page, code and what stands behind it, as long as it is there (an older demonstration has none of it)."""
    for row in rows:
        code, pair = codes_of_form(form_key_of(row), row["answers"]["language"])
        if "code_shows" in row and find_person_by_code(db.read, code):
            yield "/help/status", code, row["code_shows"].format(pair=pair)


def list_appeal_codes(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for row in rows:
        code = code_of_form(form_key_of(row))
        if "code_shows" in row and find_appeal_by_code(db.read, code):
            yield "/appeals/status", code, row["code_shows"]


def read(name: str, key: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads((HERE / name).read_text("utf-8"))[key]
    return rows


def fill(people: list[dict[str, Any]], *, at: datetime) -> None:
    """Everything in the caller's transaction: an interrupted filling leaves nothing."""
    leave_mark(db.session)
    for code, phone in DESK_PHONES.items():
        db.session.get_one(Region, code).desk_phone = phone
    users = {person["key"]: add_person(person, at=at) for person in people}
    db.session.flush()
    cast = Cast(users, {person["key"]: frozenset(person.get("regions", [])) for person in people})
    writer = next(users[p["key"]] for p in people if p["role"] == "coordinator")
    steps: list[Step] = []
    for row in sorted(read("deeds.toml", "deed"), key=lambda row: -row["days_ago"]):
        steps += steps_of_reports(add_deed(row, users, writer, at=at), row.get("report", []), at=at)
    steps += steps_of_cases(read("cases.toml", "case"), cast, at=at)
    steps += steps_of_appeals(read("appeals.toml", "appeal"), cast, at=at)
    steps += steps_of_told(read("told.toml", "told"), cast, at=at)
    make(steps)
    # After the stories, whose people must find room. The first volunteer keeps hers for whoever looks around.
    volunteers = [p["key"] for p in people if p["role"] == "volunteer" and p["age"] == "adult"][1:]
    turn = itertools.cycle(volunteers)
    for number, row in enumerate(read("requests.toml", "request")):
        add_request(row, writer, cast, turn, number, at=at)


def add_person(person: dict[str, Any], *, at: datetime) -> User:
    regions = person.get("regions", [])
    user = User(
        email=person["email"],
        password_hash=_password_hash(),
        name=person["name"],
        role=person["role"],
        locale=person["locale"],
        region_code=person["district"].partition("/")[0] if person.get("district") else "KZ-75",
        district_code=person.get("district") or None,
        age_group=AgeGroup.ADULT.value if person["age"] == "adult" else AgeGroup.YOUNG.value,
        capabilities=mask_of(person.get("capabilities", [])),
        may_edit_questionnaire=person.get("may_edit_questionnaire", False),
        created_at=at - timedelta(days=40),
    )
    db.session.add(user)
    db.session.flush()
    db.session.add_all(CoordinatorRegion(user_id=user.id, region_code=code) for code in regions)
    record(db.session, EventType.ACCOUNT_CREATED, f"account:{user.public_ref}", by=SYSTEM, at=at)
    return user


_hashed: list[str] = []


def _password_hash() -> str:
    """Hashed once: everybody in the demonstration has the same password."""
    if not _hashed:
        _hashed.append(passwords.hash_password(PASSWORD))
    return _hashed[0]


def add_request(
    row: dict[str, Any], writer: User, cast: Cast, turn: Iterator[str], number: int, *, at: datetime
) -> None:
    found = moment_of(row, row["region"], at)
    starts = found if row["when"] in ("at", "repeating") else None
    ends = starts + timedelta(minutes=row["minutes"]) if starts else found
    published = at - timedelta(days=2, hours=number)
    request = HelpRequest(
        title=row["title"],
        story=row["story"],
        briefing=row["briefing"],
        locale=row["lang"],
        kind_code=row["kind"],
        region_code=row["region"],
        district_code=row.get("district"),
        timing=row["when"],
        starts_at=starts,
        ends_at=ends,
        due_at=due_at(row["when"], starts, ends, at=published),
        minutes=row["minutes"],
        capacity=row["people"],
        needs=mask_of(row["needs"]),
        min_age=row["min_age"],
        two_adults=row["two_adults"],
        is_asar=row["asar"],
        status=RequestStatus.OPEN.value if row["state"] == RequestStatus.PAUSED else row["state"],
        outcome=row.get("outcome"),
        created_by_id=writer.id,
        created_at=published,
        published_at=published if row["state"] != RequestStatus.RECEIVED else None,
        closed_at=at if row["state"] == RequestStatus.CLOSED else None,
    )
    request.search_text = search_text_of(request, places(db.session))
    db.session.add(request)
    db.session.flush()
    record(db.session, EventType.REQUEST_CREATED, f"request:{request.id}", by=writer, at=published)
    if row["state"] != RequestStatus.RECEIVED:
        record(db.session, EventType.REQUEST_PUBLISHED, f"request:{request.id}", by=SYSTEM, at=published)
    add_claims(request, row, cast, turn, at=at)
    request.status = row["state"]  # one is paused after people have promised to come


def add_claims(request: HelpRequest, row: dict[str, Any], cast: Cast, turn: Iterator[str], *, at: datetime) -> None:
    """Fill ``taken`` places, some bringing others along; then the waiting list."""
    if row["state"] == RequestStatus.CLOSED:
        for people in shares(row["taken"]):
            add_done_claim(request, cast.users[next(turn)], people, at=at)
        request.taken = row["taken"]
        return
    for people in shares(row["taken"]):
        promise(request, cast, turn, people, at=at)
    for _ in range(row.get("waiting", 0)):
        promise(request, cast, turn, 1, at=at)
    db.session.refresh(request)


def shares(taken: int) -> list[int]:
    """How many each brings who comes: at most three, so that few people keep the whole city's promises."""
    return [min(MOST_TOGETHER, taken - begun) for begun in range(0, taken, MOST_TOGETHER)]


def promise(request: HelpRequest, cast: Cast, turn: Iterator[str], people: int, *, at: datetime) -> None:
    """The next in turn whom the board's own rules allow it takes the places, or waits for them.

    Where settings are stricter than ours, nobody may be left: then the places stay free.
    """
    at -= timedelta(hours=20)
    for _ in cast.users:
        with contextlib.suppress(ClaimRefused):
            taken = board.claim(request.id, by=cast.viewer(next(turn), at=at), at=at, people=people, may_wait=True)
            if taken.is_new:
                return


def add_done_claim(request: HelpRequest, user: User, people: int, *, at: datetime) -> None:
    claim = Claim(
        request_id=request.id,
        user_id=user.id,
        people=people,
        state=ClaimState.CONFIRMED.value,
        minutes=request.minutes,
        credit=Credit.HIDDEN.value,
        created_at=at - timedelta(hours=20),
        reported_at=at - timedelta(hours=6),
        settled_at=at,
    )
    db.session.add(claim)
    db.session.flush()
    record(db.session, EventType.CLAIM_TAKEN, f"request:{request.id}", by=user, at=at, claim=claim.id)
    credit(claim, request, user)
