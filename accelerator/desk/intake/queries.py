"""Earlier requests of a phone that has just been typed in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accelerator.accounts.viewer import Viewer
from accelerator.board.models import HelpRequest
from accelerator.extensions import vault
from accelerator.help.models import Requester

MOST = 20


@dataclass(frozen=True)
class Earlier:
    """Requests of the same phone in the viewer's regions; of other regions the number alone."""

    requests: Sequence[HelpRequest]
    elsewhere: int


def find_earlier(session: Session, phone: str, viewer: Viewer) -> Earlier:
    if not phone:
        return Earlier([], 0)
    same = select(Requester.id).where(Requester.phone_hash == vault.fingerprint("phone", phone))
    theirs = HelpRequest.requester_id.in_(same)
    mine = HelpRequest.region_code.in_(viewer.regions)
    rows = session.scalars(select(HelpRequest).where(theirs, mine).order_by(HelpRequest.id.desc()).limit(MOST)).all()
    others = select(HelpRequest.id).where(theirs, ~mine).limit(MOST)
    return Earlier(rows, session.scalars(select(func.count()).select_from(others.subquery())).one())
