"""What a person's own page reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.orm import Session

from accelerator.accounts.models import User
from accelerator.board.models import ACTIVE, Claim, ClaimState, HelpRequest
from accelerator.deeds.models import Deed

#: How far back the page looks.
MOST_DONE = 20


def list_promises(session: Session, user_id: int) -> Sequence[Row[Claim, HelpRequest]]:
    """Active claims with their requests, in order of time; few, because promises are limited."""
    return session.execute(
        select(Claim, HelpRequest)
        .join(HelpRequest, HelpRequest.id == Claim.request_id)
        .where(Claim.user_id == user_id, Claim.state.in_(ACTIVE))
        .order_by(HelpRequest.due_at, Claim.id)
        .limit(100)
    ).all()


def list_confirmed(
    session: Session, user_id: int, limit: int = MOST_DONE
) -> Sequence[Row[Claim, HelpRequest, Deed | None]]:
    """The newest confirmed claims, each with the deed that came of it where its doer wanted one."""
    return session.execute(
        select(Claim, HelpRequest, Deed)
        .join(HelpRequest, HelpRequest.id == Claim.request_id)
        .outerjoin(Deed, Deed.claim_id == Claim.id)
        .where(Claim.user_id == user_id, Claim.state == ClaimState.CONFIRMED.value)
        .order_by(Claim.id.desc())
        .limit(limit)
    ).all()


def list_told(session: Session, user_id: int, limit: int = MOST_DONE) -> Sequence[Deed]:
    """The newest deeds that a person told of by themselves, shown or not."""
    return session.scalars(told_by(user_id).limit(limit)).all()


def told_by(user_id: int) -> Select[Deed]:
    return select(Deed).where(Deed.user_id == user_id, Deed.claim_id.is_(None)).order_by(Deed.id.desc())


@dataclass(frozen=True)
class Sums:
    """What a coordinator has confirmed of a person so far, and whether they ever promised anything."""

    minutes: int
    tasks: int
    has_promised: bool


def read_sums(session: Session, user_id: int) -> Sums:
    tasks = (
        select(func.count())
        .select_from(Claim)
        .where(Claim.user_id == user_id, Claim.state == ClaimState.CONFIRMED.value)
        .scalar_subquery()
    )
    ever = exists().where(Claim.user_id == user_id)
    row = session.execute(select(User.confirmed_minutes, tasks, ever).where(User.id == user_id)).one()
    return Sums(*row)
