"""A hundred people press at the same moment. Through the real web workers, on the chosen database."""

import logging
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator.accounts.models import Role, User
from accelerator.board import transitions as board
from accelerator.board.models import ACTIVE, OPEN_PROMISES, Claim, ClaimState, Credit, HelpRequest
from accelerator.clock import utcnow
from accelerator.deeds.models import DayTotal, Deed, DeedReport, DeedThanks
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityEvent
from tests.factories import make_deed, make_request
from tests.races.crowd import Member, crowd
from tests.races.servers import Answer, Browser, Servers, fire, p99

log = logging.getLogger("races")


def statuses(answers: Sequence[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def places(request_id: int) -> tuple[int, int]:
    """``taken`` and ``waiting`` as they are now."""
    row = db.read.execute(select(HelpRequest.taken, HelpRequest.waiting).where(HelpRequest.id == request_id)).one()
    return row.taken, row.waiting


def claims_of(request_id: int) -> list[tuple[int, str]]:
    """Everybody's claims in the order in which they were made: (person, state)."""
    found = select(Claim.user_id, Claim.state).where(Claim.request_id == request_id).order_by(Claim.id)
    return [(int(who or 0), state) for who, state in db.read.execute(found)]


def events_of(request_id: int) -> Counter[str]:
    subject = f"request:{request_id}"
    return Counter(db.read.scalars(select(IntegrityEvent.type).where(IntegrityEvent.subject == subject)).all())


def take(member: Member, request_id: int, **fields: str | int) -> bytes:
    return member.browser.post(f"/requests/{request_id}/claim", **fields)


def let_go(member: Member, request_id: int) -> bytes:
    return member.browser.post(f"/requests/{request_id}/release")


def claimed(members: Sequence[Member], request_id: int) -> list[int]:
    """The claims of these people, made one after the other without the web."""
    made = []
    for member in members:
        with db.transaction():
            made.append(board.claim(request_id, by=member.viewer(), at=utcnow(), may_wait=True).claim.id)
    return made


def reported(member: Member, request_id: int, credit: Credit = Credit.NAME) -> int:
    """A claim that waits to be confirmed."""
    (claim_id,) = claimed([member], request_id)
    with db.transaction():
        board.report(
            request_id, by=member.viewer(), at=utcnow(), minutes=30, word="Done.", credit=credit, photo_keys=[]
        )
    return claim_id


@pytest.mark.parametrize("capacity", [1, 10])
def test_a_hundred_at_once_get_exactly_the_places_there_are(servers: Servers, house: Flask, capacity: int) -> None:
    people = crowd(100)
    slowest = []
    for _ in range(5):
        request_id = make_request(capacity=capacity)
        random.shuffle(people)
        answers = fire(servers.port, [take(member, request_id) for member in people])
        assert statuses(answers) == {200: capacity, 409: 100 - capacity}
        winners = {m.id for m, answer in zip(people, answers, strict=True) if answer.status == 200}
        assert {(who, "claimed") for who in winners} == set(claims_of(request_id))
        assert len(claims_of(request_id)) == capacity
        assert places(request_id) == (capacity, 0)
        assert events_of(request_id) == {"request.published": 1, "claim.taken": capacity}
        assert all("The last place was taken a moment ago" in answer.body for answer in answers if answer.status == 409)
        slowest.append(p99(answers))
        with db.transaction():  # so that nobody is stopped by too many promises in the next round
            for member in people:
                if member.id in winners:
                    board.release(request_id, by=member.viewer(), at=utcnow())
    log.info("100 claimers for %d: exact in 5 rounds, p99 %s ms", capacity, [round(ms) for ms in slowest])


def test_groups_never_take_more_places_than_there_are(servers: Servers, house: Flask) -> None:
    people = crowd(60)
    request_id = make_request(capacity=50)
    answers = fire(servers.port, [take(m, request_id, people=1 + n % 4) for n, m in enumerate(people)])
    assert set(statuses(answers)) == {200, 409}
    taken, _ = places(request_id)
    assert 47 <= taken <= 50


def test_claims_and_releases_with_a_waiting_list_lose_nobody(servers: Servers, house: Flask) -> None:
    """Fifty let go while fifty come, ten places: whoever waits is promoted, the longest waiting first."""
    holders, newcomers = crowd(50), crowd(50)
    request_id = make_request(capacity=10)
    claimed(holders, request_id)
    assert places(request_id) == (10, 40)
    requests = [let_go(m, request_id) for m in holders] + [take(m, request_id, wait=1) for m in newcomers]
    order = random.sample(range(100), 100)
    answers = fire(servers.port, [requests[n] for n in order])
    assert statuses(answers) == {200: 100}
    states = dict(claims_of(request_id))
    assert len(claims_of(request_id)) == 100, "somebody was put down twice"
    assert {states[m.id] for m in holders} == {ClaimState.RELEASED}
    in_order = [states[who] for who, _ in claims_of(request_id) if who in {m.id for m in newcomers}]
    assert in_order == [ClaimState.CLAIMED] * 10 + [ClaimState.WAITING] * 40
    assert places(request_id) == (10, 40)
    promoted = db.read.scalars(
        select(IntegrityEvent.body)
        .where(IntegrityEvent.subject == f"request:{request_id}", IntegrityEvent.type == "claim.promoted")
        .order_by(IntegrityEvent.seq)
    ).all()
    numbers = [int(str(body).partition('"claim":')[2].partition("}")[0]) for body in promoted]
    assert numbers == sorted(numbers), "somebody who came later was promoted first"


def test_a_place_that_comes_free_goes_round(servers: Servers, house: Flask) -> None:
    """One place, everyone takes it or waits and lets go at once, until all have had their turn."""
    people = crowd(30)
    request_id = make_request(capacity=1)
    assert statuses(fire(servers.port, [take(m, request_id, wait=1) for m in people])) == {200: 30}
    for _ in range(30):
        holder = next((who for who, state in claims_of(request_id) if state == ClaimState.CLAIMED), 0)
        if holder:
            fire(servers.port, [let_go(m, request_id) for m in people if m.id == holder])
    assert places(request_id) == (0, 0)
    assert events_of(request_id)["claim.promoted"] == 29


def test_a_double_click_takes_one_place(servers: Servers, house: Flask) -> None:
    (ben,) = crowd(1)
    request_id = make_request(capacity=30)
    answers = fire(servers.port, [take(ben, request_id) for _ in range(20)])
    assert statuses(answers) == {200: 20}
    assert places(request_id) == (1, 0)
    assert claims_of(request_id) == [(ben.id, "claimed")]
    assert events_of(request_id)["claim.taken"] == 1


def test_a_double_click_waits_once(servers: Servers, house: Flask) -> None:
    ben, cy = crowd(2)
    request_id = make_request(capacity=1)
    claimed([ben], request_id)
    assert statuses(fire(servers.port, [take(cy, request_id, wait=1) for _ in range(20)])) == {200: 20}
    assert places(request_id) == (1, 1)
    assert statuses(fire(servers.port, [let_go(ben, request_id) for _ in range(20)])) == {200: 20}
    assert claims_of(request_id) == [(ben.id, "released"), (cy.id, "claimed")]


def test_nobody_gets_more_promises_than_allowed_by_asking_for_all_at_once(servers: Servers, house: Flask) -> None:
    for ben in crowd(3):
        request_ids = [make_request() for _ in range(20)]
        answers = fire(servers.port, [take(ben, request_id) for request_id in request_ids])
        assert statuses(answers) == {200: 5, 409: 15}
        mine = select(func.count()).where(Claim.user_id == ben.id, Claim.state.in_(OPEN_PROMISES))
        assert db.read.scalars(mine).one() == 5


def test_nobody_promises_to_be_in_two_places_at_the_same_time(servers: Servers, house: Flask) -> None:
    starts = utcnow() + timedelta(hours=5)
    for ben in crowd(3):
        request_ids = [
            make_request(starts_at=starts + timedelta(minutes=5 * n), minutes=90, title=f"Number {n}")
            for n in range(12)
        ]
        answers = fire(servers.port, [take(ben, request_id) for request_id in request_ids])
        assert statuses(answers) == {200: 1, 409: 11}
        assert all("Number" in answer.body for answer in answers)


def test_a_removal_and_a_release_at_once_end_the_promise_once(servers: Servers, house: Flask) -> None:
    ben, cy = crowd(2)
    dees = crowd(3, role=Role.COORDINATOR)
    for _ in range(5):
        request_id = make_request(capacity=1)
        claim_id, _ = claimed([ben, cy], request_id)
        removals = [dee.browser.post(f"/desk/claims/{claim_id}/remove", reason="Rain") for dee in dees]
        answers = fire(servers.port, [*removals[:2], let_go(ben, request_id), removals[2]])
        assert set(statuses(answers)) <= {200, 204, 409}
        assert claims_of(request_id)[0][1] in ("released", "removed")
        assert claims_of(request_id)[1] == (cy.id, "claimed")
        assert places(request_id) == (1, 0)
        assert events_of(request_id)["claim.promoted"] == 1
        fire(servers.port, [let_go(cy, request_id)])


def test_two_coordinators_who_confirm_at_once_credit_once(servers: Servers, house: Flask) -> None:
    dees = crowd(10, role=Role.COORDINATOR)
    for credit in Credit:
        (ben,) = crowd(1)
        claim_id = reported(ben, make_request(), credit)
        answers = fire(
            servers.port,
            [
                dee.browser.post(f"/desk/claims/{claim_id}/confirm", seen="reported", hours=1, minutes=30)
                for dee in dees
            ],
        )
        assert statuses(answers) == {204: 10}
        assert db.read.scalars(select(User.confirmed_minutes).where(User.id == ben.id)).one() == 90
        deeds = db.read.scalars(select(Deed.id).where(Deed.claim_id == claim_id)).all()
        assert len(deeds) == (credit != Credit.HIDDEN)


def test_a_confirmation_and_a_no_show_at_once_count_one_of_them(servers: Servers, house: Flask) -> None:
    dees = crowd(2, role=Role.COORDINATOR)
    for _ in range(5):
        (ben,) = crowd(1)
        claim_id = reported(ben, make_request())
        answers = fire(
            servers.port,
            [
                dees[0].browser.post(f"/desk/claims/{claim_id}/confirm", seen="reported", hours=1),
                dees[1].browser.post(f"/desk/claims/{claim_id}/no-show", seen="reported"),
            ],
        )
        assert statuses(answers) == {204: 1, 409: 1}


def test_confirmations_of_one_person_at_once_are_all_credited(servers: Servers, house: Flask) -> None:
    """Ten reports of the same volunteer, confirmed in the same moment: no minute is lost."""
    dees = crowd(5, role=Role.COORDINATOR)
    (ben,) = crowd(1)
    claim_ids = [reported(ben, make_request()) for _ in range(10)]
    answers = fire(
        servers.port,
        [
            dees[n % 5].browser.post(f"/desk/claims/{c}/confirm", seen="reported", hours=0, minutes=7)
            for n, c in enumerate(claim_ids)
        ],
    )
    assert statuses(answers) == {204: 10}
    assert db.read.scalars(select(User.confirmed_minutes).where(User.id == ben.id)).one() == 70


def test_deeds_published_while_claims_are_confirmed_are_all_counted(servers: Servers, house: Flask) -> None:
    from accelerator.deeds.models import DeedStatus

    dees = crowd(5, role=Role.COORDINATOR)
    people = crowd(10)
    claim_ids = [reported(member, make_request()) for member in people]
    deed_ids = [make_deed(status=DeedStatus.PENDING, title=f"Told {n}") for n in range(10)]
    before = sum(db.read.scalars(select(DayTotal.deeds)).all())
    requests = [
        request
        for n in range(10)
        for request in (
            dees[n % 5].browser.post(f"/desk/claims/{claim_ids[n]}/confirm", seen="reported", hours=1),
            dees[(n + 1) % 5].browser.post(f"/desk/deeds/{deed_ids[n]}/publish"),
            dees[(n + 2) % 5].browser.post(f"/desk/deeds/{deed_ids[n]}/publish"),
        )
    ]
    assert statuses(fire(servers.port, requests)) == {204: 30}
    assert sum(db.read.scalars(select(DayTotal.deeds)).all()) - before == 2 * 20  # of the day, and of all time


def test_one_reader_thanks_once(servers: Servers, house: Flask) -> None:
    deed_id = make_deed()
    reader = Browser(visit="reader-one")
    answers = fire(servers.port, [reader.post(f"/deeds/{deed_id}/thank") for _ in range(20)])
    assert statuses(answers) == {200: 20}
    assert db.read.scalars(select(Deed.thanks).where(Deed.id == deed_id)).one() == 1
    assert db.read.scalars(select(func.count()).where(DeedThanks.deed_id == deed_id)).one() == 1
    others = fire(servers.port, [Browser(visit=f"r{n}").post(f"/deeds/{deed_id}/thank") for n in range(40)])
    assert statuses(others) == {200: 40}
    assert db.read.scalars(select(Deed.thanks).where(Deed.id == deed_id)).one() == 41


def test_one_reader_reports_once(servers: Servers, house: Flask) -> None:
    deed_id = make_deed()
    (ben,) = crowd(1)
    request = ben.browser.post(f"/deeds/{deed_id}/report", reason="untrue", note="")
    assert set(statuses(fire(servers.port, [request] * 8))) == {204}
    assert db.read.scalars(select(func.count()).where(DeedReport.deed_id == deed_id)).one() == 1


def test_the_same_address_registers_once(servers: Servers, house: Flask) -> None:
    fields = {
        "email": "new@example.org",
        "password": "three quiet apples",
        "name": "New",
        "region": "KZ-75",
        "age": "adult",
    }
    answers = fire(servers.port, [Browser(visit=f"v{n}").post("/register", **fields) for n in range(10)])
    assert statuses(answers) == {204: 1, 422: 9}
    assert all("There is an account with this address already" in a.body for a in answers if a.status == 422)
    assert db.read.scalars(select(func.count()).where(User.email == "new@example.org")).one() == 1


def test_leaving_for_good_while_claiming_leaves_no_half_promise(servers: Servers, house: Flask) -> None:
    for _ in range(5):
        (ben,) = crowd(1)
        request_ids = [make_request(capacity=2) for _ in range(4)]
        claimed([ben], request_ids[0])
        leave = ben.browser.post("/me/delete", password="three quiet apples")
        answers = fire(servers.port, [*(take(ben, r) for r in request_ids[1:]), leave, take(ben, request_ids[1])])
        assert set(statuses(answers)) <= {200, 204}, [a.body[-300:] for a in answers if a.status >= 500]
        assert db.read.scalars(select(func.count()).where(User.id == ben.id)).one() == 0
        orphaned = select(func.count()).where(Claim.request_id.in_(request_ids), Claim.state.in_(ACTIVE))
        assert db.read.scalars(orphaned).one() == 0
