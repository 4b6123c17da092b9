"""Cards of requests: rows turned into words, and drawn once for everybody.

A card's HTML is the same for every viewer who has no claim on it and may take one, so it is kept in
memory and shared; only the viewer's own cards and the line "why it fits you" are drawn for them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import current_app, render_template
from flask_babel import gettext
from markupsafe import Markup, escape

from accelerator import formatting, policy
from accelerator.accounts.viewer import Viewer
from accelerator.board.hours import begins_at, is_before, start_opens
from accelerator.board.models import ClaimState, RequestStatus, Timing
from accelerator.board.words import bar_sentence
from accelerator.config import Settings
from accelerator.extensions import db
from accelerator.i18n import current_language
from accelerator.kept import Kept
from accelerator.policy import ClaimBar
from accelerator.reference import Places, needs_words, places

NEAR = timedelta(hours=24)
#: Stands in a shared card where the viewer's line goes.
FIT_SLOT = "\x00fit\x00"
MAX_KEPT = 8192


@dataclass(frozen=True)
class Card:
    """A request as the template ``board/_card.html`` wants it; words in the reader's language."""

    id: int
    title: str
    story: str
    locale: str
    kind_code: str
    kind_label: str
    place: str
    when: str
    is_near: bool
    starts_iso: str
    duration: str
    needs: list[str]
    age_label: str
    age_words: str
    two_adults: bool
    taken: int
    capacity: int
    free: int
    is_asar: bool


@dataclass(frozen=True)
class Stance:
    """How the viewer stands to a request: ``open``, ``full``, ``mine``, ``waiting``, ``blocked``, ``closed``."""

    kind: str
    text: str = ""
    position: int = 0
    #: The next step of an own claim: ``claimed``, ``started``, ``reported`` …
    state: str = ""


@dataclass(frozen=True)
class NextStep:
    """What can be done about an own promise now; ``wait`` says from when on, while it is too early."""

    can_start: bool
    can_report: bool
    wait: str = ""


@dataclass(frozen=True)
class Said:
    """A sentence on a card about what has just been done with it; see `accelerator.notices` for ``tone``."""

    text: str
    tone: str
    link: str = ""


def make_card(row: Any, known: Places, now: datetime) -> Card:
    """``row`` has the columns of `accelerator.board.queries.CARD`."""
    language = current_language()
    zone = known.zone(row.region_code)
    moment = row.starts_at or (row.ends_at if row.timing == Timing.BY else None)
    return Card(
        id=row.id,
        title=row.title,
        story=row.story,
        locale=row.locale,
        kind_code=row.kind_code,
        kind_label=known.kind(row.kind_code, language),
        place=known.place(row.region_code, row.district_code, language),
        when=formatting.when(row.timing, row.starts_at, row.ends_at, now, zone),
        is_near=moment is not None and now < moment < now + NEAR,
        starts_iso=moment.astimezone(zone).isoformat(timespec="minutes") if moment else "",
        duration=formatting.duration(row.minutes),
        needs=needs_words(row.needs, language),
        age_label=f"{row.min_age}+" if row.min_age else "",
        age_words=gettext("%(age)d or older", age=row.min_age) if row.min_age else "",
        two_adults=row.two_adults,
        taken=row.taken,
        capacity=row.capacity,
        free=row.capacity - row.taken,
        is_asar=row.is_asar,
    )


def stance_of(row: Any, viewer: Viewer | None, settings: Settings, now: datetime, *, position: int = 0) -> Stance:
    """What the card offers to this viewer (``None``: a visitor)."""
    mine = viewer.claims.get(row.id) if viewer else None
    if mine:
        kind = "waiting" if mine.state == ClaimState.WAITING else "mine"
        return Stance(kind, text=formatting.claim_state_label(mine.state), position=position, state=mine.state)
    if row.status == RequestStatus.RECEIVED:
        return Stance("closed", text=gettext("Not on the board yet: a coordinator publishes it first."))
    if row.status != RequestStatus.OPEN:
        bar = ClaimBar.PAUSED if row.status == RequestStatus.PAUSED else ClaimBar.CLOSED
        return Stance("closed", text=bar_sentence(bar))
    if row.due_at <= now:
        return Stance("closed", text=bar_sentence(ClaimBar.CLOSED))
    if viewer and not policy.is_old_enough(viewer.age_group, row.min_age, min_age=settings.min_age):
        return Stance("blocked", text=bar_sentence(ClaimBar.TOO_YOUNG))
    return Stance("open" if row.taken < row.capacity else "full")


