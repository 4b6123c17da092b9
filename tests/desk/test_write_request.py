"""A coordinator writes a request down, looks at it once more, and publishes it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select
from webtest import TestResponse

from accelerator.board.models import HelpRequest
from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.reference import forget_places
from accelerator.regions.models import Region
from tests.cast import Cast
from tests.site import Site, text_of
from tests.steps import events_of

ZONE = ZoneInfo("Asia/Almaty")
WORDS = {
    "title": "Carry a piano",
    "story": "Third floor, wide stairs.",
    "briefing": "Ring at the blue gate.",
    "kind": "repair",
    "place": "KZ-75/medeu",
    "capacity": "4",
}


@pytest.fixture
def dee(context: Flask, site: Site, cast: Cast) -> Site:
    return site.as_(cast.dee)


def send(dee: Site, status: int | str = "*", **fields: Any) -> TestResponse:
    return dee.press(dee.get("/desk/requests/new"), "Save", status, **(WORDS | fields))


def in_days(days: int, hour: int = 15) -> datetime:
    """A wall-clock moment in Almaty."""
    return (utcnow().astimezone(ZONE) + timedelta(days=days)).replace(hour=hour, minute=30, second=0, microsecond=0)


def as_typed(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def written() -> list[HelpRequest]:
    return list(db.read.scalars(select(HelpRequest).order_by(HelpRequest.id)))


def test_it_is_written_then_published_then_on_the_board(dee: Site, site: Site) -> None:
    case = dee.follow(send(dee, 303))
    assert "Written down. Look at it once more, then publish it." in text_of(case)
    assert "Carry a piano" not in text_of(site.get("/requests"))
    dee.press(case, "Publish")
    board = text_of(site.get("/requests?q=piano"))
    assert "Carry a piano" in board
    assert "4 places free" in board
    assert "blue gate" not in site.get("/requests/1").text
    assert events_of("request:1") == ["request.created", "request.published"]


def test_it_is_found_by_the_names_of_its_region_and_district(dee: Site, site: Site) -> None:
    dee.press(dee.follow(send(dee, 303)), "Publish")
    for query in ("алматы", "Almaty piano", "МЕДЕУСКИЙ", "Медеу Алматы"):
        assert "Carry a piano" in text_of(site.get(f"/requests?q={quote(query)}")), query
    assert "Carry a piano" not in text_of(site.get(f"/requests?q={quote('Астана')}"))


def test_all_that_was_chosen_is_kept(dee: Site, cast: Cast) -> None:
    starts = in_days(3)
    send(dee, 303, timing="at", moment=as_typed(starts), minutes="240", needs=["car", "strength"], min_age="18",
         two_adults="y", is_asar="y", locale="ru")  # fmt: skip
    (request,) = written()
    assert request.starts_at == starts.astimezone(UTC)
    assert request.ends_at == request.starts_at + timedelta(hours=4)
    assert request.due_at == request.starts_at
    assert (request.needs, request.min_age, request.minutes, request.capacity, request.locale) == (3, 18, 240, 4, "ru")
    assert (request.two_adults, request.is_asar, request.for_person) == (True, True, False)
    assert (request.region_code, request.district_code) == ("KZ-75", "KZ-75/medeu")
    assert request.created_by_id == cast.dee.id
    assert "медеуский" in request.search_text


def test_a_whole_region_may_be_named(dee: Site) -> None:
    send(dee, 303, place="KZ-75")
    assert (written()[0].region_code, written()[0].district_code) == ("KZ-75", None)


def test_an_end_and_every_week(dee: Site) -> None:
    moment = in_days(2)
    send(dee, 303, timing="by", moment=as_typed(moment))
    send(dee, 303, timing="repeating", moment=as_typed(moment))
    send(dee, 303, timing="any", moment=as_typed(moment))
    by, weekly, any_time = written()
    assert (by.starts_at, by.ends_at) == (None, moment.astimezone(UTC))
    assert weekly.starts_at == moment.astimezone(UTC)
    assert (any_time.starts_at, any_time.ends_at) == (None, None)


def test_times_are_those_of_the_region(context: Flask, site: Site, cast: Cast) -> None:
    with db.transaction() as session:
        session.get_one(Region, "KZ-75").timezone = "Pacific/Auckland"
    forget_places()
    typed = (utcnow() + timedelta(days=3)).strftime("%Y-%m-%dT18:00")
    dee = site.as_(cast.dee)
    page = dee.follow(send(dee, 303, timing="at", moment=typed))
    found = written()[0].starts_at
    assert found is not None
    assert found.astimezone(ZoneInfo("Pacific/Auckland")).strftime("%Y-%m-%dT%H:%M") == typed
    assert "18:00" in text_of(page)
    edit = dee.get("/desk/requests/1/edit")
    assert edit.html.find("input", {"name": "moment"})["value"].startswith(typed)


def test_the_past_is_refused(dee: Site) -> None:
    for timing in ("at", "by", "repeating"):
        answer = send(dee, 422, timing=timing, moment=as_typed(in_days(-1)))
        assert "That is in the past. Please give a time to come." in text_of(answer)
    answer = send(dee, 422, timing="at", moment="")
    assert "Please give a day and a time." in text_of(answer)
    assert written() == []


@pytest.mark.parametrize("year", ["0001", "1999", "2100", "9999"])
def test_a_slip_in_the_year_is_told(dee: Site, year: str) -> None:
    for timing in ("at", "by", "repeating"):
        answer = send(dee, 422, timing=timing, moment=f"{year}-01-01T00:00")
        assert "Please check the year." in text_of(answer)
        assert answer.html.find("input", {"name": "moment"})["value"].startswith(f"{year}-01-01T00:00")
    assert written() == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": "  "}, "Please fill this in."),
        ({"title": "x" * 121}, "120 characters at most"),
        ({"story": ""}, "Please fill this in."),
        ({"story": "x" * 2001}, "2000 characters at most"),
        ({"kind": ""}, "Please choose one."),
        ({"kind": "nonsense"}, "Please choose one."),
        ({"place": ""}, "Please choose one."),
        ({"place": "KZ-71"}, "Please choose one."),  # Eve's
        ({"timing": "sometime"}, "Please choose one."),
        ({"minutes": "17"}, "Please choose one."),
        ({"minutes": "long"}, "Please choose one."),
        ({"capacity": ""}, "Please fill this in."),
        ({"capacity": "0"}, "A number from 1 to 500"),
        ({"capacity": "501"}, "A number from 1 to 500"),
        ({"capacity": "many"}, "A whole number, please."),
        ({"min_age": "12"}, "Please choose one."),
        ({"timing": "at", "moment": "soon"}, "Please give a day and a time."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(dee: Site, wrong: dict[str, str], sentence: str) -> None:
    answer = send(dee, 422, **wrong)
    page = text_of(answer)
    assert sentence in page
    assert "Not a valid" not in page
    assert written() == []
    form = answer.html.find("textarea", {"name": "briefing"}).find_parent("form")
    kept = WORDS | wrong
    assert form.find("input", {"name": "title"})["value"].strip() == kept["title"].strip()
    assert form.find("textarea", {"name": "story"}).get_text().strip() == kept["story"]
    assert form.find("textarea", {"name": "briefing"}).get_text().strip() == WORDS["briefing"]
    assert form.find("input", {"name": "capacity"})["value"] == kept["capacity"]


def test_unknown_capabilities_are_left_out(dee: Site) -> None:
    send(dee, 303, needs=["car", "wings"])
    assert written()[0].needs == 1


def test_only_coordinators_write(context: Flask, site: Site, cast: Cast) -> None:
    for person in (cast.ben, cast.fay, cast.gus):
        site.as_(person).get("/desk/requests/new", status=403)
        site.as_(person).post("/desk/requests/new", WORDS, status=403)
    site.get("/desk/requests/new", status=303)
    assert written() == []


def test_a_coordinator_is_offered_their_own_regions(context: Flask, site: Site, cast: Cast) -> None:
    page = site.as_(cast.eve).get("/desk/requests/new")
    places = [option["value"] for option in page.html.find("select", {"name": "place"}).find_all("option")]
    assert all(place.startswith("KZ-71") for place in places if place)


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_mistakes_are_explained_in_the_readers_language(dee: Site, language: str) -> None:
    answer = dee.language(language).get("/desk/requests/new")
    button = next(b for b in answer.html.find_all("button") if b.find_parent("form").find("textarea"))
    sent = dee.press(answer, button.get_text(strip=True), **(WORDS | {"capacity": "many"}))
    assert sent.status_int == 422
    assert "Not a valid" not in text_of(sent)
