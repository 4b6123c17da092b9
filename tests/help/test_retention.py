"""What is kept no longer goes by itself, in batches that can be stopped; what is still needed stays."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from accelerator.board.models import HelpRequest, Outcome, RequestStatus
from accelerator.clock import utcnow
from accelerator.extensions import db, vault
from accelerator.help import retention
from accelerator.help.contact import open_contact
from accelerator.help.models import CallOutcome, CaseEntry, ContactReveal, EntryKind, HelpDraft, Requester
from accelerator.integrity.record import EventType, record
from accelerator.questionnaire.models import QuestionnaireVersion
from accelerator.running import background
from accelerator.vault.keys import KeyGone
from tests.alone import run_alone
from tests.cast import Cast
from tests.factories import make_request, make_requester
from tests.steps import count_events, events_of, request_now, row

DAY = timedelta(days=1)


def asked(days_ago: int, *, status: RequestStatus = RequestStatus.RECEIVED, **columns: Any) -> tuple[int, int]:
    """Somebody asked so many days ago: (the request's number, the person's)."""
    request_id = make_request(for_person=True, status=status)
    requester_id, _ = make_requester(request_id=request_id)
    ago = utcnow() - days_ago * DAY
    set_columns(HelpRequest, request_id, created_at=ago, **columns)
    set_columns(Requester, requester_id, created_at=ago)
    return request_id, requester_id


def closed(days_ago: int, **columns: Any) -> tuple[int, int]:
    return asked(days_ago + 10, status=RequestStatus.CLOSED, closed_at=utcnow() - days_ago * DAY, **columns)


def set_columns(table: Any, number: int, **columns: Any) -> None:
    with db.transaction() as session:
        session.execute(update(table).where(table.id == number).values(**columns))


def add_entry(request_id: int, kind: EntryKind, days_ago: float, outcome: str = "") -> None:
    with db.transaction() as session:
        at = utcnow() - timedelta(days=days_ago)
        session.add(CaseEntry(request_id=request_id, kind=kind.value, outcome=outcome, created_at=at))


def run(at: datetime | None = None) -> dict[str, int]:
    return {name: count for name, count in retention.run(at=at or utcnow()).items() if count}


def is_erased(requester_id: int) -> bool:
    found = row(Requester, requester_id)
    if found.erased_at is None:
        open_contact(found)
        return False
    assert (found.key_name, found.sealed_contact, found.sealed_answers, found.phone_hash) == (None,) * 4
    return True


pytestmark = pytest.mark.usefixtures("context")


# ---- requests that nobody could verify ----


def test_what_nobody_could_verify_in_a_month_expires_and_is_erased() -> None:
    request_id, requester_id = asked(31)
    key_name = str(row(Requester, requester_id).key_name)
    assert run() == {"unverified": 1}
    assert (request_now(request_id).status, request_now(request_id).outcome) == ("closed", Outcome.EXPIRED)
    assert is_erased(requester_id)
    assert row(Requester, requester_id).consent_withdrawn_at is None, "their time was over; they did not withdraw"
    with pytest.raises(KeyGone):
        vault.keys.get(key_name)
    assert "request.closed" in events_of(f"request:{request_id}")
    assert events_of(f"requester:{row(Requester, requester_id).public_ref}") == ["requester.erased"]
    before = count_events()
    assert run() == {}, "repeating is harmless"
    assert count_events() == before


def test_younger_ones_and_verified_ones_wait() -> None:
    young = asked(29)
    verified = asked(200, verified_at=utcnow() - 190 * DAY)
    on_board = asked(200, status=RequestStatus.OPEN)
    assert run() == {}
    assert not any(is_erased(requester_id) for _, requester_id in (young, verified, on_board))


def test_a_sign_of_life_begins_the_month_anew() -> None:
    word, call, back, moved = asked(40), asked(40), asked(40), asked(40)
    add_entry(word[0], EntryKind.WORD, 5)
    add_entry(call[0], EntryKind.CALL, 5, CallOutcome.CONFIRMED.value)
    add_entry(back[0], EntryKind.CALL, 5, CallOutcome.CALL_BACK.value)
    with db.transaction() as session:
        who = session.get_one(Requester, moved[1])
        record(session, EventType.REQUEST_MOVED, f"request:{moved[0]}", by=who, at=utcnow() - 5 * DAY)
    assert run() == {}
    assert run(utcnow() + 26 * DAY) == {"unverified": 4}


@pytest.mark.parametrize(
    ("kind", "outcome", "days_ago"),
    [
        (EntryKind.CALL, CallOutcome.NO_ANSWER.value, 5),
        (EntryKind.CALL, CallOutcome.WRONG_NUMBER.value, 5),
        (EntryKind.NOTE, "", 5),
        (EntryKind.QUESTION, "", 5),
        (EntryKind.WORD, "", 35),
    ],
)
def test_what_only_the_desk_did_is_no_sign_of_life(kind: EntryKind, outcome: str, days_ago: int) -> None:
    request_id, _ = asked(40)
    add_entry(request_id, kind, days_ago, outcome)
    assert run() == {"unverified": 1}


def test_a_person_whose_other_request_goes_on_is_not_erased() -> None:
    request_id, requester_id = asked(40)
    other = make_request(for_person=True)
    set_columns(HelpRequest, other, requester_id=requester_id)
    assert run() == {"unverified": 1}
    assert request_now(request_id).status == "closed"
    assert request_now(other).status == "open"
    assert not is_erased(requester_id)


def test_several_silent_requests_of_one_person_expire_together() -> None:
    _, requester_id = asked(40)
    other, _ = asked(41)
    set_columns(HelpRequest, other, requester_id=requester_id)
    assert run()["unverified"] == 2
    assert is_erased(requester_id)


# ---- contacts ----


def test_three_months_after_the_last_request_the_contact_goes() -> None:
    old, late = closed(91), closed(89)
    assert run() == {"contacts": 1}
    assert is_erased(old[1])
    assert not is_erased(late[1])
    assert request_now(old[0]).title, "what others read stays"
    assert run() == {}


def test_the_last_of_several_requests_counts() -> None:
    _, requester_id = closed(200)
    other, _ = closed(50)
    set_columns(HelpRequest, other, requester_id=requester_id)
    assert not is_erased(requester_id)
    run()
    assert not is_erased(requester_id)
    run(utcnow() + 41 * DAY)
    assert is_erased(requester_id)


def test_a_long_request_keeps_its_contact() -> None:
    _, requester_id = asked(400, status=RequestStatus.PAUSED)
    assert run() == {}
    assert not is_erased(requester_id)


def test_notes_words_and_the_meeting_place_go_with_the_contact() -> None:
    request_id, requester_id = closed(91, briefing="The key is under the pot.")
    with db.transaction() as session:
        entry = CaseEntry(request_id=request_id, kind="word", key_name="k" * 32, sealed=b"x", created_at=utcnow())
        session.add(entry)
    run()
    assert is_erased(requester_id)
    assert request_now(request_id).briefing == ""
    assert db.read.scalars(select(CaseEntry.sealed)).one() is None


# ---- the rest ----


def test_untouched_drafts_go_after_a_week() -> None:
    with db.transaction() as session:
        version_id = session.scalars(select(QuestionnaireVersion.id)).first()
        for number, days in ((1, 8), (2, 6)):
            at = utcnow() - days * DAY
            session.add(
                HelpDraft(
                    browser_hash=bytes([number]) * 32,
                    version_id=version_id,
                    sealed=b"x",
                    form_key="f",
                    created_at=at,
                    updated_at=at,
                )
            )
    assert run() == {"drafts": 1}
    assert db.read.scalars(select(HelpDraft.browser_hash)).all() == [b"\x02" * 32]


def test_notes_of_looks_go_after_three_years() -> None:
    request_id, requester_id = asked(1)
    with db.transaction() as session:
        for days in (3 * 365 + 1, 3 * 365 - 1):
            at = utcnow() - days * DAY
            session.add(
                ContactReveal(
                    requester_id=requester_id,
                    request_id=request_id,
                    role="volunteer",
                    step="door",
                    at=at,
                )
            )
    assert run() == {"reveals": 1}
    assert len(db.read.scalars(select(ContactReveal.id)).all()) == 1


def test_keys_of_nobody_go_after_a_day() -> None:
    name = vault.keys.create()
    assert run() == {}
    assert run(utcnow() + DAY + timedelta(minutes=1)) == {"keys": 1}
    with pytest.raises(KeyGone):
        vault.keys.get(name)


# ---- batches, kills, failures ----


def test_it_works_in_batches_and_can_be_stopped_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    people = [closed(91)[1] for _ in range(5)]
    first = retention.erase_over(utcnow())
    assert (first, sum(map(is_erased, people))) == (2, 2), "killed here, two are erased and three wait"
    assert run() == {"contacts": 3}
    assert all(map(is_erased, people))


def test_a_rule_that_fails_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_at: datetime) -> int:
        raise RuntimeError("no disk")

    broken = retention.Chore("unverified", "", fail, fail)
    monkeypatch.setattr(retention, "CHORES", (broken, *retention.CHORES[1:]))
    _, requester_id = closed(91)
    assert run() == {"contacts": 1}
    assert is_erased(requester_id)
    assert "unverified was not done" in caplog.text


def test_the_dry_run_counts_and_changes_nothing(app: Flask) -> None:
    request_id, one = asked(31)
    _, two = closed(91)
    before = count_events()
    done = run_alone(app, "retention", "run", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "1  requests that nobody could verify" in done.output
    assert "1  people whose contact and answers are erased" in done.output
    assert "0  drafts" in done.output
    assert not is_erased(one)
    assert not is_erased(two)
    assert request_now(request_id).status == "received"
    assert count_events() == before


def test_the_command_does_what_the_dry_run_said(app: Flask) -> None:
    _, one = asked(31)
    _, two = closed(91)
    done = run_alone(app, "retention", "run")
    assert done.exit_code == 0, done.output
    assert "1  requests that nobody could verify" in done.output
    assert is_erased(one)
    assert is_erased(two)
    assert "      0  people" in run_alone(app, "retention", "run").output


def test_the_background_process_does_it(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    _, requester_id = closed(91)
    background.retain(app)
    assert is_erased(requester_id)
    assert "contacts 1" in caplog.text


def test_times_are_settings(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    monkeypatch.setattr(db, "settings", replace(db.settings, keep_contact_days=10, keep_unverified_days=5))
    _, one = asked(6)
    _, two = closed(11)
    assert run() == {"unverified": 1, "contacts": 1}
    assert is_erased(one)
    assert is_erased(two)
