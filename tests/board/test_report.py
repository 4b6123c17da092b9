""" "It is done": how long, a word, photos, and how to be shown. Nothing that was typed is lost."""

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from webtest import TestResponse

from accelerator.accounts.models import User
from accelerator.board import transitions
from accelerator.board.models import ClaimState, RequestStatus
from accelerator.clock import utcnow
from accelerator.deeds import transitions as deeds
from accelerator.deeds.models import Photo
from accelerator.extensions import db
from tests.cast import Cast, Person, viewer_of
from tests.factories import make_request
from tests.site import Site, text_of
from tests.steps import (
    claim_now,
    confirm,
    deed_of,
    dispute,
    events_of,
    last_event,
    picture,
    picture_with_place,
    report,
    row,
    take,
    wait,
)

HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)


@pytest.fixture
def ben(context: Flask, site: Site, cast: Cast) -> Site:
    """Ben's browser; he has promised to do request 1 (half an hour)."""
    take(make_request(title="Walk the dog", minutes=30), cast.ben)
    return site.as_(cast.ben)


def form_of(browser: Site) -> TestResponse:
    return browser.get("/requests/1/report")


def send(browser: Site, page: TestResponse | None = None, **fields: object) -> TestResponse:
    """Press the form's button, with the choice that is always asked."""
    return browser.press(page or form_of(browser), "Tell of it", **{"credit": "name", **fields})


def kept_keys(page: TestResponse) -> list[str]:
    return [key for key in page.html.find("input", {"name": "kept_photos"})["value"].split(",") if key]


def photos_of(claim_id: int) -> set[str]:
    return set(db.read.scalars(select(Photo.key).where(Photo.claim_id == claim_id)))


def test_it_is_done_in_one_form_and_waits_for_a_coordinator(ben: Site) -> None:
    page = form_of(ben)
    assert "Walk the dog" in text_of(page)
    mine = ben.follow(send(ben, page, word="He fetched."))
    assert "A coordinator will confirm it soon" in text_of(mine)
    assert "30 min · waits for confirmation" in text_of(mine)
    claim = claim_now(1)
    assert (claim.state, claim.minutes, claim.word, claim.credit) == ("reported", 30, "He fetched.", "name")
    assert last_event()["type"] == "claim.reported"
    assert "fetched" not in str(last_event())


def test_a_coordinators_question_is_answered_by_telling_it_once_more(ben: Site, site: Site, cast: Cast) -> None:
    ben.follow(send(ben, word="Two hours.", credit="someone", hours="2", minutes="0"))
    dispute(1, cast.dee, "Was it not one hour?")
    assert "Was it not one hour?" in text_of(ben.get("/me"))
    page = ben.get("/requests/1")
    assert "A coordinator asks: Was it not one hour?" in text_of(page)
    form = ben.get(page.html.find("a", string=re.compile("Answer the question"))["href"])
    assert "A coordinator asks: Was it not one hour?" in text_of(form)
    assert form.html.find("input", {"name": "hours"})["value"] == "2"
    assert form.html.find("textarea", {"name": "word"}).get_text().strip() == "Two hours."
    assert form.html.find("input", {"name": "credit", "checked": True})["value"] == "someone"
    assert "Only coordinators read it." in form.html.find(id="answer-hint").get_text()
    ben.follow(ben.press(form, "Tell of it", hours="1", answer="One hour,\n\nyou are right."))
    claim = claim_now(1)
    assert (claim.state, claim.minutes, claim.word) == ("reported", 60, "Two hours.")
    assert claim.answer == "One hour,\n\nyou are right."
    assert "Was it not one hour?" not in text_of(ben.get("/me")).partition("Waits for confirmation")[2]
    assert [name for name in events_of("request:1") if name.startswith("claim")] == [
        "claim.taken", "claim.reported", "claim.disputed", "claim.reported",
    ]  # fmt: skip
    dee = site.as_(cast.dee)
    for path in ("/desk", "/desk/requests/1"):
        assert "Was it not one hour? Their answer: One hour, you are right." in text_of(dee.get(path))


