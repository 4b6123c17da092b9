"""What the desk reads: only the viewer's regions, every list bounded."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from accelerator.accounts.models import Role
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import HelpRequest, RequestStatus

MOST = 50


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
