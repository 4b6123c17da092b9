"""Signing in: works, wrong, enumeration, limits, a new session each time, claims begun before."""

import re
from statistics import median
from time import perf_counter

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator.accounts.models import AuthSession
from accelerator.accounts.viewer import hash_token
from accelerator.board.models import HelpRequest
from accelerator.extensions import db
from tests.accounts.conftest import Clock, Tables
from tests.cast import PASSWORD, Cast
from tests.factories import make_request
from tests.site import HTMX, Site, alone, text_of
from tests.steps import take, wait

BEN = {"email": "ben@example.org", "password": PASSWORD}
NO_FIT = "E-mail and password do not fit together"


def cookie(site: Site) -> str | None:
    return site.web.cookies.get("session")


def test_the_right_password_opens_the_own_page(site: Site, cast: Cast) -> None:
    page = site.follow(site.press(site.get("/login"), "Sign in", 303, **BEN))
    assert page.request.path == "/me"
    site.get("/me/settings")


def test_the_address_may_be_written_in_any_way(site: Site, cast: Cast) -> None:
    site.press(site.get("/login"), "Sign in", 303, **BEN | {"email": "  BEN@Example.ORG "})
    site.get("/me")


def test_signing_in_goes_on_where_the_person_was_going(site: Site, cast: Cast) -> None:
    sign_in = site.follow(site.get("/me/settings?from=mail", status=303))
    done = site.press(sign_in, "Sign in", 303, **BEN)
    assert done.headers["Location"] == "/me/settings?from=mail"


