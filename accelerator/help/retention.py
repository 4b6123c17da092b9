"""What is kept no longer, and how it goes: every day, in small batches, each in a transaction of its own.

It may be killed at any moment and run again: what is gone is not found a second time.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, String, and_, cast, delete, exists, func, or_, select
from sqlalchemy.orm import aliased

from accelerator.appeals import retention as appeals
from accelerator.board import transitions as board
from accelerator.board.models import HelpRequest, Outcome, RequestStatus
from accelerator.extensions import db, vault
from accelerator.help import drafts
from accelerator.help.models import CallOutcome, CaseEntry, ContactReveal, EntryKind, HelpDraft, Requester
from accelerator.help.transitions import erase, lock_requester
from accelerator.integrity.models import IntegrityEvent
from accelerator.integrity.record import SYSTEM, EventType
from accelerator.vault import rows

log = logging.getLogger(__name__)

BATCH = 50
#: The helped person, and an auditor, can look this long at who saw a contact.
KEEP_REVEALS = timedelta(days=3 * 365)
#: Outcomes of a call in which somebody spoke.
REACHED = (CallOutcome.CONFIRMED.value, CallOutcome.CALL_BACK.value)


@dataclass(frozen=True)
class Chore:
    """One rule: how many things wait for it, and a batch of the work, which says how many it dealt with."""

    name: str
    words: str
    count: Callable[[datetime], int]
    run: Callable[[datetime], int]


def run(*, at: datetime) -> dict[str, int]:
    """Everything that is due; how much went by each rule. A rule that fails is told of and does not hold up others."""
    done = {}
    for chore in CHORES:
        try:
            done[chore.name] = run_chore(chore, at)
        except Exception:
            log.exception("Retention: %s was not done; it will be tried again", chore.name)
    db.forget_old_pages()
    return done


def run_chore(chore: Chore, at: datetime) -> int:
    total = 0
    while dealt := chore.run(at):
        total += dealt
    return total


def count_due(*, at: datetime) -> list[tuple[str, int]]:
    """What `run` would do, in words and numbers; nothing is changed."""
    return [(chore.words, chore.count(at)) for chore in CHORES]


# ---- requests that nobody could verify ----


def unverified(at: datetime) -> Select[int]:
    """Received, never verified, and no sign of life of who asked for so long: no word, no other time, no call taken."""
    since = at - timedelta(days=db.settings.keep_unverified_days)
    return select(HelpRequest.id).where(
        HelpRequest.status == RequestStatus.RECEIVED.value,
        HelpRequest.requester_id.is_not(None),
        HelpRequest.verified_at.is_(None),
        HelpRequest.created_at < since,
        ~has_sign_of_life(since),
    )


def has_sign_of_life(since: datetime) -> ColumnElement[bool]:
    is_word = CaseEntry.kind == EntryKind.WORD.value
    is_talk = and_(CaseEntry.kind == EntryKind.CALL.value, CaseEntry.outcome.in_(REACHED))
    spoke = exists().where(CaseEntry.request_id == HelpRequest.id, CaseEntry.created_at >= since, or_(is_word, is_talk))
    moved = exists().where(
        IntegrityEvent.subject == func.concat("request:", cast(HelpRequest.id, String)),
        IntegrityEvent.type == EventType.REQUEST_MOVED.value,
        IntegrityEvent.at >= since,
    )
    return or_(spoke, moved)


def close_unverified(at: datetime) -> int:
    """Close some as expired; a person of whom nothing else is under way is erased in the same transaction."""
    due = select(HelpRequest.requester_id).where(HelpRequest.id.in_(unverified(at))).distinct()
    people = db.read.scalars(due.order_by(HelpRequest.requester_id).limit(BATCH)).all()
    return sum(close_unverified_of(requester_id, at) for requester_id in people if requester_id)


def close_unverified_of(requester_id: int, at: datetime) -> int:
    with db.transaction() as session:
        requester = lock_requester(requester_id)
        own = HelpRequest.requester_id == requester_id
        silent = session.scalars(unverified(at).where(own).order_by(HelpRequest.id)).all()
        locked = board.lock_with_duplicates(*silent)
        for request_id in silent:
            board.end(locked[request_id], Outcome.EXPIRED, by=SYSTEM, at=at)
        if silent and not session.scalars(still_needed(at, requester, *silent)).first():
            erase(requester_id, by=SYSTEM, at=at)
    return len(silent)


def still_needed(at: datetime, requester: Requester, *but: int) -> Select[int]:
    """Requests for which a person's contact is kept, those that have just expired left aside."""
    mine = HelpRequest.requester_id == requester.id
    return select(HelpRequest.id).where(mine, HelpRequest.id.not_in(but), keeps_contact(HelpRequest, at)).limit(1)


