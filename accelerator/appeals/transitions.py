"""Everything that changes an appeal. One function per verb, in the caller's transaction; nothing here commits.

`MOVES` says which verb leads where; buttons and tests are made from it. Locks: who looks at a contact, the appeal,
then totals and limits, then the head of the log. What happens at the desk names the version that its page showed:
whoever comes second is told.
"""

import enum
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from accelerator import limits, policy
from accelerator.accounts.queries import lock_user
from accelerator.accounts.viewer import Viewer
from accelerator.appeals.dates import HOUR, day_of, due_on, hour_of
from accelerator.appeals.models import (
    MOST_DAYS,
    Appeal,
    AppealEntry,
    AppealSpeed,
    AppealTotal,
    EntryKind,
    Kind,
    Outcome,
    PendingNote,
    SealedPhoto,
    Status,
)
from accelerator.appeals.photos import delete_sealed
from accelerator.appeals.queries import find_coordinator, has_just_looked
from accelerator.appeals.sealing import (
    Contact,
    auditors_key,
    code_of_form,
    read_contact,
    reply_key_of,
    seal_for_auditors,
    seal_reply,
    write_contact,
)
from accelerator.database import Base
from accelerator.errors import DomainError, NotAllowed, NotFound, SignInNeeded
from accelerator.extensions import db, vault
from accelerator.integrity.record import READER, Actor, EventType, record
from accelerator.limits import CONTACTS_BY_COORDINATOR
from accelerator.looks import TooManyLooks, read_reason
from accelerator.vault.keys import KeyGone
from accelerator.vault.sealing import Unreadable
from accelerator.working_days import count_working_days

_chance = random.SystemRandom()


class Verb(enum.StrEnum):
    """What can be done to an appeal."""

    ASSIGN = "assign"
    ANSWER = "answer"
    WORD = "word"
    TRANSFER = "transfer"
    CLOSE = "close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


S = Status
MOVES: dict[tuple[Status, Verb], Status] = {
    (S.RECEIVED, Verb.ASSIGN): S.ASSIGNED,
    (S.RECEIVED, Verb.ANSWER): S.ASSIGNED,
    (S.RECEIVED, Verb.WORD): S.RECEIVED,
    (S.RECEIVED, Verb.TRANSFER): S.RECEIVED,
    (S.RECEIVED, Verb.CLOSE): S.CLOSED,
    (S.RECEIVED, Verb.WITHDRAW): S.WITHDRAWN,
    (S.ASSIGNED, Verb.ASSIGN): S.ASSIGNED,
    (S.ASSIGNED, Verb.ANSWER): S.ASSIGNED,
    (S.ASSIGNED, Verb.WORD): S.ASSIGNED,
    (S.ASSIGNED, Verb.TRANSFER): S.RECEIVED,
    (S.ASSIGNED, Verb.CLOSE): S.CLOSED,
    (S.ASSIGNED, Verb.WITHDRAW): S.WITHDRAWN,
    (S.CLOSED, Verb.REOPEN): S.RECEIVED,
    (S.CLOSED, Verb.WITHDRAW): S.WITHDRAWN,
}


class AppealChanged(DomainError):
    """Somebody else changed this appeal after the page at hand was drawn."""

    status = 409

    def __init__(self, appeal_id: int) -> None:
        super().__init__(appeal_id)
        self.appeal_id = appeal_id

    def sentence(self) -> str:
        return NotAllowed("moved_on").sentence()


class NoAuditors(DomainError):
    """There is nobody to seal it for, and it is never taken unsealed."""

    status = 409


@dataclass(frozen=True)
class Letter:
    """What somebody wrote."""

    kind: Kind
    region_code: str
    text: str
    locale: str
    contact: Contact = field(default_factory=Contact)
    about_request_id: int | None = None
    about_deed_id: int | None = None
    #: For the auditors: an integrity report, or a complaint about the region's coordinators.
    is_sealed: bool = False


@dataclass(frozen=True)
class Received:
    """What sending led to. Sent again, it is the same once more, with ``is_new`` false."""

    appeal: Appeal
    code: str
    is_new: bool


