"""The same fragments by asking: pages that cannot reach the stream lose nothing."""

import pytest
from flask import Flask
from webtest import TestResponse

from accelerator.board import transitions as board
from accelerator.board.models import Outcome
from accelerator.clock import utcnow
from accelerator.deeds import transitions as deeds
from accelerator.extensions import db
from tests.cast import Cast, viewer_of
from tests.factories import make_deed, make_request
from tests.site import HTMX, Site, text_of
from tests.steps import count_events, counted_statements, take


def ask(site: Site, since: object, names: str = "", status: int = 200) -> TestResponse:
    return site.get("/live/changes", status, params={"since": str(since), "names": names}, headers=HTMX)


def places_of(response: TestResponse) -> dict[str, str]:
    """The swaps of the answer: id or target, and the words."""
    soup = response.html
    return {
        str(part.get("id") or part["hx-swap-oob"]): " ".join(part.get_text(" ").split())
        for part in soup.find_all(attrs={"hx-swap-oob": True})
    }


def test_what_the_page_shows_is_answered(context: Flask, site: Site, cast: Cast) -> None:
    shown, other = make_request(capacity=3), make_request(capacity=3)
    before = count_events()
    take(shown, cast.ben)
    take(other, cast.ben)
    make_deed(title="Cleaned the spring")
    answer = ask(site, before, f"request-{shown},deed")
    assert places_of(answer) == {
        f"seats-{shown}": "2 places free I'll help",
        "afterbegin:#arrivals": places_of(answer)["afterbegin:#arrivals"],
    }
    assert "Ben Cleaned the spring" in places_of(answer)["afterbegin:#arrivals"]
    assert f"/live/changes?since={count_events()}" in answer.text


def test_whoever_has_a_place_gets_no_button(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=3)
    take(request_id, cast.cy)
    answer = ask(site.as_(cast.cy), 0, f"seats-{request_id}")
    assert places_of(answer) == {f"seats-{request_id}": "2 places free"}
    assert "<button" not in answer.text


def test_the_seats_are_those_of_the_board(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=3)
    take(request_id, cast.ben)
    on_board = site.get("/requests").html.find(id=f"seats-{request_id}")
    asked = ask(site, 0, f"request-{request_id}").html.find(id=f"seats-{request_id}")
    assert on_board.get_text(" ", strip=True) == asked.get_text(" ", strip=True)
    assert on_board.find("button").attrs == asked.find("button").attrs


def test_nothing_new_is_no_content(context: Flask, site: Site) -> None:
    make_request()
    for since in (count_events(), count_events() + 5, 10**17):
        assert ask(site, since, "request-1,deed", status=204).body == b""


def test_news_for_others_only_move_the_number(context: Flask, site: Site) -> None:
    make_request()
    make_deed()
    for names in ("", "request-99", "nonsense"):
        answer = ask(site, 0, names)
        assert places_of(answer) == {}
        assert f"since={count_events()}" in answer.text


def test_a_hidden_deed_goes_from_the_page_that_shows_it(context: Flask, site: Site, cast: Cast) -> None:
    deed_id, other = make_deed(), make_deed()
    before = count_events()
    with db.transaction():
        for hidden in (deed_id, other):
            deeds.hide(hidden, by=viewer_of(cast.dee), at=utcnow(), reason="Not so.")
    answer = ask(site, before, f"deed,deed-{deed_id}")
    assert [(part["id"], part["hx-swap-oob"]) for part in answer.html.find_all("i")] == [(f"deed-{deed_id}", "delete")]
    with db.transaction():
        deeds.publish(deed_id, by=viewer_of(cast.dee), at=utcnow())
    assert not places_of(ask(site, before, f"deed,deed-{deed_id}")), "what the page shows is not sent once more"
    assert len(ask(site, before, "deed").html.find_all("article")) == 1


def test_asking_costs_the_same_however_many_deeds_are_new(context: Flask, site: Site) -> None:
    costs = []
    for new in (2, 20):
        before = count_events()
        for _ in range(new):
            make_deed()
        with counted_statements() as sent:
            ask(site, before, "deed")
        costs.append(len(sent))
    assert costs[0] == costs[1]


def test_what_nobody_can_take_says_why(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=3)
    take(request_id, cast.ben)
    names, seats = f"request-{request_id}", f"seats-{request_id}"
    with db.transaction():
        board.pause(request_id, by=viewer_of(cast.dee), at=utcnow())
    paused = places_of(ask(site, 0, names))
    assert paused == {seats: "This one is paused. Look in again later, or choose another."}
    assert places_of(ask(site.as_(cast.ben), 0, seats)) == {seats: "2 places free"}
    with db.transaction():
        board.resume(request_id, by=viewer_of(cast.dee), at=utcnow())
    assert places_of(ask(site, 0, names)) == {seats: "2 places free I'll help"}
    with db.transaction():
        board.close(request_id, by=viewer_of(cast.dee), at=utcnow(), outcome=Outcome.WITHDRAWN)
    closed = places_of(ask(site, 0, names))
    assert closed == {seats: "This one is closed. Others on the board still need help."}


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_answer_speaks_the_readers_language(context: Flask, site: Site, language: str) -> None:
    make_deed()
    answer = ask(site.language(language), 0, "deed")
    assert {"kk": "Алматы", "ru": "Алматы", "en": "Almaty"}[language] in text_of(answer)


def test_hostile_parameters_are_harmless(context: Flask, site: Site) -> None:
    make_request()
    make_deed()
    for since in ("", "x", "-1", "1.5", "9" * 400, "0x1", "²", "'; DROP TABLE users", "\x00"):
        ask(site, since, "deed", status=204)
    assert ask(site, "٠", "deed").status_int in (200, 204)  # a digit, of another script
    for names in (
        "request-",
        "request-x",
        "request--1",
        "request-1'--",
        "<script>",
        "," * 10_000,
        "deed" * 3000,
        "\x00",
    ):
        assert "<script>" not in ask(site, 0, names).text
    site.get("/live/changes", 204)
    many = ",".join(f"request-{number}" for number in range(1000, 1200)) + ",deed"
    assert places_of(ask(site, 0, many)) == {}  # more names than any page shows: the rest is not read


def test_a_long_absence_is_caught_up_in_pieces(context: Flask, site: Site, cast: Cast) -> None:
    for _ in range(205):
        make_deed()
    first = ask(site, 0, "deed")
    assert "since=200" in first.text
    second = ask(site, 200, "deed")
    assert "since=205" in second.text
    assert len(second.html.find_all("article")) == 5


def test_asking_costs_little_when_nothing_is_new(context: Flask, site: Site, cast: Cast) -> None:
    make_request()
    ben = site.as_(cast.ben)
    ask(ben, 0)
    newest = count_events()
    with counted_statements() as sent:
        ask(ben, newest, status=204)
    assert len(sent) <= 2
