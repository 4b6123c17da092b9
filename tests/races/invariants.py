"""What is true of the whole database after every committed transaction, whatever happened before it."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accelerator.accounts.models import User
from accelerator.board.models import ACTIVE, Claim, ClaimState, Credit, HelpRequest, RequestStatus, Timing
from accelerator.deeds.commands import recompute
from accelerator.deeds.models import DayTotal, Deed, DeedReport, DeedStatus, DeedThanks
from accelerator.help.models import CaseEntry
from accelerator.integrity.models import IntegrityEvent, IntegrityHead

#: States that hold a place.
HOLDING = frozenset(
    {ClaimState.CLAIMED, ClaimState.STARTED, ClaimState.REPORTED, ClaimState.CONFIRMED, ClaimState.DISPUTED}
)
CLAIM_AFTER = {
    "claim.taken": ClaimState.CLAIMED,
    "claim.waiting": ClaimState.WAITING,
    "claim.promoted": ClaimState.CLAIMED,
    "claim.started": ClaimState.STARTED,
    "claim.released": ClaimState.RELEASED,
    "claim.removed": ClaimState.REMOVED,
    "claim.reported": ClaimState.REPORTED,
    "claim.confirmed": ClaimState.CONFIRMED,
    "claim.unconfirmed": ClaimState.REPORTED,
    "claim.disputed": ClaimState.DISPUTED,
    "claim.no_show": ClaimState.NO_SHOW,
    "claim.lapsed": ClaimState.LAPSED,
}
#: Where a promise stands again when a no-show is taken back: the first of these that it had reached.
REQUEST_AFTER = {
    "request.created": RequestStatus.RECEIVED,
    "request.published": RequestStatus.OPEN,
    "request.paused": RequestStatus.PAUSED,
    "request.resumed": RequestStatus.OPEN,
    "request.closed": RequestStatus.CLOSED,
    "request.reopened": RequestStatus.RECEIVED,
}


def check_everything(session: Session) -> None:
    """Fail with all that does not fit together."""
    session.expire_all()
    checks = (wrong_places, wrong_regions, wrong_log, wrong_people, wrong_deeds)
    wrong = [sentence for check in checks for sentence in check(session)]
    assert not wrong, "\n".join(wrong[:20])


def wrong_regions(session: Session) -> Iterator[str]:
    """What repeats the region of its parent says the same as the parent."""
    pairs = ((Claim, Claim.request_id, HelpRequest), (CaseEntry, CaseEntry.request_id, HelpRequest))
    for table, key, parent in (*pairs, (DeedReport, DeedReport.deed_id, Deed)):
        astray = select(table.id).join(parent, parent.id == key).where(table.region_code != parent.region_code)
        yield from (f"{table.__tablename__} {id_} is not where its parent is" for id_ in session.scalars(astray))


def wrong_places(session: Session) -> Iterator[str]:
    """``taken`` and ``waiting`` are what the claims say, and never more than there is."""
    holding: Counter[int] = Counter()
    waiting: Counter[int] = Counter()
    active: Counter[tuple[int, int | None]] = Counter()
    weekly = set(session.scalars(select(HelpRequest.id).where(HelpRequest.timing == Timing.REPEATING.value)).all())
    for claim in session.scalars(select(Claim)):
        is_over = claim.state == ClaimState.CONFIRMED and claim.request_id in weekly
        if claim.state in HOLDING and not is_over:
            holding[claim.request_id] += claim.people
        if claim.state == ClaimState.WAITING:
            waiting[claim.request_id] += 1
        if claim.state in ACTIVE and claim.user_id:
            active[claim.request_id, claim.user_id] += 1
    for request in session.scalars(select(HelpRequest)):
        if (request.taken, request.waiting) != (holding[request.id], waiting[request.id]):
            yield (
                f"request {request.id}: taken {request.taken}, waiting {request.waiting}; "
                f"its claims say {holding[request.id]} and {waiting[request.id]}"
            )
        if not 0 <= request.taken <= request.capacity:
            yield f"request {request.id}: {request.taken} of {request.capacity} taken"
        if request.status == RequestStatus.CLOSED and waiting[request.id]:
            yield f"request {request.id} is closed and {waiting[request.id]} still wait"
    yield from (
        f"{count} active claims of person {who} on request {on}" for (on, who), count in active.items() if count > 1
    )


def wrong_log(session: Session) -> Iterator[str]:
    """The numbers have no gaps, and the events, played again, lead to what the tables say."""
    events = session.execute(select(IntegrityEvent).order_by(IntegrityEvent.seq)).scalars().all()
    head = session.scalars(select(IntegrityHead.seq)).one()
    if [event.seq for event in events] != list(range(1, head + 1)):
        yield f"{len(events)} events up to number {events[-1].seq if events else 0}, the head says {head}"
    claims: dict[int, ClaimState] = {}
    requests: dict[int, RequestStatus] = {}
    begun: Counter[int] = Counter()
    missing: dict[int, ClaimState] = {}
    for event in events:
        body: dict[str, Any] = json.loads(event.body)
        if (body["seq"], body["type"], body["subject"]) != (event.seq, event.type, event.subject):
            yield f"event {event.seq} has a body that says {body}"
        if event.type == "claim.no_show":
            missing[body["claim"]] = claims[body["claim"]]
        if event.type in CLAIM_AFTER:
            claims[body["claim"]] = CLAIM_AFTER[event.type]
            begun[body["claim"]] += event.type in ("claim.taken", "claim.waiting")
        if event.type == "claim.no_show_undone":
            claims[body["claim"]] = missing[body["claim"]]
        if event.type in REQUEST_AFTER:
            requests[int(event.subject.partition(":")[2])] = REQUEST_AFTER[event.type]
    kept = {claim_id: ClaimState(state) for claim_id, state in session.execute(select(Claim.id, Claim.state)).all()}
    for claim_id in kept.keys() | claims.keys():
        if kept.get(claim_id) != claims.get(claim_id) or begun[claim_id] != 1:
            yield (
                f"claim {claim_id} is {kept.get(claim_id)}; the log says {claims.get(claim_id)}, "
                f"begun {begun[claim_id]} times"
            )
    for request_id, status in session.execute(select(HelpRequest.id, HelpRequest.status)):
        if request_id in requests and requests[request_id] != status:
            yield f"request {request_id} is {status}; the log says {requests[request_id]}"


def wrong_people(session: Session) -> Iterator[str]:
    """Everybody is credited with exactly the time that was confirmed."""
    confirmed = (
        select(Claim.user_id, func.sum(Claim.minutes))
        .where(Claim.state == ClaimState.CONFIRMED.value, Claim.user_id.is_not(None))
        .group_by(Claim.user_id)
    )
    earned = {who: int(minutes) for who, minutes in session.execute(confirmed)}
    for who, minutes in session.execute(select(User.id, User.confirmed_minutes)):
        if minutes != earned.get(who, 0):
            yield f"person {who} is credited with {minutes} minutes, confirmed were {earned.get(who, 0)}"


def wrong_deeds(session: Session) -> Iterator[str]:
    """One deed for each confirmed claim that may be shown; thanks and totals are what was counted."""
    shown = select(Claim.id).where(
        Claim.state == ClaimState.CONFIRMED.value, Claim.credit.in_((Credit.NAME.value, Credit.SOMEONE.value))
    )
    due = Counter(session.scalars(shown).all())
    made = Counter(session.scalars(select(Deed.claim_id).where(Deed.claim_id.is_not(None))).all())
    if due != made:
        yield f"deeds of claims: {made - due} too many, {due - made} missing"
    thanked = Counter(session.scalars(select(DeedThanks.deed_id)).all())
    for deed_id, thanks in session.execute(select(Deed.id, Deed.thanks)):
        if thanks != thanked[deed_id]:
            yield f"deed {deed_id} says {thanks} thanks, {thanked[deed_id]} readers thanked"
    for deed_id in session.scalars(
        select(Deed.id).where(Deed.status == DeedStatus.PUBLISHED.value, Deed.published_at.is_(None))
    ):
        yield f"deed {deed_id} is published but not dated"
    kept = {
        (row.day, row.region_code): (row.deeds, row.minutes)
        for row in session.scalars(select(DayTotal))
        if row.deeds or row.minutes
    }
    if kept != recompute(session):
        yield f"totals kept {kept}, counted {recompute(session)}"
