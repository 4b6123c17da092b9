"""The feed: newest first, every deed once, and nothing that people wrote is code."""

from datetime import timedelta

from flask import Flask
from webtest import TestResponse

from accelerator.clock import utcnow
from accelerator.deeds.models import DeedStatus
from tests.factories import make_deed
from tests.site import HTMX, Site, text_of
from tests.steps import counted_statements


def titles(page: TestResponse) -> list[str]:
    soup = page.html
    return [title.find("span").get_text() for title in soup.select(".deed-title")]


def walk(site: Site, path: str = "/deeds") -> list[str]:
    seen: list[str] = []
    while path:
        page = site.get(path)
        seen += titles(page)
        link = page.html.find("a", string="Show more")
        path = link["href"] if link else ""
    return seen


def test_every_deed_is_shown_exactly_once_newest_first(context: Flask, site: Site) -> None:
    at = utcnow()
    for number in range(65):  # many at the very same moment
        make_deed(title=f"Deed {number:02}", published_at=at + timedelta(microseconds=number // 30))
    assert walk(site) == [f"Deed {number:02}" for number in reversed(range(65))]


def test_pages_stay_whole_while_new_deeds_arrive(context: Flask, site: Site) -> None:
    at = utcnow() - timedelta(hours=1)
    for number in range(30):
        make_deed(title=f"Deed {number:02}", published_at=at)
    first = site.get("/deeds")
    make_deed(title="New")
    rest = walk(site, first.html.find("a", string="Show more")["href"])
    assert titles(first) + rest == [f"Deed {number:02}" for number in reversed(range(30))]
    assert walk(site)[0] == "New"


def test_htmx_appends_the_next_page(context: Flask, site: Site) -> None:
    for number in range(22):
        make_deed(title=f"Deed {number:02}")
    link = site.get("/deeds").html.find("a", string="Show more")
    part = site.get(link["hx-get"], headers=HTMX)
    assert "<!doctype" not in part.text
    assert titles(part) == titles(site.get(link["href"])) == ["Deed 01", "Deed 00"]


def test_only_what_is_published_is_shown(context: Flask, site: Site) -> None:
    make_deed(title="Waits", status=DeedStatus.PENDING)
    make_deed(title="Hidden", status=DeedStatus.HIDDEN)
    assert "The first good deed is still to come" in text_of(site.get("/deeds"))


def test_what_people_wrote_is_never_code(context: Flask, site: Site) -> None:
    hostile = "<img src=x></p><script>alert(1)</script>{{ 7*7 }}"
    deed_id = make_deed(title=hostile, story=hostile, doer_name=hostile[:80])
    for path in ("/deeds", f"/deeds/{deed_id}", "/"):
        page = site.get(path)
        assert hostile in text_of(page)
        assert "<img src=x" not in page.text


def test_a_nameless_doer_is_someone_good(context: Flask, site: Site) -> None:
    make_deed(doer_name="")
    assert "Someone good Cleaned the spring" in text_of(site.get("/deeds"))


def test_a_text_keeps_its_language(context: Flask, site: Site) -> None:
    make_deed(title="Бұлақ тазаладық", locale="kk")
    page = site.language("ru").get("/deeds")
    assert page.html.find("span", string="Бұлақ тазаладық")["lang"] == "kk"


def test_odd_cursors_are_the_beginning(context: Flask, site: Site) -> None:
    make_deed()
    for after in ("x", "1", "-", "1-", "-1", "1-x", "9" * 30 + "-1", "1-" + "9" * 30, "%00-1"):
        assert titles(site.get(f"/deeds?after={after}")) == ["Cleaned the spring"], after


def test_a_page_costs_the_same_at_any_length(context: Flask, site: Site) -> None:
    site.get("/deeds")
    counts = []
    for more in (5, 60):
        for _ in range(more):
            make_deed()
        with counted_statements() as sent:
            site.get("/deeds")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 3
