"""Who may do what: pure functions, deny by default.

Access to a URL (signed in, coordinator …) is declared in the routes and checked in `accelerator.access`;
rules about one object are here, enforced inside the transitions and reused to draw buttons.
"""

import enum
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from accelerator.accounts.models import AgeGroup
from accelerator.board.models import Claim, ClaimState, HelpRequest, RequestStatus, Timing
from accelerator.help.models import Step

if TYPE_CHECKING:
    from accelerator.accounts.viewer import Viewer
    from accelerator.appeals.models import Appeal
    from accelerator.deeds.models import Deed


class ClaimBar(enum.StrEnum):
    """What stands in the way of a claim, the most telling first; each has a sentence that says what to do instead."""

    YOURS = "yours"
    CLOSED = "closed"
    PAUSED = "paused"
    TOO_YOUNG = "too_young"
    OVERLAP = "overlap"
    TOO_MANY = "too_many"
    TOO_FEW_PLACES = "too_few_places"
    FULL = "full"


def age_floor(age_group: str, min_age: int) -> int:
    """The least age that a person of ``age_group`` has for certain."""
    return 18 if age_group == AgeGroup.ADULT else min_age


def is_old_enough(age_group: str, request_min_age: int, *, min_age: int) -> bool:
    """Law 42-VI, article 12, and stricter settings: under 18 no heavy, harmful or dangerous work."""
    return age_floor(age_group, min_age) >= request_min_age


def can_coordinate(viewer: "Viewer", region_code: str) -> bool:
    """Coordinators work in the regions named for them, and nowhere else."""
    return viewer.is_coordinator and region_code in viewer.regions


def can_read_desk(viewer: "Viewer", region_code: str) -> bool:
    """Auditors read every region's decisions and change nothing."""
    return can_coordinate(viewer, region_code) or viewer.role == "auditor"


def can_publish(viewer: "Viewer", request: HelpRequest) -> bool:
    """Four eyes: a request for a particular person is not published by whoever wrote it."""
    if not can_coordinate(viewer, request.region_code):
        return False
    return not (request.for_person and request.created_by_id == viewer.id)


def publish_bar(viewer: "Viewer", request: HelpRequest) -> str | None:
    """What stands in the way of publishing, as a reason of `NotAllowed`; `None`: nothing.

    In the order of the work: whoever typed a call in calls back and writes the text, too, before another one looks.
    """
    if request.requester_id is not None and request.verified_at is None:
        return "unverified"
    if not (request.title and request.story):
        return "no_words"
    return None if can_publish(viewer, request) else "four_eyes"


#: How long a confirmation can be taken back.
UNDO_WITHIN = timedelta(minutes=10)


def can_take_back(viewer: "Viewer", claim: Claim, at: datetime) -> bool:
    """A confirmation is taken back by who gave it, for a few minutes."""
    is_fresh = claim.settled_at is not None and at - claim.settled_at <= UNDO_WITHIN
    return is_fresh and claim.confirmed_by_ref == viewer.public_ref


#: How long a no-show can be taken back: whoever is told of it may need some days to call.
NO_SHOW_UNDO_WITHIN = timedelta(days=7)


def can_undo_no_show(viewer: "Viewer", claim: Claim, request: HelpRequest, at: datetime) -> bool:
    """Any coordinator of the region, not only who noted it, while the request stands and there is room.

    A promise comes back for its own hour only; what was reported already may be confirmed at any.
    """
    noted_at = claim.settled_at
    if claim.user_id is None or noted_at is None or at - noted_at > NO_SHOW_UNDO_WITHIN:
        return False
    is_moved = claim.reported_at is None and request.starts_at is not None and request.starts_at > noted_at
    if request.status == RequestStatus.CLOSED or is_moved or claim.people > request.free:
        return False
    return can_settle(viewer, claim, request)


def can_settle(viewer: "Viewer", claim: Claim, request: HelpRequest) -> bool:
    """Confirm, correct, dispute: a coordinator of the region, and nobody their own."""
    return can_coordinate(viewer, request.region_code) and claim.user_id != viewer.id


def waits_for_another(viewer: "Viewer", claim: Claim, request: HelpRequest) -> bool:
    """A coordinator's own report, in their own region: only another coordinator settles it."""
    is_told = claim.state in (ClaimState.REPORTED, ClaimState.DISPUTED) or claim.is_vouched
    return is_told and can_coordinate(viewer, request.region_code) and not can_settle(viewer, claim, request)


def can_thank(viewer: "Viewer | None", deed: "Deed") -> bool:
    """Everybody who reads of it, signed in or not, but its doer."""
    return viewer is None or deed.user_id != viewer.id


