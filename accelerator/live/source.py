"""What the log's newest events mean for open pages: fragments of HTML, made once per language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, render_template
from flask_babel import force_locale
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from accelerator.board.cards import make_card, stance_of
from accelerator.board.queries import list_cards
from accelerator.clock import utcnow
from accelerator.config import LANGUAGES
from accelerator.current import settings
from accelerator.deeds.cards import draw_deed
from accelerator.deeds.queries import list_feed_rows
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityEvent, IntegrityHead
from accelerator.integrity.record import EventType
from accelerator.live.hub import Message
from accelerator.reference import places

#: A deed that is no longer shown: app.js takes it from the page.
GONE = '<i id="deed-%d" data-gone></i>'


@dataclass(frozen=True)
class Changes:
    """What happened after a number: requests whose seats may have changed, deeds that came or went, oldest first."""

    newest: int
    requests: dict[int, int]
    deeds: list[tuple[int, int]]
    is_complete: bool


def latest(session: Session) -> int:
    """The number of the newest event."""
    return session.scalars(select(IntegrityHead.seq)).one()


def changes_since(session: Session, after: int, limit: int) -> Changes:
    """The events after ``after``, at most ``limit`` of them, sorted by what they concern."""
    events = session.execute(
        select(IntegrityEvent.seq, IntegrityEvent.type, IntegrityEvent.subject)
        .where(IntegrityEvent.seq > after)
        .order_by(IntegrityEvent.seq)
        .limit(limit)
    ).all()
    requests: dict[int, int] = {}
    deeds: dict[int, int] = {}
    for seq, type_, subject in events:
        thing, _, number = subject.partition(":")
        if thing == "request":
            requests[int(number)] = seq
        elif type_ in (EventType.DEED_PUBLISHED, EventType.DEED_HIDDEN):
            deeds.pop(int(number), None)  # several times: once, where it came last
            deeds[int(number)] = seq
    newest = events[-1].seq if events else after
    return Changes(
        newest, requests, [(seq, deed_id) for deed_id, seq in deeds.items()], is_complete=len(events) < limit
    )


def draw_seats(row: Row, now: datetime, *, with_button: bool) -> str:  # type: ignore[type-arg]
    """The seats of a request as every page shows them; for those who may take one the button, or why there is none."""
    stance = stance_of(row, None, settings(), now)
    if with_button and stance.kind == "closed":
        return render_template("board/_stance.html", stance=stance)
    template = "board/_seats.html" if with_button else "board/_seats_only.html"
    return render_template(template, card=make_card(row, places(db.read), now))


class LogSource:
    """The hub's source (see `accelerator.live.hub.Source`); used from one thread."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def latest(self) -> int:
        with self._app.app_context():
            return latest(db.read)

    def since(self, after: int, limit: int) -> Sequence[Message]:
        with self._app.app_context():
            changes = changes_since(db.read, after, limit)
            return sorted([*self._seats(changes), *self._deeds(changes), *self._rest(changes)], key=lambda m: m.id)

    def _seats(self, changes: Changes) -> list[Message]:
        now = utcnow()
        found = []
        for row in list_cards(db.read, list(changes.requests)):
            seq = changes.requests[row.id]
            for name, with_button in (("request", True), ("seats", False)):
                data = {}
                for language in LANGUAGES:
                    with force_locale(language):
                        data[language] = draw_seats(row, now, with_button=with_button)
                found.append(Message(seq, f"{name}-{row.id}", data))
        return found

    def _deeds(self, changes: Changes) -> list[Message]:
        now = utcnow()
        rows = list_feed_rows(db.read, [deed_id for _, deed_id in changes.deeds])
        found = []
        for seq, deed_id in changes.deeds:
            row = rows.get(deed_id)
            if row is None:
                found.append(Message(seq, "deed", dict.fromkeys(LANGUAGES, GONE % deed_id)))
                continue
            data = {}
            for language in LANGUAGES:
                with force_locale(language):
                    data[language] = str(draw_deed(row, places(db.read), now, fresh=True))
            found.append(Message(seq, "deed", data))
        return found

    def _rest(self, changes: Changes) -> list[Message]:
        """Events that concern no page still move the number on."""
        return [Message(changes.newest, "seen", dict.fromkeys(LANGUAGES, ""))]