# ---- the sender ----


def receive(letter: Letter, *, form_key: str, at: datetime, photos: Sequence[tuple[str, int]] = ()) -> Received:
    """Keep what somebody wrote.

    1. ``form_key`` makes the code, by a keyed hash: sent again, the same one comes out, although only its hash is kept.
    2. The row without words; a unique constraint lets each form in once, also from two tabs in one moment.
    3. The words, sealed: with a key of their own, or for the auditors (then with the time rounded to the hour).
    4. The event; of a sealed one it follows when the hour is over.
    """
    code, sent_key = code_of_form(form_key), vault.fingerprint("appeal-form", form_key)
    moment = hour_of(at) if letter.is_sealed else at
    appeal_id = _insert_once(letter, code, sent_key, at=moment)
    appeal = lock_appeal(appeal_id) if appeal_id else _of_form(sent_key)
    if appeal_id is None:
        return Received(appeal, code, is_new=False)
    if letter.is_sealed:
        appeal.sealed_text = _seal_letter(letter, at=moment)
        appeal.reply_key = reply_key_of(code)
    else:
        appeal.key_name = vault.keys.create()
        appeal.sealed_text = vault.seal(appeal.key_name, letter.text, appeal, "sealed_text")
        appeal.sealed_contact = vault.seal(appeal.key_name, write_contact(letter.contact), appeal, "sealed_contact")
    db.session.add_all(SealedPhoto(key=key, appeal_id=appeal.id, size=size) for key, size in photos)
    _tell_of_sender(appeal, EventType.APPEAL_RECEIVED, at=at)
    return Received(appeal, code, is_new=True)


def say(appeal: Appeal, text: str, *, form_key: str, at: datetime) -> None:
    """One more word of the sender. Repeating it is harmless. (No event: the log tells of decisions.)"""
    _check_move(appeal, Verb.WORD)
    _add_entry(appeal, EntryKind.WORD, text, form_key=form_key, at=at)
    appeal.version += 1
    db.session.flush()


def reopen(appeal: Appeal, text: str, *, form_key: str, at: datetime) -> None:
    """The outcome does not satisfy the sender: once more, with words, and with a new date."""
    if appeal.status in (S.RECEIVED, S.ASSIGNED) and appeal.reopened_at:
        return
    if appeal.reopened_at:
        raise NotAllowed("reopened_once")
    _open_again(appeal, at=at)
    appeal.reopened_at = hour_of(at) if appeal.for_auditors else at
    _add_entry(appeal, EntryKind.REOPEN, text, form_key=form_key, at=at)
    _tell_of_sender(appeal, EventType.APPEAL_REOPENED, at=at)


def withdraw(appeal: Appeal, *, at: datetime) -> None:
    """The sender takes it back; what was written is deleted at once. Repeating it is harmless."""
    if appeal.status == S.WITHDRAWN:
        return
    _move(appeal, Verb.WITHDRAW)
    appeal.outcome, appeal.assignee_id = None, None
    appeal.closed_at = hour_of(at) if appeal.for_auditors else at
    erase(db.session, appeal, at=appeal.closed_at)
    _tell_of_sender(appeal, EventType.APPEAL_WITHDRAWN, at=at)


def keep_code(appeal: Appeal) -> None:
    """The sender has the code: it is never shown again."""
    appeal.is_code_kept = True


# ---- the desk and the auditors ----


def assign(appeal_id: int, *, assignee_id: int, seen_version: int, by: Viewer, at: datetime) -> Appeal:
    """Give it to a coordinator of the region (or take it oneself)."""
    appeal = _lock_for(appeal_id, by)
    assignee = find_coordinator(db.session, assignee_id, appeal.region_code)
    if assignee is None or appeal.for_auditors:
        raise NotFound
    if appeal.assignee_id == assignee.id and appeal.status == S.ASSIGNED:
        return appeal
    _check_seen(appeal, seen_version)
    _move(appeal, Verb.ASSIGN)
    appeal.assignee_id = assignee.id
    _tell(appeal, EventType.APPEAL_ASSIGNED, by=by, at=at, to=assignee.public_ref)
    return appeal


