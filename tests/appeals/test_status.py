"""Behind the code: the clock, the thread, opening again once, taking back; wrong codes are told and counted."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from accelerator.appeals import transitions
from accelerator.appeals.dates import HOUR
from accelerator.appeals.forms import new_form_key
from accelerator.appeals.models import Appeal, AppealEntry, Kind
from accelerator.appeals.sealing import code_of_form
from accelerator.clock import utcnow
from accelerator.codes import group_code
from accelerator.errors import NotAllowed
from accelerator.extensions import db, vault
from accelerator.regions.models import Region
from accelerator.vault.keys import KeyGone
from tests.appeals.letters import TEXT, code_on, decide, look, now, report, send, write
from tests.cast import ALMATY, Cast
from tests.site import Site, text_of
from tests.steps import events_of

pytestmark = pytest.mark.usefixtures("context")


def test_it_says_by_which_date_an_answer_comes(site: Site) -> None:
    sent = send()
    page = text_of(look(site, sent.code))
    assert "You get an answer by" in page
    assert str(now(sent.id).due_on.year) in page
    assert "working days are left" in page


def test_a_region_without_coordinators_says_so_and_shows_the_telephones(site: Site, cast: Cast) -> None:
    alone, phone = "There is no coordinator in this region yet", "+7 727 111 22 33"
    with db.transaction() as session:
        session.get_one(Region, ALMATY).desk_phone = phone
    far = send(region_code="KZ-79")
    assert alone in text_of(look(site, far.code))
    assert phone in text_of(look(site, far.code))
    assert alone not in text_of(look(site, send().code))
    assert alone not in text_of(look(site, send(Kind.INTEGRITY, region_code="KZ-79").code))


def test_late_is_called_late(site: Site) -> None:
    sent = send(at=utcnow() - timedelta(days=60))
    assert "We are late" in text_of(look(site, sent.code))


@pytest.mark.parametrize("typed", ["lower", "spaces", "cyrillic"])
def test_a_code_is_read_however_it_is_typed(site: Site, typed: str) -> None:
    code = group_code(send().code)
    code = {
        "lower": code.lower(),
        "spaces": code.replace("-", "  "),
        "cyrillic": code.translate(str.maketrans("ABEKMHPCTYX", "АВЕКМНРСТУХ")),
    }[typed]
    assert TEXT in text_of(look(site, code))


def test_a_slip_is_told_and_not_counted(site: Site) -> None:
    sent = send()
    wrong = sent.code[:-1] + ("0" if sent.code[-1] != "0" else "1")
    for _ in range(12):
        assert "This code has a slip in it" in text_of(look(site, wrong, 422))
    assert TEXT in text_of(look(site, sent.code))


def test_codes_that_nobody_has_are_counted(site: Site) -> None:
    sent = send()
    for _ in range(10):
        unknown = code_of_form(new_form_key())
        assert "We know no appeal with this code" in text_of(look(site, unknown, 422))
    assert "Too many tries" in text_of(look(site, sent.code, 422))


def test_a_word_is_added_once(site: Site) -> None:
    sent = send()
    page = look(site, sent.code)
    for _ in range(2):
        answer = site.press(page, "Send", **{"word-words": "It is the left one."})
        assert "It is the left one." in text_of(answer)
    assert len(db.read.scalars(select(AppealEntry)).all()) == 1


def test_empty_words_are_told_and_nothing_is_lost(site: Site) -> None:
    sent = send()
    page = site.press(look(site, sent.code), "Send", **{"word-words": " "}, status=422)
    assert "Please write something first." in text_of(page)
    assert TEXT in text_of(page)


def test_it_is_opened_again_once_with_words(site: Site, cast: Cast) -> None:
    sent = send(at=utcnow() - timedelta(days=60))
    decide(sent.id, cast.dee)
    before = now(sent.id).due_on
    page = look(site, sent.code)
    assert "It was mended." in text_of(page)
    page = site.press(page, "Open it again", **{"reopen-words": "It broke again."})
    assert "It is open again" in text_of(page)
    appeal = now(sent.id)
    assert (appeal.status, appeal.outcome, appeal.assignee_id) == ("received", None, None)
    assert appeal.due_on > before
    decide(sent.id, cast.dee)
    assert "Open it again" not in look(site, sent.code).text
    with pytest.raises(NotAllowed, match="reopened_once"), db.transaction():
        transitions.reopen(transitions.lock_appeal(sent.id), "More", form_key=new_form_key(), at=utcnow())
    assert events_of(f"appeal:{sent.id}") == [
        "appeal.received",
        "appeal.closed",
        "appeal.reopened",
        "appeal.closed",
    ]


def test_taking_back_deletes_the_words_and_their_key(site: Site) -> None:
    sent = send()
    key_name = str(now(sent.id).key_name)
    page = site.press(look(site, sent.code), "Take it back and delete")
    assert "You have taken it back" in text_of(page)
    appeal = now(sent.id)
    assert (appeal.status, appeal.key_name, appeal.sealed_text, appeal.sealed_contact) == (
        "withdrawn",
        None,
        None,
        None,
    )
    with pytest.raises(KeyGone):
        vault.keys.get(key_name)
    assert TEXT not in look(site, sent.code).text
    again = site.post("/appeals/status/withdraw", {"code": sent.code}, status=200)
    assert "You have taken it back" in text_of(again)
    assert events_of(f"appeal:{sent.id}") == ["appeal.received", "appeal.withdrawn"]


def test_a_sealed_report_is_taken_back_too(site: Site) -> None:
    code = code_on(site.follow(report(site)))
    site.press(look(site, code), "Take it back and delete")
    appeal = now(db.read.scalars(select(Appeal.id)).one())
    assert (appeal.status, appeal.sealed_text) == ("withdrawn", None)
    with db.transaction():
        transitions.write_pending_notes(at=utcnow() + 2 * HOUR)
    assert events_of(f"appeal:{appeal.id}") == ["appeal.received", "appeal.withdrawn"]


@pytest.mark.parametrize("verb", ["word", "reopen", "withdraw"])
def test_without_the_code_nothing_is_done(site: Site, verb: str) -> None:
    sent = send()
    wrong = code_of_form(new_form_key())
    site.post(f"/appeals/status/{verb}", {"code": wrong, f"{verb}-words": "No."}, status=422)
    assert events_of(f"appeal:{sent.id}") == ["appeal.received"]
    assert now(sent.id).version == 1


def test_what_is_not_possible_now_is_refused(site: Site, cast: Cast) -> None:
    sent = send()
    site.post("/appeals/status/reopen", {"code": sent.code, "reopen-words": "More."}, status=409)
    decide(sent.id, cast.dee)
    site.post("/appeals/status/word", {"code": sent.code, "word-words": "More."}, status=409)


def test_another_region_and_contact_looks_are_told(site: Site, cast: Cast) -> None:
    sent = send(Kind.APPLICATION)
    assert "Nobody has looked at your contact." in text_of(look(site, sent.code))
    dee = site.as_(cast.dee)
    dee.press(dee.get(f"/desk/appeals/{sent.id}"), "Show the contact", why="To call")
    assert "looked at your contact 1 time" in text_of(look(site, sent.code))


def test_nothing_behind_the_code_is_kept_by_the_browser(site: Site) -> None:
    for page in (look(site, send().code), site.follow(write(site)), site.get("/appeals/integrity")):
        assert page.headers["Cache-Control"] == "no-store"
