"""The waiting list: in order, whoever fits, told at once, whatever frees the place."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from webtest import TestResponse

from accelerator.board import transitions as board
from accelerator.board.models import ClaimState, HelpRequest, Timing
from accelerator.clock import utcnow
from accelerator.extensions import db
from tests.cast import Cast, Person, viewer_of
from tests.factories import make_request
from tests.site import HTMX, Site, alone, text_of
from tests.steps import claim_now, events_of, mails_to, report, request_now, take, wait, words


def states(*claims: int) -> list[str]:
    return [claim_now(claim_id).state for claim_id in claims]


def release(request_id: int, person: Person) -> None:
    with db.transaction():
        board.release(request_id, by=viewer_of(person), at=utcnow())


def test_the_list_is_joined_by_a_button_and_says_which_number_one_is(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    take(request_id, cast.ben)
    wait(request_id, cast.cy)
    kim = site.as_(cast.kim)
    page = kim.follow(kim.press(kim.get(f"/requests/{request_id}"), "Join the waiting list"))
    assert "You are on the waiting list. We will tell you when a place is free." in text_of(page)
    assert "You are number 2 on the waiting list" in text_of(page)
    assert request_now(request_id).waiting == 2
    left = kim.follow(kim.press(page, "Leave the list"))
    assert "Join the waiting list" in text_of(left)
    assert "You are off the waiting list." in text_of(left)
    assert "Someone else can take the place" not in text_of(left)
    assert request_now(request_id).waiting == 1


def test_htmx_gets_the_card_with_the_number(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    take(request_id, cast.ben)
    card = site.as_(cast.cy).htmx(f"/requests/{request_id}/claim", {"wait": "1"}, status=200)
    assert "You are number 1 on the waiting list" in text_of(card)
    assert "Leave the list" in text_of(card)


def test_waiting_twice_is_waiting_once(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    take(request_id, cast.ben)
    assert wait(request_id, cast.cy) == wait(request_id, cast.cy)
    assert request_now(request_id).waiting == 1
    assert events_of(f"request:{request_id}").count("claim.waiting") == 1


def test_a_free_place_is_taken_even_by_who_would_wait(context: Flask, cast: Cast) -> None:
    assert states(wait(make_request(capacity=1), cast.ben)) == ["claimed"]


def test_places_go_in_the_order_of_the_list(context: Flask, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    take(request_id, cast.ben)
    queue = [wait(request_id, person) for person in (cast.cy, cast.kim, cast.gus)]
    release(request_id, cast.ben)
    assert states(*queue) == ["claimed", "waiting", "waiting"]
    release(request_id, cast.kim)  # leaving the list moves nobody up
    assert states(*queue) == ["claimed", "released", "waiting"]
    release(request_id, cast.cy)
    assert states(*queue) == ["released", "released", "claimed"]
    assert (request_now(request_id).taken, request_now(request_id).waiting) == (1, 0)


def test_a_group_waits_for_as_many_places_as_it_needs(context: Flask, cast: Cast) -> None:
    request_id = make_request(capacity=4)
    for person in (cast.ben, cast.dee, cast.eve, cast.fay):
        take(request_id, person)
    class_of_two = wait(request_id, cast.cy, people=2)
    single = wait(request_id, cast.kim)
    release(request_id, cast.ben)
    assert states(class_of_two, single) == ["waiting", "claimed"]  # one place helps only one
    release(request_id, cast.dee)
    assert states(class_of_two) == ["waiting"]
    # Two free places at once: nobody who fits is passed over.
    with db.transaction():
        request = board.lock_request(request_id)
        request.capacity = 5
        board.edit(request, seen_version=request.version, by=viewer_of(cast.dee), at=utcnow())
    assert states(class_of_two) == ["claimed"]
    assert (request_now(request_id).taken, request_now(request_id).waiting) == (5, 0)


Freeing = Callable[[Cast, int, int], object]


def by_removal(cast: Cast, _request: int, claim: int) -> None:
    board.remove(claim, by=viewer_of(cast.dee), at=utcnow(), reason="-")


def by_no_show(cast: Cast, _request: int, claim: int) -> None:
    board.mark_no_show(claim, seen="claimed", by=viewer_of(cast.dee), at=utcnow())


def by_capacity(cast: Cast, request_id: int, _claim: int) -> None:
    request = board.lock_request(request_id)
    request.capacity += 1
    board.edit(request, seen_version=request.version, by=viewer_of(cast.dee), at=utcnow())


def by_release(cast: Cast, request_id: int, _claim: int) -> None:
    board.release(request_id, by=viewer_of(cast.ben), at=utcnow())


@pytest.mark.parametrize("free", [by_removal, by_no_show, by_capacity, by_release])
def test_whatever_frees_a_place_the_next_gets_it_and_is_told(context: Flask, cast: Cast, free: Freeing) -> None:
    request_id = make_request(capacity=1, title="Қар күреу")
    claim_id = take(request_id, cast.ben)
    aru = cast.add("aru", locale="ru")
    waiting = wait(request_id, aru)
    with db.transaction():
        free(cast, request_id, claim_id)
    assert states(waiting) == ["claimed"]
    assert events_of(f"request:{request_id}")[-1] == "claim.promoted"
    assert request_now(request_id).waiting == 0
    (mail,) = mails_to(aru)
    assert mail.subject == words("promoted", "Қар күреу", "ru")
    assert f"/requests/{request_id}" in mail.body


@pytest.mark.parametrize("free", [by_removal, by_no_show, by_capacity, by_release])
def test_nobody_gets_a_place_whose_hour_is_over(context: Flask, cast: Cast, free: Freeing) -> None:
    begins = utcnow() + timedelta(hours=1)
    request_id = make_request(timing=Timing.AT, starts_at=begins, ends_at=begins + timedelta(hours=1))
    claim_id, waiting = take(request_id, cast.ben), wait(request_id, cast.cy)
    with db.transaction():
        late = board.lock_request(request_id)
        late.starts_at = late.ends_at = late.due_at = utcnow() - timedelta(hours=1)
    with db.transaction():
        free(cast, request_id, claim_id)
    assert states(waiting) == ["waiting"]
    assert mails_to(cast.cy) == []


def test_a_place_let_go_after_its_hour_is_offered_to_nobody(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    take(request_id, cast.ben)
    with db.transaction():
        board.lock_request(request_id).due_at = utcnow() - timedelta(hours=1)
    answer = site.as_(cast.ben).htmx(f"/requests/{request_id}/release", status=200)
    assert "Let go." in text_of(answer)
    assert "Someone else" not in text_of(answer)


def promote_ben_unseen(site: Site, cast: Cast) -> tuple[int, Site, TestResponse]:
    """Ben waits and looks at the page; then the place comes free."""
    request_id = make_request(capacity=1, title="Sweep the yard")
    take(request_id, cast.cy)
    wait(request_id, cast.ben)
    ben = site.as_(cast.ben)
    page = ben.get(f"/requests/{request_id}")
    release(request_id, cast.cy)
    return request_id, ben, page


def test_leaving_the_list_does_not_let_go_of_a_place_that_came_free(context: Flask, site: Site, cast: Cast) -> None:
    request_id, ben, page = promote_ben_unseen(site, cast)
    now = ben.follow(ben.press(page, "Leave the list", 303))
    assert "A place came free and it is yours. If you cannot come, let go of it." in text_of(now)
    card = ben.htmx(f"/requests/{request_id}/release", {"waits": "1"}, 409)
    assert "Let go" in text_of(card)
    assert request_now(request_id).taken == 1
    ben.follow(ben.press(now, "Let go", 303))
    assert request_now(request_id).taken == 0


def test_a_page_that_waits_asks_how_it_stands(context: Flask, site: Site, cast: Cast) -> None:
    request_id, ben, page = promote_ben_unseen(site, cast)
    asks = page.html.find(id=f"seats-{request_id}")
    assert asks["hx-trigger"] == f"sse:seats-{request_id}"
    assert alone(ben.web.get, asks["hx-get"], headers=HTMX).headers["HX-Refresh"] == "true"
    card = alone(ben.web.get, f"/requests/{request_id}/standing", headers=HTMX)
    assert (card.headers["HX-Retarget"], card.headers["HX-Reswap"]) == (f"#request-{request_id}", "outerHTML")
    assert "A place is free and it is yours: Sweep the yard" in text_of(card)
    assert 'id="open-count"' in card.text


def test_a_page_whose_wait_has_ended_shows_the_card_and_says_nothing(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    take(request_id, cast.cy)
    claim_id = wait(request_id, cast.ben)
    with db.transaction():
        board.remove(claim_id, by=viewer_of(cast.dee), at=utcnow(), reason="-")
    card = alone(site.as_(cast.ben).web.get, f"/requests/{request_id}/standing", headers=HTMX)
    assert card.headers["HX-Retarget"] == f"#request-{request_id}"
    assert "Join the waiting list" in text_of(card)
    assert card.html.select(".notice") == []


def test_while_it_waits_it_is_told_the_seats(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    take(request_id, cast.cy)
    take(request_id, cast.kim)
    wait(request_id, cast.ben)
    seats = alone(site.as_(cast.ben).web.get, f"/requests/{request_id}/standing", headers=HTMX)
    assert "HX-Retarget" not in seats.headers
    assert "mine" not in seats.text


def test_the_promoted_person_finds_the_news(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1, title="Sweep the yard")
    take(request_id, cast.ben)
    aru = cast.add("aru", locale="kk")
    wait(request_id, aru)
    release(request_id, cast.ben)
    assert words("promoted", "Sweep the yard", "kk") in text_of(site.as_(aru).get("/me"))


def test_nobody_is_promoted_while_paused_and_all_who_fit_on_resume(context: Flask, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    for person in (cast.ben, cast.gus):
        take(request_id, person)
    queue = [wait(request_id, person) for person in (cast.cy, cast.kim)]
    with db.transaction():
        board.pause(request_id, by=viewer_of(cast.dee), at=utcnow())
    release(request_id, cast.ben)
    release(request_id, cast.gus)
    assert states(*queue) == ["waiting", "waiting"]
    with db.transaction():
        board.resume(request_id, by=viewer_of(cast.dee), at=utcnow())
    assert states(*queue) == ["claimed", "claimed"]


def test_a_weekly_request_gives_the_next_week_to_who_waits(context: Flask, cast: Cast) -> None:
    starts = utcnow() + timedelta(hours=1)
    request_id = make_request(capacity=1, timing=Timing.REPEATING, starts_at=starts)
    take(request_id, cast.ben)
    waiting = wait(request_id, cast.cy)
    claim_id = report(request_id, cast.ben, at=starts)
    with db.transaction() as session:
        board.confirm(claim_id, seen="reported", by=viewer_of(cast.dee), at=starts, minutes=30)
        session.get_one(HelpRequest, request_id).due_at = utcnow() - timedelta(hours=1)
    assert states(waiting) == ["waiting"]
    with db.transaction():
        assert board.let_time_pass(at=utcnow()) == 1
    assert states(waiting) == ["claimed"]
    assert request_now(request_id).due_at > utcnow()


def test_an_untouched_request_expires_a_day_after_its_time(context: Flask, cast: Cast) -> None:
    old = make_request(starts_at=utcnow() - timedelta(hours=25))
    recent = make_request(starts_at=utcnow() - timedelta(hours=23))
    held = make_request(starts_at=utcnow() + timedelta(hours=1))
    take(held, cast.ben)
    with db.transaction():
        board.let_time_pass(at=utcnow())
        board.let_time_pass(at=utcnow())
    assert (request_now(old).status, request_now(old).outcome) == ("closed", "expired")
    assert request_now(recent).status == request_now(held).status == "open"
    assert events_of(f"request:{old}").count("request.closed") == 1


def test_waiting_does_not_count_as_a_promise(context: Flask, cast: Cast) -> None:
    full = [make_request(capacity=1) for _ in range(7)]
    for number, request_id in enumerate(full):
        take(request_id, (cast.cy, cast.kim)[number % 2])
        wait(request_id, cast.ben)
    assert claim_now(take(make_request(), cast.ben)).state == ClaimState.CLAIMED


def test_who_became_too_young_for_it_does_not_move_up(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    take(request_id, cast.ben)
    young, grown = wait(request_id, cast.kim), wait(request_id, cast.cy)
    with db.transaction() as session:
        session.get_one(HelpRequest, request_id).min_age = 18
    site.as_(cast.ben).htmx(f"/requests/{request_id}/release", status=200)
    assert claim_now(young).state == ClaimState.WAITING
    assert claim_now(grown).state == ClaimState.CLAIMED


def test_who_is_busy_at_that_time_by_now_does_not_move_up(context: Flask, site: Site, cast: Cast) -> None:
    starts = utcnow() + timedelta(hours=5)
    full = make_request(starts_at=starts, minutes=60)
    take(full, cast.ben)
    waiting = wait(full, cast.cy)
    take(make_request(starts_at=starts, minutes=60), cast.cy)
    site.as_(cast.ben).htmx(f"/requests/{full}/release", status=200)
    assert claim_now(waiting).state == ClaimState.WAITING
    assert request_now(full).taken == 0
