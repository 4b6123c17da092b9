"""Two at once: one form sent twice, two coordinators deciding, a sender and a coordinator, the hour and an auditor."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator.appeals import transitions
from accelerator.appeals.dates import HOUR
from accelerator.appeals.forms import new_form_key
from accelerator.appeals.models import Appeal, AppealEntry, Kind, Outcome, PendingNote
from accelerator.appeals.transitions import AppealChanged
from accelerator.clock import utcnow
from accelerator.errors import NotAllowed
from accelerator.extensions import db, vault
from tests.appeals.letters import letter, now, send
from tests.cast import Cast, viewer_of
from tests.steps import events_of

ROUNDS = 5


def at_once(app: Flask, *works: Callable[[], Any]) -> list[Any]:
    """Run each in a thread and a transaction of its own; their results or errors."""
    results: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works))

    def work(number: int) -> None:
        with app.app_context():
            start.wait(timeout=30)
            try:
                with db.transaction():
                    results[number] = works[number]()
            except Exception as error:
                results[number] = error

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.INTEGRITY])
def test_one_form_from_many_tabs_is_one_appeal_with_one_key(app: Flask, kind: Kind) -> None:
    for _ in range(ROUNDS):
        form_key = new_form_key()
        is_sealed = kind is Kind.INTEGRITY

        def send_it(form_key: str = form_key, is_sealed: bool = is_sealed) -> tuple[str, bool]:
            sent = transitions.receive(letter(kind, is_sealed=is_sealed), form_key=form_key, at=utcnow())
            return sent.code, sent.is_new

        results = at_once(app, *[send_it] * 4)
        assert not [r for r in results if isinstance(r, Exception)], results
        assert len({code for code, _ in results}) == 1
        assert [is_new for _, is_new in results].count(True) == 1
    with app.app_context():
        assert db.read.scalars(select(func.count()).select_from(Appeal)).one() == ROUNDS
        assert vault.keys.count() == (ROUNDS if kind is Kind.COMPLAINT else 0)


def test_two_coordinators_decide_and_one_decision_stands(app: Flask, cast: Cast) -> None:
    for outcome in list(Outcome)[:ROUNDS]:
        with app.app_context():
            sent, dee = send(), viewer_of(cast.dee)

        def close(outcome: Outcome = outcome, appeal_id: int = sent.id, dee: Any = dee) -> None:
            transitions.close(appeal_id, outcome, "So.", form_key=new_form_key(), seen_version=1, by=dee, at=utcnow())

        results = at_once(app, close, close, close)
        assert [r for r in results if r is None] == [None]
        assert all(isinstance(r, AppealChanged) for r in results if r is not None), results
        with app.app_context():
            assert events_of(f"appeal:{sent.id}") == ["appeal.received", "appeal.closed"]
            entries = select(func.count()).where(AppealEntry.appeal_id == sent.id)
            assert db.read.scalars(entries).one() == 1


def test_the_sender_takes_back_while_a_coordinator_decides(app: Flask, cast: Cast) -> None:
    for _ in range(ROUNDS):
        with app.app_context():
            sent, dee = send(), viewer_of(cast.dee)

        def close(appeal_id: int = sent.id, dee: Any = dee) -> None:
            transitions.close(
                appeal_id, Outcome.REFUSED, "So.", form_key=new_form_key(), seen_version=1, by=dee, at=utcnow()
            )

        def withdraw(appeal_id: int = sent.id) -> None:
            transitions.withdraw(transitions.lock_appeal(appeal_id), at=utcnow())

        results = at_once(app, close, withdraw)
        assert results[1] is None
        assert results[0] is None or isinstance(results[0], AppealChanged | NotAllowed)
        with app.app_context():
            appeal = now(sent.id)
            assert (appeal.status, appeal.key_name, appeal.sealed_text) == ("withdrawn", None, None)


def test_the_hour_ends_while_auditors_decide_and_each_thing_is_told_once(app: Flask, cast: Cast) -> None:
    with app.app_context():
        reports = [send(Kind.INTEGRITY) for _ in range(ROUNDS)]
        fay = viewer_of(cast.fay)
    later = utcnow() + 2 * HOUR

    def close(appeal_id: int) -> Callable[[], None]:
        def work() -> None:
            transitions.close(
                appeal_id, Outcome.EXPLAINED, "So.", form_key=new_form_key(), seen_version=1, by=fay, at=later
            )

        return work

    def announce() -> int:
        return transitions.write_pending_notes(at=later)

    results = at_once(app, announce, *[close(sent.id) for sent in reports], announce)
    assert not [r for r in results if isinstance(r, Exception)], results
    at_once(app, announce)
    with app.app_context():
        assert db.read.scalars(select(func.count()).select_from(PendingNote)).one() == 0
        for sent in reports:
            assert sorted(events_of(f"appeal:{sent.id}")) == ["appeal.closed", "appeal.received"]
