"""`receive` by itself: once for each form, also from the desk, also raced; and the word of a request that ends."""

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator.board.models import HelpRequest
from accelerator.clock import utcnow
from accelerator.codes import LENGTH, read_code
from accelerator.extensions import db, vault
from accelerator.help import transitions
from accelerator.help.models import Channel, Requester
from accelerator.questionnaire.queries import find_current
from tests.cast import Cast, viewer_of
from tests.steps import count_events, last_event

ANSWERS: dict[str, Any] = {
    "for_whom": "self",
    "words": "Bread.",
    "kind": "errands",
    "place": {"region": "KZ-75", "district": ""},
    "timing": "any",
    "name": "Bota",
    "contact_way": "phone",
    "phone": "+77011234567",
    "language": "kk",
}


def receive(form_key: str = "f" * 32, **more: Any) -> transitions.Received:
    given = {"channel": Channel.WEB, "by": None, "at": utcnow()} | more
    version_id = find_current(db.read).id
    return transitions.receive(ANSWERS, version_id=version_id, form_key=form_key, consent_hash=b"c" * 32, **given)


def count(table: type) -> int:
    return db.read.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_form_twice_gives_the_same_code_and_pair(context: Flask) -> None:
    with db.transaction():
        first = receive()
    events, keys = count_events(), vault.keys.count()
    with db.transaction():
        again = receive()
    assert (first.code, first.pair, first.requester.id) == (again.code, again.pair, again.requester.id)
    assert (first.is_new, again.is_new) == (True, False)
    assert count(Requester) == count(HelpRequest) == 1
    assert (count_events(), vault.keys.count()) == (events, keys)


def test_another_form_gives_another_code(context: Flask) -> None:
    with db.transaction():
        codes = {receive(f"{n:032d}").code for n in range(30)}
    assert len(codes) == 30
    assert all(read_code(code) == code and len(code) == LENGTH for code in codes)


def test_a_form_key_of_one_desk_is_not_that_of_another(context: Flask, cast: Cast) -> None:
    """Whoever sees the key in a colleague's page cannot fetch the code with it."""
    with db.transaction():
        codes = {
            receive(channel=Channel.PAPER, by=viewer_of(person) if person else None).code
            for person in (None, cast.dee, cast.eve)
        }
    assert len(codes) == 3


def test_typed_from_paper_it_names_who_typed(context: Flask, cast: Cast) -> None:
    with db.transaction():
        received = receive(channel=Channel.PAPER, by=viewer_of(cast.dee))
    assert received.request.created_by_id == received.requester.created_by_id == cast.dee.id
    assert (received.requester.channel, received.requester.consent_channel) == ("paper", "paper")
    assert last_event()["type"] == "consent.given"


def test_the_public_log_knows_neither_person_nor_phone(context: Flask) -> None:
    from accelerator.integrity.models import IntegrityEvent

    with db.transaction():
        receive()
    bodies = b"".join(bytes(body) for body in db.read.scalars(select(IntegrityEvent.body)))
    for secret in (b"Bota", b"7011234567", b"Bread"):
        assert secret not in bodies


def test_two_in_one_moment_make_one_request(app: Flask, database_kind: str) -> None:
    """Both look, find nothing, and go on to write: the unique constraint decides."""
    meet = threading.Barrier(2)
    found: list[transitions.Received] = []
    find = transitions._find_sent

    def find_together(sent_key: bytes) -> Requester | None:
        first = find(sent_key)
        if first is None and database_kind == "postgres" and not meet.broken:
            meet.wait(10)  # on SQLite there is one writer: the second looks when the first is done
        return first

    def press() -> None:
        with app.app_context(), db.transaction():
            found.append(receive())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transitions, "_find_sent", find_together)
        threads = [threading.Thread(target=press) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    with app.app_context():
        assert len(found) == 2
        assert count(Requester) == count(HelpRequest) == 1
        assert len({received.code for received in found}) == 1
        assert sorted(received.is_new for received in found) == [False, True]
        assert vault.keys.count() == 1
