"""Several coordinators at one case in the same moment, through the real web workers: nothing twice, nothing lost."""

from collections import Counter

from flask import Flask
from sqlalchemy import func, select

from accelerator.accounts.models import Role, User
from accelerator.board.models import Claim, HelpRequest
from accelerator.deeds.models import Deed
from accelerator.extensions import db
from accelerator.help.models import CaseEntry
from tests.cast import ASTANA
from tests.factories import make_request, make_requester
from tests.races.crowd import crowd
from tests.races.servers import Servers, fire
from tests.races.test_claims import reported, statuses


def now(request_id: int) -> HelpRequest:
    return db.read.get_one(HelpRequest, request_id, populate_existing=True)


def count(*conditions: object) -> int:
    return db.read.scalars(select(func.count()).select_from(HelpRequest).where(*conditions)).one()  # type: ignore[arg-type]


def test_a_case_that_ten_split_at_once_is_split_once(servers: Servers, house: Flask) -> None:
    dees = crowd(10, role=Role.COORDINATOR)
    for _ in range(3):
        request_id = make_request()
        answers = fire(
            servers.port,
            [dee.browser.post(f"/desk/requests/{request_id}/split", kinds="repair", seen_version=1) for dee in dees],
        )
        assert statuses(answers) == {204: 1, 409: 9}
        assert count(HelpRequest.split_from_id == request_id) == 1


def test_two_that_are_merged_into_each_other_leave_one(servers: Servers, house: Flask) -> None:
    dees = crowd(6, role=Role.COORDINATOR)
    for _ in range(5):
        one, two = make_request(), make_request()
        requests = [
            dee.browser.post(f"/desk/requests/{goes}/merge", other=stays, seen_version=1)
            for n, dee in enumerate(dees)
            for goes, stays in ([(one, two)] if n % 2 else [(two, one)])
        ]
        answers = fire(servers.port, requests)
        assert set(statuses(answers)) == {204, 409}
        assert sorted([now(one).status, now(two).status]) == ["closed", "open"]
        gone, left = (one, two) if now(one).status == "closed" else (two, one)
        assert (now(gone).duplicate_of_id, now(left).duplicate_of_id) == (left, None)


def test_handing_over_and_everything_else_at_once_leaves_one_region_with_all_of_it(
    servers: Servers, house: Flask
) -> None:
    dees, people = crowd(4, role=Role.COORDINATOR), crowd(4)
    crowd(1, role=Role.COORDINATOR, region=ASTANA)
    for _ in range(3):
        request_id = make_request(capacity=10)
        make_requester(request_id=request_id)
        requests = [
            dees[0].browser.post(
                f"/desk/requests/{request_id}/hand-over", region=ASTANA, reason="Moved.", seen_version=1
            ),
            dees[1].browser.post(f"/desk/requests/{request_id}/note", note="The caretaker has the key."),
            dees[2].browser.post(f"/desk/requests/{request_id}/call", outcome="confirmed", said=""),
            *[person.browser.post(f"/requests/{request_id}/claim") for person in people],
        ]
        answers = fire(servers.port, requests)
        assert set(statuses(answers)) <= {200, 204, 404, 409}
        region = now(request_id).region_code
        for table in (Claim, CaseEntry):
            found = select(table.region_code).where(table.request_id == request_id)
            assert set(db.read.scalars(found)) <= {region}
        assert db.read.scalars(select(func.count()).where(Claim.request_id == request_id)).one() == 4


def test_the_last_place_goes_to_one_of_those_who_are_put_down_or_come(servers: Servers, house: Flask) -> None:
    dees = crowd(10, role=Role.COORDINATOR)
    people = crowd(20)
    for _ in range(3):
        request_id = make_request(capacity=2)
        requests = [
            dee.browser.post(f"/desk/requests/{request_id}/assign", user_id=person.id)
            for dee, person in zip(dees, people, strict=False)
        ]
        requests += [person.browser.post(f"/requests/{request_id}/claim") for person in people[10:]]
        answers = fire(servers.port, requests)
        assert set(statuses(answers)) <= {200, 204, 409}
        assert now(request_id).taken == 2
        states = Counter(db.read.scalars(select(Claim.state).where(Claim.request_id == request_id)))
        assert states == {"claimed": 2}


def test_confirming_and_taking_back_at_once_end_in_one_of_both(servers: Servers, house: Flask) -> None:
    (dee,) = crowd(1, role=Role.COORDINATOR)
    for _ in range(6):
        (ben,) = crowd(1)
        claim_id = reported(ben, make_request())
        requests = [
            dee.browser.post("/desk/claims/confirm", claim=claim_id),
            dee.browser.post(f"/desk/claims/{claim_id}/unconfirm"),
        ] * 4
        answers = fire(servers.port, requests)
        assert set(statuses(answers)) <= {204, 409}
        state = db.read.scalars(select(Claim.state).where(Claim.id == claim_id)).one()
        minutes = db.read.scalars(select(User.confirmed_minutes).where(User.id == ben.id)).one()
        deeds = db.read.scalars(select(func.count()).select_from(Deed).where(Deed.claim_id == claim_id)).one()
        assert (state, minutes, deeds) in {("confirmed", 30, 1), ("reported", 0, 0)}


def test_a_no_show_taken_back_and_the_last_place_at_once_leave_one_who_has_it(servers: Servers, house: Flask) -> None:
    dees = crowd(2, role=Role.COORDINATOR)
    for _ in range(6):
        ben, cy = crowd(2)
        request_id = make_request(capacity=1)
        fire(servers.port, [ben.browser.post(f"/requests/{request_id}/claim")])
        claim_id = db.read.scalars(select(Claim.id).where(Claim.request_id == request_id)).one()
        fire(servers.port, [dees[0].browser.post(f"/desk/claims/{claim_id}/no-show", seen="claimed")])
        back = [dee.browser.post(f"/desk/claims/{claim_id}/came") for dee in dees]
        answers = fire(servers.port, [*back, cy.browser.post(f"/requests/{request_id}/claim")] * 2)
        assert set(statuses(answers)) <= {200, 204, 409}
        states = db.read.execute(
            select(Claim.user_id, Claim.state).where(Claim.request_id == request_id).order_by(Claim.id)
        ).all()
        assert [tuple(state) for state in states] in (
            [(ben.id, "claimed")],
            [(ben.id, "no_show"), (cy.id, "claimed")],
        )
        assert now(request_id).taken == 1
