"""Signing out: this browser only, at once, and twice is harmless."""

from sqlalchemy import select

from accelerator.accounts.models import AuthSession
from tests.accounts.conftest import Tables
from tests.cast import Cast
from tests.site import HTMX, Site, text_of


def test_signing_out_ends_the_session_and_takes_the_cookie_away(site: Site, cast: Cast, tables: Tables) -> None:
    ben = site.as_(cast.ben)
    stolen = ben.web.cookies["session"]
    page = ben.follow(ben.press(ben.get("/me"), "Sign out", 303))
    assert "You are signed out" in text_of(page)
    assert "session" not in ben.web.cookies
    assert tables.all(select(AuthSession)) == []
    thief = Site(site.app)
    thief.web.set_cookie("session", stolen)
    thief.get("/me", status=303)


def test_the_sentence_is_said_once(site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    ben.follow(ben.post("/logout", status=303))
    assert "You are signed out" not in text_of(ben.get("/"))


def test_a_second_click_leads_to_signing_in(site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    ben.post("/logout", status=303)
    assert ben.post("/logout", status=303).headers["Location"].startswith("/login")


def test_other_browsers_stay_signed_in(site: Site, cast: Cast) -> None:
    phone, desktop = site.as_(cast.ben), site.as_(cast.ben)
    phone.post("/logout", status=303)
    desktop.get("/me")


def test_nobody_is_signed_out_by_a_link_or_a_picture(site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    ben.get("/logout", status=405)
    ben.get("/me")


def test_htmx_leaves_the_page(site: Site, cast: Cast) -> None:
    answer = site.as_(cast.ben).post("/logout", status=204, headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/"
