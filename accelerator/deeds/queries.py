"""What the feed reads: deeds by key, newest first; totals from rows that are kept beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from accelerator.board.models import Claim, HelpRequest
from accelerator.database import AnyRow
from accelerator.deeds.models import ALL_TIME, DayTotal, Deed, DeedStatus, DeedThanks, Photo
from accelerator.errors import NotFound
from accelerator.paging import Cursor

PAGE = 20


def _of_cover(column: Any) -> Any:
    """A column of the deed's first photo."""
    first = select(column).where(Photo.deed_id == Deed.id).order_by(Photo.created_at, Photo.key).limit(1)
    return first.correlate(Deed).scalar_subquery()


#: Columns of a card in the feed, the first photo's key, width and height among them.
FEED = (
    Deed.id,
    Deed.claim_id,
    Deed.doer_name,
    Deed.title,
    Deed.story,
    Deed.locale,
    Deed.kind_code,
    Deed.region_code,
    Deed.district_code,
    Deed.happened_at,
    Deed.minutes,
    Deed.helpers,
    Deed.level,
    Deed.thanks,
    Deed.published_at,
    _of_cover(Photo.key).label("photo_key"),
    _of_cover(Photo.width).label("photo_width"),
    _of_cover(Photo.height).label("photo_height"),
)


def list_published(
    session: Session, *, after: Cursor | None = None, limit: int = PAGE
) -> tuple[Sequence[AnyRow], Cursor | None]:
    """One page of the feed, newest first, and where the next begins (`None`: it was the last)."""
    query = (
        select(*FEED)
        .where(Deed.status == DeedStatus.PUBLISHED.value)
        .order_by(Deed.published_at.desc(), Deed.id.desc())
        .limit(limit + 1)
    )
    if after:
        query = query.where(tuple_(Deed.published_at, Deed.id) < (after.moment, after.id))
    rows = session.execute(query).all()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], Cursor(rows[limit - 1].published_at, rows[limit - 1].id)


def find_feed_row(session: Session, deed_id: int) -> AnyRow | None:
    """A published deed's card."""
    return list_feed_rows(session, [deed_id]).get(deed_id)


def list_feed_rows(session: Session, ids: Sequence[int]) -> dict[int, AnyRow]:
    """The cards of those deeds that are published, by number."""
    if not ids:
        return {}
    found = select(*FEED).where(Deed.id.in_(ids), Deed.status == DeedStatus.PUBLISHED.value)
    return {row.id: row for row in session.execute(found)}


def get_deed(session: Session, deed_id: int) -> Deed:
    """The deed, or `NotFound`."""
    deed = session.get(Deed, deed_id)
    if deed is None:
        raise NotFound
    return deed


def list_photos(session: Session, deed_id: int) -> Sequence[Photo]:
    """The photos of a deed, at most four by the form's rule."""
    return session.scalars(
        select(Photo).where(Photo.deed_id == deed_id).order_by(Photo.created_at, Photo.key).limit(8)
    ).all()


def photos_by_claim(session: Session, claim_ids: Sequence[int]) -> dict[int, list[Photo]]:
    """The photos of several reports at once."""
    return _photos_by(session, Photo.claim_id, claim_ids)


def photos_by_deed(session: Session, deed_ids: Sequence[int]) -> dict[int, list[Photo]]:
    """The photos of several deeds at once."""
    return _photos_by(session, Photo.deed_id, deed_ids)


def _photos_by(
    session: Session, owner: InstrumentedAttribute[int | None], ids: Sequence[int]
) -> dict[int, list[Photo]]:
    found: dict[int, list[Photo]] = {}
    if not ids:
        return found
    for photo in session.scalars(select(Photo).where(owner.in_(ids)).order_by(Photo.created_at, Photo.key)):
        found.setdefault(getattr(photo, owner.key), []).append(photo)
    return found


def find_report_region(session: Session, photo: Photo) -> str | None:
    """The region of the report that a photo came with; `None` for a photo that nothing has taken yet."""
    request = select(HelpRequest.region_code).join(Claim, Claim.request_id == HelpRequest.id)
    return session.scalars(request.where(Claim.id == photo.claim_id)).first()


def has_thanked(session: Session, deed_id: int, *readers: str | None) -> bool:
    """Whether one of them has: an account, and the browser before it signed in."""
    found = select(DeedThanks.deed_id).where(
        DeedThanks.deed_id == deed_id, DeedThanks.reader.in_(filter(None, readers))
    )
    return session.execute(found.limit(1)).first() is not None


@dataclass(frozen=True)
class Totals:
    """Numbers for the first page: all time, and the last seven days."""

    deeds: int
    minutes: int
    week_deeds: int


def read_totals(session: Session, today: date) -> Totals:
    """Sums of at most (regions × 8) rows, whatever the number of deeds."""
    ever = session.execute(
        select(func.coalesce(func.sum(DayTotal.deeds), 0), func.coalesce(func.sum(DayTotal.minutes), 0)).where(
            DayTotal.day == ALL_TIME
        )
    ).one()
    week = session.execute(
        select(func.coalesce(func.sum(DayTotal.deeds), 0)).where(DayTotal.day > today - timedelta(days=7))
    ).scalar_one()
    return Totals(int(ever[0]), int(ever[1]), int(week))
