"""A session that ends while somebody writes: they sign in, and send what they wrote once more."""

import pytest
from flask import Flask
from sqlalchemy import select
from webtest import TestResponse

from accelerator.board.models import RequestStatus
from accelerator.deeds.models import Deed, Photo
from tests.accounts.conftest import Tables
from tests.cast import PASSWORD, Cast
from tests.factories import make_request
from tests.site import HTMX, Site, alone, text_of
from tests.steps import picture, take_and_report

OURS = {"Origin": "http://127.0.0.1:8000"}
DEED = {
    "title": "Planted <b>an apple</b> tree",
    "story": "Two\nlines & more",
    "day": "2026-11-20",
    "hours": "1",
    "minutes": "5",
    "helpers": "2",
    "helped": "1",
    "district": "KZ-75",
    "kind": "other",
    "credit": "name",
}
BEN = {"email": "ben@example.org", "password": PASSWORD}


def write(browser: Site) -> TestResponse:
    return browser.get("/deeds/new")


def send(browser: Site, page: TestResponse, status: int, **fields: object) -> TestResponse:
    return browser.press(page, "Tell of it", status, **DEED | fields)


def end_session(browser: Site) -> None:
    browser.web.reset()


@pytest.fixture
def ben(site: Site, cast: Cast) -> Site:
    return site.as_(cast.ben)


def test_what_was_typed_is_sent_after_signing_in(ben: Site, tables: Tables) -> None:
    page = write(ben)
    end_session(ben)
    sign_in = send(ben, page, 401)
    assert "You are signed out by now. Sign in, and what you typed goes on." in text_of(sign_in)
    again = ben.press(sign_in, "Sign in", 422, **BEN | {"password": "a wrong one"})
    assert {page.headers["Cache-Control"] for page in (sign_in, again)} == {"no-store"}
    once_more = ben.press(again, "Sign in", 200, **BEN)
    assert "everything you typed is still here" in text_of(once_more)
    assert DEED["title"] in text_of(once_more)
    assert once_more.headers["Cache-Control"] == "no-store"
    told = ben.follow(ben.press(once_more, "Send it once more", 303))
    assert "Thank you for telling us!" in text_of(told)
    deed = tables.one(select(Deed))
    assert (deed.title, deed.story, deed.minutes, deed.helpers) == (DEED["title"], DEED["story"], 65, 2)


def test_a_page_of_an_earlier_session_is_sent_once_more(ben: Site, tables: Tables) -> None:
    page = write(ben)
    ben.post("/logout", status=303)
    ben.post("/login", BEN, 303)
    once_more = send(ben, page, 403)
    ben.press(once_more, "Send it once more", 303)
    assert tables.one(select(Deed.title)) == DEED["title"]


def test_photos_are_chosen_again_on_the_page_that_sends_it(ben: Site, tables: Tables) -> None:
    page = write(ben)
    ben.post("/logout", status=303)
    ben.post("/login", BEN, 303)
    once_more = send(ben, page, 403, photos=[("a.jpg", picture())])
    assert "Only the photos are missing: please choose them again." in text_of(once_more)
    ben.press(once_more, "Send it once more", 303, photos=[("a.jpg", picture())])
    assert tables.one(select(Photo.deed_id)) == tables.one(select(Deed.id))


def test_two_pages_with_words_whose_session_has_ended(ben: Site, tables: Tables) -> None:
    first, second = write(ben), write(ben)
    end_session(ben)
    one, other = send(ben, first, 401), send(ben, second, 401, title="Read to a neighbour")
    once_more = ben.press(one, "Sign in", 200, **BEN)
    ben.press(once_more, "Send it once more", 303)
    once_more = ben.press(other, "Sign in", 403, **BEN)
    ben.press(once_more, "Send it once more", 303)
    assert set(tables.all(select(Deed.title))) == {DEED["title"], "Read to a neighbour"}


def test_a_button_is_not_pressed_again_for_somebody_who_signs_in_later(
    context: Flask, site: Site, cast: Cast, tables: Tables
) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED)
    path = f"/desk/requests/{request_id}/publish"
    asked = alone(site.web.post, path, {"seen_version": "1"}, headers=OURS, status=303)
    assert asked.headers["Location"].startswith("/login?")
    stale = alone(site.as_(cast.dee).web.post, path, {"seen_version": "1"}, headers=OURS, status=403)
    assert "Send it once more" not in stale.text


def test_what_a_page_carries_for_itself_is_not_shown_as_what_was_typed(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    page = site.as_(cast.dee).get(f"/desk/requests/{request_id}")
    void = site.as_(cast.eve).press(page, "Close", 403, outcome="withdrawn", reason="Her son came.")
    assert [told.get_text() for told in void.html.select(".story")] == ["Her son came."]


def test_the_reason_beside_a_button_is_not_lost(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben)
    fields = {"reason": "Four hours seem long"}
    assert "Four hours seem long" in site.post(f"/desk/claims/{claim_id}/dispute", fields, 401).text


def test_an_address_that_does_not_exist_takes_nothing(ben: Site) -> None:
    answer = ben.web.post("/desk/nowhere", {"word": "two words"}, headers=OURS, expect_errors=True)
    assert "two words" not in answer.text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}])
def test_what_another_site_sends_is_not_offered(site: Site, ben: Site, headers: dict[str, str]) -> None:
    for browser in (site, ben):
        answer = browser.web.post("/deeds/new", DEED, headers=headers, expect_errors=True)
        assert "an apple" not in answer.text


def test_no_address_fills_the_form_of_another(site: Site, cast: Cast) -> None:
    words = '["/deeds/new", [["title", "Not mine"]], false]'
    assert "Not mine" not in site.get("/login", params={"typed": words}).text


@pytest.mark.parametrize(
    "typed",
    [
        "x",
        "[]",
        "[1, 2, 3]",
        "[" * 5000,
        '["//evil.example/", [], false]',
        '["https://evil.example/", [["a", "b"]], 0]',
    ],
)
def test_nonsense_in_its_place_only_signs_in(site: Site, cast: Cast, typed: str) -> None:
    assert site.post("/login", BEN | {"typed": typed}, 303).headers["Location"] == "/me"


def test_letters_that_no_page_can_hold_are_left_out(site: Site, cast: Cast) -> None:
    typed = '["/deeds/new", [["title", "one \\ud800two"]], false]'
    assert "one two" in site.post("/login", BEN | {"typed": typed}, 200).text


def test_a_password_is_never_sent_back(site: Site, cast: Cast) -> None:
    fields = BEN | {"csrf_token": "00" * 32}
    answer = site.web.post("/login", fields, headers=OURS, status=403)
    assert PASSWORD not in answer.text


def test_htmx_gets_a_notice_and_keeps_the_page(ben: Site) -> None:
    fields = DEED | {"csrf_token": "00" * 32}
    answer = ben.web.post("/deeds/new", fields, headers=OURS | HTMX, status=403)
    assert answer.headers["HX-Retarget"] == "#messages"


@pytest.mark.parametrize(("language", "words"), [("kk", "Тағы бір рет"), ("ru", "Ещё раз"), ("en", "Once more")])
def test_it_is_said_in_the_readers_language(app: Flask, ben: Site, language: str, words: str) -> None:
    ben.post(f"/lang/{language}", status=303)
    answer = ben.web.post("/deeds/new", DEED | {"csrf_token": "00" * 32}, headers=OURS, status=403)
    assert words in text_of(answer)
