"""A case or an appeal that was handed to another region while somebody still wrote about it."""

from flask import Response, make_response, render_template, request
from flask_babel import gettext

from accelerator.board.models import Claim
from accelerator.current import me
from accelerator.errors import NotFound, tell
from accelerator.extensions import db
from accelerator.htmx import is_htmx, redirect_to
from accelerator.i18n import current_language
from accelerator.integrity.queries import find_hand_over
from accelerator.once_more import sound
from accelerator.reference import places
from accelerator.security import private

#: Fields of the desk's forms in which somebody writes; a form's prefix may stand before them.
WRITTEN = frozenset({"note", "said", "question", "reason", "why", "words", "title", "story", "briefing"})
#: Where it is handed over.
HANDING_OVER = frozenset({"desk.hand_over_request", "appeals_desk.transfer_appeal"})


def tell_where(error: NotFound) -> Response:
    """Where it went, and what was typed, for the coordinators of a region that it came from; for others a 404.

    Whoever handed it over and pressed twice reads the same as after the first time.
    """
    db.session.rollback()
    viewer = me()
    subject = subject_of_page() if viewer.is_coordinator else None
    moved = find_hand_over(db.read, subject) if subject else None
    if moved is None or moved.region in viewer.regions or not moved.formers & viewer.regions:
        return tell(error.status, error.sentence())
    region = places(db.read).regions[moved.region]
    name = region.name(current_language())
    if request.endpoint in HANDING_OVER and moved.by == viewer.public_ref:
        return redirect_to("/desk", notice=gettext("Handed over: %(region)s. Its desk sees it now.", region=name))
    text = gettext("This was handed over: %(region)s. Its coordinators decide now.", region=name)
    if is_htmx():
        return tell(error.status, text)
    html = render_template(
        "desk/elsewhere.html", text=text, written=what_was_written(), desks=[(name, region.desk_phone)], active="desk"
    )
    return private(make_response(html, error.status))


def subject_of_page() -> str | None:
    """What this address is about, as the log names it."""
    ids = request.view_args or {}
    if "appeal_id" in ids:
        return f"appeal:{ids['appeal_id']}"
    claim = db.read.get(Claim, ids["claim_id"]) if "claim_id" in ids else None
    number = claim.request_id if claim else ids.get("request_id")
    return f"request:{number}" if number else None


def what_was_written() -> list[str]:
    """What somebody wrote in the form that comes too late."""
    fields = request.form.items(multi=True)
    return [sound(text) for name, text in fields if name.rpartition("-")[2] in WRITTEN and text.strip()]
