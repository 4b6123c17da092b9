"""A page of the board, put together: the rows (kept in memory while nothing changes), drawn as cards."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from markupsafe import Markup

from accelerator.accounts.viewer import Viewer
from accelerator.board.cards import draw_list
from accelerator.board.forms import FilterForm
from accelerator.board.queries import Filters, list_open
from accelerator.config import Settings
from accelerator.database import AnyRow
from accelerator.deeds.cards import draw_deeds
from accelerator.deeds.queries import list_published
from accelerator.extensions import db
from accelerator.kept import Kept
from accelerator.paging import Cursor
from accelerator.reference import places

KEEP_SECONDS = 30.0
MAX_KEPT = 1024


@dataclass(frozen=True)
class Listed:
    """Rows of one page as the database gave them, and where the next page begins."""

    rows: Sequence[AnyRow]
    next: Cursor | None
    ids: frozenset[int]
    #: All that the cards of these rows depend on.
    shown: tuple[tuple[int, int, int, str], ...]

    @classmethod
    def of(cls, rows: Sequence[AnyRow], following: Cursor | None) -> "Listed":
        shown = tuple((row.id, row.version, row.taken, row.status) for row in rows)
        return cls(rows, following, frozenset(row.id for row in rows), shown)


@dataclass(frozen=True)
class BoardPage:
    """What the template needs: the cards as HTML, and where the next page begins."""

    cards: Markup
    is_empty: bool
    next: Cursor | None
    #: The filters as parameters, without the cursor.
    query: dict[str, str]


def board_page(form: FilterForm, viewer: Viewer | None, *, now: datetime, after: Cursor | None = None) -> BoardPage:
    """One page of the board for a viewer (``None``: a visitor)."""
    settings: Settings = current_app.config["SETTINGS"]
    filters = form.filters(viewer, settings.min_age)
    listed = recent_pages().page(filters, after, now)
    cards = draw_list(listed.rows, viewer, settings, now)
    return BoardPage(cards, not listed.rows, listed.next, form.as_query())


def home_of(viewer: Viewer | None) -> str:
    """The region that comes first for a reader: their own, for visitors the configured one."""
    settings: Settings = current_app.config["SETTINGS"]
    return (viewer.region_code if viewer else None) or settings.default_region


def end_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    """The midnight that ends today in ``zone``."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


class RecentPages:
    """Rows of pages that somebody has just asked for, until something public changes."""

    def __init__(self) -> None:
        self._kept: Kept[tuple[int, float, Listed]] = Kept(MAX_KEPT)

    def page(self, filters: Filters, after: Cursor | None, now: datetime) -> Listed:
        moment = time.monotonic()
        version = current_app.extensions["public_version"](moment)
        key = (filters, after)
        kept = self._kept.get(key)
        if kept and kept[0] == version and kept[1] > moment:
            return kept[2]
        settings: Settings = current_app.config["SETTINGS"]
        zone = places(db.read).zone(filters.region or settings.default_region)
        page = Listed.of(*list_open(db.read, filters, now=now, day_ends=end_of_day(now, zone), after=after))
        self._kept.put(key, (version, moment + KEEP_SECONDS, page))
        return page


def recent_pages() -> RecentPages:
    """The application's own memory of pages."""
    found: RecentPages = current_app.extensions.setdefault("recent_pages", RecentPages())
    return found


def draw_latest_deeds(*, now: datetime) -> Markup:
    """What has just happened, for the column beside the board."""
    rows, _ = list_published(db.read, limit=4)
    return draw_deeds(rows, places(db.read), now, fresh=True)


def draw_first(viewer: Viewer | None, *wanted: Filters, now: datetime, most: int) -> Markup:
    """The first few requests with a free place, for the first page and for newcomers.

    Later filters fill up what the earlier ones leave empty.
    """
    mine = viewer.claims if viewer else {}
    free: dict[int, AnyRow] = {}
    for filters in wanted:
        if len(free) >= most:
            break
        rows = recent_pages().page(replace(filters, is_free=True), None, now).rows
        free |= {row.id: row for row in rows if row.id not in {*mine, *free}}
    settings: Settings = current_app.config["SETTINGS"]
    return draw_list(list(free.values())[:most], viewer, settings, now)