def answer(appeal_id: int, text: str, *, form_key: str, seen_version: int, by: Viewer, at: datetime) -> Appeal:
    """Write to the sender. Whoever answers first has it from then on."""
    appeal = _lock_for(appeal_id, by)
    if _is_sent(form_key):
        return appeal
    _check_seen(appeal, seen_version)
    _move(appeal, Verb.ANSWER)
    if not appeal.for_auditors:
        appeal.assignee_id = appeal.assignee_id or by.id
    _add_entry(appeal, EntryKind.ANSWER, text, form_key=form_key, by=by, at=at)
    _tell(appeal, EventType.APPEAL_ANSWERED, by=by, at=at)
    return appeal


def transfer(
    appeal_id: int, region_code: str, reason: str, *, form_key: str, seen_version: int, by: Viewer, at: datetime
) -> Appeal:
    """Hand it over to another region, and say why; the date by which it is answered stays."""
    appeal = lock_appeal(appeal_id)
    if _is_sent(form_key) and appeal.region_code == region_code:
        return appeal
    if not policy.can_handle_appeal(by, appeal) or appeal.for_auditors:
        raise NotFound
    if appeal.region_code == region_code:
        raise NotAllowed("moved_on")
    _check_seen(appeal, seen_version)
    _move(appeal, Verb.TRANSFER)
    before, appeal.region_code, appeal.assignee_id = appeal.region_code, region_code, None
    _add_entry(appeal, EntryKind.TRANSFER, reason, form_key=form_key, by=by, at=at)
    for code, step in sorted([(before, -1), (region_code, +1)]):
        count(code, appeal.kind, received=step)
    _tell(appeal, EventType.APPEAL_TRANSFERRED, by=by, at=at, former=before, region=region_code)
    return appeal


def close(
    appeal_id: int,
    outcome: Outcome,
    reasons: str,
    *,
    form_key: str,
    seen_version: int,
    by: Viewer,
    at: datetime,
) -> Appeal:
    """Decide, with reasons that the sender reads. The first decision is counted in the public figures."""
    appeal = _lock_for(appeal_id, by)
    if _is_sent(form_key):
        return appeal
    _check_seen(appeal, seen_version)
    _move(appeal, Verb.CLOSE)
    appeal.outcome, appeal.closed_at = outcome.value, at
    if not appeal.for_auditors:
        appeal.assignee_id = appeal.assignee_id or by.id
    _add_entry(appeal, EntryKind.OUTCOME, reasons, outcome=outcome, form_key=form_key, by=by, at=at)
    if appeal.first_closed_at is None:
        appeal.first_closed_at = at
        _count_answer(appeal, at=at)
    _tell(appeal, EventType.APPEAL_CLOSED, by=by, at=at, outcome=outcome.value)
    return appeal


def reopen_at_desk(
    appeal_id: int, reason: str, *, form_key: str, seen_version: int, by: Viewer, at: datetime
) -> Appeal:
    """Something was overlooked: decide again. The sender's own right to reopen is not used up by it."""
    appeal = _lock_for(appeal_id, by)
    if _is_sent(form_key):
        return appeal
    _check_seen(appeal, seen_version)
    _open_again(appeal, at=at)
    _add_entry(appeal, EntryKind.REOPEN, reason, form_key=form_key, by=by, at=at)
    _tell(appeal, EventType.APPEAL_REOPENED, by=by, at=at)
    return appeal


