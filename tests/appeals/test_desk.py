"""The desk: queue by date, thread, assignment, answer, decision, handing over; who may, and who comes second."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from accelerator import limits
from accelerator.accounts.models import Role
from accelerator.appeals import queries, transitions
from accelerator.appeals.forms import new_form_key
from accelerator.appeals.models import AppealEntry, Kind
from accelerator.appeals.transitions import MOVES, AppealChanged, Verb, erase, lock_appeal
from accelerator.clock import utcnow
from accelerator.errors import NotAllowed, NotFound
from accelerator.extensions import db
from accelerator.limits import CONTACTS_BY_COORDINATOR
from tests.appeals.letters import TEXT, decide, look, now, send
from tests.cast import ALMATY, ASTANA, Cast, Person, viewer_of
from tests.site import Site, text_of
from tests.steps import counted_statements, events_of, last_event

pytestmark = pytest.mark.usefixtures("context")


def act(name: str, appeal_id: int, person: Person, *args: Any, seen: int | None = None, **kwargs: Any) -> None:
    """One of the desk's verbs, on the version that is there now unless told otherwise."""
    with db.transaction():
        if name != "assign":
            kwargs.setdefault("form_key", new_form_key())
        kwargs["seen_version"] = now(appeal_id).version if seen is None else seen
        getattr(transitions, name)(appeal_id, *args, by=viewer_of(person), at=utcnow(), **kwargs)


def test_the_queue_is_sorted_by_date_and_marks_what_is_near(site: Site, cast: Cast) -> None:
    late = send(at=utcnow() - timedelta(days=60)).id
    fresh = send().id
    near = send(at=utcnow() - timedelta(days=19)).id
    page = site.as_(cast.dee).get("/desk/appeals")
    links = [a["href"] for a in page.html.select(".queue a")]
    assert links == [f"/desk/appeals/{n}" for n in (late, near, fresh)]
    assert "overdue since" in text_of(page)
    found = queries.list_pressing(db.read, viewer_of(cast.dee), utcnow(), 10)
    assert [appeal.id for appeal in found] == [late, near]
    assert queries.count_open(db.read, viewer_of(cast.dee)) == 3


def write_back(appeal_id: int, text: str = "Behind the school.", *, form_key: str | None = None) -> None:
    """The sender's next word."""
    with db.transaction():
        transitions.say(lock_appeal(appeal_id), text, form_key=form_key or new_form_key(), at=utcnow())


def test_whoever_asked_is_told_that_the_sender_has_written(site: Site, cast: Cast) -> None:
    appeal_id = send().id
    dee = site.as_(cast.dee)
    act("answer", appeal_id, cast.dee, "Where is it?")
    assert "written" not in text_of(dee.get("/desk/appeals"))
    key = new_form_key()
    for _ in range(2):
        write_back(appeal_id, form_key=key)
    assert now(appeal_id).unread == 1
    assert "the sender has written" in text_of(dee.get("/desk/appeals"))
    assert "the sender has written" in text_of(dee.get(f"/desk/appeals/{appeal_id}"))
    queue = dee.get("/desk")
    assert "The sender has written. To be answered by" in text_of(queue)
    act("answer", appeal_id, cast.dee, "Thank you.")
    assert now(appeal_id).unread == 0
    assert "has written" not in text_of(dee.get("/desk"))
    write_back(appeal_id)
    decide(appeal_id, cast.dee)
    assert now(appeal_id).unread == 0


def test_a_handing_over_is_no_answer(site: Site, cast: Cast) -> None:
    appeal_id = send().id
    write_back(appeal_id)
    act("transfer", appeal_id, cast.dee, ASTANA, "It is theirs.")
    assert "the sender has written" in text_of(site.as_(cast.eve).get("/desk/appeals"))


def test_a_look_at_the_contact_is_no_answer(site: Site, cast: Cast) -> None:
    appeal_id = send().id
    write_back(appeal_id)
    with db.transaction():
        transitions.reveal_contact(appeal_id, "To call them", by=viewer_of(cast.dee), at=utcnow())
    assert now(appeal_id).unread == 1


def test_auditors_see_that_a_sealed_thread_goes_on_and_none_of_its_words(site: Site, cast: Cast) -> None:
    appeal_id = send(Kind.INTEGRITY).id
    act("answer", appeal_id, cast.fay, "Which coordinator?")
    write_back(appeal_id, "The one with the moustache.")
    page = text_of(site.as_(cast.fay).get(f"/desk/appeals/{appeal_id}"))
    assert "the sender has written" in page
    assert page.count("sealed: only the auditors can open it") == 3
    assert "moustache" not in page
    site.as_(cast.dee).get(f"/desk/appeals/{appeal_id}", status=404)


