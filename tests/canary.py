"""What the canary tests plant, and how they look for it: a phone, an address, a name and a sentence of somebody."""

import json
import logging
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import text, update
from webtest import TestResponse

from accelerator.board import transitions as board
from accelerator.board.models import Credit, HelpRequest
from accelerator.clock import utcnow
from accelerator.config import Settings
from accelerator.database import Base
from accelerator.desk.cases import transitions as cases
from accelerator.extensions import db
from accelerator.help import reveals
from accelerator.help.models import CallOutcome, Channel
from accelerator.help.transitions import add_word, receive
from accelerator.questionnaire.queries import find_current
from tests.cast import Cast, viewer_of
from tests.factories import make_request
from tests.routes import ROUTES, Actor, World
from tests.site import Site, alone

PHONE, NEIGHBOUR = "+77075554321", "+77015559876"
CONTACT = {
    "name": "Зарина Канарейкина",
    "neighbour": "Qanarbek the neighbour",
    "speaker": "Orynbasar the nephew",
    "street": "Kanareechnaya street",
    "door": "house 9183, the third bell",
    "beside": "after the canary sleeps",
}
#: In the person's own words, in a word sent later, in notes, calls and reasons of the desk.
WORDS = {
    "words": "Менің көк шәйнегім сынып қалды, нан алып келіңіз",
    "word": "The canary of mine sings at noon",
    "note": "Her door sticks, push it: canary note",
    "call": "She sounded tired, canary call",
    "question": "Which medicine is it, canary question",
    "reason": "To ask Zarina where the canary flew",
}
#: Other spellings of the phones.
DIGITS = ("77075554321", "7075554321", "707 555 43 21", "555-43-21", "77015559876", "701 555 98 76")
ALL = (*CONTACT.values(), *WORDS.values(), PHONE, NEIGHBOUR, *DIGITS)
ANSWERS: dict[str, Any] = {
    "for_whom": "other",
    "speaker_name": CONTACT["speaker"],
    "relation": "relative",
    "words": WORDS["words"],
    "kind": "errands",
    "place": {"region": "KZ-75", "district": "KZ-75/medeu"},
    "street": CONTACT["street"],
    "door": CONTACT["door"],
    "timing": "any",
    "circumstances": ["alone"],
    "name": CONTACT["name"],
    "contact_way": "neighbour",
    "phone": PHONE,
    "neighbour_name": CONTACT["neighbour"],
    "neighbour_phone": f"{NEIGHBOUR} {CONTACT['beside']}",
    "language": "ru",
}


@dataclass(frozen=True)
class Planted:
    """What was planted where."""

    requester_id: int
    public_ref: str
    code: str
    pair: str
    #: Waiting at the desk; on the board with a promise of Ben; reported by Ben; settled and closed.
    received: int
    promised: int
    reported: int
    closed: int

    @property
    def requests(self) -> tuple[int, ...]:
        return self.received, self.promised, self.reported, self.closed


