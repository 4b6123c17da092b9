"""The desk and deeds: publish what was told, hide with a reason, look at what readers reported."""

from datetime import timedelta

import pytest
from flask import Flask

from accelerator.board.models import ClaimState
from accelerator.clock import utcnow
from accelerator.deeds.models import Deed, DeedReport, DeedStatus
from accelerator.extensions import db
from tests.cast import ASTANA, Cast
from tests.factories import make_deed, make_request
from tests.site import Site, text_of
from tests.steps import claim_now, confirm, deed_of, events_of, row, take_and_report


def status_of(deed_id: int) -> str:
    return row(Deed, deed_id).status


def test_what_was_told_is_published_with_one_press(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed(title="Cleaned the spring", status=DeedStatus.PENDING, user_id=cast.ben.id)
    dee = site.as_(cast.dee)
    after = dee.follow(dee.press(dee.get("/desk"), "Publish"))
    assert "Everyone can see it now." in text_of(after)
    assert "Everything is done" in text_of(after)
    assert "Cleaned the spring" in text_of(site.get("/deeds"))
    dee.post(f"/desk/deeds/{deed_id}/publish", status=303)
    assert events_of(f"deed:{deed_id}").count("deed.published") == 2  # one of them by the factory


def test_what_is_hidden_keeps_its_reason_for_its_doer_and_the_desk(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed(status=DeedStatus.PENDING, user_id=cast.ben.id)
    dee = site.as_(cast.dee)
    dee.press(dee.get("/desk"), "Hide", reason="A child's face is on it.", status=303)
    assert status_of(deed_id) == DeedStatus.HIDDEN
    for browser in (site.as_(cast.ben), dee, site.as_(cast.fay)):
        assert "A child's face is on it." in text_of(browser.get(f"/deeds/{deed_id}"))
    for browser in (site, site.as_(cast.cy), site.as_(cast.eve)):
        browser.get(f"/deeds/{deed_id}", status=404)


def test_hiding_needs_a_reason(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed(status=DeedStatus.PENDING)
    dee = site.as_(cast.dee)
    for typed, told in ((" ", "Please fill this in."), ("z" * 501, "500 characters at most")):
        after = dee.press(dee.get("/desk"), "Hide", status=422, reason=typed)
        dialog = after.html.select_one("details[open]:has([name=reason])")
        assert told in dialog.select_one(".error").get_text()
        assert dialog.select_one("[name=reason]")["value"].strip() == typed.strip()
    assert status_of(deed_id) == DeedStatus.PENDING


@pytest.mark.parametrize("verb", ["publish", "hide", "keep"])
def test_nobody_decides_about_their_own(context: Flask, site: Site, cast: Cast, verb: str) -> None:
    deed_id = make_deed(title="Mine", status=DeedStatus.PENDING, user_id=cast.dee.id)
    dee = site.as_(cast.dee)
    desk = dee.get("/desk")
    assert "Mine" in text_of(desk)
    assert not desk.html.find("form", action=f"/desk/deeds/{deed_id}/{verb}")
    answer = dee.post(f"/desk/deeds/{deed_id}/{verb}", {"reason": "so"}, status=409)
    assert "Nobody confirms their own deed" in text_of(answer)
    assert status_of(deed_id) == DeedStatus.PENDING


@pytest.mark.parametrize("verb", ["publish", "hide", "keep"])
def test_only_the_regions_coordinators_decide(context: Flask, site: Site, cast: Cast, verb: str) -> None:
    deed_id = make_deed(status=DeedStatus.PENDING, region=ASTANA)
    for person, status in ((cast.dee, 404), (cast.ben, 403), (cast.fay, 403), (cast.gus, 403)):
        site.as_(person).post(f"/desk/deeds/{deed_id}/{verb}", {"reason": "so"}, status=status)
    assert status_of(deed_id) == DeedStatus.PENDING


def report_it(site: Site, deed_id: int, note: str) -> None:
    site.press(site.get(f"/deeds/{deed_id}/report"), "Send", reason="money", note=note, status=303)


def test_reports_are_looked_at_and_the_deed_stays(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed(title="Cleaned the spring")
    report_it(site, deed_id, "They ask for a card number.")
    report_it(site.as_(cast.cy), deed_id, "Indeed.")
    dee = site.as_(cast.dee)
    desk = dee.get("/desk")
    assert "They ask for a card number." in text_of(desk)
    assert "It asks for money" in text_of(desk)
    after = dee.follow(dee.press(desk, "Looked at, it stays"))
    assert "Everything is done" in text_of(after)
    assert status_of(deed_id) == DeedStatus.PUBLISHED
    assert all(report.settled_at for report in db.read.query(DeedReport))
    assert events_of(f"deed:{deed_id}")[-1] == "deed.report_settled"
    dee.post(f"/desk/deeds/{deed_id}/keep", status=303)
    assert events_of(f"deed:{deed_id}").count("deed.report_settled") == 1


def test_hiding_settles_the_reports(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed()
    report_it(site, deed_id, "No.")
    dee = site.as_(cast.dee)
    dee.press(dee.get("/desk"), "Hide", reason="It asks for money.", status=303)
    assert "Everything is done" in text_of(dee.get("/desk"))
    assert "Cleaned the spring" not in text_of(site.get("/deeds"))


def test_what_was_hidden_is_shown_again_from_its_page(context: Flask, site: Site, cast: Cast) -> None:
    day = utcnow() - timedelta(days=1)
    deed_id = make_deed(user_id=cast.ben.id, published_at=day)
    dee = site.as_(cast.dee)
    hidden = dee.follow(dee.press(dee.get(f"/deeds/{deed_id}"), "Hide", reason="Wait."))
    for other in (cast.ben, cast.fay):
        assert "Show it again" not in text_of(site.as_(other).get(f"/deeds/{deed_id}"))
    shown = dee.follow(dee.press(hidden, "Show it again"))
    assert "Everyone can see it now." in text_of(shown)
    assert "Cleaned the spring" in text_of(site.get("/deeds"))
    assert (row(Deed, deed_id).hidden_reason, row(Deed, deed_id).published_at) == ("", day)


def test_on_its_page_what_was_found_in_its_words_is_looked_at_first(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed(story="We met in Abay street, house 12.", status=DeedStatus.PENDING, user_id=cast.ben.id)
    dee = site.as_(cast.dee)
    page = dee.get(f"/deeds/{deed_id}")
    assert page.html.find("mark") is not None
    accepts = page.html.find("input", {"name": "accepted"})["value"]
    refused = dee.follow(dee.press(page, "Publish"))
    assert "look at the marked places once more" in text_of(refused)
    dee.press(refused, "Publish", accepted=accepts, status=303)
    assert status_of(deed_id) == DeedStatus.PUBLISHED


def test_a_confirmation_is_taken_back_after_its_deed_was_hidden(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(), cast.ben)
    confirm(claim_id, cast.dee)
    dee, deed_id = site.as_(cast.dee), deed_of(claim_id).id
    dee.post(f"/desk/deeds/{deed_id}/hide", {"reason": "A child's face is on it."}, status=303)
    dee.post(f"/desk/claims/{claim_id}/unconfirm", status=303)
    assert claim_now(claim_id).state == ClaimState.REPORTED
    dee.get(f"/deeds/{deed_id}", status=404)
    news = text_of(site.as_(cast.ben).get("/me"))
    assert "A coordinator does not show it" not in news  # there is nothing any more that could be looked at
