"""The same fragments by asking, for pages that cannot reach the stream."""

from flask import Response, make_response, render_template, request
from markupsafe import Markup

from accelerator.board.queries import list_cards
from accelerator.clock import utcnow
from accelerator.deeds.cards import draw_deed
from accelerator.deeds.queries import list_feed_rows
from accelerator.extensions import db
from accelerator.htmx import no_content
from accelerator.live.source import changes_since, draw_seats
from accelerator.reference import places

MOST_EVENTS = 200
MOST_NAMES = 200


def show_changes() -> Response:
    """What changed since a number, as far as this page shows it; 204 when nothing did.

    ``names`` are the page's own stream events, ``request-17``, ``seats-20``, ``deed``, and the deeds that it shows,
    ``deed-3``: those that were hidden go.
    """
    since = request.args.get("since", "")
    if not since.isdecimal() or len(since) > 18:
        return no_content()
    changes = changes_since(db.read, int(since), MOST_EVENTS)
    if changes.newest == int(since):
        return no_content()
    names = set(request.args.get("names", "").split(",")[:MOST_NAMES])
    now = utcnow()
    rows = [row for row in list_cards(db.read, list(changes.requests)) if names & names_of(row.id)]
    seats = [(row.id, Markup(draw_seats(row, now, with_button=f"request-{row.id}" in names))) for row in rows]  # noqa: S704
    shown = [deed_id for _, deed_id in changes.deeds if f"deed-{deed_id}" in names]
    new = [deed_id for _, deed_id in changes.deeds if "deed" in names and deed_id not in shown]
    found = list_feed_rows(db.read, [*shown, *new])
    deeds = [draw_deed(found[deed_id], places(db.read), now, fresh=True) for deed_id in new if deed_id in found]
    gone = [deed_id for deed_id in shown if deed_id not in found]
    values = {"newest": changes.newest, "seats": seats, "deeds": deeds, "gone": gone}
    return make_response(render_template("live/_changes.html", **values))


def names_of(request_id: int) -> set[str]:
    return {f"request-{request_id}", f"seats-{request_id}"}
