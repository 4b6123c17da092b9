"""Confirming many at once: each by itself, told row by row, and taken back within ten minutes."""

from datetime import timedelta

import pytest
from flask import Flask

from accelerator.accounts.models import User
from accelerator.board import transitions as board
from accelerator.board.models import Claim, ClaimState, Credit, Timing
from accelerator.clock import utcnow
from accelerator.deeds.models import DayTotal, Deed, Photo
from accelerator.errors import NotAllowed
from accelerator.extensions import db
from tests.cast import ASTANA, Cast, Person, viewer_of
from tests.desk.cases import colleague, write
from tests.factories import make_request, make_requester
from tests.races.invariants import check_everything
from tests.site import Site, text_of
from tests.steps import claim_now, confirm, deed_of, events_of, mails_to, request_now, row, take, take_and_report


@pytest.fixture
def dee(context: Flask, site: Site, cast: Cast) -> Site:
    return site.as_(cast.dee)


def fits() -> None:
    with db.transaction() as session:
        check_everything(session)


def minutes_of(person: Person) -> int:
    return row(User, person.id).confirmed_minutes


def hours_given() -> int:
    return sum(total.minutes for total in db.read.query(DayTotal).populate_existing() if total.day.year == 1)


def tick(dee: Site, *claim_ids: int, to: str = "confirm") -> str:
    answer = dee.post(f"/desk/claims/{to}", {"claim": [str(id_) for id_ in claim_ids]}, status=303)
    return text_of(dee.follow(answer))


def test_what_is_ticked_is_confirmed_with_the_hours_as_reported(dee: Site, cast: Cast) -> None:
    one = take_and_report(make_request(title="Bread"), cast.ben, minutes=45)
    two = take_and_report(make_request(title="Dog"), cast.cy, minutes=90, credit=Credit.HIDDEN)
    left = take_and_report(make_request(title="Left"), cast.kim)
    page = dee.get("/desk")
    assert len(page.html.select("[data-tick]")) == 3
    said = text_of(dee.follow(dee.press(page, "Confirm all that are ticked", claim=[str(one), str(two)])))
    assert "2 of 2 confirmed." in said
    assert (minutes_of(cast.ben), minutes_of(cast.cy), hours_given()) == (45, 90, 135)
    assert claim_now(left).state == ClaimState.REPORTED
    assert deed_of(one)
    fits()


def test_one_that_cannot_be_confirmed_stops_none_of_the_others(context: Flask, site: Site, cast: Cast) -> None:
    dee = site.as_(cast.dee)
    good = take_and_report(make_request(title="Good"), cast.ben)
    own = take_and_report(make_request(title="Own"), cast.dee)
    far = take_and_report(make_request(title="Far away", region=ASTANA, district=None), cast.ben)
    early = take(make_request(title="Not told"), cast.cy)
    said = tick(dee, own, far, early, good, 9999)
    assert "1 of 5 confirmed." in said
    assert "Nobody confirms their own deed" in said
    assert "Not told" in said
    assert "not confirmed promised" in said
    assert "Far away" not in said
    states = [claim_now(id_).state for id_ in (own, far, early, good)]
    assert states == ["reported", "reported", "claimed", "confirmed"]
    fits()


def test_what_a_colleague_asks_about_meanwhile_is_not_confirmed(context: Flask, site: Site, cast: Cast) -> None:
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    one = take_and_report(make_request(title="Bread"), cast.ben)
    two = take_and_report(make_request(title="Dog"), cast.cy)
    page = dee.get("/desk")
    zhan.post(f"/desk/claims/{two}/dispute", {"reason": "Was it not Kim?"}, status=303)
    said = text_of(dee.follow(dee.press(page, "Confirm all that are ticked", claim=[str(one), str(two)])))
    assert "1 of 2 confirmed." in said
    assert "not confirmed being clarified Was it not Kim?" in said
    assert [claim_now(id_).state for id_ in (one, two)] == [ClaimState.CONFIRMED, ClaimState.DISPUTED]
    tick(dee, one, to="unconfirm")
    assert claim_now(one).state == ClaimState.REPORTED
    fits()


