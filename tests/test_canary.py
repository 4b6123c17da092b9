"""Canaries: a phone, an address, a name and a sentence are planted, and then looked for everywhere.

They may come out only where `product.md` lets them: to a volunteer who promised, in steps, and to the coordinators of
the region. After an erasure they are nowhere, and an old copy of the database cannot be opened any more.
"""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from webtest import TestResponse

from accelerator.board import transitions as board
from accelerator.board.models import HelpRequest, RequestStatus
from accelerator.clock import utcnow
from accelerator.codes import group_code
from accelerator.extensions import db
from accelerator.help import reveals
from accelerator.integrity.models import IntegrityEvent
from accelerator.live.source import LogSource
from accelerator.mail import OutboxMail
from tests.alone import run_alone
from tests.canary import (
    AT_THE_DESK,
    CONTACT,
    NEIGHBOUR,
    PAGES,
    WORDS,
    Memory,
    Planted,
    everything_on_disk,
    fetch,
    found_in,
    paths_of,
    plant,
    send,
    settings_of,
    words_for,
)
from tests.cast import Cast, viewer_of
from tests.factories import make_request
from tests.routes import ROUTES, Actor, World, is_action, running_app
from tests.site import Site
from tests.steps import row


@pytest.fixture(scope="module")
def logged() -> Iterator[Memory]:
    memory, root, engine = Memory(), logging.getLogger(), logging.getLogger("sqlalchemy.engine")
    before = root.level, engine.level
    root.addHandler(memory)
    root.setLevel(logging.DEBUG)
    engine.setLevel(logging.DEBUG)
    yield memory
    root.removeHandler(memory)
    root.setLevel(before[0])
    engine.setLevel(before[1])


@pytest.fixture(scope="module")
def app(database_kind: str, tmp_path_factory: pytest.TempPathFactory, logged: Memory) -> Iterator[Flask]:
    yield from running_app(database_kind, tmp_path_factory.mktemp("canary"))


@pytest.fixture(scope="module")
def cast(app: Flask) -> Cast:
    return Cast(app)


@pytest.fixture(scope="module")
def planted(app: Flask, cast: Cast) -> Planted:
    with app.app_context():
        return plant(cast)


@pytest.fixture
def world(app: Flask, cast: Cast) -> World:
    return World(app, cast)


# ---- pages ----


@pytest.mark.parametrize("actor", Actor)
def test_no_page_of_any_role_holds_a_contact(
    app: Flask, site: Site, world: World, planted: Planted, actor: Actor
) -> None:
    person = world.come(actor)
    browser = site.as_(person) if person else site
    for rule in PAGES:
        for path in paths_of(rule, world, planted):
            answer = fetch(browser, path)
            wrong = set(found_in(answer.body)) - words_for(actor, path)
            assert not wrong, f"{actor} finds {wrong} on {path} ({answer.status})"


@pytest.mark.parametrize("person", ["ben", "cy"])
def test_no_page_of_who_promised_holds_it_before_they_ask(
    site: Site, cast: Cast, world: World, planted: Planted, person: str
) -> None:
    world.me = getattr(cast, person)
    browser = site.as_(getattr(cast, person))
    for rule in PAGES:
        for path in paths_of(rule, world, planted):
            assert found_in(fetch(browser, path).body) == [], f"{person} on {path}"


@pytest.mark.parametrize("actor", Actor)
def test_no_answer_to_any_action_holds_a_contact(site: Site, world: World, planted: Planted, actor: Actor) -> None:
    """Each action once, empty, on the person's request: refused or not, the answer gives nothing away."""
    person = world.come(actor)
    browser = site.as_(person) if person else site
    for method, rule in ROUTES:
        if not is_action((method, rule)) or "<int:request_id>" not in rule:
            continue
        path = rule.replace("<int:request_id>", str(planted.received))
        answer = send(browser, path)
        wrong = set(found_in(answer.body)) - words_for(actor, path)
        assert not wrong, f"{actor} finds {wrong} in the answer of {path} ({answer.status})"


def test_the_feed_and_the_live_stream_hold_nothing(app: Flask, site: Site, planted: Planted) -> None:
    assert found_in(site.get("/deeds.atom").body) == []
    assert found_in(site.get("/live/changes?since=0&names=deed").body) == []
    messages = LogSource(app).since(0, 100_000)
    assert len(messages) > 5
    for message in messages:
        assert found_in(json.dumps(message.data, ensure_ascii=False)) == []


def test_events_mails_and_notices_hold_nothing(app: Flask, planted: Planted) -> None:
    with app.app_context():
        bodies = [bytes(body) for body in db.read.scalars(select(IntegrityEvent.body))]
        mails = [f"{mail.subject}\n{mail.body}" for mail in db.read.scalars(select(OutboxMail))]
    assert len(bodies) > 10
    assert mails
    for content in (*bodies, *mails):
        assert found_in(content) == []


