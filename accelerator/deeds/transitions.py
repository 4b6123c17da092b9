"""Everything that changes a deed, its photos, thanks and reports, and the totals beside them."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from accelerator import policy
from accelerator.accounts.models import User, UserNotice
from accelerator.accounts.queries import lock_user
from accelerator.accounts.tell import tell_doer
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import Claim, Credit, HelpRequest, Timing
from accelerator.deeds.models import (
    ALL_TIME,
    DayTotal,
    Deed,
    DeedReport,
    DeedStatus,
    DeedThanks,
    Level,
    Photo,
)
from accelerator.deeds.queries import has_thanked
from accelerator.errors import NotAllowed, NotFound, SignInNeeded
from accelerator.extensions import db
from accelerator.integrity.record import SYSTEM, Actor, EventType, record
from accelerator.reference import places
from accelerator.screening.marking import cut_out
from accelerator.screening.rules import check_public, is_private

#: How long what the same person tells in the same way is one deed that was sent again.
SENT_AGAIN = timedelta(hours=1)
#: All that is told: whoever mends any of it has told of another deed.
TOLD = (
    "title", "story", "kind_code", "region_code", "district_code", "happened_at", "minutes", "helpers", "helped",
    "doer_name",
)  # fmt: skip

DEED_MOVES: dict[tuple[DeedStatus, str], DeedStatus] = {
    (DeedStatus.PENDING, "publish"): DeedStatus.PUBLISHED,
    (DeedStatus.PENDING, "hide"): DeedStatus.HIDDEN,
    (DeedStatus.PUBLISHED, "hide"): DeedStatus.HIDDEN,
    (DeedStatus.HIDDEN, "publish"): DeedStatus.PUBLISHED,
}


def publish_from_claim(
    claim: Claim, request: HelpRequest, volunteer: User | None, *, by: Actor, at: datetime
) -> Deed | None:
    """The deed of a confirmed claim, shown as its doer chose; nothing when they chose not to be seen.

    When the volunteer's own words show something private it waits for a coordinator instead.
    """
    if claim.credit not in (Credit.NAME, Credit.SOMEONE):
        return None
    doer_name = volunteer.name if volunteer and claim.credit == Credit.NAME else ""
    waits = is_private(claim.word, doer_name)
    deed = Deed(
        claim_id=claim.id,
        user_id=claim.user_id,
        doer_name=doer_name,
        title=request.title,
        story=claim.word,
        locale=volunteer.locale if volunteer and claim.word else request.locale,
        kind_code=request.kind_code,
        region_code=request.region_code,
        district_code=request.district_code,
        happened_at=_moment_of(claim, request, at=at),
        minutes=claim.minutes or 0,
        helpers=claim.people,
        level=(Level.CONFIRMED if claim.helped_said_at else Level.WITNESSED).value,
        status=(DeedStatus.PENDING if waits else DeedStatus.PUBLISHED).value,
        created_at=at,
        published_at=None if waits else at,
    )
    db.session.add(deed)
    db.session.flush()
    db.session.execute(update(Photo).where(Photo.claim_id == claim.id).values(deed_id=deed.id))
    if not waits:
        count(deed, +1)
    happened = EventType.DEED_TOLD if waits else EventType.DEED_PUBLISHED
    record(db.session, happened, f"deed:{deed.id}", by=by, at=at, claim=claim.id)
    return deed


def _moment_of(claim: Claim, request: HelpRequest, *, at: datetime) -> datetime:
    """When it happened, as far as is known: when it was begun, else the hour asked for, else the first word of it."""
    if claim.started_at:
        return claim.started_at
    told = claim.reported_at or claim.helped_said_at or at
    return min(request.starts_at, told) if request.timing == Timing.AT and request.starts_at else told


def take_back(claim: Claim, *, by: Actor, at: datetime) -> None:
    """The deed of a claim that is not confirmed after all goes, with its thanks, reports and news; the photos stay."""
    deed = db.session.scalars(
        select(Deed).where(Deed.claim_id == claim.id).with_for_update().execution_options(populate_existing=True)
    ).first()
    if deed is None:
        return
    if deed.status == DeedStatus.PUBLISHED:
        count(deed, -1)
    db.session.execute(update(Photo).where(Photo.deed_id == deed.id).values(deed_id=None))
    db.session.execute(delete(DeedReport).where(DeedReport.deed_id == deed.id))
    db.session.execute(delete(DeedThanks).where(DeedThanks.deed_id == deed.id))
    db.session.execute(delete(UserNotice).where(UserNotice.deed_id == deed.id))
    db.session.delete(deed)
    db.session.flush()
    record(db.session, EventType.DEED_HIDDEN, f"deed:{deed.id}", by=by, at=at, claim=claim.id)


def confirm_by_helped(claim_id: int, *, at: datetime) -> None:
    """The one who was helped says so: the deed of this claim, if there is one yet, is the surest there is.

    A deed that comes later takes it from the claim (`publish_from_claim`). Repeating it is harmless.
    """
    found = select(Deed).where(Deed.claim_id == claim_id, Deed.level != Level.CONFIRMED.value)
    deed = db.session.scalars(found.with_for_update().execution_options(populate_existing=True)).first()
    if deed is None:
        return
    deed.level = Level.CONFIRMED.value
    db.session.flush()
    record(db.session, EventType.DEED_CONFIRMED, f"deed:{deed.id}", by=SYSTEM, at=at, claim=claim_id)


def tell(deed: Deed, photo_keys: list[str], *, by: Viewer, at: datetime) -> Deed:
    """A deed done outside the board: told by its doer, seen by others once a coordinator publishes it.

    The same sent again, by a second press or by a browser that lost the answer, is the same deed.
    """
    if lock_user(db.session, by.id) is None:
        raise SignInNeeded  # the account was deleted a moment ago
    if same := _find_same(deed, by=by, since=at - SENT_AGAIN):
        return same
    deed.user_id, deed.created_at = by.id, at
    deed.level, deed.status = Level.TOLD.value, DeedStatus.PENDING.value
    db.session.add(deed)
    db.session.flush()
    attach_photos(photo_keys, user_id=by.id, deed_id=deed.id)
    record(db.session, EventType.DEED_TOLD, f"deed:{deed.id}", by=by, at=at, region=deed.region_code)
    return deed


def _find_same(deed: Deed, *, by: Viewer, since: datetime) -> Deed | None:
    """The deed that this person has told in the same way a moment ago."""
    told = select(Deed).where(Deed.user_id == by.id, Deed.claim_id.is_(None), Deed.created_at > since)
    told = told.where(Deed.status != DeedStatus.HIDDEN.value)
    same = (getattr(Deed, name) == getattr(deed, name) for name in TOLD)
    return db.session.scalars(told.where(*same).order_by(Deed.id.desc())).first()


def publish(
    deed_id: int, *, by: Viewer, at: datetime, accepted: frozenset[str] = frozenset(), without_private: bool = False
) -> Deed:
    """A coordinator shows a deed to everybody. Repeating it is harmless.

    ``accepted``: the kinds of findings that they have looked at; ``without_private`` puts "…" in place of what
    must not be shown at all (nobody else can mend the words of a deed).
    """
    deed = lock_for(deed_id, by)
    if deed.status == DeedStatus.PUBLISHED:
        return deed
    if without_private:
        deed.title, deed.story, deed.doer_name = (cut_out(text) for text in (deed.title, deed.story, deed.doer_name))
    looked_at = check_public(deed.title, deed.story, deed.doer_name, accepted=accepted)
    _move(deed, "publish")
    deed.published_at = deed.published_at or at  # shown again, it goes back to its place and day
    deed.hidden_reason = ""
    db.session.flush()
    count(deed, +1)
    record(db.session, EventType.DEED_PUBLISHED, f"deed:{deed.id}", by=by, at=at, **looked_at)
    tell_doer(db.session, deed, "deed_published", at=at)
    return deed


def hide(deed_id: int, *, by: Viewer, at: datetime, reason: str) -> Deed:
    """A coordinator takes a deed out of sight and says why; the reason stays with it."""
    deed = lock_for(deed_id, by)
    if deed.status == DeedStatus.HIDDEN:
        return deed
    if deed.status == DeedStatus.PUBLISHED:
        count(deed, -1)
    _move(deed, "hide")
    deed.hidden_reason = reason
    db.session.flush()
    record(db.session, EventType.DEED_HIDDEN, f"deed:{deed.id}", by=by, at=at)
    tell_doer(db.session, deed, "deed_hidden", at=at, reason=reason)
    settle_reports(deed, by=by, at=at)
    return deed


def settle_reports(deed: Deed, *, by: Viewer, at: datetime) -> None:
    """A coordinator has looked at what readers reported of a deed."""
    settled = db.session.execute(
        update(DeedReport)
        .where(DeedReport.deed_id == deed.id, DeedReport.settled_at.is_(None))
        .values(settled_at=at)
        .returning(DeedReport.id)
    ).all()
    if settled:
        record(db.session, EventType.DEED_REPORT_SETTLED, f"deed:{deed.id}", by=by, at=at, reports=len(settled))


def keep_after_reports(deed_id: int, *, by: Viewer, at: datetime) -> Deed:
    """Reports looked at, the deed stays."""
    deed = lock_for(deed_id, by)
    settle_reports(deed, by=by, at=at)
    return deed


def thank(deed_id: int, *, by: Viewer | None, reader: str, earlier: str | None = None) -> bool:
    """One thank-you per reader; False when this reader has already thanked, or the deed went with its doer.

    What was said as ``earlier``, in the same browser before signing in, counts as theirs. Both keep their row: it is
    not said again in another browser, nor here after signing out.
    """
    deed = db.session.get(Deed, deed_id)
    if deed and not policy.can_thank(by, deed):
        raise NotAllowed("own_thanks")
    there = select(Deed.id, literal(reader)).where(Deed.id == deed_id).with_for_update(read=True, key_share=True)
    statement = _dialect().insert(DeedThanks).from_select(["deed_id", "reader"], there)
    added = db.session.execute(statement.on_conflict_do_nothing().returning(DeedThanks.deed_id)).all()
    if not added or (earlier and has_thanked(db.session, deed_id, earlier)):
        return False
    db.session.execute(
        update(Deed)
        .where(Deed.id == deed_id)
        .values(thanks=Deed.thanks + 1)
        .execution_options(synchronize_session=False)
    )
    return True


def report_deed(deed_id: int, *, reader: str, reason: str, note: str, by: Actor, at: datetime) -> None:
    """A reader says that something is wrong; the desk of the region sees it. One open report a reader."""
    found = db.session.execute(select(Deed.id).where(Deed.id == deed_id).with_for_update())
    if found.first() is None:  # its doer has left a moment ago; the lock also puts two clicks one after the other
        raise NotFound
    known = db.session.scalars(
        select(DeedReport.id).where(
            DeedReport.deed_id == deed_id, DeedReport.reader == reader, DeedReport.settled_at.is_(None)
        )
    ).first()
    if known:
        return
    db.session.add(DeedReport(deed_id=deed_id, reader=reader, reason=reason, note=note, created_at=at, settled_at=None))
    db.session.flush()
    record(db.session, EventType.DEED_REPORTED, f"deed:{deed_id}", by=by, at=at, reason=reason)


def keep_photo(key: str, width: int, height: int, *, user_id: int, at: datetime) -> None:
    """Remember a stored photo; until a report or a deed takes it, only its owner sees it."""
    db.session.execute(insert(Photo).values(key=key, user_id=user_id, width=width, height=height, created_at=at))


def attach_photos(keys: list[str], *, user_id: int, claim_id: int | None = None, deed_id: int | None = None) -> None:
    """Give a person's own, still free photos to a report or a deed; other keys are ignored."""
    if keys:
        db.session.execute(
            update(Photo)
            .where(
                Photo.key.in_(keys),
                Photo.user_id == user_id,
                Photo.claim_id.is_(None),
                Photo.deed_id.is_(None),
            )
            .values(claim_id=claim_id, deed_id=deed_id)
        )


