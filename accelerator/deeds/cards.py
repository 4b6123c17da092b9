"""Cards of deeds: rows turned into words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, render_template
from flask_babel import gettext
from markupsafe import Markup

from accelerator import formatting
from accelerator.deeds.headline import headline
from accelerator.deeds.models import Deed, Photo
from accelerator.i18n import current_language
from accelerator.kept import Kept
from accelerator.reference import Places
from accelerator.screening.looking import Look, look_at


@dataclass(frozen=True)
class CardPhoto:
    """Addresses of one photo; the sizes keep its room on the page while it loads."""

    small: str
    large: str
    width: int
    height: int


@dataclass(frozen=True)
class DeedCard:
    """A deed as the template ``deeds/_deed.html`` wants it; words in the reader's language."""

    id: int
    doer: str
    title: str
    #: What was asked for, when the deed answered a request.
    request: str
    text: str
    locale: str
    place: str
    #: The day on which it happened; the hour of a visit is nobody's business.
    when: str
    iso: str
    duration: str
    helpers: int
    level: str
    level_label: str
    photo: CardPhoto | None
    thanks: int


def make_photo(key: str, width: int = 4, height: int = 3) -> CardPhoto:
    return CardPhoto(f"/photos/{key}-small.webp", f"/photos/{key}-large.webp", width, height)


def make_photos(photos: Sequence[Photo]) -> list[CardPhoto]:
    return [make_photo(photo.key, photo.width, photo.height) for photo in photos]


def look_at_words(deed: Deed) -> Look | None:
    """What a coordinator looks at before everyone reads it."""
    return look_at({gettext("Title"): deed.title, gettext("Story"): deed.story, gettext("Name"): deed.doer_name})


def make_deed_card(row: Any, places: Places, now: datetime) -> DeedCard:
    """``row`` has the columns of `accelerator.deeds.queries.FEED`."""
    language = current_language()
    zone = places.zone(row.region_code)
    key = getattr(row, "photo_key", None)
    title, rest, request = headline(row)
    return DeedCard(
        id=row.id,
        doer=row.doer_name or gettext("Someone good"),
        title=title,
        request=request,
        text=rest,
        locale=row.locale,
        place=places.place(row.region_code, row.district_code, language),
        when=formatting.day(row.happened_at, now, zone),
        iso=row.happened_at.astimezone(zone).date().isoformat(),
        duration=formatting.duration(row.minutes) if row.minutes else "",
        helpers=row.helpers,
        level=row.level,
        level_label=formatting.level_label(row.level),
        photo=make_photo(key, row.photo_width, row.photo_height) if key else None,
        thanks=row.thanks,
    )


def draw_deeds(rows: Sequence[Any], places: Places, now: datetime, *, fresh: bool = False) -> Markup:
    """The cards of a page of the feed."""
    return Markup("").join(draw_deed(row, places, now, fresh=fresh) for row in rows)


def draw_deed(row: Any, places: Places, now: datetime, *, fresh: bool = False) -> Markup:
    """One card, kept for a minute; ``fresh`` is the live look of what has just happened."""
    kept: Kept[Markup] = current_app.extensions.setdefault("deed_cards", Kept(4096))
    key = (tuple(row), current_language(), fresh, int(now.timestamp() // 60))
    return kept.get(key) or kept.put(key, draw_anew(row, places, now, fresh=fresh))


def draw_anew(row: Any, places: Places, now: datetime, *, fresh: bool) -> Markup:
    html = render_template("deeds/_deed.html", deed=make_deed_card(row, places, now), fresh=fresh)
    return Markup(html)  # noqa: S704 (our own template's output)
