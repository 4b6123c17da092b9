"""Tables of the log: the events, and one row that says how many there are."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.database import Base


class IntegrityEvent(Base):
    """One change of state. Triggers refuse UPDATE and DELETE on this table."""

    __tablename__ = "integrity_events"
    __table_args__ = (Index("ix_integrity_events_subject", "subject", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    #: ``thing.happened``, e.g. ``claim.released``; the list is `accelerator.integrity.record.EventType`.
    type: Mapped[str] = mapped_column(String(40))
    #: What a page has to redraw: ``request:17``, ``deed:5``, ``account:a_…``.
    subject: Mapped[str] = mapped_column(String(60))
    #: The exact bytes that the public log will carry; never serialised again.
    body: Mapped[bytes] = mapped_column(LargeBinary)


class IntegrityHead(Base):
    """One row: the number of the newest event. Its lock puts events in the order of their commits."""

    __tablename__ = "integrity_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
