"""Reading regions."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from accelerator.regions.models import Region


def list_with_desk(session: Session) -> Sequence[Region]:
    """Regions that have a coordinators' telephone."""
    return session.scalars(
        select(Region).where(Region.parent_code.is_(None), Region.desk_phone != "").order_by(Region.code)
    ).all()
