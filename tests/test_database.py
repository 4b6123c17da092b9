"""The two engines: what every connection is told, Cyrillic letters, writers that wait, moments that know their zone."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import StatementError

from accelerator.accounts.models import User
from accelerator.config import SettingsError
from accelerator.database import Database, load_sqlite, make_engines, prepare_sqlite
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityHead
from accelerator.limits import LimitCount
from tests.cast import Cast

PRAGMAS = {
    "busy_timeout": 5000,
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "foreign_keys": 1,
    "secure_delete": 1,
    "temp_store": 2,  # MEMORY
    "mmap_size": 268435456,
}
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def sqlite_only(database_kind: str) -> None:
    if database_kind != "sqlite":
        pytest.skip("about SQLite")


@pytest.mark.parametrize("engine_name", ["read_engine", "write_engine"])
def test_an_error_does_not_tell_what_was_to_be_kept(context: Flask, engine_name: str) -> None:
    """It goes into the log."""
    find = text("SELECT 1 FROM no_such_table WHERE email = :email")
    with getattr(db, engine_name).connect() as connection, pytest.raises(StatementError) as told:
        connection.execute(find, {"email": "canary@example.org"})
    assert "canary" not in str(told.value)


@pytest.mark.usefixtures("sqlite_only")
@pytest.mark.parametrize("engine_name", ["read_engine", "write_engine"])
def test_every_connection_is_told_how_to_be_safe(context: Flask, engine_name: str) -> None:
    engine = getattr(db, engine_name)
    open_ones = [engine.connect() for _ in range(3 if engine_name == "read_engine" else 1)]
    for connection in open_ones:
        with closing(connection):
            told = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in PRAGMAS}
            assert told == PRAGMAS


@pytest.mark.usefixtures("sqlite_only")
def test_the_library_is_one_that_loses_no_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    library = load_sqlite()
    assert library.sqlite_version_info >= (3, 51, 3)
    monkeypatch.setattr(library, "sqlite_version_info", (3, 40, 1))
    with pytest.raises(SettingsError, match="Install the locked dependencies"):
        load_sqlite()


def test_letters_of_every_alphabet_match_in_any_case(context: Flask, cast: Cast) -> None:
    with db.transaction() as session:
        session.get_one(User, cast.ben.id).name = "ӘСЕЛ Қасымова"
    for words in ("әсел%", "ӘСЕЛ ҚАСЫМОВА", "%ҚаСыМ%"):
        assert db.read.scalars(select(User.id).where(User.name.ilike(words))).all() == [cast.ben.id]
    assert db.read.scalar(select(func.lower("ЁЛКА"))) == "ёлка"


def test_reading_sees_what_is_committed_and_nothing_else(context: Flask) -> None:
    before = db.read.scalar(select(IntegrityHead.seq))
    db.session.execute(update(IntegrityHead).values(seq=IntegrityHead.seq + 5))
    assert db.read.scalar(select(IntegrityHead.seq)) == before
    db.session.commit()
    assert db.read.scalar(select(IntegrityHead.seq)) == before + 5


def break_off() -> None:
    with db.transaction() as session:
        session.execute(update(IntegrityHead).values(seq=99))
        raise ZeroDivisionError


def test_an_error_takes_everything_back(context: Flask) -> None:
    before = db.read.scalar(select(IntegrityHead.seq))
    with pytest.raises(ZeroDivisionError):
        break_off()
    assert db.read.scalar(select(IntegrityHead.seq)) == before


@pytest.mark.usefixtures("sqlite_only")
def test_a_writing_transaction_begins_immediately(context: Flask, app: Flask) -> None:
    db.session.execute(select(IntegrityHead.seq))  # only a look, and yet:
    path = str(db.write_engine.url.database)
    with closing(load_sqlite().connect(path, timeout=0, isolation_level=None)) as other:
        with pytest.raises(load_sqlite().OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        db.session.rollback()
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")


@pytest.fixture
def processes(app: Flask) -> Iterator[list[Database]]:
    """Databases as several processes would hold them: each with engines of its own."""
    found = []
    for _ in range(4):
        database = Database()
        database.settings = db.settings
        database.write_engine, database.read_engine = make_engines(db.settings)
        found.append(database)
    yield found
    for database in found:
        database.write_engine.dispose()
        database.read_engine.dispose()


def test_writers_that_read_first_wait_for_each_other_instead_of_failing(app: Flask, processes: list[Database]) -> None:
    together = threading.Barrier(8)
    errors: list[Exception] = []

    def write(database: Database) -> None:
        together.wait()
        try:
            for _ in range(10):
                with database.write_engine.begin() as connection:
                    seq = connection.scalar(select(IntegrityHead.seq).with_for_update())
                    connection.execute(update(IntegrityHead).values(seq=seq + 1))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(database,)) for database in processes * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with app.app_context():
        assert db.read.scalar(select(IntegrityHead.seq)) == 80


def test_a_moment_without_a_zone_is_refused_with_advice(context: Flask) -> None:
    row = insert(LimitCount).values(key="k", count=1, window_ends_at=datetime(2026, 1, 1))  # noqa: DTZ001 (the point)
    with pytest.raises(StatementError, match=r"has no time zone; use clock\.utcnow"):
        db.session.execute(row)
    db.session.rollback()


@pytest.mark.parametrize("hours", [-11, 0, 5])
def test_moments_come_back_aware_and_in_utc(context: Flask, hours: int) -> None:
    moment = NOON.astimezone(timezone(timedelta(hours=hours))).replace(microsecond=123456)
    with db.transaction() as session:
        session.execute(insert(LimitCount).values(key=f"k{hours}", count=1, window_ends_at=moment))
    found = db.read.scalar(select(LimitCount.window_ends_at).where(LimitCount.key == f"k{hours}"))
    assert found == moment
    assert found.tzinfo is UTC or found.utcoffset() == timedelta(0)


def test_rows_point_to_rows_that_exist(context: Flask) -> None:
    from sqlalchemy.exc import IntegrityError

    statement = "INSERT INTO coordinator_regions (user_id, region_code) VALUES (424242, 'KZ-75')"
    with pytest.raises(IntegrityError):
        db.session.execute(text(statement))
    db.session.rollback()


def test_capacity_is_guarded_by_the_table_itself(context: Flask) -> None:
    from sqlalchemy.exc import IntegrityError

    from tests.factories import make_request

    request_id = make_request(capacity=1)
    with pytest.raises(IntegrityError):
        db.session.execute(text(f"UPDATE help_requests SET taken = 2 WHERE id = {request_id}"))  # noqa: S608
    db.session.rollback()


@pytest.mark.usefixtures("sqlite_only")
def test_an_instance_of_its_own_has_a_file_of_its_own(tmp_path: Path, app: Flask) -> None:
    settings = replace(db.settings, database_url=f"sqlite:///{tmp_path / 'other.sqlite3'}")
    write, read = make_engines(settings)
    with write.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    assert (tmp_path / "other.sqlite3").exists()
    write.dispose()
    read.dispose()


def test_several_that_open_a_new_file_at_once_all_get_it(tmp_path: Path) -> None:
    """Of two first starts that turn WAL on at the same moment SQLite refuses one without waiting."""
    sqlite = load_sqlite()
    for round_ in range(20):
        together = threading.Barrier(6)

        def open_it(file: Path = tmp_path / f"{round_}.sqlite3", together: threading.Barrier = together) -> str:
            connection = sqlite.connect(file, check_same_thread=False)
            together.wait()
            prepare_sqlite(connection)
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
            connection.close()
            return str(mode)

        with ThreadPoolExecutor(6) as pool:
            assert {future.result() for future in [pool.submit(open_it) for _ in range(6)]} == {"wal"}
