"""Integrity reports: sealed for the auditors alone, and nothing of their sender is kept."""

import io
import json
import sys
from base64 import b64decode
from itertools import combinations

import pytest
from nacl.public import SealedBox
from PIL import Image
from sqlalchemy import select

from accelerator.appeals import transitions
from accelerator.appeals.commands import sealed_lines
from accelerator.appeals.dates import HOUR, hour_of
from accelerator.appeals.models import Appeal, AppealEntry, Kind, PendingNote, SealedPhoto
from accelerator.clock import utcnow
from accelerator.deeds.uploads import storage
from accelerator.extensions import db, vault
from accelerator.limits import LimitCount
from tests.appeals.letters import AUDITORS, code_on, look, now, report, send, write
from tests.cast import Cast
from tests.site import Site, text_of
from tests.steps import events_of, picture, picture_with_place

pytestmark = pytest.mark.usefixtures("context")
SECRET = "Zebrafish wants nine apples"


def only() -> Appeal:
    return now(db.read.scalars(select(Appeal.id)).one())


def opened(box: bytes) -> dict[str, str]:
    content: dict[str, str] = json.loads(SealedBox(AUDITORS).decrypt(box))
    return content


def test_only_the_auditors_key_opens_it(site: Site) -> None:
    site.follow(report(site, words=SECRET))
    appeal = only()
    assert appeal.for_auditors
    assert appeal.key_name is None
    assert appeal.assignee_id is None
    content = opened(appeal.sealed_text or b"")
    assert (content["text"], content["name"], content["kind"]) == (SECRET, "", "integrity")


def test_with_a_name_it_is_sealed_as_well(site: Site) -> None:
    site.follow(report(site, is_anonymous="", name="Aigul", phone="87011234567"))
    content = opened(only().sealed_text or b"")
    assert (content["name"], content["phone"]) == ("Aigul", "+77011234567")


def test_who_gives_no_name_leaves_no_contact_even_when_typed(site: Site) -> None:
    site.follow(report(site, is_anonymous="y", name="Aigul", phone="87011234567", email="a@example.org"))
    content = opened(only().sealed_text or b"")
    assert (content["name"], content["phone"], content["email"]) == ("", "", "")


def test_the_minute_is_kept_nowhere(site: Site) -> None:
    site.follow(report(site))
    appeal = only()
    assert (appeal.created_at.minute, appeal.created_at.second, appeal.created_at.microsecond) == (0, 0, 0)
    assert events_of(f"appeal:{appeal.id}") == []
    note = db.read.scalars(select(PendingNote)).one()
    assert note.hour == appeal.created_at


def test_numbers_do_not_tell_between_which_others_it_came() -> None:
    numbers = [send().id, send(Kind.INTEGRITY).id, send().id]
    assert all(10_000_000 <= number < 100_000_000 for number in numbers)
    assert min(abs(a - b) for a, b in combinations(numbers, 2)) > 3, "by chance once in ten million runs"


def test_the_log_hears_of_it_when_the_hour_is_over(site: Site) -> None:
    site.follow(report(site))
    appeal = only()
    with db.transaction():
        assert transitions.write_pending_notes(at=hour_of(utcnow())) == 0
    with db.transaction():
        assert transitions.write_pending_notes(at=hour_of(utcnow()) + HOUR) == 1
    assert events_of(f"appeal:{appeal.id}") == ["appeal.received"]
    with db.transaction():
        assert transitions.write_pending_notes(at=utcnow() + 2 * HOUR) == 0


