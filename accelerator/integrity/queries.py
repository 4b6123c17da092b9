"""Reading the log: what happened to one thing."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from accelerator.integrity.models import IntegrityEvent
from accelerator.integrity.record import EventType

#: Events that carry the ``former`` and the new ``region``.
HANDED_OVER = (EventType.REQUEST_HANDED_OVER.value, EventType.APPEAL_TRANSFERRED.value)


def list_events(session: Session, subject: str, limit: int = 50) -> Sequence[Row[int, datetime, str]]:
    """The newest events of ``subject``: number, moment, type."""
    return session.execute(
        select(IntegrityEvent.seq, IntegrityEvent.at, IntegrityEvent.type)
        .where(IntegrityEvent.subject == subject)
        .order_by(IntegrityEvent.seq.desc())
        .limit(limit)
    ).all()


def find_region_after(session: Session, subject: str, regions: frozenset[str]) -> str | None:
    """The region that ``subject`` was last handed to by one of ``regions``."""
    bodies = session.scalars(
        select(IntegrityEvent.body)
        .where(IntegrityEvent.subject == subject, IntegrityEvent.type.in_(HANDED_OVER))
        .order_by(IntegrityEvent.seq.desc())
        .limit(5)
    )
    events = (json.loads(body) for body in bodies)
    return next((str(event["region"]) for event in events if event["former"] in regions), None)


def find_detail(session: Session, subject: str, type_: str, name: str, *, claim: int) -> int | None:
    """A number that the newest event of this type about ``claim`` carries."""
    bodies = session.scalars(
        select(IntegrityEvent.body)
        .where(IntegrityEvent.subject == subject, IntegrityEvent.type == type_)
        .order_by(IntegrityEvent.seq.desc())
    )
    events = (json.loads(body) for body in bodies)
    return next((int(event[name]) for event in events if event.get("claim") == claim), None)
