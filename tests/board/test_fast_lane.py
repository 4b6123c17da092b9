"""The board of signed-in people comes from memory: nobody may ever see another's."""

import gzip

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests.cast import Cast
from tests.factories import make_request
from tests.site import Site, alone, text_of

ORIGIN = {"Origin": "http://127.0.0.1:8000"}


def token_on(page: str) -> str:
    return str(BeautifulSoup(page, "html.parser").find("form", id="act").find("input")["value"])  # type: ignore[union-attr,index]


def without_own_words(page: str) -> str:
    """The page with the three things that differ between readers taken out."""
    soup = BeautifulSoup(page, "html.parser")
    for field in soup.find_all(attrs={"name": "csrf_token"}):
        field["value"] = ""
    soup.body["hx-headers"] = ""  # type: ignore[index]
    soup.find(id="open-count").clear()  # type: ignore[union-attr]
    soup.find(id="poll")["hx-get"] = ""  # type: ignore[index]
    soup.main["sse-connect"] = ""  # type: ignore[index]
    return str(soup)


def test_two_people_get_the_same_page_with_their_own_tokens(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="Walk the dog", capacity=3)
    ben, cy = site.as_(cast.ben), site.as_(cast.cy)
    pages = [who.get("/requests").text for who in (ben, cy, ben, cy)]
    assert len({without_own_words(page) for page in pages}) == 1
    tokens = [token_on(page) for page in pages]
    assert len(set(tokens)) == 4  # masked anew on each page
    for who, page in zip((ben, cy, ben, cy), pages, strict=True):
        own = alone(who.web.post, "/me/news", {"csrf_token": token_on(page)}, headers=ORIGIN)
        assert own.status_int == 303
    stolen = alone(cy.web.post, "/me/news", {"csrf_token": tokens[0]}, headers=ORIGIN, status="*")
    assert stolen.status_int == 403


def test_ones_own_promise_is_shown_to_oneself_only(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Walk the dog", capacity=3)
    ben, cy = site.as_(cast.ben), site.as_(cast.cy)
    for who in (ben, cy, ben):
        who.get("/requests")
    ben.htmx(f"/requests/{request_id}/claim", status=200)
    for _ in range(3):
        assert "Let go" in text_of(ben.get("/requests"))
        assert "Let go" not in text_of(cy.get("/requests"))
        assert "Let go" not in text_of(site.get("/requests"))
    assert BeautifulSoup(ben.get("/requests").text, "html.parser").find(id="open-count").get_text() == "1"  # type: ignore[union-attr]


def test_a_change_is_seen_at_once(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="Walk the dog")
    ben = site.as_(cast.ben)
    ben.get("/requests")
    ben.get("/requests")
    make_request(title="Feed the cat")
    assert "Feed the cat" in text_of(ben.get("/requests"))


def test_language_age_and_address_make_a_page_of_their_own(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="Carry coal", min_age=18)
    ben, kim = site.as_(cast.ben), site.as_(cast.kim)
    for _ in range(2):
        assert "I'll help" in text_of(ben.get("/requests"))
        assert "adults only" in text_of(kim.get("/requests"))
        assert "Carry coal" not in text_of(ben.get("/requests?q=dog"))
    assert 'lang="ru"' in ben.language("ru").get("/requests").text[:200]
    assert 'lang="en"' in kim.get("/requests").text[:200]


def test_an_ended_session_gets_the_visitors_page(context: Flask, site: Site, cast: Cast) -> None:
    make_request()
    ben = site.as_(cast.ben)
    ben.get("/requests")
    ben.get("/requests")
    kept = str(ben.web.cookies["session"])
    ben.post("/logout", status=303)
    ben.web.set_cookie("session", kept.strip('"'))
    ben.get("/help")  # takes the notice
    assert BeautifulSoup(ben.get("/requests").text, "html.parser").find(id="open-count") is None


def test_packed_and_plain_are_the_same_page(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="Walk the dog")
    ben = site.as_(cast.ben)
    ben.get("/requests")
    plain = alone(ben.web.get, "/requests").text
    answer = alone(ben.web.get, "/requests", headers={"Accept-Encoding": "gzip"})
    body = answer.body if answer.body[:2] != b"\x1f\x8b" else gzip.decompress(answer.body)
    assert without_own_words(body.decode()) == without_own_words(plain)
    assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize("cookie", ["lang =ru", 'lang="\\162u"', "lang=en; lang=ru"])
def test_an_odd_cookie_does_not_choose_the_language_of_others(
    context: Flask, site: Site, cast: Cast, cookie: str
) -> None:
    make_request(title="Walk the dog")
    ben, cy = site.as_(cast.ben), site.as_(cast.cy)
    session = ben.web.cookies["session"]
    alone(site.web.get, "/requests", headers={"Cookie": f"session={session}; {cookie}"})
    for _ in range(2):
        assert BeautifulSoup(cy.get("/requests").text, "html.parser").html["lang"] == "en"  # type: ignore[index]
