"""What the desk reads: only the viewer's regions, every list bounded."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from accelerator.accounts.models import Role
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import HelpRequest, RequestStatus
from accelerator.extensions import vault
from accelerator.help.models import Requester

MOST = 50
MOST_OF_ONE_PHONE = 20


def mine(region: InstrumentedAttribute[str], viewer: Viewer) -> ColumnElement[bool]:
    """The condition "in a region that this viewer sees at the desk"."""
    if viewer.role == Role.AUDITOR:
        return true()
    return region.in_(sorted(viewer.regions)) if viewer.regions else false()


def list_requests(
    session: Session, viewer: Viewer, status: str, *, before: int | None = None
) -> tuple[Sequence[HelpRequest], int | None]:
    """One page of the region's requests in ``status``, newest first, and the id to go on from."""
    query = (
        select(HelpRequest)
        .where(HelpRequest.status == status, mine(HelpRequest.region_code, viewer))
        .order_by(HelpRequest.id.desc())
        .limit(MOST + 1)
    )
    if before:
        query = query.where(HelpRequest.id < before)
    rows = session.scalars(query).all()
    return rows[:MOST], rows[MOST - 1].id if len(rows) > MOST else None


STATUSES = tuple(status.value for status in RequestStatus)


def has_request(session: Session, request_id: int, viewer: Viewer) -> bool:
    """Whether there is a request with this number in the viewer's regions."""
    found = select(HelpRequest.id).where(HelpRequest.id == request_id, mine(HelpRequest.region_code, viewer))
    return session.scalars(found).first() is not None


@dataclass(frozen=True)
class SamePhone:
    """Requests of one phone in the viewer's regions, the newest first; of other regions the number alone."""

    requests: Sequence[HelpRequest]
    elsewhere: int


def find_same_phone(session: Session, phone: str, viewer: Viewer) -> SamePhone:
    """``phone`` in E.164, or empty; it is found by its keyed hash."""
    if not phone:
        return SamePhone([], 0)
    same = select(Requester.id).where(Requester.phone_hash == vault.fingerprint("phone", phone))
    theirs = HelpRequest.requester_id.in_(same)
    own = HelpRequest.region_code.in_(viewer.regions)
    newest = select(HelpRequest).where(theirs, own).order_by(HelpRequest.id.desc())
    rows = session.scalars(newest.limit(MOST_OF_ONE_PHONE)).all()
    others = select(HelpRequest.id).where(theirs, ~own).limit(MOST_OF_ONE_PHONE)
    return SamePhone(rows, session.scalars(select(func.count()).select_from(others.subquery())).one())
