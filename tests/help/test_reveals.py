"""Who sees how much of a contact, and when: the rule as a table, and the transitions that keep to it."""

import itertools
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from accelerator.accounts.models import AgeGroup, User
from accelerator.accounts.viewer import Viewer
from accelerator.board import transitions as board
from accelerator.board.models import Claim, ClaimState, HelpRequest, Outcome, RequestStatus, Timing
from accelerator.clock import utcnow
from accelerator.desk.cases.queries import open_reason
from accelerator.errors import NotAllowed, NotFound, SignInNeeded
from accelerator.extensions import db, vault
from accelerator.help import reveals
from accelerator.help.contact import Contact
from accelerator.help.models import ContactReveal, Requester, Step
from accelerator.help.reveals import ContactRefused, ContactUnreadable
from accelerator.help.transitions import erase
from accelerator.integrity.record import SYSTEM
from accelerator.looks import TooManyLooks
from accelerator.policy import ContactBar, contact_bar, contact_step
from tests.cast import Cast, Person, viewer_of
from tests.factories import make_request, make_requester
from tests.steps import confirm, count_events, last_event, report, take, wait

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
APA = Contact(
    name="Apa Bota", phone="+77011234567", phone_owner="Gulya", speaker="Her son", street="Abay", door="12, flat 4"
)


# ---- the rule, as a table ----


def somebody(role: str = "volunteer", age: str = AgeGroup.ADULT.value, number: int = 1) -> Viewer:
    return Viewer(
        number, "u_x", "Ben", role, "en", None, None, age, 0, frozenset({"KZ-75"}), {}, False, b"", NOW
    )  # fmt: skip


def a_claim(state: str = ClaimState.CLAIMED.value, user_id: int | None = 1, request_id: int = 7) -> Claim:
    return Claim(id=3, request_id=request_id, user_id=user_id, state=state, people=1)


def a_request(
    status: str = RequestStatus.OPEN.value,
    timing: Timing = Timing.ANY,
    starts_in: timedelta | None = None,
    requester_id: int | None = 5,
) -> HelpRequest:
    starts = NOW + starts_in if starts_in is not None else None
    return HelpRequest(
        id=7,
        status=status,
        timing=timing.value,
        starts_at=starts,
        ends_at=starts + HOUR if starts else None,
        minutes=60,
        requester_id=requester_id,
        region_code="KZ-75",
    )


SHOWN_STATES = {"claimed", "started", "reported"}


@pytest.mark.parametrize(
    ("state", "status", "role", "age"),
    list(
        itertools.product(
            [state.value for state in ClaimState],
            [status.value for status in RequestStatus],
            ["volunteer", "coordinator", "auditor", "admin"],
            [AgeGroup.ADULT.value, AgeGroup.YOUNG.value],
        )
    ),
)
def test_something_is_shown_only_to_an_adult_on_the_way_of_an_open_request(
    state: str, status: str, role: str, age: str
) -> None:
    step = contact_step(somebody(role, age), a_claim(state), a_request(status), NOW)
    is_shown = (
        state in SHOWN_STATES
        and status in ("open", "paused")
        and role in ("volunteer", "coordinator")
        and age == "adult"
    )
    assert step == (Step.DOOR if is_shown else None)


@pytest.mark.parametrize(
    ("timing", "starts_in", "expected"),
    [
        (Timing.ANY, None, Step.DOOR),
        (Timing.BY, None, Step.DOOR),
        (Timing.REPEATING, timedelta(days=6), Step.DOOR),
        (Timing.AT, timedelta(days=30), Step.STREET),
        (Timing.AT, 24 * HOUR + timedelta(seconds=1), Step.STREET),
        (Timing.AT, 24 * HOUR, Step.DOOR),
        (Timing.AT, HOUR, Step.DOOR),
        (Timing.AT, -HOUR, Step.DOOR),
        (Timing.AT, -25 * HOUR, Step.DOOR),
        (Timing.AT, -25 * HOUR - timedelta(seconds=1), None),
        (Timing.AT, -timedelta(days=9), None),
    ],
)
def test_the_door_is_shown_near_the_start(timing: Timing, starts_in: timedelta | None, expected: Step | None) -> None:
    assert contact_step(somebody(), a_claim(), a_request(timing=timing, starts_in=starts_in), NOW) == expected


def test_without_an_end_the_announced_time_counts() -> None:
    request = a_request(timing=Timing.AT, starts_in=-25 * HOUR + timedelta(minutes=1))
    request.ends_at = None
    assert contact_step(somebody(), a_claim(), request, NOW) is Step.DOOR
    request.minutes = 15
    assert contact_step(somebody(), a_claim(), request, NOW) is None


