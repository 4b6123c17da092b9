"""Finding people and what they should know."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from accelerator.accounts.models import PasswordReset, User, UserNotice
from accelerator.accounts.viewer import hash_token
from accelerator.board.models import HelpRequest
from accelerator.deeds.models import Deed


def find_by_email(session: Session, email: str) -> User | None:
    return session.scalars(select(User).where(User.email == email)).first()


def lock_user(session: Session, user_id: int) -> User | None:
    """The person, read fresh and locked until the transaction ends; first in the order of locks.

    Rows that point to the person may be added meanwhile (``FOR NO KEY UPDATE``): whoever promotes them
    from a waiting list leaves a notice while holding later locks.
    """
    return session.scalars(
        select(User).where(User.id == user_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).first()


def find_reset(session: Session, token: str, *, at: datetime) -> PasswordReset | None:
    """A reset link that is still good."""
    reset = session.get(PasswordReset, hash_token(token))
    return reset if reset and reset.expires_at > at else None


def list_notices(session: Session, user_id: int, limit: int = 20) -> Sequence[Row[UserNotice, str]]:
    """What a person has not yet read, newest first, with the title of the request or deed."""
    return session.execute(
        select(UserNotice, func.coalesce(HelpRequest.title, Deed.title))
        .outerjoin(HelpRequest, HelpRequest.id == UserNotice.request_id)
        .outerjoin(Deed, Deed.id == UserNotice.deed_id)
        .where(UserNotice.user_id == user_id, UserNotice.read_at.is_(None))
        .order_by(UserNotice.id.desc())
        .limit(limit)
    ).all()
