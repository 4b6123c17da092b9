"""Everything at once, at random: no deadlock, no error, and in the end everything fits together."""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator import create_app
from accelerator.accounts import transitions as accounts
from accelerator.accounts.models import AgeGroup, Role
from accelerator.accounts.viewer import Viewer
from accelerator.board import transitions as board
from accelerator.board.models import Claim, Credit, HelpRequest, Outcome
from accelerator.clock import utcnow
from accelerator.deeds import transitions as deeds
from accelerator.deeds.models import Deed, DeedStatus
from accelerator.errors import DomainError
from accelerator.extensions import db
from accelerator.integrity.record import READER
from accelerator.reference import forget_places
from tests.databases import fresh_database, make_settings
from tests.factories import make_deed, make_request
from tests.races.crowd import crowd
from tests.races.invariants import check_everything

log = logging.getLogger("races")


class Mixer:
    """One thread's random deeds. Everything goes through the transitions, each in a transaction of its own."""

    def __init__(self, seed: int, people: Sequence[Viewer], dees: Sequence[Viewer], request_ids: list[int]) -> None:
        self.chance = random.Random(seed)
        self.people = people
        self.dees = dees
        self.request_ids = request_ids
        self.deed_ids = list(db.read.scalars(select(Deed.id)))
        self.seed = seed
        self.turn = 0

    def step(self) -> str:
        """Do one thing; its name."""
        self.turn += 1
        verbs: dict[Callable[[], object], int] = {
            self.claim: 12, self.release: 4, self.start: 2, self.report: 6, self.settle: 9, self.edit: 2,
            self.pause: 1, self.close: 1, self.thank: 3, self.judge: 4, self.complain: 2, self.tell: 1,
            self.pass_time: 1, self.leave: 1, self.register: 1,
        }  # fmt: skip
        (verb,) = self.chance.choices(list(verbs), list(verbs.values()))
        with db.transaction():
            verb()
        return verb.__name__

    @property
    def request_id(self) -> int:
        return self.chance.choice(self.request_ids)

    @property
    def somebody(self) -> Viewer:
        return self.chance.choice(self.people)

    @property
    def dee(self) -> Viewer:
        return self.chance.choice(self.dees)

    def claim(self) -> None:
        people = self.chance.choice((1, 1, 1, 2))
        board.claim(self.request_id, by=self.somebody, at=utcnow(), people=people, may_wait=self.chance.random() < 0.7)

    def release(self) -> None:
        board.release(self.request_id, by=self.somebody, at=utcnow())

    def start(self) -> None:
        board.start(self.request_id, by=self.somebody, at=utcnow())

    def report(self) -> None:
        credit = self.chance.choice(list(Credit))
        held = db.session.execute(
            select(Claim.request_id, Claim.user_id)
            .where(Claim.state == "claimed", Claim.user_id.in_([viewer.id for viewer in self.people]))
            .limit(9)
        ).all()
        db.session.rollback()
        if not held:
            return
        request_id, who = self.chance.choice(held)
        somebody = next(viewer for viewer in self.people if viewer.id == who)
        board.report(
            request_id, by=somebody, at=utcnow(), minutes=10, word="", credit=credit, photo_keys=[]
        )  # fmt: skip

    def settle(self) -> None:
        states = self.chance.choice((("reported", "disputed"), ("claimed", "started", "waiting"), ("reported",)))
        found = db.session.execute(select(Claim.id, Claim.state).where(Claim.state.in_(states)).limit(20)).all()
        db.session.rollback()
        if not found:
            return
        (claim_id, seen), by, at = self.chance.choice(found), self.dee, utcnow()
        verb = self.chance.choice(("confirm", "confirm", "confirm", "dispute", "remove", "no_show"))
        if verb == "confirm":
            board.confirm(claim_id, seen=seen, by=by, at=at, minutes=20)
        elif verb == "dispute":
            board.dispute(claim_id, by=by, at=at, reason="Really?")
        elif verb == "remove":
            board.remove(claim_id, by=by, at=at, reason="Rain")
        else:
            board.mark_no_show(claim_id, seen=seen, by=by, at=at)

    def edit(self) -> None:
        request = board.lock_request(self.request_id)
        seen = request.version
        request.capacity = max(request.taken, self.chance.randrange(1, 6))
        board.edit(request, seen_version=seen, by=self.dee, at=utcnow())

    def pause(self) -> None:
        self.chance.choice((board.pause, board.resume, board.resume))(self.request_id, by=self.dee, at=utcnow())

    def close(self) -> None:
        if self.chance.random() < 0.3:
            place = self.chance.randrange(len(self.request_ids))
            board.close(self.request_ids[place], by=self.dee, at=utcnow(), outcome=Outcome.FULFILLED)
            self.request_ids[place] = make_request(capacity=2)

    def thank(self) -> None:
        deeds.thank(self.chance.choice(self.deed_ids), by=None, reader=f"reader-{self.chance.randrange(50)}")

    def judge(self) -> None:
        deed_id, by = self.chance.choice(self.deed_ids), self.dee
        if self.chance.random() < 0.5:
            deeds.publish(deed_id, by=by, at=utcnow())
        else:
            deeds.hide(deed_id, by=by, at=utcnow(), reason="Not ours")

    def complain(self) -> None:
        reader = f"reader-{self.chance.randrange(5)}"
        deed_id = self.chance.choice(self.deed_ids)
        deeds.report_deed(deed_id, reader=reader, reason="other", note="", by=READER, at=utcnow())

    def tell(self) -> None:
        deed = Deed(
            title="Fed birds", locale="en", kind_code="springs", region_code="KZ-75", happened_at=utcnow(), minutes=5
        )  # fmt: skip
        deeds.tell(deed, [], by=self.somebody, at=utcnow())

    def pass_time(self) -> None:
        board.let_time_pass(at=utcnow() + timedelta(days=2))

    def leave(self) -> None:
        if self.chance.random() < 0.05:
            accounts.delete_account(by=self.somebody, at=utcnow())

    def register(self) -> None:
        if self.chance.random() > 0.1:  # hashing a password takes long
            return
        accounts.register(
            email=f"mix-{self.seed}-{self.turn}@example.org", password="three quiet apples", name="New", locale="en",
            region_code=None, district_code=None, age_group=AgeGroup.ADULT.value, capabilities=0, at=utcnow(),
        )  # fmt: skip