@pytest.mark.parametrize(
    ("claim", "request_", "viewer", "bar"),
    [
        (None, a_request(), somebody(), ContactBar.NOT_YOURS),
        (a_claim(user_id=2), a_request(), somebody(), ContactBar.NOT_YOURS),
        (a_claim(user_id=None), a_request(), somebody(), ContactBar.NOT_YOURS),
        (a_claim(request_id=8), a_request(), somebody(), ContactBar.NOT_YOURS),
        (a_claim("released"), a_request(), somebody(), ContactBar.NOT_YOURS),
        (a_claim("confirmed"), a_request(), somebody(), ContactBar.NOT_YOURS),
        (a_claim("disputed"), a_request(), somebody(), ContactBar.NOT_YOURS),
        (a_claim("waiting"), a_request(), somebody(), ContactBar.WAITING),
        (a_claim(), a_request("closed"), somebody(), ContactBar.OVER),
        (a_claim(), a_request("received"), somebody(), ContactBar.OVER),
        (a_claim(), a_request(requester_id=None), somebody(), ContactBar.NOBODY),
        (a_claim(), a_request(), somebody("auditor"), ContactBar.OFFICE),
        (a_claim(), a_request(), somebody("admin"), ContactBar.OFFICE),
        (a_claim(), a_request(), somebody(age="young"), ContactBar.YOUNG),
        (a_claim("waiting"), a_request(), somebody(age="young"), ContactBar.YOUNG),
        (a_claim(), a_request(), somebody(), None),
    ],
)
def test_each_bar_has_its_reason(
    claim: Claim | None, request_: HelpRequest, viewer: Viewer, bar: ContactBar | None
) -> None:
    assert contact_bar(viewer, claim, request_, NOW) == bar


def test_a_role_that_nobody_thought_of_sees_nothing() -> None:
    assert contact_step(somebody("leader"), a_claim(), a_request(), NOW) is None


@pytest.mark.parametrize("bar", ContactBar)
def test_each_bar_has_a_sentence(app: Flask, bar: ContactBar) -> None:
    with app.test_request_context():
        assert len(reveals.bar_sentence(bar)) > 20


# ---- the transitions ----


@pytest.fixture
def errand(context: Flask, cast: Cast) -> int:
    """A request of Apa Bota at any time, on which Ben has a place; its number."""
    return promised(cast.ben)


def promised(person: Person, **words: Any) -> int:
    request_id = make_request(for_person=True, capacity=3, **words)
    make_requester(contact=APA, request_id=request_id)
    take(request_id, person)
    return request_id


def look(request_id: int, person: Person, at: datetime | None = None) -> reveals.Revealed:
    with db.transaction():
        return reveals.reveal(request_id, by=viewer_of(person), at=at or utcnow())


def look_at_desk(request_id: int, person: Person, reason: str = "to verify") -> reveals.Revealed:
    with db.transaction():
        return reveals.reveal_to_coordinator(request_id, by=viewer_of(person), at=utcnow(), reason=reason)


def looks() -> list[tuple[str, str, str]]:
    asked = select(ContactReveal, Requester.key_name).join(Requester, Requester.id == ContactReveal.requester_id)
    found = db.read.execute(asked.order_by(ContactReveal.id).execution_options(populate_existing=True))
    return [(look.role, look.step, open_reason(look, key_name)) for look, key_name in found]


def test_it_shows_the_whole_contact_and_writes_the_look_down(errand: int, cast: Cast) -> None:
    revealed = look(errand, cast.ben)
    assert (revealed.step, revealed.contact) == (Step.DOOR, APA)
    assert looks() == [("volunteer", "door", "")]
    event = last_event()
    assert (event["type"], event["subject"], event["step"]) == ("contact.revealed", f"request:{errand}", "door")
    assert event["actor"] == cast.ben.public_ref
    assert not {"Apa", "Abay", "+77011234567"} & set(str(event).split())


def test_days_before_the_hour_it_shows_the_street_and_nothing_else(context: Flask, cast: Cast) -> None:
    start = utcnow() + timedelta(days=5)
    request_id = promised(cast.ben, starts_at=start)
    revealed = look(request_id, cast.ben)
    assert (revealed.step, revealed.contact) == (Step.STREET, Contact(street="Abay"))
    assert look(request_id, cast.ben, start - 23 * HOUR).contact == APA
    assert [step for _, step, _ in looks()] == ["street", "door"]
    with pytest.raises(ContactRefused):
        look(request_id, cast.ben, start + timedelta(days=3))


