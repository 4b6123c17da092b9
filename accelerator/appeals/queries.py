"""Reading appeals: by their code, for the desk, for the auditors, and the public figures. Every list is bounded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, text, true, tuple_
from sqlalchemy.orm import Session, aliased

from accelerator import policy
from accelerator.accounts.models import CoordinatorRegion, Role, User
from accelerator.accounts.viewer import Viewer
from accelerator.appeals.models import (
    IS_UNREAD,
    OPEN,
    Appeal,
    AppealEntry,
    AppealSpeed,
    AppealTotal,
    EntryKind,
    SealedPhoto,
    Status,
)
from accelerator.board.models import HelpRequest, RequestStatus
from accelerator.database import AnyRow
from accelerator.deeds.models import Deed, DeedStatus
from accelerator.errors import NotFound
from accelerator.extensions import vault
from accelerator.integrity.models import IntegrityEvent
from accelerator.integrity.record import EventType
from accelerator.looks import SAME_LOOK
from accelerator.paging import Cursor
from accelerator.working_days import add_working_days

PAGE = 50
#: "Near" is this many working days before the date, and everything after it.
NEAR = 3
#: Counts on the desk go no further.
MOST = 100


def get_appeal(session: Session, appeal_id: int, viewer: Viewer) -> Appeal:
    """An appeal that this viewer may see at the desk. Raises `NotFound`."""
    appeal = session.get(Appeal, appeal_id)
    if appeal is None or not policy.can_see_appeal(viewer, appeal):
        raise NotFound
    return appeal


def find_by_code(session: Session, code: str) -> Appeal | None:
    return session.scalars(select(Appeal).where(Appeal.code_hash == vault.fingerprint("code", code))).first()


def find_by_form(session: Session, form_key: str) -> Appeal | None:
    """What was sent with this form."""
    sent_key = vault.fingerprint("appeal-form", form_key)
    return session.scalars(select(Appeal).where(Appeal.sent_key == sent_key)).first()


def list_entries(session: Session, appeal_id: int) -> Sequence[AnyRow]:
    """The thread with the names of those who wrote from the desk, oldest first."""
    thread = _entries(appeal_id).where(AppealEntry.kind != EntryKind.LOOK.value)
    return session.execute(thread.order_by(AppealEntry.id).limit(300)).all()


def list_looks(session: Session, appeal_id: int) -> Sequence[AnyRow]:
    """The newest looks at the sender's contact, with the names of those who looked."""
    looks = _entries(appeal_id).where(AppealEntry.kind == EntryKind.LOOK.value)
    return session.execute(looks.order_by(AppealEntry.id.desc()).limit(20)).all()


def _entries(appeal_id: int) -> Select[AppealEntry, str]:
    """What is kept of an appeal, with the names of those at the desk."""
    return (
        select(AppealEntry, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == AppealEntry.user_id)
        .where(AppealEntry.appeal_id == appeal_id)
    )


def has_just_looked(session: Session, appeal_id: int, user_id: int, at: datetime) -> bool:
    look = select(AppealEntry.id).where(
        AppealEntry.appeal_id == appeal_id,
        AppealEntry.kind == EntryKind.LOOK.value,
        AppealEntry.user_id == user_id,
        AppealEntry.created_at > at - SAME_LOOK,
    )
    return session.scalars(look.limit(1)).first() is not None


def is_there(session: Session, about: str, number: int) -> bool:
    """Whether a request or a deed with this number is open to everybody's eyes."""
    if about == "request":
        request = session.get(HelpRequest, number)
        return request is not None and request.status != RequestStatus.RECEIVED and request.published_at is not None
    deed = session.get(Deed, number)
    return deed is not None and deed.status == DeedStatus.PUBLISHED


def count_looks(session: Session, appeal_id: int) -> int:
    """How often somebody looked at the sender's contact."""
    return session.scalars(
        select(func.count()).where(
            IntegrityEvent.subject == f"appeal:{appeal_id}", IntegrityEvent.type == EventType.CONTACT_REVEALED.value
        )
    ).one()


# ---- the desk ----


def mine(viewer: Viewer) -> ColumnElement[bool]:
    """The condition "this viewer answers it": their regions', or what is sealed for the auditors."""
    if viewer.role == Role.AUDITOR:
        return Appeal.for_auditors.is_(True)
    if not viewer.is_coordinator or not viewer.regions:
        return false()
    return and_(Appeal.for_auditors.is_(False), Appeal.region_code.in_(sorted(viewer.regions)))


def _open() -> Select[Appeal]:
    return select(Appeal).where(Appeal.status.in_([status.value for status in OPEN]))


