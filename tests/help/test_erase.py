"""Taking the consent back: everything about the person goes, what others rely on stays."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator.accounts.models import UserNotice
from accelerator.accounts.transitions import delete_account
from accelerator.board import transitions as board
from accelerator.board.models import HelpRequest, RequestStatus
from accelerator.clock import utcnow
from accelerator.extensions import db, vault
from accelerator.help import transitions
from accelerator.help.models import CaseEntry, HelpDraft, Requester
from accelerator.integrity.record import SYSTEM
from accelerator.vault.keys import KeyGone
from tests.alone import run_alone
from tests.canary import settings_of
from tests.cast import Cast, viewer_of
from tests.factories import make_request, make_requester
from tests.help.filling import ask_for_help, show_code
from tests.site import Site, text_of
from tests.steps import claim_now, count_events, dispute, events_of, mails_to, request_now, row, take
from tests.steps import report as tell_done


@pytest.fixture
def known(context: Flask, cast: Cast) -> tuple[int, int, str]:
    """Somebody with an open request that Ben promised to: (requester, request, code)."""
    request_id = make_request()
    requester_id, code = make_requester(request_id=request_id)
    take(request_id, cast.ben)
    with db.transaction():
        transitions.add_word(request_id, "Knock loudly.", by=db.session.get_one(Requester, requester_id), at=utcnow())
    return requester_id, request_id, code


def erase(requester_id: int, *, by_system: bool = False) -> Requester:
    with db.transaction() as session:
        person = session.get_one(Requester, requester_id)
        return transitions.erase(requester_id, by=SYSTEM if by_system else person, at=utcnow())


def test_everything_private_goes_and_the_key_with_it(known: tuple[int, int, str]) -> None:
    requester_id, request_id, _ = known
    key_name = str(row(Requester, requester_id).key_name)
    erase(requester_id)
    gone = row(Requester, requester_id)
    assert gone.erased_at is not None
    assert gone.consent_withdrawn_at == gone.erased_at
    assert (gone.sealed_contact, gone.sealed_answers, gone.phone_hash, gone.key_name) == (None, None, None, None)
    (entry,) = db.read.scalars(select(CaseEntry).where(CaseEntry.request_id == request_id)).all()
    assert (entry.sealed, entry.key_name) == (None, None)
    assert request_now(request_id).briefing == ""
    with pytest.raises(KeyGone):
        vault.keys.get(key_name)


def test_open_requests_end_and_promises_are_told(known: tuple[int, int, str], cast: Cast) -> None:
    requester_id, request_id, _ = known
    erase(requester_id)
    request = request_now(request_id)
    assert (request.status, request.outcome, request.taken) == ("closed", "withdrawn", 0)
    assert "No longer needed" in mails_to(cast.ben)[-1].subject
    subject = f"requester:{row(Requester, requester_id).public_ref}"
    assert events_of(subject) == ["consent.withdrawn", "requester.erased"]


def test_what_others_rely_on_stays(context: Flask, cast: Cast) -> None:
    request_id = make_request()
    requester_id, _ = make_requester(request_id=request_id)
    claim_id = take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    erase(requester_id)
    assert claim_now(claim_id).state == "reported"
    assert row(HelpRequest, request_id).title == "Bring bread to a neighbour"


def test_what_was_asked_and_answered_about_a_report_goes_too(known: tuple[int, int, str], cast: Cast) -> None:
    requester_id, request_id, _ = known
    claim_id = tell_done(request_id, cast.ben)
    dispute(claim_id, cast.dee, "Was it at door 7?")
    tell_done(request_id, cast.ben, answer="No, at door 9.")
    erase(requester_id)
    assert (claim_now(claim_id).reason, claim_now(claim_id).answer) == ("", "")


def test_the_desk_is_not_sent_to_words_that_are_gone(known: tuple[int, int, str], site: Site, cast: Cast) -> None:
    dee = site.as_(cast.dee)
    burning = dee.get("/desk")
    assert "The person wrote to you" in text_of(burning)
    assert text_of(dee.get("/desk/count")).split()[0] == "1"
    erase(known[0])
    calm = dee.get("/desk")
    assert "The person wrote to you" not in text_of(calm)
    assert calm.html.select("[data-row]") == []
    assert text_of(dee.get("/desk/count")) == ""


def test_it_happens_once(known: tuple[int, int, str]) -> None:
    requester_id, _, _ = known
    first = erase(requester_id).erased_at
    events = count_events()
    assert erase(requester_id).erased_at == first
    assert count_events() == events


def test_when_its_time_is_over_the_consent_was_not_withdrawn(known: tuple[int, int, str]) -> None:
    requester_id, _, _ = known
    erase(requester_id, by_system=True)
    gone = row(Requester, requester_id)
    assert gone.erased_at is not None
    assert gone.consent_withdrawn_at is None
    assert events_of(f"requester:{gone.public_ref}") == ["requester.erased"]


def test_undone_in_the_middle_nothing_is_lost(known: tuple[int, int, str]) -> None:
    requester_id, _, _ = known
    key_name = str(row(Requester, requester_id).key_name)
    transitions.erase(requester_id, by=SYSTEM, at=utcnow())
    db.session.rollback()
    assert vault.keys.get(key_name)
    assert row(Requester, requester_id).erased_at is None


def test_the_person_does_it_behind_their_code(known: tuple[int, int, str], site: Site) -> None:
    requester_id, _, code = known
    page = show_code(site, code)
    assert "Knock loudly." in text_of(page)
    asked = site.get("/help/status/erase")
    refused = site.press(asked, "Delete for good")
    assert refused.status_int == 422
    assert row(Requester, requester_id).erased_at is None
    told = site.press(asked, "Delete for good", sure="y")
    assert "Everything was deleted" in text_of(told)
    assert site.get("/help/status").html.h1.get_text() == "How do things stand?"
    again = show_code(site, code)
    assert again.html.h1.get_text() == "Everything was deleted"
    assert "Knock" not in again.text


@pytest.mark.usefixtures("patient")
def test_the_code_that_a_browser_still_holds_goes_too(context: Flask, site: Site) -> None:
    ask_for_help(site)
    requester = db.read.scalars(select(Requester)).one()
    erase(requester.id)
    assert db.read.scalars(select(HelpDraft)).all() == []
    assert site.get("/help/done", status=303).headers["Location"].endswith("/help/status")


ACTIONS: dict[str, Callable[[int, Requester], object]] = {
    "a word": lambda request, by: transitions.add_word(request, "Hello", by=by, at=utcnow()),
    "calling off": lambda request, by: transitions.call_off(request, transitions.Outcome.WITHDRAWN, by=by, at=utcnow()),
    "another time": lambda request, by: transitions.move_time(
        request, transitions.Hours(transitions.Timing.REPEATING), by=by, at=utcnow()
    ),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_who_pressed_a_moment_too_late_changes_nothing(known: tuple[int, int, str], action: str) -> None:
    """The page was open while another tab deleted everything."""
    requester_id, request_id, _ = known
    before = row(Requester, requester_id)
    erase(requester_id)
    events = count_events()
    with pytest.raises(transitions.NotFound), db.transaction():
        ACTIONS[action](request_id, before)
    assert count_events() == events


def test_what_was_written_about_them_and_never_published_goes_too(context: Flask, cast: Cast) -> None:
    shown, never = (
        make_request(title="Bread for Bota"),
        make_request(title="Bread for Bota", status=RequestStatus.RECEIVED),
    )
    requester_id, _ = make_requester(request_id=shown)
    with db.transaction() as session:
        session.get_one(HelpRequest, never).requester_id = requester_id
    claim_id = take(shown, cast.ben)
    with db.transaction():
        board.remove(claim_id, by=viewer_of(cast.dee), at=utcnow(), reason="Bota has a nephew in Abay street")
    erase(requester_id)
    assert request_now(shown).title == "Bread for Bota", "everybody could read it, and it was looked at"
    unseen = request_now(never)
    assert (unseen.title, unseen.story, unseen.search_text) == ("", "", "")
    assert claim_now(claim_id).reason == ""
    assert db.read.scalars(select(UserNotice.reason).where(UserNotice.request_id == shown)).all() == [""]


def test_when_the_page_says_so_it_is_nowhere_on_the_disk(
    known: tuple[int, int, str], app: Flask, site: Site, database_kind: str
) -> None:
    """Also what stood there in the clear: words that were never published."""
    if database_kind != "sqlite":
        pytest.skip("about SQLite")
    requester_id, _, code = known
    never = make_request(title="Zebrafish for Bota", status=RequestStatus.RECEIVED)
    with db.transaction() as session:
        session.get_one(HelpRequest, never).requester_id = requester_id
    show_code(site, code)
    site.press(site.get("/help/status/erase"), "Delete for good", sure="y")
    files = settings_of(app).instance_path.glob("accelerator.sqlite3*")
    assert [path.name for path in files if b"Zebrafish" in path.read_bytes()] == []


def test_what_is_deleted_is_nowhere_in_the_file(app: Flask, cast: Cast, database_kind: str) -> None:
    if database_kind != "sqlite":
        pytest.skip("about SQLite")
    with app.app_context():
        with db.transaction():
            delete_account(by=viewer_of(cast.cy), at=utcnow())
        db.forget_old_pages()
        folder = settings_of(app).instance_path
    left = [path.name for path in folder.glob("accelerator.sqlite3*") if b"cy@example.org" in path.read_bytes()]
    assert left == []


def test_by_telephone_the_operator_erases(known: tuple[int, int, str], context: Flask) -> None:
    requester_id, request_id, _ = known
    for number in (999, make_request(title="A park")):
        refused = run_alone(context, "askers", "erase", str(number), "--yes")
        assert "Nobody in particular asked" in refused.output
    asked_back = run_alone(context, "askers", "erase", str(request_id))
    assert asked_back.exit_code != 0  # nobody said yes
    assert row(Requester, requester_id).erased_at is None
    for _ in range(2):
        assert run_alone(context, "askers", "erase", str(request_id), "--yes").exit_code == 0
    erased = row(Requester, requester_id)
    assert (erased.sealed_contact, erased.key_name) == (None, None)
    assert erased.consent_withdrawn_at is not None
    assert request_now(request_id).status == RequestStatus.CLOSED


def test_words_of_the_desk_leave_the_kept_mails_too(known: tuple[int, int, str], cast: Cast) -> None:
    requester_id, request_id, _ = known
    claim_id = tell_done(request_id, cast.ben)
    with db.transaction():
        board.dispute(claim_id, by=viewer_of(cast.dee), at=utcnow(), reason="Her son at 8 701 000 00 12 says no.")
    assert "8 701 000 00 12" in mails_to(cast.ben)[-1].body
    erase(requester_id)
    for mail in mails_to(cast.ben):
        assert "8 701 000 00 12" not in mail.body
    assert f"/requests/{request_id}" in mails_to(cast.ben)[0].body