def test_what_a_colleague_has_confirmed_is_not_ones_own(context: Flask, site: Site, cast: Cast) -> None:
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    one = take_and_report(make_request(title="Bread"), cast.ben)
    two = take_and_report(make_request(title="Dog"), cast.cy)
    page = dee.get("/desk")
    tick(zhan, two)
    said = text_of(dee.follow(dee.press(page, "Confirm all that are ticked", claim=[str(one), str(two)])))
    assert "1 of 2 confirmed." in said
    assert minutes_of(cast.cy) == 30
    assert "1 of 1 confirmed." in tick(dee, one), "pressed twice it is one's own all the same"


def test_nothing_ticked_is_said(dee: Site) -> None:
    for fields in ({}, {"claim": "abc"}, {"claim": "²"}, {"claim": "9" * 40}):
        after = dee.follow(dee.post("/desk/claims/confirm", fields, status=303))
        assert "Tick the reports that you want to confirm." in text_of(after)


def test_ticked_again_credits_nothing_more(dee: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben, minutes=30)
    for _ in range(3):
        tick(dee, claim_id, claim_id)
    assert minutes_of(cast.ben) == hours_given() == 30


@pytest.mark.parametrize("credit", Credit)
def test_all_is_taken_back_and_can_be_confirmed_again(dee: Site, cast: Cast, credit: Credit) -> None:
    request_id = make_request(title="Bread", capacity=4)
    claim_id = take_and_report(request_id, cast.ben, people=2, minutes=40, credit=credit)
    confirm(claim_id, cast.dee, minutes=25)  # less than was reported
    deed = deed_of(claim_id)
    page = dee.get(f"/desk/confirmed?claim={claim_id}")
    assert "You can take it back until" in text_of(page)
    said = text_of(dee.follow(dee.press(page, "Take back")))
    assert "1 of 1 taken back. They wait again." in said
    claim = claim_now(claim_id)
    assert (claim.state, claim.minutes, claim.settled_at, claim.confirmed_by_ref) == ("reported", 40, None, None)
    assert minutes_of(cast.ben) == hours_given() == 0
    assert deed_of(claim_id) is None
    if deed:
        assert db.read.query(Deed).filter_by(id=deed.id).count() == 0
        dee.get(f"/deeds/{deed.id}", status=404)
    assert events_of(f"request:{request_id}")[-1] == "claim.unconfirmed"
    assert "The confirmation was a slip" in mails_to(cast.ben)[-1].subject
    fits()
    tick(dee, claim_id)
    assert (minutes_of(cast.ben), hours_given()) == (40, 80)
    fits()


def test_after_one_is_taken_back_the_others_can_still_be(context: Flask, site: Site, cast: Cast) -> None:
    dee = site.as_(cast.dee)
    one = take_and_report(make_request(title="Bread"), cast.ben)
    two = take_and_report(make_request(title="Dog"), cast.cy)
    three = take_and_report(make_request(title="Stove"), cast.kim)
    page = dee.follow(dee.post("/desk/claims/confirm", {"claim": [str(one), str(two), str(three)]}, status=303))
    after = dee.follow(dee.press(page, "Take back", claim=str(two)))
    told = {item["id"]: bool(item.find("button")) for item in after.html.select(".queue-list > li")}
    assert told == {f"result-{one}": True, f"result-{two}": False, f"result-{three}": True}
    last = dee.follow(dee.press(after, "Take back all 2"))
    assert len(last.html.select(".queue-list > li")) == 3
    assert [claim_now(id_).state for id_ in (one, two, three)] == [ClaimState.REPORTED] * 3