def plant(cast: Cast) -> Planted:
    """A person who asked, with everything that comes of it; needs an application context."""
    now, dee = utcnow(), viewer_of(cast.dee)
    version_id = find_current(db.read).id
    with db.transaction():
        got = receive(
            ANSWERS,
            version_id=version_id,
            channel=Channel.WEB,
            form_key="c" * 32,
            consent_hash=bytes(32),
            by=None,
            at=now,
        )
        requester, received = got.requester, got.request.id
    with db.transaction():
        add_word(received, WORDS["word"], by=requester, at=now)
    for verb, words in ((cases.note, "note"), (cases.ask, "question")):
        with db.transaction():
            verb(received, WORDS[words], by=dee, at=now)
    with db.transaction():
        cases.call(received, CallOutcome.CALL_BACK, WORDS["call"], by=dee, at=now)
    promised, reported, closed = (on_board(requester.id, cast, person) for person in (None, cast.cy, cast.cy))
    with db.transaction():
        claim = board.report(
            reported, by=viewer_of(cast.ben), at=now, minutes=30, word="Done.", credit=Credit.NAME, photo_keys=[]
        )
        told = board.report(
            closed, by=viewer_of(cast.ben), at=now, minutes=30, word="Done too.", credit=Credit.NAME, photo_keys=[]
        )
    assert claim.state == "reported"
    with db.transaction():
        board.confirm(told.id, seen="reported", by=dee, at=now, minutes=30)
    for request_id in (received, closed):
        with db.transaction():
            reveals.reveal_to_coordinator(request_id, by=dee, at=now, reason=WORDS["reason"])
    with db.transaction() as session:
        session.execute(
            update(HelpRequest)
            .where(HelpRequest.id == closed)
            .values(status="closed", outcome="fulfilled", closed_at=now)
        )
    return Planted(requester.id, requester.public_ref, got.code, got.pair, received, promised, reported, closed)


def on_board(requester_id: int, cast: Cast, also: Any) -> int:
    """A published request of the person, on which Ben (and somebody else) has a place."""
    request_id = make_request(title="Bring bread", story="Twice a week.", for_person=True, capacity=3)
    with db.transaction() as session:
        session.execute(
            update(HelpRequest)
            .where(HelpRequest.id == request_id)
            .values(requester_id=requester_id, verified_at=utcnow())
        )
    with db.transaction():
        for person in (cast.ben, *([also] if also else [])):
            board.claim(request_id, by=viewer_of(person), at=utcnow())
    return request_id


def found_in(content: str | bytes) -> list[str]:
    """The canaries in a text, or in bytes under any way of writing letters as bytes."""
    raw = content.encode() if isinstance(content, str) else content
    lower = raw.lower()
    return [word for word in ALL if any(form in raw or form.lower() in lower for form in forms_of(word))]


def forms_of(word: str) -> set[bytes]:
    escaped = json.dumps(word)[1:-1].encode()
    return {word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"), escaped}


class Memory(logging.Handler):
    """Everything that anybody logs, SQL and its parameters included."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def settings_of(app: Flask) -> Settings:
    found: Settings = app.config["SETTINGS"]
    return found


PAGES = [rule for method, rule in ROUTES if method == "GET"]
AT_THE_DESK = (Actor.COORDINATOR, Actor.EDITOR)


def paths_of(rule: str, world: World, planted: Planted) -> list[str]:
    """Addresses of a rule; those of requests lead to the person's own ones."""
    if "<int:request_id>" in rule:
        return [rule.replace("<int:request_id>", str(number)) for number in planted.requests]
    return [ROUTES["GET", rule].path(world)]


def words_for(actor: Actor, path: str) -> set[str]:
    """What stands on a page for those who may: at the desk of the region the words, nowhere a contact."""
    return set(WORDS.values()) if actor in AT_THE_DESK and path.startswith("/desk/") else set()


def fetch(browser: Site, path: str) -> TestResponse:
    """A page as it is sent, whatever its status; other tests look at its shape."""
    return alone(browser.web.get, path, status="*")


def send(browser: Site, path: str, **fields: str) -> TestResponse:
    """A POST with the session's token."""
    headers = {"X-CSRF-Token": browser.token(), "Origin": "http://127.0.0.1:8000"}
    return alone(browser.web.post, path, fields, headers=headers, status="*")


def everything_on_disk(app: Flask) -> dict[str, bytes]:
    """Every file of the instance; of PostgreSQL every row of every table."""
    found = {str(path): path.read_bytes() for path in settings_of(app).instance_path.rglob("*") if path.is_file()}
    with app.app_context(), db.read_engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row_ in connection.execute(text(f'SELECT * FROM "{table.name}"')):  # noqa: S608
                found[table.name] = found.get(table.name, b"") + b"\n".join(map(as_bytes, row_))
    return found


def as_bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
