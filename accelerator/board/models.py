"""Tables of the board: requests for help, claims on them, and photos of what was done."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.database import Base, Key, index_where, region_of


class RequestStatus(enum.StrEnum):
    """``received → open ⇄ paused → closed``. "Full" is derived from the places, never stored."""

    RECEIVED = "received"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class Outcome(enum.StrEnum):
    """How a request ended."""

    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DECLINED = "declined"
    DUPLICATE = "duplicate"
    OUT_OF_SCOPE = "out_of_scope"


class Timing(enum.StrEnum):
    """When help is needed: any time, by a moment, in a window, or again and again."""

    ANY = "any"
    BY = "by"
    AT = "at"
    REPEATING = "repeating"


class ClaimState(enum.StrEnum):
    """Where a volunteer's promise stands; `accelerator.board.transitions.CLAIM_MOVES` says what can follow."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    STARTED = "started"
    REPORTED = "reported"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    RELEASED = "released"
    REMOVED = "removed"
    NO_SHOW = "no_show"
    LAPSED = "lapsed"


class Credit(enum.StrEnum):
    """How the doer wants to be shown, asked each time."""

    NAME = "name"
    SOMEONE = "someone"
    HIDDEN = "hidden"


#: A person has at most one claim in these states on one request.
ACTIVE = (
    ClaimState.WAITING,
    ClaimState.CLAIMED,
    ClaimState.STARTED,
    ClaimState.REPORTED,
    ClaimState.DISPUTED,
)
#: Promises still to be kept: they are counted against the limit and for overlaps.
OPEN_PROMISES = (ClaimState.CLAIMED, ClaimState.STARTED)

#: After these nothing is to be moved or called off: help has come.
CAME = (ClaimState.REPORTED, ClaimState.DISPUTED, ClaimState.CONFIRMED)


def sql_list(states: tuple[enum.StrEnum, ...]) -> str:
    return ", ".join(f"'{state.value}'" for state in states)


#: What the desk's queue looks for; the partial indexes below hold nothing else.
TO_VERIFY = "status = 'received' AND requester_id IS NOT NULL AND verified_at IS NULL"
TO_PUBLISH = "status = 'received' AND (requester_id IS NULL OR verified_at IS NOT NULL)"
UNCLAIMED = "status = 'open' AND taken = 0"
#: A free place, whatever the status: the queries ask for that with a parameter.
FREE = "taken < capacity"
TO_SETTLE = "state IN ('reported', 'disputed')"
#: Promises that may lapse: begun, and nobody vouches for them. Few at any time, so the clock looks at all of them.
MAY_LAPSE = "state = 'started' AND helped_said_at IS NULL"

#: Promises of which the helped person says that they were kept, and the volunteer has not told yet.
VOUCHED = "state IN ('claimed', 'started') AND helped_said_at IS NOT NULL"


