"""The tables of moves drive everything: what they name works once, what they do not name changes nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from accelerator.board import transitions as board
from accelerator.board.models import Claim, ClaimState, Credit, HelpRequest, Outcome, RequestStatus
from accelerator.board.transitions import CLAIM_MOVES, REQUEST_MOVES, Verb
from accelerator.clock import utcnow
from accelerator.errors import NotAllowed, NotFound
from accelerator.extensions import db
from tests.cast import Cast, viewer_of
from tests.factories import make_request
from tests.races.invariants import HOLDING
from tests.steps import claim_now, count_events, events_of, request_now, take

EVENT = {
    Verb.PROMOTE: "claim.promoted",
    Verb.START: "claim.started",
    Verb.RELEASE: "claim.released",
    Verb.REPORT: "claim.reported",
    Verb.CONFIRM: "claim.confirmed",
    Verb.DISPUTE: "claim.disputed",
    Verb.REMOVE: "claim.removed",
    Verb.NO_SHOW: "claim.no_show",
    Verb.UNCONFIRM: "claim.unconfirmed",
    Verb.UNDO_NO_SHOW: "claim.no_show_undone",
    Verb.LAPSE: "claim.lapsed",
}
#: Verbs that may be repeated: the state that they lead to answers quietly. That somebody did come is no news only
#: where it was noted that they did not.
QUIET = {(CLAIM_MOVES[move], move[1]) for move in CLAIM_MOVES if move[1] is not Verb.UNDO_NO_SHOW}


def make_claim(cast: Cast, state: ClaimState) -> int:
    """Ben's claim in any state, its request's places counted to fit."""
    request_id = make_request(capacity=3)
    claim_id = take(request_id, cast.ben)
    with db.transaction() as session:
        claim, request = session.get_one(Claim, claim_id), session.get_one(HelpRequest, request_id)
        claim.state, claim.minutes, claim.credit = state.value, 30, Credit.HIDDEN.value
        if state is ClaimState.CONFIRMED:
            claim.settled_at, claim.confirmed_by_ref = utcnow(), cast.dee.public_ref
        if state is ClaimState.NO_SHOW:
            claim.settled_at = utcnow()
        request.taken, request.waiting = int(state in HOLDING), int(state is ClaimState.WAITING)
    return claim_id


def verbs(cast: Cast, claim_id: int) -> dict[Verb, Callable[[], object]]:
    """Each verb, done by whoever does it."""
    request_id = claim_now(claim_id).request_id
    ben, dee, at = viewer_of(cast.ben), viewer_of(cast.dee), utcnow()

    def promote() -> None:
        board.promote_waiting(board.lock_request(request_id), by=dee, at=at)

    def lapse() -> None:
        request = board.lock_request(request_id)
        request.status, request.outcome, request.closed_at = "closed", "fulfilled", at - timedelta(days=8)
        board.let_time_pass(at=at)

    return {
        Verb.PROMOTE: promote,
        Verb.START: lambda: board.start(request_id, by=ben, at=at),
        Verb.RELEASE: lambda: board.release(request_id, by=ben, at=at),
        Verb.REPORT: lambda: board.report(
            request_id, by=ben, at=at, minutes=5, word="", credit=Credit.HIDDEN, photo_keys=[]
        ),
        Verb.CONFIRM: lambda: board.confirm(claim_id, seen=claim_now(claim_id).state, by=dee, at=at, minutes=30),
        Verb.DISPUTE: lambda: board.dispute(claim_id, by=dee, at=at, reason=""),
        Verb.REMOVE: lambda: board.remove(claim_id, by=dee, at=at, reason="?"),
        Verb.NO_SHOW: lambda: board.mark_no_show(claim_id, seen=claim_now(claim_id).state, by=dee, at=at),
        Verb.UNCONFIRM: lambda: board.unconfirm(claim_id, by=dee, at=at),
        Verb.UNDO_NO_SHOW: lambda: board.undo_no_show(claim_id, by=dee, at=at),
        Verb.LAPSE: lapse,
    }


def standing(claim_id: int) -> tuple[object, ...]:
    claim = claim_now(claim_id)
    request = request_now(claim.request_id)
    return (claim.state, claim.minutes, claim.reason, request.taken, request.waiting, request.version, count_events())


@pytest.mark.parametrize("state", ClaimState)
def test_each_verb_on_a_claim_does_what_the_table_says(context: Flask, cast: Cast, state: ClaimState) -> None:
    for verb in Verb:
        claim_id = make_claim(cast, state)
        before = standing(claim_id)
        new = CLAIM_MOVES.get((state, verb))
        if new is None:
            is_free = verb is Verb.RELEASE and state in (ClaimState.RELEASED, ClaimState.CONFIRMED)
            if (state, verb) in QUIET or verb in (Verb.PROMOTE, Verb.LAPSE) or is_free:
                with db.transaction():  # it is so already, or nobody is there to move: answered quietly
                    verbs(cast, claim_id)[verb]()
            else:
                with pytest.raises((NotAllowed, NotFound)), db.transaction():
                    verbs(cast, claim_id)[verb]()
            assert standing(claim_id) == before, (state, verb)
        else:
            with db.transaction():
                verbs(cast, claim_id)[verb]()
            claim = claim_now(claim_id)
            assert claim.state == new
            request = request_now(claim.request_id)
            assert (request.taken, request.waiting) == (int(new in HOLDING), 0), (state, verb)
            assert count_events() == before[-1] + 1, (state, verb)
            assert events_of(f"request:{request.id}")[-1] == EVENT[verb]
        with db.transaction() as session:  # Ben is free for the next round
            session.get_one(Claim, claim_id).state = ClaimState.RELEASED.value


def test_a_claim_of_another_state_is_refused_in_words(context: Flask, cast: Cast) -> None:
    """The same through the function that every verb uses."""
    for state in ClaimState:
        for verb in Verb:
            claim = Claim(state=state.value)
            if (state, verb) in CLAIM_MOVES:
                board.move(claim, verb)
                assert claim.state == CLAIM_MOVES[state, verb]
            else:
                with pytest.raises(NotAllowed) as refused:
                    board.move(claim, verb)
                assert refused.value.reason == "moved_on"
                assert claim.state == state


REQUEST_EVENT = {
    "publish": "request.published",
    "pause": "request.paused",
    "resume": "request.resumed",
    "close": "request.closed",
}


@pytest.mark.parametrize("state", RequestStatus)
@pytest.mark.parametrize("verb", REQUEST_EVENT)
def test_each_verb_on_a_request_does_what_the_table_says(
    context: Flask, cast: Cast, state: RequestStatus, verb: str
) -> None:
    request_id = make_request(status=state)
    dee, at = viewer_of(cast.dee), utcnow()
    outcome = Outcome(request_now(request_id).outcome or Outcome.WITHDRAWN)
    act: Callable[[], object] = {
        "publish": lambda: board.publish(request_id, seen_version=request_now(request_id).version, by=dee, at=at),
        "pause": lambda: board.pause(request_id, by=dee, at=at),
        "resume": lambda: board.resume(request_id, by=dee, at=at),
        "close": lambda: board.close(request_id, by=dee, at=at, outcome=outcome),
    }[verb]
    before, events = request_now(request_id), count_events()
    kept = (before.status, before.version, before.outcome, before.published_at, before.closed_at)
    new = REQUEST_MOVES.get((state, verb))
    if new is not None:
        with db.transaction():
            act()
        after = request_now(request_id)
        assert after.status == new
        assert (after.outcome is not None) == (new is RequestStatus.CLOSED)
        assert count_events() == events + 1
        assert events_of(f"request:{request_id}")[-1] == REQUEST_EVENT[verb]
        return
    is_repeat = state in {to for (_, name), to in REQUEST_MOVES.items() if name == verb}
    if is_repeat:
        with db.transaction():
            act()
    else:
        with pytest.raises(NotAllowed) as refused, db.transaction():
            act()
        assert refused.value.reason == "moved_on"
    after = request_now(request_id)
    assert (after.status, after.version, after.outcome, after.published_at, after.closed_at) == kept
    assert count_events() == events


def test_every_verb_and_every_state_is_in_the_tables() -> None:
    assert {verb for _, verb in CLAIM_MOVES} == set(Verb)
    assert {*(old for old, _ in CLAIM_MOVES), *CLAIM_MOVES.values()} == set(ClaimState)
    assert {*(old for old, _ in REQUEST_MOVES), *REQUEST_MOVES.values()} == set(RequestStatus)
    ends = set(ClaimState) - {old for old, _ in CLAIM_MOVES}
    assert ends == {ClaimState.RELEASED, ClaimState.REMOVED, ClaimState.LAPSED}