def test_the_sender_who_is_signed_in_is_not_known(site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    ben.follow(report(ben))
    appeal = only()
    stored = [str(getattr(appeal, column.key)) for column in Appeal.__table__.columns]
    assert cast.ben.public_ref not in stored
    assert "ben" not in str(opened(appeal.sealed_text or b"")).lower()


def test_limits_keep_no_address_beyond_the_hour(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.follow(report(site))
    before = {count.key for count in db.read.scalars(select(LimitCount)) if count.window_ends_at > utcnow()}
    assert len(before) == 1
    later = utcnow() + 2 * HOUR
    monkeypatch.setattr(sys.modules["accelerator.appeals.views"], "utcnow", lambda: later)
    site.follow(report(site))
    rows = db.read.execute(select(LimitCount.key, LimitCount.window_ends_at)).all()
    assert all(ends_at > later for _, ends_at in rows), "counts of an hour that is over are still there"
    assert len({key for key, _ in rows} - before) == 1, "the address has another number in every hour"


def test_without_the_portals_keys_no_address_is_found_in_the_limits(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.follow(report(site))
    monkeypatch.setattr(vault, "_secret", bytes(32))
    site.follow(report(site))
    counts = db.read.scalars(select(LimitCount.count)).all()
    assert counts == [1, 1], "somebody else's keys make another hash of the same address"


def test_photos_lose_what_the_camera_wrote_and_are_sealed(site: Site) -> None:
    page = report(site, photos=[("yard.jpg", picture_with_place()), ("two.jpg", picture())])
    site.follow(page)
    rows = db.read.scalars(select(SealedPhoto)).all()
    assert len(rows) == 2
    for row in rows:
        path = storage().path(row.key)
        sealed = path.read_bytes()
        assert len(sealed) == row.size
        assert b"her door" not in sealed
        assert path.stat().st_mtime % 3600 == 0
        image = Image.open(io.BytesIO(SealedBox(AUDITORS).decrypt(sealed)))
        assert image.format == "WEBP"
        assert not dict(image.getexif())


@pytest.mark.parametrize(
    ("photos", "sentence"),
    [
        ([("a.jpg", b"no picture")], "is not a picture"),
        ([(f"{n}.jpg", picture()) for n in range(4)], "Three photos at most"),
    ],
)
def test_refused_photos_are_told_and_the_words_stay(site: Site, photos: list[tuple[str, bytes]], sentence: str) -> None:
    page = report(site, words=SECRET, photos=photos)
    assert page.status_int == 422
    assert sentence in text_of(page)
    assert SECRET in page.text
    assert db.read.scalars(select(Appeal)).all() == []


def test_another_language_keeps_the_words_and_asks_for_the_photos_again(site: Site) -> None:
    page = site.press(site.get("/appeals/integrity"), "Русский", 200, words=SECRET, photos=[("yard.jpg", picture())])
    assert page.html.html["lang"] == "ru"
    assert page.html.find("textarea", {"name": "words"}).get_text().strip() == SECRET
    assert not page.html.select("#errors, .error")
    assert len(page.html.select("form#report .notice")) == 1
    page = site.press(page, "English", 200)
    assert not page.html.select("form#report .notice")
    assert db.read.scalars(select(Appeal)).all() == []


def test_sent_twice_it_is_one_report_with_its_photos_once(site: Site) -> None:
    form = site.get("/appeals/integrity")
    fields = {"region": "KZ-75", "words": SECRET, "is_anonymous": "y", "photos": [("a.jpg", picture())]}
    first = code_on(site.follow(site.press(form, "Seal and send", **fields)))
    second = code_on(site.follow(site.press(form, "Seal and send", **fields)))
    assert first == second
    assert len(db.read.scalars(select(Appeal)).all()) == 1
    assert len(db.read.scalars(select(SealedPhoto)).all()) == 1


def test_without_a_name_or_a_tick_it_asks_for_one(site: Site) -> None:
    label = site.get("/appeals/integrity").html.find("label", {"for": "name"})
    assert label.get_text() == "Your name"
    page = report(site, is_anonymous="")
    assert page.status_int == 422
    assert "Please write your name, or tick" in text_of(page)


@pytest.mark.usefixtures("without_auditors")
def test_without_the_auditors_key_nothing_is_taken(site: Site) -> None:
    page = site.get("/appeals/integrity")
    assert "This is not possible here yet" in text_of(page)
    assert "Seal and send" not in page.text
    sent = site.post("/appeals/integrity", {"region": "KZ-75", "words": SECRET, "is_anonymous": "y"}, status=409)
    assert SECRET not in sent.text
    assert db.read.scalars(select(Appeal)).all() == []
    with pytest.raises(transitions.NoAuditors):
        send(Kind.INTEGRITY)
    page = write(site, about_desk="y")
    assert page.status_int == 422


def test_a_complaint_about_the_coordinators_goes_to_the_auditors_only(site: Site, cast: Cast) -> None:
    site.follow(write(site, about_desk="y", words=SECRET))
    appeal = only()
    assert (appeal.kind, appeal.for_auditors, appeal.key_name) == ("complaint", True, None)
    assert opened(appeal.sealed_text or b"")["text"] == SECRET
    site.as_(cast.dee).get(f"/desk/appeals/{appeal.id}", status=404)
    assert f"№ {appeal.id}" not in text_of(site.as_(cast.dee).get("/desk/appeals"))
    site.as_(cast.fay).get(f"/desk/appeals/{appeal.id}")


def test_the_thread_of_a_report_goes_both_ways_and_stays_sealed(site: Site, cast: Cast) -> None:
    code = code_on(site.follow(report(site, words=SECRET)))
    appeal = only()
    fay = site.as_(cast.fay)
    fay.follow(fay.press(fay.get(f"/desk/appeals/{appeal.id}"), "Send the answer", **{"answer-words": "Which yard?"}))
    page = look(site, code)
    assert "Which yard?" in text_of(page)
    assert SECRET not in page.text
    page = site.press(page, "Send", **{"word-words": f"{SECRET} again"})
    assert "Your words are with us." in text_of(page)
    assert SECRET not in page.text
    boxes = [b64decode(line["box"]) for line in sealed_lines(db.read)]
    assert [opened(box)["text"] for box in boxes] == [SECRET, "Which yard?", f"{SECRET} again"]
    for entry in db.read.scalars(select(AppealEntry)):
        for stored in (entry.sealed or b"", entry.sealed_reply or b""):
            assert b"yard" not in stored
    assert "Which yard?" not in fay.get(f"/desk/appeals/{appeal.id}").text
    assert events_of(f"appeal:{appeal.id}") == ["appeal.received", "appeal.answered"]


def test_an_answer_that_somebody_changed_is_told(site: Site, cast: Cast) -> None:
    code = code_on(site.follow(report(site)))
    appeal, fay = only(), site.as_(cast.fay)
    fay.press(fay.get(f"/desk/appeals/{appeal.id}"), "Send the answer", **{"answer-words": "Which yard?"})
    with db.transaction() as session:
        entry = session.scalars(select(AppealEntry)).one()
        sealed = bytearray(entry.sealed_reply or b"")
        sealed[-1] ^= 1
        entry.sealed_reply = bytes(sealed)
    assert "somebody changed them" in text_of(look(site, code))


def test_a_file_in_place_of_words_is_no_fault_of_ours(site: Site) -> None:
    page = site.press(site.get("/appeals/integrity"), "Seal and send", 422, words=("words.txt", b"\x00\xff"))
    assert "Please write what it is about." in text_of(page)
