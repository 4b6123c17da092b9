"""Two hundred people ask for help in one moment, many of them press twice: each is kept once."""

import logging
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator.board.models import HelpRequest
from accelerator.clock import utcnow
from accelerator.extensions import db, vault
from accelerator.help import drafts
from accelerator.help.models import Requester
from accelerator.help.pair import pair_of
from accelerator.integrity.models import IntegrityEvent
from accelerator.questionnaire.queries import document_of, find_current
from tests.databases import fresh_database
from tests.help.test_receive import ANSWERS
from tests.races.servers import Answer, Browser, Servers, fire, p99, running

log = logging.getLogger("races")
PEOPLE = 200


@pytest.fixture(scope="module")
def servers(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Two web workers behind a proxy: each person comes from an address of their own."""
    folder = tmp_path_factory.mktemp("instance")
    with running(folder, fresh_database(database_kind, folder), AOG_TRUSTED_PROXIES="1") as started:
        yield started


def fill_in(n: int) -> str:
    """A questionnaire that is filled in up to the last button; the browser's token."""
    token, now = secrets.token_urlsafe(32), utcnow()
    version = find_current(db.read)
    draft = drafts.begin(db.session, token, version_id=version.id, at=now - timedelta(minutes=5))
    draft.filled.answers = ANSWERS | {"words": f"Need number {n}.", "phone": f"+7701{n:07d}"}
    draft.filled.done = [page.id for page in document_of(version).pages]
    draft.keep(at=now)
    return token


def press_send(n: int, token: str) -> bytes:
    """The last button, as somebody's browser sends it from an address of their own."""
    browser = Browser(visit=f"visit-{n}")
    sent = browser.post("/help/check", consent="y")
    cookies = f"{browser.cookies}; help={token}\r\nX-Forwarded-For: 10.0.{n // 250}.{n % 250 + 1}"
    return sent.replace(browser.cookies.encode(), cookies.encode(), 1)


def count(table: type) -> int:
    return db.read.scalar(select(func.count()).select_from(table)) or 0


def test_two_hundred_at_once_are_each_kept_once(servers: Servers, house: Flask) -> None:
    with db.transaction():
        tokens = [fill_in(n) for n in range(PEOPLE)]
    twice = [press_send(n, token) for n, token in enumerate(tokens)] * 2
    secrets.SystemRandom().shuffle(twice)
    answers: list[Answer] = fire(servers.port, twice)
    # Whom the database kept waiting too long is told so (503) and presses again, on a machine that is busy otherwise.
    busy = [press for press, answer in zip(twice, answers, strict=True) if answer.status == 503]
    assert len(busy) <= PEOPLE // 10
    answers = [answer for answer in answers if answer.status != 503] + fire(servers.port, busy)
    assert Counter(answer.status for answer in answers) == {204: 2 * PEOPLE}
    assert {answer.headers["hx-redirect"] for answer in answers} == {"/help/done"}
    assert count(Requester) == count(HelpRequest) == PEOPLE
    assert vault.keys.count() == PEOPLE
    events = Counter(db.read.scalars(select(IntegrityEvent.type)))
    assert (events["request.received"], events["consent.given"]) == (PEOPLE, PEOPLE)
    for token in tokens:
        draft = drafts.find(db.read, token, at=utcnow())
        assert draft is not None
        requester = db.read.get_one(Requester, draft.row.requester_id)
        assert requester.code_hash == vault.fingerprint("code", draft.filled.code)
        assert requester.pair_hash == vault.fingerprint("pair", pair_of(requester.id, draft.filled.pair))
    log.info("200 people, each pressed twice: each kept once, p99 %d ms, %d told to wait", p99(answers), len(busy))
