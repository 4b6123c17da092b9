"""What the board reads. Lists are bounded and paged by key: a page costs the same at any size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import Session

from accelerator.board.models import ACTIVE, Claim, ClaimState, HelpRequest, RequestStatus, Timing
from accelerator.board.search import are_rare, matches
from accelerator.database import AnyRow
from accelerator.errors import NotFound
from accelerator.paging import Cursor

PAGE = 20
#: Columns of a card; the texts of a request are short, so cards read them whole.
CARD = (
    HelpRequest.id,
    HelpRequest.title,
    HelpRequest.story,
    HelpRequest.locale,
    HelpRequest.kind_code,
    HelpRequest.region_code,
    HelpRequest.district_code,
    HelpRequest.timing,
    HelpRequest.starts_at,
    HelpRequest.ends_at,
    HelpRequest.due_at,
    HelpRequest.minutes,
    HelpRequest.capacity,
    HelpRequest.taken,
    HelpRequest.needs,
    HelpRequest.min_age,
    HelpRequest.two_adults,
    HelpRequest.is_asar,
    HelpRequest.status,
    HelpRequest.version,
)


@dataclass(frozen=True)
class Fit:
    """What a viewer can do and where, for the filter "fits me"."""

    capabilities: int
    age_floor: int
    region_code: str | None


@dataclass(frozen=True)
class Filters:
    """The board's filters as they stand in the URL; empty means all."""

    words: tuple[str, ...] = ()
    kind: str = ""
    region: str = ""
    district: str = ""
    when: str = ""
    minutes: int = 0
    fit: Fit | None = None
    #: Only with a free place; of the first page, not of the board.
    is_free: bool = False


def list_open(
    session: Session, filters: Filters, *, now: datetime, day_ends: datetime, after: Cursor | None = None
) -> tuple[Sequence[AnyRow], Cursor | None]:
    """One page of what is open, soonest first, and where the next page begins (`None`: it was the last).

    ``day_ends`` is the end of today in the reader's zone, for the filter by day.
    """
    # With "+" before it SQLite leaves the board's index alone.
    is_rare = filters.words and are_rare(filters.words, session)
    status = literal_column("+help_requests.status") if is_rare else HelpRequest.status
    query = (
        select(*CARD)
        .where(status == RequestStatus.OPEN.value, HelpRequest.due_at > now)
        .where(*conditions(filters, session.get_bind().dialect.name, now, day_ends))
        .order_by(HelpRequest.due_at, HelpRequest.id)
        .limit(PAGE + 1)
    )
    if after:
        query = query.where(tuple_(HelpRequest.due_at, HelpRequest.id) > (after.moment, after.id))
    rows = session.execute(query).all()
    if len(rows) <= PAGE:
        return rows, None
    last = rows[PAGE - 1]
    return rows[:PAGE], Cursor(last.due_at, last.id)


def conditions(filters: Filters, dialect: str, now: datetime, day_ends: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.words:
        found.append(matches(filters.words, dialect))
    if filters.kind:
        found.append(HelpRequest.kind_code == filters.kind)
    if filters.region:
        found.append(HelpRequest.region_code == filters.region)
    if filters.district:
        found.append(HelpRequest.district_code == filters.district)
    if filters.minutes:
        found.append(HelpRequest.minutes <= filters.minutes)
    if filters.when:
        found.append(in_time(filters.when, now, day_ends))
    if filters.fit:
        found.extend(fits(filters.fit))
    if filters.is_free:
        found.append(HelpRequest.taken < HelpRequest.capacity)
    return found


def in_time(when: str, now: datetime, day_ends: datetime) -> ColumnElement[bool]:
    """What can be done in the named time: what has no fixed hour fits always while it lasts."""
    flexible = HelpRequest.timing.in_((Timing.ANY.value, Timing.BY.value))
    if when == "anytime":
        return flexible
    begins, ends = {
        "today": (now, day_ends),
        "tomorrow": (day_ends, day_ends + timedelta(days=1)),
        "week": (now, day_ends + timedelta(days=6)),
        "weekend": weekend_after(day_ends),
    }[when]
    fixed = and_(HelpRequest.starts_at >= begins, HelpRequest.starts_at < ends)
    return or_(fixed, and_(flexible, HelpRequest.due_at > begins))


def weekend_after(day_ends: datetime) -> tuple[datetime, datetime]:
    """The Saturday and Sunday that are now or come next; ``day_ends`` is midnight in the reader's zone."""
    today = (day_ends - timedelta(days=1)).weekday()
    saturday = day_ends + timedelta(days=4 - today) if today < 5 else day_ends - timedelta(days=today - 4)
    return saturday, saturday + timedelta(days=2)


def fits(fit: Fit) -> list[ColumnElement[bool]]:
    """Everything needed is something the viewer can, they are old enough, and it is in their region."""
    found = [
        HelpRequest.needs.bitwise_and(~fit.capabilities) == 0,
        HelpRequest.min_age <= fit.age_floor,
    ]
    if fit.region_code:
        found.append(HelpRequest.region_code == fit.region_code)
    return found


def get_request(session: Session, request_id: int) -> HelpRequest:
    """The request, or `NotFound`."""
    request = session.get(HelpRequest, request_id)
    if request is None:
        raise NotFound
    return request


def get_card(session: Session, request_id: int) -> AnyRow:
    """The columns of a card, or `NotFound`."""
    row = session.execute(select(*CARD).where(HelpRequest.id == request_id)).first()
    if row is None:
        raise NotFound
    return row


def list_cards(session: Session, ids: Sequence[int]) -> Sequence[AnyRow]:
    """The columns of several cards, in no order."""
    return session.execute(select(*CARD).where(HelpRequest.id.in_(ids))).all()


def find_active_claim(session: Session, request_id: int, user_id: int) -> Claim | None:
    """The claim that a person has on a request, if it is not over."""
    return session.scalars(
        select(Claim).where(Claim.request_id == request_id, Claim.user_id == user_id, Claim.state.in_(ACTIVE))
    ).first()


#: Ends that a volunteer did not choose.
LOST = (ClaimState.REMOVED, ClaimState.NO_SHOW, ClaimState.LAPSED)


def end_of_promise(session: Session, request_id: int, user_id: int) -> str:
    """How the last promise of this person here ended: "promise_over" by somebody else or the clock, "let_go" by
    themselves; empty when it goes on or there was none.
    """
    last = select(Claim.state).where(Claim.request_id == request_id, Claim.user_id == user_id).order_by(Claim.id.desc())
    state = session.scalars(last.limit(1)).first()
    if state in LOST:
        return "promise_over"
    return "let_go" if state == ClaimState.RELEASED else ""


def waiting_position(session: Session, claim: Claim) -> int:
    """1 for the first who waits."""
    return session.scalars(
        select(func.count())
        .select_from(Claim)
        .where(
            Claim.request_id == claim.request_id,
            Claim.state == ClaimState.WAITING.value,
            Claim.id <= claim.id,
        )
    ).one()


def count_waiting(session: Session, now: datetime) -> int:
    """How many requests still wait for somebody, up to a thousand; more is shown as "1 000+"."""
    first = (
        select(HelpRequest.id)
        .where(
            HelpRequest.status == RequestStatus.OPEN.value,
            HelpRequest.due_at > now,
            HelpRequest.taken < HelpRequest.capacity,
        )
        .limit(1000)
        .subquery()
    )
    return session.scalars(select(func.count()).select_from(first)).one()
