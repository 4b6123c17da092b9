"""Pausing, opening again, and closing with an outcome; people with promises are told and freed."""

from datetime import timedelta

import pytest
from flask import Flask

from accelerator.board.models import ClaimState, HelpRequest, Outcome, RequestStatus
from accelerator.clock import utcnow
from accelerator.extensions import db
from tests.cast import Cast
from tests.desk.cases import changed_in, colleague
from tests.factories import make_request
from tests.site import Site, text_of
from tests.steps import claim_now, events_of, mails_to, request_now, take, take_and_report, wait, words


def test_a_pause_takes_it_off_the_board_and_back(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread", capacity=2)
    claim_id = take(request_id, cast.ben)
    dee = site.as_(cast.dee)
    case = dee.follow(dee.press(dee.get(f"/desk/requests/{request_id}"), "Pause"))
    assert "Paused: nobody can take a place for now." in text_of(case)
    assert "Bread" not in text_of(site.get("/requests"))
    assert "paused" in text_of(site.as_(cast.cy).htmx(f"/requests/{request_id}/claim", status=409))
    assert claim_now(claim_id).state == ClaimState.CLAIMED  # who promised keeps the place
    dee.press(case, "Open again", status=303)
    assert "Bread" in text_of(site.get("/requests"))


@pytest.mark.parametrize("outcome", Outcome)
def test_it_is_closed_with_an_outcome(context: Flask, site: Site, cast: Cast, outcome: Outcome) -> None:
    request_id = make_request(title="Bread")
    dee = site.as_(cast.dee)
    case = dee.follow(
        dee.press(dee.get(f"/desk/requests/{request_id}"), "Close", outcome=outcome.value, reason="As agreed.")
    )
    assert "Closed." in text_of(case)
    assert request_now(request_id).outcome == outcome
    assert "Bread" not in text_of(site.get("/requests"))
    assert "This one is closed" in text_of(site.get(f"/requests/{request_id}"))


def test_an_outcome_is_needed(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    dee = site.as_(cast.dee)
    for fields in ({}, {"outcome": "lost"}):
        page = dee.post(f"/desk/requests/{request_id}/close", fields, status=422)
        assert "Please choose one." in text_of(page)
    assert request_now(request_id).status == RequestStatus.OPEN


@pytest.mark.parametrize("outcome", ["declined", "out_of_scope"])
def test_who_is_turned_away_is_told_why(context: Flask, site: Site, cast: Cast, outcome: str) -> None:
    request_id = make_request()
    dee = site.as_(cast.dee)
    page = dee.press(
        dee.get(f"/desk/requests/{request_id}"), "Close", outcome=outcome, reason=" \u3164\u034f\ufe0f ", status=422
    )
    assert "Please give the reason" in page.html.select_one("#close[open] form").get_text()
    assert "optional" not in page.html.find("label", {"for": "close-reason"}).get_text()
    assert page.html.select_one("#close input[checked]")["value"] == outcome
    assert request_now(request_id).status == RequestStatus.OPEN
    dee.press(page, "Close", reason="The hospital does this.", status=303)
    assert request_now(request_id).outcome == outcome


def test_who_promised_or_waited_is_told_and_free_and_reports_stay(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Нан", capacity=2)
    aru = cast.add("aru", locale="kk")
    held = take(request_id, aru)
    told = take_and_report(request_id, cast.ben)
    waiting = wait(request_id, cast.cy)
    dee = site.as_(cast.dee)
    dee.post(f"/desk/requests/{request_id}/close", {"outcome": "fulfilled", "seen_version": "1"}, status=303)
    assert claim_now(held).state == claim_now(waiting).state == ClaimState.REMOVED
    assert claim_now(told).state == ClaimState.REPORTED
    assert (request_now(request_id).taken, request_now(request_id).waiting) == (1, 0)
    assert [mail.subject for mail in mails_to(aru)] == [words("closed", "Нан", "kk")]
    assert "No longer needed, you are free again" in text_of(site.as_(cast.cy).get("/me"))
    assert mails_to(cast.ben) == []
    dee.press(dee.get("/desk"), "Confirm", status=303)  # what was done is still confirmed
    assert claim_now(told).state == ClaimState.CONFIRMED


def test_who_has_begun_may_still_tell_of_it(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread", starts_at=utcnow() + timedelta(hours=1))
    claim_id = take(request_id, cast.ben)
    ben, dee = site.as_(cast.ben), site.as_(cast.dee)
    ben.post(f"/requests/{request_id}/start", status=303)
    dee.post(f"/desk/requests/{request_id}/close", {"outcome": "fulfilled", "seen_version": "1"}, status=303)
    assert claim_now(claim_id).state == ClaimState.STARTED
    assert "If you have helped already, please tell within a week how it went: Bread" in text_of(ben.get("/me"))
    with db.transaction() as session:
        session.get_one(HelpRequest, request_id).starts_at = utcnow() - timedelta(minutes=5)
    fields = {"hours": "0", "minutes": "30", "word": "It went well.", "credit": "name"}
    ben.press(ben.get(f"/requests/{request_id}/report"), "Tell of it", **fields, status=303)
    dee.press(dee.get("/desk"), "Confirm", status=303)
    assert claim_now(claim_id).state == ClaimState.CONFIRMED


def test_a_report_that_comes_too_late_keeps_its_words(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread")
    claim_id = take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    page, own = ben.get(f"/requests/{request_id}/report"), ben.get(f"/requests/{request_id}")
    site.as_(cast.dee).post(f"/desk/claims/{claim_id}/remove", {"reason": "The road is closed."}, status=303)
    late = ben.press(page, "Tell of it", hours="0", minutes="30", word="Two bags.", credit="name", status=409)
    assert "Your promise here has ended; your own page says why." in text_of(late)
    assert "Two bags." in text_of(late)
    assert "The road is closed." in text_of(ben.get("/me"))
    for button in ("I have started", "Let go"):
        assert "Your promise here has ended" in text_of(ben.press(own, button, status=409))
    assert claim_now(claim_id).state == ClaimState.REMOVED


def test_another_time_is_told_to_all_who_promised(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread", capacity=1)
    take(request_id, cast.ben)
    wait(request_id, cast.cy)
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}/edit")
    dee.press(page, "Save", story="Two loaves.", status=303)
    assert mails_to(cast.ben) == []
    tomorrow = (utcnow() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    page = dee.get(f"/desk/requests/{request_id}/edit")
    dee.press(page, "Save", timing="at", moment=tomorrow, status=303)
    for person in (cast.ben, cast.cy):
        assert [mail.subject for mail in mails_to(person)] == [words("moved", "Bread", "en")]


def test_closing_again_changes_nothing(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    dee = site.as_(cast.dee)
    for _ in range(3):
        fields = {"outcome": "fulfilled", "reason": "Her son came.", "seen_version": "1"}
        dee.post(f"/desk/requests/{request_id}/close", fields, status=303)
    dee.post(f"/desk/requests/{request_id}/close", {"outcome": "fulfilled"}, status=303)
    assert request_now(request_id).outcome == "fulfilled"
    assert events_of(f"request:{request_id}").count("request.closed") == 1


@pytest.mark.parametrize(("outcome", "reason"), [("expired", ""), ("declined", "A joke."), ("fulfilled", "By me.")])
def test_what_a_colleague_closed_in_another_way_is_said_and_nothing_typed_is_lost(
    context: Flask, site: Site, cast: Cast, outcome: str, reason: str
) -> None:
    request_id = make_request()
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    old_page = dee.get(f"/desk/requests/{request_id}")
    zhan.press(
        zhan.get(f"/desk/requests/{request_id}"), "Close", outcome="fulfilled", reason="Her son came.", status=303
    )
    refused = dee.press(old_page, "Close", status=409, outcome=outcome, reason=reason)
    form = refused.html.select_one("#close[open] form")
    assert form.select_one("input[checked]")["value"] == outcome
    assert form.select_one("textarea").get_text().strip() == reason
    assert "A colleague has closed this already" in text_of(refused)
    assert "Her son came." in text_of(refused)
    assert changed_in(refused) == {"State": ("on the board", "help was given")}
    assert not form.find("button")
    assert request_now(request_id).outcome == "fulfilled"


def test_what_is_closed_does_not_open_again(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.CLOSED)
    dee = site.as_(cast.dee)
    for verb in ("publish", "pause", "resume"):
        answer = dee.post(f"/desk/requests/{request_id}/{verb}", status=409)
        assert "Here is how it stands now" in text_of(answer)
    assert request_now(request_id).status == RequestStatus.CLOSED
