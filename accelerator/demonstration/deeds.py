"""Deeds of the demonstration: those only told, and those that came of a promise and brought hours."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from accelerator.accounts.models import User
from accelerator.board.models import Claim, ClaimState, Credit, HelpRequest, Outcome, RequestStatus, Timing
from accelerator.board.search import search_text_of
from accelerator.deeds import transitions as deeds
from accelerator.deeds import uploads
from accelerator.deeds.models import Deed, DeedStatus, Level, Photo
from accelerator.extensions import db
from accelerator.integrity.record import SYSTEM, EventType, record
from accelerator.photos import read_photo, save_photo
from accelerator.reference import places

PICTURES = Path(__file__).parent / "pictures"


def add_deed(row: dict[str, Any], users: dict[str, User], writer: User, *, at: datetime) -> int:
    """Write a deed and return its number; one that somebody vouches for comes of a promise, as in the product."""
    zone = places(db.session).zone(row["region"])
    hour, minute = map(int, row["at"].split(":"))
    there = at.astimezone(zone) - timedelta(days=row["days_ago"])
    happened = min(there.replace(hour=hour, minute=minute, second=0, microsecond=0), at - timedelta(minutes=9))
    doer = users.get(row["doer"])
    is_pending = row.get("state") == "pending"
    deed = Deed(
        user_id=doer.id if doer else None,
        doer_name=doer.name if doer else "",
        title=row["title"],
        story=row["text"],
        locale=row["lang"],
        kind_code=row["kind"],
        region_code=row["region"],
        district_code=row.get("district") or None,
        happened_at=happened,
        minutes=row["minutes"],
        helpers=row["helpers"],
        helped=row["helped"],
        level=Level(row["level"]).value,
        status=DeedStatus.PENDING.value if is_pending else DeedStatus.PUBLISHED.value,
        thanks=row["thanks"],
        created_at=happened,
        published_at=None if is_pending else happened,
    )
    if deed.level != Level.TOLD:
        come_of_promise(deed, row["asked"], doer, writer)
    db.session.add(deed)
    db.session.flush()
    if row.get("photo"):
        add_photo(deed, PICTURES / row["photo"], at=at)
    if not is_pending:
        deeds.count(deed, +1)
    kind = EventType.DEED_TOLD if is_pending else EventType.DEED_PUBLISHED
    record(db.session, kind, f"deed:{deed.id}", by=doer or SYSTEM, at=happened)
    return deed.id


def come_of_promise(deed: Deed, asked: str, doer: User | None, writer: User) -> None:
    """The request that the deed answered, and its kept promise; what was told leads the deed."""
    request = add_answered_request(deed, asked, writer)
    told = f"{deed.title}\n{deed.story}"
    claim = Claim(
        request_id=request.id,
        user_id=doer.id if doer else None,
        people=deed.helpers,
        state=ClaimState.CONFIRMED.value,
        minutes=deed.minutes,
        word=told,
        credit=(Credit.NAME if doer else Credit.SOMEONE).value,
        created_at=deed.happened_at - timedelta(days=1),
        reported_at=deed.happened_at,
        helped_said_at=deed.happened_at if deed.level == Level.CONFIRMED else None,
        settled_at=deed.happened_at,
        confirmed_by_ref=writer.public_ref,
    )
    db.session.add(claim)
    db.session.flush()
    taken_by, subject = doer or SYSTEM, f"request:{request.id}"
    record(db.session, EventType.CLAIM_TAKEN, subject, by=taken_by, at=claim.created_at, claim=claim.id)
    credit(claim, request, doer)
    deed.claim_id, deed.title, deed.story = claim.id, asked, told


def add_answered_request(deed: Deed, asked: str, writer: User) -> HelpRequest:
    published, began = deed.happened_at - timedelta(days=2), deed.happened_at - timedelta(minutes=deed.minutes)
    request = HelpRequest(
        title=asked,
        story="",
        locale=deed.locale,
        kind_code=deed.kind_code,
        region_code=deed.region_code,
        district_code=deed.district_code,
        timing=Timing.AT.value,
        starts_at=began,
        ends_at=deed.happened_at,
        due_at=began,
        minutes=deed.minutes,
        capacity=deed.helpers,
        taken=deed.helpers,
        min_age=16,
        status=RequestStatus.CLOSED.value,
        outcome=Outcome.FULFILLED.value,
        created_by_id=writer.id,
        created_at=published,
        published_at=published,
        closed_at=deed.happened_at,
    )
    request.search_text = search_text_of(request, places(db.session))
    db.session.add(request)
    db.session.flush()
    record(db.session, EventType.REQUEST_CREATED, f"request:{request.id}", by=writer, at=published)
    record(db.session, EventType.REQUEST_PUBLISHED, f"request:{request.id}", by=SYSTEM, at=published)
    return request


def credit(claim: Claim, request: HelpRequest, user: User | None) -> None:
    """The hours of a confirmed promise, where the product counts them: the person's, the region's, the log's."""
    minutes, at = claim.minutes or 0, claim.settled_at or claim.created_at
    if user:
        user.confirmed_minutes = (user.confirmed_minutes or 0) + minutes
    deeds.credit_hours(request.region_code, minutes * claim.people, at=at)
    record(db.session, EventType.CLAIM_CONFIRMED, f"request:{request.id}", by=SYSTEM, at=at, claim=claim.id)


def add_photo(deed: Deed, path: Path, *, at: datetime) -> None:
    with path.open("rb") as file:
        photo = read_photo(file)
    key = save_photo(uploads.storage(), photo)
    db.session.add(
        Photo(
            key=key,
            user_id=deed.user_id,
            claim_id=deed.claim_id,
            deed_id=deed.id,
            width=photo.width,
            height=photo.height,
            created_at=at,
        )
    )
