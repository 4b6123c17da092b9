"""Deeds: the volunteer is asked first, the coordinator looks, and what nobody can mend is taken out."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from webtest import TestResponse

from accelerator.board.models import Claim, Credit
from accelerator.clock import utcnow
from accelerator.deeds import transitions as deeds
from accelerator.deeds.models import Deed, DeedStatus, Photo
from accelerator.deeds.queries import read_totals
from accelerator.extensions import db
from accelerator.screening.rules import PrivateTextFound
from tests.cast import Cast, Person, viewer_of
from tests.factories import make_deed, make_request
from tests.site import Site, text_of
from tests.steps import claim_now, confirm, deed_of, events_of, last_event, row, take, take_and_report

PHONE = "Call 8 701 000 00 24."
HOUSE = "At Abay street 12, apt 4."


def publish(deed_id: int, person: Person, *accepted: str, without_private: bool = False) -> None:
    with db.transaction():
        deeds.publish(
            deed_id,
            by=viewer_of(person),
            at=utcnow(),
            accepted=frozenset(accepted),
            without_private=without_private,
        )


def deed_now(deed_id: int) -> Deed:
    return row(Deed, deed_id)


@pytest.mark.parametrize("place", ["title", "story", "doer_name"])
def test_a_told_deed_with_a_phone_is_not_published(context: Flask, cast: Cast, place: str) -> None:
    deed_id = make_deed(status=DeedStatus.PENDING, **{place: PHONE})  # type: ignore[arg-type]
    with pytest.raises(PrivateTextFound):
        publish(deed_id, cast.dee, "phone", "house", "money")
    assert deed_now(deed_id).status == DeedStatus.PENDING


def test_what_was_looked_at_is_published_and_the_event_says_so(context: Flask, cast: Cast) -> None:
    deed_id = make_deed(status=DeedStatus.PENDING, story=HOUSE)
    with pytest.raises(PrivateTextFound):
        publish(deed_id, cast.dee)
    publish(deed_id, cast.dee, "house")
    assert deed_now(deed_id).status == DeedStatus.PUBLISHED
    assert last_event()["accepted"] == "house"


def test_without_what_is_private_it_is_published(context: Flask, cast: Cast) -> None:
    deed_id = make_deed(status=DeedStatus.PENDING, title=f"Bread. {PHONE}", story=f"{PHONE} {HOUSE}")
    with pytest.raises(PrivateTextFound):  # the house number is for the coordinator to judge
        publish(deed_id, cast.dee, without_private=True)
    assert PHONE in deed_now(deed_id).story
    publish(deed_id, cast.dee, "house", without_private=True)
    assert (deed_now(deed_id).title, deed_now(deed_id).story) == ("Bread. Call ….", f"Call …. {HOUSE}")
    publish(deed_id, cast.dee, without_private=True)  # repeating it changes nothing
    assert deed_now(deed_id).status == DeedStatus.PUBLISHED


def test_what_was_hidden_is_checked_again(context: Flask, cast: Cast) -> None:
    deed_id = make_deed(status=DeedStatus.HIDDEN, story=PHONE)
    with pytest.raises(PrivateTextFound):
        publish(deed_id, cast.dee)
    assert deed_now(deed_id).status == DeedStatus.HIDDEN


# ---- the deed of a confirmed claim


@pytest.mark.parametrize("word", [PHONE, HOUSE, "Donate to her, please."])
def test_a_private_word_makes_the_deed_wait(context: Flask, site: Site, cast: Cast, word: str) -> None:
    claim_id = take_and_report(make_request(title="Bread"), cast.ben, word=word)
    confirm(claim_id, cast.dee)
    deed = deed_of(claim_id)
    assert deed
    assert (deed.status, deed.published_at) == (DeedStatus.PENDING, None)
    assert events_of(f"deed:{deed.id}") == ["deed.told"]
    assert word not in text_of(site.get("/deeds"))
    site.get(f"/deeds/{deed.id}", status=404)
    assert claim_now(claim_id).state == "confirmed"
    totals = read_totals(db.read, utcnow().date())
    assert (totals.deeds, totals.minutes) == (0, 30)  # the hours count all the same


def test_its_photos_wait_with_it(context: Flask, site: Site, cast: Cast) -> None:
    with db.transaction():
        deeds.keep_photo("a" * 32, 40, 30, user_id=cast.ben.id, at=utcnow())
    claim_id = take_and_report(make_request(), cast.ben, word=PHONE, photo_keys=("a" * 32,))
    confirm(claim_id, cast.dee)
    deed = deed_of(claim_id)
    assert deed
    assert db.read.scalars(select(Photo.deed_id)).one() == deed.id
    publish(deed.id, cast.dee, without_private=True)
    assert "Call …." in text_of(site.get(f"/deeds/{deed.id}"))


def test_a_name_that_is_a_phone_makes_it_wait(context: Flask, cast: Cast) -> None:
    person = cast.add("8 701 000 00 24")
    claim_id = take_and_report(make_request(), person, word="Done.")
    confirm(claim_id, cast.dee)
    deed = deed_of(claim_id)
    assert deed
    assert deed.status == DeedStatus.PENDING


def test_a_clean_word_is_published_at_once(context: Flask, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben, word="Бабушка рада, 2 пакета, 30 минут.")
    confirm(claim_id, cast.dee)
    deed = deed_of(claim_id)
    assert deed
    assert deed.status == DeedStatus.PUBLISHED


def test_who_is_not_shown_has_no_deed_to_wait(context: Flask, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben, word=PHONE, credit=Credit.HIDDEN)
    confirm(claim_id, cast.dee)
    assert deed_of(claim_id) is None


def test_the_totals_count_it_once_it_is_published(context: Flask, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben, word=PHONE)
    confirm(claim_id, cast.dee)
    deed = deed_of(claim_id)
    assert deed
    publish(deed.id, cast.dee, without_private=True)
    totals = read_totals(db.read, utcnow().date())
    assert (totals.deeds, totals.minutes) == (1, 30)


# ---- a hint to the volunteer


TOLD = {
    "title": "Cleaned the spring",
    "story": "Four bags.",
    "kind": "springs",
    "district": "KZ-75/medeu",
    "hours": "2",
    "helpers": "5",
    "credit": "name",
}


def tell(ben: Site, status: int, **fields: Any) -> TestResponse:
    return ben.press(ben.get("/deeds/new"), "Tell of it", status, **(TOLD | fields))


@pytest.mark.parametrize("place", ["title", "story"])
def test_who_tells_of_a_deed_is_asked_to_leave_it_out(context: Flask, site: Site, cast: Cast, place: str) -> None:
    ben = site.as_(cast.ben)
    answer = tell(ben, 422, **{place: PHONE})
    field = answer.html.find(["input", "textarea"], {"name": place})
    error = answer.html.find(id=f"{field['id']}-error")
    assert "Please leave out what is private: a phone number." in error.get_text()
    assert PHONE in (field.get("value") or field.get_text())  # nothing is lost
    assert not db.read.scalars(select(Deed)).all()
    ben.press(answer, "Tell of it", 303, **{place: "Four bags."})


def test_a_house_is_left_to_the_coordinator(context: Flask, site: Site, cast: Cast) -> None:
    tell(site.as_(cast.ben), 303, story=HOUSE)
    assert db.read.scalars(select(Deed)).one().status == DeedStatus.PENDING


def test_who_reports_is_asked_to_leave_it_out(context: Flask, site: Site, cast: Cast) -> None:
    take(make_request(minutes=30), cast.ben)
    ben = site.as_(cast.ben)
    answer = ben.press(ben.get("/requests/1/report"), "Tell of it", 422, credit="name", word=PHONE, hours="3")
    assert "Please leave out what is private: a phone number." in text_of(answer)
    assert PHONE in answer.html.find("textarea", {"name": "word"}).get_text()
    assert answer.html.find("input", {"name": "hours"})["value"] == "3"
    assert db.read.scalars(select(Claim.state)).one() == "claimed"
    ben.press(answer, "Tell of it", 303, word="It went well.")


@pytest.mark.parametrize(("language", "words"), [("ru", "номер телефона"), ("kk", "телефон нөмірі")])
def test_the_hint_is_in_the_readers_language(context: Flask, site: Site, cast: Cast, language: str, words: str) -> None:
    ben = site.as_(cast.ben).language(language)
    page = ben.get("/deeds/new")
    button = page.html.find("main").find_all("button")[-1].get_text(strip=True)
    assert words in text_of(ben.press(page, button, 422, **(TOLD | {"story": PHONE})))
