"""The seam of the integrity log: every change of state passes through `record`.

The event says what happened, who (by a random reference), to which thing and when. It carries no name,
no free text, no contact and no hash of them; the link from the reference to a person can be destroyed.
"""

import enum
import json
from datetime import datetime
from typing import Protocol, cast

from sqlalchemy import Table, insert, update
from sqlalchemy.orm import Session

from accelerator.integrity.models import IntegrityEvent, IntegrityHead


class EventType(enum.StrEnum):
    """``thing.happened``: the thing in the singular, the verb in the past."""

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_UPDATED = "account.updated"
    ACCOUNT_DELETED = "account.deleted"
    ROLE_GRANTED = "role.granted"
    RIGHT_GRANTED = "right.granted"
    RIGHT_REVOKED = "right.revoked"
    REGION_SAVED = "region.saved"
    REQUEST_CREATED = "request.created"
    REQUEST_IMPORTED = "request.imported"
    REQUEST_EDITED = "request.edited"
    REQUEST_PUBLISHED = "request.published"
    REQUEST_PAUSED = "request.paused"
    REQUEST_RESUMED = "request.resumed"
    REQUEST_CLOSED = "request.closed"
    REQUEST_REOPENED = "request.reopened"
    REQUEST_RECEIVED = "request.received"
    REQUEST_VERIFIED = "request.verified"
    REQUEST_SPLIT = "request.split"
    REQUEST_MERGED = "request.merged"
    REQUEST_JOINED = "request.joined"
    REQUEST_HANDED_OVER = "request.handed_over"
    REQUEST_MOVED = "request.moved"
    REQUEST_WITHDRAWN = "request.withdrawn"
    CASE_CALLED = "case.called"
    CASE_NOTED = "case.noted"
    CASE_ASKED = "case.asked"
    CASE_READ = "case.read"
    CASE_ANSWERED = "case.answered"
    CASE_TOLD = "case.told"
    CONTACT_REVEALED = "contact.revealed"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    REQUESTER_ERASED = "requester.erased"
    QUESTIONNAIRE_PUBLISHED = "questionnaire.published"
    CLAIM_TAKEN = "claim.taken"
    CLAIM_WAITING = "claim.waiting"
    CLAIM_PROMOTED = "claim.promoted"
    CLAIM_STARTED = "claim.started"
    CLAIM_RELEASED = "claim.released"
    CLAIM_REMOVED = "claim.removed"
    CLAIM_REPORTED = "claim.reported"
    CLAIM_CONFIRMED = "claim.confirmed"
    CLAIM_UNCONFIRMED = "claim.unconfirmed"
    CLAIM_DISPUTED = "claim.disputed"
    CLAIM_NO_SHOW = "claim.no_show"
    CLAIM_NO_SHOW_UNDONE = "claim.no_show_undone"
    CLAIM_LAPSED = "claim.lapsed"
    CLAIM_HELPED_SAID = "claim.helped_said"
    APPEAL_RECEIVED = "appeal.received"
    APPEAL_ASSIGNED = "appeal.assigned"
    APPEAL_ANSWERED = "appeal.answered"
    APPEAL_TRANSFERRED = "appeal.transferred"
    APPEAL_CLOSED = "appeal.closed"
    APPEAL_REOPENED = "appeal.reopened"
    APPEAL_WITHDRAWN = "appeal.withdrawn"
    DEED_TOLD = "deed.told"
    DEED_PUBLISHED = "deed.published"
    DEED_CONFIRMED = "deed.confirmed"
    DEED_HIDDEN = "deed.hidden"
    DEED_REPORTED = "deed.reported"
    DEED_REPORT_SETTLED = "deed.report_settled"


# Built once: every change of state runs them.
_head = cast(Table, IntegrityHead.__table__)
NEXT_NUMBER = update(_head).values(seq=_head.c.seq + 1).returning(_head.c.seq)
ADD_EVENT = insert(cast(Table, IntegrityEvent.__table__))


class Actor(Protocol):
    """Whoever changes something: a signed-in person, or `SYSTEM`."""

    @property
    def public_ref(self) -> str: ...
    @property
    def role(self) -> str: ...


class System:
    """The background process and the operator's commands."""

    public_ref = "system"
    role = "system"


class Reader:
    """Somebody who reads without an account."""

    public_ref = "reader"
    role = "visitor"


SYSTEM = System()
READER = Reader()


def record(
    session: Session,
    type: EventType,
    subject: str,
    *,
    by: Actor,
    at: datetime,
    **details: str | int,
) -> int:
    """Append one event inside the caller's transaction and return its number.

    ``details`` are codes and numbers (a claim's id, an outcome, a region), never text that a person wrote.
    Call it last: the row lock on the head is what keeps the numbers without gaps and in commit order.
    """
    seq: int = session.execute(NEXT_NUMBER).scalar_one()
    session.execute(
        ADD_EVENT,
        {
            "seq": seq,
            "at": at,
            "type": type.value,
            "subject": subject,
            "body": write_body(seq, type, subject, by=by, at=at, **details),
        },
    )
    return seq


def write_body(seq: int, type: EventType, subject: str, *, by: Actor, at: datetime, **details: str | int) -> bytes:
    """The event in the one form in which it is kept and published."""
    body = {
        "v": 1,
        "seq": seq,
        "ts": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "type": type.value,
        "actor": by.public_ref,
        "role": by.role,
        "subject": subject,
        **details,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
