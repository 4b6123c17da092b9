"""``/healthz``: 200 while the database can be written, else 503 and the reason; and no traceback for readers."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, text

from accelerator import create_app
from accelerator.database import LONGEST_WAIT
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityHead
from accelerator.reference import forget_places
from tests.databases import fresh_database, make_settings, postgres_server
from tests.factories import make_request
from tests.site import HTMX, Site, text_of

health = import_module("accelerator.health")  # the package calls the blueprint so


@pytest.fixture
def site(database_kind: str, tmp_path: Path) -> Iterator[Site]:
    """A site whose logged errors are what the tests are about."""
    forget_places()
    folder = tmp_path / "instance"
    app = create_app(make_settings(folder, fresh_database(database_kind, folder)))
    site = Site(app)
    site.web.extra_environ["paste.throw_errors"] = False
    yield site
    db.dispose()
    forget_places()


@pytest.fixture
def app(site: Site) -> Flask:
    return site.app


def look(site: Site, path: str, **headers: str) -> tuple[int, str]:
    """Status and text; unlike webtest, does not mind what the application writes into its log."""
    client = site.app.test_client()
    answer = client.get(path, headers=headers)
    return answer.status_code, answer.get_data(as_text=True)


def reason(site: Site) -> str:
    client = site.app.test_client()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["ok"] is False
    return str(answer.json["reason"])


def make_read_only(site: Site, database_kind: str) -> None:
    """Reopen the database so that it can be read and not written."""
    db.dispose()
    if database_kind == "sqlite":
        path = urlsplit(db.settings.database_url).path[1:]
        settings = make_settings(db.settings.instance_path, f"sqlite:///file:{path}?mode=ro&uri=true")
        site.app = create_app(settings)
        return
    _, orders = postgres_server()
    name = urlsplit(db.settings.database_url).path[1:]
    orders.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")


def lose_database(site: Site, database_kind: str) -> None:
    db.dispose()
    if database_kind == "sqlite":
        shutil.rmtree(Path(urlsplit(db.settings.database_url).path[1:]).parent)
        return
    _, orders = postgres_server()
    name = urlsplit(db.settings.database_url).path[1:]
    orders.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_healthy_database_counts_its_events_and_is_not_changed(site: Site) -> None:
    with site.app.app_context():
        make_request()
    for _ in range(2):
        answer = site.web.get("/healthz")
        assert answer.json == {"ok": True, "events": 1}
    with site.app.app_context():
        assert db.read.scalar(select(IntegrityHead.seq)) == 1


def test_a_database_that_cannot_be_written_is_named(site: Site, database_kind: str) -> None:
    make_read_only(site, database_kind)
    assert "read" in reason(site).casefold()


def test_a_database_that_is_gone_is_named(site: Site, database_kind: str) -> None:
    lose_database(site, database_kind)
    assert "OperationalError" in reason(site)


def test_the_reason_tells_no_secret(site: Site, database_kind: str) -> None:
    lose_database(site, database_kind)
    said = reason(site)
    assert "/" not in said
    assert "password" not in said


def test_pages_can_be_read_while_nothing_can_be_written(site: Site, database_kind: str) -> None:
    make_read_only(site, database_kind)
    for path in ("/", "/requests", "/deeds", "/help", "/login"):
        assert look(site, path)[0] == 200, path


@pytest.mark.parametrize("path", ["/", "/requests", "/requests/1", "/help", "/deeds.atom"])
def test_without_a_database_readers_are_told_to_come_back(site: Site, database_kind: str, path: str) -> None:
    lose_database(site, database_kind)
    for headers in ({}, {"Cookie": "session=somebody"}, HTMX):
        status, said = look(site, path, **headers)
        assert status == 503, said[:500]
        assert "Nothing is lost" in said
        assert "Traceback" not in said


def test_it_is_healthy_again_by_itself(site: Site, database_kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "EVERY", 0)
    if database_kind == "sqlite":
        pytest.skip("a file that is gone stays gone")
    make_read_only(site, database_kind)
    reason(site)
    name = urlsplit(db.settings.database_url).path[1:]
    postgres_server()[1].execute(f"ALTER DATABASE {name} RESET ALL")
    db.dispose()
    assert site.web.get("/healthz").json["ok"] is True


@contextmanager
def somebody_writing(site: Site) -> Iterator[None]:
    """Somebody else holds the lock of writers."""
    with site.app.app_context(), db.write_engine.connect() as connection, connection.begin():
        connection.execute(select(IntegrityHead.seq).with_for_update())
        yield


def test_a_busy_database_is_healthy_and_is_not_waited_for(site: Site) -> None:
    with somebody_writing(site):
        start = time.monotonic()
        assert site.web.get("/healthz").json == {"ok": True, "events": 0}
        assert time.monotonic() - start < LONGEST_WAIT / 1000 / 2


def test_writers_who_write_nothing_for_long_are_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "EVERY", 0)
    monkeypatch.setattr(health, "STUCK", 0)
    with somebody_writing(site):
        assert site.web.get("/healthz").json["ok"] is True, "one look is not enough to say so"
        assert reason(site) == "WritersStuck"
    assert site.web.get("/healthz").json["ok"] is True


def test_busy_writers_who_get_on_are_not_stuck(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "EVERY", 0)
    monkeypatch.setattr(health, "STUCK", 0)
    for events in range(1, 4):
        with site.app.app_context():
            make_request()
        with somebody_writing(site):
            assert site.web.get("/healthz").json == {"ok": True, "events": events}


def test_asked_often_it_takes_the_lock_of_writers_once_a_second(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    is_free = db.is_free
    monkeypatch.setattr(db, "is_free", lambda: looks.append(time.monotonic()) or is_free())
    start = time.monotonic()
    for _ in range(300):
        assert site.web.get("/healthz").json["ok"] is True
    assert len(looks) <= 1 + (time.monotonic() - start) / health.EVERY


def test_it_is_never_kept_by_a_cache(site: Site) -> None:
    assert site.web.get("/healthz").headers["Cache-Control"] in ("no-cache", "no-store")


def test_the_words_of_the_503_are_ours(site: Site) -> None:
    assert "Help needed" in text_of(site.get("/"))
    with site.app.app_context():
        assert db.read.scalar(text("SELECT 1")) == 1


def test_what_is_broken_is_looked_at_once_a_second_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def fail() -> bool:
        looks.append(time.monotonic())
        raise RuntimeError

    monkeypatch.setattr(db, "is_free", fail)
    start = time.monotonic()
    for _ in range(50):
        assert reason(site) == "RuntimeError"
    assert len(looks) <= 1 + (time.monotonic() - start) / health.EVERY
