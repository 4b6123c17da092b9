"""The database: two engines, two sessions, and what every table shares.

*Reading* (`Database.read`) runs in AUTOCOMMIT and never takes a lock. *Writing* (`Database.session`)
opens ``BEGIN IMMEDIATE`` on SQLite: a transaction that read first and wrote later would fail with
"database is locked" under load, whatever the busy timeout. On SQLite the writing pool holds one
connection a process, so that threads queue in Python instead of sleeping in SQLite's busy handler.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from flask import Flask, g, has_app_context
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Engine,
    Executable,
    Index,
    Integer,
    MetaData,
    Row,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.types import TypeDecorator

from accelerator.config import Settings, SettingsError

#: SQLite versions that can lose commits in WAL mode when several connections checkpoint.
UNSAFE_SQLITE = ((3, 7, 0), (3, 51, 2))


#: How long a statement waits for a lock of somebody else, in milliseconds.
LONGEST_WAIT = 5000
SHORT_WAIT = 100

#: A row of columns that the statement names; their types are those of the models.
AnyRow = Row[*tuple[Any, ...]]


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, always aware and in UTC in Python, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; use clock.utcnow() or attach one")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: Keys are 64 bits wide; SQLite only numbers rows by itself when the column is called INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")


def index_where(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that fulfil ``where``; a query uses it when it says the same words."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


def region_of(table: str, key: str) -> Callable[[Any], str]:
    """The default of a ``region_code`` that repeats its parent's, so that a list by region needs no join."""
    find = text(f"SELECT region_code FROM {table} WHERE id = :id")  # noqa: S608 (the name of a table of ours)

    def look_up(context: Any) -> str:
        return str(context.connection.execute(find, {"id": context.get_current_parameters()[key]}).scalar_one())

    return look_up


class Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(column_0_N_label)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UTCDateTime()},
    )


