"""A case: calls, notes, questions, the private words, what belongs together; who may see and do what."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from accelerator.board import transitions as board
from accelerator.board.models import HelpRequest, Outcome, RequestStatus, Timing
from accelerator.clock import utcnow
from accelerator.desk.cases import transitions as cases
from accelerator.errors import NotAllowed
from accelerator.extensions import db
from accelerator.help.contact import Contact
from accelerator.help.models import CallOutcome, CaseEntry, Channel, Requester
from accelerator.questionnaire.builtin import read_builtin
from accelerator.questionnaire.document import body_hash
from accelerator.questionnaire.models import QuestionnaireVersion
from tests.cast import ASTANA, Cast, viewer_of
from tests.desk.cases import WORDS, asked, call, colleague, erase, write
from tests.factories import make_request, make_requester
from tests.site import Site, form_values, text_of
from tests.steps import count_events, events_of, last_event, request_now, take

NOTE = "The caretaker has the key."
VERBS = {
    "note": {"note": NOTE},
    "call": {"outcome": "confirmed", "said": "She waits on Sunday."},
    "ask": {"question": "Which floor is it?"},
    "read": {},
}


@pytest.fixture
def dee(context: Flask, site: Site, cast: Cast) -> Site:
    return site.as_(cast.dee)


def entries(request_id: int) -> list[CaseEntry]:
    return list(db.read.query(CaseEntry).filter_by(request_id=request_id).order_by(CaseEntry.id).populate_existing())


def test_a_call_that_confirms_verifies_and_leads_to_the_public_text(dee: Site) -> None:
    request_id = asked()
    page = dee.get(f"/desk/requests/{request_id}")
    assert not page.html.find("form", action=f"/desk/requests/{request_id}/publish")
    after = dee.follow(dee.press(page, "Keep", outcome="confirmed", said="She waits on Sunday."))
    assert "Verified. Now write the public text." in text_of(after)
    assert request_now(request_id).verified_at
    assert events_of(f"request:{request_id}")[-2:] == ["case.called", "request.verified"]
    assert "Dee: called: Confirmed: the need is real She waits on Sunday." in text_of(after)
    form = dee.get(f"/desk/requests/{request_id}/edit")
    assert form.html.find("textarea", {"name": "story"}).get_text().strip() == ""  # private words are never copied
    done = dee.follow(dee.press(form, "Save", title="Bread for a neighbour", story="Third floor, no lift."))
    board = dee.follow(dee.press(done, "Publish"))
    assert "It is on the board." in text_of(board)
    assert request_now(request_id).status == RequestStatus.OPEN
    assert request_now(request_id).created_by_id is None  # she who asked submitted it; one coordinator was enough


@pytest.mark.parametrize("outcome", [outcome for outcome in CallOutcome if outcome is not CallOutcome.CONFIRMED])
def test_other_calls_are_kept_and_leave_the_case_in_the_queue(dee: Site, outcome: CallOutcome) -> None:
    request_id = asked()
    dee.post(f"/desk/requests/{request_id}/call", {"outcome": outcome.value}, status=303)
    assert request_now(request_id).verified_at is None
    assert [entry.outcome for entry in entries(request_id)] == [outcome.value]
    assert "To verify 1" in text_of(dee.get("/desk"))


def test_a_call_about_what_was_closed_meanwhile_verifies_nothing(dee: Site, cast: Cast) -> None:
    request_id = asked()
    page = dee.get(f"/desk/requests/{request_id}")
    with db.transaction():
        board.close(request_id, by=viewer_of(cast.dee), at=utcnow(), outcome=Outcome.WITHDRAWN)
    answer = dee.press(page, "Keep", status=409, outcome="confirmed", said="She waits on Sunday.")
    assert "She waits on Sunday." in text_of(answer)
    assert request_now(request_id).verified_at is None
    assert entries(request_id) == []
    dee.post(f"/desk/requests/{request_id}/call", {"outcome": "no_answer"}, status=303)  # kept as it was


def test_auditors_read_no_draft(context: Flask, site: Site, cast: Cast) -> None:
    request_id = asked(title="Bread to flat 12")
    fay, dee = site.as_(cast.fay), site.as_(cast.dee)
    paths = (f"/desk/requests/{request_id}", "/desk", "/desk/requests?status=received")
    for path in paths:
        assert "flat 12" in text_of(dee.get(path))
        assert "flat 12" not in text_of(fay.get(path))
        assert "On the third floor." not in text_of(fay.get(path))


def test_a_time_that_was_changed_is_told_beside_what_was_asked_for_first(dee: Site) -> None:
    old = "The time has been changed since"
    request_id = make_request(timing=Timing.BY, ends_at=datetime(2030, 3, 1, 18, 59, tzinfo=UTC), district=None)
    make_requester(request_id=request_id, answers={"timing": "by", "day": "2030-03-01"})
    assert old not in text_of(dee.get(f"/desk/requests/{request_id}"))
    with db.transaction() as session:
        session.get_one(HelpRequest, request_id).ends_at = datetime(2030, 3, 8, 18, 59, tzinfo=UTC)
    assert old in text_of(dee.get(f"/desk/requests/{request_id}"))


def test_a_call_without_an_outcome_comes_back_with_what_was_typed(dee: Site) -> None:
    request_id = asked()
    answer = dee.post(f"/desk/requests/{request_id}/call", {"said": "She was glad."}, status=422)
    assert "Please choose one." in text_of(answer)
    assert "She was glad." in answer.html.find("textarea", {"name": "said"}).get_text()
    assert entries(request_id) == []


def test_what_is_not_verified_or_has_no_words_is_not_published(context: Flask, site: Site, cast: Cast) -> None:
    request_id = asked(title="Bread")
    dee = site.as_(cast.dee)
    answer = dee.post(f"/desk/requests/{request_id}/publish", status=409)
    assert "Call the person first" in text_of(answer)
    bare = asked()
    call(bare, cast.dee)
    assert "Write the public title and text first" in text_of(dee.post(f"/desk/requests/{bare}/publish", status=409))
    assert {request_now(id_).status for id_ in (request_id, bare)} == {"received"}


def test_who_typed_it_for_someone_does_not_publish_it_alone(context: Flask, site: Site, cast: Cast) -> None:
    request_id = asked(title="Bread", channel=Channel.PHONE, typed_by=cast.dee)
    call(request_id, cast.dee)
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    assert "another coordinator publishes it" in text_of(dee.post(f"/desk/requests/{request_id}/publish", status=409))
    zhan.press(zhan.get(f"/desk/requests/{request_id}/edit"), "Save", title="Bread and milk", status=303)
    dee.post(f"/desk/requests/{request_id}/publish", status=409)  # still she who took it in
    zhan.press(zhan.get(f"/desk/requests/{request_id}"), "Publish", status=303)
    assert request_now(request_id).status == RequestStatus.OPEN


def test_who_typed_a_call_in_walks_on_and_another_one_publishes(context: Flask, site: Site, cast: Cast) -> None:
    request_id = asked(channel=Channel.PHONE, typed_by=cast.dee)
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    assert dee.get(f"/desk/requests/{request_id}").html.select_one(".script"), "the next step is the call"
    call(request_id, cast.dee)
    assert "Write the public title and text first" in text_of(dee.get(f"/desk/requests/{request_id}"))
    words = {"title": "Bread", "story": "On the third floor.", "capacity": "1"}
    dee.press(dee.get(f"/desk/requests/{request_id}/edit"), "Save", status=303, **words)
    assert "another coordinator publishes it" in text_of(dee.get(f"/desk/requests/{request_id}"))
    dee.post(f"/desk/requests/{request_id}/publish", status=409)
    zhan.press(zhan.get(f"/desk/requests/{request_id}"), "Publish", status=303)
    dee.press(dee.get(f"/desk/requests/{request_id}/edit"), "Save", status=422, title="Bread and more")


def test_the_script_is_in_the_language_of_the_person(dee: Site) -> None:
    request_id = asked()  # her language is Russian
    page = dee.get(f"/desk/requests/{request_id}")
    script = page.html.select_one(".script")
    assert script["lang"] == "ru"
    assert len(script.find_all("li")) == 6
    assert "Dee" in script.get_text()


def test_private_words_stand_beside_the_public_ones_and_nobody_else_reads_them(
    context: Flask, site: Site, cast: Cast
) -> None:
    request_id = asked(title="Bread")
    call(request_id, cast.dee, said="Her son is away.")
    page = text_of(site.as_(cast.dee).get(f"/desk/requests/{request_id}"))
    assert WORDS in page
    assert "Her son is away." in page
    auditor = text_of(site.as_(cast.fay).get(f"/desk/requests/{request_id}"))
    assert "Dee: called: Confirmed" in auditor
    for person in (cast.dee, cast.fay):
        for secret in ("+77011234567", "701 123", "Abay", "12, 4", "Apa Bota"):
            assert secret not in site.as_(person).get(f"/desk/requests/{request_id}").text, (person.name, secret)
    for secret in (WORDS, "Her son is away.", "alone"):
        assert secret not in auditor
    for person, status in ((cast.eve, 404), (cast.gus, 403), (cast.ben, 403)):
        site.as_(person).get(f"/desk/requests/{request_id}", status=status)


def test_the_contact_is_shown_for_a_reason_and_the_look_stands_in_the_history(dee: Site) -> None:
    request_id = asked()
    page = dee.get(f"/desk/requests/{request_id}")
    nothing = dee.press(page, "Show the contact", why="  ", status=422)
    assert "Please fill this in." in text_of(nothing)
    shown = dee.press(page, "Show the contact", why="To call her", status=200)
    for word in ("Apa Bota", "+7 701 123 45 67", "Abay", "12, 4"):
        assert word in text_of(shown)
    assert shown.headers["Cache-Control"] == "no-store"
    again = text_of(dee.get(f"/desk/requests/{request_id}"))
    assert "Dee: looked at the contact: name, phone and door To call her" in again
    assert "+7 701" not in again


@pytest.mark.parametrize("verb", VERBS)
def test_each_act_is_for_coordinators_of_the_region(context: Flask, site: Site, cast: Cast, verb: str) -> None:
    request_id = asked()
    write(request_id, "On Sunday?")
    before = count_events()
    for person, status in ((cast.eve, 404), (cast.fay, 403), (cast.gus, 403), (cast.ben, 403)):
        site.as_(person).post(f"/desk/requests/{request_id}/{verb}", VERBS[verb], status=status)
    assert count_events() == before
    site.as_(cast.dee).post(f"/desk/requests/{request_id}/{verb}", VERBS[verb], status=303)
    assert count_events() > before


def test_the_number_is_at_hand_for_the_call_and_the_call_goes_on(dee: Site) -> None:
    request_id = asked()
    shown = dee.press(dee.get(f"/desk/requests/{request_id}"), "Show the number", status=200)
    panel = shown.html.select_one("#call[open]")
    assert panel.select_one("a.tel")["href"] == "tel:+77011234567"
    again = text_of(dee.get(f"/desk/requests/{request_id}"))
    assert "Dee: looked at the contact: name, phone and door To call the person" in again


def test_a_note_is_sealed_and_never_in_the_log(dee: Site) -> None:
    request_id = asked()
    dee.press(dee.get(f"/desk/requests/{request_id}"), "Keep", status=422)  # the first form: a call without an outcome
    dee.post(f"/desk/requests/{request_id}/note", {"note": NOTE}, status=303)
    (entry,) = entries(request_id)
    assert NOTE.encode() not in (entry.sealed or b"")
    assert set(last_event()) == {"v", "seq", "ts", "type", "actor", "role", "subject", "entry"}
    assert f"Dee: noted {NOTE}" in text_of(dee.get(f"/desk/requests/{request_id}"))


def test_a_case_of_nobody_in_particular_keeps_notes_too(dee: Site) -> None:
    request_id = make_request(title="A park")
    dee.post(f"/desk/requests/{request_id}/note", {"note": NOTE}, status=303)
    assert NOTE in text_of(dee.get(f"/desk/requests/{request_id}"))
    answer = dee.post(f"/desk/requests/{request_id}/ask", {"question": "Who?"}, status=409)
    assert "there is nobody to write to" in text_of(answer)


def test_words_are_read_by_saying_so_or_by_answering(dee: Site) -> None:
    for verb in ("read", "ask"):
        request_id = asked()
        write(request_id, "On Sunday, please.")
        page = dee.get(f"/desk/requests/{request_id}")
        assert "1 word you have not read" in text_of(page)
        assert "The person: wrote to the desk On Sunday, please." in text_of(page)
        for _ in range(2):
            dee.post(f"/desk/requests/{request_id}/{verb}", VERBS[verb], status=303)
        assert "you have not read" not in text_of(dee.get(f"/desk/requests/{request_id}"))
        assert "Words from people" not in text_of(dee.get("/desk"))
    assert events_of(f"request:{request_id - 1}").count("case.read") == 1


def test_after_erasure_the_case_tells_what_was_done_and_keeps_no_words(context: Flask, site: Site, cast: Cast) -> None:
    request_id = asked(title="Bread")
    call(request_id, cast.dee, said="Her son is away.")
    erase(request_id)
    dee = site.as_(cast.dee)
    page = text_of(dee.get(f"/desk/requests/{request_id}"))
    assert "This person's data have been erased." in page
    assert "Dee: called" in page
    assert "Her son is away." not in page
    assert WORDS not in page
    with pytest.raises(NotAllowed), db.transaction():
        cases.note(request_id, "late", by=viewer_of(cast.dee), at=utcnow())


@pytest.mark.parametrize(
    ("opened", "button", "name", "sentence"),
    [
        ("note", "Keep", "note", "data have been erased"),
        ("call", "Keep", "said", "data have been erased"),
        ("ask", "Send", "question", "data have been erased"),
        ("reveal", "Show the contact", "why", "No contact is kept here."),
    ],
)
def test_after_erasure_nothing_is_offered_that_cannot_work_and_nothing_typed_is_lost(
    context: Flask, site: Site, cast: Cast, opened: str, button: str, name: str, sentence: str
) -> None:
    request_id = asked(title="Bread")
    call(request_id, cast.dee)
    dee = site.as_(cast.dee)
    old_page = dee.get(f"/desk/requests/{request_id}")
    form = old_page.html.select_one(f"#{opened} form:has([name={name}])")
    erase(request_id)
    assert not dee.get(f"/desk/requests/{request_id}").html.select(f"#{opened}")
    fields = form_values(form) | {name: "She waits on Sunday.", "outcome": "confirmed"}
    answer = dee.post(form["action"], fields, status=409)
    act = answer.html.select_one(f"#{opened}[open]")
    kept = act.find(["textarea", "input"], {"name": name})
    assert (kept.get("value") or kept.get_text()).strip() == "She waits on Sunday."
    assert sentence in act.select_one(".notice").get_text()
    assert not act.find("button", string=button)


def test_earlier_requests_of_the_same_phone_are_shown_those_elsewhere_are_a_number(
    context: Flask, site: Site, cast: Cast
) -> None:
    same = Contact(name="Bota", phone="+77019998877")
    first, second = make_request(title="Snow"), make_request(title="Bread", status=RequestStatus.RECEIVED)
    far, other = make_request(title="Far away", region=ASTANA, district=None), make_request(title="Stranger")
    for request_id in (first, second, far):
        make_requester(request_id=request_id, contact=same)
    make_requester(request_id=other)
    page = site.as_(cast.dee).get(f"/desk/requests/{second}")
    related = page.html.select_one(".found-list").get_text()
    assert "Snow" in related
    assert "Stranger" not in page.text
    assert "Far away" not in page.text
    assert "1 more in another region." in text_of(page)
    assert "1 more in another region." not in text_of(site.as_(cast.fay).get(f"/desk/requests/{second}"))


def test_the_history_says_who_in_which_role_and_when(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Walk", created_by=cast.dee.id, starts_at=utcnow() + timedelta(days=2))
    take(request_id, cast.ben)
    page = site.as_(cast.dee).get(f"/desk/requests/{request_id}")
    lines = [" ".join(line.get_text(" ").split()) for line in page.html.select(".past > li")]
    assert lines[0].startswith("Ben: a place was taken volunteer · today")
    assert lines[1].startswith("The portal: published today")


def test_the_contact_of_the_erased_is_gone(context: Flask, cast: Cast) -> None:
    request_id = asked()
    erase(request_id)
    requester = db.read.get_one(Requester, request_now(request_id).requester_id, populate_existing=True)
    assert requester.key_name is None


@pytest.mark.parametrize(
    ("verb", "fields", "sentence"),
    [
        ("note", {"note": " "}, "Note: Please fill this in."),
        ("close", {}, "How did it end? Please choose one."),
        ("merge", {"other": "one"}, "Number of the request that stays: A whole number, please."),
        ("hand-over", {"reason": "They moved."}, "To which region? Please choose one."),
    ],
)
def test_what_is_to_be_mended_is_listed_at_the_head(
    context: Flask, site: Site, cast: Cast, verb: str, fields: dict[str, str], sentence: str
) -> None:
    page = site.as_(cast.dee).post(f"/desk/requests/{make_request()}/{verb}", fields, 422)
    errors = page.html.select_one("#errors")
    assert sentence in " ".join(errors.get_text(" ").split())
    assert all(page.html.find(id=link["href"].removeprefix("#")) for link in errors.select("a"))


def test_a_number_that_an_own_question_asked_for_is_shown_with_the_contact(dee: Site) -> None:
    label = dict.fromkeys(("kk", "ru", "en"), "The son's number")
    body = json.loads(read_builtin().to_json())
    body["pages"][-1]["questions"].append({"id": "q_son", "kind": "phone", "label": label})
    text = json.dumps(body, ensure_ascii=False)
    with db.transaction() as session:
        now = utcnow()
        session.add(QuestionnaireVersion(body=text, body_hash=body_hash(text), created_at=now, published_at=now))
    request_id = make_request(title="Bread", for_person=True)
    make_requester(request_id=request_id, answers={"name": "Apa Bota", "q_son": "+77010000099"})
    assert "000 00 99" not in text_of(dee.get(f"/desk/requests/{request_id}"))
    shown = dee.post(f"/desk/requests/{request_id}/contact", {"why": "To call"})
    assert "The son's number" in text_of(shown)
    assert "000 00 99" in text_of(shown)
    assert "000 00 99" not in text_of(dee.get(f"/desk/requests/{request_id}"))