def reveal_contact(appeal_id: int, reason: str, *, by: Viewer, at: datetime) -> Contact:
    """The sender's contact, for a coordinator of the region, who says why; the sender sees how often it is looked at.

    Looked at again within the hour it is recorded again and counted once. Raises `TooManyLooks`.
    """
    if lock_user(db.session, by.id) is None:  # first, so that two looks of theirs are counted one after the other
        raise SignInNeeded
    appeal = _lock_for(appeal_id, by)
    if appeal.key_name is None or appeal.sealed_contact is None:
        raise NotFound
    given = read_reason(reason)
    try:
        contact = read_contact(vault.open(appeal.key_name, appeal.sealed_contact, appeal, "sealed_contact"))
    except (KeyGone, Unreadable) as error:
        raise NotFound from error
    has_looked = has_just_looked(db.session, appeal.id, by.id, at)
    if not has_looked and not limits.spend(db.session, CONTACTS_BY_COORDINATOR, by.public_ref, at=at):
        raise TooManyLooks(at_desk=True)
    _add_entry(appeal, EntryKind.LOOK, given, by=by, at=at)
    record(db.session, EventType.CONTACT_REVEALED, f"appeal:{appeal.id}", by=by, at=at)
    return contact


def open_integrity_case(*, request_id: int, region_code: str, claim_id: int, locale: str, at: datetime) -> Appeal:
    """A case for the auditors, opened by the portal: a helped person says that something was asked in return.

    It holds no words, only which promise it is about. Like a sealed report it is counted and comes into the log when
    the hour is over: at once, it would tell who said it. Repeating it finds the first one. The caller has locked the
    request, so that two answers of one person come one after the other.
    """
    known = db.session.scalars(select(Appeal).where(Appeal.claim_id == claim_id)).first()
    if known:
        return known
    appeal = Appeal(
        id=_free_number(),
        kind=Kind.INTEGRITY.value,
        region_code=region_code,
        locale=locale,
        status=S.RECEIVED.value,
        for_auditors=True,
        about_request_id=request_id,
        claim_id=claim_id,
        created_at=hour_of(at),
        due_on=due_on(region_code, at),
    )
    db.session.add(appeal)
    db.session.flush()
    _tell_of_sender(appeal, EventType.APPEAL_RECEIVED, at=at)
    return appeal