def attach_to_claim(keys: list[str], *, user_id: int, claim_id: int) -> None:
    """Give a report exactly these photos of its writer; what an earlier report had besides belongs to nothing again."""
    others = update(Photo).where(Photo.claim_id == claim_id, Photo.deed_id.is_(None), Photo.key.not_in(keys))
    db.session.execute(others.values(claim_id=None))
    attach_photos(keys, user_id=user_id, claim_id=claim_id)


def forget_person(user_id: int) -> list[str]:
    """Take a leaving person's name off their deeds; return the photos to delete (those of no deed).

    Confirmed hours and published deeds stay, as "someone good". All deeds are locked first: what a coordinator is about
    to publish or hide is one of them or the other, and not a pending one with news about it.
    """
    db.session.execute(select(Deed.id).where(Deed.user_id == user_id).order_by(Deed.id).with_for_update())
    unpublished = select(Deed.id).where(Deed.user_id == user_id, Deed.status != DeedStatus.PUBLISHED.value)
    keys = db.session.scalars(
        delete(Photo)
        .where(Photo.user_id == user_id, Photo.deed_id.is_(None) | Photo.deed_id.in_(unpublished))
        .returning(Photo.key)
    ).all()
    pending = select(Deed.id).where(Deed.user_id == user_id, Deed.status == DeedStatus.PENDING.value)
    db.session.execute(delete(DeedReport).where(DeedReport.deed_id.in_(pending)))
    db.session.execute(delete(Deed).where(Deed.id.in_(pending)))
    hidden = (Deed.user_id == user_id) & (Deed.status == DeedStatus.HIDDEN.value)
    db.session.execute(update(Deed).where(hidden).values(story=""))
    db.session.execute(update(Deed).where(Deed.user_id == user_id).values(user_id=None, doer_name=""))
    return list(keys)


