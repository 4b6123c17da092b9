"""Everything that changes a request or a claim. One function per verb, in the caller's transaction.

`CLAIM_MOVES` and `REQUEST_MOVES` say which verb leads where; buttons and tests are made from the same
tables. Nothing here commits.

Locks are always taken in the order person, request, claims, deed, totals, head of the log; after the head
only rows that are protected by a lock already held. That is what keeps PostgreSQL free of deadlocks.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext
from sqlalchemy import ColumnElement, and_, exists, func, inspect, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from accelerator import policy
from accelerator.accounts.models import AgeGroup, User
from accelerator.accounts.queries import lock_user
from accelerator.accounts.tell import tell_person, tell_promised
from accelerator.accounts.viewer import MyClaim, Viewer
from accelerator.board.bars import ADD_CLAIM, JUDGE, LOCK_PERSON, TAKE, facts, same_time
from accelerator.board.hours import begins_at, is_before, start_opens
from accelerator.board.models import (
    ACTIVE,
    MAY_LAPSE,
    OPEN_PROMISES,
    Claim,
    ClaimState,
    Credit,
    HelpRequest,
    Outcome,
    RequestStatus,
    Timing,
)
from accelerator.board.queries import CARD, end_of_promise, find_active_claim
from accelerator.board.search import search_text_of
from accelerator.deeds import transitions as deeds
from accelerator.errors import DomainError, NotAllowed, NotFound, SignInNeeded
from accelerator.extensions import db
from accelerator.help.models import CaseEntry
from accelerator.help.queries import list_still_needed
from accelerator.integrity.queries import find_detail, last_type
from accelerator.integrity.record import SYSTEM, Actor, EventType, record
from accelerator.policy import ClaimBar
from accelerator.reference import places
from accelerator.screening.rules import check_public

#: What everyone reads of a request.
WORDS = ("title", "story")


class Verb(enum.StrEnum):
    """What can be done to a claim."""

    PROMOTE = "promote"
    START = "start"
    RELEASE = "release"
    REPORT = "report"
    CONFIRM = "confirm"
    DISPUTE = "dispute"
    REMOVE = "remove"
    NO_SHOW = "no_show"
    UNCONFIRM = "unconfirm"
    UNDO_NO_SHOW = "undo_no_show"
    LAPSE = "lapse"


S = ClaimState
CLAIM_MOVES: dict[tuple[ClaimState, Verb], ClaimState] = {
    (S.WAITING, Verb.PROMOTE): S.CLAIMED,
    (S.WAITING, Verb.RELEASE): S.RELEASED,
    (S.WAITING, Verb.REMOVE): S.REMOVED,
    (S.CLAIMED, Verb.START): S.STARTED,
    (S.CLAIMED, Verb.RELEASE): S.RELEASED,
    (S.CLAIMED, Verb.REMOVE): S.REMOVED,
    (S.CLAIMED, Verb.REPORT): S.REPORTED,
    (S.CLAIMED, Verb.NO_SHOW): S.NO_SHOW,
    (S.STARTED, Verb.RELEASE): S.RELEASED,
    (S.STARTED, Verb.REMOVE): S.REMOVED,
    (S.STARTED, Verb.REPORT): S.REPORTED,
    (S.STARTED, Verb.NO_SHOW): S.NO_SHOW,
    (S.STARTED, Verb.LAPSE): S.LAPSED,
    (S.REPORTED, Verb.CONFIRM): S.CONFIRMED,
    (S.REPORTED, Verb.DISPUTE): S.DISPUTED,
    (S.REPORTED, Verb.NO_SHOW): S.NO_SHOW,
    (S.DISPUTED, Verb.REPORT): S.REPORTED,
    (S.DISPUTED, Verb.CONFIRM): S.CONFIRMED,
    (S.DISPUTED, Verb.NO_SHOW): S.NO_SHOW,
    (S.CONFIRMED, Verb.UNCONFIRM): S.REPORTED,
    (S.NO_SHOW, Verb.UNDO_NO_SHOW): S.CLAIMED,
}

#: How a promise comes back to where it stood, by the newest of these events.
WAY_BACK = {
    None: (),
    EventType.CLAIM_STARTED: (Verb.START,),
    EventType.CLAIM_REPORTED: (Verb.REPORT,),
    EventType.CLAIM_UNCONFIRMED: (Verb.REPORT,),
    EventType.CLAIM_DISPUTED: (Verb.REPORT, Verb.DISPUTE),
}

R = RequestStatus
REQUEST_MOVES: dict[tuple[RequestStatus, str], RequestStatus] = {
    (R.RECEIVED, "publish"): R.OPEN,
    (R.RECEIVED, "close"): R.CLOSED,
    (R.OPEN, "pause"): R.PAUSED,
    (R.OPEN, "close"): R.CLOSED,
    (R.PAUSED, "resume"): R.OPEN,
    (R.PAUSED, "close"): R.CLOSED,
    (R.CLOSED, "reopen"): R.RECEIVED,
}


#: Nobody came: what was put together with such a request is still needed.
WITHOUT_HELP = frozenset(Outcome) - {Outcome.FULFILLED, Outcome.PARTLY_FULFILLED, Outcome.DUPLICATE}


class ClaimRefused(DomainError):
    """A place could not be taken; ``bar`` says why, ``other`` is the (id, title) of the task that overlaps."""

    status = 409

    def __init__(self, bar: ClaimBar, request_id: int, other: tuple[int, str] | None = None) -> None:
        super().__init__(bar.value)
        self.bar = bar
        self.request_id = request_id
        self.other = other

    def sentence(self) -> str:
        from accelerator.board.words import bar_sentence

        return bar_sentence(self.bar, self.other[1] if self.other else "")

    def link(self) -> str:
        """Where the reason can be looked at."""
        if self.other:
            return f"/requests/{self.other[0]}"
        return "/me" if self.bar is ClaimBar.TOO_MANY else ""


@dataclass(frozen=True)
class Taken:
    """What a claim led to: the request's columns after it, and the claim. ``is_new`` is false on a repeat."""

    request: object
    claim: MyClaim
    is_new: bool

    def sentence(self) -> str:
        if self.claim.state == S.WAITING:
            return gettext("You are on the waiting list. We will tell you when a place is free.")
        if not self.is_new:
            return gettext("This place is already yours.")
        return gettext("The place is yours. Thank you!")