def test_each_look_is_recorded_and_counted_once_an_hour(
    errand: int, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reveals, "CONTACTS_BY_VOLUNTEER", replace(reveals.CONTACTS_BY_VOLUNTEER, times=2))
    noon = utcnow().replace(hour=6)
    for minutes in (0, 10, 20):
        look(errand, cast.ben, noon + timedelta(minutes=minutes))
    other = promised(cast.ben)
    look(other, cast.ben, noon + timedelta(minutes=30))
    third = promised(cast.ben)
    with pytest.raises(TooManyLooks):
        look(third, cast.ben, noon + timedelta(minutes=40))
    look(other, cast.ben, noon + timedelta(minutes=50))
    assert len(looks()) == 5, "the refused one showed nothing"
    with pytest.raises(TooManyLooks):
        look(other, cast.ben, noon + timedelta(hours=3))
    look(third, cast.ben, noon + timedelta(days=1))


def test_the_limit_is_of_one_person(errand: int, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reveals, "CONTACTS_BY_VOLUNTEER", replace(reveals.CONTACTS_BY_VOLUNTEER, times=1))
    take(errand, cast.cy)
    look(errand, cast.ben)
    assert look(errand, cast.cy).contact == APA


def test_twenty_contacts_a_day_and_no_more(context: Flask, cast: Cast) -> None:
    now = utcnow().replace(hour=6)
    for _ in range(20):
        request_id = promised(cast.ben)
        look(request_id, cast.ben, now)
        with db.transaction():
            board.release(request_id, by=viewer_of(cast.ben), at=now)
    last = promised(cast.ben)
    with pytest.raises(TooManyLooks):
        look(last, cast.ben, now)


def test_without_a_promise_nothing_is_shown(errand: int, cast: Cast) -> None:
    with pytest.raises(ContactRefused):
        look(errand, cast.cy)
    with pytest.raises(ContactRefused):
        look(errand, cast.dee)
    assert looks() == []


def test_after_letting_go_nothing_is_shown(errand: int, cast: Cast) -> None:
    with db.transaction():
        board.release(errand, by=viewer_of(cast.ben), at=utcnow())
    with pytest.raises(ContactRefused):
        look(errand, cast.ben)


def test_after_the_confirmation_nothing_is_shown(errand: int, cast: Cast) -> None:
    claim_id = report(errand, cast.ben)
    assert look(errand, cast.ben).contact == APA, "something may have been left there"
    confirm(claim_id, cast.dee)
    with pytest.raises(ContactRefused):
        look(errand, cast.ben)


def test_after_the_request_is_closed_nothing_is_shown(errand: int, cast: Cast) -> None:
    report(errand, cast.ben)
    with db.transaction():
        board.close(errand, by=viewer_of(cast.dee), at=utcnow(), outcome=Outcome.FULFILLED)
    with pytest.raises(ContactRefused):
        look(errand, cast.ben)


def test_whoever_waits_sees_nothing(context: Flask, cast: Cast) -> None:
    request_id = make_request(for_person=True, capacity=1)
    make_requester(contact=APA, request_id=request_id)
    take(request_id, cast.ben)
    wait(request_id, cast.cy)
    with pytest.raises(ContactRefused) as refused:
        look(request_id, cast.cy)
    assert refused.value.bar is ContactBar.WAITING


def test_under_eighteen_a_coordinator_goes_along(context: Flask, cast: Cast) -> None:
    with pytest.raises(ContactRefused) as refused:
        look(promised(cast.kim), cast.kim)
    assert refused.value.bar is ContactBar.YOUNG


def test_what_was_never_on_the_board_is_not_there_for_others(context: Flask, cast: Cast) -> None:
    request_id = make_request(for_person=True, status=RequestStatus.RECEIVED)
    make_requester(contact=APA, request_id=request_id)
    with pytest.raises(NotFound):
        look(request_id, cast.ben)


def test_somebody_whose_account_went_is_asked_to_sign_in(errand: int, cast: Cast) -> None:
    gone = replace(viewer_of(cast.ben), id=10_000)
    with pytest.raises(SignInNeeded), db.transaction():
        reveals.reveal(errand, by=gone, at=utcnow())