class HelpRequest(Base):
    """One need, on the board once a coordinator has published it. Nothing here is private."""

    __tablename__ = "help_requests"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND taken <= capacity", name="places"),
        CheckConstraint("waiting >= 0", name="waiting"),
        CheckConstraint("status IN ('received','open','paused','closed')", name="status"),
        CheckConstraint("(status = 'closed') = (outcome IS NOT NULL)", name="outcome"),
        UniqueConstraint("source", "source_id"),
        Index("ix_help_requests_board", "status", "due_at", "id"),
        # For the first page; the board itself shows full ones too.
        index_where("ix_help_requests_free", "status", "due_at", "id", where=FREE),
        index_where("ix_help_requests_region_free", "region_code", "status", "due_at", "id", where=FREE),
        Index("ix_help_requests_region_board", "region_code", "status", "due_at", "id"),
        Index("ix_help_requests_desk", "region_code", "status", "id"),
        index_where("ix_help_requests_to_verify", "region_code", "created_at", "id", where=TO_VERIFY),
        index_where("ix_help_requests_to_publish", "region_code", "created_at", "id", where=TO_PUBLISH),
        index_where("ix_help_requests_unclaimed", "region_code", "published_at", "id", where=UNCLAIMED),
        index_where("ix_help_requests_soon", "region_code", "due_at", "id", where=UNCLAIMED),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    story: Mapped[str] = mapped_column(Text)
    #: What only those who promised to come are told: where to meet, what to bring.
    briefing: Mapped[str] = mapped_column(Text, default="")
    #: The language of the text, for screen readers and hyphenation.
    locale: Mapped[str] = mapped_column(String(2))
    kind_code: Mapped[str] = mapped_column(ForeignKey("help_kinds.code"))
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"))
    district_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    timing: Mapped[str] = mapped_column(String(10))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    #: Where the request stands in the order of the board, and until when it stands there.
    due_at: Mapped[datetime]
    minutes: Mapped[int]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    #: A sum of `accelerator.reference.Capability` bits: all of them are needed.
    needs: Mapped[int] = mapped_column(default=0)
    min_age: Mapped[int] = mapped_column(default=0)
    two_adults: Mapped[bool] = mapped_column(default=False)
    is_asar: Mapped[bool] = mapped_column(default=False)
    #: For a particular person: then whoever wrote it does not publish it alone (four eyes).
    for_person: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(10), default=RequestStatus.RECEIVED.value)
    outcome: Mapped[str | None] = mapped_column(String(20))
    #: Where it was imported from; together with ``source_id`` it makes a second import an update.
    source: Mapped[str | None] = mapped_column(String(40))
    source_id: Mapped[str | None] = mapped_column(String(80))
    #: Title, story and place, case-folded, ё as е; the database indexes it by triggers.
    search_text: Mapped[str] = mapped_column(Text)
    #: Grows with each edit; the desk's form carries it so that two coordinators never overwrite each other.
    version: Mapped[int] = mapped_column(default=1)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    #: Whose need it is; empty for what concerns nobody in particular (a park, a spring).
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("requesters.id"), index=True)
    #: The request that this one was split off, or of which it is a duplicate.
    split_from_id: Mapped[int | None] = mapped_column(ForeignKey("help_requests.id"), index=True)
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("help_requests.id"), index=True)
    #: When a coordinator had spoken with who asked, and knew that the need is real.
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    #: When it came to the desk; anew when it comes back.
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @property
    def free(self) -> int:
        return self.capacity - self.taken


class Claim(Base):
    """A volunteer's promise to take places of a request."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("people >= 1", name="people"),
        CheckConstraint("minutes IS NULL OR minutes BETWEEN 1 AND 1440", name="minutes"),
        Index(
            "uq_claims_active",
            "request_id",
            "user_id",
            unique=True,
            sqlite_where=text(f"state IN ({sql_list(ACTIVE)})"),
            postgresql_where=text(f"state IN ({sql_list(ACTIVE)})"),
        ),
        Index("ix_claims_user", "user_id", "state", "id"),
        Index("ix_claims_request", "request_id", "state", "id"),
        index_where("ix_claims_to_settle", "region_code", "state", "reported_at", "id", where=TO_SETTLE),
        index_where("ix_claims_begun", "request_id", "id", where=MAY_LAPSE),
        index_where("ix_claims_vouched", "region_code", "helped_said_at", "id", where=VOUCHED),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_requests.id"))
    #: That of the request.
    region_code: Mapped[str] = mapped_column(
        ForeignKey("regions.code"), default=region_of("help_requests", "request_id")
    )
    #: Empty once the volunteer deleted the account; confirmed hours stay without the person.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    people: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(10))
    #: What the volunteer reported, then what the coordinator confirmed.
    minutes: Mapped[int | None]
    word: Mapped[str] = mapped_column(Text, default="")
    #: Empty until the volunteer tells of it, also when the desk has confirmed it by the helped person's word.
    credit: Mapped[str | None] = mapped_column(String(8))
    #: Why it was let go, removed or disputed.
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: The volunteer's answer to what a coordinator asked (``reason``); only the desk reads it.
    answer: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    #: When the helped person said that help came: by the spoken pair, or on the page behind their code.
    helped_said_at: Mapped[datetime | None]
    #: When the volunteer gave their spoken pair, which vouches once for each volunteer.
    pair_given_at: Mapped[datetime | None]
    #: Their answer to "were you asked for anything in return?"; empty until they answer. A yes opens a case.
    was_asked: Mapped[bool | None]
    settled_at: Mapped[datetime | None]
    #: The reference of the coordinator who confirmed: only they take it back.
    confirmed_by_ref: Mapped[str | None] = mapped_column(String(34))

    @property
    def is_vouched(self) -> bool:
        """Whether only the helped person says so far that the promise was kept."""
        return self.state in OPEN_PROMISES and self.helped_said_at is not None


class HelpKind(Base):
    """A kind of help, with its words in three languages."""

    __tablename__ = "help_kinds"

    code: Mapped[str] = mapped_column(String(24), primary_key=True)
    position: Mapped[int]
    name_kk: Mapped[str] = mapped_column(String(60))
    name_ru: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    #: The age that the desk's form proposes for it.
    min_age: Mapped[int] = mapped_column(default=0)
