"""Somebody calls and says their number or their phone: the desk finds the case."""

import pytest
from flask import Flask

from accelerator.help.contact import Contact
from tests.cast import ALMATY, ASTANA, Cast
from tests.desk.cases import asked
from tests.factories import make_request, make_requester
from tests.site import Site, text_of

PHONE = "8 (701) 123-45-67"


@pytest.fixture
def dee(context: Flask, site: Site, cast: Cast) -> Site:
    return site.as_(cast.dee)


def request_of(phone: str, *, title: str, region: str = ALMATY) -> int:
    request_id = make_request(title=title, region=region, district=None, for_person=True)
    make_requester(request_id=request_id, contact=Contact(name="Apa Bota", phone=phone))
    return request_id


@pytest.mark.parametrize(
    "typed", ["{}", " № {} ", "#{}", "No. {}", "no {}", "N{}", "н. {}", "Номер {}", "нөмірі {}", "Nr. {}", "№№{}"]
)
def test_by_its_number(dee: Site, typed: str) -> None:
    request_id = asked()
    page = dee.press(dee.get("/desk/find"), "Find", what=typed.format(request_id))
    assert page.headers["Location"].endswith(f"/desk/requests/{request_id}")


@pytest.mark.parametrize("number", [999_999_999, 0])
def test_a_number_that_nobody_has(dee: Site, number: int) -> None:
    page = dee.press(dee.get("/desk/find"), "Find", status=422, what=str(number))
    assert "There is no request with this number in your regions." in text_of(page)
    assert page.html.find("input", {"name": "what"})["value"] == str(number)


def test_what_is_in_another_region_is_not_there(dee: Site) -> None:
    elsewhere = make_request(title="Far away", region=ASTANA, district=None)
    page = dee.press(dee.get("/desk/find"), "Find", status=422, what=str(elsewhere))
    assert "no request with this number in your regions" in text_of(page)
    assert "Far away" not in text_of(page)


def test_by_a_phone_in_any_spelling_of_own_regions_only(dee: Site) -> None:
    request_of("+77011234567", title="Bread on Sundays")
    request_of("+77011234567", title="Far away", region=ASTANA)
    request_of("+77029999999", title="Somebody else")
    page = dee.press(dee.get("/desk/find"), "Find", what=PHONE)
    words = text_of(page)
    assert "Bread on Sundays" in words
    assert "1 more in another region." in words
    assert "Far away" not in words
    assert "Somebody else" not in words
    assert page.headers["Cache-Control"] == "no-store"
    assert page.request.path_qs == "/desk/find"  # the phone stands in no address


def test_a_phone_that_has_not_asked_leads_to_typing_in(dee: Site) -> None:
    page = dee.press(dee.get("/desk/find"), "Find", what=PHONE)
    assert "Nobody has asked with this phone." in text_of(page)
    assert page.html.select("main a[href='/desk/intake']")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "This is neither a number nor a phone."),
        ("ru", "Это не номер заявки и не телефон."),
        ("kk", "Бұл өтінім нөмірі де, телефон да емес."),
    ],
)
def test_what_is_neither_is_said_beside_the_field(dee: Site, language: str, sentence: str) -> None:
    words = {"en": "Find", "ru": "Найти", "kk": "Іздеу"}[language]
    page = dee.language(language).press(dee.get("/desk/find"), words, status=422, what="apa Bota")
    assert sentence in page.html.select_one("#what-error").get_text()
    assert page.html.find("input", {"name": "what"})["value"] == "apa Bota"