class Database:
    """The engines and the sessions of one application; sessions end with the application context."""

    write_engine: Engine
    read_engine: Engine
    settings: Settings

    def init_app(self, app: Flask, settings: Settings) -> None:
        self.settings = settings
        self._local = threading.local()
        self.write_engine, self.read_engine = make_engines(settings)
        app.teardown_appcontext(self._forget_sessions)

    @property
    def session(self) -> Session:
        """The writing session: the first statement begins a transaction, the view commits it."""
        return self._session("write_session", self.write_engine)

    @property
    def read(self) -> Session:
        """The reading session: AUTOCOMMIT, sees what is committed at each statement."""
        return self._session("read_session", self.read_engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for hot paths. On SQLite each thread keeps one: the pool costs as much as a query."""
        if not self.settings.is_sqlite:
            with self.read_engine.connect() as connection:
                yield connection
            return
        if not hasattr(self._local, "connection"):
            self._local.connection = self.read_engine.connect()
        yield self._local.connection

    def _session(self, name: str, engine: Engine) -> Session:
        session: Session | None = g.get(name)
        if session is None:
            session = Session(engine, expire_on_commit=False)
            setattr(g, name, session)
        return session

    def _forget_sessions(self, _error: BaseException | None) -> None:
        for name in ("write_session", "read_session"):
            session = g.pop(name, None)
            if session is not None:
                session.close()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit at the end, roll back on an error: for commands and the background process."""
        assert has_app_context()  # noqa: S101 (a programming error, not input)
        try:
            yield self.session
            self.session.commit()
        finally:
            self.session.rollback()

    def try_write(self, statement: Executable) -> bool:
        """Run one statement by itself, now or not at all: for what the next request can do as well."""
        try:
            with self._impatient() as connection:
                connection.execute(statement)
        except OperationalError:
            return False
        return True

    def is_free(self) -> bool:
        """Whether a write could begin now; false while somebody else writes. Raises where nothing can be written.

        On PostgreSQL it asks for the head of the log, which every write needs in its turn. Nothing is changed.
        """
        with self._impatient() as connection:
            if not self.settings.is_sqlite:
                return bool(connection.exec_driver_sql("SELECT seq FROM integrity_head FOR UPDATE SKIP LOCKED").all())
            try:
                begin_immediate(connection)
            except OperationalError as error:
                if str(getattr(error.orig, "sqlite_errorname", "")).startswith("SQLITE_BUSY"):
                    return False
                raise
            try:
                connection.exec_driver_sql("UPDATE integrity_head SET seq = seq")
            finally:
                with suppress(OperationalError):  # a full disk has rolled back already
                    connection.exec_driver_sql("ROLLBACK")
            return True

    @contextmanager
    def _impatient(self) -> Iterator[Connection]:
        """A connection that waits for no lock of others for long; each statement is a transaction."""
        patience = "PRAGMA busy_timeout = {}" if self.settings.is_sqlite else "SET lock_timeout = {}"
        with self.read_engine.connect() as connection:
            connection.exec_driver_sql(patience.format(SHORT_WAIT))
            try:
                yield connection
            finally:
                connection.exec_driver_sql(patience.format(LONGEST_WAIT))

    def forget_old_pages(self) -> None:
        """Empty SQLite's write-ahead log, where what was deleted stands until it is overwritten.

        Called after every erasure, and now and then for those during which somebody was reading.
        """
        if self.settings.is_sqlite:
            with self.read_engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def dispose(self) -> None:
        if hasattr(self._local, "connection"):
            self._local.connection.close()
            del self._local.connection
        self.write_engine.dispose()
        self.read_engine.dispose()


def make_engines(settings: Settings) -> tuple[Engine, Engine]:
    """The writing and the reading engine for the configured database."""
    if settings.is_sqlite:
        return make_sqlite_engines(settings)
    write = create_engine(settings.database_url, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True)
    event.listen(write, "connect", prepare_postgres)
    return write, write.execution_options(isolation_level="AUTOCOMMIT")


def make_sqlite_engines(settings: Settings) -> tuple[Engine, Engine]:
    sqlite = load_sqlite()
    common: dict[str, Any] = {
        "module": sqlite,
        "connect_args": {"check_same_thread": False},
        "hide_parameters": True,  # an error in the log must not tell names, mails and links
    }
    write = create_engine(settings.database_url, pool_size=1, max_overflow=0, pool_timeout=5, **common)
    read = create_engine(
        settings.database_url,
        pool_size=8,
        max_overflow=8,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        **common,
    )
    event.listen(write, "begin", begin_immediate)
    for engine in (write, read):
        event.listen(engine, "connect", prepare_sqlite)
    return write, read


def load_sqlite() -> Any:
    """The SQLite library to use; refused when it can lose commits (see sqlite.org, WAL-reset fix of 3.51.3)."""
    import pysqlite3.dbapi2 as sqlite

    low, high = UNSAFE_SQLITE
    if low <= sqlite.sqlite_version_info <= high:
        raise SettingsError(
            f"SQLite {sqlite.sqlite_version} can lose commits in WAL mode. "
            "Install the locked dependencies (make run does it), which bring 3.51.3 or newer."
        )
    return sqlite


def prepare_sqlite(connection: Any, _record: Any = None) -> None:
    """Settings of every SQLite connection (engineering notes in the README, "Why SQLite")."""
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.execute(f"PRAGMA busy_timeout = {LONGEST_WAIT}").fetchall()
    turn_on_wal(connection)
    for pragma in (
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # what is deleted is overwritten: people were promised that it is gone
        "temp_store = MEMORY",
        "mmap_size = 268435456",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    # SQLite's own lower() knows ASCII only, and ilike() is built on it.
    connection.create_function("lower", 1, lambda text: text.lower() if isinstance(text, str) else text)


def turn_on_wal(connection: Any) -> None:
    """Journal mode WAL. Of two that turn it on at once SQLite refuses one without waiting: it tries again."""
    until = time.monotonic() + LONGEST_WAIT / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except connection.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def prepare_postgres(connection: Any, _record: Any = None) -> None:
    """Settings of every PostgreSQL connection: a bounded wait, so that people get an answer (503) and not nothing."""
    connection.execute(f"SET lock_timeout = {LONGEST_WAIT}")
    connection.commit()


def begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class PublicVersion:
    """A number that moves whenever something public changed: the head of the integrity log.

    On SQLite each thread watches ``PRAGMA data_version`` on a connection of its own (values of two
    connections cannot be compared, and a connection does not see its own commits), and re-reads the
    row only when that moved. On PostgreSQL the row is read at most every ``interval`` seconds.
    """

    SQL = "SELECT seq FROM integrity_head"

    def __init__(self, database: Database, interval: float = 0.1) -> None:
        self._database = database
        self._interval = interval
        self._local = threading.local()

    def __call__(self, now: float) -> int:
        """The present version; ``now`` is a monotonic time in seconds."""
        if not self._database.settings.is_sqlite:
            return self._poll(now)
        try:
            return self._watch_sqlite()
        except load_sqlite().Error as error:
            raise OperationalError(self.SQL, None, error) from error

    def _watch_sqlite(self) -> int:
        local = self._local
        if not hasattr(local, "connection"):
            local.pooled = self._database.read_engine.raw_connection()  # stays out of the pool
            local.connection = local.pooled.driver_connection
            local.seen, local.version = None, 0
        seen = local.connection.execute("PRAGMA data_version").fetchone()[0]
        if seen != local.seen:
            local.version = local.connection.execute(self.SQL).fetchone()[0]
            local.seen = seen
        return int(local.version)

    def _poll(self, now: float) -> int:
        local = self._local
        if now - getattr(local, "at", -1e9) >= self._interval:
            with self._database.read_engine.connect() as connection:
                local.version = connection.exec_driver_sql(self.SQL).scalar_one()
            local.at = now
        return int(local.version)