def test_a_long_queue_has_pages(site: Site, cast: Cast) -> None:
    ids = [send(at=utcnow() - timedelta(days=n // 10)).id for n in range(queries.PAGE + 5)]
    dee = site.as_(cast.dee)
    with counted_statements() as statements:
        page = dee.get("/desk/appeals")
    assert len(statements) <= 8
    soup = page.html
    seen = [a["href"] for a in soup.select(".queue a")]
    more = soup.find("a", string="Show more")
    assert more is not None
    seen += [a["href"] for a in dee.get(str(more["href"])).html.select(".queue a")]  # type: ignore[index]
    assert sorted(seen) == sorted(f"/desk/appeals/{n}" for n in ids)


@pytest.mark.parametrize("address", ["?after=x", "?after=2026-13-40.1", "?show=closed&after=x", "?show=what"])
def test_odd_addresses_show_the_beginning(site: Site, cast: Cast, address: str) -> None:
    send()
    site.as_(cast.dee).get(f"/desk/appeals{address}")


def test_a_coordinator_answers_and_decides(site: Site, cast: Cast) -> None:
    sent = send()
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/appeals/{sent.id}")
    assert TEXT in text_of(page)
    page = dee.follow(dee.press(page, "Send the answer", **{"answer-words": "We asked the workers."}))
    assert "We asked the workers." in text_of(page)
    assert now(sent.id).assignee_id == cast.dee.id
    page = dee.press(page, "Decide", **{"decide-outcome": "satisfied", "decide-words": "Mended on Monday."})
    dee.follow(page)
    appeal = now(sent.id)
    assert (appeal.status, appeal.outcome) == ("closed", "satisfied")
    told = text_of(look(site, sent.code))
    assert "Mended on Monday." in told
    assert "Dee" not in told
    assert events_of(f"appeal:{sent.id}") == ["appeal.received", "appeal.answered", "appeal.closed"]
    assert last_event()["outcome"] == "satisfied"


@pytest.mark.parametrize(
    ("button", "fields", "sentence"),
    [
        ("Send the answer", {"answer-words": " "}, "Please write something first."),
        ("Decide", {"decide-words": "Because."}, "Please choose one."),
        ("Decide", {"decide-outcome": "refused", "decide-words": ""}, "Please give the reasons"),
        ("Hand over", {"transfer-region": ALMATY, "transfer-words": "Theirs."}, "Please choose one."),
        ("Hand over", {"transfer-region": "KZ-79", "transfer-words": "Theirs."}, "Please choose one."),  # no desk
        ("Hand over", {"transfer-region": ASTANA, "transfer-words": ""}, "Please give the reason."),
    ],
)
def test_what_is_wrong_is_told(site: Site, cast: Cast, button: str, fields: dict[str, str], sentence: str) -> None:
    sent = send()
    dee = site.as_(cast.dee)
    verb = {"Send the answer": "answer", "Decide": "close", "Hand over": "transfer"}[button]
    page = dee.post(f"/desk/appeals/{sent.id}/{verb}", fields | {"answer-seen_version": "1"}, status=422)
    assert sentence in text_of(page)
    for value in (text for name, text in fields.items() if name.endswith("words") and text.strip()):
        assert value in page.text
    assert now(sent.id).version == 1


def test_it_is_handed_only_to_regions_where_somebody_answers(site: Site, cast: Cast) -> None:
    page = site.as_(cast.dee).get(f"/desk/appeals/{send().id}")
    assert [option["value"] for option in page.html.select("[name=transfer-region] option")] == ["", ASTANA]


def test_it_is_given_to_a_colleague_of_the_region(site: Site, cast: Cast) -> None:
    sent = send()
    colleague = cast.add("dan", role=Role.COORDINATOR, regions=[ALMATY])
    dee = site.as_(cast.dee)
    dee.follow(dee.press(dee.get(f"/desk/appeals/{sent.id}"), "Assign", assignee=str(colleague.id)))
    assert now(sent.id).assignee_id == colleague.id
    assert f"№ {sent.id}" in text_of(site.as_(colleague).get("/desk/appeals?show=mine"))
    assert f"№ {sent.id}" not in text_of(dee.get("/desk/appeals?show=mine"))
    act("assign", sent.id, cast.dee, assignee_id=colleague.id)
    assert events_of(f"appeal:{sent.id}") == ["appeal.received", "appeal.assigned"]


@pytest.mark.parametrize("who", ["eve", "ben", "fay", "gus"])
def test_only_coordinators_of_the_region_can_be_given_it(cast: Cast, who: str) -> None:
    sent = send()
    with pytest.raises(NotFound):
        act("assign", sent.id, cast.dee, assignee_id=getattr(cast, who).id)


@pytest.mark.parametrize("verb", ["assign", "answer", "transfer", "close", "reopen_at_desk", "reveal_contact"])
@pytest.mark.parametrize("who", ["eve", "fay", "gus", "ben"])
def test_others_do_nothing(cast: Cast, verb: str, who: str) -> None:
    sent, person = send(), viewer_of(getattr(cast, who))
    more: dict[str, Any] = {
        "assign": {"assignee_id": person.id, "seen_version": 1},
        "reveal_contact": {"reason": "To call"},
        "close": {
            "outcome": transitions.Outcome.REFUSED,
            "reasons": "No.",
            "form_key": new_form_key(),
            "seen_version": 1,
        },
        "transfer": {"region_code": ASTANA, "reason": "No.", "form_key": new_form_key(), "seen_version": 1},
        "answer": {"text": "No.", "form_key": new_form_key(), "seen_version": 1},
        "reopen_at_desk": {"reason": "No.", "form_key": new_form_key(), "seen_version": 1},
    }[verb]
    with pytest.raises(NotFound), db.transaction():
        getattr(transitions, verb)(sent.id, by=person, at=utcnow(), **more)
    assert now(sent.id).version == 1


def test_handed_over_it_belongs_to_the_other_region(site: Site, cast: Cast) -> None:
    sent = send()
    due = now(sent.id).due_on
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/appeals/{sent.id}")
    dee.follow(dee.press(page, "Hand over", **{"transfer-region": ASTANA, "transfer-words": "It is their street."}))
    told = dee.follow(
        dee.press(page, "Hand over", **{"transfer-region": ASTANA, "transfer-words": "It is their street."})
    )
    assert "Handed over: Astana" in text_of(told)  # pressed twice
    assert "This was handed over: Astana" in text_of(dee.get(f"/desk/appeals/{sent.id}", status=404))
    late = dee.post(f"/desk/appeals/{sent.id}/answer", {"answer-words": "It is mended now."}, status=404)
    assert "It is mended now." in text_of(late)
    eve = site.as_(cast.eve).get(f"/desk/appeals/{sent.id}")
    assert "It is their street." in text_of(eve)
    assert TEXT in text_of(eve)
    assert now(sent.id).due_on == due
    assert "It is their street." in text_of(look(site, sent.code))
    total, regions, _ = queries.read_figures(db.read)
    assert total.received == 1
    assert set(regions) == {ASTANA}


def test_the_second_of_two_coordinators_is_told_and_loses_nothing(site: Site, cast: Cast) -> None:
    sent = send()
    colleague = cast.add("dan", role=Role.COORDINATOR, regions=[ALMATY])
    dee, dan = site.as_(cast.dee), site.as_(colleague)
    old = dee.get(f"/desk/appeals/{sent.id}")
    dan.press(dan.get(f"/desk/appeals/{sent.id}"), "Send the answer", **{"answer-words": "Dan was first."})
    page = dee.press(old, "Decide", **{"decide-outcome": "refused", "decide-words": "My reasons."}, status=409)
    assert "Somebody was faster" in text_of(page)
    assert "Dan was first." in text_of(page)
    assert "My reasons." in page.text
    assert now(sent.id).status == "assigned"
    dee.follow(dee.press(page, "Decide"))
    assert now(sent.id).outcome == "refused"


@pytest.mark.parametrize("button", ["Assign", "Hand over", "Send the answer"])
def test_every_verb_of_the_desk_looks_at_the_version(site: Site, cast: Cast, button: str) -> None:
    sent = send()
    dee = site.as_(cast.dee)
    old = dee.get(f"/desk/appeals/{sent.id}")
    colleague = cast.add("dan", role=Role.COORDINATOR, regions=[ALMATY])
    act("assign", sent.id, cast.dee, assignee_id=colleague.id)
    fields = {"Hand over": {"transfer-region": ASTANA, "transfer-words": "Theirs."}, "Assign": {}}
    fields["Send the answer"] = {"answer-words": "Mine."}
    page = dee.press(old, button, **fields[button], status=409)
    assert "Somebody was faster" in text_of(page)
    assert now(sent.id).assignee_id == colleague.id


def test_who_wrote_is_shown_to_whoever_says_why(site: Site, cast: Cast) -> None:
    sent = send()
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/appeals/{sent.id}")
    refused = dee.press(page, "Show the contact", why="  ", status=422)
    assert "Aigul" not in refused.text
    assert refused.html.select_one("#why-error") is not None
    assert events_of(f"appeal:{sent.id}") == ["appeal.received"]
    shown = dee.press(page, "Show the contact", why="The number of the house is missing")
    assert "Aigul" in text_of(shown)
    assert "Dee: The number of the house is missing" in text_of(dee.get(f"/desk/appeals/{sent.id}"))
    assert events_of(f"appeal:{sent.id}") == ["appeal.received", "contact.revealed"]
    for reader in (site.as_(cast.fay).get("/desk/appeals?show=closed"), look(site, sent.code)):
        assert "the house is missing" not in reader.text
    with db.transaction() as session:
        erase(session, session.get_one(transitions.Appeal, sent.id), at=utcnow())
    assert "the house is missing" not in dee.get(f"/desk/appeals/{sent.id}").text


def test_a_contact_that_is_gone_is_nowhere_else(site: Site, cast: Cast) -> None:
    sent, dee = send(), site.as_(cast.dee)
    act("transfer", sent.id, cast.dee, ASTANA, "Theirs.")
    act("transfer", sent.id, cast.eve, ALMATY, "Yours after all.")
    page = dee.get(f"/desk/appeals/{sent.id}")
    with db.transaction():
        transitions.withdraw(transitions.lock_appeal(sent.id), at=utcnow())
    gone = dee.press(page, "Show the contact", why="To call", status=404)
    assert "handed over" not in text_of(gone)


def test_a_look_of_somebody_who_left_is_still_a_look(site: Site, cast: Cast) -> None:
    sent, dan = send(), cast.add("dan", role=Role.COORDINATOR, regions=[ALMATY])
    site.as_(dan).post(f"/desk/appeals/{sent.id}/contact", {"why": "To call"})
    with db.transaction() as session:
        session.execute(update(AppealEntry).values(user_id=None))
    assert "Someone who has left: To call" in text_of(site.as_(cast.dee).get(f"/desk/appeals/{sent.id}"))


def test_looks_at_senders_count_with_all_others_of_the_day(site: Site, cast: Cast) -> None:
    first, second = (send().id for _ in range(2))
    dee = site.as_(cast.dee)
    for _ in range(2):  # once more within the hour is one look
        dee.post(f"/desk/appeals/{first}/contact", {"why": "To call"})
    with db.transaction() as session:
        left = CONTACTS_BY_COORDINATOR.times - 1
        limits.spend(session, CONTACTS_BY_COORDINATOR, viewer_of(cast.dee).public_ref, at=utcnow(), amount=left)
    page = dee.post(f"/desk/appeals/{second}/contact", {"why": "To ask her"}, status=429)
    assert "You have looked at many contacts today" in text_of(page)
    assert "To ask her" in page.text
    assert "Aigul" not in page.text
    dee.post(f"/desk/appeals/{first}/contact", {"why": "To call"})
    assert events_of(f"appeal:{second}") == ["appeal.received"]


def test_pressed_twice_it_happens_once(site: Site, cast: Cast) -> None:
    sent = send()
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/appeals/{sent.id}")
    for _ in range(2):
        dee.follow(dee.press(page, "Send the answer", **{"answer-words": "Once."}))
    page = dee.get(f"/desk/appeals/{sent.id}")
    for _ in range(2):
        dee.follow(dee.press(page, "Decide", **{"decide-outcome": "explained", "decide-words": "So."}))
    assert events_of(f"appeal:{sent.id}") == ["appeal.received", "appeal.answered", "appeal.closed"]


def test_the_desk_opens_it_again_and_the_sender_still_may(site: Site, cast: Cast) -> None:
    sent = send()
    decide(sent.id, cast.dee)
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/appeals/{sent.id}")
    dee.follow(dee.press(page, "Open it again", **{"reopen-words": "We overlooked the photo."}))
    assert now(sent.id).status == "received"
    decide(sent.id, cast.dee)
    assert "Open it again" in look(site, sent.code).text


@pytest.mark.parametrize("status", list(transitions.Status))
@pytest.mark.parametrize("verb", [Verb.ANSWER, Verb.CLOSE, Verb.TRANSFER, Verb.REOPEN])
def test_only_what_the_table_allows(cast: Cast, status: transitions.Status, verb: Verb) -> None:
    sent = send()
    with db.transaction() as session:
        appeal = session.get_one(transitions.Appeal, sent.id)
        appeal.status = status.value
        appeal.outcome = "refused" if status == "closed" else None
    call: dict[Verb, tuple[str, tuple[Any, ...]]] = {
        Verb.ANSWER: ("answer", ("Hello.",)),
        Verb.CLOSE: ("close", (transitions.Outcome.REFUSED, "No.")),
        Verb.TRANSFER: ("transfer", (ASTANA, "Theirs.")),
        Verb.REOPEN: ("reopen_at_desk", ("Again.",)),
    }
    name, args = call[verb]
    if (status, verb) in MOVES:
        act(name, sent.id, cast.dee, *args)
        assert now(sent.id).status == MOVES[status, verb].value
    else:
        with pytest.raises(NotAllowed):
            act(name, sent.id, cast.dee, *args)


def test_auditors_read_decisions_and_nothing_that_the_sender_wrote(site: Site, cast: Cast) -> None:
    sent = send()
    decide(sent.id, cast.dee)
    fay = site.as_(cast.fay)
    assert f"№ {sent.id}" in text_of(fay.get("/desk/appeals?show=closed"))
    page = fay.get(f"/desk/appeals/{sent.id}")
    assert "It was mended." in text_of(page)
    for private in (TEXT, "Aigul", "+77011234567", "Show who wrote", "Show the contact"):
        assert private not in page.text
    assert "<form method" not in page.text.partition("<main")[2].partition("</main>")[0]


def test_decided_ones_are_read_page_by_page_the_newest_decision_first(
    site: Site, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    decided = [send().id for _ in range(5)]
    for minutes, number in enumerate(decided):
        decide(number, cast.dee, at=utcnow() - timedelta(minutes=10 - minutes))
    for person in (cast.dee, cast.fay):
        browser, seen = site.as_(person), []
        page = browser.get("/desk/appeals?show=closed")
        for _ in range(3):
            seen += [int(number) for number in re.findall(r"№ (\d+)", text_of(page))]
            more = page.html.find("a", string="Show more")
            page = browser.get(more["href"]) if more else page
        assert seen == decided[::-1]


def test_auditors_decide_what_is_sealed_for_them(site: Site, cast: Cast) -> None:
    sent = send(Kind.INTEGRITY)
    fay = site.as_(cast.fay)
    assert f"№ {sent.id}" in text_of(fay.get("/desk/appeals"))
    page = fay.get(f"/desk/appeals/{sent.id}")
    fay.follow(fay.press(page, "Decide", **{"decide-outcome": "satisfied", "decide-words": "He was removed."}))
    assert now(sent.id).outcome == "satisfied"
    assert "He was removed." in text_of(look(site, sent.code))
    assert events_of(f"appeal:{sent.id}") == ["appeal.received", "appeal.closed"]
    page = fay.get(f"/desk/appeals/{sent.id}")
    fay.follow(fay.press(page, "Open it again", **{"reopen-words": "One more."}))
    assert now(sent.id).status == "received"


def test_auditors_cannot_answer_what_is_not_sealed_for_them(site: Site, cast: Cast) -> None:
    sent = send()
    fay = site.as_(cast.fay)
    for verb, fields in (
        ("answer", {"answer-words": "No."}),
        ("close", {"decide-outcome": "refused", "decide-words": "No."}),
        ("reopen", {"reopen-words": "No."}),
    ):
        fay.post(f"/desk/appeals/sealed/{sent.id}/{verb}", fields, status=404)
    assert now(sent.id).version == 1


def test_coordinators_see_nothing_of_integrity_reports(site: Site, cast: Cast) -> None:
    sent = send(Kind.INTEGRITY)
    dee = site.as_(cast.dee)
    assert f"№ {sent.id}" not in text_of(dee.get("/desk/appeals"))
    dee.get(f"/desk/appeals/{sent.id}", status=404)
    assert queries.count_open(db.read, viewer_of(cast.dee)) == 0
    assert queries.count_open(db.read, viewer_of(cast.fay)) == 1
    dee.post(f"/desk/appeals/{sent.id}/answer", {"answer-words": "No."}, status=404)
    dee.post(f"/desk/appeals/sealed/{sent.id}/answer", {"answer-words": "No."}, status=403)


def test_the_changed_page_is_not_shown_for_a_wrong_version_of_somebody_elses(cast: Cast) -> None:
    sent = send()
    with pytest.raises(AppealChanged):
        act("answer", sent.id, cast.dee, "Hello.", seen=7)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_desk_speaks_three_languages(site: Site, cast: Cast, language: str) -> None:
    sent = send()
    decide(sent.id, cast.dee)
    dee = site.as_(cast.dee).language(language)
    for path in ("/desk/appeals", "/desk/appeals?show=closed", f"/desk/appeals/{sent.id}"):
        assert f'<html lang="{language}"' in dee.get(path).text
