"""Filters stay while one moves between pages: the way back to the board leads to those last used."""

import pytest
from flask import Flask

from accelerator.board.last_filters import address, canonical, has_blanks
from tests.cast import Cast
from tests.factories import make_deed, make_request
from tests.site import HTMX, Site

USED = "/requests?kind=errands&minutes=30"


def nav(page: object) -> str:
    """Where the frame leads to the board."""
    return str(page.html.find("nav").find("a")["href"])  # type: ignore[attr-defined]


def back(site: Site, path: str) -> str:
    """Where the navigation of a page leads in the end."""
    href = nav(site.get(path))
    return site.get(href, status=303).headers["Location"] if href == "/requests/back" else href


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_every_page_leads_back_to_the_filters(context: Flask, site: Site, cast: Cast, is_signed_in: bool) -> None:
    request_id, deed_id = make_request(), make_deed()
    reader = site.as_(cast.ben) if is_signed_in else site
    for path in ("/", "/deeds", "/help", f"/requests/{request_id}", f"/deeds/{deed_id}", USED):
        reader.get(USED)
        assert back(reader, path) == USED, path
    reader.get("/requests")  # "clear all"
    assert back(reader, "/me" if is_signed_in else "/login") == "/requests"


def test_pages_from_memory_and_from_the_fast_lane_note_them_too(context: Flask, site: Site, cast: Cast) -> None:
    make_request()
    for reader in (site, site.as_(cast.ben)):
        for query in ("kind=errands", "minutes=30") * 2:  # the second time from memory
            reader.get(f"/requests?{query}")
            assert back(reader, "/help") == f"/requests?{query}"


def test_nobody_gets_the_filters_of_others(context: Flask, site: Site, cast: Cast) -> None:
    make_request()
    other = Site(context)
    site.get(USED)
    site.get("/deeds")
    for path in ("/", "/deeds", "/help"):
        assert back(other, path) == "/requests"
    cy = site.as_(cast.cy)
    assert back(cy, "/me") == "/requests"


def test_a_search_with_htmx_is_kept_and_its_address_has_no_blanks(context: Flask, site: Site) -> None:
    make_request()
    answer = site.get("/requests?q=&kind=errands&region=KZ-75&district=&when=&minutes=", headers=HTMX)
    assert answer.headers["HX-Push-Url"] == "/requests?kind=errands&region=KZ-75"
    assert back(site, "/help") == "/requests?kind=errands&region=KZ-75"


def test_the_next_page_of_the_list_is_no_place_to_come_back_to(context: Flask, site: Site) -> None:
    make_request()
    site.get(USED)
    site.get("/requests?kind=errands&after=1-1")
    assert back(site, "/help") == USED


def test_the_form_without_javascript_leads_to_an_address_without_blanks(context: Flask, site: Site) -> None:
    assert site.get("/requests?q=&kind=&region=KZ-75", status=303).headers["Location"] == "/requests?region=KZ-75"
    assert site.get("/requests?q=", status=303).headers["Location"] == "/requests"


def test_a_request_leads_back_to_the_board_as_it_was(context: Flask, site: Site) -> None:
    request_id = make_request()
    site.get(USED)
    assert site.get(f"/requests/{request_id}").html.select_one(".back a")["href"] == f"{USED}#request-{request_id}"


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("", "/requests"),
        ("kind=errands", "/requests?kind=errands"),
        ("minutes=30&kind=errands", "/requests?kind=errands&minutes=30"),
        ("kind=errands&kind=animals&next=//evil.example", "/requests?kind=errands"),
        ("//evil.example", "/requests"),
        ("q=%0d%0aSet-Cookie:%20x=y", "/requests?q=%0D%0ASet-Cookie%3A+x%3Dy"),
        ("q=" + "x" * 400, "/requests"),
        ("q=%ff%00", "/requests?q=%EF%BF%BD%00"),
        ('q="><script>', "/requests?q=%22%3E%3Cscript%3E"),
    ],
)
def test_a_cookie_is_believed_no_more_than_an_address(cookie: str, expected: str) -> None:
    assert address(cookie) == expected
    assert canonical(canonical(cookie)) == canonical(cookie)


def test_blanks_are_seen() -> None:
    assert has_blanks("q=&kind=errands")
    assert has_blanks("kind=errands&q=")
    assert not has_blanks("kind=errands")
    assert not has_blanks("")


def test_a_forged_cookie_breaks_no_page(context: Flask, site: Site) -> None:
    make_request()
    for value in ("%", "kind=%ff", "q=%00", "a" * 3000, "kind=errands&q=<b>"):
        site.web.set_cookie("board", value)
        assert nav(site.get("/help")).startswith("/requests")
        assert site.get("/requests/back", status=303).headers["Location"].startswith("/requests")
