"""The questions of the queue: one for each reason, bounded, from an index that holds only what the reason is about.

An index is read region by region and at most `MOST` deep, so neither the past nor what is in order costs anything.
Filters narrow what such an index finds: they cost as much as there is to do in the region, never more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    TextClause,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from accelerator.accounts.models import User
from accelerator.board.models import (
    TO_PUBLISH,
    TO_SETTLE,
    TO_VERIFY,
    UNCLAIMED,
    VOUCHED,
    Claim,
    HelpRequest,
    RequestStatus,
)
from accelerator.database import AnyRow, Base, UTCDateTime
from accelerator.deeds.models import PENDING, UNSETTLED, Deed, DeedReport
from accelerator.desk.queue.models import DeskFilter
from accelerator.desk.queue.reasons import Reason
from accelerator.help.models import UNSEEN_WORD, CaseEntry, EntryKind

#: More is told as "99+".
MOST = 100
SOON = timedelta(hours=24)
WAITS_LONG = timedelta(days=2)

Asked = Select[Any] | CompoundSelect[Any]
Condition = ColumnElement[bool] | TextClause


@dataclass(frozen=True)
class Narrow:
    """The filters of the queue; empty means all."""

    kind: str = ""
    district: str = ""
    words: tuple[str, ...] = ()
    #: The coordinator whose own cases are meant.
    mine: int = 0


@dataclass(frozen=True)
class Question:
    """What a reason asks for: which rows (in the words of their partial index), in which order."""

    table: type[Base]
    key: InstrumentedAttribute[Any]
    where: tuple[Condition, ...]
    #: What the filters look at: the request or the deed.
    about: type[HelpRequest] | type[Deed] = HelpRequest
    join: ColumnElement[bool] | None = None


_now = bindparam("now", type_=UTCDateTime())
_soon = bindparam("soon", type_=UTCDateTime())
_long_ago = bindparam("long_ago", type_=UTCDateTime())
_due, _published = HelpRequest.due_at, HelpRequest.published_at
_is_open = HelpRequest.status == RequestStatus.OPEN.value


def _of_claims(state: str) -> Question:
    where = (text(TO_SETTLE), Claim.state == state)
    return Question(Claim, Claim.reported_at, where, join=HelpRequest.id == Claim.request_id)


def _vouched() -> Question:
    """The volunteer was asked to tell of it, and has had the time."""
    where = (text(VOUCHED), Claim.helped_said_at < _long_ago)
    return Question(Claim, Claim.helped_said_at, where, join=HelpRequest.id == Claim.request_id)


QUESTIONS: dict[Reason, tuple[Question, ...]] = {
    Reason.URGENT: (Question(HelpRequest, _due, (text(TO_VERIFY), _due > _now, _due <= _soon)),),
    Reason.VERIFY: (Question(HelpRequest, HelpRequest.created_at, (text(TO_VERIFY), or_(_due <= _now, _due > _soon))),),
    Reason.SOON: (Question(HelpRequest, _due, (text(UNCLAIMED), _due > _now, _due <= _soon)),),
    Reason.UNCLAIMED: (Question(HelpRequest, _published, (text(UNCLAIMED), _published < _long_ago, _due > _now)),),
    Reason.REPORTED: (_of_claims("reported"), _vouched()),
    Reason.DISPUTED: (_of_claims("disputed"),),
    Reason.WORD: (
        Question(CaseEntry, CaseEntry.id, (text(UNSEEN_WORD),), join=HelpRequest.id == CaseEntry.request_id),
    ),
    Reason.PUBLISH: (Question(HelpRequest, HelpRequest.created_at, (text(TO_PUBLISH),)),),
    Reason.DEED: (Question(Deed, Deed.id, (text(PENDING),), about=Deed),),
    Reason.REPORT: (
        Question(DeedReport, DeedReport.id, (text(UNSETTLED),), about=Deed, join=Deed.id == DeedReport.deed_id),
    ),
    Reason.ENDED: (Question(HelpRequest, _due, (_is_open, _due <= _now)),),
}


def list_ids(
    session: Session, reason: Reason, regions: tuple[str, ...], narrow: Narrow, *, at: datetime
) -> Sequence[int]:
    """What waits for this reason in these regions, the first `MOST` of it, in the order in which it burns."""
    if not regions:
        return []
    asked = _ask(reason, regions) if narrow == Narrow() else _ask_narrowed(reason, regions, narrow)
    return [row.id for row in session.execute(asked, moments(at))]


def moments(at: datetime) -> dict[str, datetime]:
    return {"now": at, "soon": at + SOON, "long_ago": at - WAITS_LONG}


@lru_cache(maxsize=256)
def _ask(reason: Reason, regions: tuple[str, ...]) -> Asked:
    """Built once for a desk: putting a statement together takes longer than running it."""
    return _ask_narrowed(reason, regions, Narrow())


def _ask_narrowed(reason: Reason, regions: tuple[str, ...], narrow: Narrow) -> Asked:
    parts = [_in_region(question, region, narrow) for question in QUESTIONS[reason] for region in regions]
    # Each part is read in the order of its index, and all of them only as far as `MOST`: nothing is sorted.
    together = union_all(*parts) if len(parts) > 1 else parts[0]
    return together.order_by("key", "id").limit(MOST)


def _in_region(question: Question, region: str, narrow: Narrow) -> Select[Any]:
    table: Any = question.table
    found = select(table.id.label("id"), question.key.label("key")).where(table.region_code == region, *question.where)
    conditions = narrowed(question.about, narrow)
    if conditions and question.join is not None:
        found = found.join(question.about, question.join)
    return found.where(*conditions)


def narrowed(about: type[HelpRequest] | type[Deed], narrow: Narrow) -> list[ColumnElement[bool]]:
    """The filters as conditions on the request or the deed."""
    found: list[ColumnElement[bool]] = []
    if narrow.kind:
        found.append(about.kind_code == narrow.kind)
    if narrow.district:
        found.append(about.district_code == narrow.district)
    searched = HelpRequest.search_text if about is HelpRequest else func.lower(about.title)
    found += [searched.contains(word, autoescape=True) for word in narrow.words]
    if narrow.mine:
        found.append(_is_own(about, narrow.mine))
    return found


def _is_own(about: type[HelpRequest] | type[Deed], user_id: int) -> ColumnElement[bool]:
    """A case is a coordinator's own when they wrote, verified or noted something in it. A told deed is nobody's."""
    if about is Deed:
        return false()
    entry = aliased(CaseEntry)  # of words: they are case entries themselves
    noted = exists().where(entry.request_id == HelpRequest.id, entry.user_id == user_id)
    return or_(HelpRequest.created_by_id == user_id, HelpRequest.verified_by_id == user_id, noted)


@lru_cache(maxsize=64)
def _ask_count(regions: tuple[str, ...]) -> Select[Any]:
    """In no order, so that each part ends as soon as it has found `MOST`."""
    counts = [
        select(func.count()).select_from(_some(question, regions).limit(MOST).subquery()).scalar_subquery()
        for questions in QUESTIONS.values()
        for question in questions
    ]
    return select(*counts)


def _some(question: Question, regions: tuple[str, ...]) -> Select[Any]:
    table: Any = question.table
    return select(table.id).where(table.region_code.in_(regions), *question.where)


def count_all(session: Session, regions: tuple[str, ...], *, at: datetime) -> int:
    """How much waits in these regions, up to `MOST` for each reason: one statement for the number in the header."""
    return sum(session.execute(_ask_count(regions), moments(at)).one()) if regions else 0


# ---- the rows behind the numbers ----


def requests_by_id(session: Session, ids: Sequence[int]) -> dict[int, AnyRow]:
    return _by_id(session, select(HelpRequest), HelpRequest.id, ids)


@dataclass(frozen=True)
class Talk:
    """How the talk with whoever asked stands: the last call, and whether they have written since."""

    call: CaseEntry
    has_written_since: bool


def talks_by_request(session: Session, request_ids: Sequence[int]) -> dict[int, Talk]:
    """The talk about each request on which there was a call."""
    if not request_ids:
        return {}
    kinds = (EntryKind.CALL.value, EntryKind.WORD.value)
    said = select(func.max(CaseEntry.id)).where(CaseEntry.request_id.in_(request_ids), CaseEntry.kind.in_(kinds))
    newest = said.group_by(CaseEntry.request_id, CaseEntry.kind)
    entries = session.scalars(select(CaseEntry).where(CaseEntry.id.in_(newest))).all()
    words = {entry.request_id: entry.id for entry in entries if entry.kind == EntryKind.WORD}
    calls = [entry for entry in entries if entry.kind == EntryKind.CALL]
    return {call.request_id: Talk(call, words.get(call.request_id, 0) > call.id) for call in calls}


def claims_by_id(session: Session, ids: Sequence[int]) -> dict[int, AnyRow]:
    """Claims with their requests and the volunteers' names."""
    found = (
        select(Claim, HelpRequest, func.coalesce(User.name, ""))
        .join(HelpRequest, HelpRequest.id == Claim.request_id)
        .outerjoin(User, User.id == Claim.user_id)
    )
    return _by_id(session, found, Claim.id, ids)