# ---- contacts of people whose requests are over ----


def keeps_contact(request: type[HelpRequest], at: datetime) -> ColumnElement[bool]:
    """Open, or closed so lately that a question may still come; itself, or what it was put together with."""
    since = at - timedelta(days=db.settings.keep_contact_days)
    survivor = aliased(HelpRequest)
    lives_on = exists().where(
        survivor.id == request.duplicate_of_id,
        or_(survivor.status != RequestStatus.CLOSED.value, survivor.closed_at >= since),
    )
    return or_(request.status != RequestStatus.CLOSED.value, request.closed_at >= since, lives_on)


def over(at: datetime) -> Select[int]:
    """People whose last request has been closed for long enough."""
    request = aliased(HelpRequest)
    return select(Requester.id).where(
        Requester.key_name.is_not(None),
        Requester.created_at < at - timedelta(days=db.settings.keep_contact_days),
        ~exists().where(request.requester_id == Requester.id, keeps_contact(request, at)),
    )


def erase_over(at: datetime) -> int:
    people = db.read.scalars(over(at).order_by(Requester.created_at, Requester.id).limit(BATCH)).all()
    return sum(erase_if_over(requester_id, at) for requester_id in people)


def erase_if_over(requester_id: int, at: datetime) -> int:
    with db.transaction() as session:
        lock_requester(requester_id)
        if session.scalars(over(at).where(Requester.id == requester_id)).first() is None:
            return 0  # somebody has asked again this moment
        erase(requester_id, by=SYSTEM, at=at)
    return 1


# ---- drafts, looks, keys, appeals ----


def count_drafts(at: datetime) -> int:
    return count_rows(select(HelpDraft.browser_hash).where(HelpDraft.updated_at < at - drafts.KEPT))


def forget_drafts(at: datetime) -> int:
    with db.transaction() as session:
        return drafts.forget_old(session, at)


def old_reveals(at: datetime) -> Select[int]:
    """The oldest looks first; rows are numbered in the order of time, so the search ends at the first young one."""
    oldest = select(ContactReveal.id, ContactReveal.at).order_by(ContactReveal.id).limit(BATCH * 10).subquery()
    return select(oldest.c.id).where(oldest.c.at < at - KEEP_REVEALS)


def forget_reveals(at: datetime) -> int:
    with db.transaction() as session:
        ids = session.scalars(old_reveals(at)).all()
        session.execute(delete(ContactReveal).where(ContactReveal.id.in_(ids)))
    return len(ids)


def count_reveals(at: datetime) -> int:
    return count_rows(select(ContactReveal.id).where(ContactReveal.at < at - KEEP_REVEALS))


def count_keys(at: datetime) -> int:
    return len(rows.list_unneeded(db.read, vault.keys, at=at))


def sweep_keys(at: datetime) -> int:
    """Whatever is found goes at once; a second look finds nothing."""
    try:
        return rows.sweep(db.read, vault.keys, at=at)
    except rows.TooManyUnneeded as refused:
        log.error("%s", refused)
        return 0


def count_appeals(at: datetime) -> int:
    return len(appeals.list_due(db.read, at, limit=10_000))


def forget_appeals(at: datetime) -> int:
    with db.transaction() as session:
        return appeals.forget_due(session, at)


def count_rows(query: Select[int] | Select[bytes]) -> int:
    return db.read.execute(select(func.count()).select_from(query.subquery())).scalar_one()


CHORES = (
    Chore(
        "unverified",
        "requests that nobody could verify, to be closed as expired",
        lambda at: count_rows(unverified(at)),
        close_unverified,
    ),
    Chore(
        "contacts",
        "people whose contact and answers are erased, their last request long closed",
        lambda at: count_rows(over(at)),
        erase_over,
    ),
    Chore("drafts", "drafts that nobody touched", count_drafts, forget_drafts),
    Chore("reveals", "old notes of who looked at a contact", count_reveals, forget_reveals),
    Chore("keys", "keys that belong to nobody any more", count_keys, sweep_keys),
    Chore("appeals", "answered appeals whose words are deleted", count_appeals, forget_appeals),
)
