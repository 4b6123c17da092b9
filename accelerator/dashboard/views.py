"""The page ``/me``."""

from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template
from markupsafe import Markup

from accelerator import policy
from accelerator.accounts import queries as accounts
from accelerator.accounts import transitions
from accelerator.accounts.tell import sentence
from accelerator.accounts.viewer import Viewer
from accelerator.board.cards import make_card, make_next_step
from accelerator.board.lists import draw_first
from accelerator.board.models import OPEN_PROMISES, Claim, ClaimState, HelpRequest
from accelerator.board.queries import Filters, Fit
from accelerator.clock import utcnow
from accelerator.current import me, settings
from accelerator.dashboard import cards, queries
from accelerator.extensions import db
from accelerator.formatting import claim_state_label
from accelerator.help.contacts.cards import make_offer
from accelerator.htmx import redirect_to
from accelerator.reference import places


def show_dashboard() -> Response:
    now, viewer = utcnow(), me()
    rows = queries.list_promises(db.read, viewer.id)
    promises = [promise(viewer, claim, request, now) for claim, request in rows]
    done = cards.list_done(queries.list_confirmed(db.read, viewer.id), queries.list_told(db.read, viewer.id))
    sums = queries.read_sums(db.read, viewer.id)
    open_promises = [p for p in promises if p["claim"].state in OPEN_PROMISES]
    html = render_template(
        "dashboard/index.html",
        open_promises=open_promises,
        waiting=[p for p in promises if p["claim"].state == ClaimState.WAITING],
        awaiting=[p for p in promises if p["claim"].state in (ClaimState.REPORTED, ClaimState.DISPUTED)],
        done=done,
        sums=sums,
        news=[(notice, sentence(notice.kind, title)) for notice, title in accounts.list_notices(db.read, viewer.id)],
        is_new=not (sums.has_promised or done),
        fitting="" if open_promises else draw_fitting(viewer, now),
        active="me",
    )
    return make_response(html)


def promise(viewer: Viewer, claim: Claim, request: HelpRequest, now: datetime) -> dict[str, Any]:
    known = places(db.read)
    return {
        "claim": claim,
        "card": make_card(request, known, now),
        "step": make_next_step(request, known, now),
        "request": request,
        "state_label": claim_state_label(claim.state),
        "desk_phone": known.regions[request.region_code].desk_phone,
        "offer": make_offer(viewer, claim, request, known, now),
    }


def draw_fitting(viewer: Viewer, now: datetime) -> Markup:
    """A few requests that fit, for whoever has no promise to keep right now."""
    fit = Fit(viewer.capabilities, policy.age_floor(viewer.age_group, settings().min_age), viewer.region_code)
    return draw_first(viewer, Filters(fit=fit), now=now, most=3)


def read_news() -> Response:
    transitions.read_notices(by=me(), at=utcnow())
    db.session.commit()
    return redirect_to("/me")