def words_by_id(session: Session, ids: Sequence[int]) -> dict[int, AnyRow]:
    """Words of people who asked for help, with their requests."""
    found = select(CaseEntry, HelpRequest).join(HelpRequest, HelpRequest.id == CaseEntry.request_id)
    return _by_id(session, found, CaseEntry.id, ids)


def deeds_by_id(session: Session, ids: Sequence[int]) -> dict[int, AnyRow]:
    return _by_id(session, select(Deed), Deed.id, ids)


def reports_by_id(session: Session, ids: Sequence[int]) -> dict[int, AnyRow]:
    """Readers' reports with their deeds."""
    return _by_id(session, select(DeedReport, Deed).join(Deed, Deed.id == DeedReport.deed_id), DeedReport.id, ids)


def _by_id(
    session: Session, found: Select[*tuple[Any, ...]], id_: InstrumentedAttribute[int], ids: Sequence[int]
) -> dict[int, AnyRow]:
    """Rows by the number of what stands first in them; the database is not asked for none."""
    rows = session.execute(found.where(id_.in_(ids))).all() if ids else []
    return {row[0].id: row for row in rows}


# ---- kept views ----


def list_filters(session: Session, user_id: int) -> Sequence[DeskFilter]:
    """A coordinator's kept views, by name."""
    return session.scalars(select(DeskFilter).where(DeskFilter.user_id == user_id).order_by(DeskFilter.name)).all()


