""" "I have started"."""

from flask import Flask

from accelerator.board.models import ClaimState
from tests.cast import Cast
from tests.factories import make_request
from tests.site import Site, text_of
from tests.steps import claim_now, events_of, take, take_and_report, wait


def test_one_button_says_that_it_has_begun(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    page = ben.follow(ben.press(ben.get(f"/requests/{request_id}"), "I have started"))
    assert "Good luck! When it is done, tell us here." in text_of(page)
    assert "I have started" not in text_of(page)
    assert "It is done" in text_of(page)
    claim = claim_now(claim_id)
    assert claim.state == ClaimState.STARTED
    assert claim.started_at is not None


def test_from_the_own_page_one_comes_back_there(context: Flask, site: Site, cast: Cast) -> None:
    take(make_request(), cast.ben)
    ben = site.as_(cast.ben)
    answer = ben.press(ben.get("/me"), "I have started", status=303)
    assert answer.headers["Location"].endswith("/me")
    assert "I have started" not in text_of(ben.follow(answer))


def test_htmx_gets_the_card(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    take(request_id, cast.ben)
    answer = site.as_(cast.ben).htmx(f"/requests/{request_id}/start", status=200)
    assert f'id="request-{request_id}"' in answer.text
    assert "started" in text_of(answer)


def test_starting_again_changes_nothing(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    ben.htmx(f"/requests/{request_id}/start", status=200)
    first = claim_now(claim_id).started_at
    ben.htmx(f"/requests/{request_id}/start", status=200)
    assert claim_now(claim_id).started_at == first
    assert events_of(f"request:{request_id}").count("claim.started") == 1


def test_only_who_holds_a_place_starts(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    take(request_id, cast.ben)
    waiting = wait(request_id, cast.cy)
    site.as_(cast.cy).htmx(f"/requests/{request_id}/start", status=409)
    site.as_(cast.kim).htmx(f"/requests/{request_id}/start", status=404)
    site.post(f"/requests/{request_id}/start", status=303)  # to sign in
    assert claim_now(waiting).state == ClaimState.WAITING


def test_what_is_reported_does_not_start_again(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take_and_report(request_id, cast.ben)
    site.as_(cast.ben).htmx(f"/requests/{request_id}/start", status=409)
    assert claim_now(claim_id).state == ClaimState.REPORTED