def list_open(
    session: Session, viewer: Viewer, *, only_own: bool = False, after: tuple[date, int] | None = None
) -> tuple[Sequence[AnyRow], str]:
    """One page of open appeals by their date, with the assignees' names; and where the next page begins."""
    assignee = aliased(User)
    query = (
        _open()
        .add_columns(func.coalesce(assignee.name, ""))
        .outerjoin(assignee, assignee.id == Appeal.assignee_id)
        .where(mine(viewer))
        .order_by(Appeal.due_on, Appeal.id)
        .limit(PAGE + 1)
    )
    if only_own:
        query = query.where(Appeal.assignee_id == viewer.id)
    if after:
        due, number = after
        query = query.where(or_(Appeal.due_on > due, and_(Appeal.due_on == due, Appeal.id > number)))
    rows = session.execute(query).all()
    last = rows[PAGE - 1][0] if len(rows) > PAGE else None
    return rows[:PAGE], f"{last.due_on.isoformat()}.{last.id}" if last else ""


def list_closed(session: Session, viewer: Viewer, *, after: Cursor | None = None) -> tuple[Sequence[AnyRow], str]:
    """One page of decided appeals, the newest decision first. Auditors see those of every region."""
    assignee = aliased(User)
    whose = true() if viewer.role == Role.AUDITOR else mine(viewer)
    query = (
        select(Appeal, func.coalesce(assignee.name, ""))
        .outerjoin(assignee, assignee.id == Appeal.assignee_id)
        .where(Appeal.status == Status.CLOSED.value, whose)
        .order_by(Appeal.closed_at.desc(), Appeal.id.desc())
        .limit(PAGE + 1)
    )
    if after:
        query = query.where(tuple_(Appeal.closed_at, Appeal.id) < (after.moment, after.id))
    rows = session.execute(query).all()
    last = rows[PAGE - 1][0] if len(rows) > PAGE else None
    return rows[:PAGE], str(Cursor(last.closed_at, last.id)) if last and last.closed_at else ""


def list_pressing(session: Session, viewer: Viewer, at: datetime, limit: int = PAGE) -> Sequence[Appeal]:
    """Open appeals that must be answered within `NEAR` working days or should have been, and those whose sender has
    written since; the most urgent first."""
    found: dict[int, Appeal] = {}
    for why in (Appeal.due_on <= add_working_days(at.date(), NEAR), text(IS_UNREAD)):
        some = _open().where(mine(viewer), why).order_by(Appeal.due_on, Appeal.id).limit(limit)
        found |= {appeal.id: appeal for appeal in session.scalars(some)}
    return sorted(found.values(), key=lambda appeal: (appeal.due_on, appeal.id))[:limit]


def count_open(session: Session, viewer: Viewer) -> int:
    """How many wait for this viewer's side, up to `MOST`."""
    some = _open().with_only_columns(Appeal.id).where(mine(viewer)).limit(MOST).subquery()
    return session.scalars(select(func.count()).select_from(some)).one()


def _coordinators(region_code: str) -> Select[User]:
    return (
        select(User)
        .join(CoordinatorRegion, CoordinatorRegion.user_id == User.id)
        .where(CoordinatorRegion.region_code == region_code, User.role == Role.COORDINATOR.value)
    )


def list_coordinators(session: Session, region_code: str) -> Sequence[User]:
    """Who could answer for a region."""
    return session.scalars(_coordinators(region_code).order_by(User.name, User.id).limit(PAGE)).all()


def find_coordinator(session: Session, user_id: int, region_code: str) -> User | None:
    """This person, if they coordinate that region."""
    return session.scalars(_coordinators(region_code).where(User.id == user_id)).first()


def photo_sizes(session: Session, appeal_id: int) -> list[int]:
    return list(session.scalars(select(SealedPhoto.size).where(SealedPhoto.appeal_id == appeal_id)))


# ---- the public figures ----


@dataclass(frozen=True)
class Figures:
    """How many, how many answered, how many of them on time, and how fast (working days; `None`: none yet)."""

    received: int
    answered: int
    on_time: int
    median: int | None

    @property
    def percent_on_time(self) -> int | None:
        return round(100 * self.on_time / self.answered) if self.answered else None


def read_figures(session: Session) -> tuple[Figures, dict[str, Figures], dict[str, Figures]]:
    """The figures of all, by region and by kind. It reads counters: regions × kinds × days, however many appeals."""
    totals = session.scalars(select(AppealTotal)).all()
    speeds = session.scalars(select(AppealSpeed)).all()
    regions = {t.region_code for t in totals if t.received or t.answered}
    kinds = {t.kind for t in totals if t.received or t.answered}
    return (
        _figures(totals, speeds),
        {
            code: _figures([t for t in totals if t.region_code == code], [s for s in speeds if s.region_code == code])
            for code in sorted(regions)
        },
        {
            kind: _figures([t for t in totals if t.kind == kind], [s for s in speeds if s.kind == kind])
            for kind in sorted(kinds)
        },
    )


def _figures(totals: Sequence[AppealTotal], speeds: Sequence[AppealSpeed]) -> Figures:
    return Figures(
        received=sum(t.received for t in totals),
        answered=sum(t.answered for t in totals),
        on_time=sum(t.on_time for t in totals),
        median=_median(speeds),
    )


def _median(speeds: Sequence[AppealSpeed]) -> int | None:
    """The days within which half of the answers came."""
    half, seen = sum(speed.count for speed in speeds) / 2, 0
    for speed in sorted(speeds, key=lambda speed: speed.days):
        seen += speed.count
        if seen >= half:
            return speed.days
    return None