def can_moderate(viewer: "Viewer", deed: "Deed") -> bool:
    """Publish or hide a deed: a coordinator of the region, and nobody their own."""
    return can_coordinate(viewer, deed.region_code) and deed.user_id != viewer.id


class ContactBar(enum.StrEnum):
    """Why a volunteer sees nothing of a contact; each has a sentence that says what to do instead."""

    #: No claim of theirs, or one that is let go, removed, confirmed.
    NOT_YOURS = "not_yours"
    #: Nobody in particular asked, or their data is erased.
    NOBODY = "nobody"
    #: Auditors and administrators see no contacts, whatever they promised.
    OFFICE = "office"
    YOUNG = "young"
    WAITING = "waiting"
    #: The request is closed, or its hour long past.
    OVER = "over"


#: Before the beginning of a request with an hour of its own, and after its end: then the door is shown.
NEAR = timedelta(hours=24)
#: Of a claim: the volunteer is on the way, or may have forgotten something there.
ON_THE_WAY = (ClaimState.CLAIMED, ClaimState.STARTED, ClaimState.REPORTED)


def contact_bar(viewer: "Viewer", claim: Claim | None, request: HelpRequest, at: datetime) -> ContactBar | None:
    """What keeps a volunteer from seeing anything of the contact, the most telling first; `None`: nothing."""
    if request.requester_id is None:
        return ContactBar.NOBODY
    if claim is None or claim.user_id != viewer.id or claim.request_id != request.id:
        return ContactBar.NOT_YOURS
    if claim.state not in (*ON_THE_WAY, ClaimState.WAITING):
        return ContactBar.NOT_YOURS
    if viewer.role not in ("volunteer", "coordinator"):
        return ContactBar.OFFICE
    if viewer.age_group != AgeGroup.ADULT:
        return ContactBar.YOUNG
    if request.status not in (RequestStatus.OPEN, RequestStatus.PAUSED) or is_past(request, at):
        return ContactBar.OVER
    return ContactBar.WAITING if claim.state == ClaimState.WAITING else None


def contact_step(viewer: "Viewer", claim: Claim | None, request: HelpRequest, at: datetime) -> Step | None:
    """How much of a contact a volunteer sees: the street once they promised, name, phone and door near the start."""
    if contact_bar(viewer, claim, request, at):
        return None
    opens = door_opens(request)
    return Step.DOOR if opens is None or at >= opens else Step.STREET


def door_opens(request: HelpRequest) -> datetime | None:
    """From when on name, phone and door are shown; `None`: as soon as somebody has promised."""
    return request.starts_at - NEAR if has_hour(request) and request.starts_at else None


def is_past(request: HelpRequest, at: datetime) -> bool:
    """Whether the hour of a request is over, and the day that is left for what was forgotten."""
    if not has_hour(request) or request.starts_at is None:
        return False
    ends = request.ends_at or request.starts_at + timedelta(minutes=request.minutes)
    return at > ends + NEAR


def has_hour(request: HelpRequest) -> bool:
    """Help at one fixed time. What repeats needs its contact every week, what is by a day at any time."""
    return request.timing == Timing.AT


def can_reveal_at_desk(viewer: "Viewer", request: HelpRequest) -> bool:
    """Coordinators of the region, with a reason; auditors and administrators never."""
    return can_coordinate(viewer, request.region_code)


def is_public(status: str, published_at: datetime | None) -> bool:
    """Whether everybody may read a request: it is on the board, or was."""
    return published_at is not None and status != RequestStatus.RECEIVED


def can_see_request(viewer: "Viewer | None", request: HelpRequest) -> bool:
    """What is not yet on the board, or never was, is seen at the desk of its region only."""
    if is_public(request.status, request.published_at):
        return True
    return viewer is not None and can_read_desk(viewer, request.region_code)


def can_read_draft(viewer: "Viewer", request: HelpRequest) -> bool:
    """Words that may still hold somebody's contact: nobody but a coordinator of the region reads them."""
    return is_public(request.status, request.published_at) or can_coordinate(viewer, request.region_code)


def can_edit_questionnaire(viewer: "Viewer") -> bool:
    """Coordinators to whom the operator gave this right; another role loses it."""
    return viewer.is_coordinator and viewer.may_edit_questionnaire


def can_handle_appeal(viewer: "Viewer", appeal: "Appeal") -> bool:
    """Coordinators answer what their region was written; what is sealed for the auditors, the auditors alone."""
    if appeal.for_auditors:
        return viewer.role == "auditor"
    return can_coordinate(viewer, appeal.region_code)


def can_see_appeal(viewer: "Viewer", appeal: "Appeal") -> bool:
    """Auditors see every decision; coordinators nothing of what is for the auditors, not even that it is there."""
    return viewer.role == "auditor" or can_handle_appeal(viewer, appeal)
