"""How long a session lives: idle and in all, for volunteers and staff; what does not keep it alive; what ends it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from accelerator.accounts import transitions
from accelerator.accounts.models import AuthSession, Role, User
from accelerator.accounts.queries import find_by_email
from accelerator.extensions import db
from tests.accounts.conftest import Clock, Tables
from tests.cast import Cast
from tests.site import Site

IDLE = {"ben": timedelta(days=7), "dee": timedelta(minutes=30), "fay": timedelta(minutes=30), "gus": timedelta(0, 1800)}
IN_ALL = {
    "ben": timedelta(days=30),
    "dee": timedelta(hours=12),
    "fay": timedelta(hours=12),
    "gus": timedelta(hours=12),
}
SECOND = timedelta(seconds=1)


def is_signed_in(browser: Site) -> bool:
    return browser.get("/me", status="*").status_int == 200


@pytest.mark.parametrize("who", IDLE)
def test_a_session_that_is_not_used_ends(clock: Clock, site: Site, app: Flask, who: str) -> None:
    person = getattr(Cast(app), who)
    used, unused = site.as_(person), site.as_(person)
    clock.now += IDLE[who]
    assert is_signed_in(used)
    clock.now += SECOND
    assert is_signed_in(used)
    assert not is_signed_in(unused)


@pytest.mark.parametrize("who", IN_ALL)
def test_even_a_session_in_use_ends_some_day(clock: Clock, site: Site, app: Flask, who: str) -> None:
    browser = site.as_(getattr(Cast(app), who))
    ends = clock.now + IN_ALL[who]
    while clock.now + IDLE[who] <= ends:
        assert is_signed_in(browser)
        clock.now += IDLE[who]
    assert is_signed_in(browser)
    clock.now = ends + SECOND
    assert not is_signed_in(browser)


@pytest.mark.parametrize("who", ["ben", "dee"])
def test_pages_that_refresh_themselves_do_not_keep_it_alive(clock: Clock, site: Site, app: Flask, who: str) -> None:
    browser = site.as_(getattr(Cast(app), who))
    for _ in range(4):
        clock.now += IDLE[who] / 4
        browser.get("/live/changes?since=0", status="*")
    clock.now += SECOND
    assert not is_signed_in(browser)


def test_use_is_written_down_at_most_once_a_minute(clock: Clock, site: Site, cast: Cast, tables: Tables) -> None:
    ben, began = site.as_(cast.ben), clock.now
    clock.turn(seconds=59)
    ben.get("/me")
    assert tables.one(select(AuthSession.seen_at)) == began
    clock.turn(seconds=1)
    ben.get("/me")
    assert tables.one(select(AuthSession.seen_at)) == clock.now


def test_a_session_that_was_taken_away_is_dead_at_the_next_request(
    clock: Clock, app: Flask, site: Site, cast: Cast, tables: Tables
) -> None:
    ben = site.as_(cast.ben)
    ben.get("/me")
    with app.app_context(), db.transaction() as session:
        session.execute(delete(AuthSession))
    clock.turn(minutes=5)
    assert not is_signed_in(ben)
    assert tables.all(select(AuthSession)) == [], "an ended session was brought back"


def test_a_new_role_ends_every_session_and_counts_from_the_next(app: Flask, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    with app.app_context(), db.transaction() as session:
        user = find_by_email(session, "ben@example.org")
        assert user is not None
        transitions.grant_role(user, Role.COORDINATOR, ["KZ-75"], at=user.created_at)
    assert not is_signed_in(ben)
    site.as_(cast.ben).get("/desk")


def test_a_person_who_is_gone_has_no_session(app: Flask, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    with app.app_context(), db.transaction() as session:
        session.execute(delete(User).where(User.id == cast.ben.id))
    assert not is_signed_in(ben)


@pytest.mark.parametrize("token", ["", "x", '"', "a" * 4000, "%00", "é", "' OR 1=1 --", "\\"])
def test_a_made_up_session_is_nobody(site: Site, cast: Cast, token: str) -> None:
    answer = site.web.get("/me", headers={"Cookie": f"session={token}".encode().decode("latin-1")}, status="*")
    assert answer.status_int == 303


def test_the_clock_of_a_server_that_went_back_does_not_end_sessions(clock: Clock, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    clock.turn(days=-1)
    assert is_signed_in(ben)


def test_the_cookie_lives_as_long_as_the_session_may(site: Site, cast: Cast) -> None:
    for email, seconds in (("ben@example.org", 30 * 86400), ("dee@example.org", 12 * 3600)):
        answer = site.post("/login", {"email": email, "password": "three quiet apples"}, 303)
        assert f"Max-Age={seconds};" in answer.headers["Set-Cookie"]
