"""Letting go: one tap, any time, never a reproach."""

import pytest
from flask import Flask

from accelerator.board import transitions as board
from accelerator.board.models import ClaimState, Outcome, RequestStatus
from accelerator.clock import utcnow
from accelerator.extensions import db
from tests.cast import Cast, viewer_of
from tests.factories import make_request
from tests.site import Site, text_of
from tests.steps import claim_now, events_of, report, request_now, take, take_and_report, wait


def test_one_button_lets_go_from_the_board(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    claim_id = take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    page = ben.follow(ben.press(ben.get("/requests"), "Let go"))
    assert "Let go. Someone else can take the place now." in text_of(page)
    assert "I'll help" in text_of(page)
    assert "Meet at the chess tables" not in text_of(page)
    assert claim_now(claim_id).state == ClaimState.RELEASED
    assert request_now(request_id).taken == 0


def test_it_says_when_the_place_went_to_the_next_in_line(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    take(request_id, cast.ben)
    next_in_line = wait(request_id, cast.cy)
    ben = site.as_(cast.ben)
    page = text_of(ben.follow(ben.press(ben.get("/requests"), "Let go")))
    assert "Let go. The place went to the first who was waiting for it." in page
    assert "Someone else can take the place" not in page
    assert claim_now(next_in_line).state == ClaimState.CLAIMED


def test_htmx_gets_the_card_and_the_counter(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    take(request_id, cast.ben)
    answer = site.as_(cast.ben).htmx(f"/requests/{request_id}/release", status=200)
    assert f'id="request-{request_id}"' in answer.text
    assert 'id="open-count" hx-swap-oob="true"></span>' in answer.text
    assert "I'll help" in answer.text


def test_on_its_own_page_htmx_leads_to_the_page(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    take(request_id, cast.ben)
    answer = site.as_(cast.ben).htmx(f"/requests/{request_id}/release", {"view": "page"}, status=204)
    assert answer.headers["HX-Redirect"] == f"/requests/{request_id}"


def test_from_the_own_page_one_comes_back_there(context: Flask, site: Site, cast: Cast) -> None:
    take(make_request(title="Walk the dog"), cast.ben)
    ben = site.as_(cast.ben)
    mine = ben.follow(ben.press(ben.get("/me"), "Let go"))
    assert "No promises at the moment" in text_of(mine)


def test_letting_go_again_changes_nothing(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    take(request_id, cast.ben)
    take(request_id, cast.cy)
    ben = site.as_(cast.ben)
    for _ in range(3):
        ben.htmx(f"/requests/{request_id}/release", status=200)
    assert request_now(request_id).taken == 1
    assert events_of(f"request:{request_id}").count("claim.released") == 1


@pytest.mark.parametrize("act", ["start", "report"])
def test_an_old_page_says_that_the_place_was_let_go(context: Flask, site: Site, cast: Cast, act: str) -> None:
    request_id = make_request()
    take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    ben.post(f"/requests/{request_id}/release", status=303)
    late = ben.post(f"/requests/{request_id}/{act}", {"hours": "1", "credit": "name"}, status=409)
    assert "You have let go of your place here. If you can come after all, take one again." in text_of(late)
    assert request_now(request_id).taken == 0


def test_nobody_lets_go_for_somebody_else(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take(request_id, cast.ben)
    for browser in (site.as_(cast.cy), site.as_(cast.dee)):
        browser.htmx(f"/requests/{request_id}/release", status=200)
    site.post(f"/requests/{request_id}/release", status=303)
    assert claim_now(claim_id).state == ClaimState.CLAIMED
    assert request_now(request_id).taken == 1


def test_one_can_take_the_place_again(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    ben = site.as_(cast.ben)
    for _ in range(2):
        ben.htmx(f"/requests/{request_id}/claim", status=200)
        ben.htmx(f"/requests/{request_id}/release", status=200)
    assert request_now(request_id).taken == 0


def test_what_is_reported_is_not_let_go(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take_and_report(request_id, cast.ben)
    answer = site.as_(cast.ben).htmx(f"/requests/{request_id}/release", status=409)
    assert "Here is how it stands now" in text_of(answer)
    assert claim_now(claim_id).state == ClaimState.REPORTED


def test_what_is_started_can_be_let_go_and_the_reason_is_kept_for_the_desk(
    context: Flask, site: Site, cast: Cast
) -> None:
    request_id = make_request()
    claim_id = take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    ben.post(f"/requests/{request_id}/start")
    ben.post(f"/requests/{request_id}/release", {"reason": "x" * 900})
    assert claim_now(claim_id).reason == "x" * 500
    assert "x" * 500 in text_of(site.as_(cast.dee).get(f"/desk/requests/{request_id}"))


@pytest.mark.parametrize("verb", ["release", "start", "claim"])
def test_what_is_not_on_the_board_is_not_told_of(context: Flask, site: Site, cast: Cast, verb: str) -> None:
    hidden = make_request(title="Secret need", status=RequestStatus.RECEIVED)
    declined = make_request(title="Secret need", status=RequestStatus.RECEIVED)
    board.close(declined, by=viewer_of(cast.dee), at=utcnow(), outcome=Outcome.DECLINED)
    db.session.commit()
    for browser in (site.as_(cast.ben), site.as_(cast.eve)):
        for request_id in (hidden, declined, 999):
            answer = browser.htmx(f"/requests/{request_id}/{verb}", status=404)
            assert "Secret need" not in answer.text
            assert "Secret need" not in browser.post(f"/requests/{request_id}/{verb}", status=404).text


def test_a_place_can_be_let_go_while_the_request_is_paused(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    take(request_id, cast.ben)
    site.as_(cast.dee).post(f"/desk/requests/{request_id}/pause")
    card = site.as_(cast.ben).htmx(f"/requests/{request_id}/release", status=200)
    assert "paused" in text_of(card)
    assert request_now(request_id).taken == 0


def test_who_has_reported_keeps_the_place_when_others_let_go(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    take(request_id, cast.ben)
    take(request_id, cast.cy)
    report(request_id, cast.ben)
    site.as_(cast.cy).htmx(f"/requests/{request_id}/release")
    assert request_now(request_id).taken == 1
