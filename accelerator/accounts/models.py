"""Tables of people with an account. Everything personal about a volunteer is in this file."""

import enum
import secrets
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.database import Base, Key


class Role(enum.StrEnum):
    """What an account may do; who is not listed in a rule may not."""

    VOLUNTEER = "volunteer"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Right(enum.StrEnum):
    """What a coordinator may do beside their role, granted by the operator."""

    QUESTIONNAIRE = "questionnaire"


class AgeGroup(enum.StrEnum):
    """All that is kept about age: no birth date. Younger people come with a class or a family."""

    YOUNG = "young"
    ADULT = "adult"


def new_public_ref() -> str:
    """128 random bits that stand for a person in the public log; destroying the row breaks the link."""
    return "a_" + secrets.token_hex(16)


class User(Base):
    """A person with an account."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('volunteer','coordinator','auditor','admin')", name="role"),
        Index("ix_users_region_name", "region_code", "name"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_ref: Mapped[str] = mapped_column(String(34), unique=True, default=new_public_ref)
    #: Lower-cased and in Unicode's composed form; the account is found by it.
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(16), default=Role.VOLUNTEER.value)
    locale: Mapped[str] = mapped_column(String(2))
    region_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    district_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    age_group: Mapped[str] = mapped_column(String(8))
    #: A sum of `accelerator.reference.Capability` bits.
    capabilities: Mapped[int] = mapped_column(default=0)
    confirmed_minutes: Mapped[int] = mapped_column(default=0)
    #: Granted apart from the role (``flask users allow``): questions reach everyone who asks for help.
    may_edit_questionnaire: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class CoordinatorRegion(Base):
    """A region that a coordinator works in."""

    __tablename__ = "coordinator_regions"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), primary_key=True)


class AuthSession(Base):
    """One signed-in browser. The browser holds 256 random bits; the table holds their SHA-256."""

    __tablename__ = "auth_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    #: Moved at most once a minute, and never by pages that refresh themselves.
    seen_at: Mapped[datetime]


class PasswordReset(Base):
    """A link to choose a new password: usable once, for a short time."""

    __tablename__ = "password_resets"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]


class UserNotice(Base):
    """Something a person should know, shown on their page until read."""

    __tablename__ = "user_notices"
    __table_args__ = (Index("ix_user_notices_user_id_read_at", "user_id", "read_at", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    #: A key of `accelerator.accounts.tell.TEXTS`; the sentence is made in the reader's language.
    kind: Mapped[str] = mapped_column(String(24))
    #: What it is about: one of the two.
    request_id: Mapped[int | None] = mapped_column(ForeignKey("help_requests.id"))
    deed_id: Mapped[int | None] = mapped_column(ForeignKey("deeds.id"))
    #: The coordinator's reason, word for word, where there is one.
    reason: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