def test_what_is_answered_to_a_coordinator_stays_with_the_desk(ben: Site, site: Site, cast: Cast) -> None:
    send(ben, word="He fetched.")
    dispute(1, cast.dee, "Was it not one hour?")
    send(ben, answer="I was with his son.")
    confirm(1, cast.dee)
    deed = deed_of(1)
    assert deed is not None
    assert deed.story == "He fetched."
    for path in ("/", "/deeds", f"/deeds/{deed.id}", "/deeds.atom", "/requests/1"):
        for browser in (site, ben, site.as_(cast.cy)):
            assert "I was with his son." not in browser.get(path).text, path


def test_a_question_is_not_left_without_an_answer(ben: Site, cast: Cast) -> None:
    assert not form_of(ben).html.find(id="answer")
    old_page = form_of(ben)
    send(ben, old_page, word="He fetched.")
    dispute(1, cast.dee, "Was it not one hour?")
    for answer, told in (("", "Please fill this in."), ("  ", "Please fill this in."), ("я" * 1001, "1000 characters")):
        page = send(ben, answer=answer, status=422)
        assert told in page.html.find(id="answer-error").get_text()
    asked = send(ben, old_page, word="He fetched.", status=422)  # opened before there was a question
    assert "A coordinator asks: Was it not one hour?" in text_of(asked)
    assert claim_now(1).state == ClaimState.DISPUTED
    send(ben, asked, answer="It was.", status=303)
    send(ben, asked, answer="It was.", status=303)  # the second press
    late = text_of(send(ben, asked, answer="It was not.", status=409))  # from another tab
    assert "This has been told already, and waits for a coordinator." in late
    assert "a deed of your own" not in late, "it would be told twice"
    assert "It was not." in late
    assert claim_now(1).answer == "It was."


def test_another_question_does_not_stand_beside_the_answer_to_the_first(ben: Site, site: Site, cast: Cast) -> None:
    send(ben)
    dispute(1, cast.dee, "Was it not one hour?")
    send(ben, answer="It was.", status=303)
    dispute(1, cast.dee, "And who was there?")
    assert claim_now(1).answer == ""
    assert "It was." not in text_of(site.as_(cast.dee).get("/desk"))
    assert form_of(ben).html.find(id="answer").get_text().strip() == ""


@pytest.mark.parametrize("has_begun", [True, False])
def test_the_deed_is_of_the_day_of_the_help(context: Flask, cast: Cast, has_begun: bool) -> None:
    began = utcnow() + timedelta(hours=1)
    request_id = make_request(starts_at=began)
    claim_id = take(request_id, cast.ben)
    if has_begun:
        with db.transaction():
            transitions.start(request_id, by=viewer_of(cast.ben), at=began + timedelta(minutes=5))
    report(request_id, cast.ben, at=began + timedelta(days=3))
    confirm(claim_id, cast.dee, at=began + timedelta(days=4))
    assert deed_of(claim_id).happened_at == began + timedelta(minutes=5 if has_begun else 0)


def test_an_answer_that_comes_too_late_is_not_lost(ben: Site, cast: Cast) -> None:
    send(ben, word="He fetched.")
    dispute(1, cast.dee, "Was it not one hour?")
    page = form_of(ben)
    with db.transaction():
        transitions.mark_no_show(1, seen="disputed", by=viewer_of(cast.dee), at=utcnow())
    late = send(ben, page, answer="I was with his son.", status=409)
    assert "I was with his son." in text_of(late)
    assert "He fetched." in text_of(late)


def test_telling_once_more_keeps_the_photos_but_those_left_out(ben: Site, cast: Cast) -> None:
    send(ben, photos=[("a.jpg", picture("red")), ("b.jpg", picture("blue"))], status=303)
    red, blue = sorted(photos_of(1))
    dispute(1, cast.dee, "Was it not one hour?")
    form = form_of(ben)
    assert kept_keys(form) == [red, blue]
    again = send(ben, form, hours="99", left_out=[red], answer="It was.", status=422)
    assert kept_keys(again) == [blue]
    four = [(f"{n}.jpg", picture()) for n in range(4)]
    full = send(ben, again, hours="1", photos=four, status=422)
    assert "Four photos are enough" in full.html.find(id="photos-error").text
    send(ben, full, status=303)
    assert blue in photos_of(1)
    assert red not in photos_of(1)
    assert len(photos_of(1)) == 4


