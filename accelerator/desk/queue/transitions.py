"""Kept views of the queue: the coordinator's own affair, so no event of the log tells of them."""

from datetime import datetime

from sqlalchemy import delete, func, select

from accelerator.accounts.queries import lock_user
from accelerator.accounts.viewer import Viewer
from accelerator.desk.queue.models import DeskFilter
from accelerator.errors import NotAllowed
from accelerator.extensions import db

MOST_FILTERS = 8


def keep_filter(name: str, query: str, *, by: Viewer, at: datetime) -> None:
    """Keep a view under a name; the same name again means the new view. Raises `NotAllowed` beyond `MOST_FILTERS`."""
    lock_user(db.session, by.id)
    mine = select(DeskFilter).where(DeskFilter.user_id == by.id)
    known = db.session.scalars(mine.where(DeskFilter.name == name)).first()
    if known:
        known.query = query
        return
    if db.session.scalars(select(func.count()).select_from(mine.subquery())).one() >= MOST_FILTERS:
        raise NotAllowed("many_filters")
    db.session.add(DeskFilter(user_id=by.id, name=name, query=query, created_at=at))
    db.session.flush()


def forget_filter(filter_id: int, *, by: Viewer) -> None:
    """Let go of a view of one's own; another's is not touched."""
    db.session.execute(delete(DeskFilter).where(DeskFilter.id == filter_id, DeskFilter.user_id == by.id))