def write_pending_notes(*, at: datetime, limit: int = 500) -> int:
    """Put into the log what senders of sealed reports did in hours that are over, each hour by their random numbers."""
    notes = list(
        db.session.scalars(
            select(PendingNote)
            .where(PendingNote.hour <= hour_of(at) - HOUR)
            .order_by(PendingNote.hour, PendingNote.appeal_id, PendingNote.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    _write_notes(notes, at=at)
    return len(notes)


# ---- what they share ----


def lock_appeal(appeal_id: int) -> Appeal:
    """The appeal, read fresh and locked until the transaction ends."""
    appeal = db.session.scalars(
        select(Appeal).where(Appeal.id == appeal_id).with_for_update().execution_options(populate_existing=True)
    ).first()
    if appeal is None:
        raise NotFound
    return appeal


def erase(session: Session, appeal: Appeal, *, at: datetime) -> None:
    """Delete all words of an appeal, and the key to those in backups."""
    if appeal.key_name:
        vault.destroy_after_commit(session, appeal.key_name)
    appeal.key_name = appeal.sealed_text = appeal.sealed_contact = None
    appeal.forgotten_at = at
    session.flush()
    for entry in session.scalars(select(AppealEntry).where(AppealEntry.appeal_id == appeal.id)):
        entry.sealed = entry.sealed_reply = None
    session.flush()
    for photo in session.scalars(select(SealedPhoto).where(SealedPhoto.appeal_id == appeal.id)).all():
        delete_sealed(photo.key)  # before the commit: a kill in between leaves no file behind
        session.delete(photo)
    session.flush()


def count(region_code: str, kind: str, *, received: int = 0, answered: int = 0, on_time: int = 0) -> None:
    """Add to the public figures of a region and a kind."""
    steps = {"received": received, "answered": answered, "on_time": on_time}
    insert = _insert(AppealTotal)
    db.session.execute(
        insert.values(region_code=region_code, kind=kind, **steps).on_conflict_do_update(
            index_elements=["region_code", "kind"],
            set_={name: getattr(AppealTotal, name) + step for name, step in steps.items()},
        )
    )


def _count_answer(appeal: Appeal, *, at: datetime) -> None:
    closed = day_of(appeal.region_code, at)
    took = min(max(count_working_days(day_of(appeal.region_code, appeal.created_at), closed), 0), MOST_DAYS)
    count(appeal.region_code, appeal.kind, answered=1, on_time=int(closed <= appeal.due_on))
    insert = _insert(AppealSpeed)
    db.session.execute(
        insert.values(region_code=appeal.region_code, kind=appeal.kind, days=took, count=1).on_conflict_do_update(
            index_elements=["region_code", "kind", "days"], set_={"count": AppealSpeed.count + 1}
        )
    )


def _insert(table: type[Base]) -> Any:
    """An INSERT that can meet a row that is there already."""
    return (sqlite if db.settings.is_sqlite else postgresql).insert(table)


def _insert_once(letter: Letter, code: str, sent_key: bytes, *, at: datetime) -> int | None:
    """The new row's number, or `None` when this form was sent before."""
    if letter.is_sealed and not auditors_key(db.settings):
        raise NoAuditors
    values = {
        "id": _free_number(),
        "kind": letter.kind.value,
        "region_code": letter.region_code,
        "locale": letter.locale,
        "status": S.RECEIVED.value,
        "for_auditors": letter.is_sealed,
        "about_request_id": None if letter.is_sealed else letter.about_request_id,
        "about_deed_id": None if letter.is_sealed else letter.about_deed_id,
        "code_hash": vault.fingerprint("code", code),
        "sent_key": sent_key,
        "is_code_kept": False,
        "version": 1,
        "created_at": at,
        "due_on": due_on(letter.region_code, at),
    }
    # Whichever constraint it meets: of two tabs in one moment, PostgreSQL may find the code's before the form's.
    insert = _insert(Appeal).values(**values).on_conflict_do_nothing()
    found: int | None = db.session.execute(insert.returning(Appeal.id)).scalar()
    return found


def _free_number() -> int:
    """Eight digits that no appeal has."""
    while db.session.get(Appeal, number := _chance.randint(10_000_000, 99_999_999)):
        pass
    return number


def _of_form(sent_key: bytes) -> Appeal:
    return db.session.scalars(select(Appeal).where(Appeal.sent_key == sent_key)).one()


def _seal_letter(letter: Letter, *, at: datetime) -> bytes:
    about = f"request {letter.about_request_id}" if letter.about_request_id else ""
    about = f"deed {letter.about_deed_id}" if letter.about_deed_id else about
    content: dict[str, object] = {
        "kind": letter.kind.value,
        "region": letter.region_code,
        "about": about,
        "name": letter.contact.name,
        "phone": letter.contact.phone,
        "email": letter.contact.email,
        "language": letter.locale,
        "text": letter.text,
    }
    return seal_for_auditors(auditors_key(db.settings), content)


def _lock_for(appeal_id: int, by: Viewer) -> Appeal:
    """The appeal, locked; of a sealed one also what its sender did: `write_pending_notes` holds those before totals."""
    appeal = lock_appeal(appeal_id)
    if not policy.can_handle_appeal(by, appeal):
        raise NotFound
    if appeal.for_auditors:
        db.session.scalars(select(PendingNote).where(PendingNote.appeal_id == appeal.id).with_for_update()).all()
    return appeal


def _check_seen(appeal: Appeal, seen_version: int) -> None:
    if appeal.version != seen_version:
        raise AppealChanged(appeal.id)


def _check_move(appeal: Appeal, verb: Verb) -> Status:
    new = MOVES.get((Status(appeal.status), verb))
    if new is None:
        raise NotAllowed("moved_on")
    return new


def _move(appeal: Appeal, verb: Verb) -> None:
    appeal.status = _check_move(appeal, verb).value
    appeal.version += 1


def _open_again(appeal: Appeal, *, at: datetime) -> None:
    _move(appeal, Verb.REOPEN)
    appeal.outcome, appeal.closed_at, appeal.assignee_id = None, None, None
    appeal.due_on = due_on(appeal.region_code, at)


def _is_sent(form_key: str) -> bool:
    sent_key = vault.fingerprint("appeal-entry", form_key)
    return db.session.scalars(select(AppealEntry.id).where(AppealEntry.sent_key == sent_key)).first() is not None


def _add_entry(
    appeal: Appeal,
    kind: EntryKind,
    text: str,
    *,
    at: datetime,
    form_key: str = "",
    by: Viewer | None = None,
    outcome: Outcome | None = None,
) -> None:
    """Keep words, sealed as the appeal is; each form that has a key once (the appeal's lock orders two of them)."""
    if form_key and _is_sent(form_key):
        return
    if by is None:
        appeal.unread += 1
    elif kind in (EntryKind.ANSWER, EntryKind.OUTCOME):
        appeal.unread = 0
    is_hidden = appeal.for_auditors and by is None
    entry = AppealEntry(
        appeal_id=appeal.id,
        kind=kind.value,
        outcome=outcome.value if outcome else None,
        is_from_sender=by is None,
        user_id=by.id if by else None,
        sent_key=vault.fingerprint("appeal-entry", form_key) if form_key else None,
        created_at=hour_of(at) if is_hidden else at,
    )
    db.session.add(entry)
    db.session.flush()
    if appeal.for_auditors:
        _seal_for_both(appeal, entry, text)
    elif appeal.key_name:
        entry.sealed = vault.seal(appeal.key_name, text, entry, "sealed")


def _seal_for_both(appeal: Appeal, entry: AppealEntry, text: str) -> None:
    """For the auditors and, what comes from them, for the holder of the code."""
    key = auditors_key(db.settings)
    if key:
        entry.sealed = seal_for_auditors(key, {"text": text})
    elif entry.is_from_sender:
        raise NoAuditors
    if appeal.reply_key and not entry.is_from_sender:
        entry.sealed_reply = seal_reply(appeal.reply_key, text)


def _tell(appeal: Appeal, type: EventType, *, by: Actor, at: datetime, **details: str) -> None:
    """Record what was done; what its sender did before comes first, even if its hour is not over."""
    db.session.flush()
    if appeal.for_auditors:
        notes = select(PendingNote).where(PendingNote.appeal_id == appeal.id).order_by(PendingNote.id)
        _write_notes(db.session.scalars(notes).all(), at=at)
    if type is EventType.APPEAL_RECEIVED:
        details |= {"kind": appeal.kind, "region": appeal.region_code}
    record(db.session, type, f"appeal:{appeal.id}", by=by, at=at, **details)


def _tell_of_sender(appeal: Appeal, type: EventType, *, at: datetime) -> None:
    """What the sender did: at once, or for the auditors' reports when the hour is over."""
    if appeal.for_auditors:
        db.session.add(PendingNote(appeal_id=appeal.id, type=type.value, hour=hour_of(at)))
        db.session.flush()
        return
    if type is EventType.APPEAL_RECEIVED:
        count(appeal.region_code, appeal.kind, received=1)
    _tell(appeal, type, by=READER, at=at)


def _write_notes(notes: Sequence[PendingNote], *, at: datetime) -> None:
    """Count first, then record: totals are locked before the head of the log."""
    appeals = [db.session.get_one(Appeal, note.appeal_id) for note in notes]
    received = [a for a, note in zip(appeals, notes, strict=True) if note.type == EventType.APPEAL_RECEIVED]
    for appeal in sorted(received, key=lambda appeal: (appeal.region_code, appeal.kind)):
        count(appeal.region_code, appeal.kind, received=1)
    db.session.execute(delete(PendingNote).where(PendingNote.id.in_([note.id for note in notes])))
    for appeal, note in zip(appeals, notes, strict=True):
        is_first = note.type == EventType.APPEAL_RECEIVED
        details = {"kind": appeal.kind, "region": appeal.region_code} if is_first else {}
        record(db.session, EventType(note.type), f"appeal:{appeal.id}", by=READER, at=at, **details)
