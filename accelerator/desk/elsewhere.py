"""A case or an appeal that a colleague handed to another region while somebody still wrote about it."""

from flask import Response, make_response, render_template, request
from flask_babel import gettext

from accelerator.board.models import Claim
from accelerator.current import me
from accelerator.errors import NotFound, tell
from accelerator.extensions import db
from accelerator.htmx import is_htmx
from accelerator.i18n import current_language
from accelerator.integrity.queries import find_region_after
from accelerator.once_more import what_was_typed
from accelerator.reference import places
from accelerator.security import private


def tell_where(error: NotFound) -> Response:
    """Where it went, and what was typed, for the coordinators of a region that handed it over; for others a 404."""
    db.session.rollback()
    viewer, subject = me(), subject_of_page()
    code = find_region_after(db.read, subject, viewer.regions) if subject and viewer.is_coordinator else None
    if code is None:
        return tell(error.status, error.sentence())
    region = places(db.read).name(code, current_language())
    if is_htmx():
        return tell(error.status, handed_over_words(region))
    typed = what_was_typed()
    html = render_template("desk/elsewhere.html", text=handed_over_words(region), typed=typed, active="desk")
    return private(make_response(html, error.status))


def subject_of_page() -> str | None:
    """What this address is about, as the log names it."""
    ids = request.view_args or {}
    if "appeal_id" in ids:
        return f"appeal:{ids['appeal_id']}"
    claim = db.read.get(Claim, ids["claim_id"]) if "claim_id" in ids else None
    number = claim.request_id if claim else ids.get("request_id")
    return f"request:{number}" if number else None


def handed_over_words(region: str) -> str:
    return gettext("A colleague has handed this over: %(region)s. Its coordinators decide now.", region=region)
