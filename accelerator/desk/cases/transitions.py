"""What a coordinator does with a case: notes, calls, questions, splitting, merging, handing over, naming a volunteer.

One function per verb, in the caller's transaction; nothing here commits. Words are sealed with the key of the person
whose need it is, so that they go when the person's data go; where nobody in particular asked, with one of their own.
Locks are taken in the order person, request, claims, deed, totals, head of the log.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from accelerator import policy
from accelerator.accounts.models import User
from accelerator.accounts.tell import tell_person
from accelerator.accounts.viewer import Viewer, as_viewer
from accelerator.board import transitions as board
from accelerator.board.models import HelpRequest, Outcome, RequestStatus
from accelerator.board.transitions import Taken, lock_request, lock_with_duplicates
from accelerator.desk.cases.queries import open_entry
from accelerator.errors import NotAllowed, NotFound
from accelerator.extensions import db, vault
from accelerator.help.models import CallOutcome, CaseEntry, EntryKind, Requester
from accelerator.integrity.record import EventType, record

#: Columns that a part of a split need takes over from the whole.
SHARED = (
    "locale",
    "region_code",
    "district_code",
    "timing",
    "starts_at",
    "ends_at",
    "due_at",
    "minutes",
    "for_person",
    "requester_id",
    "verified_at",
    "verified_by_id",
    "created_at",
)
MOST_PARTS = 5


@dataclass(frozen=True)
class Part:
    """A further need that a case turns out to hold."""

    kind: str
    min_age: int


def note(request_id: int, text: str, *, by: Viewer, at: datetime) -> CaseEntry:
    """A word for colleagues; the person who asked does not see it."""
    request = _lock_own(request_id, by)
    entry = _add_entry(request, EntryKind.NOTE, text, by=by, at=at)
    record(db.session, EventType.CASE_NOTED, f"request:{request.id}", by=by, at=at, entry=entry.id)
    return entry


def call(request_id: int, outcome: CallOutcome, text: str, *, by: Viewer, at: datetime) -> CaseEntry:
    """A call and what came of it. Once somebody confirmed the need, the case is verified."""
    request = _lock_own(request_id, by)
    entry = _add_entry(request, EntryKind.CALL, text, by=by, at=at, outcome=outcome)
    if outcome is CallOutcome.CONFIRMED and request.status == RequestStatus.CLOSED:
        raise NotAllowed("look_again")
    record(db.session, EventType.CASE_CALLED, f"request:{request.id}", by=by, at=at, outcome=outcome.value)
    if outcome is CallOutcome.CONFIRMED and request.verified_at is None:
        request.verified_at, request.verified_by_id = at, by.id
        request.version += 1
        db.session.flush()
        record(db.session, EventType.REQUEST_VERIFIED, f"request:{request.id}", by=by, at=at)
    return entry


def ask(request_id: int, text: str, *, by: Viewer, at: datetime) -> CaseEntry:
    """A question to the person who asked, behind their code. What they wrote before counts as read."""
    request = _lock_own(request_id, by)
    if _requester(request) is None:
        raise NotAllowed("erased" if request.requester_id else "nobody_asked")
    _read_words(request, at=at)
    entry = _add_entry(request, EntryKind.QUESTION, text, by=by, at=at)
    record(db.session, EventType.CASE_ASKED, f"request:{request.id}", by=by, at=at, entry=entry.id)
    return entry


def read_words(request_id: int, *, by: Viewer, at: datetime) -> int:
    """The desk has read what the person wrote. Repeating it is harmless."""
    request = _lock_own(request_id, by)
    count = _read_words(request, at=at)
    if count:
        record(db.session, EventType.CASE_READ, f"request:{request.id}", by=by, at=at, words=count)
    return count


def close(
    request_id: int, outcome: Outcome, reason: str, *, seen_version: int, by: Viewer, at: datetime
) -> HelpRequest:
    """End a case. The reason stands in it: for the person who asked, if there is one, else for colleagues.

    What has changed since ``seen_version`` is looked at first. Repeating it is harmless; another reason than the one
    that stands there is refused, nobody would ever read it.
    """
    request = _lock_own(request_id, by)
    is_closed = request.status == RequestStatus.CLOSED
    if is_closed and reason and reason != _closing_words(request):
        raise NotAllowed("closed_otherwise")
    if not is_closed:
        _must_have_seen(request, seen_version)
    if reason and not is_closed:
        kind = EntryKind.NOTE if _requester(request) is None else EntryKind.QUESTION
        entry = _add_entry(request, kind, reason, by=by, at=at)
        entry.seen_at = at  # nothing to be answered
    return board.close(request_id, by=by, at=at, outcome=outcome)


def _closing_words(request: HelpRequest) -> str:
    """What was said when it was closed; empty when nothing was, or it is erased."""
    said = select(CaseEntry).where(CaseEntry.request_id == request.id, CaseEntry.created_at == request.closed_at)
    kinds = (EntryKind.NOTE.value, EntryKind.QUESTION.value)
    entry = db.session.scalars(said.where(CaseEntry.kind.in_(kinds)).order_by(CaseEntry.id.desc())).first()
    return open_entry(entry) if entry else ""


def split(request_id: int, parts: list[Part], *, seen_version: int, by: Viewer, at: datetime) -> list[HelpRequest]:
    """One need turns out to be several: each becomes a request of its own, verified as the first one was.

    The person's row is locked first, so that nothing is added while their data are being erased.
    """
    _lock_person_of(request_id)
    request = _lock_own(request_id, by)
    if request.status == RequestStatus.CLOSED:
        raise NotAllowed("moved_on")
    _must_have_seen(request, seen_version)
    made = [
        HelpRequest(
            **{name: getattr(request, name) for name in SHARED},
            title="",
            story="",
            kind_code=part.kind,
            min_age=part.min_age,
            capacity=1,
            status=RequestStatus.RECEIVED.value,
            search_text="",
            split_from_id=request.id,
            created_by_id=by.id,  # who finds a need in another's words does not publish it alone
        )
        for part in parts[:MOST_PARTS]
    ]
    db.session.add_all(made)
    request.version += 1
    db.session.flush()
    for part_ in made:
        subject = f"request:{part_.id}"
        record(db.session, EventType.REQUEST_CREATED, subject, by=by, at=at, region=part_.region_code, split=request.id)
    record(db.session, EventType.REQUEST_SPLIT, f"request:{request.id}", by=by, at=at, parts=len(made))
    return made


def merge(request_id: int, into_id: int, *, seen_version: int, by: Viewer, at: datetime) -> HelpRequest:
    """The same need twice: this request ends as a duplicate of the other, which lives on; promises end and are told.

    All are locked in the order of their numbers. What has changed here since ``seen_version`` is looked at first.
    Repeating it is harmless.
    """
    if request_id == into_id or db.session.get(HelpRequest, into_id) is None:
        raise NotAllowed("not_there")
    locked = lock_with_duplicates(request_id, into_id)
    request, other = locked[request_id], locked[into_id]
    if not policy.can_coordinate(by, request.region_code):
        raise NotFound
    if request.duplicate_of_id == into_id:
        return request
    if not policy.can_coordinate(by, other.region_code) or other.status == RequestStatus.CLOSED:
        raise NotAllowed("not_there")
    if request.status == RequestStatus.CLOSED:
        raise NotAllowed("moved_on")
    _must_have_seen(request, seen_version)
    if request.requester_id and other.requester_id is None:
        _give_person(request, other)
    earlier = [duplicate for duplicate in locked.values() if duplicate.duplicate_of_id == request_id]
    for merged in (*earlier, request):  # what was merged before goes along
        merged.duplicate_of_id = into_id
        db.session.flush()
        record(db.session, EventType.REQUEST_MERGED, f"request:{merged.id}", by=by, at=at, into=into_id)
    record(db.session, EventType.REQUEST_JOINED, f"request:{into_id}", by=by, at=at, other=request.id)
    return board.close(request_id, by=by, at=at, outcome=Outcome.DUPLICATE)


def _give_person(request: HelpRequest, other: HelpRequest) -> None:
    """Make ``other`` the need of the person behind ``request``, with all that is still to be done before publishing.

    What is on the board already has promises of people whom nobody let near a contact.
    """
    if other.status != RequestStatus.RECEIVED:
        raise NotAllowed("on_board")
    other.requester_id, other.for_person = request.requester_id, True
    other.verified_at, other.verified_by_id = request.verified_at, request.verified_by_id
    other.created_by_id = request.created_by_id or other.created_by_id


def hand_over(
    request_id: int, region_code: str, reason: str, *, seen_version: int, by: Viewer, at: datetime
) -> HelpRequest:
    """Another region's desk takes the case on; the reason is a note that its coordinators read."""
    note(request_id, reason, by=by, at=at)
    return board.hand_over(request_id, region_code, seen_version=seen_version, by=by, at=at)


