"""The first page: what is needed now, what has just happened, and the numbers."""

from datetime import timedelta

import pytest
from flask import Flask

from accelerator.board.queries import Filters, list_open
from accelerator.clock import utcnow
from accelerator.extensions import db
from tests.cast import ALMATY, ASTANA, Cast
from tests.factories import make_deed, make_request
from tests.site import Site, text_of
from tests.steps import confirm, counted_statements, take, take_and_report


def test_empty_it_still_leads_somewhere(context: Flask, site: Site) -> None:
    page = text_of(site.get("/"))
    for words in (
        "I want to help",
        "I need help",
        "Nobody is waiting right now",
        "The first good deed will appear here",
    ):
        assert words in page


def test_it_shows_needs_deeds_and_numbers(context: Flask, site: Site, cast: Cast) -> None:
    for number in range(6):
        make_request(title=f"Need {number}", capacity=3)
    make_deed(title="Cleaned the spring")
    confirm(take_and_report(make_request(title="Done", capacity=2), cast.ben, people=2), cast.dee, minutes=90)
    page = site.get("/")
    text = text_of(page)
    assert "Need 0" in text
    assert "Need 4" not in text  # four cards
    assert "Ben Cleaned the spring" in text
    numbers = {block.dt.get_text(): block.dd.get_text() for block in page.html.select("dl.numbers > div")}
    assert numbers["good deeds this week"] == "2"
    assert numbers["hours given so far"] == "3"


def test_what_is_full_is_not_needed_now(context: Flask, site: Site, cast: Cast) -> None:
    take(make_request(title="Full", capacity=1), cast.ben)
    make_request(title="Free")
    text = text_of(site.get("/"))
    assert "Free" in text
    assert "Full" not in text


def test_free_places_are_found_without_looking_at_full_ones(context: Flask) -> None:
    if not db.settings.is_sqlite:
        pytest.skip("PostgreSQL knows how many rows there are and chooses by that")
    now = utcnow()
    for filters, index in (
        (Filters(is_free=True), "ix_help_requests_free"),
        (Filters(is_free=True, region=ALMATY), "ix_help_requests_region_free"),
    ):
        with counted_statements() as statements:
            list_open(db.read, filters, now=now, day_ends=now)
        asked = statements[-1]
        values = (None,) * asked.count("?")
        plan = str(db.read.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", values).all())
        assert index in plan, plan


def test_what_is_needed_is_found_behind_a_whole_page_of_full_ones(context: Flask, site: Site, cast: Cast) -> None:
    for number in range(22):
        full = make_request(title=f"Full {number}", capacity=1, starts_at=utcnow() + timedelta(hours=1, days=number))
        take(full, cast.add(f"helper{number}"))
    make_request(title="Later and free", starts_at=utcnow() + timedelta(days=60))
    text = text_of(site.get("/"))
    assert "Later and free" in text
    assert "Full" not in text


def test_ones_own_promises_are_not_offered_again(context: Flask, site: Site, cast: Cast) -> None:
    take(make_request(title="Held", capacity=5), cast.ben)
    assert "Held" not in text_of(site.as_(cast.ben).get("/"))
    assert "Held" in text_of(site.get("/"))


def test_only_what_has_a_free_place_is_counted_as_waiting(context: Flask, site: Site, cast: Cast) -> None:
    take(make_request(capacity=1), cast.ben)
    make_request(capacity=2)
    make_request(region=ASTANA, district=None)
    make_request(starts_at=utcnow() - timedelta(hours=1))
    waits = next(b for b in site.get("/").html.select("dl.numbers > div") if "wait for a hand" in b.dt.get_text())
    assert waits.dd.get_text() == "2"


def test_the_readers_region_comes_first_and_others_fill_up(context: Flask, site: Site, cast: Cast) -> None:
    soon = utcnow() + timedelta(days=1)
    make_request(title="Snow in Astana", region=ASTANA, district=None, starts_at=soon)
    make_request(title="Bread in Almaty", starts_at=soon + timedelta(days=1))
    text = text_of(site.get("/"))
    assert text.index("Bread in Almaty") < text.index("Snow in Astana")
    for number in range(3):
        make_request(title=f"Another {number}", starts_at=soon + timedelta(days=2))
    assert "Snow in Astana" not in text_of(site.get("/"))


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_it_speaks_the_readers_language(context: Flask, site: Site, language: str) -> None:
    assert site.get("/", headers={"Accept-Language": language}).html.html["lang"] == language
    assert site.language(language).get("/").html.html["lang"] == language
