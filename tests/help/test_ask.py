"""The questionnaire: page by page, kept on the way, checked, sent once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator import limits
from accelerator.accounts.models import User
from accelerator.board.models import HelpRequest
from accelerator.clock import utcnow
from accelerator.codes import read_code
from accelerator.config import Settings
from accelerator.extensions import db, vault
from accelerator.help import drafts, views
from accelerator.help.contact import open_contact
from accelerator.help.models import HelpDraft, Requester
from accelerator.help.pair import pair_of
from accelerator.regions.models import Region
from tests.cast import ALMATY, Cast
from tests.databases import make_app
from tests.help.filling import (
    answer,
    ask_for_help,
    asked_on,
    code_on,
    fill_in,
    first_page,
    later,
    pair_on,
    send,
)
from tests.site import Site, text_of
from tests.steps import count_events, events_of, row, take

pytestmark = pytest.mark.usefixtures("patient")


def only_requester() -> Requester:
    return db.read.scalars(select(Requester).execution_options(populate_existing=True)).one()


def only_request() -> HelpRequest:
    return db.read.scalars(select(HelpRequest).execution_options(populate_existing=True)).one()


def count(table: type) -> int:
    return db.read.scalar(select(func.count()).select_from(table)) or 0


def test_somebody_asks_and_gets_a_code_and_a_pair(context: Flask, site: Site) -> None:
    code, pair = ask_for_help(site)
    requester, request = only_requester(), only_request()
    assert requester.code_hash == vault.fingerprint("code", read_code(code) or "")
    assert requester.pair_hash == vault.fingerprint("pair", pair_of(requester.id, pair))
    assert requester.channel == "web"
    assert not requester.is_for_other
    assert requester.locale == "en"
    contact = open_contact(requester)
    assert (contact.name, contact.phone, contact.street) == ("Bota Secret", "+77011234567", "Abay avenue")
    assert (request.status, request.title, request.story) == ("received", "", "")
    assert request.for_person
    assert request.created_by_id is None
    assert (request.kind_code, request.region_code, request.district_code) == ("errands", "KZ-75", "KZ-75/medeu")
    assert events_of(f"request:{request.id}") == ["request.received"]
    assert events_of(f"requester:{requester.public_ref}") == ["consent.given"]


def test_answers_are_kept_sealed_with_their_version_and_the_consent(context: Flask, site: Site) -> None:
    ask_for_help(site)
    requester = only_requester()
    answers = json.loads(
        vault.open(str(requester.key_name), requester.sealed_answers or b"", requester, "sealed_answers")
    )
    assert answers["words"] == "I cannot walk to the shop. Please bring bread."
    assert answers["place"] == {"region": "KZ-75", "district": "KZ-75/medeu"}
    assert "speaker_name" not in answers
    assert requester.consent_version == requester.version_id
    assert requester.consent_channel == "web"
    assert requester.consent_hash != bytes(32)


def test_nothing_private_stands_in_a_plain_column(context: Flask, site: Site) -> None:
    ask_for_help(site)
    with db.read_engine.connect() as connection:
        for table in HelpRequest.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                text = repr(tuple(row))
                for secret in ("Bota", "7011234567", "Abay avenue", "flat 417", "bring bread"):
                    assert secret not in text, f"{secret} stands in {table.name}"


def test_for_somebody_else_the_speaker_is_asked(context: Flask, site: Site) -> None:
    ask_for_help(site, for_whom="other", speaker_name="Neighbour Gul", relation="neighbour")
    requester = only_requester()
    assert requester.is_for_other
    assert open_contact(requester).speaker == "Neighbour Gul"


def test_a_volunteer_learns_whose_phone_it_is_when_another_wrote(context: Flask, site: Site, cast: Cast) -> None:
    ask_for_help(site, for_whom="other", speaker_name="Gul", relation="neighbour")
    contact = open_contact(only_requester())
    assert (contact.name, contact.phone_owner) == ("Bota Secret", "Gul")
    with db.transaction() as session:
        request = session.scalars(select(HelpRequest)).one()
        request.verified_at = request.published_at = utcnow()
        request.status, request.title = "open", "Bring bread"
    request_id = only_request().id
    take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    shown = ben.press(ben.get(f"/requests/{request_id}"), "Show name, phone and door", status=200)
    assert "Phone of Gul +7 701 123 45 67" in text_of(shown)


def test_their_own_phone_needs_no_name(context: Flask, site: Site) -> None:
    ask_for_help(site)
    assert open_contact(only_requester()).phone_owner == ""


def test_the_neighbours_phone_counts_when_they_are_to_be_called(context: Flask, site: Site) -> None:
    ask_for_help(site, contact_way="neighbour", neighbour_name="Aunt Sara", neighbour_phone="8 702 765 43 21")
    contact = open_contact(only_requester())
    assert (contact.phone, contact.phone_owner) == ("+77027654321", "Aunt Sara")


def test_words_and_a_second_number_beside_the_phone_come_with_the_contact(context: Flask, site: Site) -> None:
    page = fill_in(site, phone="8 7O1 123 45 67 daughter Aigul, 87027654321 at work")
    assert "+7 701 123 45 67 daughter Aigul, +7 702 765 43 21 at work" in text_of(page)
    ask_for_help(site, phone="8 7O1 123 45 67 daughter Aigul, 87027654321 at work")
    contact = open_contact(only_requester())
    assert contact.phone == "+77011234567"
    assert contact.phone_words == "daughter Aigul, +7 702 765 43 21 at work"


@pytest.mark.parametrize(
    ("said", "timing", "starts", "ends"),
    [
        ({"timing": "any"}, "any", None, None),
        ({"timing": "by", "day": "2030-03-01"}, "by", None, "2030-03-01T18:59:00+00:00"),
        (
            {"timing": "at", "day": "2030-03-01", "time": "17:30"},
            "at",
            "2030-03-01T12:30:00+00:00",
            "2030-03-01T13:30:00+00:00",
        ),
    ],
)
def test_times_are_those_of_the_region(
    context: Flask, site: Site, said: dict[str, str], timing: str, starts: str | None, ends: str | None
) -> None:
    ask_for_help(site, **said)
    request = only_request()
    moments = [moment.isoformat() if moment else None for moment in (request.starts_at, request.ends_at)]
    assert (request.timing, *moments) == (timing, starts, ends)


def test_the_age_of_a_kind_holds_for_its_requests(context: Flask, site: Site) -> None:
    ask_for_help(site, kind="repair")
    assert only_request().min_age == 18


# ---- the way ----


def test_answers_are_there_again_in_the_same_browser_only(site: Site, app: Flask) -> None:
    page = site.follow(answer(site, first_page(site)))
    first = site.get("/help")
    assert "Go on where I was" in text_of(first)
    again = site.get(str(first.html.select_one("main a.btn-primary")["href"]))
    assert asked_on(again) == asked_on(page)
    assert "Go on where I was" not in text_of(Site(app).get("/help"))


def test_a_restart_of_the_server_loses_nothing(site: Site, app: Flask, settings: Settings) -> None:
    site.follow(answer(site, first_page(site)))
    db.dispose()
    other = Site(make_app(settings))
    other.web.cookiejar = site.web.cookiejar
    page = other.get("/help/who")
    assert page.html.find("input", {"value": "self", "checked": True})


def test_back_keeps_what_was_typed_also_when_it_is_not_right_yet(site: Site) -> None:
    page = fill_in(site, contact_way="phone")
    page = site.get("/help/telephone")
    back = site.press(page, "Save and go back", phone="870")
    assert back.status_int == 303
    assert site.follow(back).request.path == "/help/contact"
    assert site.get("/help/telephone").html.find("input", {"name": "phone"})["value"] == "870"
    # and what is wrong is not sent
    assert site.follow(site.post("/help/check", {"consent": "y"})).request.path == "/help/telephone"


@pytest.mark.parametrize("said", [{"words": "Two loaves"}, {"words": "Two loaves", "kind": "errands"}], ids=str)
def test_another_language_shows_the_page_again_with_what_was_typed(site: Site, said: dict[str, str]) -> None:
    page = site.get("/help/what?then=check")
    kazakh = site.press(page, "Қазақша", 200, **said)
    assert kazakh.html.html["lang"] == "kk"
    assert kazakh.html.find("textarea", {"name": "words"}).get_text().strip() == "Two loaves"
    assert kazakh.html.find("input", {"name": "then"})["value"] == "check"
    assert not kazakh.html.select("#errors, .error")
    # kept, too: in the draft of this browser, and the language in its cookie
    again = site.get("/help/what")
    assert again.html.html["lang"] == "kk"
    assert again.html.find("textarea", {"name": "words"}).get_text().strip() == "Two loaves"


def test_the_language_of_an_account_changes_with_the_page(context: Flask, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    ben.press(ben.get("/help/what"), "Русский", 200, words="Two loaves")
    assert row(User, cast.ben.id).locale == "ru"


def test_back_at_the_head_of_a_page_keeps_what_was_typed(site: Site) -> None:
    site.follow(answer(site, first_page(site)))
    back = site.press(site.get("/help/what"), "Back", 303, words="Two loaves")
    assert site.follow(back).request.path == "/help/who"
    assert site.get("/help/what").html.find("textarea", {"name": "words"}).get_text().strip() == "Two loaves"
    assert site.press(site.get("/help/who"), "Back", 303).headers["Location"].endswith("/help")


def test_back_from_a_change_leads_to_the_check_once_it_is_right(site: Site) -> None:
    fill_in(site)
    page = site.get("/help/telephone?then=check")
    wrong = site.press(page, "Back", 422, phone="12")
    assert wrong.html.find("input", {"name": "phone"})["value"] == "12"
    check = site.follow(site.press(wrong, "Back", 303, phone="8 702 765 43 21"))
    assert check.request.path == "/help/check"
    assert "+7 702 765 43 21" in text_of(check)


@pytest.mark.parametrize("button", ["Back", "Русский"])
def test_with_nothing_typed_there_is_nothing_to_go_on_with(context: Flask, site: Site, button: str) -> None:
    site.press(first_page(site), button)
    assert count(HelpDraft) == 0


def test_a_mistake_is_told_beside_its_field_and_kept(site: Site) -> None:
    fill_in(site)
    page = answer(site, site.get("/help/telephone"), phone="12")
    assert page.status_int == 422
    assert page.html.find("input", {"name": "phone"})["value"] == "12"
    assert "telephone number" in text_of(page)
    assert page.html.select_one("#errors a[href='#q-phone']")


def test_change_links_lead_back_to_the_check(site: Site) -> None:
    check = fill_in(site)
    link = next(a for a in check.html.select("main a.btn-small") if "/help/what" in a["href"])
    changed = answer(site, site.get(link["href"]), words="Two loaves, please.")
    check = site.follow(changed)
    assert check.request.path == "/help/check"
    assert "Two loaves, please." in text_of(check)


def test_a_change_of_mind_asks_what_is_missing_and_drops_what_is_not_asked(context: Flask, site: Site) -> None:
    fill_in(site, contact_way="neighbour", neighbour_name="Sara", neighbour_phone="87027654321")
    page = site.get("/help/contact?then=check")
    on_the_way = site.follow(answer(site, page, contact_way="phone"))
    assert on_the_way.request.path == "/help/telephone"
    check = site.follow(answer(site, on_the_way))
    if check.request.path != "/help/check":
        check = site.get("/help/check")
    assert "Sara" not in text_of(check)
    send(site, check)
    assert open_contact(only_requester()).phone_owner == ""


def test_the_middle_of_the_way_is_no_beginning_of_a_dead_end(site: Site) -> None:
    assert site.get("/help/what").status_int == 200
    assert site.get("/help/check", status=303).headers["Location"].endswith("/help")
    assert site.get("/help/speaker", status=303).headers["Location"].endswith("/help/who")
    site.get("/help/nothing_is_called_so", status=404)


def test_what_was_typed_can_be_deleted(context: Flask, site: Site) -> None:
    answer(site, first_page(site))
    assert count(HelpDraft) == 1
    site.press(site.get("/help"), "Delete what was typed here")
    assert count(HelpDraft) == 0
    assert "Go on where I was" not in text_of(site.get("/help"))


def test_a_draft_cannot_be_read_without_its_browser(context: Flask, site: Site) -> None:
    fill_in(site)
    draft = db.read.scalars(select(HelpDraft)).one()
    assert b"Bota" not in draft.sealed
    assert drafts.find(db.read, "x" * 43, at=utcnow()) is None


def test_drafts_are_forgotten_after_a_week_and_codes_after_a_day(context: Flask, site: Site, app: Flask) -> None:
    answer(site, first_page(site))
    sent = Site(app)
    ask_for_help(sent)
    with db.transaction() as session:
        assert drafts.forget_old(session, utcnow() + timedelta(hours=23)) == 0
        assert drafts.forget_old(session, utcnow() + timedelta(hours=25)) == 1
        assert drafts.forget_old(session, utcnow() + timedelta(days=8)) == 1
    assert count(HelpDraft) == 0
    assert sent.get("/help/done", status=303).headers["Location"].endswith("/help/status")


def test_an_old_cookie_begins_a_new_draft(context: Flask, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(site, first_page(site))
    monkeypatch.setattr(views, "utcnow", later(days=8))
    page = site.get("/help/who")
    assert not page.html.find("input", {"checked": True})
    assert answer(site, page).status_int == 303
    assert count(HelpDraft) == 1


# ---- sending ----


@pytest.mark.parametrize("phone", ["", "+7 727 111 22 33"])
def test_a_region_without_coordinators_is_told_of_before_sending(
    context: Flask, site: Site, cast: Cast, phone: str
) -> None:
    with db.transaction() as session:
        session.get_one(Region, ALMATY).desk_phone = phone
    check = fill_in(site, place="KZ-79")
    for page in (site.get("/help/when"), check):
        assert "There is no coordinator in this region yet" in text_of(page)
        assert (phone or "The telephone numbers of the coordinators will stand here soon.") in text_of(page)
    assert "There is no coordinator" not in text_of(site.get("/help/contact"))
    assert site.follow(send(site, check)).request.path == "/help/done"
    other = Site(site.app)
    assert "There is no coordinator" not in text_of(fill_in(other))
    assert "There is no coordinator" not in text_of(other.get("/help/when"))


def test_without_consent_nothing_is_sent(context: Flask, site: Site) -> None:
    check = fill_in(site)
    refused = site.press(check, "Send")
    assert refused.status_int == 422
    assert "Please tick that you agree" in text_of(refused)
    assert count(Requester) == 0


def test_an_answer_in_another_tab_that_rules_this_page_out_leads_on(
    context: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(site, first_page(site), for_whom="other")
    page = site.get("/help/speaker")
    begin = drafts.begin

    def begin_late(*args: Any, **kwargs: Any) -> drafts.Draft:
        """As if the other tab had just got hold of the row first."""
        draft = begin(*args, **kwargs)
        draft.filled.answers["for_whom"] = "self"
        return draft

    monkeypatch.setattr(drafts, "begin", begin_late)
    sent = answer(site, page, speaker_name="Bota", relation="neighbour")
    assert sent.status_int == 303
    assert "/help/speaker" not in sent.headers["Location"]


def test_pressing_twice_replaying_and_two_tabs_make_one_request(context: Flask, site: Site) -> None:
    tab, other = fill_in(site), site.get("/help/check")
    first = site.follow(send(site, tab))
    before = count_events()
    for again in (send(site, tab), send(site, other)):
        assert site.follow(again).request.path == "/help/done"
    assert count(Requester) == count(HelpRequest) == 1
    assert count_events() == before
    assert code_on(site.get("/help/done")) == code_on(first)


def test_the_code_is_shown_until_it_is_written_down_and_never_again(context: Flask, site: Site, app: Flask) -> None:
    code, pair = ask_for_help(site)
    done = site.get("/help/done")
    assert (code_on(done), pair_on(done)) == (code, pair)
    assert "Write down my code" in text_of(site.get("/help"))
    assert site.get("/help/who", status=303).headers["Location"].endswith("/help/done")
    saved = site.get("/help/done.txt")
    assert code in saved.text
    assert pair in saved.text
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert done.headers["Cache-Control"] == saved.headers["Cache-Control"] == "no-store"
    assert Site(app).get("/help/done", status=303).headers["Location"].endswith("/help/status")
    site.follow(site.press(done, "I have written it down"))
    assert count(HelpDraft) == 0
    assert site.get("/help/done", status=303).headers["Location"].endswith("/help/status")
    assert site.get("/help/done.txt", status=303).headers["Location"].endswith("/help/status")


def test_by_when_we_call_is_said(site: Site, cast: Cast) -> None:
    done = site.follow(send(site, fill_in(site)))
    assert "A coordinator calls to talk it over" in text_of(done)
    assert "No later than:" in text_of(done)


def test_a_program_that_fills_in_everything_is_not_taken_for_a_person(
    context: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = fill_in(site)
    caught = send(site, check, website="http://spam.example")
    assert caught.status_int == 422
    assert "spam.example" not in caught.text
    monkeypatch.setattr(views, "FASTEST", timedelta(seconds=30))
    assert send(site, check).status_int == 422
    assert count(Requester) == 0
    monkeypatch.setattr(views, "utcnow", later(seconds=31))
    assert send(site, check).status_int == 303


def test_a_flood_is_sent_to_the_telephone_and_loses_nothing(
    context: Flask, site: Site, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HELP_BY_ADDRESS", limits.Limit("small", 1, timedelta(hours=1)))
    ask_for_help(site)
    other = Site(app)
    check = fill_in(other)
    refused = send(other, check)
    assert refused.status_int == 429
    assert "Please call us" in text_of(refused)
    assert count(Requester) == 1
    monkeypatch.setattr(views, "utcnow", later(hours=2))
    assert other.follow(send(other, other.get("/help/check"))).request.path == "/help/done"


def test_a_page_that_was_open_too_long_keeps_what_was_typed(site: Site) -> None:
    page = site.follow(answer(site, first_page(site)))
    assert page.request.path == "/help/what"
    site.web.set_cookie("visit", "another-visit-of-this-browser")
    refused = answer(site, page, words="Typed for a long time")
    assert refused.status_int == 403
    assert "Typed for a long time" in text_of(refused)
    assert site.follow(answer(site, refused, words="Typed for a long time")).status_int == 200


def test_with_script_the_next_address_comes_in_a_header(site: Site) -> None:
    page = first_page(site)
    done = site.htmx(page.request.path, {"for_whom": "self"})
    assert done.status_int == 204
    assert done.headers["HX-Redirect"] == "/help/what"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_whole_way_in_each_language(context: Flask, site: Site, language: str) -> None:
    site.language(language)
    door = site.get("/help")
    page = site.get(str(door.html.select_one("main a.btn-primary")["href"]))
    assert page.html.html["lang"] == language
    assert asked_on(page) >= {"for_whom"}


def test_the_cookie_of_a_draft_is_nobody_elses(site: Site) -> None:
    sent = answer(site, first_page(site)).headers.getall("Set-Cookie")
    cookie = next(line for line in sent if line.startswith("help="))
    for part in ("HttpOnly", "SameSite=Lax", "Max-Age=604800", "Path=/"):
        assert part in cookie