def test_whoever_is_signed_in_is_not_asked_again(site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    assert ben.get("/login?next=/deeds/new", status=303).headers["Location"] == "/deeds/new"
    assert ben.get("/login?next=//evil.example", status=303).headers["Location"] == "/me"


@pytest.mark.parametrize(
    "entries",
    [{"password": "three quiet pears"}, {"email": "nobody@example.org"}, {"email": "not an address"}],
    ids=["wrong password", "unknown", "no address"],
)
def test_a_wrong_entry_is_told_beside_the_field_and_the_address_is_kept(
    site: Site, cast: Cast, entries: dict[str, str]
) -> None:
    page = site.press(site.get("/login"), "Sign in", 422, **BEN | entries)
    assert NO_FIT in page.html.find(id="password-error").get_text()
    assert page.html.find(id="email")["value"] == (BEN | entries)["email"]
    assert page.html.find(id="password").get("value", "") == ""
    assert cookie(site) is None


@pytest.mark.parametrize("entries", [{"email": ""}, {"password": ""}, {"password": "p" * 201}, {"email": "e" * 255}])
def test_what_is_missing_or_too_long_is_named(site: Site, cast: Cast, entries: dict[str, str]) -> None:
    page = site.press(site.get("/login"), "Sign in", 422, **BEN | entries)
    assert page.html.find(id=f"{next(iter(entries))}-error") is not None


def test_an_unknown_account_gets_the_same_answer_as_a_wrong_password(app: Flask, cast: Cast) -> None:
    answers = []
    for email in ("ben@example.org", "zen@example.org"):
        browser = Site(app)
        page = browser.post("/login", {"email": email, "password": "a wrong password"}, 422)
        assert page.headers.getall("Set-Cookie") == []
        body = re.sub(r"[0-9a-f]{64}", "TOKEN", page.text).replace(email, "EMAIL")
        answers.append((sorted(page.headers.keys()), body))
    assert answers[0] == answers[1]


def test_an_unknown_account_takes_as_long_as_a_wrong_password(site: Site, cast: Cast) -> None:
    token = site.token()
    site.post("/login", {"email": "warm@example.org", "password": "a wrong password"}, 422)
    times: dict[str, list[float]] = {"ben": [], "zen": []}
    for _ in range(7):
        for name, took in times.items():
            fields = {"email": f"{name}@example.org", "password": "a wrong password", "csrf_token": token}
            begun = perf_counter()
            alone(site.web.post, "/login", fields, status=422)
            took.append(perf_counter() - begun)
    known, unknown = median(times["ben"]), median(times["zen"])
    assert 0.4 < unknown / known < 2.5, f"known {known:.3f} s, unknown {unknown:.3f} s"


def test_ten_tries_for_an_account_then_not_even_the_right_password(
    clock: Clock, app: Flask, site: Site, cast: Cast
) -> None:
    for _ in range(10):
        site.post("/login", BEN | {"password": "a guess"}, 422)
    page = site.post("/login", BEN, 429)
    assert "Please wait an hour" in text_of(page)
    assert page.html.find(id="email")["value"] == "ben@example.org"
    Site(app).post("/login", BEN | {"email": "cy@example.org"}, 303)  # others come in
    clock.turn(hours=1)
    site.post("/login", BEN, 303)


def test_right_passwords_use_up_no_tries(clock: Clock, site: Site, cast: Cast) -> None:
    for _ in range(3):
        site.post("/login", BEN | {"password": "a guess"}, 422)
        for _ in range(5):
            site.post("/login", BEN, 303)
            site.post("/logout")


def test_an_unknown_account_is_limited_in_the_same_way(clock: Clock, site: Site, cast: Cast) -> None:
    entries = {"email": "zen@example.org", "password": "a guess"}
    answers = [site.post("/login", entries).status_int for _ in range(11)]
    assert answers == [422] * 10 + [429]


def test_failures_from_one_address_are_limited_over_all_accounts(clock: Clock, site: Site, cast: Cast) -> None:
    answers = [
        site.post("/login", {"email": f"guess{n}@example.org", "password": "123456789"}).status_int for n in range(21)
    ]
    assert answers == [422] * 20 + [429]


def test_a_whole_class_signs_in_from_one_address(clock: Clock, app: Flask, cast: Cast) -> None:
    for number in range(25):
        person = cast.add(f"pupil{number}")
        Site(app).post("/login", {"email": person.email, "password": PASSWORD}, 303)


def test_a_session_from_outside_is_not_taken_over(site: Site, cast: Cast, tables: Tables) -> None:
    site.web.set_cookie("session", "planted-by-somebody")
    site.press(site.get("/login"), "Sign in", 303, **BEN)
    assert cookie(site) not in (None, "planted-by-somebody")
    other = Site(site.app)
    other.web.set_cookie("session", "planted-by-somebody")
    other.get("/me", status=303)
    assert len(str(cookie(site))) >= 43, "256 random bits"
    assert tables.one(select(AuthSession.token_hash)) == hash_token(str(cookie(site)).strip('"'))


def test_signing_in_again_ends_the_session_before(site: Site, cast: Cast) -> None:
    site.press(site.get("/login"), "Sign in", 303, **BEN)
    first = str(cookie(site))
    site.post("/login", BEN | {"email": "cy@example.org"}, 303)
    assert cookie(site) != first
    thief = Site(site.app)
    thief.web.set_cookie("session", first)
    thief.get("/me", status=303)


def test_two_browsers_of_one_person_live_side_by_side(app: Flask, cast: Cast) -> None:
    phone, desktop = Site(app), Site(app)
    for browser in (phone, desktop):
        browser.post("/login", BEN, 303)
    assert cookie(phone) != cookie(desktop)
    phone.post("/logout", status=303)
    desktop.get("/me")


def test_a_claim_that_is_no_longer_possible_is_refused_with_the_reason(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    sign_in = site.follow(site.press(site.get("/requests"), "I'll help"))
    site.as_(cast.cy).htmx(f"/requests/{request_id}/claim", status=200)
    page = site.follow(site.press(sign_in, "Sign in", 303, **BEN))
    assert "The last place was taken a moment ago" in text_of(page)
    assert "Join the waiting list" in text_of(page)
    assert db.read.get_one(HelpRequest, request_id).taken == 1


def test_a_place_on_the_waiting_list_is_taken_after_signing_in(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    take(request_id, cast.cy)
    sign_in = site.follow(site.press(site.get(f"/requests/{request_id}"), "Join the waiting list"))
    assert "One more step and you are on the waiting list" in text_of(sign_in)
    page = site.follow(site.press(sign_in, "Sign in", 303, **BEN))
    assert "You are on the waiting list. We will tell you when a place is free." in text_of(page)
    assert "You are number 1 on the waiting list" in text_of(page)


def test_who_waits_already_is_told_so_and_not_that_they_have_a_place(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    take(request_id, cast.cy)
    wait(request_id, cast.ben)
    sign_in = site.follow(site.press(site.get(f"/requests/{request_id}"), "Join the waiting list"))
    page = site.follow(site.press(sign_in, "Sign in", 303, **BEN))
    assert "The place is yours" not in text_of(page)


@pytest.mark.parametrize(("typed", "people"), [("3", 3), ("0", 1), ("-2", 1), ("x", 1), ("9999", 1), ("", 1)])
def test_the_number_of_places_is_kept_too(context: Flask, site: Site, cast: Cast, typed: str, people: int) -> None:
    request_id = make_request(capacity=5)
    sign_in = site.follow(site.post(f"/requests/{request_id}/claim", {"people": typed}, 303))
    site.press(sign_in, "Sign in", 303, **BEN)
    assert db.read.get_one(HelpRequest, request_id).taken == people


def test_a_wrong_password_does_not_forget_the_claim(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    sign_in = site.follow(site.press(site.get("/requests"), "I'll help"))
    again = site.press(sign_in, "Sign in", 422, **BEN | {"password": "a wrong one"})
    assert "One more step and the place is yours" in text_of(again)
    page = site.follow(site.press(again, "Sign in", 303, **BEN))
    assert "The place is yours" in text_of(page)
    assert page.request.path == f"/requests/{request_id}"


@pytest.mark.parametrize("claim", ["x", "-1", "9" * 40, "999999"])
def test_a_nonsensical_claim_does_not_stand_in_the_way(site: Site, cast: Cast, claim: str) -> None:
    site.follow(site.post("/login", BEN | {"claim": claim}, 303))


def test_a_link_from_elsewhere_takes_no_place(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Not my idea")
    asked = site.press(site.get("/requests"), "I'll help")
    sealed = asked.headers["Location"].partition("claim=")[2]
    victim = Site(site.app)
    for claim in (str(request_id), sealed):
        victim.follow(victim.post("/login", BEN | {"claim": claim}, 303))
        victim.post("/logout")
    assert db.read.get_one(HelpRequest, request_id).taken == 0


def test_htmx_is_sent_on_as_a_whole_page(site: Site, cast: Cast) -> None:
    answer = site.post("/login", BEN | {"next": "/deeds/new"}, 204, headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/deeds/new"


def test_the_password_is_nowhere_in_the_answer_or_the_log(
    site: Site, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    page = site.post("/login", BEN | {"password": "my secret words\r\nX-Evil: 1"}, 422)
    assert "my secret words" not in page.text
    assert "my secret words" not in caplog.text


def test_what_is_wrong_is_said_once_and_the_focus_goes_there(site: Site, cast: Cast) -> None:
    page = site.press(site.get("/login"), "Sign in", 422, **BEN | {"password": "three quiet pears"})
    assert text_of(page).count(NO_FIT) == 1
    assert [tag["id"] for tag in page.html.find("main").select("[autofocus]")] == ["password"]
    assert not site.get("/login").html.find("main").select("[autofocus]")


def test_newcomers_find_their_way_before_the_form(site: Site, cast: Cast) -> None:
    with site.app.app_context():
        request_id = make_request()
    login = site.follow(site.press(site.get(f"/requests/{request_id}"), "I'll help"))
    main = str(login.html.find("main"))
    assert main.index("Create an account") < main.index('name="email"')
    assert "claim=" in login.html.select_one(".newcomer a")["href"]


def test_tries_from_elsewhere_lock_nobody_out_of_their_account(site: Site, cast: Cast, app: Flask) -> None:
    elsewhere = Site(app)
    elsewhere.web.extra_environ["REMOTE_ADDR"] = "198.51.100.7"
    for _ in range(15):
        elsewhere.post("/login", BEN | {"password": "a wrong password"})
    site.post("/login", BEN, 303)


def test_a_household_has_one_address(cast: Cast, app: Flask) -> None:
    """An IPv6 household has 2^64 of them."""
    answers = []
    for number in range(21):
        somebody = Site(app)
        somebody.web.extra_environ["REMOTE_ADDR"] = f"2001:db8:0:1::{number:x}"
        wrong = {"email": f"nobody{number}@example.org", "password": "a wrong password"}
        answers.append(somebody.post("/login", wrong).status_int)
    assert answers == [422] * 20 + [429]
