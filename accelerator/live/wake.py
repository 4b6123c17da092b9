"""Wake-ups for the live hub: notice that the database changed, at next to no cost.

Both are used by one thread (the hub's reader), open their connection there at the first wait, and
survive anything the database does: they say so once in the log, try again less and less often, and
once they are back they report a change, so that nothing committed in the meantime is missed.
"""

import logging
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)


class DbConnection(Protocol):
    """The part of a SQLite connection that is used here."""

    def execute(self, sql: str, /) -> Any: ...

    def close(self) -> None: ...


class _Patience:
    """When to try again: at once, then after twice as long each time, up to ``longest`` seconds."""

    def __init__(self, what: str, *, first: float, longest: float) -> None:
        self._what = what
        self._first = first
        self._longest = longest
        self._pause = 0.0
        self._retry_at = 0.0

    @property
    def left(self) -> float:
        """Seconds until the next try, 0 or less when it is time."""
        return self._retry_at - time.monotonic()

    def fail(self, error: Exception) -> None:
        """Note a failure; the first in a row is logged, by its kind only (texts may name hosts)."""
        if not self._pause:
            log.warning("%s cannot be watched (%s); trying again", self._what, type(error).__name__)
        self._pause = min(self._longest, 2 * self._pause or self._first)
        self._retry_at = time.monotonic() + self._pause

    def succeed(self) -> None:
        if self._pause:
            log.info("%s is watched again", self._what)
        self._pause = self._retry_at = 0.0


class SqliteWake:
    """Polls ``PRAGMA data_version``, which moves when *another* connection has committed.

    It costs about 2 microseconds; no table is read. The numbers mean nothing to other connections,
    so they are only ever compared with this connection's own last one.
    """

    def __init__(self, path: str, connect: Callable[[str], DbConnection], *, interval: float = 0.05) -> None:
        """``connect`` opens the file at ``path``; ``interval`` is in seconds."""
        self._path = path
        self._connect = connect
        self._interval = interval
        self._connection: DbConnection | None = None
        self._file: tuple[int, int] | None = None
        self._version: int | None = None
        self._patience = _Patience("the SQLite file", first=interval, longest=2.0)

    def wait(self, seconds: float) -> bool:
        """True once something was committed (and at first); False after ``seconds`` without.

        Sleeps before it looks: however busy the writers are, readings stay ``interval`` apart.
        """
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(self._interval, left))
            if self._patience.left <= 0 and self._has_changed():
                return True
        return False

    def close(self) -> None:
        """Close the connection; a later wait opens it again."""
        connection, self._connection = self._connection, None
        self._version = None
        if connection is not None:
            connection.close()

    def _has_changed(self) -> bool:
        try:
            version = self._read_version()
        except Exception as error:  # the driver is the caller's, so its errors are not known here
            self._patience.fail(error)
            self._forget()
            return False
        self._patience.succeed()
        has_changed = version != self._version
        self._version = version
        return has_changed

    def _read_version(self) -> int:
        # A restored backup is another file under the same name, and our old one never changes
        # again. Asking for the file first also keeps connect() from creating an empty one.
        status = os.stat(self._path)
        file = (status.st_dev, status.st_ino)
        if file != self._file:
            self._forget()
            self._file = file
        if self._connection is None:
            self._connection = self._connect(self._path)
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _forget(self) -> None:
        try:
            self.close()
        except Exception as error:
            log.debug("the old connection could not be closed (%s)", type(error).__name__)


class PostgresWake:
    """Listens to ``NOTIFY`` on one channel, on a connection of its own."""

    def __init__(self, dsn: str, channel: str = "live") -> None:
        """``dsn``: what libpq takes; SQLAlchemy's ``postgresql+psycopg://`` is understood too."""
        self._dsn = dsn.replace("postgresql+psycopg://", "postgresql://", 1)
        self._channel = channel
        self._connection: psycopg.Connection[Any] | None = None
        self._patience = _Patience("PostgreSQL", first=0.1, longest=5.0)

    def wait(self, seconds: float) -> bool:
        """True after a notification, and after every (re)connection; False after ``seconds`` without.

        Only a database host that answers nothing at all can make it 5 seconds longer.
        """
        if self._connection is None:
            return self._reconnect(seconds)
        try:
            heard = list(self._connection.notifies(timeout=seconds, stop_after=1))
        except Exception as error:
            self._patience.fail(error)
            self.close()
            return False
        return bool(heard)

    def close(self) -> None:
        """Close the connection; a later wait opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _reconnect(self, seconds: float) -> bool:
        if (left := self._patience.left) > 0:
            time.sleep(min(left, seconds))
        if self._patience.left > 0:
            return False
        try:
            self._connection = self._listen()
        except Exception as error:
            self._patience.fail(error)
            return False
        self._patience.succeed()
        return True

    def _listen(self) -> "psycopg.Connection[Any]":
        import psycopg  # here: those who run on SQLite need not carry it in memory
        from psycopg import sql

        # Keep-alives notice within half a minute that the other end is gone without a word.
        connection = psycopg.connect(
            self._dsn, autocommit=True, connect_timeout=5,
            keepalives=1, keepalives_idle=10, keepalives_interval=5, keepalives_count=3,
        )  # fmt: skip
        try:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        except BaseException:
            connection.close()
            raise
        return connection
