"""Showing a person's contact: to a volunteer in steps, to a coordinator with a reason. Each look is written down.

Both open the contact in the caller's transaction, together with the row and the event that tell of it: without the
event nothing is shown. Nothing here commits; the view shows what came back after its commit.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from sqlalchemy import select

from accelerator import limits, policy
from accelerator.accounts.queries import lock_user
from accelerator.accounts.viewer import Viewer
from accelerator.board import transitions as board
from accelerator.board.models import HelpRequest
from accelerator.board.queries import find_active_claim
from accelerator.errors import DomainError, NotFound, SignInNeeded
from accelerator.extensions import db, vault
from accelerator.help.contact import Contact, open_contact
from accelerator.help.models import ContactReveal, Requester, Step
from accelerator.integrity.record import EventType, record
from accelerator.limits import CONTACTS_BY_COORDINATOR, CONTACTS_BY_VOLUNTEER, Limit
from accelerator.looks import SAME_LOOK, TooManyLooks, read_reason
from accelerator.policy import ContactBar
from accelerator.vault.keys import KeyGone
from accelerator.vault.sealing import Unreadable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Revealed:
    """What somebody may see now: the parts of the contact that belong to the step, and nothing else."""

    step: Step
    contact: Contact
    request: HelpRequest


class ContactRefused(DomainError):
    """A contact is not shown; ``bar`` says why."""

    def __init__(self, bar: ContactBar) -> None:
        super().__init__(bar.value)
        self.status = 409 if bar in (ContactBar.WAITING, ContactBar.OVER, ContactBar.NOBODY) else 403
        self.bar = bar

    def sentence(self) -> str:
        return bar_sentence(self.bar)


class ContactUnreadable(DomainError):
    """The sealed bytes do not open: they were changed, or the keys are not those of this database."""

    status = 500

    def sentence(self) -> str:
        return gettext("This contact cannot be read. We have written it down; please call your coordinator.")


def bar_sentence(bar: ContactBar) -> str:
    """Why nothing is shown, and what to do instead."""
    return {
        ContactBar.NOT_YOURS: gettext("Only those who promised to come see the address. Take a place first."),
        ContactBar.NOBODY: gettext(
            "No contact is kept here. Look for the meeting place in the text, or call the desk."
        ),
        ContactBar.OFFICE: gettext("Auditors and administrators see no contacts. Call the coordinator of the region."),
        ContactBar.YOUNG: gettext("Until you are 18 a coordinator goes with you: they have the address and call you."),
        ContactBar.WAITING: gettext("You are on the waiting list. The address is shown once a place is yours."),
        ContactBar.OVER: gettext("This is over, so the contact is no longer shown. If you need it, call the desk."),
    }[bar]


def reveal(request_id: int, *, by: Viewer, at: datetime) -> Revealed:
    """A volunteer looks at the contact of a promise, as far as `policy.contact_step` lets them.

    Looked at again within the hour it is recorded again and counted once. Raises `ContactRefused`, `TooManyLooks`.
    """
    request = _lock(request_id, by)
    mine = find_active_claim(db.session, request_id, by.id)
    step = policy.contact_step(by, mine, request, at)
    if mine is None and not policy.can_see_request(by, request):
        raise NotFound
    if mine is None or step is None:
        raise ContactRefused(policy.contact_bar(by, mine, request, at) or ContactBar.NOT_YOURS)
    return _show(request, step, by=by, role="volunteer", limit=CONTACTS_BY_VOLUNTEER, at=at, claim=mine.id)


def reveal_to_coordinator(request_id: int, *, by: Viewer, at: datetime, reason: str) -> Revealed:
    """A coordinator of the region looks at the whole contact, and says why; auditors and administrators never."""
    request = _lock(request_id, by)
    if not policy.can_reveal_at_desk(by, request):
        raise NotFound
    given = read_reason(reason)
    return _show(request, Step.DOOR, by=by, role=by.role, reason=given, limit=CONTACTS_BY_COORDINATOR, at=at)


def _lock(request_id: int, by: Viewer) -> HelpRequest:
    """The person first: two looks of theirs are counted one after the other."""
    if lock_user(db.session, by.id) is None:
        raise SignInNeeded  # the account was deleted a moment ago
    return board.lock_request(request_id)


def _show(
    request: HelpRequest,
    step: Step,
    *,
    by: Viewer,
    role: str,
    limit: Limit,
    at: datetime,
    reason: str = "",
    **details: int,
) -> Revealed:
    asked = select(Requester).where(Requester.id == request.requester_id).execution_options(populate_existing=True)
    requester = db.session.scalars(asked).first()
    if requester is None or requester.sealed_contact is None:
        raise ContactRefused(ContactBar.NOBODY)
    contact = _open(requester)
    if not _has_just_looked(requester, by, at) and not limits.spend(db.session, limit, by.public_ref, at=at):
        raise TooManyLooks(at_desk=limit is CONTACTS_BY_COORDINATOR)
    look = ContactReveal(
        requester_id=requester.id, request_id=request.id, user_id=by.id, role=role, step=step.value, at=at
    )
    db.session.add(look)
    db.session.flush()
    if reason:
        look.sealed_reason = vault.seal(str(requester.key_name), reason, look, "sealed_reason")
        db.session.flush()
    record(db.session, EventType.CONTACT_REVEALED, f"request:{request.id}", by=by, at=at, step=step.value, **details)
    return Revealed(step, contact if step is Step.DOOR else Contact(street=contact.street), request)


def _open(requester: Requester) -> Contact:
    try:
        return open_contact(requester)
    except KeyGone:
        raise ContactRefused(ContactBar.NOBODY) from None
    except Unreadable:
        log.exception("The contact of requester %d does not open", requester.id)
        raise ContactUnreadable from None


def _has_just_looked(requester: Requester, by: Viewer, at: datetime) -> bool:
    mine = select(ContactReveal.id).where(
        ContactReveal.user_id == by.id, ContactReveal.at > at - SAME_LOOK, ContactReveal.requester_id == requester.id
    )
    return db.session.scalars(mine.limit(1)).first() is not None
