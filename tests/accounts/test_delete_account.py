"""Leaving for good: the data go, places are freed, what others rely on stays without the person."""

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator.accounts.models import AuthSession, User, UserNotice
from accelerator.board.models import Claim, HelpRequest
from accelerator.database import Base
from accelerator.deeds.models import Deed, DeedStatus, Photo
from accelerator.extensions import db
from tests.accounts.conftest import Tables
from tests.cast import PASSWORD, Cast, Person
from tests.factories import make_deed, make_request
from tests.site import Site, text_of
from tests.steps import claim_now, dispute, take_and_report

NAME, EMAIL = "Canaryna Zhanatova", "canaryna@example.org"


@pytest.fixture
def canary(cast: Cast) -> Person:
    person = cast.add("canaryna")
    with cast.app.app_context(), db.transaction() as session:
        session.get_one(User, person.id).name = NAME
    return person


def leave(browser: Site, password: str = PASSWORD, status: int = 303) -> object:
    return browser.press(browser.get("/me/delete"), "Delete for good", status, password=password)


def find_everywhere(app: Flask, *words: str) -> list[str]:
    """Every text of every table that holds one of the words."""
    found = []
    with app.app_context(), db.read_engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for column, value in row.items():
                    text = bytes(value).decode("latin-1") if isinstance(value, (bytes, memoryview)) else str(value)
                    if any(word.casefold() in text.casefold() for word in words):
                        found.append(f"{table.name}.{column}")
    return found


def test_nothing_of_the_person_is_left_in_any_table(
    context: Flask, app: Flask, site: Site, cast: Cast, canary: Person
) -> None:
    browser, dee = site.as_(canary), site.as_(cast.dee)
    done, open_, waiting = (
        make_request(title="Done"),
        make_request(title="Open", capacity=2),
        make_request(title="Full"),
    )
    site.as_(cast.cy).htmx(f"/requests/{waiting}/claim", status=200)
    for request_id in (done, open_, waiting):
        browser.htmx(f"/requests/{request_id}/claim", {"wait": "1"}, 200)
    browser.post(
        f"/requests/{done}/report", {"hours": "1", "minutes": "0", "credit": "name", "word": "It went well."}, 303
    )
    claim_id = db.read.scalars(select(Claim.id).where(Claim.user_id == canary.id, Claim.request_id == done)).one()
    dee.post(f"/desk/claims/{claim_id}/confirm", {"hours": "1", "minutes": "0", "seen": "reported"}, 303)
    site.post("/password-reset", {"email": EMAIL}, 200)
    site.post("/login", {"email": EMAIL, "password": "a wrong password"}, 422)
    told = {"title": "Told", "kind": "springs", "district": "KZ-75", "day": "", "helpers": "1", "credit": "name"}
    browser.post("/deeds/new", told | {"minutes": "5"}, 422)
    assert find_everywhere(app, NAME, "canaryna")
    page = browser.follow(leave(browser))  # type: ignore[arg-type]
    assert "Your account and your data are deleted" in text_of(page)
    assert find_everywhere(app, NAME, "canaryna") == []
    deed = text_of(site.get("/deeds"))
    assert "Done" in deed
    assert "Canaryna" not in deed


def test_places_are_freed_and_given_to_those_who_wait(
    context: Flask, site: Site, cast: Cast, canary: Person, tables: Tables
) -> None:
    request_id = make_request(title="Sweep the yard", capacity=1)
    browser, cy = site.as_(canary), site.as_(cast.cy)
    browser.htmx(f"/requests/{request_id}/claim", status=200)
    cy.htmx(f"/requests/{request_id}/claim", {"wait": "1"}, 200)
    leave(browser)
    assert "A place is free and it is yours" in text_of(cy.get("/me"))
    request = tables.one(select(HelpRequest).where(HelpRequest.id == request_id))
    assert (request.taken, request.waiting) == (1, 0)


def test_confirmed_hours_and_published_deeds_stay_without_the_name(
    context: Flask, site: Site, cast: Cast, canary: Person, tables: Tables
) -> None:
    kept = make_deed(title="Kept deed", doer_name=NAME, user_id=canary.id)
    pending = make_deed(title="Told deed", doer_name=NAME, user_id=canary.id, status=DeedStatus.PENDING)
    with db.transaction() as session:
        session.add(Photo(key="p" * 32, user_id=canary.id, width=1, height=1, created_at=deed_time(tables)))
    leave(site.as_(canary))
    page = text_of(site.get(f"/deeds/{kept}"))
    assert "Kept deed" in page
    assert "someone good" in page.casefold()
    assert tables.all(select(Deed.id).where(Deed.id == pending)) == []
    assert tables.all(select(Photo.key)) == []


