"""Planted words of sealed reports, and of contacts, are nowhere but in their envelopes."""

import logging

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator.appeals import transitions
from accelerator.appeals.dates import HOUR
from accelerator.appeals.models import Appeal
from accelerator.clock import utcnow
from accelerator.config import Settings
from accelerator.extensions import db
from tests.appeals.letters import code_on, look, report, write
from tests.cast import Cast
from tests.site import Site
from tests.steps import picture_with_place

CANARY = "Zebrafish-wants-nine-apples"
NAME = "Qanarbike Tumsyqova"
PHONE = "+7 702 987 65 43"
PLANTED = (CANARY, NAME, "+77029876543", "7029876543", "at her door")


def everything_stored(settings: Settings) -> dict[str, bytes]:
    """All bytes on the disk: the database with its log, uploads, keys; of PostgreSQL the values of every row."""
    found = {str(path): path.read_bytes() for path in settings.instance_path.rglob("*") if path.is_file()}
    if not settings.is_sqlite:
        with db.read_engine.connect() as connection:
            for (table,) in connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
                rows = connection.exec_driver_sql(f'SELECT t::text FROM "{table}" t').all()  # noqa: S608
                found[table] = "\n".join(row[0] for row in rows).encode()
    return found


def leaks(content: bytes, planted: tuple[str, ...] = PLANTED) -> list[str]:
    return [
        word
        for word in planted
        if word.encode() in content or word.encode("utf-16-le") in content or word.encode().hex().encode() in content
    ]


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_a_report_is_nowhere_in_the_clear(
    app: Flask, site: Site, cast: Cast, settings: Settings, logged: pytest.LogCaptureFixture
) -> None:
    fields = {"words": CANARY, "name": NAME, "phone": PHONE, "photos": [("at her door.jpg", picture_with_place())]}
    named = code_on(site.follow(report(site, **fields, is_anonymous="")))
    site.press(site.get("/appeals/code"), "I have written it down")
    site.follow(report(site, **fields))
    page = site.press(look(site, named), "Send", **{"word-words": CANARY})
    assert not leaks(page.body)
    with app.app_context(), db.transaction():
        transitions.write_pending_notes(at=utcnow() + 2 * HOUR)
        numbers = db.session.scalars(select(Appeal.id)).all()
    assert len(numbers) == 2
    for person in (cast.dee, cast.eve, cast.fay, cast.gus, cast.ben):
        browser = site.as_(person)
        paths = ["/appeals", "/"]
        if person in (cast.dee, cast.eve, cast.fay):
            paths += ["/desk", "/desk/appeals", "/desk/appeals?show=closed"]
        if person is cast.fay:
            paths += [f"/desk/appeals/{number}" for number in numbers]
        for path in paths:
            assert not leaks(browser.get(path).body), (person.name, path)
    with app.app_context():
        for name, content in everything_stored(settings).items():
            assert not leaks(content), name
    assert not leaks(logged.text.encode())


def test_words_and_contact_of_an_ordinary_appeal_are_sealed(
    app: Flask, site: Site, settings: Settings, logged: pytest.LogCaptureFixture
) -> None:
    code = code_on(site.follow(write(site, words=CANARY, name=NAME, phone=PHONE, email="qanar@example.org")))
    site.press(look(site, code), "Send", **{"word-words": CANARY})
    planted = (*PLANTED, "qanar@example.org", code, code.replace("-", ""))
    with app.app_context():
        for name, content in everything_stored(settings).items():
            assert not leaks(content, planted), name
    assert not leaks(logged.text.encode(), planted)


def test_a_report_that_breaks_on_our_side_is_not_in_the_log(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(transitions, "_tell_of_sender", fail)
    page = report(site, words=CANARY, name=NAME, phone=PHONE, is_anonymous="")
    assert page.status_int == 500
    assert "the disk is gone" in logged.text
    assert not leaks(logged.text.encode())
    assert not leaks(page.body)


def test_after_taking_back_nothing_opens(app: Flask, site: Site, settings: Settings) -> None:
    code = code_on(site.follow(write(site, words=CANARY)))
    site.press(look(site, code), "Take it back and delete")
    with app.app_context():
        for name, content in everything_stored(settings).items():
            assert not leaks(content), name
