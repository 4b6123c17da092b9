"""Tables of appeals. All words in them are sealed; plain are codes, dates and numbers only."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.database import Base, Key, index_where


class Kind(enum.StrEnum):
    """What somebody writes about."""

    APPLICATION = "application"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    THANKS = "thanks"
    INTEGRITY = "integrity"


class Status(enum.StrEnum):
    """Where an appeal stands; `accelerator.appeals.transitions.MOVES` says what can follow."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Outcome(enum.StrEnum):
    """What an appeal led to; the reasons stand in the thread."""

    SATISFIED = "satisfied"
    PARTLY = "partly"
    EXPLAINED = "explained"
    REFUSED = "refused"
    NO_ANSWER_NEEDED = "no_answer_needed"


class EntryKind(enum.StrEnum):
    """What is kept after the first words."""

    #: From the sender; from the desk or the auditors.
    WORD = "word"
    ANSWER = "answer"
    #: The reasons of a decision, of a handing over, of opening again.
    OUTCOME = "outcome"
    TRANSFER = "transfer"
    REOPEN = "reopen"
    #: Why somebody at the desk looked at the sender's contact. It stands in no thread.
    LOOK = "look"


OPEN = (Status.RECEIVED, Status.ASSIGNED)
_IS_OPEN = "status IN ('received','assigned')"
IS_UNREAD = f"{_IS_OPEN} AND unread > 0"
_IS_CLOSED = "status = 'closed'"
_IS_OVER = "status IN ('closed','withdrawn') AND forgotten_at IS NULL"


class Appeal(Base):
    """What somebody wrote, by when it is answered, and what came of it. No account is ever kept beside it."""

    __tablename__ = "appeals"
    __table_args__ = (
        CheckConstraint("kind IN ('application','complaint','suggestion','thanks','integrity')", name="kind"),
        CheckConstraint("status IN ('received','assigned','closed','withdrawn')", name="status"),
        CheckConstraint("(status = 'closed') = (outcome IS NOT NULL)", name="outcome"),
        # What is for the auditors has no key that this server holds.
        CheckConstraint("NOT for_auditors OR key_name IS NULL", name="sealed"),
        CheckConstraint("kind <> 'integrity' OR for_auditors", name="integrity"),
        index_where("ix_appeals_open", "for_auditors", "region_code", "due_on", "id", where=_IS_OPEN),
        index_where("ix_appeals_unread", "for_auditors", "region_code", "due_on", "id", where=IS_UNREAD),
        index_where("ix_appeals_closed", "closed_at", "id", where=_IS_CLOSED),
        index_where("ix_appeals_closed_region", "region_code", "closed_at", "id", where=_IS_CLOSED),
        index_where("ix_appeals_kept", "closed_at", "id", where=_IS_OVER),
    )

    #: Eight random digits: numbers in sequence would tell between which two others a sealed report came.
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"))
    locale: Mapped[str] = mapped_column(String(2))
    status: Mapped[str] = mapped_column(String(10), default=Status.RECEIVED.value)
    #: Sealed to the auditors' public key: integrity reports, and complaints about the region's coordinators.
    for_auditors: Mapped[bool] = mapped_column(default=False)
    #: What it is about. Of sealed ones this stands inside the envelope, unless the portal itself opened the case.
    about_request_id: Mapped[int | None] = mapped_column(ForeignKey("help_requests.id"))
    about_deed_id: Mapped[int | None] = mapped_column(ForeignKey("deeds.id", ondelete="SET NULL"))
    #: Opened by the portal, once, when a helped person said that something was asked in return.
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"), unique=True)
    #: The name of its key in the vault; empty when it is for the auditors, and after forgetting.
    key_name: Mapped[str | None] = mapped_column(String(32), unique=True)
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: JSON of `accelerator.appeals.sealing.Contact`.
    sealed_contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Public key made of the tracking code: what the auditors answer opens with the code alone.
    reply_key: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    #: Keyed hash of the tracking code; empty when the portal opened the case.
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    #: Keyed hash of the form's own key: sent twice, it is stored once.
    sent_key: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    #: Whether the sender has said that the code is written down; it is never shown again then.
    is_code_kept: Mapped[bool] = mapped_column(default=False)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    #: Words of the sender since they were last written to.
    unread: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str | None] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    #: Of what is for the auditors: the beginning of the hour.
    created_at: Mapped[datetime]
    due_on: Mapped[date]
    #: The first decision: how fast we were is counted once.
    first_closed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    #: By the sender, who may do so once.
    reopened_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]


class AppealEntry(Base):
    """One more word in the thread, or why the contact was looked at; sealed as the appeal is."""

    __tablename__ = "appeal_entries"
    __table_args__ = (
        CheckConstraint("kind IN ('word','answer','outcome','transfer','reopen','look')", name="kind"),
        Index("ix_appeal_entries_appeal", "appeal_id", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    appeal_id: Mapped[int] = mapped_column(ForeignKey("appeals.id"))
    kind: Mapped[str] = mapped_column(String(8))
    #: Of a decision.
    outcome: Mapped[str | None] = mapped_column(String(16))
    is_from_sender: Mapped[bool]
    #: Empty: the sender wrote it, or the writer has left.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: The same words for whoever holds the code, when they come from the auditors.
    sealed_reply: Mapped[bytes | None] = mapped_column(LargeBinary)
    sent_key: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]


class SealedPhoto(Base):
    """A photo that came with a report: its bytes lie in the storage, sealed."""

    __tablename__ = "sealed_photos"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    appeal_id: Mapped[int] = mapped_column(ForeignKey("appeals.id"), index=True)
    size: Mapped[int]


class PendingNote(Base):
    """What the sender of a sealed report did, not yet in the public log.

    The log numbers its events in the order of their happening, so an event between two others would tell the
    minute. It is written when the hour is over, with the others of that hour in the order of their random numbers.
    """

    __tablename__ = "appeal_pending_notes"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    appeal_id: Mapped[int] = mapped_column(ForeignKey("appeals.id"), index=True)
    type: Mapped[str] = mapped_column(String(40))
    #: The beginning of the hour.
    hour: Mapped[datetime] = mapped_column(index=True)


class AppealTotal(Base):
    """How many appeals a region received, answered, and answered on time, by kind."""

    __tablename__ = "appeal_totals"

    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    received: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    on_time: Mapped[int] = mapped_column(default=0)


class AppealSpeed(Base):
    """How many were answered after so many working days: the median comes from here, however many there are."""

    __tablename__ = "appeal_speeds"

    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    #: `MOST_DAYS` stands for that many and more.
    days: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


MOST_DAYS = 99