def test_error_pages_and_their_log_hold_nothing(
    site: Site, cast: Cast, planted: Planted, logged: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It breaks right after the contact was opened."""

    def fail(*_: Any, **__: Any) -> int:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(reveals, "record", fail)
    broken: TestResponse = site.as_(cast.ben).post(f"/requests/{planted.promised}/contact", status=500)
    assert found_in(broken.body) == []
    assert any("A page failed" in line for line in logged.lines)
    assert found_in("\n".join(logged.lines)) == []


def test_commands_print_nothing_of_it(app: Flask, planted: Planted) -> None:
    for words in (
        ("keys", "check"),
        ("keys", "rotate"),
        ("keys", "sweep", "--dry-run"),
        ("retention", "run", "--dry-run"),
        ("regions", "list"),
    ):
        done = run_alone(app, *words)
        assert done.exit_code == 0, done.output
        assert found_in(done.output) == []


# ---- what is on the disk ----


def test_the_database_its_log_and_every_file_hold_nothing_readable(app: Flask, planted: Planted) -> None:
    found = everything_on_disk(app)
    if settings_of(app).is_sqlite:
        assert any(name.endswith("-wal") and content for name, content in found.items()), "the log was looked at too"
    for name, content in found.items():
        assert found_in(content) == [], name
        assert planted.code.encode() not in content, name
        assert group_code(planted.code).encode() not in content, name
        assert planted.pair.encode() not in content, name


def test_the_log_of_the_server_holds_nothing(site: Site, cast: Cast, planted: Planted, logged: Memory) -> None:
    fetch(site.as_(cast.dee), f"/desk/requests/{planted.received}")
    site.as_(cast.ben).post(f"/requests/{planted.promised}/contact", status=200)
    whole = "\n".join(logged.lines)
    assert "INSERT INTO contact_reveals" in whole, "SQL and its parameters were logged"
    assert found_in(whole) == []
    assert planted.code not in whole


# ---- those who may ----


def test_those_who_may_see_it_see_it(site: Site, cast: Cast, planted: Planted) -> None:
    """Otherwise the search above would find nothing in a portal that shows nothing."""
    shown = site.as_(cast.ben).post(f"/requests/{planted.promised}/contact", status=200)
    seen = set(found_in(shown.body))
    assert seen >= {
        CONTACT["name"],
        CONTACT["street"],
        CONTACT["door"],
        CONTACT["neighbour"],
        CONTACT["beside"],
        NEIGHBOUR,
    }
    assert not seen & set(WORDS.values()), "the own words are for the desk"
    desk = fetch(site.as_(cast.dee), f"/desk/requests/{planted.received}")
    assert set(found_in(desk.body)) == set(WORDS.values())
    called = send(site.as_(cast.dee), f"/desk/requests/{planted.received}/contact", why="to verify")
    assert set(found_in(called.body)) >= {CONTACT["name"], CONTACT["speaker"], CONTACT["beside"], NEIGHBOUR}


def test_days_before_the_hour_who_promised_sees_the_street_alone(
    app: Flask, site: Site, cast: Cast, planted: Planted
) -> None:
    with app.app_context():
        request_id = make_request(for_person=True, starts_at=utcnow() + timedelta(days=9))
        with db.transaction() as session:
            session.get_one(HelpRequest, request_id).requester_id = planted.requester_id
            board.claim(request_id, by=viewer_of(cast.ben), at=utcnow())
    shown = site.as_(cast.ben).post(f"/requests/{request_id}/contact", status=200)
    assert found_in(shown.body) == [CONTACT["street"]]


@pytest.mark.parametrize("actor", [actor for actor in Actor if actor not in AT_THE_DESK])
def test_nobody_else_gets_it_by_asking(site: Site, world: World, planted: Planted, actor: Actor) -> None:
    person = world.come(actor)
    browser = site.as_(person) if person else site
    for request_id in planted.requests:
        for path in (f"/requests/{request_id}/contact", f"/desk/requests/{request_id}/contact"):
            answer = send(browser, path, why="curious")
            assert answer.status_int != 200, f"{actor} on {path}"
            assert found_in(answer.body) == []


def test_statuses_of_the_planted_requests_are_what_the_walk_needs(app: Flask, planted: Planted) -> None:
    with app.app_context():
        found = [row(HelpRequest, number).status for number in planted.requests]
    assert found == [RequestStatus.RECEIVED, RequestStatus.OPEN, RequestStatus.OPEN, RequestStatus.CLOSED]