def make_next_step(row: Any, known: Places, now: datetime) -> NextStep:
    """``row`` has the columns of a card."""
    zone, starts, begins = known.zone(row.region_code), start_opens(row), begins_at(row)
    if begins is None or not is_before(now, begins):
        return NextStep(can_start=True, can_report=True)
    told = gettext("You can tell of it from %(time)s.", time=formatting.day_and_time(begins, now, zone))
    if starts is None or not is_before(now, starts):
        return NextStep(can_start=True, can_report=False, wait=told)
    opens = gettext("You can start from %(time)s.", time=formatting.day_and_time(starts, now, zone))
    return NextStep(can_start=False, can_report=False, wait=opens)


def draw_card(
    row: Any,
    viewer: Viewer | None,
    known: Places,
    settings: Settings,
    now: datetime,
    *,
    position: int = 0,
    said: Said | None = None,
) -> Markup:
    """One card for one viewer, not kept."""
    stance = stance_of(row, viewer, settings, now, position=position)
    return Markup(  # noqa: S704 (our own template's output)
        render_template(
            "board/_card.html",
            card=make_card(row, known, now),
            stance=stance,
            fit=fit_line(row, viewer),
            said=said,
        )
    )


def fit_line(row: Any, viewer: Viewer | None) -> str:
    """Why a request fits the viewer: near, or asks for something that they can."""
    if viewer is None:
        return ""
    is_near = bool(row.district_code) and row.district_code == viewer.district_code
    is_able = bool(row.needs) and row.needs & ~viewer.capabilities == 0
    if not is_near and not is_able:
        return ""
    return fit_words(current_language(), is_near, is_able, row.minutes if row.minutes <= 30 else 0)


@lru_cache(maxsize=1024)
def fit_words(_language: str, is_near: bool, is_able: bool, minutes: int) -> str:
    """The reasons in the reader's language, which is that of the request."""
    reasons = []
    if is_near:
        reasons.append(gettext("in your district"))
    if is_able:
        reasons.append(gettext("you have what it takes"))
    if minutes:
        reasons.append(formatting.duration(minutes))
    return " · ".join(reasons)


def slice_of(now: datetime) -> int:
    """Which ten minutes: "today" and "near" change with the clock."""
    return int(now.timestamp() // 600)


class SharedCards:
    """The HTML of cards in memory, keyed by all that they show."""

    def __init__(self) -> None:
        self._kept: Kept[tuple[str, str]] = Kept(MAX_KEPT)

    def halves(self, rows: Sequence[Any], now: datetime) -> Iterator[tuple[str, str]]:
        """Public cards before and after the viewer's line; ``("…", "")`` when drawn without a line."""
        language = current_language()
        for row in rows:
            key = (row.id, row.version, row.taken, row.status, language, slice_of(now))
            yield self._kept.get(key) or self._kept.put(key, self._draw(row, now))

    def _draw(self, row: Any, now: datetime) -> tuple[str, str]:
        stance = Stance("open" if row.taken < row.capacity else "full")
        card = make_card(row, places(db.read), now)
        html = render_template("board/_card.html", card=card, stance=stance, fit_slot=FIT_SLOT)
        before, _, after = html.partition(FIT_SLOT)
        return before, after


def shared_cards() -> SharedCards:
    """The application's own memory of cards."""
    found: SharedCards = current_app.extensions.setdefault("shared_cards", SharedCards())
    return found


def draw_list(rows: Sequence[Any], viewer: Viewer | None, settings: Settings, now: datetime) -> Markup:
    """The cards of a page: shared ones joined, the viewer's own drawn for them."""
    parts = []
    for row, (before, after) in zip(rows, shared_cards().halves(rows, now), strict=True):
        if viewer and stance_of(row, viewer, settings, now).kind not in ("open", "full"):
            parts.append(str(draw_card(row, viewer, places(db.read), settings, now)))
        else:
            parts += (before, draw_fit(fit_line(row, viewer)), after)
    return Markup("".join(parts))  # noqa: S704 (made of our own templates' output)


def draw_fit(line: str) -> str:
    return FIT_HTML.format(icon=_icon_url(), line=escape(line)) if line else ""


FIT_HTML = '<p class="fit"><svg class="icon" aria-hidden="true"><use href="{icon}#check"/></svg><span>{line}</span></p>'


def _icon_url() -> str:
    return str(current_app.extensions["assets"].url("icons.svg"))
