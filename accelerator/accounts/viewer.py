"""Whoever is looking at a page: one query per request loads the session, the person and their promises."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import String, bindparam, cast, exists, func, select, text

from accelerator.accounts.models import AuthSession, CoordinatorRegion, Role, User, UserNotice
from accelerator.board.models import ACTIVE, OPEN_PROMISES, Claim, sql_list
from accelerator.database import AnyRow
from accelerator.extensions import db

#: How long a session lives without being used, and in all (ASVS 5.0, V7.3).
IDLE = {True: timedelta(minutes=30), False: timedelta(days=7)}
ABSOLUTE = {True: timedelta(hours=12), False: timedelta(days=30)}


@dataclass(frozen=True)
class MyClaim:
    """An active claim of the viewer."""

    id: int
    state: str


@dataclass(frozen=True)
class Viewer:
    """A signed-in person as pages and policies see them. Also the `integrity` actor of what they do."""

    id: int
    public_ref: str
    name: str
    role: str
    locale: str
    region_code: str | None
    district_code: str | None
    age_group: str
    capabilities: int
    #: Regions that a coordinator works in.
    regions: frozenset[str]
    #: Active claims by request.
    claims: dict[int, MyClaim]
    has_news: bool
    session_key: bytes
    session_seen_at: datetime
    may_edit_questionnaire: bool = False

    @property
    def is_coordinator(self) -> bool:
        return self.role == Role.COORDINATOR

    @property
    def reads_desk(self) -> bool:
        """Whether there is a desk for this person; admins have none (they see no contact data, approve nothing)."""
        return self.role in (Role.COORDINATOR, Role.AUDITOR)

    @property
    def open_count(self) -> int:
        """Promises still to be kept: the number in the header."""
        return sum(claim.state in OPEN_PROMISES for claim in self.claims.values())

    def with_claim(self, request_id: int, claim: MyClaim | None) -> "Viewer":
        """The same person after a claim was made, moved or (``None``) ended."""
        claims = dict(self.claims)
        claims.pop(request_id, None)
        if claim:
            claims[request_id] = claim
        return replace(self, claims=claims)


_claims = (
    select(func.string_agg(cast(Claim.request_id, String) + ":" + cast(Claim.id, String) + ":" + Claim.state, ","))
    .where(Claim.user_id == User.id, text(f"claims.state IN ({sql_list(ACTIVE)})"))
    .scalar_subquery()
)
_regions = (
    select(func.string_agg(CoordinatorRegion.region_code, ","))
    .where(CoordinatorRegion.user_id == User.id)
    .scalar_subquery()
)
_news = exists().where(UserNotice.user_id == User.id, UserNotice.read_at.is_(None))

_by_session = (
    select(
        AuthSession.created_at,
        AuthSession.seen_at,
        User.id,
        User.public_ref,
        User.name,
        User.role,
        User.locale,
        User.region_code,
        User.district_code,
        User.age_group,
        User.capabilities,
        User.may_edit_questionnaire,
        _claims.label("claims"),
        _regions.label("regions"),
        _news.label("has_news"),
    )
    .join(User, User.id == AuthSession.user_id)
    .where(AuthSession.token_hash == bindparam("key"))
)


def hash_token(token: str) -> bytes:
    """What the table keeps of a session or reset token."""
    return hashlib.sha256(token.encode()).digest()


def find_viewer(token: str, *, at: datetime) -> Viewer | None:
    """The person behind a session token, or `None` when it is unknown or over."""
    key = hash_token(token)
    with db.reading() as connection:
        row = connection.execute(_by_session, {"key": key}).first()
    if row is None:
        return None
    is_staff = row.role != Role.VOLUNTEER
    if at - row.seen_at > IDLE[is_staff] or at - row.created_at > ABSOLUTE[is_staff]:
        return None
    return as_viewer(
        row,
        regions=frozenset(row.regions.split(",")) if row.regions else frozenset(),
        claims=parse_claims(row.claims),
        has_news=bool(row.has_news),
        session_key=key,
        session_seen_at=row.seen_at,
    )


def as_viewer(
    person: User | AnyRow,
    *,
    session_seen_at: datetime,
    regions: frozenset[str] = frozenset(),
    claims: dict[int, MyClaim] | None = None,
    has_news: bool = False,
    session_key: bytes = b"",
) -> Viewer:
    """A person, or a row with the columns of one, as the rules see them; also of somebody who is not signed in."""
    return Viewer(
        id=person.id,
        public_ref=person.public_ref,
        name=person.name,
        role=person.role,
        locale=person.locale,
        region_code=person.region_code,
        district_code=person.district_code,
        age_group=person.age_group,
        capabilities=person.capabilities,
        may_edit_questionnaire=person.may_edit_questionnaire,
        regions=regions,
        claims=claims or {},
        has_news=has_news,
        session_key=session_key,
        session_seen_at=session_seen_at,
    )


def parse_claims(text: str | None) -> dict[int, MyClaim]:
    """``"17:3:claimed,20:5:waiting"`` as claims by request."""
    claims = {}
    for part in text.split(",") if text else ():
        request_id, claim_id, state = part.split(":")
        claims[int(request_id)] = MyClaim(int(claim_id), state)
    return claims
