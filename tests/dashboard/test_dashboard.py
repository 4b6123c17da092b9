"""The volunteer's own page: promises by time with their next step, what waits, hours, news, first steps."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from accelerator.accounts.models import UserNotice
from accelerator.board import transitions as board
from accelerator.board.models import Credit
from accelerator.clock import utcnow
from accelerator.dashboard import queries
from accelerator.extensions import db
from accelerator.reference import Capability
from accelerator.regions.models import Region
from tests.cast import ALMATY, ASTANA, Cast, viewer_of
from tests.factories import MEDEU, make_deed, make_request
from tests.site import Site, text_of
from tests.steps import claim_now, confirm, counted_statements, report, take, take_and_report, wait


def test_ones_own_deeds_are_found_without_looking_at_those_of_others(context: Flask) -> None:
    if not db.settings.is_sqlite:
        pytest.skip("PostgreSQL knows how many rows there are and chooses by that")
    statement = queries.told_by(7).compile(db.read_engine, compile_kwargs={"literal_binds": True})
    plan = str(db.read.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all())
    assert "ix_deeds_user" in plan, plan


def buttons(page_html: object) -> list[str]:
    main = page_html.find("main")  # type: ignore[attr-defined]
    return [tag.get_text(" ", strip=True) for tag in main.find_all(["button", "a"])]


def test_it_is_for_people_with_an_account(context: Flask, site: Site) -> None:
    assert "/login?next=%2Fme" in site.get("/me", status=303).headers["Location"]


def test_promises_stand_in_the_order_of_time(context: Flask, site: Site, cast: Cast) -> None:
    now = utcnow()
    for title, days in (("Next week", 7), ("Tomorrow", 1), ("In three days", 3)):
        take(make_request(title=title, starts_at=now + timedelta(days=days)), cast.ben)
    take(make_request(title="Any day"), cast.ben)
    page = text_of(site.as_(cast.ben).get("/me"))
    places = [page.index(title) for title in ("Tomorrow", "In three days", "Next week", "Any day")]
    assert places == sorted(places)


def test_each_state_offers_its_next_step(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    ben = site.as_(cast.ben)
    take(request_id, cast.ben)
    assert {"I have started", "It is done", "Let go"} <= set(buttons(ben.get("/me").html))
    ben.press(ben.get("/me"), "I have started")
    started = set(buttons(ben.get("/me").html))
    assert "I have started" not in started
    assert {"It is done", "Let go"} <= started
    report(request_id, cast.ben)
    waits = ben.get("/me")
    assert "30 min · waits for confirmation" in text_of(waits)
    assert not {"I have started", "It is done", "Let go"} & set(buttons(waits.html))
    cy = site.as_(cast.cy)
    wait(request_id, cast.cy)
    assert "Leave the list" in buttons(cy.get("/me").html)
    assert "It is done" not in buttons(cy.get("/me").html)


def test_what_holders_should_know_is_here(context: Flask, site: Site, cast: Cast) -> None:
    with db.transaction() as session:
        session.get_one(Region, ALMATY).desk_phone = "+7 727 111 22 33"
    request_id = make_request(capacity=1)
    take(request_id, cast.ben)
    wait(request_id, cast.cy)
    mine = site.as_(cast.ben).get("/me")
    assert "Meet at the chess tables" in text_of(mine)
    assert mine.html.find("a", href="tel:+77271112233")
    assert "Meet at the chess tables" not in text_of(site.as_(cast.cy).get("/me"))


def test_a_question_is_shown_with_its_reason(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben)
    with db.transaction():
        board.dispute(claim_id, by=viewer_of(cast.dee), at=utcnow(), reason="How long was it?")
    assert "being clarified: How long was it?" in text_of(site.as_(cast.ben).get("/me"))


def test_hours_and_deeds_are_added_up(context: Flask, site: Site, cast: Cast) -> None:
    for minutes in (30, 90):
        confirm(take_and_report(make_request(title=f"Task {minutes}"), cast.ben, minutes=minutes), cast.dee,
                minutes=minutes)  # fmt: skip
    make_deed(title="Cleaned the spring", user_id=cast.ben.id)
    text = text_of(site.as_(cast.ben).get("/me"))
    for words in ("confirmed 2 h", "tasks done 2", "Cleaned the spring 1 h · published"):
        assert words in text


def test_news_are_read_once(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take(make_request(title="Walk the dog"), cast.ben)
    with db.transaction():
        board.remove(claim_id, by=viewer_of(cast.dee), at=utcnow(), reason="The dog moved.")
    ben = site.as_(cast.ben)
    page = ben.get("/me")
    assert "A coordinator took your promise off: Walk the dog" in text_of(page)
    assert "The dog moved." in text_of(page)
    read = ben.follow(ben.press(page, "I have read it"))
    assert "took your promise off" not in text_of(read)
    ben.post("/me/news", status=303)
    assert claim_now(claim_id).state == "removed"


def test_nobody_reads_the_news_of_others(context: Flask, site: Site, cast: Cast) -> None:
    with db.transaction() as session:
        request_id = None
        session.add(
            UserNotice(user_id=cast.ben.id, kind="closed", request_id=request_id, reason="", created_at=utcnow())
        )
    site.as_(cast.cy).post("/me/news", status=303)
    assert db.read.query(UserNotice).filter(UserNotice.read_at.is_(None)).count() == 1


def test_who_has_no_promise_is_offered_fitting_first_steps(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="Far away", region=ASTANA, district=None)
    make_request(title="By car", needs=int(Capability.CAR))
    make_request(title="For adults", min_age=18)
    take(make_request(title="Full", capacity=1), cast.cy)
    make_request(title="Just right", district=MEDEU)
    young = text_of(site.as_(cast.kim).get("/me"))
    assert "A first step that fits you" in young
    assert [t for t in ("Far away", "By car", "For adults", "Full", "Just right") if t in young] == ["Just right"]
    kim = site.as_(cast.kim)
    done = kim.follow(kim.press(kim.get("/me"), "I'll help"))
    assert "The place is yours" in text_of(done)
    assert "A first step that fits you" not in text_of(kim.get("/me"))


def test_a_first_step_is_for_those_who_never_made_one(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(title="Walk the dog", capacity=5), cast.ben)
    ben = site.as_(cast.ben)
    page = ben.get("/me")
    assert text_of(page).count("Walk the dog") == 1
    for _ in range(2):  # reported, then confirmed
        assert "first step" not in text_of(ben.get("/me"))
        assert "No promises at the moment" in text_of(ben.get("/me"))
        confirm(claim_id, cast.dee)
    make_deed(title="Cleaned the spring", user_id=cast.cy.id)
    assert "first step" not in text_of(site.as_(cast.cy).get("/me"))


def test_whoever_has_no_promise_to_keep_is_offered_what_fits(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="By car", needs=int(Capability.CAR))
    make_request(title="Just right", capacity=5)
    full = make_request(title="Full")
    take(full, cast.cy)
    wait(full, cast.kim)
    confirm(take_and_report(make_request(title="Over"), cast.ben), cast.dee)
    for person in (cast.kim, cast.ben):  # one only waits, one has done something before
        page = site.as_(person).get("/me")
        cards = page.html.select_one("section[aria-labelledby=fitting-title] .cards")
        assert [title.get_text(strip=True) for title in cards.select("[id^=title-]")] == ["Just right"]
        assert "first step" not in text_of(page)
        assert page.html.find("main").find("a", href="/requests")
    ben = site.as_(cast.ben)
    ben.follow(ben.press(ben.get("/me"), "I'll help"))
    assert not ben.get("/me").html.find(id="fitting-title")


def test_what_came_of_a_promise_stands_here_once(context: Flask, site: Site, cast: Cast) -> None:
    confirm(take_and_report(make_request(title="Walk the dog"), cast.ben, word="He fetched. Twice."), cast.dee)
    confirm(take_and_report(make_request(title="Bread"), cast.ben, word="", credit=Credit.HIDDEN), cast.dee)
    page = site.as_(cast.ben).get("/me")
    deed, request = page.html.find("aside").select(".history a")[::-1]
    assert (deed.get_text(), request.get_text()) == ("He fetched.", "Bread")
    assert deed["href"].startswith("/deeds/")
    assert request["href"].startswith("/requests/")
    assert "Walk the dog" not in page.html.select_one(".split").get_text()


def test_what_waits_for_me_comes_first(context: Flask, site: Site, cast: Cast) -> None:
    confirm(take_and_report(make_request(title="Over"), cast.ben, word=""), cast.dee)
    take_and_report(make_request(title="Told"), cast.ben)
    wait_for = make_request(title="Full")
    take(wait_for, cast.cy)
    wait(wait_for, cast.ben)
    take(make_request(title="Promised"), cast.ben)
    text = site.as_(cast.ben).get("/me").html.select_one(".split").get_text(" ")  # below the news
    places = [text.index(title) for title in ("Promised", "Full", "Told", "Over")]
    assert places == sorted(places)


def test_a_long_list_of_what_was_done_stays_short(context: Flask, site: Site, cast: Cast) -> None:
    for number in range(7):
        make_deed(title=f"Deed {number}", user_id=cast.ben.id)
    aside = site.as_(cast.ben).get("/me").html.find("aside")
    shown = [a.get_text() for a in aside.select(":scope > .history a")]
    rest = [a.get_text() for a in aside.select("details .history a")]
    assert (len(shown), len(rest)) == (5, 2)
    assert "2 more" in aside.find("summary").get_text()
    assert {*shown, *rest} == {f"Deed {number}" for number in range(7)}


def test_too_early_says_from_when_on(context: Flask, site: Site, cast: Cast) -> None:
    take(make_request(title="Tea", starts_at=utcnow() + timedelta(days=30)), cast.ben)
    page = site.as_(cast.ben).get("/me")
    assert "You can start from" in text_of(page)
    assert not {"I have started", "It is done"} & set(buttons(page.html))


def test_where_nothing_fits_the_board_is_one_tap_away(context: Flask, site: Site, cast: Cast) -> None:
    page = site.as_(cast.ben).get("/me")
    assert "Your first step" in text_of(page)
    assert page.html.find("main").find("a", href="/requests")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_it_speaks_the_accounts_language(context: Flask, site: Site, cast: Cast, language: str) -> None:
    person = cast.add("aru", locale=language)
    take(make_request(), person)
    page = site.as_(person).get("/me")
    assert page.html.html["lang"] == language
    assert {"kk": "Медеу ауданы", "ru": "Медеуский район", "en": "Medeu District"}[language] in text_of(page)


def test_the_page_costs_the_same_with_more_promises(context: Flask, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    take(make_request(), cast.ben)
    ben.get("/me")
    counts = []
    for _ in range(2):
        with counted_statements() as sent:
            ben.get("/me")
        counts.append(len(sent))
        take(make_request(), cast.ben)
        take_and_report(make_request(), cast.ben)
    assert counts[0] == counts[1] <= 8