def test_it_starts_with_the_time_that_was_announced(context: Flask, site: Site, cast: Cast) -> None:
    take(make_request(minutes=240), cast.ben)
    page = form_of(site.as_(cast.ben))
    assert page.html.find("input", {"name": "hours"})["value"] == "4"
    assert page.html.find("input", {"name": "minutes"})["value"] == "0"


@pytest.mark.parametrize(
    ("hours", "minutes", "expected"),
    [("0", "1", 1), ("24", "0", 1440), ("1", "59", 119), ("2", "", 120), ("", "7", 7), (" 1 ", "0", 60)],
)
def test_hours_and_minutes_that_are_taken(ben: Site, hours: str, minutes: str, expected: int) -> None:
    send(ben, hours=hours, minutes=minutes)
    assert claim_now(1).minutes == expected


def test_hours_and_minutes_that_are_refused_in_words(ben: Site) -> None:
    for hours, minutes, sentence in (
        ("0", "0", "from one minute to 24 hours"),
        ("", "", "from one minute to 24 hours"),
        ("24", "1", "from one minute to 24 hours"),
        ("25", "0", "A number from 0 to 24"),
        ("0", "60", "A number from 0 to 59"),
        ("-1", "0", "A number from 0 to 24"),
        ("two", "0", "A whole number, please"),
        ("1.5", "0", "A whole number, please"),
        ("9" * 30, "0", "A number from 0 to 24"),
        ("9" * 5000, "0", "A whole number, please"),
    ):
        answer = send(ben, hours=hours, minutes=minutes, word="He fetched.", status=422)
        assert sentence in text_of(answer), (hours, minutes)
        assert "He fetched." in text_of(answer)
        assert answer.html.find("input", {"name": "hours"})["value"] == hours
    assert claim_now(1).state == ClaimState.CLAIMED


def test_how_to_be_shown_is_asked_each_time(ben: Site) -> None:
    page = form_of(ben)
    choices = page.html.find_all("input", {"name": "credit"})
    assert [choice["value"] for choice in choices] == ["name", "someone", "hidden"]
    assert not [choice for choice in choices if choice.has_attr("checked")]
    answer = send(ben, page, credit=None, word="He fetched.", status=422)
    assert "How shall we show you? Please choose one." in text_of(answer)
    assert "He fetched." in text_of(answer)
    send(ben, answer, credit="everybody", status=422)
    assert claim_now(1).state == ClaimState.CLAIMED


def test_a_word_may_have_lines_and_a_thousand_letters(ben: Site) -> None:
    assert "1000 characters at most" in text_of(send(ben, word="я" * 1001, status=422))
    send(ben, word="  Бір.\r\n\r\nЕкі.\x00\u202e  ")
    assert claim_now(1).word == "Бір.\n\nЕкі."


def test_what_was_typed_is_never_code(ben: Site, site: Site, cast: Cast) -> None:
    send(ben, word="<script>alert(1)</script> {{ 7*7 }}")
    confirm(1, cast.dee)
    for browser, path in ((site, "/deeds"), (site.as_(cast.dee), "/desk/requests/1"), (site, "/deeds/1")):
        page = browser.get(path)
        assert "<script>alert(1)</script> {{ 7*7 }}" in text_of(page)
        assert "<script>alert" not in page.text


def test_reporting_again_changes_nothing(ben: Site) -> None:
    page = form_of(ben)
    send(ben, page, minutes="30")
    again = ben.follow(send(ben, page, minutes="45", photos=[("dog.jpg", picture())]))
    assert "waits for confirmation" in text_of(again)
    assert claim_now(1).minutes == 30
    assert events_of("request:1").count("claim.reported") == 1
    assert photos_of(1) == set()


