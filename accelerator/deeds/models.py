"""Tables of deeds, their photos, readers' thanks and reports, and the totals kept beside them."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.database import Base, Key, index_where, region_of


class Level(enum.StrEnum):
    """How sure we are: told by the doer, witnessed by a coordinator, confirmed by the one who was helped."""

    TOLD = "told"
    WITNESSED = "witnessed"
    CONFIRMED = "confirmed"


class DeedStatus(enum.StrEnum):
    """``pending → published ⇄ hidden``; a told deed waits for a coordinator."""

    PENDING = "pending"
    PUBLISHED = "published"
    HIDDEN = "hidden"


#: What the desk's queue looks for.
PENDING = "status = 'pending'"
UNSETTLED = "settled_at IS NULL"
#: Without it SQLite prefers this index for "of no claim", too, and walks through every told deed and photo.
OF_A_CLAIM = "claim_id IS NOT NULL"
OF_A_DEED = "deed_id IS NOT NULL"
FREE = "claim_id IS NULL AND deed_id IS NULL"


class Deed(Base):
    """A good deed. The doer's name is here only when the doer asked to be named."""

    __tablename__ = "deeds"
    __table_args__ = (
        CheckConstraint("status IN ('pending','published','hidden')", name="status"),
        CheckConstraint("level IN ('told','witnessed','confirmed')", name="level"),
        Index("ix_deeds_feed", "status", "published_at", "id"),
        Index("ix_deeds_user", "user_id", "id"),
        index_where("ix_deeds_pending", "region_code", "id", where=PENDING),
        index_where("ix_deeds_claim", "claim_id", where=OF_A_CLAIM, unique=True),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    #: Empty: shown as "someone good".
    doer_name: Mapped[str] = mapped_column(String(80), default="")
    title: Mapped[str] = mapped_column(String(120))
    story: Mapped[str] = mapped_column(Text, default="")
    locale: Mapped[str] = mapped_column(String(2))
    kind_code: Mapped[str] = mapped_column(ForeignKey("help_kinds.code"))
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"))
    district_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    happened_at: Mapped[datetime]
    minutes: Mapped[int]
    helpers: Mapped[int] = mapped_column(default=1)
    helped: Mapped[int] = mapped_column(default=0)
    level: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10))
    hidden_reason: Mapped[str] = mapped_column(String(500), default="")
    thanks: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class Photo(Base):
    """A photo of what was done, in two sizes; it belongs to a report until it becomes a deed's."""

    __tablename__ = "photos"
    __table_args__ = (
        index_where("ix_photos_claim", "claim_id", where=OF_A_CLAIM),
        index_where("ix_photos_deed", "deed_id", where=OF_A_DEED),
        index_where("ix_photos_free", "created_at", where=FREE),
    )

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"))
    deed_id: Mapped[int | None] = mapped_column(ForeignKey("deeds.id"))
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime]


class DeedThanks(Base):
    """One reader's thanks: an account, or a browser that keeps our cookie, hashed."""

    __tablename__ = "deed_thanks"

    deed_id: Mapped[int] = mapped_column(ForeignKey("deeds.id", ondelete="CASCADE"), primary_key=True)
    reader: Mapped[str] = mapped_column(String(64), primary_key=True)


class DeedReport(Base):
    """A reader's word that something is wrong with a deed."""

    __tablename__ = "deed_reports"
    __table_args__ = (
        index_where("ix_deed_reports_open", "deed_id", "id", where=UNSETTLED),
        index_where("ix_deed_reports_waiting", "region_code", "id", where=UNSETTLED),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    deed_id: Mapped[int] = mapped_column(ForeignKey("deeds.id"))
    #: That of the deed.
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), default=region_of("deeds", "deed_id"))
    reader: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class DayTotal(Base):
    """What was done on one day in one region, kept in the same transaction as the deeds.

    The all-time row of a region carries the day `ALL_TIME`; pages add up at most regions × days.
    """

    __tablename__ = "day_totals"

    day: Mapped[date] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), primary_key=True)
    deeds: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int] = mapped_column(default=0)


ALL_TIME = date(1, 1, 1)
