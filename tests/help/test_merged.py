"""Requests that were put together, and promises that only the helped person vouches for: how they end."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from accelerator.accounts import transitions as accounts
from accelerator.board import transitions as board
from accelerator.board.models import Claim, HelpRequest, Outcome, Timing
from accelerator.clock import utcnow
from accelerator.desk.cases import transitions as cases
from accelerator.extensions import db
from accelerator.help import retention
from tests.cast import Cast, viewer_of
from tests.help.filling import show_code
from tests.help.test_status import asked, came, leave, merged_with_another, next_words, put_together
from tests.races.invariants import check_everything
from tests.site import Site, text_of
from tests.steps import claim_now, confirm, mails_to, request_now, take


def vouched(site: Site, cast: Cast) -> tuple[int, str, int]:
    """A request whose person says behind their code that Ben came, who has not told of it: number, code, claim."""
    request_id, code = asked()
    claim_id = take(request_id, cast.ben)
    show_code(site, code)
    came(site, claim_id, "no")
    return request_id, code, claim_id


@pytest.mark.parametrize("way", ["helped", "withdraw", "erase", "desk", "merge"])
def test_what_the_person_vouched_for_outlives_the_request(context: Flask, site: Site, cast: Cast, way: str) -> None:
    request_id, _, claim_id = vouched(site, cast)
    if way == "desk":
        with db.transaction():
            board.close(request_id, by=viewer_of(cast.dee), at=utcnow(), outcome=Outcome.FULFILLED)
    elif way == "merge":
        put_together(request_id, asked()[0], cast)
    else:
        leave(site, request_id, way)
    assert claim_now(claim_id).state == "claimed"
    confirm(claim_id, cast.dee)
    check_everything(db.session)


def test_it_is_no_need_any_more_when_the_other_request_ends(context: Flask, site: Site, cast: Cast) -> None:
    survivor, code = asked()
    mine, _, claim_id = vouched(site, cast)
    put_together(mine, survivor, cast)
    show_code(site, code)
    leave(site, survivor, "withdraw")
    assert request_now(mine).outcome == "duplicate"
    assert claim_now(claim_id).state == "claimed"
    assert not [mail for mail in mails_to(cast.ben) if "No longer needed" in mail.subject]


def test_taken_back_it_is_still_not_told(context: Flask, site: Site, cast: Cast) -> None:
    _, _, claim_id = vouched(site, cast)
    confirm(claim_id, cast.dee)
    with db.transaction():
        board.unconfirm(claim_id, by=viewer_of(cast.dee), at=utcnow())
    queue = text_of(site.as_(cast.dee).get("/desk"))
    assert "Ben has not told of it. The helped person says: they came" in queue
    assert "Ben reported" not in queue


def test_ones_own_says_that_a_colleague_confirms_it(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = asked()
    claim_id = take(request_id, cast.dee)
    show_code(site, code)
    came(site, claim_id, "no")
    assert "another coordinator confirms it" in text_of(site.as_(cast.dee).get(f"/desk/requests/{request_id}"))


def test_whoever_leaves_the_portal_leaves_it_to_the_desk(context: Flask, site: Site, cast: Cast) -> None:
    _, _, claim_id = vouched(site, cast)
    with db.transaction():
        accounts.delete_account(by=viewer_of(cast.ben), at=utcnow())
    assert (claim_now(claim_id).state, claim_now(claim_id).user_id) == ("claimed", None)
    confirm(claim_id, cast.dee)
    check_everything(db.session)


# ---- weekly ones ----


def weekly(cast: Cast, *, is_done: bool) -> tuple[int, str]:
    """A weekly request; of the last week Ben's promise is confirmed."""
    request_id, code = asked(timing=Timing.REPEATING, starts_at=utcnow() + timedelta(days=2))
    if is_done:
        last = utcnow() - timedelta(days=5)
        kept = {"state": "confirmed", "minutes": 30, "credit": "hidden", "created_at": last, "reported_at": last}
        with db.transaction() as session:
            session.add(Claim(request_id=request_id, user_id=cast.ben.id, people=1, settled_at=last, **kept))
    return request_id, code


