"""Taking a place: works, forbidden, repeated, refused with a reason, without and with JavaScript."""

from datetime import timedelta

import pytest
from flask import Flask

from accelerator.board.models import HelpRequest, RequestStatus
from accelerator.clock import utcnow
from accelerator.extensions import db
from tests.cast import Cast
from tests.factories import make_request
from tests.site import Site, text_of


def taken(request_id: int) -> int:
    return db.read.get_one(HelpRequest, request_id, populate_existing=True).taken


def test_one_button_takes_a_place_without_javascript(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Walk the dog", capacity=2)
    ben = site.as_(cast.ben)
    answer = ben.press(ben.get("/requests"), "I'll help")
    page = ben.follow(answer)
    assert "The place is yours" in text_of(page)
    assert "Meet at the chess tables" in text_of(page)
    assert taken(request_id) == 1


def test_htmx_gets_the_card_and_the_counter(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    answer = site.as_(cast.ben).htmx(f"/requests/{request_id}/claim", status=200)
    assert f'id="request-{request_id}"' in answer.text
    assert 'id="open-count" hx-swap-oob="true">1</span>' in answer.text
    assert "Let go" in answer.text


def test_it_does_not_take_a_second_place_for_the_same_person(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=5)
    ben = site.as_(cast.ben)
    ben.htmx(f"/requests/{request_id}/claim")
    again = ben.htmx(f"/requests/{request_id}/claim", status=200)
    assert "already yours" in text_of(again)
    assert taken(request_id) == 1


def test_who_comes_second_for_the_last_place_is_told_and_offered_the_waiting_list(
    context: Flask, site: Site, cast: Cast
) -> None:
    request_id = make_request(capacity=1)
    site.as_(cast.ben).htmx(f"/requests/{request_id}/claim")
    cy = site.as_(cast.cy)
    late = cy.htmx(f"/requests/{request_id}/claim", status=409)
    assert "The last place was taken a moment ago" in text_of(late)
    assert "Join the waiting list" in text_of(late)
    waiting = cy.follow(cy.press(cy.get("/requests"), "Join the waiting list"))
    assert "waiting list" in text_of(waiting)
    assert taken(request_id) == 1


def test_release_gives_the_place_to_the_first_who_waits(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1, title="Sweep the yard")
    ben, cy, kim = (site.as_(person) for person in (cast.ben, cast.cy, cast.kim))
    ben.htmx(f"/requests/{request_id}/claim")
    cy.htmx(f"/requests/{request_id}/claim", {"wait": "1"})
    kim.htmx(f"/requests/{request_id}/claim", {"wait": "1"})
    ben.htmx(f"/requests/{request_id}/release", status=200)
    assert taken(request_id) == 1
    assert "A place is free and it is yours: Sweep the yard" in text_of(cy.get("/me"))
    assert "A place is free" not in text_of(kim.get("/me"))


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({"status": RequestStatus.PAUSED}, "paused"),
        ({"status": RequestStatus.CLOSED}, "closed"),
        ({"min_age": 18}, "adults only"),
    ],
)
def test_what_stands_in_the_way_is_said(
    context: Flask, site: Site, cast: Cast, made: dict[str, object], sentence: str
) -> None:
    request_id = make_request(**made)  # type: ignore[arg-type]
    answer = site.as_(cast.kim).htmx(f"/requests/{request_id}/claim", status=409)
    assert sentence in text_of(answer)
    assert taken(request_id) == 0


def test_two_tasks_at_the_same_time_are_refused_by_name(context: Flask, site: Site, cast: Cast) -> None:
    starts = utcnow() + timedelta(hours=5)
    first = make_request(title="Tea at five", starts_at=starts, minutes=60)
    second = make_request(title="Chess", starts_at=starts + timedelta(minutes=30), minutes=60)
    after = make_request(title="Later", starts_at=starts + timedelta(minutes=60), minutes=60)
    ben = site.as_(cast.ben)
    ben.htmx(f"/requests/{first}/claim", status=200)
    refused = ben.htmx(f"/requests/{second}/claim", status=409)
    assert "Tea at five" in text_of(refused)
    assert refused.html.select_one(f"#request-{second} .notice a")["href"] == f"/requests/{first}"
    page = ben.follow(ben.post(f"/requests/{second}/claim", status=303))  # without JavaScript
    assert page.html.select_one("#messages a")["href"] == f"/requests/{first}"
    ben.htmx(f"/requests/{after}/claim", status=200)


def test_nobody_holds_more_promises_than_they_can_keep(context: Flask, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    for _ in range(5):
        ben.htmx(f"/requests/{make_request()}/claim", status=200)
    refused = ben.htmx(f"/requests/{make_request()}/claim", status=409)
    assert "as many promises" in text_of(refused)
    assert refused.html.select_one(".notice a")["href"] == "/me"


def test_what_is_not_yet_published_does_not_exist(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED)
    site.as_(cast.ben).htmx(f"/requests/{request_id}/claim", status=404)
    site.get(f"/requests/{request_id}", status=404)


def test_a_visitor_signs_in_and_the_claim_is_finished(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Read a letter aloud")
    answer = site.press(site.get("/requests"), "I'll help")
    login = site.follow(answer)
    assert "One more step and the place is yours" in text_of(login)
    done = site.press(login, "Sign in", email="ben@example.org", password="three quiet apples")
    page = site.follow(done)
    assert "The place is yours" in text_of(page)
    assert taken(request_id) == 1


def test_a_card_says_what_came_of_the_press_in_its_own_place(context: Flask, site: Site, cast: Cast) -> None:
    """What lies over the page would cover what somebody reads; the region for listeners gets the sentence, too."""
    request_id = make_request()
    answer = site.as_(cast.ben).htmx(f"/requests/{request_id}/claim", status=200)
    assert "The place is yours" in answer.html.find(id=f"request-{request_id}").get_text()
    heard = answer.html.find(id="messages").find("p")
    assert "The place is yours" in heard.get_text()
    assert heard["class"] == ["vh"]
