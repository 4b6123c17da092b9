"""Promises as the desk shows them, with what this viewer may do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext

from accelerator import formatting, policy
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import ACTIVE, Claim, ClaimState, HelpRequest
from accelerator.board.transitions import CLAIM_MOVES, Verb
from accelerator.deeds.cards import make_photos
from accelerator.deeds.models import Photo
from accelerator.deeds.queries import photos_by_claim
from accelerator.extensions import db


def describe_claims(rows: Sequence[Any], viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    """Claims with their requests and names."""
    photos = photos_by_claim(db.read, [claim.id for claim, _, _ in rows if claim.reported_at])
    back = {claim.user_id for claim, _, _ in rows if claim.state in ACTIVE}
    return [
        describe_claim(claim, request, name, photos.get(claim.id, []), viewer, now)
        | {"may_undo_no_show": claim.user_id not in back and may_undo_no_show(claim, request, viewer, now)}
        for claim, request, name in rows
    ]


def may_undo_no_show(claim: Claim, help_request: HelpRequest, viewer: Viewer, now: datetime) -> bool:
    is_missing = (ClaimState(claim.state), Verb.UNDO_NO_SHOW) in CLAIM_MOVES
    return is_missing and policy.can_undo_no_show(viewer, claim, help_request, now)


def describe_claim(
    claim: Claim, help_request: HelpRequest, name: str, photos: list[Photo], viewer: Viewer, now: datetime
) -> dict[str, Any]:
    """One of them: its words, its photos, and what this viewer may do with it."""
    moves = {verb.value for state, verb in CLAIM_MOVES if state == claim.state}
    if help_request.starts_at and now < help_request.starts_at:
        moves.discard(Verb.NO_SHOW.value)
    if claim.is_vouched:
        moves.add(Verb.CONFIRM.value)
    hours, minutes = divmod(claim.minutes or help_request.minutes, 60)
    may_settle = policy.can_settle(viewer, claim, help_request)
    return {
        "claim": claim,
        "request": help_request,
        "name": name or gettext("Someone who has left"),
        "state_label": formatting.claim_state_label(claim.state),
        "duration": formatting.duration(claim.minutes) if claim.minutes else "",
        "photos": make_photos(photos),
        # Auditors see what was done, not what was asked and answered.
        "may_read": policy.can_coordinate(viewer, help_request.region_code),
        "may_settle": may_settle,
        "waits_for_another": policy.waits_for_another(viewer, claim, help_request),
        "may_remove": policy.can_coordinate(viewer, help_request.region_code) and Verb.REMOVE.value in moves,
        "may_undo": may_settle and Verb.UNCONFIRM.value in moves and policy.can_take_back(viewer, claim, now),
        "moves": moves,
        "hours": hours,
        "minutes": minutes,
    }