def test_last_week_is_not_somebody_who_came_of_two(context: Flask, site: Site, cast: Cast) -> None:
    request_id, code = weekly(cast, is_done=True)
    take(request_id, cast.ben)
    show_code(site, code)
    assert "Somebody else promised" not in " ".join(next_words(site))


@pytest.mark.parametrize("way", ["withdraw", "erase"])
def test_what_one_needed_each_week_the_other_still_needs(context: Flask, site: Site, cast: Cast, way: str) -> None:
    survivor, code = weekly(cast, is_done=True)
    mine, _ = weekly(cast, is_done=False)
    put_together(mine, survivor, cast)
    show_code(site, code)
    leave(site, survivor, way)
    assert request_now(mine).status == "received"


# ---- coming back ----


def test_closed_as_a_duplicate_of_nothing_it_leaves_others(context: Flask, cast: Cast) -> None:
    (survivor, _), (mine, _) = merged_with_another(cast)
    with db.transaction():
        board.close(survivor, by=viewer_of(cast.dee), at=utcnow(), outcome=Outcome.DUPLICATE)
    assert request_now(mine).status == "received"


def test_what_comes_back_at_any_time_has_its_time_before_it(context: Flask, cast: Cast) -> None:
    (survivor, _), (mine, _) = merged_with_another(cast)
    late = request_now(survivor).due_at + timedelta(days=2)
    with db.transaction():
        board.let_time_pass(at=late)
    assert request_now(mine).due_at > late


# ---- at the same moment ----


def both(app: Flask, *works: Callable[[], None]) -> list[str]:
    """Do them at once; what went wrong."""
    wrong: list[str] = []

    def go(work: Callable[[], None]) -> None:
        try:
            with app.app_context():
                work()
        except Exception as error:  # whatever it is, the test shows it
            wrong.append(repr(error))

    threads = [threading.Thread(target=go, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return wrong


def test_two_merges_at_once_leave_no_chain(context: Flask, cast: Cast) -> None:
    first, second, third = (asked()[0] for _ in range(3))
    dee, is_in = viewer_of(cast.dee), threading.Event()

    def into_second() -> None:
        with db.transaction():
            cases.merge(first, second, seen_version=1, by=dee, at=utcnow())
            is_in.set()
            time.sleep(0.3)  # the other one waits for the lock now

    def into_third() -> None:
        is_in.wait(5)
        with db.transaction():
            cases.merge(second, third, seen_version=1, by=dee, at=utcnow())

    assert both(context, into_second, into_third) == []
    assert request_now(first).duplicate_of_id == request_now(second).duplicate_of_id == third


@pytest.mark.parametrize("way", ["clock", "unverified"])
def test_the_clock_and_a_note_at_once_do_not_stop_each_other(
    context: Flask, cast: Cast, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (survivor, _), (mine, _) = merged_with_another(cast)
    late = request_now(survivor).due_at + timedelta(days=2)
    if way == "unverified":
        with db.transaction() as session:
            old = session.get_one(HelpRequest, survivor)
            old.status, old.verified_at, old.created_at = "received", None, utcnow() - timedelta(days=400)
    has_ended = threading.Event()
    still_needed = board.list_still_needed

    def slowly(*args: HelpRequest) -> object:
        has_ended.set()
        time.sleep(0.3)  # the note is being written now
        return still_needed(*args)  # type: ignore[arg-type]

    def clock() -> None:
        if way == "unverified":
            retention.close_unverified(utcnow())
            return
        with db.transaction():
            board.let_time_pass(at=late)

    def desk() -> None:
        has_ended.wait(5)
        with db.transaction():
            cases.note(mine, "They called again.", by=viewer_of(cast.dee), at=utcnow())

    monkeypatch.setattr(board, "list_still_needed", slowly)
    assert both(context, clock, desk) == []
    assert request_now(mine).status == "received"