@pytest.mark.parametrize("standing", ["none", "waiting", "released", "confirmed"])
def test_only_who_holds_a_place_reports(context: Flask, site: Site, cast: Cast, standing: str) -> None:
    request_id = make_request()
    take(request_id, cast.cy)
    if standing == "waiting":
        wait(request_id, cast.ben)
    if standing == "released":
        site.as_(cast.cy).post(f"/requests/{request_id}/release")
    if standing == "confirmed":
        confirm(report(request_id, cast.cy), cast.dee)
    person = cast.cy if standing in ("released", "confirmed") else cast.ben
    browser = site.as_(person)
    before = events_of(f"request:{request_id}")
    page = browser.follow(browser.get(f"/requests/{request_id}/report", status=303))
    assert "It is done" not in text_of(page)
    browser.post(
        f"/requests/{request_id}/report",
        {"minutes": "5", "credit": "name"},
        status=409 if standing == "released" else 303,
    )
    assert events_of(f"request:{request_id}") == before


def test_there_is_nothing_to_report_where_nothing_is(context: Flask, site: Site, cast: Cast) -> None:
    hidden = make_request(status=RequestStatus.RECEIVED)
    browser = site.as_(cast.ben)
    for request_id in (999, hidden):
        answer = browser.get(f"/requests/{request_id}/report", status=303)
        browser.get(answer.headers["Location"], status=404)
    site.get("/requests/1/report", status=303)  # to sign in


# Photos


def test_photos_come_with_the_report(ben: Site) -> None:
    send(ben, photos=[("a.jpg", picture("red")), ("b.png", picture("green", kind="PNG")), ("c", picture(kind="WEBP"))])
    keys = photos_of(1)
    assert len(keys) == 3
    for key in keys:
        for size in ("small", "large"):
            assert ben.get(f"/photos/{key}-{size}.webp").content_type == "image/webp"


def test_a_report_without_photos_is_fine(ben: Site) -> None:
    send(ben, status=303)
    assert photos_of(1) == set()


def test_a_bad_photo_gets_its_sentence_and_nothing_else_is_lost(ben: Site) -> None:
    for name, data, sentence in (
        ("cv.pdf", b"%PDF-1.7 ...", "cv.pdf is not a picture"),
        ("IMG_1.HEIC", HEIC, "IMG_1.HEIC is in a format that only some phones show"),
        ("half.jpg", picture(size=(400, 400))[:300], "half.jpg is damaged or was cut short"),
        ("empty.jpg", b"", "empty.jpg is not a picture"),
        ("big.jpg", b"\xff\xd8\xff" + bytes(12 * 1024 * 1024), "big.jpg is larger than 12 MB"),
    ):
        answer = send(ben, photos=[("dog.jpg", picture()), (name, data)], word="He fetched.", hours="2", status=422)
        assert sentence in text_of(answer)
        assert "He fetched." in text_of(answer)
        assert answer.html.find("input", {"name": "hours"})["value"] == "2"
        assert answer.html.find("input", {"name": "credit", "checked": True})["value"] == "name"
        assert "1 photo is kept" in text_of(answer)
        assert claim_now(1).state == ClaimState.CLAIMED


def test_good_photos_are_kept_over_an_error_and_come_with_the_next_try(ben: Site) -> None:
    first = send(ben, hours="99", photos=[("dog.jpg", picture("red")), ("cat.jpg", picture("green"))], status=422)
    keys = kept_keys(first)
    assert len(keys) == 2
    assert "2 photos are kept" in text_of(first)
    assert first.html.find("img", src=f"/photos/{keys[0]}-small.webp")
    second = send(ben, first, hours="98", photos=[("sun.jpg", picture("gold"))], status=422)
    assert kept_keys(second)[:2] == keys
    send(ben, second, hours="1", status=303)
    assert photos_of(1) == set(kept_keys(second))
    assert len(photos_of(1)) == 3


def test_four_photos_are_enough(ben: Site) -> None:
    five = [(f"{number}.jpg", picture()) for number in range(5)]
    answer = send(ben, photos=five, status=422)
    assert "Four photos are enough; the rest was left out" in text_of(answer)
    assert len(kept_keys(answer)) == 4
    full = send(ben, answer, photos=[("more.jpg", picture())], status=422)
    assert len(kept_keys(full)) == 4
    send(ben, full, status=303)
    assert len(photos_of(1)) == 4


def test_where_a_photo_was_taken_is_not_kept(ben: Site) -> None:
    data = picture_with_place()
    assert b"at her door" in data
    send(ben, photos=[("dog.jpg", data)], status=303)
    (key,) = photos_of(1)
    for size in ("small", "large"):
        body = ben.get(f"/photos/{key}-{size}.webp").body
        assert b"EXIF" not in body
        assert b"at her door" not in body