def test_without_the_event_nothing_is_shown(errand: int, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> int:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(reveals, "record", fail)
    before = count_events()
    with pytest.raises(RuntimeError):
        look(errand, cast.ben)
    assert looks() == []
    assert count_events() == before


def test_after_an_erasure_there_is_nobody(errand: int, cast: Cast) -> None:
    requester_id = db.read.get_one(HelpRequest, errand).requester_id
    assert requester_id
    with db.transaction():
        erase(requester_id, by=SYSTEM, at=utcnow())
    with pytest.raises(ContactRefused):
        look(errand, cast.ben)
    with pytest.raises(ContactRefused) as refused:
        look_at_desk(errand, cast.dee)
    assert refused.value.bar is ContactBar.NOBODY


def test_an_erasure_at_the_same_moment_is_told_as_one(errand: int, cast: Cast) -> None:
    """The row was read before the erasure, the key is gone already."""
    vault.keys.destroy([str(db.read.scalars(select(Requester.key_name)).one())])
    with pytest.raises(ContactRefused) as refused:
        look(errand, cast.ben)
    assert refused.value.bar is ContactBar.NOBODY
    assert looks() == []


def test_changed_bytes_are_told_of_and_written_down(errand: int, cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    with db.transaction() as session:
        session.execute(update(Requester).values(sealed_contact=b"\x01 changed in the database"))
    with pytest.raises(ContactUnreadable):
        look(errand, cast.ben)
    assert "does not open" in caplog.text
    assert looks() == []


# ---- the desk ----


def test_a_coordinator_sees_the_contact_with_a_reason(errand: int, cast: Cast) -> None:
    revealed = look_at_desk(errand, cast.dee, "  she does not\nopen the door ")
    assert (revealed.step, revealed.contact) == (Step.DOOR, APA)
    assert looks() == [("coordinator", "door", "she does not open the door")]
    assert "door" not in last_event().get("reason", "")


def test_a_reason_opens_with_the_key_of_the_person_alone(errand: int, cast: Cast) -> None:
    look_at_desk(errand, cast.dee, "Bota asked me to")
    look = db.read.scalars(select(ContactReveal)).one()
    assert look.sealed_reason
    assert b"Bota" not in look.sealed_reason
    key_name = str(db.read.get_one(Requester, look.requester_id).key_name)
    other = vault.keys.create()
    assert [open_reason(look, name) for name in (key_name, other, None)] == ["Bota asked me to", "", ""]
    vault.keys.destroy([key_name])
    assert open_reason(look, key_name) == ""


@pytest.mark.parametrize("reason", ["", "   \n "])
def test_without_a_reason_a_coordinator_sees_nothing(errand: int, cast: Cast, reason: str) -> None:
    with pytest.raises(NotAllowed, match="no_reason"):
        look_at_desk(errand, cast.dee, reason)
    assert looks() == []


@pytest.mark.parametrize("who", ["eve", "fay", "gus", "ben"])
def test_nobody_else_looks_at_the_desk(errand: int, cast: Cast, who: str) -> None:
    with pytest.raises(NotFound):
        look_at_desk(errand, getattr(cast, who))
    assert looks() == []


def test_at_the_desk_it_is_shown_before_and_after(context: Flask, cast: Cast) -> None:
    """To verify a request by telephone, and to answer a question after its end."""
    for status in RequestStatus:
        request_id = make_request(for_person=True, status=status)
        make_requester(contact=APA, request_id=request_id)
        assert look_at_desk(request_id, cast.dee).contact == APA


def test_the_desks_limit_stops_who_collects(errand: int, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reveals, "CONTACTS_BY_COORDINATOR", replace(reveals.CONTACTS_BY_COORDINATOR, times=1))
    look_at_desk(errand, cast.dee)
    look_at_desk(errand, cast.dee)
    with pytest.raises(TooManyLooks):
        look_at_desk(promised(cast.ben), cast.dee)


def test_the_looks_of_one_who_left_stay_without_them(errand: int, cast: Cast) -> None:
    look(errand, cast.ben)
    with db.transaction() as session:
        session.execute(update(Claim).values(user_id=None))
        session.delete(session.get_one(User, cast.ben.id))
    assert db.read.scalars(select(ContactReveal.user_id)).one() is None


def test_an_erasure_takes_the_reasons_and_leaves_that_somebody_looked(errand: int, cast: Cast) -> None:
    look_at_desk(errand, cast.dee, "Bota asked me to")
    requester_id = db.read.get_one(HelpRequest, errand).requester_id
    assert requester_id
    with db.transaction():
        erase(requester_id, by=SYSTEM, at=utcnow())
    assert looks() == [("coordinator", "door", "")]
    assert db.read.scalars(select(ContactReveal.sealed_reason)).all() == [None]


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.005, 0.01, 0.02])
def test_a_look_and_an_erasure_at_once_leave_one_order(app: Flask, errand: int, cast: Cast, delay: float) -> None:
    """Either the look came first and is written down, or there is nobody any more; never something in between."""
    requester_id = db.read.get_one(HelpRequest, errand).requester_id or 0
    told: list[object] = []

    def look_now() -> None:
        with app.app_context():
            try:
                told.append(look(errand, cast.ben).contact)
            except ContactRefused as refused:
                told.append(refused.bar)

    def erase_now() -> None:
        time.sleep(delay)
        with app.app_context(), db.transaction():
            erase(requester_id, by=SYSTEM, at=utcnow())

    threads = [threading.Thread(target=look_now), threading.Thread(target=erase_now)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told in ([APA], [ContactBar.NOBODY], [ContactBar.OVER], [ContactBar.NOT_YOURS])
    assert len(looks()) == (told == [APA])
    assert db.read.get_one(Requester, requester_id, populate_existing=True).sealed_contact is None
