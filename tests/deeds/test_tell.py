"""Telling of a deed done outside of the board."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select
from webtest import TestResponse

from accelerator.clock import utcnow
from accelerator.deeds.models import Deed, Photo
from accelerator.extensions import db
from tests.cast import Cast
from tests.site import Site, text_of
from tests.steps import events_of, mails_to, picture, words

ZONE = ZoneInfo("Asia/Almaty")
TOLD = {
    "title": "Cleaned the spring",
    "story": "Four bags.",
    "kind": "springs",
    "district": "KZ-75/medeu",
    "hours": "2",
    "helpers": "5",
    "helped": "40",
    "credit": "name",
}


@pytest.fixture
def ben(context: Flask, site: Site, cast: Cast) -> Site:
    return site.as_(cast.ben)


def send(ben: Site, status: int | str = "*", **fields: Any) -> TestResponse:
    return ben.press(ben.get("/deeds/new"), "Tell of it", status, **(TOLD | fields))


def deeds() -> list[Deed]:
    return list(db.read.scalars(select(Deed).execution_options(populate_existing=True)))


def test_it_is_told_and_waits_for_a_coordinator(ben: Site, site: Site, cast: Cast) -> None:
    mine = ben.follow(send(ben, 303))
    assert "A coordinator will look at it" in text_of(mine)
    assert "Cleaned the spring 2 h · waits for a coordinator" in text_of(mine)
    assert "Cleaned the spring" not in text_of(site.get("/deeds"))
    (deed,) = deeds()
    assert (deed.doer_name, deed.level, deed.minutes, deed.helpers, deed.helped) == ("Ben", "told", 120, 5, 40)
    assert (deed.region_code, deed.district_code) == ("KZ-75", "KZ-75/medeu")
    assert events_of(f"deed:{deed.id}") == ["deed.told"]
    for browser, status in ((ben, 200), (site.as_(cast.dee), 200), (site, 404), (site.as_(cast.cy), 404)):
        browser.get(f"/deeds/{deed.id}", status=status)


def test_published_it_says_that_it_was_told(ben: Site, site: Site, cast: Cast) -> None:
    send(ben, 303)
    dee = site.as_(cast.dee)
    dee.press(dee.get("/desk"), "Publish", status=303)
    page = text_of(site.get("/deeds/1"))
    for said in ("Ben", "Cleaned the spring", "told by the doer", "5 people", "2 h", "40 people were helped"):
        assert said in page


def test_the_day_on_which_it_happened_is_shown(ben: Site, site: Site, cast: Cast) -> None:
    send(ben, 303, day=str(date(utcnow().year - 1, 3, 14)))
    dee = site.as_(cast.dee)
    assert f"14 March {utcnow().year - 1}" in text_of(dee.get("/desk"))
    dee.press(dee.get("/desk"), "Publish", status=303)
    for path in ("/deeds", "/deeds/1"):
        page = site.get(path)
        assert page.html.find("time").get_text() == f"14 March {utcnow().year - 1}"
        assert page.html.find("time")["datetime"] == f"{utcnow().year - 1}-03-14"


@pytest.mark.parametrize(("verb", "news"), [("publish", "deed_published"), ("hide", "deed_hidden")])
def test_its_doer_is_told_what_became_of_it(ben: Site, site: Site, cast: Cast, verb: str, news: str) -> None:
    send(ben, 303)
    (deed,) = deeds()
    for _ in range(2):
        site.as_(cast.dee).post(f"/desk/deeds/{deed.id}/{verb}", {"reason": "Please without the street"}, 303)
    mine = ben.get("/me")
    link = mine.html.find("a", string=words(news, "Cleaned the spring", "en"))
    assert link["href"] == f"/deeds/{deed.id}"
    assert ("Please without the street" in text_of(mine)) is (verb == "hide")
    (mail,) = mails_to(cast.ben)
    assert f"/deeds/{deed.id}" in mail.body


@pytest.mark.parametrize(
    "mended",
    [{"story": "Another four bags."}, {"hours": "3"}, {"helped": "4"}, {"district": "KZ-75"}, {"credit": "someone"}],
)
def test_sent_again_it_is_one_deed_and_mended_it_is_another(ben: Site, cast: Cast, mended: dict[str, str]) -> None:
    for _ in range(3):
        send(ben, 303)
    (deed,) = deeds()
    assert events_of(f"deed:{deed.id}") == ["deed.told"]
    send(ben, 303, **mended)
    assert len(deeds()) == 2


def test_what_was_hidden_can_be_told_again(ben: Site, site: Site, cast: Cast) -> None:
    send(ben, 303)
    site.as_(cast.dee).post("/desk/deeds/1/hide", {"reason": "Not so."}, 303)
    send(ben, 303)
    assert [deed.status for deed in deeds()] == ["hidden", "pending"]


def test_without_a_name_it_is_someone_good(ben: Site) -> None:
    send(ben, 303, credit="someone")
    assert deeds()[0].doer_name == ""


def test_how_to_be_shown_is_asked_without_a_default(ben: Site) -> None:
    page = ben.get("/deeds/new")
    assert not page.html.find("input", {"name": "credit", "checked": True})
    assert "Please choose one." in text_of(send(ben, 422, credit=None))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "Please fill this in."),
        ({"title": "x" * 121}, "120 characters at most"),
        ({"story": "x" * 2001}, "2000 characters at most"),
        ({"kind": "nonsense"}, "Please choose one."),
        ({"district": "KZ-99"}, "Please choose one."),
        ({"day": ""}, "Please give a date."),
        ({"day": "yesterday"}, "Please give a date."),
        ({"day": "2001-01-01"}, "A day of this year or last year"),
        ({"hours": "25"}, "A number from 0 to 24"),
        ({"helpers": "0"}, "A number from 1 to 1000"),
        ({"helpers": "all"}, "A whole number, please."),
        ({"helped": "-1"}, "A number from 0 to 10000"),
        ({"credit": "hidden"}, "Please choose one."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(ben: Site, wrong: dict[str, str], sentence: str) -> None:
    answer = send(ben, 422, **wrong)
    assert sentence in text_of(answer)
    assert answer.html.find("textarea", {"name": "story"}).get_text().strip() == (TOLD | wrong)["story"]
    assert deeds() == []


def test_no_day_of_the_future(ben: Site) -> None:
    today = utcnow().astimezone(ZONE).date()
    assert "not in the future" in text_of(send(ben, 422, day=str(today + timedelta(days=1))))
    send(ben, 303, day=str(today))
    assert deeds()[0].happened_at.astimezone(ZONE).hour == 12


def test_photos_are_kept_over_an_error(ben: Site) -> None:
    answer = send(ben, 422, title="", photos=[("a.jpg", picture()), ("b.txt", b"text")])
    assert "b.txt is not a picture" in text_of(answer)
    assert "1 photo is kept" in text_of(answer)
    ben.press(answer, "Tell of it", title="Again", status=303)
    (photo,) = db.read.scalars(select(Photo))
    assert photo.deed_id == deeds()[0].id


def test_a_bad_photo_is_said_although_the_rest_is_right(ben: Site) -> None:
    assert "b.txt is not a picture" in text_of(send(ben, 422, photos=[("b.txt", b"text")]))
    assert deeds() == []


def test_telling_has_an_end(ben: Site) -> None:
    page = ben.get("/deeds/new")
    for n in range(10):
        ben.press(page, "Tell of it", 303, **(TOLD | {"story": f"Bag {n}."}))
    refused = ben.press(page, "Tell of it", 429, **TOLD)
    assert "Too many tries" in text_of(refused)
    assert refused.html.find("input", {"name": "title"})["value"] == TOLD["title"]
    assert len(deeds()) == 10


def test_a_visitor_signs_in_first(context: Flask, site: Site) -> None:
    assert "/login?next=%2Fdeeds%2Fnew" in site.get("/deeds/new", status=303).headers["Location"]
    assert "Signed out meanwhile" in site.post("/deeds/new", {"title": "Signed out meanwhile"}, 401).text


@pytest.mark.parametrize(("hours", "minutes"), [("0", "0"), ("", ""), ("24", "1")])
def test_it_asks_how_long_it_took(ben: Site, hours: str, minutes: str) -> None:
    page = send(ben, 422, hours=hours, minutes=minutes)
    assert "from one minute to 24 hours" in page.html.find(id="minutes-error").get_text()
    assert page.html.find(id="title")["value"] == "Cleaned the spring"
    assert deeds() == []
