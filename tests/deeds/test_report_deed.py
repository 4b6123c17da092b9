"""A reader says that something is wrong with a deed."""

from flask import Flask
from sqlalchemy import select

from accelerator.deeds.models import DeedReport, DeedStatus
from accelerator.extensions import db
from tests.cast import Cast
from tests.factories import make_deed
from tests.site import Site, text_of
from tests.steps import events_of, last_event


def reports() -> list[DeedReport]:
    return list(db.read.scalars(select(DeedReport).execution_options(populate_existing=True)))


def test_a_visitor_reports_without_an_account(context: Flask, site: Site) -> None:
    deed_id = make_deed()
    form = site.get(f"/deeds/{deed_id}").click("Something is wrong here")
    page = site.follow(site.press(form, "Send", reason="private", note="It is my door."))
    assert "A coordinator will look at it" in text_of(page)
    (found,) = reports()
    assert (found.reason, found.note) == ("private", "It is my door.")
    assert "door" not in str(last_event())


def test_a_reason_is_needed_and_the_words_stay(context: Flask, site: Site) -> None:
    deed_id = make_deed()
    form = site.get(f"/deeds/{deed_id}/report")
    answer = site.press(form, "Send", note="It is my door.", status=422)
    assert "Please choose one." in text_of(answer)
    assert "It is my door." in text_of(answer)
    site.press(answer, "Send", reason="boring", status=422)
    assert reports() == []


def test_one_open_report_a_reader(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = make_deed()
    for browser in (site, site, site.as_(cast.ben), site.as_(cast.ben)):
        browser.press(browser.get(f"/deeds/{deed_id}/report"), "Send", reason="untrue", status=303)
    assert len(reports()) == 2
    assert events_of(f"deed:{deed_id}").count("deed.reported") == 2
    site.as_(cast.dee).post(f"/desk/deeds/{deed_id}/keep", status=303)
    site.press(site.get(f"/deeds/{deed_id}/report"), "Send", reason="untrue", status=303)
    assert len(reports()) == 3  # looked at once; it may be said again


def test_reports_have_an_end(context: Flask, site: Site) -> None:
    for _ in range(10):
        deed_id = make_deed()
        site.press(site.get(f"/deeds/{deed_id}/report"), "Send", reason="other", status=303)
    answer = site.press(site.get(f"/deeds/{make_deed()}/report"), "Send", reason="other", status=429)
    assert "Too many tries" in text_of(answer)
    assert len(reports()) == 10


def test_what_is_not_published_is_not_there(context: Flask, site: Site) -> None:
    site.get(f"/deeds/{make_deed(status=DeedStatus.HIDDEN)}/report", status=404)
    site.post("/deeds/999/report", {"reason": "other"}, status=404)