# ---- confirmed a moment ago ----


def list_confirmed(session: Session, claim_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Claims as they stand now, in the order in which they were ticked."""
    found = claims_by_id(session, claim_ids)
    return [found[id_] for id_ in claim_ids if id_ in found]


def unread_among(session: Session, claim_ids: Sequence[int]) -> set[int]:
    """Those claims on whose requests words of the helped person wait to be read."""
    if not claim_ids:
        return set()
    found = (
        select(Claim.id)
        .join(CaseEntry, CaseEntry.request_id == Claim.request_id)
        .where(Claim.id.in_(claim_ids), text(UNSEEN_WORD))
    )
    return set(session.scalars(found))


def minutes_told(session: Session, claim_id: int) -> int:
    """How long a report says that it took; the request's own time where it says nothing."""
    told = func.coalesce(Claim.minutes, HelpRequest.minutes)
    found = session.scalars(
        select(told).join(HelpRequest, HelpRequest.id == Claim.request_id).where(Claim.id == claim_id)
    ).first()
    return found or 0


# ---- the day ----

MOST_OF_A_DAY = 300


def list_day(session: Session, region: str, begins: datetime, ends: datetime) -> Sequence[HelpRequest]:
    """What has its hour or its deadline between two moments in a region, in order of time."""
    return session.scalars(
        select(HelpRequest)
        .where(
            HelpRequest.region_code == region,
            HelpRequest.status.in_((RequestStatus.OPEN.value, RequestStatus.PAUSED.value)),
            HelpRequest.timing != "any",
            # What is done has left the board at the moment when it was confirmed.
            HelpRequest.due_at == func.coalesce(HelpRequest.starts_at, HelpRequest.ends_at),
            HelpRequest.due_at >= begins,
            HelpRequest.due_at < ends,
        )
        .order_by(HelpRequest.due_at, HelpRequest.id)
        .limit(MOST_OF_A_DAY)
    ).all()


def names_by_request(session: Session, request_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """First names of those who hold a place, with how many come."""
    found: dict[int, list[tuple[str, int]]] = {}
    if not request_ids:
        return found
    holding = ("claimed", "started", "reported", "disputed", "confirmed")
    rows = session.execute(
        select(Claim.request_id, func.coalesce(User.name, ""), Claim.people)
        .outerjoin(User, User.id == Claim.user_id)
        .where(Claim.request_id.in_(request_ids), Claim.state.in_(holding))
        .order_by(Claim.id)
    )
    for request_id, name, people in rows:
        found.setdefault(request_id, []).append(((name.split() or [""])[0], people))
    return found