def free_photo(owner: Person, *, at: datetime | None = None) -> str:
    key = f"{owner.id:032x}"
    with db.transaction():
        deeds.keep_photo(key, 40, 30, user_id=owner.id, at=at or utcnow())
    return key


def test_other_peoples_photos_are_ignored(ben: Site, cast: Cast) -> None:
    theirs, mine = free_photo(cast.cy), free_photo(cast.ben)
    for kept in (theirs, f"{theirs},{mine}", "nonsense", ",,,", "x" * 10_000, f"{mine}'--", "../../etc/passwd"):
        answer = send(ben, hours="99", kept_photos=kept, status=422)
        assert kept_keys(answer) == ([mine] if kept == f"{theirs},{mine}" else []), kept
    send(ben, kept_photos=f"{theirs},{mine}", status=303)
    assert photos_of(1) == {mine}
    assert row(Photo, theirs).claim_id is None


def test_a_kept_photo_can_be_left_out(ben: Site) -> None:
    page = send(ben, hours="99", photos=[("a.jpg", picture("red")), ("b.jpg", picture("blue"))], status=422)
    red, blue = kept_keys(page)
    page = send(ben, page, hours="99", left_out=[red], status=422)
    assert kept_keys(page) == [blue]
    send(ben, page, hours="1", photos=[("c.jpg", picture("green"))], status=303)
    assert photos_of(1) > {blue}
    assert len(photos_of(1)) == 2
    assert red not in photos_of(1)


def test_a_film_in_place_of_a_photo_is_told_beside_the_field(ben: Site) -> None:
    film = b"\0\0\0\x18ftypmp42" + bytes(60 * 1024 * 1024)
    page = send(ben, word="He fetched.", photos=[("dog.mp4", film), ("dog.jpg", picture())], status=422)
    assert "dog.mp4 is larger than 12 MB. Choose a smaller one." in page.html.find(id="photos-error").text
    assert page.html.find("textarea", {"name": "word"}).text.strip() == "He fetched."
    assert len(kept_keys(page)) == 1


def test_a_photo_already_given_is_not_given_again(ben: Site, cast: Cast) -> None:
    mine = free_photo(cast.ben)
    send(ben, kept_photos=mine, status=303)
    take(make_request(), cast.ben)
    second = ben.get("/requests/2/report")
    ben.press(second, "Tell of it", credit="name", kept_photos=mine, status=303)
    assert photos_of(1) == {mine}
    assert photos_of(2) == set()


def test_photos_are_seen_by_owner_and_desk_until_the_deed_is_published(ben: Site, site: Site, cast: Cast) -> None:
    send(ben, photos=[("dog.jpg", picture())], status=303)
    (key,) = photos_of(1)
    path = f"/photos/{key}-small.webp"
    for browser in (ben, site.as_(cast.dee), site.as_(cast.fay)):
        browser.get(path)
    for browser in (site, site.as_(cast.cy), site.as_(cast.gus), site.as_(cast.eve)):
        browser.get(path, status=404)
    confirm(1, cast.dee)
    assert site.get(path).content_type == "image/webp"
    assert re.search(path, site.get("/deeds").text)


def test_uploads_have_an_end(ben: Site, cast: Cast) -> None:
    page = form_of(ben)
    for _ in range(10):
        send(ben, page, hours="99", photos=[(f"{n}.txt", b"not a picture") for n in range(4)], status=422)
    answer = send(ben, page, photos=[("a.jpg", picture())], word="He fetched.", status=422)
    assert "Too many tries" in text_of(answer)
    assert answer.html.find("textarea", {"name": "word"}).get_text().strip() == "He fetched."
    assert claim_now(1).state == ClaimState.CLAIMED


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_form_speaks_three_languages(ben: Site, cast: Cast, language: str) -> None:
    page = ben.language(language).get("/requests/1/report")
    assert page.html.html["lang"] == language
    assert page.html.find("p", lang="en", string="Walk the dog")
    assert row(User, cast.ben.id).locale == "en"
