"""The whole board for a signed-in person: a stencil shared by many, with this person's cards and token in it.

The frame and the filters are drawn once for all who see the same ones; drawing them takes twenty times
as long as everything else on the page.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask import current_app, render_template, request
from markupsafe import Markup

from accelerator.accounts.viewer import Viewer
from accelerator.board.cards import draw_list, slice_of
from accelerator.board.forms import FilterForm
from accelerator.board.lists import BoardPage, Listed, draw_latest_deeds, home_of, recent_pages
from accelerator.compression import FAST
from accelerator.config import Settings
from accelerator.extensions import db
from accelerator.i18n import current_language
from accelerator.kept import Kept
from accelerator.paging import Cursor
from accelerator.reference import KEEP_SECONDS, places
from accelerator.security import csrf_token, live_url
from accelerator.stencil import Filled, OwnWords, Piece, Stencil, gap


@dataclass(frozen=True)
class AnyReader:
    """All that a stencil may know of its reader: nothing that stands for one person.

    Templates see this in the place of the viewer, so a name on the page would stay empty, not be another's.
    """

    reads_desk: bool
    region_code: str | None
    district_code: str | None
    open_count: Markup


class Address(NamedTuple):
    """What is asked for, in which language, and in which half minute: regions and kinds of help are kept so long."""

    language: str
    query: bytes
    half_minute: int


class SharedBoard(NamedTuple):
    """A page of the board for everybody like one reader who promised nothing on it."""

    page: Filled
    #: The requests on it: whoever holds a place on one of them gets a page of their own.
    ids: frozenset[int]


def draw_board(viewer: Viewer, now: datetime) -> tuple[list[Piece | OwnWords], SharedBoard | None]:
    """The page of the board that the request asks for, and what of it others like this viewer can be shown."""
    settings: Settings = current_app.config["SETTINGS"]
    asked = Address(current_language(), request.query_string, int(time.monotonic() // KEEP_SECONDS))
    form = form_for(asked, home_of(viewer))
    after = Cursor.parse(request.args["after"]) if "after" in request.args else None
    listed = recent_pages().page(form.filters(viewer, settings.min_age), after, now)
    page = BoardPage(gap("cards"), not listed.rows, listed.next, form.as_query())
    reader = AnyReader(viewer.reads_desk, viewer.region_code, viewer.district_code, gap("count"))
    seq = current_app.extensions["public_version"](time.monotonic())
    given = {"cards": cards_for(asked.language, viewer, listed, now), "deeds": deeds_for(asked.language, now)}
    filled = stencil_for(asked, form, page, reader).fill(given)
    shared = SharedBoard(filled, listed.ids) if listed.ids.isdisjoint(viewer.claims) else None
    return filled.finish(own_words(csrf_token(), viewer, seq)), shared


def own_words(token: str, viewer: Viewer, seq: int) -> dict[str, OwnWords]:
    """What stands on the page for this reader alone."""
    return {
        "token": OwnWords(token),
        "count": OwnWords(str(viewer.open_count or "")),
        "seq": OwnWords(str(seq)),
    }


def deeds_for(language: str, now: datetime) -> Piece:
    """What has just happened; kept until something public changes."""
    version = current_app.extensions["public_version"](time.monotonic())
    key = (language, version, int(now.timestamp() // 60))
    kept = memory("board_deeds")
    deeds: Piece | None = kept.get(key)
    return deeds or kept.put(key, Piece(draw_latest_deeds(now=now)))


def cards_for(language: str, viewer: Viewer, listed: Listed, now: datetime) -> Piece:
    """The cards of a page; kept for all who can do the same, are from the same place, and promised nothing here."""
    settings: Settings = current_app.config["SETTINGS"]
    if not listed.ids.isdisjoint(viewer.claims):
        return Piece(draw_list(listed.rows, viewer, settings, now), FAST)
    kept = memory("board_cards")
    reader = (viewer.capabilities, viewer.district_code, viewer.age_group)
    key = (language, slice_of(now), reader, listed.shown)
    cards: Piece | None = kept.get(key)
    return cards or kept.put(key, Piece(draw_list(listed.rows, viewer, settings, now)))


def form_for(asked: Address, home: str) -> FilterForm:
    """The filters in the address, for readers of one region."""
    kept = memory("board_forms")
    form: FilterForm | None = kept.get((asked, home))
    return form or kept.put((asked, home), FilterForm.asked().offer(places(db.read), asked.language, home))


def stencil_for(asked: Address, form: FilterForm, page: BoardPage, reader: AnyReader) -> Stencil:
    kept = memory("board_stencils")
    key = (asked, request.host, request.scheme, reader, page.is_empty, page.next)
    stencil: Stencil | None = kept.get(key)
    return stencil or kept.put(key, Stencil(draw(form, page, reader)))


def draw(form: FilterForm, page: BoardPage, reader: AnyReader) -> str:
    return render_template(
        "board/index.html",
        form=form,
        page=page,
        active="needs",
        deeds=gap("deeds"),
        viewer=reader,
        csrf_token=gap("token"),
        notices=(),
        live_seq=gap("seq"),
        live_url=f"{live_url()}?lang={current_language()}&last-event-id={gap('seq')}",
    )


def memory(name: str) -> Kept:  # type: ignore[type-arg]
    found: Kept = current_app.extensions.setdefault(name, Kept(512))  # type: ignore[type-arg]
    return found
