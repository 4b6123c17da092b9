"""Nothing is kept longer than it is needed: words of answered appeals are deleted when their time is over."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from accelerator.appeals.models import Appeal, Status
from accelerator.appeals.transitions import erase
from accelerator.extensions import db

OVER = (Status.CLOSED.value, Status.WITHDRAWN.value)
BATCH = 200


def list_due(session: Session, at: datetime, *, limit: int = BATCH, locked: bool = False) -> list[Appeal]:
    """Appeals whose words are kept no longer."""
    query = (
        select(Appeal)
        .where(
            Appeal.status.in_(OVER),
            Appeal.forgotten_at.is_(None),
            Appeal.closed_at < at - timedelta(days=db.settings.keep_appeals_days),
        )
        .order_by(Appeal.closed_at)
        .limit(limit)
    )
    if locked:
        query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return list(session.scalars(query))


def forget_due(session: Session, at: datetime) -> int:
    """Delete the words of some of them, and the keys to those in backups; how many. The caller commits."""
    due = list_due(session, at, locked=True)
    for appeal in due:
        erase(session, appeal, at=at)
    return len(due)
