"""One request: what everybody sees, what holders see, and what messengers show of a link."""

import io
from urllib.parse import unquote

import pytest
from flask import Flask
from PIL import Image

from accelerator.board import transitions as board
from accelerator.board.models import RequestStatus
from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.regions.models import Region
from tests.cast import ALMATY, Cast, viewer_of
from tests.factories import make_deed, make_request
from tests.site import Site, text_of
from tests.steps import confirm, report, take, take_and_report, wait

BRIEFING = "Meet at the chess tables"
PHONE = "+7 727 111 22 33"


@pytest.fixture
def request_id(context: Flask) -> int:
    with db.transaction() as session:
        session.get_one(Region, ALMATY).desk_phone = PHONE
    return make_request(title="Walk the dog", capacity=1)


def test_a_visitor_sees_the_need_and_the_button(request_id: int, site: Site) -> None:
    page = site.get(f"/requests/{request_id}")
    assert page.html.h1.get_text() == "Walk the dog"
    for words in ("The shop is around the corner", "Medeu District", "30 min", "any time", "Errands", "I'll help"):
        assert words in text_of(page)


def test_the_briefing_is_for_those_who_hold_a_place(request_id: int, site: Site, cast: Cast) -> None:
    def sees(browser: Site) -> bool:
        text = text_of(browser.get(f"/requests/{request_id}"))
        assert (BRIEFING in text) == (PHONE in text)
        return BRIEFING in text

    ben, cy = site.as_(cast.ben), site.as_(cast.cy)
    assert not sees(ben)
    take(request_id, cast.ben)
    wait(request_id, cast.cy)
    assert sees(ben)
    for browser in (cy, site, site.as_(cast.dee), site.as_(cast.kim)):
        assert not sees(browser)
    claim_id = report(request_id, cast.ben)
    assert sees(ben)
    confirm(claim_id, cast.dee)
    assert not sees(ben)


def test_the_briefing_ends_with_the_promise(request_id: int, site: Site, cast: Cast) -> None:
    take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    ben.htmx(f"/requests/{request_id}/release")
    assert BRIEFING not in text_of(ben.get(f"/requests/{request_id}"))


@pytest.mark.parametrize(
    ("status", "words"), [(RequestStatus.PAUSED, "This one is paused"), (RequestStatus.CLOSED, "This one is closed")]
)
def test_what_cannot_be_taken_says_why_and_what_else(
    context: Flask, site: Site, status: RequestStatus, words: str
) -> None:
    page = site.get(f"/requests/{make_request(status=status)}")
    assert words in text_of(page)
    assert "See where help is needed" in text_of(page)
    assert "I'll help" not in text_of(page)


def test_adults_only_is_said_to_the_young(context: Flask, site: Site, cast: Cast) -> None:
    page = site.as_(cast.kim).get(f"/requests/{make_request(min_age=18)}")
    assert "This one is for adults only" in text_of(page)


def test_what_is_received_exists_for_its_desk_only(context: Flask, site: Site, cast: Cast) -> None:
    hidden = make_request(title="Secret need", status=RequestStatus.RECEIVED)
    for browser in (site, site.as_(cast.ben), site.as_(cast.eve), site.as_(cast.gus)):
        assert "Secret need" not in browser.get(f"/requests/{hidden}", status=404).text
        browser.get(f"/requests/{hidden}/picture.png", status=404)
    for browser in (site.as_(cast.dee), site.as_(cast.fay)):
        assert "Secret need" in text_of(browser.get(f"/requests/{hidden}"))
        browser.get(f"/requests/{hidden}/picture.png", status=404)  # messengers have no account
    site.get("/requests/999", status=404)
    site.get("/requests/99999999999999999999", status=404)


def test_messengers_find_words_and_a_picture(request_id: int, site: Site) -> None:
    page = site.get(f"/requests/{request_id}")
    tags = {tag["property"]: tag["content"] for tag in page.html.find_all("meta", property=True)}
    assert tags["og:title"] == "Walk the dog"
    assert "Medeu District" in tags["og:description"]
    assert tags["og:url"].endswith(f"/requests/{request_id}")
    picture = site.get(tags["og:image"].removeprefix("http://127.0.0.1:8000"))
    assert picture.content_type == "image/png"
    assert Image.open(io.BytesIO(picture.body)).size == (1200, 630)


def test_the_picture_is_drawn_again_only_when_it_changed(request_id: int, site: Site, cast: Cast) -> None:
    path = f"/requests/{request_id}/picture.png"
    tag = site.get(path).headers["ETag"]
    site.get(path, headers={"If-None-Match": tag}, status=304)
    take(request_id, cast.ben)
    assert site.get(path, headers={"If-None-Match": tag}).headers["ETag"] != tag


def test_what_people_wrote_is_never_code(context: Flask, site: Site) -> None:
    hostile = "\"><script>alert(1)</script>{{ 7*7 }} ' &amp;"
    page = site.get(f"/requests/{make_request(title=hostile, story=hostile, briefing=hostile)}")
    assert page.html.h1.get_text() == hostile
    assert "<script>alert" not in page.text
    share = page.html.find("a", href=lambda href: href and href.startswith("https://wa.me"))
    assert "<" not in share["href"]


def test_what_is_shared_leads_to_the_page(context: Flask, site: Site) -> None:
    for path in (f"/requests/{make_request()}", f"/deeds/{make_deed()}"):
        page = site.get(path)
        for host in ("wa.me", "t.me"):
            (link,) = page.html.select(f"a[href^='https://{host}']")
            assert f"http://127.0.0.1:8000{path}" in unquote(link["href"])


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_page_speaks_three_languages(context: Flask, site: Site, language: str) -> None:
    page = site.language(language).get(f"/requests/{make_request(title='Нан әкелу', locale='kk')}")
    assert page.html.html["lang"] == language
    assert page.html.h1["lang"] == "kk"
    assert {"kk": "Медеу ауданы", "ru": "Медеуский район", "en": "Medeu District"}[language] in text_of(page)


def test_a_coordinators_question_stays_visible_to_the_volunteer(request_id: int, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(request_id, cast.ben)
    with db.transaction():
        board.dispute(claim_id, by=viewer_of(cast.dee), at=utcnow(), reason="How long was it?")
    page = text_of(site.as_(cast.ben).get(f"/requests/{request_id}"))
    assert "being clarified" in page
    assert "A coordinator asks: How long was it?" in page


def test_the_desk_reads_that_it_is_not_on_the_board_yet(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED)
    text = text_of(site.as_(cast.dee).get(f"/requests/{request_id}"))
    assert "Not on the board yet" in text
    assert "closed" not in text


def test_the_age_is_said_as_an_age(context: Flask, site: Site) -> None:
    facts = site.get(f"/requests/{make_request(min_age=16)}").html.select_one(".request-facts")
    assert "Age" in [dt.get_text() for dt in facts.find_all("dt")]
    assert "16 or older" in facts.get_text()
    assert "What it takes" not in facts.get_text()