def mix(app: Flask, *, threads: int, seconds: float, first_seed: int = 0) -> None:
    with app.app_context():
        people = [member.viewer() for member in crowd(12)]
        dees = [member.viewer() for member in crowd(3, role=Role.COORDINATOR)]
        soon = utcnow() + timedelta(hours=30)
        request_ids = [make_request(capacity=2, starts_at=soon if n % 4 == 0 else None) for n in range(10)]
        for n in range(6):
            make_deed(title=f"Deed {n}", status=DeedStatus.PENDING if n % 2 else DeedStatus.PUBLISHED)
        done: Counter[str] = Counter()
        broken: list[Exception] = []
        until = time.monotonic() + seconds

        def work(seed: int) -> None:
            with app.app_context():
                mixer = Mixer(seed, people, dees, request_ids)
            while time.monotonic() < until:
                with app.app_context():
                    try:
                        done[mixer.step()] += 1
                    except DomainError as refused:
                        done[f"refused: {refused}" if str(refused) else "refused"] += 1
                    except Exception as error:
                        broken.append(error)

        workers = [threading.Thread(target=work, args=(seed,)) for seed in range(first_seed, first_seed + threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(seconds + 60)
        with db.transaction() as session:
            check_everything(session)
            closed = session.scalars(select(HelpRequest.id).where(HelpRequest.status == "closed")).all()
        log.info("%d transitions by %d threads, %d errors, %d requests closed: %s",
                 sum(done.values()), threads, len(broken), len(closed), dict(done))  # fmt: skip
        kinds = Counter(f"{type(error).__name__}: {str(error)[:700]}" for error in broken)
        assert not broken, f"{len(broken)} errors: {kinds.most_common(4)}"


@pytest.fixture
def postgres_app(only_postgres: None, tmp_path: Path) -> Flask:
    forget_places()
    return create_app(make_settings(tmp_path, fresh_database("postgres", tmp_path)))


@pytest.mark.postgres
def test_postgresql_never_deadlocks(postgres_app: Flask) -> None:
    mix(postgres_app, threads=20, seconds=10)
    db.dispose()


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_postgresql_never_deadlocks_for_long(postgres_app: Flask) -> None:
    for turn in range(6):
        mix(postgres_app, threads=20, seconds=30, first_seed=20 * turn)
    db.dispose()
