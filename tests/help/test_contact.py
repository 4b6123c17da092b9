"""The button that shows a contact: on the page of the request and among one's promises, with and without JavaScript."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.help.contact import Contact
from accelerator.help.contacts.cards import MAP, map_url
from accelerator.help.models import ContactReveal
from tests.cast import Cast, Person
from tests.factories import make_request, make_requester
from tests.site import Site, text_of
from tests.steps import events_of, report, take, wait

APA = Contact(
    name="Apa Bota",
    phone="+77011234567",
    phone_words="after six",
    phone_owner="Gulya",
    speaker="Her son",
    street="Abay",
    door="12, flat K417Z",
)
PRIVATE = ("Apa Bota", "77011234567", "701 123 45 67", "after six", "Gulya", "Her son", "Abay", "K417Z")


def promised(person: Person, contact: Contact = APA, **words: Any) -> int:
    request_id = make_request(for_person=True, capacity=3, **words)
    make_requester(contact=contact, request_id=request_id)
    take(request_id, person)
    return request_id


@pytest.fixture
def errand(context: Flask, cast: Cast) -> int:
    return promised(cast.ben)


def found_in(text: str) -> list[str]:
    return [word for word in PRIVATE if word in text]


def count_looks() -> int:
    return len(db.read.scalars(select(ContactReveal.id)).all())


@pytest.mark.parametrize("path", ["/requests/{}", "/me"])
def test_the_page_offers_it_and_does_not_hold_it(errand: int, site: Site, cast: Cast, path: str) -> None:
    page = site.as_(cast.ben).get(path.format(errand))
    assert found_in(page.text) == []
    assert "Show name, phone and door" in page.text
    assert count_looks() == 0


@pytest.mark.parametrize("path", ["/requests/{}", "/me"])
def test_without_javascript_the_button_leads_to_a_page(errand: int, site: Site, cast: Cast, path: str) -> None:
    ben = site.as_(cast.ben)
    shown = ben.press(ben.get(path.format(errand)), "Show name, phone and door", status=200)
    words = text_of(shown)
    assert found_in(words) == ["Apa Bota", "701 123 45 67", "after six", "Gulya", "Her son", "Abay", "K417Z"]
    assert shown.headers["Cache-Control"] == "no-store"
    assert 'href="tel:+77011234567"' in shown.text
    assert count_looks() == 1
    assert events_of(f"request:{errand}")[-1] == "contact.revealed"


def test_with_javascript_it_appears_in_place(errand: int, site: Site, cast: Cast) -> None:
    shown = site.as_(cast.ben).htmx(f"/requests/{errand}/contact", status=200)
    assert "<html" not in shown.text
    root = shown.html.find("section", id=f"contact-{errand}")
    assert root is not None
    assert "Apa Bota" in root.get_text()
    assert shown.headers["Cache-Control"] == "no-store"


def test_the_part_and_the_page_show_the_same(errand: int, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    part = ben.htmx(f"/requests/{errand}/contact").html.find("section", id=f"contact-{errand}")
    page = ben.post(f"/requests/{errand}/contact").html.find("section", id=f"contact-{errand}")
    assert str(part) == str(page)


def test_days_before_the_hour_there_is_the_street_and_when_the_rest_comes(
    context: Flask, site: Site, cast: Cast
) -> None:
    request_id = promised(cast.ben, starts_at=utcnow() + timedelta(days=5))
    ben = site.as_(cast.ben)
    page = ben.get(f"/requests/{request_id}")
    assert "Name, phone and door: from" in page.text
    shown = ben.press(page, "Show the street", status=200)
    assert found_in(shown.text) == ["Abay"]
    assert "Name, phone and door: from" in shown.text


def test_the_map_gets_street_and_house_and_never_the_flat(errand: int, site: Site, cast: Cast) -> None:
    link = site.as_(cast.ben).htmx(f"/requests/{errand}/contact").html.find("a", class_="fact-link")
    assert link["href"].endswith("Abay%2012")
    assert "noreferrer" in link["rel"]


@pytest.mark.parametrize(
    ("street", "door", "ends"),
    [
        ("Абая", "дом 12, кв. 4", "12"),
        ("Абай көшесі", "12-үй, 4-пәтер", "12"),
        ("Abay", "12A, flat 4", "12A"),
        ("Abay", "12/3, 4", "12/3"),
        ("Abay", "the green gate", "Abay"),
        ("Abay", "", "Abay"),
    ],
)
def test_the_house_is_found_in_what_people_write(street: str, door: str, ends: str) -> None:
    from urllib.parse import unquote

    url = map_url(Contact(street=street, door=door), "Medeu")
    assert url.startswith(MAP)
    assert unquote(url).endswith(ends)


def test_without_a_street_there_is_no_map() -> None:
    assert map_url(Contact(door="12"), "Medeu") == ""


def test_an_empty_contact_says_what_to_do(context: Flask, site: Site, cast: Cast) -> None:
    request_id = promised(cast.ben, Contact(phone="+77011234567"))
    assert "ask on the phone" in site.as_(cast.ben).htmx(f"/requests/{request_id}/contact").text


def test_hostile_words_stay_words(context: Flask, site: Site, cast: Cast) -> None:
    script, tag, image = "<script>alert(1)</script>", '"><b class="x">', '"><img src=x>'
    hostile = Contact(name=script, street=tag, door="{{ 7*7 }}", phone=image)
    page = site.as_(cast.ben).post(f"/requests/{promised(cast.ben, hostile)}/contact", status=200)
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert '<b class="x">' not in page.text
    assert "{{ 7*7 }}" in text_of(page)


# ---- forbidden ----


@pytest.mark.parametrize("who", ["cy", "dee", "eve", "fay", "gus"])
def test_without_a_promise_there_is_no_button_and_no_answer(errand: int, site: Site, cast: Cast, who: str) -> None:
    browser = site.as_(getattr(cast, who))
    assert f"/requests/{errand}/contact" not in browser.get(f"/requests/{errand}").text
    refused = browser.post(f"/requests/{errand}/contact", status=403)
    assert found_in(refused.text) == []
    assert "Only those who promised to come" in refused.text
    assert count_looks() == 0


def test_a_visitor_is_asked_to_sign_in(errand: int, site: Site) -> None:
    assert "/login" in site.post(f"/requests/{errand}/contact", status=303).headers["Location"]


def test_under_eighteen_the_page_says_who_goes_along(context: Flask, site: Site, cast: Cast) -> None:
    request_id = promised(cast.kim)
    kim = site.as_(cast.kim)
    page = kim.get(f"/requests/{request_id}")
    assert "a coordinator goes with you" in page.text
    assert f"/requests/{request_id}/contact" not in page.text
    assert found_in(kim.htmx(f"/requests/{request_id}/contact", status=403).text) == []


def test_auditors_and_admins_are_told_why_not(context: Flask, site: Site, cast: Cast) -> None:
    for person in (cast.fay, cast.gus):
        request_id = promised(person)
        refused = site.as_(person).post(f"/requests/{request_id}/contact", status=403)
        assert "see no contacts" in refused.text
        assert found_in(refused.text) == []


def test_whoever_waits_has_no_button(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(for_person=True)
    make_requester(contact=APA, request_id=request_id)
    take(request_id, cast.ben)
    wait(request_id, cast.cy)
    cy = site.as_(cast.cy)
    assert "/contact" not in cy.get(f"/requests/{request_id}").text
    assert "waiting list" in cy.post(f"/requests/{request_id}/contact", status=409).text


def test_what_concerns_nobody_in_particular_has_no_button(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    assert "/contact" not in ben.get(f"/requests/{request_id}").text
    assert "No contact is kept here" in ben.post(f"/requests/{request_id}/contact", status=409).text


def test_no_address_leads_back_to_it(errand: int, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    ben.post(f"/requests/{errand}/contact", status=200)
    ben.get(f"/requests/{errand}/contact", status=405)
    for path in (f"/requests/{errand}", "/me", "/requests", "/deeds"):
        assert found_in(ben.get(path).text) == []


def test_the_desk_shows_nobody_a_contact_without_asking(errand: int, site: Site, cast: Cast) -> None:
    for person in (cast.dee, cast.fay):
        assert found_in(site.as_(person).get(f"/desk/requests/{errand}").text) == []


# ---- repeated and raced ----


def test_looking_again_shows_it_again_and_is_written_down_again(errand: int, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    for times in (1, 2, 3):
        assert "Apa Bota" in ben.htmx(f"/requests/{errand}/contact", status=200).text
        assert count_looks() == times


def test_two_looks_at_once_are_both_written_down(errand: int, app: Flask, site: Site, cast: Cast) -> None:
    browsers = [site.as_(cast.ben) for _ in range(4)]
    for browser in browsers:
        browser.token()
    statuses: list[int] = []

    def look(browser: Site) -> None:
        statuses.append(browser.htmx(f"/requests/{errand}/contact").status_int)

    threads = [threading.Thread(target=look, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 4
    assert count_looks() == 4


def test_after_the_report_it_is_still_there_and_after_letting_go_not(errand: int, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    report(errand, cast.ben)
    assert "Show name, phone and door" in ben.get(f"/requests/{errand}").text
    other = promised(cast.ben)
    ben.press(ben.get(f"/requests/{other}"), "Let go")
    assert found_in(ben.post(f"/requests/{other}/contact", status=403).text) == []


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_in_three_languages(errand: int, site: Site, cast: Cast, language: str) -> None:
    ben = site.as_(cast.ben).language(language)
    page = ben.post(f"/requests/{errand}/contact", status=200)
    assert page.html.find("html")["lang"] == language
    assert "Apa Bota" in page.text
