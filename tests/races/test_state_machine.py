"""A small model of one request and its people; whatever happens in whatever order, the tables agree with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import event, select

from accelerator import create_app
from accelerator.accounts.models import Role
from accelerator.board import transitions as board
from accelerator.board.models import ACTIVE, Claim, ClaimState, Credit, HelpRequest, Outcome, RequestStatus
from accelerator.board.transitions import CLAIM_MOVES, REQUEST_MOVES, ClaimRefused, Verb
from accelerator.clock import utcnow
from accelerator.errors import NotAllowed, NotFound
from accelerator.extensions import db
from accelerator.policy import ClaimBar
from accelerator.reference import forget_places
from tests.databases import fresh_database, make_settings
from tests.factories import make_request
from tests.races.crowd import Member, crowd
from tests.races.invariants import HOLDING, check_everything

S = ClaimState
PEOPLE = 5


@dataclass
class Promise:
    """A claim as the model sees it."""

    id: int
    who: int
    people: int
    state: ClaimState
    #: How far it had come, should it be noted by mistake that nobody came.
    reached: ClaimState = S.CLAIMED


class Board(RuleBasedStateMachine):
    """One request, five volunteers, one coordinator."""

    members: list[Member]
    dee: Member

    def __init__(self) -> None:
        super().__init__()
        self.request_id = make_request(capacity=2)
        self.capacity = 2
        self.status = RequestStatus.OPEN
        self.is_done = False  # every place was taken and confirmed: off the board
        self.promises: list[Promise] = []

    # What the model knows

    def active(self, who: int) -> Promise | None:
        return next((p for p in self.promises if p.who == who and p.state in ACTIVE), None)

    def last_state(self, who: int) -> S | None:
        return next((p.state for p in reversed(self.promises) if p.who == who), None)

    def has_lost(self, who: int) -> bool:
        """Whether somebody else ended their last promise."""
        return self.last_state(who) in (S.REMOVED, S.NO_SHOW)

    @property
    def taken(self) -> int:
        return sum(p.people for p in self.promises if p.state in HOLDING)

    def promote(self) -> None:
        """Places that are free go to those who wait, in their order; a group that does not fit is passed over."""
        for promise in self.promises:
            fits = self.taken + promise.people <= self.capacity
            is_open = self.status is RequestStatus.OPEN and not self.is_done
            if is_open and promise.state is S.WAITING and fits:
                promise.state = S.CLAIMED

    def bar(self, who: int, people: int) -> ClaimBar | None:
        if self.is_done or self.status is RequestStatus.CLOSED:
            return ClaimBar.CLOSED
        if self.status is RequestStatus.PAUSED:
            return ClaimBar.PAUSED
        if people > self.capacity:
            return ClaimBar.TOO_FEW_PLACES
        return ClaimBar.FULL if self.taken + people > self.capacity else None

    # What people do

    @rule(who=st.integers(0, PEOPLE - 1), people=st.sampled_from((1, 1, 1, 2, 3)), may_wait=st.booleans())
    def claim(self, who: int, people: int, may_wait: bool) -> None:
        before, bar = self.active(who), self.bar(who, people)
        by = self.members[who].viewer()
        if before is None and bar and not (bar is ClaimBar.FULL and may_wait):
            with pytest.raises(ClaimRefused) as refused, db.transaction():
                board.claim(self.request_id, by=by, at=utcnow(), people=people, may_wait=may_wait)
            assert refused.value.bar is bar
            return
        with db.transaction():
            taken = board.claim(self.request_id, by=by, at=utcnow(), people=people, may_wait=may_wait)
        if before:
            assert (taken.claim.id, taken.claim.state, taken.is_new) == (before.id, before.state, False)
            return
        self.promises.append(Promise(taken.claim.id, who, people, S.WAITING if bar else S.CLAIMED))

    @rule(who=st.integers(0, PEOPLE - 1))
    def release(self, who: int) -> None:
        mine = self.active(who)
        is_refused = (mine.state, Verb.RELEASE) not in CLAIM_MOVES if mine else self.has_lost(who)
        with self.refusal(is_refused):
            board.release(self.request_id, by=self.members[who].viewer(), at=utcnow())
        self.moved(mine, Verb.RELEASE, frees=True)

    @rule(who=st.integers(0, PEOPLE - 1))
    def start(self, who: int) -> None:
        mine = self.active(who)
        if mine is None:
            is_told_why = self.has_lost(who) or self.last_state(who) is S.RELEASED
            with pytest.raises(NotAllowed if is_told_why else NotFound), db.transaction():
                board.start(self.request_id, by=self.members[who].viewer(), at=utcnow())
            return
        with self.refusal(mine.state is not S.STARTED and (mine.state, Verb.START) not in CLAIM_MOVES):
            board.start(self.request_id, by=self.members[who].viewer(), at=utcnow())
        self.moved(mine, Verb.START)

    @rule(who=st.integers(0, PEOPLE - 1), credit=st.sampled_from(Credit))
    def report(self, who: int, credit: Credit) -> None:
        mine = self.active(who)
        if mine is None:
            return
        with self.refusal(mine.state is not S.REPORTED and (mine.state, Verb.REPORT) not in CLAIM_MOVES):
            board.report(
                self.request_id,
                by=self.members[who].viewer(),
                at=utcnow(),
                minutes=25,
                word="Done",
                credit=credit,
                photo_keys=[],
            )
        self.moved(mine, Verb.REPORT)

    # What a coordinator does

    @precondition(lambda self: self.promises)
    @rule(data=st.data(), verb=st.sampled_from((Verb.REMOVE, Verb.CONFIRM, Verb.DISPUTE, Verb.NO_SHOW)))
    def settle(self, data: st.DataObject, verb: Verb) -> None:
        promise = data.draw(st.sampled_from(self.promises))
        by, at = self.dee.viewer(), utcnow()
        is_repeat = (
            promise.state
            is {
                Verb.REMOVE: S.REMOVED,
                Verb.CONFIRM: S.CONFIRMED,
                Verb.DISPUTE: S.DISPUTED,
                Verb.NO_SHOW: S.NO_SHOW,
            }[verb]
        )
        with self.refusal(not is_repeat and (promise.state, verb) not in CLAIM_MOVES):
            if verb is Verb.REMOVE:
                board.remove(promise.id, by=by, at=at, reason="Rain")
            elif verb is Verb.CONFIRM:
                board.confirm(promise.id, seen=promise.state, by=by, at=at, minutes=30)
            elif verb is Verb.DISPUTE:
                board.dispute(promise.id, by=by, at=at, reason="Really?")
            else:
                board.mark_no_show(promise.id, seen=promise.state, by=by, at=at)
        was_confirmed = promise.state is S.CONFIRMED
        self.moved(promise, verb, frees=verb in (Verb.REMOVE, Verb.NO_SHOW))
        if promise.state is S.CONFIRMED and not was_confirmed:
            is_settled = all(p.state is S.WAITING or p.state not in ACTIVE for p in self.promises)
            self.is_done |= is_settled and self.taken == self.capacity

    @precondition(lambda self: any(p.state is S.NO_SHOW for p in self.promises))
    @rule(data=st.data())
    def undo_no_show(self, data: st.DataObject) -> None:
        promise = data.draw(st.sampled_from([p for p in self.promises if p.state is S.NO_SHOW]))
        is_gone = self.status is RequestStatus.CLOSED or self.taken + promise.people > self.capacity
        is_refused = is_gone or self.active(promise.who) is not None
        with self.refusal(is_refused):
            board.undo_no_show(promise.id, by=self.dee.viewer(), at=utcnow())
        if not is_refused:
            promise.state = promise.reached

    @rule(verb=st.sampled_from(("pause", "resume", "resume")))
    def pause_or_resume(self, verb: str) -> None:
        target = RequestStatus.PAUSED if verb == "pause" else RequestStatus.OPEN
        step = board.pause if verb == "pause" else board.resume
        with self.refusal(self.status is not target and (self.status, verb) not in REQUEST_MOVES):
            step(self.request_id, by=self.dee.viewer(), at=utcnow())
        self.status = REQUEST_MOVES.get((self.status, verb), self.status)
        self.promote()

    @rule(capacity=st.integers(1, 5))
    def edit_capacity(self, capacity: int) -> None:
        with self.refusal(self.status is RequestStatus.CLOSED or capacity < self.taken):
            request = board.lock_request(self.request_id)
            seen = request.version
            request.capacity = capacity
            board.edit(request, seen_version=seen, by=self.dee.viewer(), at=utcnow())
        if self.status is not RequestStatus.CLOSED and capacity >= self.taken:
            self.capacity = capacity
            self.promote()

    @precondition(lambda self: len(self.promises) > 4)
    @rule()
    def close(self) -> None:
        self.end()

    def end(self) -> None:
        with db.transaction():
            board.close(self.request_id, by=self.dee.viewer(), at=utcnow(), outcome=Outcome.FULFILLED)
        self.status = RequestStatus.CLOSED
        for promise in self.promises:
            if promise.state is not S.STARTED:  # who has begun may still tell of it
                promise.state = CLAIM_MOVES.get((promise.state, Verb.REMOVE), promise.state)

    @contextmanager
    def refusal(self, is_expected: bool) -> Iterator[None]:
        """A transaction that goes through, or is refused whole because somebody was faster."""
        if not is_expected:
            with db.transaction():
                yield
            return
        with pytest.raises(NotAllowed), db.transaction():
            yield

    def moved(self, promise: Promise | None, verb: Verb, *, frees: bool = False) -> None:
        if promise is None:
            return
        old = promise.state
        promise.state = CLAIM_MOVES.get((old, verb), old)
        if promise.state in (S.STARTED, S.REPORTED, S.DISPUTED):
            promise.reached = promise.state
        if frees and promise.state is not old and old is not S.WAITING:
            self.promote()

    # What must be true

    @invariant()
    def the_tables_say_what_the_model_says(self) -> None:
        with db.transaction() as session:
            row = session.execute(
                select(HelpRequest.taken, HelpRequest.waiting, HelpRequest.capacity, HelpRequest.status).where(
                    HelpRequest.id == self.request_id
                )
            ).one()
            mine = select(Claim.id, Claim.state).where(Claim.request_id == self.request_id).order_by(Claim.id)
            claims = [(claim_id, S(state)) for claim_id, state in session.execute(mine)]
        waiting = sum(p.state is S.WAITING for p in self.promises)
        assert tuple(row) == (self.taken, waiting, self.capacity, self.status)
        assert claims == [(p.id, p.state) for p in self.promises]

    @invariant()
    def everything_fits_together(self) -> None:
        with db.transaction() as session:
            check_everything(session)

    def teardown(self) -> None:
        """No promise counts in the next example: what had begun outlives the end, so that it is taken off."""
        self.end()
        with db.transaction():
            for promise in self.promises:
                if promise.state is S.STARTED:
                    board.remove(promise.id, by=self.dee.viewer(), at=utcnow(), reason="It is over.")


@pytest.fixture
def house(database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """A database of its own, and the people of the model in it."""
    forget_places()
    app = create_app(make_settings(tmp_path, fresh_database(database_kind, tmp_path)))
    no_power_is_lost(database_kind)
    with app.app_context():
        Board.members, (Board.dee,) = crowd(PEOPLE), crowd(1, role=Role.COORDINATOR)
        yield app
    db.dispose()
    forget_places()


def no_power_is_lost(database_kind: str) -> None:
    """Thousands of commits, each of which would wait for the disk: on a machine whose disk is busy, minutes."""
    if database_kind == "sqlite":
        event.listen(db.write_engine, "connect", lambda made, _: made.execute("PRAGMA synchronous = OFF"))


def run(examples: int, steps: int, part: int = 0) -> None:
    run_state_machine_as_test(
        seed(part)(Board),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_board_agrees_with_a_model(house: Flask) -> None:
    run(examples=12, steps=25)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_the_board_agrees_with_a_model_for_long(house: Flask, part: int) -> None:
    """150 times 60 steps, in parts of their own: each looks at its whole database after every step."""
    run(examples=25, steps=60, part=part)
