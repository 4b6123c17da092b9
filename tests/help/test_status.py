"""Behind the code: how things stand, and what the person can do there."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator import limits
from accelerator.appeals.models import Appeal
from accelerator.board import transitions as board
from accelerator.board.models import Claim, HelpRequest, Outcome, RequestStatus, Timing
from accelerator.clock import utcnow
from accelerator.codes import ALPHABET, group_code, make_code, read_code
from accelerator.desk.cases.transitions import merge
from accelerator.extensions import db, vault
from accelerator.help import retention, spoken, views, visits
from accelerator.help.models import CaseEntry, ContactReveal, EntryKind, Requester
from accelerator.help.reveals import reveal_to_coordinator
from accelerator.reference import forget_places
from accelerator.regions.models import Region
from tests.cast import ALMATY, Cast, viewer_of
from tests.factories import make_request, make_requester
from tests.help.filling import later, show_code
from tests.races.invariants import check_everything
from tests.site import Site, form_values, text_of
from tests.steps import (
    claim_now,
    confirm,
    count_events,
    deed_of,
    events_of,
    last_event,
    mails_to,
    request_now,
    row,
    take,
    take_and_report,
)
from tests.steps import report as tell_done

ACTIONS = ("word", "time", "helped", "withdraw")


def asked(**more: Any) -> tuple[int, str]:
    """A request on the board, and its person's code."""
    request_id = make_request(**more)
    return request_id, make_requester(request_id=request_id)[1]


def entries(request_id: int) -> list[CaseEntry]:
    return list(db.read.scalars(select(CaseEntry).where(CaseEntry.request_id == request_id).order_by(CaseEntry.id)))


def put_together(goes: int, stays: int, cast: Cast) -> None:
    seen = request_now(goes).version
    with db.transaction():
        merge(goes, stays, seen_version=seen, by=viewer_of(cast.dee), at=utcnow())


def merged_with_another(cast: Cast) -> tuple[tuple[int, str], tuple[int, str]]:
    """Number and code of a request that lives on, and of another person's that was put together with it."""
    survivor, mine = asked(), asked()
    put_together(mine[0], survivor[0], cast)
    return survivor, mine


def ask_the_person(request_id: int, text: str) -> int:
    """A question of the desk, as the desk's own transition leaves it."""
    with db.transaction() as session:
        requester = session.get_one(Requester, request_now(request_id).requester_id)
        entry = CaseEntry(request_id=request_id, kind=EntryKind.QUESTION.value, key_name=requester.key_name)
        entry.created_at = utcnow()
        session.add(entry)
        session.flush()
        entry.sealed = vault.seal(str(requester.key_name), text, entry, "sealed")
        return entry.id


# ---- the door ----


@pytest.mark.parametrize("phone", ["", "+7 727 111 22 33"])
def test_a_region_without_coordinators_says_so_and_shows_the_telephones(
    context: Flask, site: Site, cast: Cast, phone: str
) -> None:
    with db.transaction() as session:
        session.get_one(Region, ALMATY).desk_phone = phone
    page = text_of(show_code(site, asked(region="KZ-79", district=None)[1]))
    assert "There is no coordinator in this region yet" in page
    assert (phone or "The telephone numbers of the coordinators will stand here soon.") in page
    assert "There is no coordinator" not in text_of(show_code(Site(site.app), asked()[1]))
    closed = asked(region="KZ-79", district=None, status=RequestStatus.CLOSED)[1]
    assert "There is no coordinator" not in text_of(show_code(Site(site.app), closed))


def test_the_code_opens_the_page_however_it_is_written(context: Flask, site: Site) -> None:
    _, code = asked()
    page = show_code(site, f" {group_code(code).lower()} ")
    assert page.html.h1.get_text() == "How things stand"
    assert page.headers["Cache-Control"] == "no-store"
    assert code not in page.text
    assert group_code(code) not in page.text


@pytest.mark.parametrize(
    ("path", "fields"),
    [("word", {"word": "The bell is broken."}), ("time", {"day": "2030-03-01", "time": "half past five"})],
    ids=["a word", "a time whose kind is not chosen yet"],
)
def test_another_language_keeps_what_is_being_typed(
    context: Flask, site: Site, path: str, fields: dict[str, str]
) -> None:
    request_id, code = asked()
    show_code(site, code)
    page = site.press(site.get(f"/help/status/requests/{request_id}/{path}"), "Русский", 200, **fields)
    assert page.html.html["lang"] == "ru"
    kept = form_values(page.html.find(id="ask"))
    assert {name: kept[name].strip() for name in fields} == fields
    assert not page.html.select("#errors, .error")


def test_a_slip_of_the_pen_is_told_as_such_and_not_counted(context: Flask, site: Site) -> None:
    _, code = asked()
    wrong = code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 1) % len(ALPHABET)]
    for _ in range(12):
        page = show_code(site, wrong, 422)
        assert "One symbol is wrong: look again" in text_of(page)
        assert page.html.find("input", {"name": "code"})["value"] == wrong
    assert "A code has 16 symbols, and here are 15" in text_of(show_code(site, code[:-1], 422))
    assert show_code(site, code).status_int == 200


def test_codes_that_nobody_has_are_counted_and_end_the_trying(context: Flask, site: Site) -> None:
    _, code = asked()
    for _ in range(10):
        assert "We do not know this code" in text_of(show_code(site, make_code(), 422))
    assert "Too many tries" in text_of(show_code(site, make_code(), 429))
    show_code(site, code, 429)


def test_right_codes_do_not_use_up_the_tries_of_an_address(context: Flask, site: Site) -> None:
    _, code = asked()
    for _ in range(12):
        show_code(site, code)


