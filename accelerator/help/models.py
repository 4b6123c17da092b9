"""Tables of people in need. Everything private about them is in this file, and all of it is sealed (see `vault`)."""

import enum
import secrets
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.database import Base, Key, index_where, region_of


class Channel(enum.StrEnum):
    """The way by which somebody asked."""

    WEB = "web"
    PAPER = "paper"
    PHONE = "phone"


class EntryKind(enum.StrEnum):
    """What stands in the history of a case beside the events of the log."""

    NOTE = "note"
    CALL = "call"
    #: From the desk to the person who asked, and back.
    QUESTION = "question"
    WORD = "word"


class CallOutcome(enum.StrEnum):
    """What came of a call."""

    CONFIRMED = "confirmed"
    CALL_BACK = "call_back"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    NOT_NEEDED = "not_needed"


class Step(enum.StrEnum):
    """How much of the contact was shown."""

    STREET = "street"
    DOOR = "door"


def new_public_ref() -> str:
    """128 random bits that stand for a person in the public log."""
    return "r_" + secrets.token_hex(16)


class Requester(Base):
    """The person who asks for help, or who speaks for them. Their code opens their page; no account is needed."""

    __tablename__ = "requesters"
    __table_args__ = (
        CheckConstraint("channel IN ('web','paper','phone')", name="channel"),
        CheckConstraint("(key_name IS NULL) = (erased_at IS NOT NULL)", name="erased"),
        CheckConstraint("key_name IS NOT NULL OR phone_hash IS NULL", name="phone"),
        Index("ix_requesters_phone", "phone_hash", "id"),
        Index(
            "ix_requesters_kept",
            "created_at",
            "id",
            sqlite_where=text("key_name IS NOT NULL"),
            postgresql_where=text("key_name IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_ref: Mapped[str] = mapped_column(String(34), unique=True, default=new_public_ref)
    channel: Mapped[str] = mapped_column(String(5))
    #: The language in which they want to be spoken to.
    locale: Mapped[str] = mapped_column(String(2))
    is_for_other: Mapped[bool] = mapped_column(default=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_versions.id"))
    #: The name of their key in the vault; empty after erasure, and with it everything sealed below.
    key_name: Mapped[str | None] = mapped_column(String(32), unique=True)
    #: JSON of `accelerator.help.contact.Contact`.
    sealed_contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: JSON: question → answer, in the words of the version.
    sealed_answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Keyed hash of the phone in E.164: finds duplicates and earlier requests.
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    #: Keyed hash of the tracking code.
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    #: Keyed hash of the word and four digits that the helped person says to the volunteer.
    pair_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: Keyed hash of the form's own key: sent twice, it is stored once.
    sent_key: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    consent_version: Mapped[int]
    consent_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    consent_channel: Mapped[str] = mapped_column(String(5))
    consent_at: Mapped[datetime]
    consent_withdrawn_at: Mapped[datetime | None]
    #: The coordinator who typed it from paper or from a call.
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]

    role = "requester"


class HelpDraft(Base):
    """A questionnaire being filled in. Sealed with the browser's own cookie: without it nobody reads it, nor do we."""

    __tablename__ = "help_drafts"

    #: SHA-256 of the cookie's token.
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_versions.id"))
    #: JSON: the answers so far or, once sent, the code until it is written down.
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    #: Random; becomes the `Requester.sent_key`.
    form_key: Mapped[str] = mapped_column(String(32))
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("requesters.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)


#: A word of a person that the desk has not read: what its queue looks for.
UNSEEN_WORD = "kind = 'word' AND seen_at IS NULL"


class CaseEntry(Base):
    """A note, a call, a question to the person who asked, or their word: sealed with their key."""

    __tablename__ = "case_entries"
    __table_args__ = (
        Index("ix_case_entries_request", "request_id", "id"),
        index_where("ix_case_entries_words", "region_code", "id", where=UNSEEN_WORD),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_requests.id"))
    #: That of the request.
    region_code: Mapped[str] = mapped_column(
        ForeignKey("regions.code"), default=region_of("help_requests", "request_id")
    )
    kind: Mapped[str] = mapped_column(String(8))
    #: Of a call.
    outcome: Mapped[str] = mapped_column(String(12), default="")
    #: Empty: the person who asked wrote it, or the writer has left.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    #: Whose key it is sealed with: the requester's, or one of its own where nobody in particular asked.
    key_name: Mapped[str | None] = mapped_column(String(32), index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    #: When the other side had seen it.
    seen_at: Mapped[datetime | None]


class ContactReveal(Base):
    """Somebody looked at a person's contact: who, in which role, how much, and at the desk why."""

    __tablename__ = "contact_reveals"
    __table_args__ = (
        CheckConstraint("step IN ('street','door')", name="step"),
        Index("ix_contact_reveals_requester", "requester_id", "id"),
        Index("ix_contact_reveals_user", "user_id", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    requester_id: Mapped[int] = mapped_column(ForeignKey("requesters.id"))
    request_id: Mapped[int] = mapped_column(ForeignKey("help_requests.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    role: Mapped[str] = mapped_column(String(16))
    step: Mapped[str] = mapped_column(String(6))
    #: A coordinator's reason, with the key of the person: it may name them. A volunteer has promised to come.
    sealed_reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]
