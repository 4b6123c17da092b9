"""The SQL of a claim: what stands in its way, as conditions on the request's row, and what it writes.

The statements are built once, here, and take parameters: putting them together anew for each claim took five
times as long as running them, inside the transaction that everybody else waits for.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Table,
    bindparam,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from accelerator import policy
from accelerator.accounts.models import User
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import ACTIVE, OPEN_PROMISES, Claim, HelpRequest, RequestStatus
from accelerator.board.queries import CARD
from accelerator.config import Settings
from accelerator.database import UTCDateTime
from accelerator.policy import ClaimBar

_request_id = bindparam("request_number", type_=BigInteger)
_volunteer = bindparam("volunteer", type_=BigInteger)
_people = bindparam("people", type_=Integer)
_moment = bindparam("moment", type_=UTCDateTime())
_age_floor = bindparam("age_floor", type_=Integer)
_most_promises = bindparam("most_promises", type_=Integer)


def facts(request_id: int, *, by: Viewer, people: int, at: datetime, settings: Settings) -> dict[str, Any]:
    """The parameters of `TAKE` and `JUDGE`."""
    return {
        "request_number": request_id,
        "volunteer": by.id,
        "people": people,
        "moment": at,
        "age_floor": policy.age_floor(by.age_group, settings.min_age),
        "most_promises": settings.max_open_claims,
    }


def same_time(other: type[HelpRequest]) -> tuple[ColumnElement[bool], ...]:
    """Both have fixed hours, and each begins before the other ends (touching is allowed)."""
    return (
        HelpRequest.starts_at.is_not(None),
        other.starts_at.is_not(None),
        other.starts_at < HelpRequest.ends_at,
        other.ends_at > HelpRequest.starts_at,
    )


def conditions() -> dict[ClaimBar, ColumnElement[bool]]:
    """Each reason against a claim, in the order of `ClaimBar`: the most telling first."""
    mine, other = aliased(Claim), aliased(HelpRequest)
    promises = (mine.user_id == _volunteer, mine.state.in_(OPEN_PROMISES))
    off_board = (RequestStatus.CLOSED.value, RequestStatus.RECEIVED.value)
    return {
        ClaimBar.YOURS: exists().where(
            mine.request_id == HelpRequest.id, mine.user_id == _volunteer, mine.state.in_(ACTIVE)
        ),
        ClaimBar.CLOSED: or_(HelpRequest.status.in_(off_board), HelpRequest.due_at <= _moment),
        ClaimBar.PAUSED: HelpRequest.status == RequestStatus.PAUSED.value,
        ClaimBar.TOO_YOUNG: HelpRequest.min_age > _age_floor,
        ClaimBar.OVERLAP: exists()
        .where(*promises, mine.request_id == other.id)
        .where(other.id != HelpRequest.id, *same_time(other)),
        ClaimBar.TOO_MANY: select(func.count()).where(*promises).scalar_subquery() >= _most_promises,
        ClaimBar.TOO_FEW_PLACES: HelpRequest.capacity < _people,
        ClaimBar.FULL: HelpRequest.taken + _people > HelpRequest.capacity,
    }


_CONDITIONS = conditions()

_requests = cast(Table, HelpRequest.__table__)
_claims = cast(Table, Claim.__table__)

#: Claims of one person are judged one after the other (PostgreSQL; SQLite has one writer). No row: no such person.
LOCK_PERSON = select(User.id).where(User.id == _volunteer).with_for_update(key_share=True)

#: Takes the places if nothing is in the way, and gives the card's columns back; no row: something was.
TAKE = (
    update(_requests)
    .where(HelpRequest.id == _request_id, *(not_(bar) for bar in _CONDITIONS.values()))
    .values(taken=HelpRequest.taken + _people)
    .returning(*(_requests.c[column.key] for column in CARD))
)

ADD_CLAIM = insert(_claims).returning(_claims.c.id)

#: What says whether the request is public, and each condition under its bar's name.
JUDGE = select(
    HelpRequest.status,
    HelpRequest.published_at,
    *(bar.label(name.value) for name, bar in _CONDITIONS.items()),
).where(HelpRequest.id == _request_id)