def claim(
    request_id: int,
    *,
    by: Viewer,
    at: datetime,
    people: int = 1,
    may_wait: bool = False,
    noted_by: Viewer | None = None,
) -> Taken:
    """Take ``people`` places, or join the waiting list when ``may_wait`` and there is none.

    ``noted_by`` is the coordinator who puts a willing volunteer down; the rules are those of the volunteer.

    1. The person's row is locked (PostgreSQL; SQLite has one writer), so that two claims of one person
       are judged one after the other.
    2. One guarded UPDATE takes the places if nothing bars the claim. Capacity cannot be exceeded: the
       condition is in the UPDATE, and the table has ``CHECK (taken <= capacity)`` behind it.
    3. The claim's row; a unique index allows one active claim per person and request.
    4. The event.

    Repeating it is harmless: the second call finds the first claim. Raises `ClaimRefused`, `NotFound`.
    """
    session = db.session
    if session.execute(LOCK_PERSON, {"volunteer": by.id}).first() is None:
        raise SignInNeeded  # the account was deleted a moment ago
    row = session.execute(TAKE, facts(request_id, by=by, people=people, at=at, settings=db.settings)).first()
    if row is not None:
        return _note_claim(
            session, row, S.CLAIMED, EventType.CLAIM_TAKEN, people=people, by=by, at=at, noted_by=noted_by
        )
    refused = find_refusal(session, request_id, by=by, people=people, at=at)
    if refused.bar is ClaimBar.YOURS:
        return _repeat(session, request_id, by)
    if refused.bar is ClaimBar.FULL and may_wait:
        return _join_waiting_list(session, request_id, people=people, by=by, at=at)
    raise refused


def find_refusal(session: Session, request_id: int, *, by: Viewer, people: int, at: datetime) -> ClaimRefused:
    """Why a claim did not go through. `NotFound` when there is no such request on the board."""
    row = session.execute(JUDGE, facts(request_id, by=by, people=people, at=at, settings=db.settings)).first()
    if row is None or not policy.is_public(row.status, row.published_at):
        raise NotFound
    for name in ClaimBar:
        if row._mapping[name.value]:
            other = _find_overlapping(session, request_id, by) if name is ClaimBar.OVERLAP else None
            return ClaimRefused(name, request_id, other)
    # A place came free between the UPDATE and this look: to the person it was full.
    return ClaimRefused(ClaimBar.FULL, request_id)


def _find_overlapping(session: Session, request_id: int, by: Viewer) -> tuple[int, str] | None:
    mine, other = aliased(Claim), aliased(HelpRequest)
    found = session.execute(
        select(other.id, other.title)
        .join(mine, and_(mine.request_id == other.id, mine.user_id == by.id, mine.state.in_(OPEN_PROMISES)))
        .join(HelpRequest, HelpRequest.id == request_id)
        .where(other.id != request_id, *same_time(other))
        .order_by(other.due_at)
        .limit(1)
    ).first()
    return (found.id, found.title) if found else None


def _repeat(session: Session, request_id: int, by: Viewer) -> Taken:
    mine = find_active_claim(session, request_id, by.id)
    row = session.execute(select(*CARD).where(HelpRequest.id == request_id)).one()
    if mine is None:
        raise ClaimRefused(ClaimBar.FULL, request_id)
    return Taken(row, MyClaim(mine.id, mine.state), is_new=False)