def test_what_was_told_to_the_desk_alone_goes_too(
    context: Flask, site: Site, cast: Cast, canary: Person, tables: Tables
) -> None:
    claim_id = take_and_report(make_request(), canary, word="The sparrow sang.")
    dispute(claim_id, cast.dee, "Which sparrow?")
    browser = site.as_(canary)
    page = browser.get(f"/requests/{claim_now(claim_id).request_id}/report")
    browser.press(page, "Tell of it", 303, answer="The sparrow by the gate.")
    assert find_everywhere(cast.app, "sparrow by")
    leave(browser)
    assert find_everywhere(cast.app, "sparrow") == []


def deed_time(tables: Tables) -> object:
    return tables.all(select(Deed.created_at))[0]


def test_a_report_that_waits_can_still_be_confirmed(context: Flask, site: Site, cast: Cast, canary: Person) -> None:
    request_id = make_request()
    browser = site.as_(canary)
    browser.htmx(f"/requests/{request_id}/claim", status=200)
    browser.post(f"/requests/{request_id}/report", {"hours": "1", "minutes": "0", "credit": "name", "word": ""}, 303)
    leave(browser)
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}")
    assert "Someone who has left" in text_of(page)
    dee.press(page, "Confirm", 303)
    assert "Canaryna" not in text_of(site.get("/deeds"))


def test_a_deed_that_somebody_reported_does_not_stand_in_the_way(
    context: Flask, site: Site, cast: Cast, canary: Person, tables: Tables
) -> None:
    pending = make_deed(user_id=canary.id, status=DeedStatus.PENDING)
    browser = site.as_(canary)
    browser.post(f"/deeds/{pending}/report", {"reason": "other", "note": "A slip of mine"}, 303)
    site.as_(cast.dee).post(f"/deeds/{pending}/thank", status=303)
    leave(browser)
    assert tables.all(select(User.id).where(User.email == EMAIL)) == []


def test_every_browser_of_the_person_is_signed_out(site: Site, cast: Cast, canary: Person, tables: Tables) -> None:
    phone, desktop = site.as_(canary), site.as_(canary)
    leave(phone)
    assert "session" not in phone.web.cookies
    desktop.get("/me", 303)
    assert tables.all(select(AuthSession)) == []
    assert tables.all(select(UserNotice)) == []


def test_the_way_out_says_that_the_account_stays(site: Site, cast: Cast, canary: Person) -> None:
    page = site.as_(canary).get("/me/delete")
    assert page.html.find("main").find("a", href="/me").get_text() == "Keep my account"


def test_it_asks_for_the_password(site: Site, cast: Cast, canary: Person, tables: Tables) -> None:
    browser = site.as_(canary)
    page = leave(browser, "not my password", 422)
    assert "That is not your password" in page.html.find(id="password-error").get_text()  # type: ignore[attr-defined]
    page = leave(browser, "", 422)
    assert page.html.find(id="password-error") is not None  # type: ignore[attr-defined]
    browser.get("/me")
    assert len(tables.all(select(User.id).where(User.email == EMAIL))) == 1


def test_the_password_cannot_be_guessed_here_either(site: Site, cast: Cast, canary: Person) -> None:
    browser = site.as_(canary)
    answers = [browser.post("/me/delete", {"password": f"guess {n}"}).status_int for n in range(11)]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_the_address_is_free_again(site: Site, cast: Cast, canary: Person) -> None:
    leave(site.as_(canary))
    entries = {"name": "New", "email": EMAIL, "password": PASSWORD, "age": "adult", "region": "KZ-75", "district": ""}
    site.post("/register", entries, 303)
    assert "Canaryna" not in text_of(site.get("/me"))


def test_staff_can_leave_too_and_their_decisions_stay(context: Flask, site: Site, cast: Cast, tables: Tables) -> None:
    request_id = make_request(created_by=cast.dee.id)
    leave(site.as_(cast.dee))
    assert tables.one(select(HelpRequest.created_by_id).where(HelpRequest.id == request_id)) is None
    site.get(f"/requests/{request_id}")
