"""A coordinator vouches for what was reported, asks back, takes off, or notes that nobody came."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from webtest import TestResponse

from accelerator.accounts.models import User
from accelerator.board import transitions as board
from accelerator.board.models import Claim, ClaimState, Credit, HelpRequest, Outcome, Timing
from accelerator.clock import utcnow
from accelerator.deeds.models import DayTotal
from accelerator.extensions import db
from tests.cast import ALMATY, ASTANA, Cast, Person, viewer_of
from tests.desk.cases import colleague
from tests.factories import make_request
from tests.races.invariants import check_everything
from tests.site import Site, text_of
from tests.steps import (
    claim_now,
    confirm,
    deed_of,
    dispute,
    events_of,
    mails_to,
    report,
    request_now,
    row,
    take,
    take_and_report,
    wait,
    words,
)


def minutes_of(person: Person) -> int:
    return row(User, person.id).confirmed_minutes


def hours_given() -> int:
    """Confirmed minutes in all regions and at all times, as the first page adds them up."""
    return sum(total.minutes for total in db.read.query(DayTotal).populate_existing() if total.day.year == 1)


def test_one_button_confirms_and_the_hours_are_credited(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Walk the dog")
    claim_id = take_and_report(request_id, cast.ben, minutes=45)
    dee = site.as_(cast.dee)
    desk = dee.get("/desk")
    assert "Walk the dog" in text_of(desk)
    assert "It went well." in text_of(desk)
    after = dee.follow(dee.press(desk, "Confirm"))
    assert "Confirmed. The hours are credited." in text_of(after)
    assert claim_now(claim_id).state == ClaimState.CONFIRMED
    assert "45 min" in text_of(site.as_(cast.ben).get("/me"))
    assert minutes_of(cast.ben) == hours_given() == 45
    assert "Nothing more is to come: settle what is left and close it" in text_of(dee.get("/desk"))


def test_the_coordinator_corrects_the_hours(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take_and_report(request_id, cast.ben, minutes=90)
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}")
    assert "1 h 30 min" in text_of(page)
    dee.press(page, "Confirm", hours="0", minutes="50", status=303)
    assert claim_now(claim_id).minutes == minutes_of(cast.ben) == 50


@pytest.mark.parametrize(
    ("hours", "minutes", "told"),
    [
        ("0", "0", "from one minute to 24 hours"),
        ("24", "1", "from one minute to 24 hours"),
        ("", "", "from one minute to 24 hours"),
        ("99", "5", "A number from 0 to 24, please."),
        ("0", "60", "A number from 0 to 59, please."),
        ("-1", "0", "A number from 0 to 24, please."),
        ("two", "", "A whole number, please."),
    ],
)
@pytest.mark.parametrize("path", ["/desk", "/desk/requests/1"])
def test_impossible_hours_come_back_as_they_were_typed(
    context: Flask, site: Site, cast: Cast, path: str, hours: str, minutes: str, told: str
) -> None:
    claim_id = take_and_report(make_request(), cast.ben)
    dee = site.as_(cast.dee)
    page = dee.press(dee.get(path), "Confirm", status=422, hours=hours, minutes=minutes)
    form = page.html.find("form", action=f"/desk/claims/{claim_id}/confirm")
    assert told in form.select_one(".error").get_text()
    assert [form.find("input", {"name": name}).get("value", "") for name in ("hours", "minutes")] == [hours, minutes]
    assert page.html.find(id=page.html.select_one("#errors a")["href"].removeprefix("#"))
    assert claim_now(claim_id).state == ClaimState.REPORTED
    assert minutes_of(cast.ben) == 0
    assert dee.press(page, "Confirm", status=303, hours="1", minutes="0").location.endswith("/desk/requests/1")


@pytest.mark.parametrize("path", ["/desk", "/desk/requests/1"])
def test_a_confirmation_from_an_old_page_does_not_override_a_question(
    context: Flask, site: Site, cast: Cast, path: str
) -> None:
    claim_id = take_and_report(make_request(), cast.ben, minutes=600)
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    old_page = dee.get(path)
    zhan.press(zhan.get("/desk"), "Ask the volunteer", reason="Ten hours with one dog?", status=303)
    refused = dee.press(old_page, "Confirm", status=409)
    assert "Somebody was faster" in text_of(refused)
    card = " ".join(refused.html.find(id=f"claim-{claim_id}").get_text(" ").split())
    assert "it was: waits for confirmation. Now it is: being clarified." in card
    assert "Ten hours with one dog?" in card
    assert (claim_now(claim_id).state, minutes_of(cast.ben)) == (ClaimState.DISPUTED, 0)
    dee.press(refused, "Confirm", status=303, hours="2", minutes="0")  # looked at, and meant
    assert minutes_of(cast.ben) == 120
    refused = dee.press(old_page, "Confirm", status=409, hours="3", minutes="0")
    assert "Now it is: confirmed." in text_of(refused)
    assert minutes_of(cast.ben) == 120


def test_nobody_is_missing_who_has_reported_since(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take(request_id, cast.ben)
    dee = site.as_(cast.dee)
    old_page = dee.get(f"/desk/requests/{request_id}")
    report(request_id, cast.ben)
    refused = dee.press(old_page, "Did not come", status=409)
    assert "it was: promised. Now it is: waits for confirmation." in text_of(refused)
    assert claim_now(claim_id).state == ClaimState.REPORTED


def test_a_second_question_is_not_thrown_away_in_silence(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben)
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    page = dee.get("/desk")
    for _ in range(2):
        zhan.post(f"/desk/claims/{claim_id}/dispute", {"reason": "Who was there?"}, status=303)
    refused = dee.press(page, "Ask the volunteer", status=409, reason="How long was it?")
    assert refused.html.select_one(f"#dispute-{claim_id}[open] input[name=reason]")["value"] == "How long was it?"
    assert claim_now(claim_id).reason == "Who was there?"


def vouched(request_id: int, person: Person, *, ago: timedelta) -> int:
    """A promise of which only the helped person says that it was kept."""
    claim_id = take(request_id, person)
    with db.transaction() as session:
        session.get_one(Claim, claim_id).helped_said_at = utcnow() - ago
    return claim_id


@pytest.mark.parametrize("has_begun", [False, True])
def test_what_only_the_helped_person_tells_of_is_confirmed_at_the_desk(
    context: Flask, site: Site, cast: Cast, has_begun: bool
) -> None:
    claim_id = vouched(make_request(minutes=45, title="Bread"), cast.ben, ago=timedelta(days=3))
    if has_begun:
        with db.transaction():
            board.start(claim_now(claim_id).request_id, by=viewer_of(cast.ben), at=utcnow())
    dee = site.as_(cast.dee)
    queue = dee.get("/desk")
    assert "Ben has not told of it. The helped person says: they came" in text_of(queue)
    assert not queue.html.select("[data-tick]"), "it is looked at one by one"
    dee.press(queue, "Confirm", status=303)
    claim = claim_now(claim_id)
    assert (claim.state, claim.minutes, claim.credit, minutes_of(cast.ben)) == ("confirmed", 45, None, 45)
    assert deed_of(claim_id) is None, "nobody chose how to be shown"
    assert events_of(f"request:{claim.request_id}")[-2:] == ["claim.reported", "claim.confirmed"]
    assert hours_given() == 45
    dee.post(f"/desk/claims/{claim_id}/unconfirm", status=303)
    claim = claim_now(claim_id)
    assert (claim.state, claim.minutes, minutes_of(cast.ben)) == ("reported", 45, 0)


def test_the_volunteer_is_given_time_to_tell_of_it(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = vouched(make_request(title="Bread"), cast.ben, ago=timedelta(days=1))
    dee = site.as_(cast.dee)
    assert "has not told of it" not in text_of(dee.get("/desk"))
    assert "Confirm" in text_of(dee.get(f"/desk/requests/{claim_now(claim_id).request_id}"))


def test_without_their_word_nothing_is_confirmed_before_it_is_told(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take(make_request(title="Bread"), cast.ben)
    dee = site.as_(cast.dee)
    dee.post(f"/desk/claims/{claim_id}/confirm", {"seen": "claimed", "hours": "1", "minutes": "0"}, status=409)
    assert claim_now(claim_id).state == "claimed"
    assert minutes_of(cast.ben) == 0


def test_nobody_confirms_their_own_by_the_word_of_another(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = vouched(make_request(title="Bread"), cast.dee, ago=timedelta(days=3))
    dee = site.as_(cast.dee)
    dee.post(f"/desk/claims/{claim_id}/confirm", {"seen": "claimed", "hours": "1", "minutes": "0"}, status=409)
    assert claim_now(claim_id).state == "claimed"


def test_a_whole_day_is_the_most(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben)
    dee = site.as_(cast.dee)
    dee.press(dee.get("/desk"), "Confirm", hours="24", minutes="0")
    assert claim_now(claim_id).minutes == 1440


def test_confirming_again_credits_nothing_more(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take_and_report(request_id, cast.ben, minutes=30)
    dee = site.as_(cast.dee)
    old_page = dee.get("/desk")
    for _ in range(3):
        dee.press(old_page, "Confirm", status=303)
    assert minutes_of(cast.ben) == hours_given() == 30
    assert events_of(f"request:{request_id}").count("claim.confirmed") == 1
    assert deed_of(claim_id) is not None


def test_a_group_is_credited_once_a_head_in_the_totals(context: Flask, cast: Cast) -> None:
    claim_id = take_and_report(make_request(capacity=10), cast.ben, people=6)
    confirm(claim_id, cast.dee, minutes=60)
    assert minutes_of(cast.ben) == 60
    assert hours_given() == 360


def test_the_volunteer_is_told_on_their_page_and_by_mail_in_their_language(
    context: Flask, site: Site, cast: Cast
) -> None:
    aru = cast.add("aru", locale="kk")
    claim_id = take_and_report(make_request(title="Шай"), aru)
    site.as_(cast.dee).post(f"/desk/claims/{claim_id}/confirm", {"hours": "1", "minutes": "0", "seen": "reported"})
    told = words("confirmed", "Шай", "kk")
    assert [mail.subject for mail in mails_to(aru)] == [told]
    assert told in text_of(site.as_(aru).get("/me"))


@pytest.mark.parametrize("verb", ["confirm", "dispute", "no-show"])
def test_nobody_settles_their_own(context: Flask, site: Site, cast: Cast, verb: str) -> None:
    request_id = make_request()
    claim_id = take_and_report(request_id, cast.dee)
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}")
    assert not page.html.find("form", action=f"/desk/claims/{claim_id}/{verb}")
    answer = dee.post(f"/desk/claims/{claim_id}/{verb}", {"hours": "1", "reason": "mine"}, status=409)
    assert "Nobody confirms their own deed" in text_of(answer)
    assert claim_now(claim_id).state == ClaimState.REPORTED
    assert minutes_of(cast.dee) == 0


@pytest.mark.parametrize("state", ["reported", "disputed"])
def test_it_is_said_why_ones_own_has_no_buttons(context: Flask, site: Site, cast: Cast, state: str) -> None:
    request_id = make_request()
    claim_id = take_and_report(request_id, cast.dee)
    zhan = colleague(cast)
    if state == "disputed":
        dispute(claim_id, zhan)
    why = "This is your own: another coordinator confirms it."
    for path in ("/desk", f"/desk/requests/{request_id}"):
        page = site.as_(cast.dee).get(path)
        assert page.html.find(id=f"claim-{claim_id}").get_text().count(why) == 1
        assert not page.html.find(id=f"claim-{claim_id}").find("form")
        for person in (zhan, cast.fay):
            assert why not in text_of(site.as_(person).get(path))


@pytest.mark.parametrize("verb", ["confirm", "dispute", "no-show", "remove"])
def test_another_region_has_nothing_here(context: Flask, site: Site, cast: Cast, verb: str) -> None:
    request_id = make_request(title="In Almaty")
    claim_id = take_and_report(request_id, cast.ben)
    eve = site.as_(cast.eve)
    assert "In Almaty" not in text_of(eve.get("/desk"))
    eve.get(f"/desk/requests/{request_id}", status=404)
    eve.post(f"/desk/claims/{claim_id}/{verb}", {"hours": "1", "reason": "far"}, status=404)
    assert claim_now(claim_id).state == ClaimState.REPORTED


@pytest.mark.parametrize("verb", ["confirm", "dispute", "no-show", "remove"])
def test_only_coordinators_settle(context: Flask, site: Site, cast: Cast, verb: str) -> None:
    claim_id = take_and_report(make_request(), cast.ben)
    for person in (cast.ben, cast.cy, cast.fay, cast.gus):
        site.as_(person).post(f"/desk/claims/{claim_id}/{verb}", {"hours": "1", "reason": "so"}, status=403)
    site.post(f"/desk/claims/{claim_id}/{verb}", {"hours": "1"}, status=303)  # to sign in
    assert claim_now(claim_id).state == ClaimState.REPORTED


def test_an_auditor_reads_and_finds_no_button(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Walk the dog")
    take_and_report(request_id, cast.ben)
    fay = site.as_(cast.fay)
    for path in ("/desk", f"/desk/requests/{request_id}"):
        page = fay.get(path)
        assert "Walk the dog" in text_of(page)
        assert not [form for form in page.html.find_all("form", method="post") if "/desk/" in form.get("action", "")]


def test_a_claim_that_does_not_exist_is_not_found(context: Flask, site: Site, cast: Cast) -> None:
    site.as_(cast.dee).post("/desk/claims/999/confirm", {"hours": "1"}, status=404)


def test_a_question_goes_to_the_volunteer_with_its_reason(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(title="Walk the dog"), cast.ben, minutes=600)
    dee = site.as_(cast.dee)
    dee.press(dee.get("/desk"), "Ask the volunteer", reason="Ten hours with one dog?")
    assert claim_now(claim_id).state == ClaimState.DISPUTED
    mine = text_of(site.as_(cast.ben).get("/me"))
    assert "A coordinator has a question about: Walk the dog" in mine
    assert "Ten hours with one dog?" in mine
    assert "Ten hours with one dog?" in mails_to(cast.ben)[-1].body
    case = dee.get(f"/desk/requests/{claim_now(claim_id).request_id}")
    dee.press(case, "Confirm", hours="1", minutes="0")  # cleared up
    assert claim_now(claim_id).state == ClaimState.CONFIRMED


@pytest.mark.parametrize(("typed", "told"), [("  ", "Please fill this in."), ("x" * 501, "500 characters at most")])
@pytest.mark.parametrize(
    ("path", "button"),
    [
        ("/desk", "Ask the volunteer"),
        ("/desk/requests/1", "Ask the volunteer"),
        ("/desk/requests/2", "Take off and tell them"),
    ],
)
def test_a_reason_that_is_none_or_too_long_comes_back_as_it_was_typed(
    context: Flask, site: Site, cast: Cast, path: str, button: str, typed: str, told: str
) -> None:
    claims = [take_and_report(make_request(), cast.ben), take(make_request(), cast.cy)]
    dee = site.as_(cast.dee)
    before = [claim_now(id_).state for id_ in claims]
    page = dee.press(dee.get(path), button, status=422, reason=typed)
    dialog = page.html.select_one("details[open]:has([name=reason])")
    assert told in dialog.select_one(".error").get_text()
    assert dialog.select_one("[name=reason]")["value"].strip() == typed.strip()
    assert page.html.find(id=page.html.select_one("#errors a")["href"].removeprefix("#"))["name"] == "reason"
    assert [claim_now(id_).state for id_ in claims] == before
    assert dee.press(page, button, status=303, reason="The dog moved.").location.endswith(path)


def test_a_reason_comes_back_where_its_row_has_left_the_queue(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben)
    dee = site.as_(cast.dee)
    page = dee.get("/desk?reason=reported")
    confirm(claim_id, cast.dee)
    after = dee.press(page, "Ask the volunteer", status=422, reason="y" * 501)
    assert after.html.find("form", action=f"/desk/claims/{claim_id}/dispute").find("input", value="y" * 501)
    assert after.html.select_one(".counts [aria-current]").get_text(strip=True).startswith("To confirm")


def test_who_did_not_come_gives_the_place_to_the_next(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    missing = take(request_id, cast.ben)
    waiting = wait(request_id, cast.cy)
    dee = site.as_(cast.dee)
    dee.press(dee.get(f"/desk/requests/{request_id}"), "Did not come")
    assert claim_now(missing).state == ClaimState.NO_SHOW
    assert claim_now(waiting).state == ClaimState.CLAIMED
    assert request_now(request_id).taken == 1
    assert "If that is wrong, call your coordinator" in text_of(site.as_(cast.ben).get("/me"))


def no_show(claim_id: int, coordinator: Person, *, at: datetime | None = None) -> None:
    with db.transaction():
        seen = claim_now(claim_id).state
        board.mark_no_show(claim_id, seen=seen, by=viewer_of(coordinator), at=at or utcnow())


def came(browser: Site, claim_id: int, status: int = 303) -> TestResponse:
    return browser.post(f"/desk/claims/{claim_id}/came", status=status)


@pytest.mark.parametrize("reached", ["claimed", "started", "reported", "disputed"])
def test_who_did_come_goes_on_from_where_they_were(context: Flask, site: Site, cast: Cast, reached: str) -> None:
    request_id = make_request(title="Walk the dog", capacity=1)
    claim_id = take(request_id, cast.ben)
    if reached == "started":
        site.as_(cast.ben).post(f"/requests/{request_id}/start", status=303)
    if reached in ("reported", "disputed"):
        report(request_id, cast.ben)
    if reached == "disputed":
        dispute(claim_id, cast.dee)
    no_show(claim_id, cast.dee)
    zhan = site.as_(colleague(cast))  # any coordinator of the region: the one who is called
    after = zhan.follow(zhan.press(zhan.get(f"/desk/requests/{request_id}"), "They did come"))
    assert "the promise stands again" in text_of(after)
    claim = claim_now(claim_id)
    assert (claim.state, claim.settled_at) == (reached, None)
    assert request_now(request_id).taken == 1
    assert "was a mistake and is gone. We are sorry: Walk the dog" in text_of(site.as_(cast.ben).get("/me"))
    assert mails_to(cast.ben)[-1].subject == words("no_show_undone", "Walk the dog", "en")
    for _ in range(2):  # once is enough
        came(zhan, claim_id)
    assert request_now(request_id).taken == 1
    assert events_of(f"request:{request_id}").count("claim.no_show_undone") == 1
    with db.transaction() as session:
        check_everything(session)


@pytest.mark.parametrize("why", ["taken", "closed", "late", "moved", "left"])
def test_a_no_show_stays_where_the_place_is_gone(context: Flask, site: Site, cast: Cast, why: str) -> None:
    request_id = make_request(capacity=1)
    claim_id = take(request_id, cast.ben)
    no_show(claim_id, cast.dee, at=utcnow() - timedelta(days=8 if why == "late" else 0))
    if why == "taken":
        take(request_id, cast.cy)
    with db.transaction() as session:
        if why == "closed":
            board.close(request_id, by=viewer_of(cast.dee), at=utcnow(), outcome=Outcome.FULFILLED)
        if why == "moved":
            session.get_one(HelpRequest, request_id).starts_at = utcnow() + timedelta(days=1)
        if why == "left":
            session.delete(session.get_one(User, cast.ben.id))
    dee = site.as_(cast.dee)
    assert "They did come" not in text_of(dee.get(f"/desk/requests/{request_id}"))
    before = events_of(f"request:{request_id}")
    assert "It can be taken back for a week only" in text_of(came(dee, claim_id, 409))
    assert claim_now(claim_id).state == ClaimState.NO_SHOW
    assert events_of(f"request:{request_id}") == before


@pytest.mark.parametrize("why", ["too young", "too many", "elsewhere"])
def test_a_place_comes_back_by_the_rules_of_a_claim(context: Flask, site: Site, cast: Cast, why: str) -> None:
    starts_at = utcnow() - timedelta(minutes=10)
    request_id = make_request(capacity=1)
    claim_id = take(request_id, cast.kim if why == "too young" else cast.ben)
    no_show(claim_id, cast.dee)
    with db.transaction() as session:
        request = session.get_one(HelpRequest, request_id)
        if why == "too young":
            request.min_age = 18
        if why == "elsewhere":
            request.starts_at, request.ends_at = starts_at, starts_at + timedelta(hours=1)
    others = {"too many": [None] * 5, "elsewhere": [utcnow() + timedelta(minutes=5)]}.get(why, [])
    for hour in others:
        take(make_request(title="Other", starts_at=hour), cast.ben)
    refused = text_of(came(site.as_(cast.dee), claim_id, 409))
    assert "They cannot have the place again" in refused
    assert claim_now(claim_id).state == ClaimState.NO_SHOW
    assert request_now(request_id).taken == 0


def test_what_was_reported_counts_also_when_the_week_has_moved_on(context: Flask, site: Site, cast: Cast) -> None:
    begins = utcnow() - timedelta(hours=2)
    request_id = make_request(timing=Timing.REPEATING, starts_at=utcnow() + timedelta(hours=1))
    claim_id = take(request_id, cast.ben)
    with db.transaction() as session:
        request = session.get_one(HelpRequest, request_id)
        request.starts_at = request.due_at = begins
    report(request_id, cast.ben)
    no_show(claim_id, cast.dee)
    with db.transaction():
        assert board.let_time_pass(at=utcnow()) == 1
    came(site.as_(cast.dee), claim_id)
    assert claim_now(claim_id).state == ClaimState.REPORTED


def test_nobody_came_back_who_was_not_missed(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take(make_request(), cast.ben)
    assert "Somebody was faster" in text_of(came(site.as_(cast.dee), claim_id, 409))


def test_who_has_promised_anew_has_one_promise(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    claim_id = take(request_id, cast.ben)
    no_show(claim_id, cast.dee)
    take(request_id, cast.ben)
    dee = site.as_(cast.dee)
    assert "They did come" not in text_of(dee.get(f"/desk/requests/{request_id}"))
    assert "Somebody was faster" in text_of(came(dee, claim_id, 409))
    assert request_now(request_id).taken == 1


def test_a_no_show_of_ones_own_or_of_another_region_is_not_taken_back(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take(make_request(), cast.dee)
    no_show(claim_id, colleague(cast))
    assert "Nobody confirms their own" in text_of(came(site.as_(cast.dee), claim_id, 409))
    came(site.as_(cast.eve), claim_id, 404)
    came(site.as_(cast.ben), claim_id, 403)
    assert claim_now(claim_id).state == ClaimState.NO_SHOW


def test_a_promise_is_taken_off_and_the_person_told_why(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take(request_id, cast.ben)
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}")
    dee.press(page, "Take off and tell them", reason="The family asked for a woman.")
    assert claim_now(claim_id).state == ClaimState.REMOVED
    assert request_now(request_id).taken == 0
    mine = text_of(site.as_(cast.ben).get("/me"))
    assert "A coordinator took your promise off" in mine
    assert "The family asked for a woman." in mine
    take(request_id, cast.cy)  # the place is free again


def test_settling_again_changes_nothing(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    claim_id = take(request_id, cast.ben)
    dee = site.as_(cast.dee)
    for _ in range(2):
        dee.post(f"/desk/claims/{claim_id}/no-show", {"seen": "claimed"}, status=303)
    assert request_now(request_id).taken == 0
    assert events_of(f"request:{request_id}").count("claim.no_show") == 1
    late = dee.post(f"/desk/claims/{claim_id}/confirm", {"hours": "1"}, status=409)
    assert "Somebody was faster" in text_of(late)


def test_a_deed_appears_by_name(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(title="Walk the dog"), cast.ben, word="He fetched.", credit=Credit.NAME)
    confirm(claim_id, cast.dee)
    feed = text_of(site.get("/deeds"))
    assert "Ben He fetched. For the request: Walk the dog" in feed
    assert "He fetched." in feed
    assert "witnessed by a coordinator" in feed


def test_a_deed_appears_without_the_name(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(title="Walk the dog"), cast.ben, credit=Credit.SOMEONE)
    confirm(claim_id, cast.dee)
    deed = deed_of(claim_id)
    assert deed is not None
    page = site.get(f"/deeds/{deed.id}")
    assert "Someone good" in text_of(page)
    assert "Ben" not in page.text
    assert "Ben" not in site.get("/deeds.atom").text


def test_a_deed_that_shall_not_be_seen_is_not(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(title="Walk the dog"), cast.ben, credit=Credit.HIDDEN)
    confirm(claim_id, cast.dee)
    assert deed_of(claim_id) is None
    assert "Walk the dog" not in text_of(site.get("/deeds"))
    assert minutes_of(cast.ben) == 30  # the hours count all the same


def test_a_weekly_place_is_there_again_after_a_week_is_confirmed(context: Flask, cast: Cast) -> None:
    request_id = make_request(capacity=1, timing=Timing.REPEATING)
    claim_id = take_and_report(request_id, cast.ben)
    confirm(claim_id, cast.dee)
    assert request_now(request_id).taken == 0
    again = take_and_report(request_id, cast.ben)
    confirm(again, cast.dee)
    assert minutes_of(cast.ben) == 60


def test_reports_wait_in_order_and_only_in_ones_own_region(context: Flask, site: Site, cast: Cast) -> None:
    first, second = make_request(title="Tea at five"), make_request(title="Bread at six")
    away = make_request(title="Snow in Astana", region=ASTANA, district=None)
    for request_id in (first, second, away):
        take(request_id, cast.ben)
    for request_id in (second, first, away):
        report(request_id, cast.ben)
    desk = text_of(site.as_(cast.dee).get("/desk"))
    assert desk.index("Bread at six") < desk.index("Tea at five")
    assert "Snow in Astana" not in desk
    assert "Snow in Astana" in text_of(site.as_(cast.eve).get("/desk"))


def test_the_totals_are_kept_by_region(context: Flask, cast: Cast) -> None:
    confirm(take_and_report(make_request(), cast.ben), cast.dee, minutes=20)
    confirm(take_and_report(make_request(region=ASTANA, district=None), cast.ben), cast.eve, minutes=40)
    minutes = {total.region_code: total.minutes for total in db.read.query(DayTotal) if total.day.year == 1}
    assert minutes == {ALMATY: 20, ASTANA: 40}


def test_who_has_left_can_still_be_confirmed(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben)
    with db.transaction() as session:
        session.delete(session.get_one(User, cast.ben.id))
    dee = site.as_(cast.dee)
    desk = dee.get("/desk")
    assert "Someone who has left" in text_of(desk)
    dee.press(desk, "Confirm", status=303)
    assert claim_now(claim_id).state == ClaimState.CONFIRMED
