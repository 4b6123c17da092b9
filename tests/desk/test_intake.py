"""Typing in a call or a paper form: once, with consent, and the code is read out."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from webtest import TestResponse

from accelerator.board.models import HelpRequest
from accelerator.clock import utcnow
from accelerator.codes import read_code
from accelerator.desk.cases.queries import open_answers
from accelerator.extensions import db
from accelerator.help.contact import open_contact
from accelerator.help.models import Requester
from accelerator.help.queries import find_by_code
from accelerator.questionnaire.consent import consent_hash
from accelerator.questionnaire.document import body_hash
from accelerator.questionnaire.models import QuestionnaireVersion
from accelerator.questionnaire.queries import document_of, get_version
from tests.cast import ASTANA, Cast
from tests.site import Site, form_values, text_of
from tests.steps import events_of

ANSWERS: dict[str, Any] = {
    "for_whom": "self",
    "words": "She needs bread on Sundays.",
    "kind": "errands",
    "place": "KZ-75/medeu",
    "street": "Abay",
    "door": "12, 4",
    "timing": "any",
    "name": "Apa Bota",
    "contact_way": "phone",
    "phone": "8 701 123 45 67",
    "language": "kk",
    "channel": "phone",
    "consent": "y",
}


@pytest.fixture
def dee(context: Flask, site: Site, cast: Cast) -> Site:
    return site.as_(cast.dee)


def send(browser: Site, status: int = 200, **changes: Any) -> TestResponse:
    page = browser.get("/desk/intake")
    return browser.press(page, "Keep", status=status, **(ANSWERS | changes))


def kept() -> list[HelpRequest]:
    return list(db.read.query(HelpRequest).order_by(HelpRequest.id).populate_existing())


def test_a_call_becomes_a_case_and_the_code_is_read_out(dee: Site, cast: Cast) -> None:
    page = send(dee)
    assert page.headers["Cache-Control"] == "no-store"
    code, pair = (line.get_text() for line in page.html.select(".read-out"))
    requester = find_by_code(db.read, read_code(code) or "")
    assert requester is not None
    assert pair
    (request,) = kept()
    assert (request.created_by_id, request.requester_id, request.title) == (cast.dee.id, requester.id, "")
    assert (requester.channel, requester.consent_channel, requester.locale) == ("phone", "phone", "kk")
    assert open_contact(requester).phone == "+77011234567"
    assert open_answers(requester)["words"] == ANSWERS["words"]
    assert events_of(f"request:{request.id}") == ["request.received"]
    assert "To verify 1" in text_of(dee.get("/desk"))
    assert code not in dee.get(f"/desk/requests/{request.id}").text


def test_the_same_form_pressed_twice_is_kept_once_with_one_code(dee: Site) -> None:
    page = dee.get("/desk/intake")
    first = dee.press(page, "Keep", status=200, **ANSWERS)
    again = dee.press(page, "Keep", status=200, **ANSWERS)
    assert first.html.select(".read-out") == again.html.select(".read-out")
    assert len(kept()) == 1


def test_a_phone_that_asked_before_is_said_at_once(dee: Site) -> None:
    send(dee)
    told = send(dee, 422, phone="the son: +7 (701) 123-45-67, WhatsApp", words="Another need.")
    assert "This phone has asked before" in text_of(told)
    assert told.html.select(".found-list a[href='/desk/requests/1']")
    assert "Another need." in told.html.find("textarea", {"name": "words"}).get_text()
    assert len(kept()) == 1
    dee.press(told, "Keep", status=200)
    assert len(kept()) == 2


def test_of_other_regions_only_the_number_is_said(context: Flask, site: Site, cast: Cast) -> None:
    send(site.as_(cast.eve), place=ASTANA)
    told = send(site.as_(cast.dee), 422)
    assert "1 more in another region." in text_of(told)
    assert not told.html.select(".found-list a")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"consent": None}, "Without their consent we may not keep it."),
        ({"consent_on": ""}, "Please give a date."),
        ({"consent_on": "2999-01-01"}, "That day is still to come."),
        ({"words": ""}, "Please fill this in."),
        ({"phone": "12"}, "phone"),
        ({"place": ""}, "Please choose one."),
        ({"channel": "pigeon"}, "Please choose one."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(dee: Site, wrong: dict[str, Any], sentence: str) -> None:
    page = dee.get("/desk/intake")
    fields = ANSWERS | wrong
    if fields["consent"] is None:
        del fields["consent"]
    answer = dee.press(page, "Keep", status=422, **fields)
    assert sentence.lower() in text_of(answer).lower()
    assert answer.html.find("input", {"name": "door"})["value"] == "12, 4"
    assert kept() == []


def test_everything_that_is_to_be_mended_is_in_one_list(dee: Site) -> None:
    page = dee.get("/desk/intake")
    fields = ANSWERS | {"words": ""}
    del fields["consent"]
    answer = dee.press(page, "Keep", status=422, **fields)
    (summary,) = answer.html.select("#errors")
    assert "2 things to mend:" in summary.get_text()
    for link in summary.select("a"):
        assert answer.html.select_one(link["href"]), "it leads to its field"


def test_consent_on_paper_keeps_its_day(dee: Site) -> None:
    day = (utcnow() - timedelta(days=3)).date()
    send(dee, channel="paper", consent_on=day.isoformat())
    (requester,) = db.read.query(Requester)
    assert requester.channel == "paper"
    assert requester.consent_at.date() == day


def publish_another_consent() -> int:
    """A newer version of the questionnaire that says something else; its number."""
    with db.transaction() as session:
        body = json.loads(session.query(QuestionnaireVersion).one().body)
        body["consent"] = {code: f"A new text ({code})." for code in body["consent"]}
        text = json.dumps(body, ensure_ascii=False)
        now = utcnow()
        newer = QuestionnaireVersion(body=text, body_hash=body_hash(text), created_at=now, published_at=now)
        session.add(newer)
        session.flush()
        return newer.id


def hash_of(version_id: int, language: str) -> bytes:
    return consent_hash(document_of(get_version(db.read, version_id)), language, db.settings)


def test_the_consent_is_that_of_the_page_in_the_persons_language(dee: Site) -> None:
    """The page was open, and the text was read aloud, when a new version was published."""
    page = dee.get("/desk/intake")
    newer = publish_another_consent()
    dee.press(page, "Keep", status=200, **ANSWERS)
    (requester,) = db.read.query(Requester)
    assert (requester.version_id, requester.consent_hash) == (1, hash_of(1, "kk"))
    texts = {told["lang"]: told.get_text() for told in dee.get("/desk/intake").html.select(".told")}
    assert texts == {code: f"A new text ({code})." for code in ("kk", "ru", "en")}
    send(dee, phone="8 701 765 43 21", language="ru")
    (latest,) = db.read.query(Requester).filter(Requester.id != requester.id)
    assert (latest.version_id, latest.consent_hash) == (newer, hash_of(newer, "ru"))


def test_a_paper_form_of_an_earlier_version_is_typed_in_as_such(dee: Site) -> None:
    publish_another_consent()
    page = dee.get("/desk/intake")
    assert page.html.find("button", string="Version 2")["aria-current"] == "true"
    earlier = dee.press(page, "Version 1", status=200)
    assert earlier.html.find("button", string="Version 1")["aria-current"] == "true"
    assert "A new text" not in text_of(earlier)
    dee.press(earlier, "Keep", status=200, **(ANSWERS | {"channel": "paper"}))
    (requester,) = db.read.query(Requester)
    assert (requester.version_id, requester.consent_version, requester.consent_hash) == (1, 1, hash_of(1, "kk"))


@pytest.mark.parametrize(
    ("button", "text", "dropped"),
    # Another text is to be heard, and agreed to, anew.
    [("Version 1", "Я, тот, кто назван в анкете", {"consent"}), ("Русский", "A new text (ru).", set())],
)
def test_another_version_or_language_keeps_what_was_typed(dee: Site, button: str, text: str, dropped: set[str]) -> None:
    publish_another_consent()
    typed = ANSWERS | {"channel": "paper", "phone": "12", "consent_on": "yesterday"}
    page = dee.press(dee.get("/desk/intake"), button, status=200, **typed)
    kept = form_values(page.html.find(id="intake"))
    assert typed.keys() - kept.keys() == dropped
    assert all(kept[name].strip() == typed[name] for name in typed.keys() & kept.keys())
    assert text in page.html.select_one(".told[lang=ru]").get_text()
    assert not page.html.select("#errors, .error, .field-bad")


def test_answers_to_a_question_of_one_version_are_there_again_after_a_look_at_the_other(dee: Site) -> None:
    with db.transaction() as session:
        newer = session.get_one(QuestionnaireVersion, publish_another_consent())
        body = json.loads(newer.body)
        for page in body["pages"]:
            page["questions"] = [question for question in page["questions"] if question["id"] != "circumstances"]
        newer.body = json.dumps(body, ensure_ascii=False)
    first = dee.press(dee.get("/desk/intake"), "Version 1", status=200)
    second = dee.press(first, "Version 2", status=200, circumstances=["alone", "veteran"])
    assert not second.html.find("input", {"type": "checkbox", "name": "circumstances"})
    again = dee.press(second, "Version 1", status=200)
    ticked = again.html.select("input[name=circumstances][checked]")
    assert [box["value"] for box in ticked] == ["alone", "veteran"]


@pytest.mark.parametrize("version", ["", "0", "99", "x", "9" * 30, "-1"])
def test_a_version_that_is_none_is_the_present_one(dee: Site, version: str) -> None:
    page = dee.post("/desk/intake", {"other-version": version}, 200)
    assert page.html.find("input", {"name": "version"})["value"] == "1"


def test_sent_again_the_day_that_was_kept_stays(dee: Site) -> None:
    first, second = (utcnow().date() - timedelta(days=days) for days in (3, 1))
    page = dee.get("/desk/intake")
    for day in (first, second):
        dee.press(page, "Keep", **(ANSWERS | {"channel": "paper", "consent_on": day.isoformat()}))
    (requester,) = db.read.query(Requester)
    assert requester.consent_at.date() == first


def test_only_coordinators_type_in(context: Flask, site: Site, cast: Cast) -> None:
    for person in (cast.ben, cast.fay, cast.gus):
        site.as_(person).get("/desk/intake", status=403)
        site.as_(person).post("/desk/intake", ANSWERS, status=403)
    assert kept() == []


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_it_is_asked_in_the_coordinators_language(dee: Site, language: str) -> None:
    page = dee.language(language).get("/desk/intake")
    assert "Type in" not in text_of(page)
