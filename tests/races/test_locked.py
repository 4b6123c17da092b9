"""The database cannot be written: whoever wants to write is told when to come back, readers notice nothing."""

import logging
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from accelerator import create_app
from accelerator.accounts.models import AuthSession
from accelerator.board.models import Claim
from accelerator.clock import utcnow
from accelerator.database import load_sqlite
from accelerator.extensions import db
from accelerator.reference import forget_places
from accelerator.running.commands import web_command
from tests.databases import fresh_database, make_settings
from tests.factories import make_request
from tests.races.crowd import Member, crowd
from tests.races.invariants import check_everything
from tests.races.servers import Answer, Browser, Servers, ask, eventually, fire, is_healthy, prepare

log = logging.getLogger("races")

VISITOR = Browser(visit="visitor")


@contextmanager
def write_lock(servers: Servers) -> Iterator[None]:
    """Somebody else holds what every writer needs."""
    if servers.settings.is_sqlite:
        path = servers.settings.instance_path / "accelerator.sqlite3"
        other = load_sqlite().connect(str(path), isolation_level=None, timeout=20)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
        return
    with db.write_engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE integrity_head, help_requests IN EXCLUSIVE MODE")
        yield


def long_unused(member: Member) -> Member:
    """A session that would be noted as in use with the next page."""
    with db.transaction() as session:
        session.execute(
            update(AuthSession).where(AuthSession.user_id == member.id).values(seen_at=utcnow() - timedelta(minutes=5))
        )
    return member


def test_a_locked_database_answers_in_time_and_reading_goes_on(servers: Servers, house: Flask) -> None:
    ben, cy, kim = crowd(3)
    long_unused(kim)
    request_id = make_request(capacity=5)
    answers: list[Answer] = []
    with write_lock(servers):
        writers = [m.browser.post(f"/requests/{request_id}/claim") for m in (ben, cy)]
        waiting = threading.Thread(target=lambda: answers.extend(fire(servers.port, writers)))
        waiting.start()
        reads = [
            ask(servers.port, browser.get(path))
            for browser in (VISITOR, kim.browser)
            for path in ("/", "/requests", f"/requests/{request_id}", "/deeds")
        ]
        waiting.join(30)
    assert [answer.status for answer in reads] == [200] * 8
    assert [answer.status for answer in answers] == [503, 503]
    assert all(answer.headers["retry-after"] == "5" for answer in answers)
    assert all("Nothing is lost" in answer.body for answer in answers)
    assert max(answer.seconds for answer in answers) < 12
    log.info(
        "locked: 503 after %s s, slowest page %.2f s",
        [round(answer.seconds, 1) for answer in answers], max(answer.seconds for answer in reads),
    )  # fmt: skip
    after = fire(servers.port, [m.browser.post(f"/requests/{request_id}/claim") for m in (ben, cy)])
    assert [answer.status for answer in after] == [200, 200]


def test_a_page_does_not_wait_to_note_that_its_session_is_used(servers: Servers, house: Flask) -> None:
    (ben,) = crowd(1)
    long_unused(ben)
    with write_lock(servers):
        assert ask(servers.port, ben.browser.get("/me")).status == 200
    assert ask(servers.port, ben.browser.get("/me")).status == 200
    seen_at = db.read.scalars(select(AuthSession.seen_at).where(AuthSession.user_id == ben.id)).one()
    assert utcnow() - seen_at < timedelta(minutes=1), "the next page notes it"


# --- A full disk -------------------------------------------------------------------------------

INSIDE = 'mount -t tmpfs -o size=3m tmpfs "$1" && cp "$2" "$1/accelerator.sqlite3" && shift 2 && exec "$@"'


def can_mount() -> bool:
    tool = shutil.which("unshare")
    return tool is not None and subprocess.run([tool, "-rm", "true"], capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(only_sqlite: None, tmp_path: Path) -> Iterator[tuple[Servers, Path, list[Member], int]]:
    """Workers whose instance folder is a disk of 3 MiB that only they see: (servers, the disk, people, a request)."""
    if not can_mount():
        pytest.skip("this machine does not let tests mount a small disk (unshare -rm)")
    original = tmp_path / "original"
    forget_places()
    app = create_app(make_settings(original, fresh_database("sqlite", original)))
    with app.app_context():
        people, request_id = crowd(150), make_request(capacity=200)
    db.dispose()
    servers = prepare(tmp_path / "instance", None)
    program = ["unshare", "-rm", "sh", "-c", INSIDE, "sh"]
    folder, source = str(servers.settings.instance_path), str(original / "accelerator.sqlite3")
    servers.web = servers.start([*program, folder, source, *web_command(servers.settings)], "../web.log")
    try:
        eventually(lambda: is_healthy(servers.port), what="the start on a small disk")
        yield servers, Path(f"/proc/{servers.web.pid}/root{folder}"), people, request_id
    finally:
        servers.stop()


def fill(disk: Path) -> Path:
    """Write a file until nothing fits any more."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def test_a_full_disk_is_told_and_reading_goes_on(
    small_disk: tuple[Servers, Path, list[Member], int], tmp_path: Path
) -> None:
    servers, disk, people, request_id = small_disk
    claims = iter([(m, m.browser.post(f"/requests/{request_id}/claim")) for m in people])
    yours = [m.id for m, request in (next(claims), next(claims)) if ask(servers.port, request).status == 200]
    assert len(yours) == 2
    filler = fill(disk)
    refused = None
    for member, request in claims:  # the log has room for a few more
        answer = ask(servers.port, request)
        if answer.status != 200:
            refused = answer
            break
        yours.append(member.id)
    assert refused is not None
    assert (refused.status, refused.headers.get("retry-after")) == (503, "5")
    again = fire(servers.port, [request for _, request in (next(claims) for _ in range(5))])
    assert {answer.status for answer in again} == {503}
    for path in ("/", "/requests", f"/requests/{request_id}", "/deeds"):
        assert ask(servers.port, VISITOR.get(path)).status == 200
        assert ask(servers.port, people[0].browser.get(path)).status == 200
    filler.unlink()
    member, request = next(claims)
    eventually(lambda: ask(servers.port, request).status == 200, within=5, what="recovery")
    yours.append(member.id)
    log.info("a full disk: %d claims before it was full, 503 then, recovered", len(yours) - 1)

    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("accelerator.sqlite3", "accelerator.sqlite3-wal"):
        if os.path.exists(disk / name):
            shutil.copy(disk / name, copy / name)
    app = create_app(make_settings(copy))
    with app.app_context(), db.transaction() as session:
        check_everything(session)
        kept = set(session.scalars(select(Claim.user_id)).all())
    db.dispose()
    assert kept == set(yours)