def assign(request_id: int, user_id: int, *, by: Viewer, at: datetime) -> Taken:
    """Put a willing volunteer down: a promise like any other, by the same rules. They are told, and may let go."""
    request = db.session.get(HelpRequest, request_id)
    volunteer = db.session.get(User, user_id)
    if request is None or not policy.can_coordinate(by, request.region_code):
        raise NotFound
    if volunteer is None or volunteer.region_code != request.region_code:
        raise NotAllowed("not_there")
    taken = board.claim(request_id, by=as_viewer(volunteer, session_seen_at=at), at=at, noted_by=by)
    if taken.is_new:
        tell_person(db.session, user_id, "noted", request_id=request_id, at=at)
    return taken


def _lock_own(request_id: int, by: Viewer) -> HelpRequest:
    request = lock_request(request_id)
    if not policy.can_coordinate(by, request.region_code):
        raise NotFound
    return request


def _must_have_seen(request: HelpRequest, version: int) -> None:
    if request.version != version:
        raise NotAllowed("look_again")


def _lock_person_of(request_id: int) -> None:
    found = select(HelpRequest.requester_id).where(HelpRequest.id == request_id)
    db.session.execute(
        select(Requester.id).where(Requester.id == found.scalar_subquery()).with_for_update(key_share=True)
    )