def test_what_the_person_wrote_is_read_before_their_help_is_confirmed(dee: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread", for_person=True)
    make_requester(request_id=request_id)
    claim_id = take_and_report(request_id, cast.ben)
    write(request_id, "Nobody came.")
    row = dee.get("/desk?reason=reported").html.select_one("[data-row]")
    assert "The person wrote as well: read it first" in row.get_text(" ", strip=True)
    assert not row.select("input[name=claim], button")
    assert "0 of 1 confirmed" in tick(dee, claim_id)
    assert claim_now(claim_id).state == ClaimState.REPORTED
    dee.post(f"/desk/requests/{request_id}/read", status=303)
    tick(dee, claim_id)
    assert claim_now(claim_id).state == ClaimState.CONFIRMED


def test_photos_stay_with_the_report(context: Flask, site: Site, cast: Cast) -> None:
    with db.transaction() as session:
        session.add(Photo(key="p" * 32, user_id=cast.ben.id, width=4, height=3, created_at=utcnow()))
    claim_id = take_and_report(make_request(), cast.ben, photo_keys=("p" * 32,))
    dee = site.as_(cast.dee)
    tick(dee, claim_id)
    assert row(Photo, "p" * 32).deed_id
    tick(dee, claim_id, to="unconfirm")
    assert (row(Photo, "p" * 32).deed_id, row(Photo, "p" * 32).claim_id) == (None, claim_id)


def test_thanks_and_reports_of_the_deed_go_with_it(dee: Site, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben)
    tick(dee, claim_id)
    deed = deed_of(claim_id)
    assert deed
    site.post(f"/deeds/{deed.id}/thank")
    site.post(f"/deeds/{deed.id}/report", {"reason": "other", "note": "?"})
    tick(dee, claim_id, to="unconfirm")
    assert deed_of(claim_id) is None
    fits()


def test_only_who_confirmed_takes_it_back_and_for_ten_minutes(context: Flask, site: Site, cast: Cast) -> None:
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    claim_id = take_and_report(make_request(title="Bread"), cast.ben)
    confirm(claim_id, cast.dee)
    assert "0 of 1 taken back" in tick(zhan, claim_id, to="unconfirm")
    assert not zhan.get(f"/desk/confirmed?claim={claim_id}").html.find("button", string="Take back")
    answer = zhan.post(f"/desk/claims/{claim_id}/unconfirm", status=409)
    assert "Only who confirmed takes it back, and within ten minutes." in text_of(answer)
    with db.transaction() as session:
        session.get_one(Claim, claim_id).settled_at = utcnow() - timedelta(minutes=11)
    dee.post(f"/desk/claims/{claim_id}/unconfirm", status=409)
    assert claim_now(claim_id).state == ClaimState.CONFIRMED
    assert minutes_of(cast.ben) == 30


def test_the_tenth_minute_still_counts(context: Flask, cast: Cast) -> None:
    claim_id, now = take_and_report(make_request(), cast.ben), utcnow()
    confirm(claim_id, cast.dee, at=now)
    with pytest.raises(NotAllowed), db.transaction():
        board.unconfirm(claim_id, by=viewer_of(cast.dee), at=now + timedelta(minutes=10, seconds=1))
    with db.transaction():
        board.unconfirm(claim_id, by=viewer_of(cast.dee), at=now + timedelta(minutes=10))
    assert claim_now(claim_id).state == ClaimState.REPORTED


def test_a_weekly_place_that_somebody_took_meanwhile_is_not_taken_back(context: Flask, cast: Cast) -> None:
    request_id = make_request(timing=Timing.REPEATING, starts_at=utcnow() - timedelta(hours=3), minutes=30)
    with db.transaction() as session:
        from accelerator.board.models import HelpRequest

        session.get_one(HelpRequest, request_id).due_at = utcnow() + timedelta(days=1)
    claim_id = take_and_report(request_id, cast.ben)
    confirm(claim_id, cast.dee)
    take(request_id, cast.cy)
    with pytest.raises(NotAllowed), db.transaction():
        board.unconfirm(claim_id, by=viewer_of(cast.dee), at=utcnow())
    assert (request_now(request_id).taken, claim_now(claim_id).state) == (1, ClaimState.CONFIRMED)
    fits()


def test_another_region_and_other_roles_take_nothing_back(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(title="Bread"), cast.ben)
    confirm(claim_id, cast.dee)
    for person, status in ((cast.eve, 404), (cast.ben, 403), (cast.fay, 403), (cast.gus, 403)):
        site.as_(person).post(f"/desk/claims/{claim_id}/unconfirm", status=status)
    assert "Bread" not in tick(site.as_(cast.eve), claim_id, to="unconfirm")
    assert "Bread" not in text_of(site.as_(cast.eve).get(f"/desk/confirmed?claim={claim_id}"))
    assert claim_now(claim_id).state == ClaimState.CONFIRMED


def test_the_case_offers_to_take_back_too(dee: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take_and_report(request_id, cast.ben)
    confirm(claim_id, cast.dee)
    dee.press(dee.get(f"/desk/requests/{request_id}"), "Take back", status=303)
    assert claim_now(claim_id).state == ClaimState.REPORTED
