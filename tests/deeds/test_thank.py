"""Saying thanks: once a person, once a browser."""

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator import policy
from accelerator.clock import utcnow
from accelerator.deeds import transitions as deeds
from accelerator.deeds.models import Deed, DeedStatus, DeedThanks
from accelerator.errors import NotFound
from accelerator.extensions import db
from accelerator.integrity.record import READER
from tests.cast import PASSWORD, Cast, viewer_of
from tests.factories import make_deed
from tests.site import Site, text_of
from tests.steps import row


def test_a_visitor_says_thanks_with_one_button(context: Flask, site: Site) -> None:
    deed_id = make_deed()
    page = site.follow(site.press(site.get(f"/deeds/{deed_id}"), "Say thanks"))
    assert "Thank you for saying thanks!" in text_of(page)
    assert "You said thanks" in text_of(page)
    assert "1 thanks" in text_of(page)


def test_htmx_gets_the_button_as_the_page_has_it(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed()
    ben = site.as_(cast.ben)
    part = ben.htmx(f"/deeds/{deed_id}/thank", status=200)
    page = ben.get(f"/deeds/{deed_id}")
    assert part.html.find(id=f"thanks-{deed_id}").prettify() == page.html.find(id=f"thanks-{deed_id}").prettify()


def test_once_an_account_whatever_the_browser(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed()
    first, second = site.as_(cast.ben), site.as_(cast.ben)
    first.htmx(f"/deeds/{deed_id}/thank", status=200)
    for browser in (first, second, first):
        assert "You have already said thanks." in text_of(browser.htmx(f"/deeds/{deed_id}/thank", status=200))
    assert row(Deed, deed_id).thanks == 1


def test_once_a_browser(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed()
    other = Site(context)
    for browser in (site, other):
        page = browser.get(f"/deeds/{deed_id}")
        for _ in range(3):
            browser.press(page, "Say thanks", status=303)
    assert row(Deed, deed_id).thanks == 2


def sign_in(browser: Site, email: str) -> None:
    browser.follow(browser.press(browser.get("/login"), "Sign in", 303, email=email, password=PASSWORD))


def test_what_was_said_before_signing_in_counts_as_ones_own(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed()
    site.follow(site.press(site.get(f"/deeds/{deed_id}"), "Say thanks", 303))
    sign_in(site, "ben@example.org")
    assert "You said thanks" in text_of(site.get(f"/deeds/{deed_id}"))
    assert "You have already said thanks." in text_of(site.htmx(f"/deeds/{deed_id}/thank", status=200))
    elsewhere = site.as_(cast.ben)
    assert "You have already said thanks." in text_of(elsewhere.htmx(f"/deeds/{deed_id}/thank", status=200))
    site.press(site.get("/me"), "Sign out", 303)
    site.htmx(f"/deeds/{deed_id}/thank", status=200)
    assert row(Deed, deed_id).thanks == 1
    site.as_(cast.cy).htmx(f"/deeds/{deed_id}/thank", status=200)
    assert row(Deed, deed_id).thanks == 2


def test_what_another_browser_said_is_no_ones_own(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed()
    site.press(site.get(f"/deeds/{deed_id}"), "Say thanks", 303)
    site.as_(cast.ben).htmx(f"/deeds/{deed_id}/thank", status=200)
    assert row(Deed, deed_id).thanks == 2


def test_everybody_is_counted(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed()
    for person in (cast.ben, cast.cy, cast.kim, cast.dee, cast.fay):
        browser = site.as_(person)
        browser.htmx(f"/deeds/{deed_id}/thank")
        browser.htmx(f"/deeds/{deed_id}/thank")
    assert row(Deed, deed_id).thanks == 5
    assert "5 thanks" in text_of(site.get(f"/deeds/{deed_id}"))


def test_nobody_thanks_themselves(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed(user_id=cast.ben.id)
    ben = site.as_(cast.ben)
    assert not ben.get(f"/deeds/{deed_id}").html.find(id=f"thanks-{deed_id}")
    site.as_(cast.cy).htmx(f"/deeds/{deed_id}/thank", status=200)
    own = ben.get(f"/deeds/{deed_id}").html.find(id=f"thanks-{deed_id}")
    assert "1 thanks" in own.get_text()
    assert not own.find("button")
    for _ in range(2):  # the button of a card, which is the same for all
        assert "This is your own deed" in text_of(ben.htmx(f"/deeds/{deed_id}/thank", status=409))
    assert "This is your own deed" in text_of(ben.press(ben.get("/deeds"), "Say thanks", 409))
    assert row(Deed, deed_id).thanks == 1


def test_who_may_thank(context: Flask, cast: Cast) -> None:
    known = db.read.get_one(Deed, make_deed(user_id=cast.ben.id))
    left = db.read.get_one(Deed, make_deed())
    assert [policy.can_thank(viewer_of(person), known) for person in (cast.ben, cast.cy, cast.dee)] == [
        False,
        True,
        True,
    ]
    assert policy.can_thank(None, known)
    assert policy.can_thank(viewer_of(cast.ben), left)


def test_what_is_not_published_is_not_there(context: Flask, site: Site, cast: Cast) -> None:
    for status in (DeedStatus.PENDING, DeedStatus.HIDDEN):
        deed_id = make_deed(status=status)
        site.as_(cast.cy).htmx(f"/deeds/{deed_id}/thank", status=404)
        assert row(Deed, deed_id).thanks == 0
    site.post("/deeds/999/thank", status=404)


def test_who_still_has_a_hidden_deed_open_is_told_so(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed()
    with db.transaction():
        deeds.hide(deed_id, by=viewer_of(cast.dee), at=utcnow(), reason="Not so.")
    words = "This good deed is not shown any more."
    assert words in text_of(site.get(f"/deeds/{deed_id}", status=404))
    assert words in site.as_(cast.cy).htmx(f"/deeds/{deed_id}/thank", status=404).text
    assert words not in text_of(site.get("/deeds/999", status=404))
    assert words not in text_of(site.get(f"/deeds/{make_deed(status=DeedStatus.PENDING)}", status=404))


def test_a_deed_that_went_away_meanwhile_takes_neither_thanks_nor_reports(context: Flask, cast: Cast) -> None:
    """Its doer left between the look and the press; PostgreSQL would refuse the row by its foreign key."""
    with db.transaction() as session:
        assert deeds.thank(999, by=None, reader="somebody") is False
        assert session.scalars(select(DeedThanks.reader)).all() == []
    with pytest.raises(NotFound), db.transaction():
        deeds.report_deed(999, reader="somebody", reason="other", note="", by=READER, at=utcnow())


@pytest.mark.parametrize("path", ["/deeds", "/", "/requests"])
def test_it_can_be_said_on_the_card_even_from_a_page_kept_in_memory(context: Flask, site: Site, path: str) -> None:
    deed_id = make_deed()
    site.get(path)
    page = site.get(path)
    assert not page.html.find("input", {"name": "csrf_token"})
    thanked = site.follow(site.press(page, "Say thanks", 303))
    assert "You said thanks" in text_of(thanked)
    again = site.follow(site.press(page, "Say thanks", 303))
    assert "You have already said thanks." in text_of(again)
    assert row(Deed, deed_id).thanks == 1


def test_on_a_card_htmx_gets_what_takes_the_buttons_place(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed()
    ben = site.as_(cast.ben)
    button = ben.get("/deeds").html.select_one(f"#deed-{deed_id} button")
    assert button["hx-target"] == f"#thanks-{deed_id}"
    part = ben.htmx(button["hx-post"], status=200)
    assert "You said thanks" in part.html.find(id=f"thanks-{deed_id}").get_text()