def _join_waiting_list(session: Session, request_id: int, *, people: int, by: Viewer, at: datetime) -> Taken:
    """The row's lock orders this against a release: whoever comes second sees what the first did."""
    row = session.execute(
        update(HelpRequest)
        .where(
            HelpRequest.id == request_id,
            HelpRequest.status == R.OPEN.value,
            HelpRequest.taken + people > HelpRequest.capacity,
        )
        .values(waiting=HelpRequest.waiting + 1)
        .returning(*CARD)
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:  # a place came free just now: take it
        return claim(request_id, by=by, at=at, people=people, may_wait=True)
    return _note_claim(session, row, S.WAITING, EventType.CLAIM_WAITING, people=people, by=by, at=at)


def _note_claim(
    session: Session,
    row: object,
    state: ClaimState,
    type: EventType,
    *,
    people: int,
    by: Viewer,
    at: datetime,
    noted_by: Viewer | None = None,
) -> Taken:
    request_id = row.id  # type: ignore[attr-defined]
    claim_id = session.execute(
        ADD_CLAIM,
        {
            "request_id": request_id,
            "region_code": row.region_code,  # type: ignore[attr-defined]
            "user_id": by.id,
            "people": people,
            "state": state.value,
            "created_at": at,
            "word": "",
            "reason": "",
            "answer": "",
        },
    ).scalar_one()
    noted = {"noted": 1} if noted_by else {}
    record(session, type, f"request:{request_id}", by=noted_by or by, at=at, claim=claim_id, people=people, **noted)
    return Taken(row, MyClaim(claim_id, state.value), is_new=True)


class LetGo(enum.Enum):
    """What became of the place that somebody let go of."""

    FREE = "free"
    PASSED_ON = "passed on"
    #: Its hour is over: nobody can take it any more.
    OVER = "over"
    #: There was none yet: they waited for it.
    LEFT_LIST = "left the list"
    #: They wanted to leave the list and had got a place meanwhile: it is still theirs.
    KEPT = "kept"


def release(request_id: int, *, by: Viewer, at: datetime, reason: str = "", only_waiting: bool = False) -> LetGo:
    """Let go of one's own promise; the place goes to the first who waits. Repeating it is harmless.

    ``only_waiting``: leave the waiting list, and keep a place that came free meanwhile.
    """
    request = lock_request(request_id)
    if not policy.is_public(request.status, request.published_at):
        raise NotFound
    mine = find_active_claim(db.session, request_id, by.id)
    if mine is None:
        if end_of_promise(db.session, request_id, by.id) == "promise_over":
            raise NotAllowed("promise_over")
        return LetGo.FREE
    if only_waiting and mine.state != S.WAITING:
        return LetGo.KEPT
    if mine.helped_said_at:
        raise NotAllowed("they_came")
    return _end_promise(request, mine, Verb.RELEASE, EventType.CLAIM_RELEASED, reason=reason, by=by, at=at)


def remove(claim_id: int, *, by: Viewer, at: datetime, reason: str) -> Claim:
    """A coordinator takes a promise away, and says why; the person is told."""
    claim_, request = lock_claim(claim_id)
    _must_coordinate(by, request)
    if claim_.state == S.REMOVED:
        return claim_
    _end_promise(request, claim_, Verb.REMOVE, EventType.CLAIM_REMOVED, reason=reason, by=by, at=at)
    tell_person(db.session, claim_.user_id, "removed", request_id=request.id, reason=reason, at=at)
    return claim_


def _end_promise(
    request: HelpRequest, claim_: Claim, verb: Verb, type: EventType, *, reason: str, by: Actor, at: datetime
) -> LetGo:
    had_place = claim_.state != S.WAITING
    move(claim_, verb)
    claim_.reason = reason
    claim_.settled_at = at
    if had_place:
        request.taken -= claim_.people
    else:
        request.waiting -= 1
    db.session.flush()
    record(db.session, type, f"request:{request.id}", by=by, at=at, claim=claim_.id)
    if not had_place:
        return LetGo.LEFT_LIST
    if promote_waiting(request, by=by, at=at):
        return LetGo.PASSED_ON
    return LetGo.OVER if request.due_at <= at else LetGo.FREE


def promote_waiting(request: HelpRequest, *, by: Actor, at: datetime) -> int:
    """Give free places to those who wait, in order, while there is something to come to; to how many.

    The request's row is locked by the caller.
    """
    promoted = 0
    if request.status != R.OPEN or request.due_at <= at:
        return promoted
    waiting = db.session.scalars(
        select(Claim)
        .where(Claim.request_id == request.id, Claim.state == S.WAITING.value)
        .order_by(Claim.id)
        .limit(request.free + 20)
    ).all()
    for claim_ in waiting:
        if request.free < 1:
            break
        if claim_.people > request.free or not _may_be_promoted(claim_, request):
            continue
        move(claim_, Verb.PROMOTE)
        request.taken += claim_.people
        request.waiting -= 1
        db.session.flush()
        record(db.session, EventType.CLAIM_PROMOTED, f"request:{request.id}", by=by, at=at, claim=claim_.id)
        tell_person(db.session, claim_.user_id, "promoted", request_id=request.id, at=at)
        promoted += 1
    return promoted


def _may_be_promoted(claim_: Claim, request: HelpRequest) -> bool:
    """Whether the rules of a claim still allow it: the request or the person's promises may have changed meanwhile."""
    mine, other = aliased(Claim), aliased(HelpRequest)
    promises = select(func.count()).where(mine.user_id == User.id, mine.state.in_(OPEN_PROMISES)).scalar_subquery()
    overlap = exists().where(
        mine.user_id == User.id,
        mine.state.in_(OPEN_PROMISES),
        mine.request_id == other.id,
        HelpRequest.id == request.id,
        other.id != HelpRequest.id,
        *same_time(other),
    )
    person = db.session.execute(
        select(User.age_group, promises.label("promises"), overlap.label("overlaps")).where(User.id == claim_.user_id)
    ).first()
    if person is None or person.overlaps or person.promises >= db.settings.max_open_claims:
        return False
    return policy.is_old_enough(person.age_group, request.min_age, min_age=db.settings.min_age)


def start(request_id: int, *, by: Viewer, at: datetime) -> Claim:
    """ "I have started", two hours before the request's hour at the earliest. Repeating it is harmless."""
    request = lock_request(request_id)
    mine = _my_claim(request, by)
    if mine.state == S.STARTED:
        return mine
    if is_before(at, start_opens(request)):
        raise NotAllowed("too_early")
    move(mine, Verb.START)
    mine.started_at = at
    db.session.flush()
    record(db.session, EventType.CLAIM_STARTED, f"request:{request.id}", by=by, at=at, claim=mine.id)
    return mine


def report(
    request_id: int,
    *,
    by: Viewer,
    at: datetime,
    minutes: int,
    word: str,
    credit: Credit,
    photo_keys: list[str],
    answer: str = "",
) -> Claim:
    """ "Done", once the hour has come: how long, a word, photos, and how to be shown. Waits for a coordinator then.

    Told once more, it comes with the ``answer`` to what a coordinator asked about it. The desk alone reads that.
    """
    request = lock_request(request_id)
    mine = _my_claim(request, by)
    if mine.state == S.REPORTED:
        return mine
    if is_before(at, begins_at(request)):
        raise NotAllowed("too_early")
    move(mine, Verb.REPORT)
    mine.minutes, mine.word, mine.credit, mine.reported_at = minutes, word, credit.value, at
    mine.answer = answer
    deeds.attach_to_claim(photo_keys, user_id=by.id, claim_id=mine.id)
    db.session.flush()
    record(
        db.session,
        EventType.CLAIM_REPORTED,
        f"request:{request.id}",
        by=by,
        at=at,
        claim=mine.id,
        minutes=minutes,
    )
    return mine


def confirm(claim_id: int, *, seen: str | None, by: Viewer, at: datetime, minutes: int) -> Claim:
    """A coordinator vouches: the hours are credited and, as the volunteer chose, a deed appears.

    Where the helped person says that they came and the volunteer never told of it, it is told with this, and no deed
    is shown: nobody chose how. Refused when the promise is no longer in the state ``seen``: a colleague may have a
    question about it. Repeating it is harmless.
    """
    claim_, request = lock_claim(claim_id)
    _must_settle(by, claim_, request)
    if claim_.state == S.CONFIRMED and claim_.minutes == minutes:
        return claim_
    _must_stand(claim_, seen)
    if claim_.is_vouched:
        _tell_for(claim_, request, by=by, at=at, minutes=minutes)
    move(claim_, Verb.CONFIRM)
    claim_.minutes, claim_.settled_at, claim_.confirmed_by_ref = minutes, at, by.public_ref
    if request.timing == Timing.REPEATING:
        request.taken -= claim_.people  # this week is done; the place is there again next week
    elif _is_done(request):
        request.due_at = min(request.due_at, at)  # nothing is left to do: off the board, and to the desk to be closed
    volunteer = db.session.get(User, claim_.user_id) if claim_.user_id else None
    if volunteer:
        volunteer.confirmed_minutes += minutes
    db.session.flush()
    deeds.credit_hours(request.region_code, minutes * claim_.people, at=at)
    record(
        db.session, EventType.CLAIM_CONFIRMED, f"request:{request.id}", by=by, at=at, claim=claim_id, minutes=minutes
    )
    deeds.publish_from_claim(claim_, request, volunteer, by=by, at=at)
    tell_person(db.session, claim_.user_id, "confirmed", request_id=request.id, at=at)
    return claim_


def _tell_for(claim_: Claim, request: HelpRequest, *, by: Viewer, at: datetime, minutes: int) -> None:
    move(claim_, Verb.REPORT)
    claim_.minutes, claim_.reported_at = minutes, at
    db.session.flush()
    told = f"request:{request.id}"
    record(db.session, EventType.CLAIM_REPORTED, told, by=by, at=at, claim=claim_.id, minutes=minutes)


def _is_done(request: HelpRequest) -> bool:
    """Whether every place was taken and every promise is confirmed."""
    unsettled = set(ACTIVE) - {S.WAITING}
    left = select(Claim.id).where(Claim.request_id == request.id, Claim.state.in_(unsettled)).limit(1)
    return request.free == 0 and db.session.scalars(left).first() is None


def unconfirm(claim_id: int, *, by: Viewer, at: datetime) -> Claim:
    """Take one's own confirmation back while it is fresh: the report waits again, as it was told.

    Hours and totals are taken back, and the deed that came of it is gone. Repeating it is harmless.
    """
    claim_, request = lock_claim(claim_id)
    _must_settle(by, claim_, request)
    if claim_.state == S.REPORTED:
        return claim_
    if claim_.state == S.CONFIRMED and not policy.can_take_back(by, claim_, at):
        raise NotAllowed("undo_over")
    _must_have_its_place(claim_, request)
    confirmed, confirmed_at = claim_.minutes or 0, claim_.settled_at or at
    move(claim_, Verb.UNCONFIRM)
    subject = f"request:{request.id}"
    reported = find_detail(db.session, subject, EventType.CLAIM_REPORTED, "minutes", claim=claim_id)
    claim_.minutes = reported or claim_.minutes
    claim_.settled_at = claim_.confirmed_by_ref = None
    if request.timing == Timing.REPEATING:
        request.taken += claim_.people
    elif request.due_at <= at:  # it was off the board as done
        request.due_at = due_at(request.timing, request.starts_at, request.ends_at, at=at)
    volunteer = db.session.get(User, claim_.user_id) if claim_.user_id else None
    if volunteer:
        volunteer.confirmed_minutes -= confirmed
    db.session.flush()
    deeds.take_back(claim_, by=by, at=at)
    deeds.credit_hours(request.region_code, -confirmed * claim_.people, at=confirmed_at)
    record(db.session, EventType.CLAIM_UNCONFIRMED, subject, by=by, at=at, claim=claim_id)
    tell_person(db.session, claim_.user_id, "unconfirmed", request_id=request.id, at=at)
    return claim_


def _must_have_its_place(claim_: Claim, request: HelpRequest) -> None:
    """Meanwhile somebody may have taken the place that a week leaves free, or its person has promised anew."""
    is_taken_again = request.timing == Timing.REPEATING and claim_.people > request.free
    if is_taken_again or (claim_.user_id and find_active_claim(db.session, request.id, claim_.user_id)):
        raise NotAllowed("moved_on")


def dispute(claim_id: int, *, by: Viewer, at: datetime, reason: str) -> Claim:
    """Something does not fit: the report waits until it is cleared up, and the volunteer is told why.

    Repeating it is harmless; another reason is refused, the volunteer would never read it.
    """
    claim_, request = lock_claim(claim_id)
    _must_settle(by, claim_, request)
    if claim_.state == S.DISPUTED and claim_.reason == reason:
        return claim_
    move(claim_, Verb.DISPUTE)
    claim_.reason, claim_.answer = reason, ""  # what was answered to an earlier question does not fit this one
    db.session.flush()
    record(db.session, EventType.CLAIM_DISPUTED, f"request:{request.id}", by=by, at=at, claim=claim_id)
    tell_person(db.session, claim_.user_id, "disputed", request_id=request.id, reason=reason, at=at)
    return claim_


def mark_no_show(claim_id: int, *, seen: str | None, by: Viewer, at: datetime) -> Claim:
    """The volunteer did not come; the place is free again. ``seen`` as in `confirm`: they may have reported since."""
    claim_, request = lock_claim(claim_id)
    _must_settle(by, claim_, request)
    if claim_.state == S.NO_SHOW:
        return claim_
    _must_stand(claim_, seen)
    if request.starts_at and at < request.starts_at:
        raise NotAllowed("too_early")
    move(claim_, Verb.NO_SHOW)
    claim_.settled_at = at
    request.taken -= claim_.people
    db.session.flush()
    record(db.session, EventType.CLAIM_NO_SHOW, f"request:{request.id}", by=by, at=at, claim=claim_id)
    tell_person(db.session, claim_.user_id, "no_show", request_id=request.id, at=at)
    promote_waiting(request, by=by, at=at)
    return claim_


def undo_no_show(claim_id: int, *, by: Viewer, at: datetime) -> Claim:
    """They did come: the promise has its place again and goes on from where it was. Repeating it is harmless."""
    claim_, request = lock_claim(claim_id)
    _must_settle(by, claim_, request)
    subject, undone = f"request:{request.id}", EventType.CLAIM_NO_SHOW_UNDONE
    if claim_.state != S.NO_SHOW and last_type(db.session, subject, [undone], claim=claim_id):
        return claim_
    if claim_.state == S.NO_SHOW and not policy.can_undo_no_show(by, claim_, request, at):
        raise NotAllowed("no_show_stays")
    _must_have_its_place(claim_, request)
    if not claim_.reported_at and not _may_be_promoted(claim_, request):
        raise NotAllowed("not_again")
    move(claim_, Verb.UNDO_NO_SHOW)
    for verb in WAY_BACK[last_type(db.session, subject, filter(None, WAY_BACK), claim=claim_id)]:
        move(claim_, verb)
    claim_.settled_at = None
    request.taken += claim_.people
    db.session.flush()
    record(db.session, undone, subject, by=by, at=at, claim=claim_id)
    tell_person(db.session, claim_.user_id, "no_show_undone", request_id=request.id, at=at)
    return claim_


def create(draft: HelpRequest, *, by: Viewer, at: datetime) -> HelpRequest:
    """A coordinator writes a request down. It is on the board only after `publish`."""
    _must_coordinate(by, draft)
    draft.status = R.RECEIVED.value
    draft.created_at, draft.created_by_id = at, by.id
    db.session.add(draft)
    db.session.flush()
    record(db.session, EventType.REQUEST_CREATED, f"request:{draft.id}", by=by, at=at, region=draft.region_code)
    return draft


def edit(
    request: HelpRequest, *, seen_version: int, by: Viewer, at: datetime, accepted: frozenset[str] = frozenset()
) -> None:
    """Record an edit of a locked request; refuse it when somebody else edited since ``seen_version``.

    What is on the board already must stay fit to be read: ``accepted`` as in `publish`.
    """
    _must_coordinate(by, request)
    if request.status == R.CLOSED:
        raise NotAllowed("moved_on")
    if request.version != seen_version:
        raise NotAllowed("edited")
    if request.capacity < request.taken:
        raise NotAllowed("capacity")
    _keep_four_eyes(request, by)
    looked_at = {} if request.status == R.RECEIVED else _check_changes(request, accepted)
    former = _carry_region(request)
    is_moved = any(inspect(request).attrs[name].history.has_changes() for name in ("timing", "starts_at", "ends_at"))
    request.version += 1
    db.session.flush()
    record(
        db.session,
        EventType.REQUEST_EDITED,
        f"request:{request.id}",
        by=by,
        at=at,
        version=request.version,
        **looked_at,
    )
    if former:
        _record_hand_over(request, former, by=by, at=at)
    _let_go_too_young(request, by=by, at=at)
    if is_moved:
        tell_promised(db.session, request.id, "moved", at=at)
    promote_waiting(request, by=by, at=at)


def _check_changes(request: HelpRequest, accepted: frozenset[str]) -> dict[str, str]:
    """Check the texts that an edit changes: what stood there before has been looked at."""
    words = {name: getattr(request, name) for name in (*WORDS, "briefing")}
    changes = {name for name in (*words, "for_person") if inspect(request).attrs[name].history.has_changes()}
    if "for_person" in changes:
        changes.add("briefing")  # another rule holds for it now
    return _check_words(request, *(words[name] if name in changes else "" for name in words), accepted=accepted)


def _check_words(
    request: HelpRequest, title: str, story: str, briefing: str, *, accepted: frozenset[str]
) -> dict[str, str]:
    """What a person's need tells those who promised is no more than what the board tells: contact opens in steps."""
    if request.for_person:
        return check_public(title, story, briefing, accepted=accepted)
    return check_public(title, story, briefing=briefing, accepted=accepted)


def _keep_four_eyes(request: HelpRequest, by: Viewer) -> None:
    """Two people stand behind the words of a request for someone: who wrote them last, and who publishes them."""
    was_for_person = bool((inspect(request).attrs.for_person.history.deleted or [request.for_person])[0])
    is_writer = by.id == request.created_by_id
    if is_writer and was_for_person and not request.for_person:
        raise NotAllowed("four_eyes")
    if request.status == R.RECEIVED:
        # With a requester the submitter is they, or who typed it in for them: whoever writes, another one publishes.
        request.created_by_id = request.created_by_id if request.requester_id else by.id
    elif is_writer and request.for_person and any(inspect(request).attrs[name].history.deleted for name in WORDS):
        raise NotAllowed("four_eyes")


def hand_over(request_id: int, region_code: str, *, seen_version: int, by: Viewer, at: datetime) -> HelpRequest:
    """Another region's desk takes the case on; promises stay as they are."""
    request = lock_request(request_id)
    _must_coordinate(by, request)
    if request.status == R.CLOSED or request.region_code == region_code:
        raise NotAllowed("moved_on")
    if request.version != seen_version:
        raise NotAllowed("look_again")
    former = request.region_code
    request.region_code, request.district_code = region_code, None
    request.search_text = search_text_of(request, places(db.session))
    _carry_region(request)
    request.version += 1
    db.session.flush()
    _record_hand_over(request, former, by=by, at=at)
    return request


def _carry_region(request: HelpRequest) -> str | None:
    """What the desks find by region goes where the request goes; the region that it leaves, if it does."""
    left = inspect(request).attrs.region_code.history.deleted
    if not left:
        return None
    for table in (Claim, CaseEntry):
        db.session.execute(update(table).where(table.request_id == request.id).values(region_code=request.region_code))
    return str(left[0])


def _record_hand_over(request: HelpRequest, former: str, *, by: Viewer, at: datetime) -> None:
    moved = {"former": former, "region": request.region_code}
    record(db.session, EventType.REQUEST_HANDED_OVER, f"request:{request.id}", by=by, at=at, **moved)


def _let_go_too_young(request: HelpRequest, *, by: Viewer, at: datetime) -> None:
    """When a request turns out to be for older people, those who are too young are free again, and told."""
    if policy.is_old_enough(AgeGroup.YOUNG, request.min_age, min_age=db.settings.min_age):
        return
    young = db.session.scalars(
        select(Claim)
        .join(User, User.id == Claim.user_id)
        .where(
            Claim.request_id == request.id,
            Claim.state.in_((ClaimState.WAITING, *OPEN_PROMISES)),
            User.age_group == AgeGroup.YOUNG.value,
        )
    ).all()
    for claim_ in young:
        _end_promise(request, claim_, Verb.REMOVE, EventType.CLAIM_REMOVED, reason="", by=by, at=at)
        tell_person(db.session, claim_.user_id, "removed", request_id=request.id, at=at)


def publish(
    request_id: int, *, seen_version: int, by: Viewer, at: datetime, accepted: frozenset[str] = frozenset()
) -> HelpRequest:
    """Put a request on the board. Who wrote it for someone needs another coordinator (four eyes).

    Four eyes are worth something only if they saw what goes up: it is refused when somebody changed the request since
    ``seen_version``. ``accepted``: the kinds of findings in its text that the coordinator has looked at and found to
    be fine. Repeating it is harmless.
    """
    request = lock_request(request_id)
    _must_coordinate(by, request)
    if request.status == R.OPEN:
        return request
    if request.status != R.RECEIVED:
        raise NotAllowed("moved_on")
    bar = policy.publish_bar(by, request)
    if bar:
        raise NotAllowed(bar)
    if request.version != seen_version:
        raise NotAllowed("changed_since")
    looked_at = _check_words(request, request.title, request.story, request.briefing, accepted=accepted)
    request.published_at = at
    _move_request(request, "publish", EventType.REQUEST_PUBLISHED, by=by, at=at, **looked_at)
    return request


def pause(request_id: int, *, by: Viewer, at: datetime) -> HelpRequest:
    """Take no more claims for now; those who promised keep their places."""
    request = lock_request(request_id)
    _must_coordinate(by, request)
    if request.status != R.PAUSED:
        _move_request(request, "pause", EventType.REQUEST_PAUSED, by=by, at=at)
    return request


def resume(request_id: int, *, by: Viewer, at: datetime) -> HelpRequest:
    """Take claims again."""
    request = lock_request(request_id)
    _must_coordinate(by, request)
    if request.status != R.OPEN:
        _move_request(request, "resume", EventType.REQUEST_RESUMED, by=by, at=at)
        promote_waiting(request, by=by, at=at)
    return request


def close(request_id: int, *, by: Viewer, at: datetime, outcome: Outcome) -> HelpRequest:
    """End a request; promises not yet begun end with it and their people are told. Reports stay to be confirmed, and
    who has begun may still tell of it.

    Repeating it is harmless; what has ended in another way is refused.
    """
    request = lock_with_duplicates(request_id)[request_id]
    _must_coordinate(by, request)
    if request.status == R.CLOSED and request.outcome == outcome:
        return request
    if request.status == R.CLOSED:
        raise NotAllowed("closed_otherwise")
    _close(request, outcome, by=by, at=at)
    return request


def end(request: HelpRequest, outcome: Outcome, *, by: Actor, at: datetime) -> int:
    """The person whose need it is calls it off (see `accelerator.help`); how many who promised or wait are told.

    The caller holds the locks of the request and its duplicates.
    """
    return _close(request, outcome, by=by, at=at)


def _close(request: HelpRequest, outcome: Outcome, *, by: Actor, at: datetime) -> int:
    request.outcome, request.closed_at = outcome.value, at
    _move_request(request, "close", EventType.REQUEST_CLOSED, by=by, at=at, outcome=outcome.value)
    promises = db.session.scalars(
        select(Claim).where(Claim.request_id == request.id, Claim.state.in_((*OPEN_PROMISES, ClaimState.WAITING)))
    ).all()
    for claim_ in promises:
        has_begun = claim_.state == S.STARTED or claim_.is_vouched
        if not has_begun:
            _end_promise(request, claim_, Verb.REMOVE, EventType.CLAIM_REMOVED, reason="", by=by, at=at)
        tell_person(db.session, claim_.user_id, "closed_begun" if has_begun else "closed", request_id=request.id, at=at)
    if _leaves_others(request, outcome):
        for duplicate_id in list_still_needed(db.session, request):
            _reopen(lock_request(duplicate_id), at=at)
    return len(promises)


def _leaves_others(request: HelpRequest, outcome: Outcome) -> bool:
    """Whether what was put together with a request is needed still: nobody came, or it was needed each week."""
    if outcome == Outcome.DUPLICATE:
        return request.duplicate_of_id is None  # closed as such, without saying of which
    return outcome in WITHOUT_HELP or request.timing == Timing.REPEATING


def _reopen(request: HelpRequest, *, at: datetime) -> None:
    """A duplicate whose other request has ended without help is a need of its own again, to be verified anew."""
    _end_begun(request, Verb.REMOVE, EventType.CLAIM_REMOVED, "closed", at=at)
    former = request.duplicate_of_id or 0
    request.outcome = request.closed_at = request.duplicate_of_id = None
    request.verified_at = request.verified_by_id = request.published_at = None
    request.created_at = at
    request.due_at = due_at(request.timing, request.starts_at, request.ends_at, at=at)
    _move_request(request, "reopen", EventType.REQUEST_REOPENED, by=SYSTEM, at=at, former=former)


def _move_request(
    request: HelpRequest, verb: str, type: EventType, *, by: Actor, at: datetime, **details: str | int
) -> None:
    new = REQUEST_MOVES.get((RequestStatus(request.status), verb))
    if new is None:
        raise NotAllowed("moved_on")
    request.status = new.value
    request.version += 1
    db.session.flush()
    record(db.session, type, f"request:{request.id}", by=by, at=at, **details)


def move(claim_: Claim, verb: Verb) -> None:
    """Change a locked claim's state as `CLAIM_MOVES` allows, else refuse: somebody was faster."""
    new = CLAIM_MOVES.get((ClaimState(claim_.state), verb))
    if new is None:
        raise NotAllowed("moved_on")
    claim_.state = new.value


def lock_request(request_id: int) -> HelpRequest:
    """The request, read fresh and locked until the transaction ends."""
    request = db.session.scalars(
        select(HelpRequest)
        .where(HelpRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if request is None:
        raise NotFound
    return request


def lock_with_duplicates(*request_ids: int) -> dict[int, HelpRequest]:
    """Requests and what was put together with them, by number, locked in that order: ending one may reopen another."""
    together = or_(HelpRequest.id.in_(request_ids), HelpRequest.duplicate_of_id.in_(request_ids))
    found = select(HelpRequest.id).where(together).order_by(HelpRequest.id)
    locked: dict[int, HelpRequest] = {}
    # Until all are held: while we waited for one, a colleague may have put another one to it.
    while missing := [id_ for id_ in db.session.scalars(found).all() if id_ not in locked]:
        locked |= {id_: lock_request(id_) for id_ in missing}
    if not set(request_ids) <= locked.keys():
        raise NotFound
    return locked


def lock_claim(claim_id: int) -> tuple[Claim, HelpRequest]:
    """A claim and its request, with its person: the request's lock protects both, the person's their hours."""
    found = db.session.get(Claim, claim_id)
    if found is None:
        raise NotFound
    if found.user_id:
        lock_user(db.session, found.user_id)
    request = lock_request(found.request_id)
    db.session.refresh(found)
    return found, request


def _my_claim(request: HelpRequest, by: Viewer) -> Claim:
    mine = find_active_claim(db.session, request.id, by.id)
    if mine is None:
        end = end_of_promise(db.session, request.id, by.id)
        raise NotAllowed(end) if end else NotFound()
    return mine


def _must_coordinate(by: Viewer, request: HelpRequest) -> None:
    if not policy.can_coordinate(by, request.region_code):
        raise NotFound


def _must_stand(claim_: Claim, seen: str | None) -> None:
    if claim_.state != seen:
        raise NotAllowed("moved_on")


def _must_settle(by: Viewer, claim_: Claim, request: HelpRequest) -> None:
    _must_coordinate(by, request)
    if not policy.can_settle(by, claim_, request):
        raise NotAllowed("own")


def due_at(timing: str, starts_at: datetime | None, ends_at: datetime | None, *, at: datetime) -> datetime:
    """Where a request stands on the board: its hour, its deadline, or three months from now."""
    return starts_at or ends_at or at + timedelta(days=90)


#: How long whoever has begun can still tell of it after a request was closed.
TELL_WITHIN = timedelta(days=7)


def let_time_pass(*, at: datetime, limit: int = 200) -> int:
    """Move what the clock decides, so many requests at a time; how many were moved."""
    return _pass_hours(at=at, limit=limit) + _let_lapse(at=at, limit=limit)


def _pass_hours(*, at: datetime, limit: int) -> int:
    """Weekly requests go to their next week, untouched old ones are "expired".

    A request whose hour has passed while people hold places stays: its coordinator settles it, and may find that
    somebody did come who was noted as missing. A weekly one moves on as soon as nobody holds a place of the week
    that is over.
    """
    is_weekly = (HelpRequest.timing == Timing.REPEATING.value) & HelpRequest.starts_at.is_not(None)
    past = db.session.scalars(
        select(HelpRequest)
        .where(
            HelpRequest.status == R.OPEN.value,
            HelpRequest.taken == 0,
            or_(
                (HelpRequest.due_at < at - timedelta(days=1)) & ~_has_late_no_show(at),
                is_weekly & (HelpRequest.due_at < at),
            ),
        )
        .order_by(HelpRequest.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)  # what somebody is changing right now is left for the next time
    ).all()
    held = _with_duplicates_held(past)
    for request in held:
        if request.timing == Timing.REPEATING and request.starts_at:
            _next_week(request, at=at)
        else:
            _close(request, Outcome.EXPIRED, by=SYSTEM, at=at)
    return len(held)


def _with_duplicates_held(requests: Sequence[HelpRequest]) -> list[HelpRequest]:
    """Those of them whose duplicates nobody is changing right now; these are locked then, before the first event."""
    theirs = select(HelpRequest.id, HelpRequest.duplicate_of_id).where(
        HelpRequest.duplicate_of_id.in_([request.id for request in requests])
    )
    held = {row.id for row in db.session.execute(theirs.with_for_update(skip_locked=True))}
    busy = {row.duplicate_of_id for row in db.session.execute(theirs) if row.id not in held}
    return [request for request in requests if request.id not in busy]


def _has_late_no_show(at: datetime) -> ColumnElement[bool]:
    """Whether somebody was noted as missing so lately that it may be taken back."""
    return exists().where(
        Claim.request_id == HelpRequest.id,
        Claim.state == S.NO_SHOW.value,
        Claim.settled_at > at - policy.NO_SHOW_UNDO_WITHIN,
    )


def _let_lapse(*, at: datetime, limit: int) -> int:
    """Promises begun on what was closed `TELL_WITHIN` ago, and never told of, end by themselves: they would count
    among their volunteer's promises for ever. Where the helped person says that they came, nothing lapses.

    Only what was closed has ``closed_at``; asked for the status as well, SQLite would go through all that is closed.
    """
    begun = select(Claim.request_id).where(text(MAY_LAPSE))
    closed = db.session.scalars(
        select(HelpRequest)
        .where(HelpRequest.id.in_(begun), HelpRequest.closed_at < at - TELL_WITHIN)
        .order_by(HelpRequest.closed_at)
        .limit(limit)
        .with_for_update(skip_locked=True)  # as above
    ).all()
    for request in closed:
        _end_begun(request, Verb.LAPSE, EventType.CLAIM_LAPSED, "lapsed", at=at)
    return len(closed)


def _end_begun(request: HelpRequest, verb: Verb, type: EventType, news: str, *, at: datetime) -> None:
    """End what was begun on a closed request, and nobody vouches for; ``news`` is what their people are told."""
    for claim_ in db.session.scalars(select(Claim).where(Claim.request_id == request.id, text(MAY_LAPSE))).all():
        _end_promise(request, claim_, verb, type, reason="", by=SYSTEM, at=at)
        tell_person(db.session, claim_.user_id, news, request_id=request.id, at=at)


def _next_week(request: HelpRequest, *, at: datetime) -> None:
    weeks = (at - request.due_at) // timedelta(days=7) + 1
    request.starts_at = request.due_at = request.due_at + weeks * timedelta(days=7)
    request.ends_at = request.starts_at + timedelta(minutes=request.minutes)
    request.version += 1
    db.session.flush()
    record(db.session, EventType.REQUEST_EDITED, f"request:{request.id}", by=SYSTEM, at=at, version=request.version)
    promote_waiting(request, by=SYSTEM, at=at)