def _requester(request: HelpRequest) -> Requester | None:
    """Whoever asked, as long as their data are there. Read fresh: erasure takes the request's lock as well."""
    if request.requester_id is None:
        return None
    found = select(Requester).where(Requester.id == request.requester_id, Requester.key_name.is_not(None))
    return db.session.scalars(found.execution_options(populate_existing=True)).first()


def _add_entry(
    request: HelpRequest, kind: EntryKind, text: str, *, by: Viewer, at: datetime, outcome: CallOutcome | None = None
) -> CaseEntry:
    """An entry, its words sealed. An erased person's case keeps no new words: there is no key to seal them with."""
    entry = CaseEntry(
        request_id=request.id,
        region_code=request.region_code,
        kind=kind.value,
        outcome=outcome.value if outcome else "",
        user_id=by.id,
        created_at=at,
    )
    db.session.add(entry)
    db.session.flush()
    if text:
        requester = _requester(request)
        if requester is None and request.requester_id is not None:
            raise NotAllowed("erased")
        entry.key_name = str(requester.key_name) if requester else vault.keys.create()
        entry.sealed = vault.seal(entry.key_name, text, entry, "sealed")
        db.session.flush()
    return entry


def _read_words(request: HelpRequest, *, at: datetime) -> int:
    unread = (
        CaseEntry.request_id == request.id,
        CaseEntry.kind == EntryKind.WORD.value,
        CaseEntry.seen_at.is_(None),
    )
    return len(db.session.execute(update(CaseEntry).where(*unread).values(seen_at=at).returning(CaseEntry.id)).all())