def lock_for(deed_id: int, by: Viewer) -> Deed:
    """The deed, fresh and locked, for a coordinator of its region; nobody decides about their own."""
    deed = db.session.scalars(
        select(Deed).where(Deed.id == deed_id).with_for_update().execution_options(populate_existing=True)
    ).first()
    if deed is None or not policy.can_coordinate(by, deed.region_code):
        raise NotFound
    if not policy.can_moderate(by, deed):
        raise NotAllowed("own")
    return deed


def _move(deed: Deed, verb: str) -> None:
    new = DEED_MOVES.get((DeedStatus(deed.status), verb))
    if new is None:
        raise NotAllowed("moved_on")
    deed.status = new.value


def count(deed: Deed, sign: int) -> None:
    """Add a deed to the totals of the day it appeared, or take it out again."""
    assert deed.published_at is not None  # noqa: S101 (only published deeds are counted)
    add_to_totals(deed.region_code, day_of(deed.region_code, deed.published_at), deeds=sign)


def credit_hours(region_code: str, minutes: int, *, at: datetime) -> None:
    """Add confirmed time to the totals of today."""
    add_to_totals(region_code, day_of(region_code, at), minutes=minutes)


def day_of(region_code: str, moment: datetime) -> date:
    return moment.astimezone(places(db.session).zone(region_code)).date()


def add_to_totals(region_code: str, day: date, *, deeds: int = 0, minutes: int = 0) -> None:
    """Add to the region's day and to its all-time row, in the caller's transaction."""
    statement = (
        _dialect()
        .insert(DayTotal)
        .values(
            [
                {"day": which, "region_code": region_code, "deeds": deeds, "minutes": minutes}
                for which in (ALL_TIME, day)
            ]
        )
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["day", "region_code"],
            set_={
                "deeds": DayTotal.deeds + statement.excluded.deeds,
                "minutes": DayTotal.minutes + statement.excluded.minutes,
            },
        )
    )


def _dialect() -> Any:
    return sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql
