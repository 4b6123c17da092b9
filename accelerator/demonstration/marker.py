"""Whether a database holds demonstration data: a production start never touches such a one."""

from sqlalchemy import inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from accelerator.database import Base
from accelerator.extensions import db


class DemonstrationMark(Base):
    """One row in a database that was filled for demonstration; none in a real one."""

    __tablename__ = "demonstration_mark"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


def leave_mark(session: Session) -> None:
    session.add(DemonstrationMark(id=1))


def holds_demonstration() -> bool:
    if not inspect(db.read_engine).has_table(DemonstrationMark.__tablename__):
        return False
    return db.read.scalars(select(DemonstrationMark.id)).first() is not None
