"""``flask serve``: both processes come and go together, and an unsafe start is refused with what to do."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from flask import Flask

from accelerator import create_app
from accelerator.config import Settings
from accelerator.demonstration.marker import leave_mark
from accelerator.extensions import db
from accelerator.reference import forget_places
from accelerator.running.checks import CannotStart, check_start, is_taken, warning
from tests.databases import fresh_database, make_settings, postgres_server, postgres_url
from tests.races.invariants import check_everything
from tests.races.servers import Servers, eventually, is_healthy, prepare, stop

SITE = "https://good.example.org"
SERVE = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]


@contextmanager
def serving(servers: Servers) -> Iterator[subprocess.Popen[bytes]]:
    """``flask serve``, with both of its processes answering."""
    supervisor = servers.start(SERVE, "serve.log")
    try:
        eventually(lambda: is_healthy(servers.port) and is_healthy(servers.live_port), what="the start")
        yield supervisor
    finally:
        stop(supervisor)


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def are_gone(processes: list[psutil.Process]) -> bool:
    def is_gone(process: psutil.Process) -> bool:
        with suppress(psutil.NoSuchProcess):
            return process.status() == psutil.STATUS_ZOMBIE
        return True

    return all(is_gone(process) for process in processes)


def child_named(process: subprocess.Popen[bytes], word: str) -> psutil.Process:
    return next(c for c in psutil.Process(process.pid).children() if word in c.cmdline())


@pytest.fixture
def servers(database_kind: str, tmp_path: Path) -> Servers:
    folder = tmp_path / "instance"
    return prepare(folder, fresh_database(database_kind, folder), AOG_SITE_URL=SITE)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_both_and_leaves_nobody(servers: Servers, signum: signal.Signals) -> None:
    with serving(servers) as supervisor:
        everyone = family(supervisor)
        assert len(everyone) >= 4, "the web server, its two workers, the background process"
        supervisor.send_signal(signum)
        assert supervisor.wait(30) == 0
        assert servers.log("serve.log").count("No mail server is set") == 1
        eventually(lambda: are_gone(everyone), what="the end of all processes")
    assert not is_taken("127.0.0.1", servers.port)
    assert not is_taken("127.0.0.1", servers.live_port)


def test_a_signal_during_the_start_leaves_nobody(servers: Servers) -> None:
    supervisor = servers.start(SERVE, "serve.log")
    everyone = eventually(lambda: family(supervisor), what="the first child")
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(40) in (0, -signal.SIGTERM)
    eventually(lambda: are_gone(everyone), what="the end of all processes")


@pytest.mark.parametrize("word", ["background", "granian"])
def test_the_death_of_one_ends_the_other(servers: Servers, word: str) -> None:
    with serving(servers) as supervisor:
        everyone = family(supervisor)
        child_named(supervisor, word).kill()
        assert supervisor.wait(30) == 1
        eventually(lambda: are_gone(everyone), what="the end of all processes")


def test_a_taken_port_is_named_and_another_is_proposed(servers: Servers) -> None:
    app = create_app(servers.settings)
    for port in (servers.port, servers.live_port):
        with socket.socket() as other:
            other.bind(("127.0.0.1", port))
            other.listen()
            result = app.test_cli_runner().invoke(args=["serve"])
        assert result.exit_code == 1
        assert f"Port {port} is in use" in result.output
        assert f"choose another: PORT={servers.port + 10}" in result.output
    db.dispose()


def test_production_needs_the_address_that_people_use(settings: Settings, app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["serve"])
    assert result.exit_code == 1
    assert "Set AOG_SITE_URL" in result.output


def test_production_never_starts_on_demonstration_data(servers: Servers) -> None:
    app = create_app(servers.settings)
    with app.app_context(), db.transaction() as session:
        leave_mark(session)
    result = app.test_cli_runner().invoke(args=["serve"])
    assert result.exit_code == 1
    assert "demonstration data" in result.output
    assert "INSTANCE_PATH=" in result.output
    db.dispose()


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("KZ-57", "Did you mean KZ-"),
        ("almaty", "Did you mean KZ-75 (Almaty)"),
        ("Шымкент", "Did you mean KZ-79 (Shymkent)"),
        ("KZ-75/medeu", "Did you mean KZ-75 (Almaty)"),
        ("@@@@", "which is no region. See: flask"),
    ],
)
def test_a_region_that_is_not_there_stops_the_start_and_names_those_near(
    servers: Servers, code: str, advice: str
) -> None:
    forget_places()
    app = create_app(dataclasses.replace(servers.settings, default_region=code))
    result = app.test_cli_runner().invoke(args=["serve"])
    assert result.exit_code == 1
    assert f"AOG_REGION is {code!r}" in result.output
    assert advice in " ".join(result.output.split())
    db.dispose()
    forget_places()


@pytest.mark.parametrize(
    ("host", "proxies", "warns"),
    [
        ("0.0.0.0", 0, True),  # noqa: S104 (what is warned of)
        ("::", 0, True),
        ("203.0.113.7", 0, True),
        ("0.0.0.0", 1, False),  # noqa: S104
        ("127.0.0.1", 0, False),
        ("::1", 0, False),
        ("localhost", 0, False),
    ],
)
def test_a_public_address_without_a_proxy_is_warned_of(servers: Servers, host: str, proxies: int, warns: bool) -> None:
    said = warning(dataclasses.replace(servers.settings, host=host, trusted_proxies=proxies))
    assert bool(said) is warns
    assert "AOG_TRUSTED_PROXIES=1" in said or not warns


def test_a_demonstration_needs_no_address(database_kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    servers = prepare(folder, fresh_database(database_kind, folder), AOG_MODE="demonstration")
    app = create_app(servers.settings)
    with app.app_context():
        check_start(servers.settings)
        with socket.socket() as other:
            other.bind(("127.0.0.1", servers.port))
            other.listen()
            with pytest.raises(CannotStart, match=str(servers.port)):
                check_start(servers.settings)
    db.dispose()


def empty_database(kind: str) -> str | None:
    if kind == "sqlite":
        return None
    base, orders = postgres_server()
    name = f"e_{uuid.uuid4().hex[:12]}"
    orders.execute(f"CREATE DATABASE {name}")
    return postgres_url(base, name)


def test_two_starts_at_once_on_an_empty_folder_share_it_unharmed(database_kind: str, tmp_path: Path) -> None:
    """Both make the tables and the key at the same moment; both serve, and the database is whole."""
    folder, url = tmp_path / "instance", empty_database(database_kind)
    pair = [prepare(folder, url, AOG_SITE_URL=SITE, AOG_WORKERS="1") for _ in range(2)]
    for servers in pair:
        del servers.environ["SECRET_KEY"]
    processes = [servers.start(SERVE, f"serve-{n}.log") for n, servers in enumerate(pair)]
    try:
        for servers in pair:
            eventually(lambda port=servers.port: is_healthy(port), what="both starts")  # type: ignore[misc]
    finally:
        statuses = [stop(process) for process in processes]
    assert statuses == [0, 0]
    assert [name for name in os.listdir(folder) if name.startswith("secret.key")] == ["secret.key"]
    app = create_app(make_settings(folder, url))
    with app.app_context(), db.transaction() as session:
        check_everything(session)
    db.dispose()
