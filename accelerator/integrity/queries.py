"""Reading the log: what happened to one thing."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from accelerator.integrity.models import IntegrityEvent
from accelerator.integrity.record import EventType

#: Events that carry the ``former`` and the new ``region``.
HANDED_OVER = (EventType.REQUEST_HANDED_OVER.value, EventType.APPEAL_TRANSFERRED.value)


def list_events(session: Session, subject: str, limit: int = 50) -> Sequence[Row[int, datetime, str, bytes]]:
    """The newest events of ``subject``: number, moment, type, body."""
    return session.execute(
        select(IntegrityEvent.seq, IntegrityEvent.at, IntegrityEvent.type, IntegrityEvent.body)
        .where(IntegrityEvent.subject == subject)
        .order_by(IntegrityEvent.seq.desc())
        .limit(limit)
    ).all()


def actor_of(body: bytes) -> tuple[str, str]:
    """Who did what an event tells of: reference and role."""
    event = json.loads(body)
    return str(event.get("actor", "")), str(event.get("role", ""))


def detail_of(body: bytes, name: str) -> str:
    """A code or a number that an event tells beside who did what."""
    return str(json.loads(body).get(name, ""))


@dataclass(frozen=True)
class HandOver:
    """That something is in another region now: where it has been, where it is, and who brought it there."""

    formers: frozenset[str]
    region: str
    #: The public reference of whoever handed it over last.
    by: str


def find_hand_over(session: Session, subject: str) -> HandOver | None:
    """Where ``subject`` was last handed to, if it ever was."""
    bodies = session.scalars(
        select(IntegrityEvent.body)
        .where(IntegrityEvent.subject == subject, IntegrityEvent.type.in_(HANDED_OVER))
        .order_by(IntegrityEvent.seq.desc())
        .limit(5)
    )
    events = [json.loads(body) for body in bodies]
    if not events:
        return None
    return HandOver(frozenset(event["former"] for event in events), events[0]["region"], events[0]["actor"])


def last_type(session: Session, subject: str, types: Iterable[EventType], *, claim: int) -> EventType | None:
    """Which of these types the newest event about ``claim`` has; `None` when there is none of them."""
    return next((type_ for type_, _ in _about_claim(session, subject, types, claim)), None)


def find_detail(session: Session, subject: str, type_: EventType, name: str, *, claim: int) -> int | None:
    """A number that the newest event of this type about ``claim`` carries."""
    return next((int(event[name]) for _, event in _about_claim(session, subject, [type_], claim)), None)


def _about_claim(
    session: Session, subject: str, types: Iterable[EventType], claim: int
) -> Iterator[tuple[EventType, dict[str, Any]]]:
    """Events of these types about one claim, the newest first."""
    rows = session.execute(
        select(IntegrityEvent.type, IntegrityEvent.body)
        .where(IntegrityEvent.subject == subject, IntegrityEvent.type.in_(list(types)))
        .order_by(IntegrityEvent.seq.desc())
    )
    events = ((EventType(type_), json.loads(body)) for type_, body in rows)
    return ((type_, event) for type_, event in events if event.get("claim") == claim)
