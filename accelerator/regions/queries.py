"""Reading regions."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from accelerator.accounts.models import CoordinatorRegion, Role, User
from accelerator.regions.models import Region


def list_with_desk(session: Session) -> Sequence[Region]:
    """Regions that have a coordinators' telephone."""
    return session.scalars(
        select(Region).where(Region.parent_code.is_(None), Region.desk_phone != "").order_by(Region.code)
    ).all()


def list_coordinated(session: Session) -> frozenset[str]:
    """Codes of the regions in which somebody coordinates: elsewhere nobody would see what is sent there."""
    works_there = (
        select(CoordinatorRegion.user_id)
        .join(User, User.id == CoordinatorRegion.user_id)
        .where(CoordinatorRegion.region_code == Region.code, User.role == Role.COORDINATOR.value)
    )
    return frozenset(session.scalars(select(Region.code).where(Region.parent_code.is_(None), works_there.exists())))