def test_tries_from_elsewhere_close_the_page_for_nobody(context: Flask, site: Site, app: Flask) -> None:
    _, code = asked()
    for household in range(3):
        other = Site(app)
        other.web.extra_environ["REMOTE_ADDR"] = f"2001:db8:0:{household}::7"
        for number in range(11):
            show_code(other, make_code(), 422 if number < 10 else 429)
        other.web.extra_environ["REMOTE_ADDR"] = f"2001:db8:0:{household}::8"  # the same household
        show_code(other, make_code(), 429)
    show_code(site, code)


def test_a_code_is_never_in_an_address(context: Flask, site: Site) -> None:
    _, code = asked()
    assert "How things stand" not in site.get(f"/help/status?code={code}").html.h1.get_text()
    opened = site.press(site.get("/help/status"), "Show", code=code)
    assert opened.headers["Location"].endswith("/help/status")
    cookie = next(line for line in opened.headers.getall("Set-Cookie") if line.startswith("help-visit="))
    for part in ("HttpOnly", "SameSite=Strict", "Max-Age=1200"):
        assert part in cookie
    assert code not in cookie


def test_the_page_closes_by_itself_and_by_its_button(
    context: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id, code = asked()
    page = show_code(site, code)
    site.press(page, "Close")
    assert site.get("/help/status").html.h1.get_text() == "How do things stand?"
    show_code(site, code)
    monkeypatch.setattr(views, "utcnow", later(minutes=19))
    assert site.get("/help/status").html.h1.get_text() == "How things stand"
    monkeypatch.setattr(views, "utcnow", later(minutes=38))  # each look lets it go on
    assert site.get("/help/status").html.h1.get_text() == "How things stand"
    monkeypatch.setattr(views, "utcnow", later(minutes=59))
    assert site.get("/help/status").html.h1.get_text() == "How do things stand?"
    gone = site.get(f"/help/status/requests/{request_id}/word", status=303)
    assert gone.headers["Location"].endswith("/help/status")


def test_a_visit_ends_after_two_hours_however_busy(context: Flask, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    show_code(site, asked()[1])
    for minutes in range(15, 135, 15):
        monkeypatch.setattr(views, "utcnow", later(minutes=minutes))
        page = site.get("/help/status")
    assert page.html.h1.get_text() == "How do things stand?"


@pytest.mark.parametrize("forged", ["", "x", "WzEsMSwxXQ.sig", "[1,1,1]"])
def test_a_forged_visit_opens_nothing(context: Flask, site: Site, forged: str) -> None:
    asked()
    site.web.set_cookie(visits.VISIT, forged)
    assert site.get("/help/status").html.h1.get_text() == "How do things stand?"


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_reaches_anothers_request(context: Flask, site: Site, action: str) -> None:
    mine, code = asked()
    theirs, _ = asked()
    show_code(site, code)
    site.get(f"/help/status/requests/{mine}/{action}")
    site.get(f"/help/status/requests/{theirs}/{action}", status=404)
    before = count_events()
    fields = {"word": "Mine!", "timing": "any"}
    assert site.post(f"/help/status/requests/{theirs}/{action}", fields).status_int == 404
    assert count_events() == before


def test_nobody_confirms_for_another(context: Flask, site: Site, cast: Cast) -> None:
    _, code = asked()
    theirs, _ = asked()
    claim_id = take(theirs, cast.ben)
    show_code(site, code)
    assert site.post(f"/help/status/claims/{claim_id}/came", {"asked": "no"}).status_int == 404
    assert claim_now(claim_id).helped_said_at is None


# ---- what it says ----


def standing(site: Site, code: str) -> str:
    return text_of(show_code(site, code))


def test_each_state_is_said_in_plain_words(context: Flask, site: Site, cast: Cast) -> None:
    from accelerator.board.models import Outcome, RequestStatus

    request_id, code = asked(status=RequestStatus.RECEIVED)
    assert "We have received what you wrote." in standing(site, code)
    with db.transaction() as session:
        session.get_one(HelpRequest, request_id).verified_at = utcnow()
    assert "A coordinator has talked with you." in standing(site, code)
    with db.transaction():
        board.publish(request_id, seen_version=request_now(request_id).version, by=viewer_of(cast.dee), at=utcnow())
    assert "Your request is on the board" in standing(site, code)
    claim_id = take(request_id, cast.ben)
    said = standing(site, code)
    assert "A volunteer has promised to come." in said
    assert "Ben" not in said
    with db.transaction():
        board.start(request_id, by=viewer_of(cast.ben), at=utcnow())
    assert "A volunteer has started." in standing(site, code)
    tell_done(request_id, cast.ben)
    assert "A volunteer says that the help was given." in standing(site, code)
    with db.transaction():
        board.confirm(claim_id, seen="reported", by=viewer_of(cast.dee), at=utcnow(), minutes=30)
    assert "Help came." in standing(site, code)
    with db.transaction():
        board.close(request_id, by=viewer_of(cast.dee), at=utcnow(), outcome=Outcome.FULFILLED)
    assert "This request is closed: help was given." in standing(site, code)


def test_a_promise_of_ours_that_is_late_is_admitted(
    context: Flask, site: Site, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accelerator.board.models import RequestStatus

    _, code = asked(status=RequestStatus.RECEIVED)
    assert "we are sorry" not in standing(site, code)
    monkeypatch.setattr(views, "utcnow", later(days=15))
    assert "That day has passed, and we are sorry." in standing(site, code)


def test_a_call_that_missed_them_is_said(context: Flask, site: Site) -> None:
    from accelerator.board.models import RequestStatus

    request_id, code = asked(status=RequestStatus.RECEIVED)
    with db.transaction() as session:
        session.add(CaseEntry(request_id=request_id, kind="call", outcome="no_answer", created_at=utcnow()))
    assert "We called and did not reach you." in standing(site, code)


def test_whoever_said_on_the_phone_that_it_is_not_needed_is_promised_no_call(site: Site, context: Flask) -> None:
    request_id, code = asked(status=RequestStatus.RECEIVED)
    with db.transaction() as session:
        session.add(CaseEntry(request_id=request_id, kind="call", outcome="not_needed", created_at=utcnow()))
    said = standing(site, code)
    assert "You told us on the phone that help is no longer needed." in said
    assert "A coordinator closes the request." in said
    assert "calls" not in said
    site.press(site.get(f"/help/status/requests/{request_id}/word"), "Send", word="I do need it after all.")
    assert "reads what you have written since, and answers or calls" in text_of(site.get("/help/status"))


def test_merged_with_another_they_see_how_that_one_stands_and_cannot_touch_it(
    context: Flask, site: Site, cast: Cast
) -> None:
    (survivor, _), (_, code) = merged_with_another(cast)
    claim_id = take(survivor, cast.ben)
    said = standing(site, code)
    assert "The same request was already here" in said
    assert "A volunteer has promised to come." in said
    page = site.get("/help/status")
    assert f"/requests/{survivor}/" not in page.text
    assert f"/claims/{claim_id}/" not in page.text


@pytest.mark.parametrize("way", ["withdraw", "helped", "erase", "desk", "clock", "unverified"])
def test_when_the_first_ends_without_help_the_second_is_back_at_the_desk(
    context: Flask, site: Site, cast: Cast, way: str
) -> None:
    (survivor, code), (mine, mine_code) = merged_with_another(cast)
    long_ago = utcnow() - timedelta(days=40)
    with db.transaction() as session:
        for number in (survivor, mine):
            session.get_one(HelpRequest, number).created_at = long_ago
    if way == "desk":
        with db.transaction():
            board.close(survivor, by=viewer_of(cast.dee), at=utcnow(), outcome=Outcome.WITHDRAWN)
    elif way == "clock":
        with db.transaction():
            board.let_time_pass(at=request_now(survivor).due_at + timedelta(days=2))
    elif way == "unverified":
        with db.transaction() as session:
            session.get_one(HelpRequest, survivor).status = RequestStatus.RECEIVED.value
            session.get_one(HelpRequest, survivor).verified_at = None
        retention.run(at=utcnow())
    else:
        show_code(site, code)
        leave(site, survivor, way)
    again = request_now(mine)
    assert (again.status, again.outcome, again.duplicate_of_id, again.verified_at) == ("received", None, None, None)
    assert events_of(f"request:{mine}")[-1] == "request.reopened"
    retention.run(at=utcnow())
    assert request_now(mine).status == "received", "it is new at the desk, however long ago it was asked for"
    said = standing(site, mine_code)
    assert "The other request has ended, so yours is looked at by itself again" in said
    assert "A coordinator calls to talk it over." in said
    assert "no longer needed" not in said
    desk = site.as_(cast.dee)
    queue = desk.get("/desk")
    assert queue.html.find("a", href=f"/desk/requests/{mine}") is not None
    assert "Overdue" not in text_of(queue)
    case = text_of(desk.get(f"/desk/requests/{mine}"))
    assert f"The portal: № {survivor}, with which it was merged, has ended" in case
    check_everything(db.session)


def test_who_had_begun_for_the_second_is_free(context: Flask, site: Site, cast: Cast) -> None:
    survivor, mine = asked(), asked()
    claim_id = take(mine[0], cast.ben)
    with db.transaction():
        board.start(mine[0], by=viewer_of(cast.ben), at=utcnow())
    put_together(mine[0], survivor[0], cast)
    assert claim_now(claim_id).state == "started", "they may still tell of it"
    show_code(site, survivor[1])
    leave(site, survivor[0], "withdraw")
    assert claim_now(claim_id).state == "removed"
    assert request_now(mine[0]).taken == 0
    check_everything(db.session)


def test_whom_somebody_helped_is_not_asked_again(context: Flask, site: Site, cast: Cast) -> None:
    """Of the two the second had help already, by a promise that was on it before they were put together."""
    survivor, mine = asked(), asked()
    claim_id = take_and_report(mine[0], cast.ben)
    confirm(claim_id, cast.dee)
    put_together(mine[0], survivor[0], cast)
    show_code(site, survivor[1])
    leave(site, survivor[0], "withdraw")
    assert request_now(mine[0]).outcome == "duplicate"


def leave(site: Site, request_id: int, way: str) -> None:
    """The person calls their request off, or goes with all their data."""
    if way == "erase":
        site.press(site.get("/help/status/erase"), "Delete for good", sure="y")
    else:
        site.post(f"/help/status/requests/{request_id}/{way}", status=303)


@pytest.mark.parametrize("way", ["withdraw", "erase"])
def test_after_help_came_the_second_ends_with_the_first(context: Flask, site: Site, cast: Cast, way: str) -> None:
    (survivor, code), (mine, mine_code) = merged_with_another(cast)
    take(survivor, cast.ben)
    claim_id = tell_done(survivor, cast.ben)
    show_code(site, code)
    came(site, claim_id, "no")
    leave(site, survivor, way)
    assert request_now(survivor).outcome == "fulfilled"
    assert request_now(mine).outcome == "duplicate"
    assert "help was given" in standing(site, mine_code)


def test_one_telephone_may_stand_for_two_people(context: Flask, site: Site, cast: Cast) -> None:
    """A neighbour's, or a daughter's: the coordinator finds out."""
    (survivor, code), (mine, _) = merged_with_another(cast)
    with db.transaction() as session:
        for number in (survivor, mine):
            session.get_one(Requester, request_now(number).requester_id).phone_hash = bytes(32)
    show_code(site, code)
    leave(site, survivor, "withdraw")
    assert request_now(mine).status == "received"


def test_two_of_one_person_end_together(context: Flask, site: Site, cast: Cast) -> None:
    (survivor, code), (mine, _) = merged_with_another(cast)
    with db.transaction() as session:
        session.get_one(HelpRequest, mine).requester_id = request_now(survivor).requester_id
    show_code(site, code)
    leave(site, survivor, "withdraw")
    assert request_now(mine).outcome == "duplicate"


def test_whoever_was_helped_before_the_merge_is_still_asked(context: Flask, site: Site, cast: Cast) -> None:
    survivor, mine = asked(), asked()
    claim_id = take(mine[0], cast.ben)
    with db.transaction():
        board.start(mine[0], by=viewer_of(cast.ben), at=utcnow())
    put_together(mine[0], survivor[0], cast)
    tell_done(mine[0], cast.ben)
    said = standing(site, mine[1])
    assert "The same request was already here" in said
    assert "Talked with you" not in said
    assert "say below" not in said, "that is about the other"
    came(site, claim_id, "yes")
    assert len(db.read.scalars(select(Appeal)).all()) == 1


def test_a_merged_request_is_kept_as_long_as_the_one_that_lives_on(context: Flask, site: Site, cast: Cast) -> None:
    (survivor, _), (mine, mine_code) = merged_with_another(cast)
    with db.transaction() as session:
        old = session.get_one(HelpRequest, mine)
        old.closed_at = utcnow() - timedelta(days=200)
        session.get_one(Requester, old.requester_id).created_at = utcnow() - timedelta(days=300)
    retention.run(at=utcnow())
    assert "The same request was already here" in standing(site, mine_code)
    with db.transaction() as session:
        gone = session.get_one(HelpRequest, survivor)
        gone.status, gone.outcome, gone.closed_at = "closed", "fulfilled", utcnow() - timedelta(days=200)
    retention.run(at=utcnow())
    assert row(Requester, old.requester_id).erased_at is not None


def test_who_has_gone_themselves_is_not_brought_back(context: Flask, site: Site, cast: Cast) -> None:
    (survivor, code), (mine, mine_code) = merged_with_another(cast)
    show_code(site, mine_code)
    leave(site, mine, "erase")
    show_code(site, code)
    leave(site, survivor, "erase")
    assert request_now(mine).outcome == "duplicate"


def test_after_a_hand_over_the_second_calls_the_region_that_looks_after_it(
    context: Flask, site: Site, cast: Cast
) -> None:
    (survivor, _), (_, mine_code) = merged_with_another(cast)
    with db.transaction() as session:
        session.get_one(Region, "KZ-75").desk_phone = "+7 727 111 11 11"
        session.get_one(Region, "KZ-71").desk_phone = "+7 717 222 22 22"
        session.get_one(HelpRequest, survivor).region_code = "KZ-71"
        session.get_one(HelpRequest, survivor).district_code = None
    forget_places()
    show_code(site, mine_code)
    page = site.get("/help/status").text
    assert "222 22 22" in page
    assert "111 11 11" not in page


def test_who_looked_is_said_by_role_and_never_by_name(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    assert "Nobody has looked" in standing(site, code)
    who = {"requester_id": request_now(request_id).requester_id, "request_id": request_id, "at": utcnow()}
    with db.transaction():
        reveal_to_coordinator(request_id, by=viewer_of(cast.dee), at=utcnow(), reason="Call Bota")
    with db.transaction() as session:
        session.add(ContactReveal(user_id=cast.ben.id, role="volunteer", step="street", **who))
    said = standing(site, code)
    assert "was looked at 2 times" in said
    assert "a coordinator: name, phone and door" in said
    assert "a volunteer: the street" in said
    for hidden in ("Dee", "Ben", "Call Bota"):
        assert hidden not in said


# ---- a word ----


def test_a_word_is_kept_sealed_and_shown_again(context: Flask, site: Site) -> None:
    request_id, code = asked()
    show_code(site, code)
    page = site.get(f"/help/status/requests/{request_id}/word")
    back = site.follow(site.press(page, "Send", word="The door is on the left.\nKnock loudly."))
    assert "Knock loudly." in text_of(back)
    (entry,) = entries(request_id)
    assert (entry.kind, entry.user_id, entry.seen_at) == ("word", None, None)
    assert b"Knock" not in (entry.sealed or b"")
    assert last_event()["type"] == "case.told"
    assert last_event()["role"] == "requester"


def test_a_word_written_for_longer_than_the_page_is_open_goes_on_behind_the_code(
    context: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id, code = asked()
    show_code(site, code)
    page = site.get(f"/help/status/requests/{request_id}/word")
    monkeypatch.setattr(views, "utcnow", later(minutes=25))
    door = site.press(page, "Send", 401, word="Knock loudly.")
    assert "Type your code, and what you wrote goes on." in text_of(door)
    slip = site.press(door, "Show", 422, code=f"{code[:-1]}{'A' if code[-1] != 'A' else 'B'}")
    again = site.press(slip, "Show", 200, code=code)
    assert "Knock loudly." in text_of(again)
    assert {answer.headers["Cache-Control"] for answer in (door, slip, again)} == {"no-store"}
    site.press(again, "Send it once more", 303)
    assert len(entries(request_id)) == 1


def test_a_word_written_before_the_browser_was_closed_is_sent_once_more(context: Flask, site: Site) -> None:
    request_id, code = asked()
    show_code(site, code)
    page = site.get(f"/help/status/requests/{request_id}/word")
    site.web.reset()
    again = site.press(page, "Send", 403, word="Knock loudly.")
    door = site.press(again, "Send it once more", 401)
    again = site.press(door, "Show", 200, code=code)
    site.press(again, "Send it once more", 303)
    assert len(entries(request_id)) == 1


def test_the_same_word_pressed_twice_is_one_word(context: Flask, site: Site) -> None:
    request_id, code = asked()
    show_code(site, code)
    page = site.get(f"/help/status/requests/{request_id}/word")
    for _ in range(2):
        site.press(page, "Send", word="Knock loudly.")
    assert len(entries(request_id)) == 1
    site.press(page, "Send", word="Or call.")
    assert len(entries(request_id)) == 2


@pytest.mark.parametrize(
    ("language", "word"), [("kk", "Ешкім келмеді"), ("ru", "Никто не пришёл"), ("en", "Nobody came")]
)
def test_that_nobody_came_is_said_with_two_presses(
    context: Flask, site: Site, cast: Cast, language: str, word: str
) -> None:
    request_id, code = asked()
    take(request_id, cast.ben)
    with db.transaction():
        board.start(request_id, by=viewer_of(cast.ben), at=utcnow())
    show_code(site, code)
    page = site.language(language).get("/help/status")
    link = next(a for a in page.html.find_all("a") if a.get_text(strip=True) == word)
    form = site.get(link["href"])
    assert form.html.find("textarea", {"name": "word"}).get_text(strip=True) == f"{word}."
    button = form.html.find("textarea", {"name": "word"}).find_parent("form").find("button")
    site.press(form, button.get_text(strip=True))
    (entry,) = entries(request_id)
    assert (entry.kind, entry.user_id, entry.seen_at) == ("word", None, None)


def test_an_answer_settles_the_question(context: Flask, site: Site) -> None:
    request_id, code = asked()
    question = ask_the_person(request_id, "Which floor?")
    assert "Which floor?" in standing(site, code)
    page = site.follow(site.press(site.get(f"/help/status/requests/{request_id}/word"), "Send", word="The third."))
    assert row(CaseEntry, question).seen_at is not None
    assert "A coordinator asks" not in text_of(page)
    assert last_event()["type"] == "case.answered"


def test_an_empty_or_endless_word_is_refused_and_kept(context: Flask, site: Site) -> None:
    request_id, code = asked()
    show_code(site, code)
    page = site.get(f"/help/status/requests/{request_id}/word")
    assert "Please write something." in text_of(site.press(page, "Send", word="  "))
    long = site.press(page, "Send", word="x" * 2001)
    assert long.status_int == 422
    assert "x" * 2001 in long.text
    assert entries(request_id) == []


def test_by_when_is_said_of_a_promise_with_a_deadline_and_of_help_that_came(
    context: Flask, site: Site, cast: Cast
) -> None:
    until, code = asked(timing=Timing.BY, ends_at=utcnow() + timedelta(days=3))
    claim_id = take(until, cast.ben)
    assert "No later than:" in text_of(show_code(site, code))
    tell_done(until, cast.ben)
    confirm(claim_id, cast.dee)
    page = text_of(show_code(site, code))
    assert "Help came." in page
    assert "No later than:" in page


def test_words_are_limited(context: Flask, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WORDS_BY_REQUESTER", limits.Limit("small", 1, timedelta(hours=1)))
    request_id, code = asked()
    show_code(site, code)
    path = f"/help/status/requests/{request_id}/word"
    assert site.post(path, {"word": "one"}).status_int == 303
    refused = site.post(path, {"word": "two"}, 429)
    assert "Too many tries" in text_of(refused)
    assert refused.html.find("textarea", {"name": "word"}).get_text().strip() == "two"


# ---- another time ----


def test_the_time_moves_and_whoever_promised_is_told(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked(capacity=2)
    take(request_id, cast.ben)
    show_code(site, code)
    page = site.get(f"/help/status/requests/{request_id}/time")
    assert page.html.find("input", {"value": "any", "checked": True})
    kept = site.press(page, "Keep this time", timing="at", day="2030-03-01", time="17:30")
    assert "Whoever promised to come is told." in text_of(site.follow(kept))
    request = request_now(request_id)
    assert (request.timing, str(request.starts_at)) == ("at", "2030-03-01 12:30:00+00:00")
    assert request.ends_at - request.starts_at == timedelta(minutes=request.minutes)  # type: ignore[operator]
    assert request.due_at == request.starts_at
    assert events_of(f"request:{request_id}")[-1] == "request.moved"
    assert "The time has changed" in mails_to(cast.ben)[-1].subject
    again = site.get(f"/help/status/requests/{request_id}/time")
    assert again.html.find("input", {"name": "time"})["value"] == "17:30"


def test_the_time_moves_while_nobody_has_promised(context: Flask, site: Site) -> None:
    request_id, code = asked()
    show_code(site, code)
    page = site.get(f"/help/status/requests/{request_id}/time")
    kept = text_of(site.follow(site.press(page, "Keep this time", timing="by", day="2030-03-01")))
    assert "The new time stands." in kept
    assert "Whoever promised" not in kept


def test_the_same_time_again_changes_and_tells_nothing(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    take(request_id, cast.ben)
    show_code(site, code)
    path = f"/help/status/requests/{request_id}/time"
    for _ in range(2):
        site.post(path, {"timing": "by", "day": "2030-03-01"})
    assert events_of(f"request:{request_id}").count("request.moved") == 1
    assert len(mails_to(cast.ben)) == 1


def test_a_time_that_is_none_is_told_beside_the_field(context: Flask, site: Site) -> None:
    request_id, code = asked()
    show_code(site, code)
    page = site.get(f"/help/status/requests/{request_id}/time")
    refused = site.press(page, "Keep this time", timing="at", day="2001-01-01", time="17:30")
    assert refused.status_int == 422
    assert "in the past" in text_of(refused)
    assert request_now(request_id).timing == "any"


def test_after_help_came_nothing_moves(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    assert "Change the time" not in standing(site, code)
    refused = site.post(f"/help/status/requests/{request_id}/time", {"timing": "by", "day": "2030-03-01"})
    assert "has changed in the meantime" in text_of(site.follow(refused))
    assert request_now(request_id).timing == "any"


def test_a_weekly_time_is_the_desks(context: Flask, site: Site) -> None:
    _, code = asked(timing=Timing.REPEATING)
    assert "Change the time" not in standing(site, code)


# ---- they came ----


def came(site: Site, claim_id: int, asked_for: str | None) -> Any:
    page = site.get(f"/help/status/claims/{claim_id}/came")
    return site.press(page, "Send", asked=asked_for)


def next_words(site: Site) -> list[str]:
    """Where the page behind the code says that things stand: now, then, and by when."""
    return [part.get_text(" ", strip=True) for part in site.get("/help/status").html.select(".stands p")]


def test_they_came_and_nothing_was_asked(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    show_code(site, code)
    page = site.follow(came(site, claim_id, "no"))
    assert "Thank you! We pass it on" in text_of(page)
    assert claim_now(claim_id).helped_said_at is not None
    assert events_of(f"request:{request_id}")[-1] == "claim.helped_said"
    assert "They came and helped" not in text_of(page)
    assert db.read.scalars(select(Appeal)).all() == []


def test_that_something_was_asked_can_be_said_after_a_no_but_not_taken_back(
    context: Flask, site: Site, cast: Cast
) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    show_code(site, code)
    page = site.follow(came(site, claim_id, "no"))
    before = events_of(f"request:{request_id}")
    assert page.html.find("a", string="Was something asked of you in return after all?")
    assert "It is looked into" in text_of(site.follow(came(site, claim_id, "yes")))
    came(site, claim_id, "yes")
    came(site, claim_id, "no")
    (case,) = db.read.scalars(select(Appeal)).all()
    assert (case.claim_id, claim_now(claim_id).was_asked) == (claim_id, True)
    assert events_of(f"request:{request_id}") == before  # nobody sees from outside that it was said
    assert "after all?" not in text_of(site.get("/help/status"))


def test_where_nobody_coordinates_no_day_is_promised(context: Flask, site: Site) -> None:
    _, code = asked(status=RequestStatus.RECEIVED, region="KZ-63", district=None)
    said = standing(site, code)
    assert "There is no coordinator in this region yet" in said
    assert "No later than" not in said


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_who_came_and_has_not_told_of_it_is_asked_to(context: Flask, site: Site, cast: Cast, answer: str) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    show_code(site, code)
    came(site, claim_id, answer)
    ben = Site(site.app).as_(cast.ben)
    assert "The helped person says that you came. Please tell how it went" in text_of(ben.get("/me"))
    kept = ben.post(f"/requests/{request_id}/release", status=409)
    assert "The helped person says that you came." in text_of(kept)
    assert claim_now(claim_id).state == "claimed"


def test_the_deed_of_a_confirmed_claim_becomes_sure(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    with db.transaction():
        board.confirm(claim_id, seen="reported", by=viewer_of(cast.dee), at=utcnow(), minutes=30)
    deed = deed_of(claim_id)
    assert deed is not None
    assert deed.level == "witnessed"
    show_code(site, code)
    came(site, claim_id, "no")
    deed = deed_of(claim_id)
    assert deed is not None
    assert deed.level == "confirmed"


@pytest.mark.parametrize("confirmed_first", [False, True])
def test_from_outside_a_yes_looks_like_a_no(context: Flask, site: Site, cast: Cast, confirmed_first: bool) -> None:
    """The accused may know the address: no deed, event or number may tell them who said it."""
    seen = []
    for answer in ("no", "yes"):
        request_id, code = asked()
        claim_id = take(request_id, cast.ben)
        tell_done(request_id, cast.ben)
        if confirmed_first:
            confirm(claim_id, cast.dee)
        figures = text_of(Site(context).get("/appeals"))
        before = count_events()
        show_code(site, code)
        came(site, claim_id, answer)
        if not confirmed_first:
            confirm(claim_id, cast.dee)
        deed = deed_of(claim_id)
        assert deed is not None
        assert text_of(Site(context).get("/appeals")) == figures
        events = events_of(f"request:{request_id}") + events_of(f"deed:{deed.id}")
        seen.append((deed.level, events, count_events() - before))
    assert seen[0] == seen[1]
    assert seen[0][0] == "confirmed"


def test_who_gave_the_spoken_pair_is_asked_all_the_same(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    with db.transaction() as session:
        session.get_one(Claim, claim_id).helped_said_at = utcnow()  # what the pair leads to
    show_code(site, code)
    assert "It is looked into" in text_of(site.follow(came(site, claim_id, "yes")))
    assert len(db.read.scalars(select(Appeal)).all()) == 1


@pytest.mark.parametrize("is_reported", [False, True])
def test_once_they_have_said_so_the_page_asks_them_no_more(
    context: Flask, site: Site, cast: Cast, is_reported: bool
) -> None:
    """Nor does it tell whoever reads along which answer was given."""
    seen = []
    for answer in ("no", "yes"):
        request_id, code = asked()
        claim_id = take(request_id, cast.ben)
        if is_reported:
            tell_done(request_id, cast.ben)
        show_code(site, code)
        assert "say" in next_words(site)[1]
        came(site, claim_id, answer)
        site.get("/help/status")  # the notice is read
        seen.append(next_words(site))
    assert seen[0] == seen[1]
    assert seen[0][:2] == ["You said that they came and helped.", "A coordinator confirms it and closes the request."]


def test_who_gave_the_pair_is_not_asked_whether_it_was_the_volunteer(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    show_code(site, code)
    question = "Was it the volunteer who promised to come?"
    assert question in text_of(site.get(f"/help/status/requests/{request_id}/helped"))
    with db.transaction():
        spoken.note(db.session.get_one(Claim, claim_id), by=viewer_of(cast.ben), at=utcnow())
    assert question not in text_of(site.get(f"/help/status/requests/{request_id}/helped"))


def test_the_desk_is_told_what_they_said(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    show_code(site, code)
    came(site, claim_id, "no")
    dee = site.as_(cast.dee)
    assert ". The helped person says: they came" in text_of(dee.get("/desk"))
    case = dee.get(f"/desk/requests/{request_id}")
    assert "the helped person says: they came" in case.html.select_one(f"#claim-{claim_id} .claim-who").get_text()
    assert "The person: the helped person said that help came" in text_of(case)


def test_another_who_promised_is_still_asked_about(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked(capacity=2)
    claim_id = take(request_id, cast.ben)
    take(request_id, cast.cy)
    for person in (cast.ben, cast.cy):
        tell_done(request_id, person)
    show_code(site, code)
    came(site, claim_id, "no")
    assert next_words(site)[1].startswith("Please say below whether they came.")
    assert len(site.get("/help/status").html.select(".ask-came")) == 1


@pytest.mark.parametrize("reached", ["claimed", "reported", "confirmed"])
@pytest.mark.parametrize("by", ["pair", "code", "nobody"])
def test_of_two_who_promised_one_came_and_the_other_is_still_to_come(
    context: Flask, site: Site, cast: Cast, reached: str, by: str
) -> None:
    request_id, code = asked(capacity=2)
    claim_id = take(request_id, cast.ben)
    take(request_id, cast.cy)
    if reached != "claimed":
        tell_done(request_id, cast.ben)
    show_code(site, code)
    if by == "pair":
        with db.transaction() as session:
            session.get_one(Claim, claim_id).helped_said_at = utcnow()
    if by == "code":
        came(site, claim_id, "no")
        site.get("/help/status")  # the notice is read
    if reached == "confirmed":
        confirm(claim_id, cast.dee)
    now, then = next_words(site)[:2]
    if by == "nobody" and reached != "confirmed":
        assert "Somebody else promised" not in then
        return
    said = {"pair": "The volunteer gave us the word and the number that you told them.", "nobody": "Help came."}
    said["code"] = "You said that they came and helped."
    assert now == (said[by] if reached != "confirmed" else "Help came.")
    assert then == "Somebody else promised, too. When they have come, please say it below."


def test_that_help_came_stands_in_the_history_once(context: Flask, site: Site, cast: Cast) -> None:
    """The pair first, and then the answer behind the code; of two who came, twice."""
    request_id, code = asked(capacity=2)
    claim_id, other = take(request_id, cast.ben), take(request_id, cast.cy)
    with db.transaction():
        spoken.note(db.session.get_one(Claim, claim_id), by=viewer_of(cast.ben), at=utcnow())
    show_code(site, code)
    came(site, claim_id, "no")
    words = "It was confirmed for you that help came"
    assert text_of(site.get("/help/status")).count(words) == 1
    came(site, other, "no")
    assert text_of(site.get("/help/status")).count(words) == 2


def test_the_spoken_pair_is_heard_and_the_question_stays_open(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    with db.transaction() as session:
        session.get_one(Claim, claim_id).helped_said_at = utcnow()  # what the pair leads to
    show_code(site, code)
    assert next_words(site)[:2] == [
        "The volunteer gave us the word and the number that you told them.",
        "A coordinator confirms it and closes the request.",
    ]
    assert "Your word and number are with us." in text_of(site.get("/help/status"))
    came(site, claim_id, "no")
    assert next_words(site)[0] == "You said that they came and helped."


def test_whose_request_was_put_together_with_anothers_did_not_say_it_themselves(
    context: Flask, site: Site, cast: Cast
) -> None:
    (survivor, code), (_, mine_code) = merged_with_another(cast)
    claim_id = take(survivor, cast.ben)
    tell_done(survivor, cast.ben)
    show_code(site, code)
    came(site, claim_id, "no")
    said = standing(site, mine_code)
    assert "A volunteer says that the help was given." in said
    assert "You said" not in said
    assert "say below" not in said


def test_a_yes_opens_an_integrity_case_by_itself_and_only_once(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    show_code(site, code)
    before = len(mails_to(cast.ben))
    assert "It is looked into" in text_of(site.follow(came(site, claim_id, "yes")))
    (case,) = db.read.scalars(select(Appeal)).all()
    assert (case.kind, case.claim_id, case.region_code) == ("integrity", claim_id, "KZ-75")
    assert len(mails_to(cast.ben)) == before, "the volunteer must not learn it"
    events = count_events()
    site.post(f"/help/status/claims/{claim_id}/came", {"asked": "yes"})
    assert count_events() == events


def test_the_question_must_be_answered(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    show_code(site, code)
    refused = came(site, claim_id, None)
    assert refused.status_int == 422
    assert "it protects you and others" in text_of(refused)
    assert claim_now(claim_id).helped_said_at is None


def test_nobody_came_before_the_hour(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked(starts_at=utcnow() + timedelta(hours=5))
    claim_id = take(request_id, cast.ben)
    assert "They came and helped" not in standing(site, code)
    refused = site.post(f"/help/status/claims/{claim_id}/came", {"asked": "no"})
    assert "It has not begun yet" in text_of(site.follow(refused))


def test_a_promise_that_was_let_go_is_not_confirmed(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    with db.transaction():
        board.release(request_id, by=viewer_of(cast.ben), at=utcnow())
    show_code(site, code)
    assert site.post(f"/help/status/claims/{claim_id}/came", {"asked": "no"}).status_int == 303
    assert claim_now(claim_id).helped_said_at is None


# ---- the end ----


@pytest.mark.parametrize(("path", "button"), [("helped", "Yes, somebody else helped"), ("withdraw", "End the request")])
def test_calling_it_off_frees_and_tells_whoever_promised(
    context: Flask, site: Site, cast: Cast, path: str, button: str
) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    show_code(site, code)
    page = site.get(f"/help/status/requests/{request_id}/{path}")
    assert request_now(request_id).status == "open", "looking changes nothing"
    site.press(page, button)
    request = request_now(request_id)
    assert (request.status, request.outcome, request.taken) == ("closed", "withdrawn", 0)
    assert claim_now(claim_id).state == "removed"
    assert "No longer needed" in mails_to(cast.ben)[-1].subject
    events = count_events()
    assert site.press(page, button).status_int == 303
    assert count_events() == events


@pytest.mark.parametrize("path", ["helped", "withdraw"])
@pytest.mark.parametrize("is_promised", [False, True])
def test_only_what_happened_is_ticked_and_told(
    context: Flask, site: Site, cast: Cast, path: str, is_promised: bool
) -> None:
    from accelerator.board.models import RequestStatus

    request_id, code = asked() if is_promised else asked(status=RequestStatus.RECEIVED)
    if is_promised:
        take(request_id, cast.ben)
    show_code(site, code)
    page = site.follow(site.post(f"/help/status/requests/{request_id}/{path}"))
    assert ("Whoever wanted to come is told." in text_of(page)) == is_promised
    assert ("The request is closed." in text_of(page)) != is_promised
    steps = [(step.span.get_text(), step["class"]) for step in page.html.select(".steps li")]
    board_ = [("On the board", ["step-done"])] if is_promised else []
    assert steps == [("We have it", ["step-done"]), *board_, ("The end", ["step-now"])]


def test_the_steps_of_help_that_came_stay(context: Flask, site: Site, cast: Cast) -> None:
    from accelerator.board.models import Outcome

    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    steps = [step.span.get_text() for step in show_code(site, code).html.select(".steps li")]
    assert steps == ["We have it", "Talked with you", "On the board", "Somebody comes", "Did help come?"]
    confirm(claim_id, cast.dee)
    with db.transaction():
        board.close(request_id, by=viewer_of(cast.dee), at=utcnow(), outcome=Outcome.FULFILLED)
    steps = [step.span.get_text() for step in show_code(site, code).html.select(".steps li")]
    assert steps == ["We have it", "On the board", "Somebody comes", "Help came"]


def test_a_promise_that_ends_with_the_request_is_nobodys_doing(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    show_code(site, code)
    site.post(f"/help/status/requests/{request_id}/withdraw")
    case = site.as_(cast.dee).get(f"/desk/requests/{request_id}")
    assert "promise ended" in case.html.select_one(f"#claim-{claim_id} .badge").get_text()
    assert "The person: a promise ended" in text_of(case)


def test_who_was_helped_by_the_volunteer_is_shown_the_other_way(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked(capacity=2)
    show_code(site, code)
    path = f"/help/status/requests/{request_id}/helped"
    question = "Was it the volunteer who promised to come?"
    assert question not in text_of(site.get(path)), "nobody has promised"
    claim_id = take(request_id, cast.ben)
    page = site.get(path)
    assert question in text_of(page)
    assert page.html.select_one("main a.btn-leaf")["href"] == f"/help/status/claims/{claim_id}/came"
    take(request_id, cast.cy)
    assert site.get(path).html.select_one("main a.btn-leaf")["href"] == "/help/status", "where each stands by itself"
    came(site, claim_id, "no")
    assert question in text_of(site.get(path)), "the other one may have come"


def test_somebody_helped_after_a_report_counts_as_given(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    take(request_id, cast.ben)
    tell_done(request_id, cast.ben)
    show_code(site, code)
    site.post(f"/help/status/requests/{request_id}/helped")
    assert request_now(request_id).outcome == "fulfilled"


@pytest.mark.parametrize("path", ["helped", "withdraw"])
def test_who_was_helped_for_sure_is_asked_whether_it_was_enough(
    context: Flask, site: Site, cast: Cast, path: str
) -> None:
    request_id, code = asked(capacity=2)
    claim_id = take(request_id, cast.ben)
    assert "It was enough" not in text_of(show_code(site, code))
    page = site.follow(came(site, claim_id, "no"))
    buttons = [link.get_text(strip=True) for link in page.html.select(".acts a")]
    assert "It was enough" in buttons
    assert not {"Somebody has already helped", "I no longer need it"} & set(buttons)
    asking = site.get(f"/help/status/requests/{request_id}/{path}")
    assert "Was it the volunteer who promised to come?" not in text_of(asking)
    assert site.follow(site.press(asking, "End the request"))
    request = request_now(request_id)
    assert (request.status, request.outcome) == ("closed", "fulfilled"), "also from a page of before"


def test_all_are_told_the_code_of_another_language(context: Flask, site: Site) -> None:
    _, code = asked()
    for language, title in (("kk", "kk"), ("ru", "ru")):
        site.language(language)
        page = site.post("/help/status", {"code": read_code(code)})
        assert site.follow(page).html.html["lang"] == title
