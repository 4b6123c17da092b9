"""Table of the desk: views of the queue that a coordinator keeps under a name."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.database import Base, Key


class DeskFilter(Base):
    """A coordinator's own view of the queue: the filters as they stand in the address."""

    __tablename__ = "desk_filters"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    query: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
