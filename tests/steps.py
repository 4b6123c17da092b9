"""Short ways into a state, through the transitions that people's buttons call; and looks at what came of it.

All of them need an application context.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from flask_babel import force_locale
from PIL import Image
from sqlalchemy import event, select

from accelerator.accounts.tell import sentence
from accelerator.board import transitions as board
from accelerator.board.models import Claim, Credit, HelpRequest
from accelerator.clock import utcnow
from accelerator.database import Base
from accelerator.deeds.models import Deed
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityEvent
from accelerator.mail import OutboxMail
from tests.cast import Person, viewer_of

GPS_TAG = 0x8825
AnyTable = TypeVar("AnyTable", bound=Base)


def take(request_id: int, person: Person, *, people: int = 1, may_wait: bool = False) -> int:
    """A place, or one on the waiting list; the id of the claim."""
    with db.transaction():
        taken = board.claim(request_id, by=viewer_of(person), at=utcnow(), people=people, may_wait=may_wait)
        return taken.claim.id


def wait(request_id: int, person: Person, *, people: int = 1) -> int:
    """A place on the waiting list of a full request; the id of the claim."""
    return take(request_id, person, people=people, may_wait=True)


def report(
    request_id: int,
    person: Person,
    *,
    minutes: int = 30,
    word: str = "It went well.",
    credit: Credit = Credit.NAME,
    photo_keys: tuple[str, ...] = (),
    answer: str = "",
    at: datetime | None = None,
) -> int:
    """ "Done": the id of the claim."""
    with db.transaction():
        done = board.report(
            request_id,
            by=viewer_of(person),
            at=at or utcnow(),
            minutes=minutes,
            word=word,
            credit=credit,
            photo_keys=list(photo_keys),
            answer=answer,
        )
        return done.id


def take_and_report(request_id: int, person: Person, *, people: int = 1, **told: Any) -> int:
    """A promise kept and told of; the id of the claim."""
    take(request_id, person, people=people)
    return report(request_id, person, **told)


def confirm(claim_id: int, coordinator: Person, *, minutes: int = 30, at: datetime | None = None) -> None:
    with db.transaction() as session:
        seen = session.get_one(Claim, claim_id).state
        board.confirm(claim_id, seen=seen, by=viewer_of(coordinator), at=at or utcnow(), minutes=minutes)


def dispute(claim_id: int, coordinator: Person, reason: str = "Was it so long?") -> None:
    """A coordinator's question about a report."""
    with db.transaction():
        board.dispute(claim_id, by=viewer_of(coordinator), at=utcnow(), reason=reason)


def row(kind: type[AnyTable], key: Any) -> AnyTable:
    """A row as it is in the database now."""
    return db.read.get_one(kind, key, populate_existing=True)


def request_now(request_id: int) -> HelpRequest:
    return row(HelpRequest, request_id)


def claim_now(claim_id: int) -> Claim:
    return row(Claim, claim_id)


def deed_of(claim_id: int) -> Deed | None:
    """The deed that came of a claim."""
    found = select(Deed).where(Deed.claim_id == claim_id).execution_options(populate_existing=True)
    return db.read.scalars(found).first()


def events_of(subject: str) -> list[str]:
    """The types of the events about ``request:17`` and the like, oldest first."""
    about = select(IntegrityEvent.type).where(IntegrityEvent.subject == subject)
    return list(db.read.scalars(about.order_by(IntegrityEvent.seq)))


def count_events() -> int:
    return len(db.read.scalars(select(IntegrityEvent.seq)).all())


def last_event() -> dict[str, Any]:
    """The newest event as it is published."""
    newest = select(IntegrityEvent.body).order_by(IntegrityEvent.seq.desc()).limit(1)
    found: dict[str, Any] = json.loads(db.read.scalars(newest).one())
    return found


def mails_to(person: Person) -> list[OutboxMail]:
    """What waits in the outbox for a person, oldest first."""
    theirs = select(OutboxMail).where(OutboxMail.recipient == person.email)
    return list(db.read.scalars(theirs.order_by(OutboxMail.id)))


def words(kind: str, title: str, language: str) -> str:
    """The sentence that a person is told, in their language."""
    with force_locale(language):
        return sentence(kind, title)


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """SQL statements sent inside the block, without the look at the public version (a PRAGMA on SQLite)."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM integrity_head" not in statement:
            found.append(statement)

    event.listen(db.write_engine, "before_cursor_execute", note)
    if db.settings.is_sqlite:  # on PostgreSQL both are one engine
        event.listen(db.read_engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.write_engine, "before_cursor_execute", note)
        if db.settings.is_sqlite:
            event.remove(db.read_engine, "before_cursor_execute", note)


def picture(colour: str = "teal", *, kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    """A small photo of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def picture_with_place() -> bytes:
    """A photo that says where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = "at her door"
    exif.get_ifd(GPS_TAG).update({1: "N", 2: (43.0, 15.0, 0.0), 3: "E", 4: (76.0, 57.0, 0.0)})
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(file, "JPEG", exif=exif)
    return file.getvalue()
