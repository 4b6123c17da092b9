"""Writing an appeal: works, sent twice, what is wrong stands beside its field, and nothing typed is lost."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator.appeals.models import Appeal
from accelerator.extensions import db, vault
from tests.appeals.letters import FIELDS, TEXT, code_on, look, now, send, write
from tests.cast import Cast
from tests.factories import make_deed, make_request
from tests.site import Site, form_values, text_of
from tests.steps import events_of, last_event


def count() -> int:
    return db.read.scalars(select(func.count()).select_from(Appeal)).one()


def only() -> Appeal:
    return now(db.read.scalars(select(Appeal.id)).one())


@pytest.mark.usefixtures("context")
def test_an_appeal_is_sealed_and_its_code_opens_it(site: Site) -> None:
    page = site.follow(write(site))
    code = code_on(page)
    appeal = only()
    assert (appeal.kind, appeal.status, appeal.region_code) == ("complaint", "received", "KZ-75")
    assert appeal.key_name
    assert TEXT.encode() not in (appeal.sealed_text or b"")
    assert vault.open(appeal.key_name, appeal.sealed_text or b"", appeal, "sealed_text") == TEXT
    assert TEXT in text_of(look(site, code))
    assert events_of(f"appeal:{appeal.id}") == ["appeal.received"]
    event = last_event()
    assert (event["actor"], event["kind"], event["region"]) == ("reader", "complaint", "KZ-75")
    assert not {"Aigul", TEXT, "+77011234567"} & {str(value) for value in event.values()}


@pytest.mark.usefixtures("context")
def test_the_account_of_a_signed_in_sender_stands_nowhere(site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    ben.follow(write(ben))
    assert last_event()["actor"] == "reader"
    assert only().assignee_id is None


@pytest.mark.usefixtures("context")
def test_the_code_is_shown_until_it_is_written_down(site: Site) -> None:
    page = site.follow(write(site))
    code = code_on(page)
    assert code_on(site.get("/appeals/code")) == code
    saved = site.get("/appeals/code.txt")
    assert code in saved.text
    assert "/appeals/status" in saved.text
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert saved.headers["Cache-Control"] == "no-store"
    site.follow(site.press(page, "I have written it down"))
    assert only().is_code_kept
    assert "There is no code to show" in text_of(site.follow(site.get("/appeals/code.txt", status=303)))
    assert "There is no code to show" in text_of(site.follow(site.get("/appeals/code", status=303)))
    assert TEXT in text_of(look(site, code))


@pytest.mark.usefixtures("context")
def test_sent_twice_it_is_one_and_the_code_is_the_same(site: Site) -> None:
    form = site.get("/appeals")
    first = site.press(form, "Send", **FIELDS)
    again = site.press(form, "Send", **FIELDS)
    assert count() == 1
    assert code_on(site.follow(first)) == code_on(site.follow(again))


@pytest.mark.usefixtures("context")
def test_the_code_is_shown_again_when_the_first_answer_was_lost(site: Site) -> None:
    form = site.get("/appeals")
    first = site.press(form, "Send", **FIELDS)
    code = code_on(site.follow(first))
    site.web.reset()  # the answer with its cookie never came, the open page is still there
    page = site.get("/appeals")
    key = {"form_key": str(form.html.find(id="form_key")["value"])}  # type: ignore[index]
    assert code_on(site.follow(site.press(page, "Send", **FIELDS, **key))) == code
    assert count() == 1


@pytest.mark.usefixtures("context")
def test_once_written_down_the_code_is_not_given_again(site: Site) -> None:
    form = site.get("/appeals")
    page = site.follow(site.press(form, "Send", **FIELDS))
    site.press(page, "I have written it down")
    again = site.follow(site.press(form, "Send", **FIELDS))
    assert "sent already" in text_of(again)
    assert count() == 1


def test_words_beside_the_phone_are_shown_with_it(context: Flask, site: Site, cast: Cast) -> None:
    write(site, phone="8 7O1 123 45 67 дочь Айгуль")
    dee = site.as_(cast.dee)
    number = db.read.scalars(select(Appeal.id)).one()
    shown = dee.press(dee.get(f"/desk/appeals/{number}"), "Show the contact", why="To call", status=200)
    assert shown.html.find("a", href="tel:+77011234567").parent.get_text() == "+7 701 123 45 67 дочь Айгуль"


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": ""}, "Please choose one."),
        ({"kind": "integrity"}, "Please choose one."),
        ({"region": "KZ-00"}, "Please choose one."),
        ({"words": "   "}, "Please write what it is about."),
        ({"words": "x" * 4001}, "4000 characters at most"),
        ({"name": ""}, "the law lets us answer signed appeals only"),
        ({"phone": "12"}, "This is not a phone number."),
        ({"phone": "272-12-34"}, "Please add the code of the town"),
        ({"email": "nobody"}, "This is not an e-mail address."),
        ({"about": "request", "number": ""}, "Please give its number"),
        ({"about": "request", "number": "999"}, "There is none with this number."),
        ({"about": "deed", "number": "x"}, "A whole number, please."),
        ({"about": "person", "number": "1"}, "Please choose one."),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_lost(site: Site, changes: dict[str, str], sentence: str) -> None:
    page = write(site, **({"email": "a@example.org"} | changes))
    assert page.status_int == 422
    assert sentence in text_of(page)
    soup = page.html
    for name, value in (FIELDS | changes).items():
        field = soup.find(attrs={"name": name})
        if value.strip() and name in ("words", "name", "phone", "email"):
            assert field is not None
            assert value in (field.get("value"), field.get_text().strip())
    assert count() == 0


@pytest.mark.usefixtures("context")
def test_it_may_be_about_a_request_or_a_deed_that_everybody_sees(site: Site) -> None:
    request_id, deed_id = make_request(), make_deed()
    site.follow(write(site, about="request", number=str(request_id)))
    site.follow(write(site, about="deed", number=str(deed_id)))
    rows = db.read.scalars(select(Appeal)).all()
    assert {(a.about_request_id, a.about_deed_id) for a in rows} == {(request_id, None), (None, deed_id)}


@pytest.mark.usefixtures("context")
def test_the_kind_and_what_it_is_about_come_with_the_address(site: Site) -> None:
    soup = site.get("/appeals?kind=thanks&about=deed:5").html
    assert soup.select_one("input[name=kind][value=thanks][checked]")
    assert soup.select_one("option[value=deed][selected]")
    assert soup.select_one("#number")["value"] == "5"  # type: ignore[index]
    assert "Seal and send" in text_of(site.get("/appeals?kind=integrity"))


@pytest.mark.usefixtures("context")
def test_the_date_of_the_answer_is_in_working_days(site: Site) -> None:
    site.follow(write(site))
    appeal = only()
    assert isinstance(appeal.due_on, date)
    assert appeal.due_on > appeal.created_at.date()
    assert appeal.due_on.weekday() < 5


@pytest.mark.usefixtures("context")
def test_too_many_from_one_address_are_held_back(site: Site) -> None:
    for _ in range(20):
        assert write(site).status_int == 303
    page = write(site)
    assert page.status_int == 429
    assert "Too many tries" in text_of(page)
    assert page.html.find("textarea", {"name": "words"}).get_text().strip()
    assert count() == 20


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_page_speaks_the_readers_language(site: Site, language: str) -> None:
    site.language(language)
    for path in ("/appeals", "/appeals/integrity", "/appeals/status"):
        page = site.get(path)
        assert f'<html lang="{language}"' in page.text


@pytest.mark.usefixtures("context")
def test_another_language_shows_the_form_again_with_what_was_typed(site: Site) -> None:
    typed = FIELDS | {"about": "deed", "number": "none", "email": "no address"}
    page = site.press(site.get("/appeals"), "Қазақша", 200, **typed)
    assert page.html.html["lang"] == "kk"
    kept = form_values(page.html.find(id="write"))
    assert {name: kept[name].strip() for name in typed} == typed
    assert not page.html.select("#errors, .error")
    assert count() == 0
    assert site.get("/help").html.html["lang"] == "kk"


@pytest.mark.usefixtures("context")
def test_behind_the_code_another_language_keeps_the_word_and_the_code(site: Site) -> None:
    sent = send()
    page = site.press(look(site, sent.code), "Русский", 200, **{"word-words": "It is the left one."})
    assert page.html.html["lang"] == "ru"
    assert TEXT in text_of(page)
    assert page.html.find("textarea", {"name": "word-words"}).get_text().strip() == "It is the left one."
    assert not page.html.select("#errors, .error")
    page = site.press(page, "Отправить", 200)
    assert "It is the left one." in page.html.select_one(".thread").get_text()
