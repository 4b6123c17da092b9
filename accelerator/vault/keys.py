"""The keys of people, in a folder of their own: the database and its backups hold only what they lock.

========================  ==================================================================================
``person-keys.sqlite3``   one key a person, each wrapped by the newest master key
``master.keys``           the master key; two while a rotation is under way
``lookup.key``            the secret of keyed hashes: phones, tracking codes, spoken pairs
``erased.log``            names of destroyed keys: after a backup was put back, they are destroyed again
========================  ==================================================================================

Destroying a person's row makes everything that was sealed with their key unreadable for ever, in the database, in
its log and in every backup of it.
"""

import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy.exc import OperationalError

from accelerator.clock import utcnow
from accelerator.database import load_sqlite
from accelerator.vault.files import (
    KeysDamaged,
    append_lines,
    draft_of,
    make_folder,
    one_at_a_time,
    put_in_place,
    write_whole,
)
from accelerator.vault.sealing import KEY_BYTES, new_key, seal, unseal

SCHEMA = """
CREATE TABLE person_keys (
  id TEXT PRIMARY KEY,
  master INTEGER NOT NULL,
  wrapped BLOB NOT NULL,
  made_at INTEGER NOT NULL DEFAULT (unixepoch())
) WITHOUT ROWID
"""
BATCH = 500
#: How long a change waits for those of other processes, in milliseconds.
LONGEST_WAIT = 15_000
#: A read that meets the end of a rotation finds its master key gone, looks again, and finds the new one.
LOOKS = 5
MASTER_LINE = re.compile(rf"([1-9][0-9]*) ([0-9a-f]{{{2 * KEY_BYTES}}})")
LOOKUP = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}")
ERASED_LINE = re.compile(r"\S+ ([0-9a-f]{32})")
BRING_BACK = "Bring it back from the newest backup of the keys."


class KeyGone(Exception):
    """This key was destroyed (or never was): what it locked is gone for good."""


class MasterKeys:
    """The keys that wrap the others, one a line: ``number hexdigits``; the last one is in use."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make_first(self) -> None:
        """The first one, where there is none."""
        write_whole(self.path, line_of(1, new_key()), keep_first=True)

    def read(self) -> dict[int, bytes]:
        """All of them by number, oldest first."""
        lines = read_file(self.path).split("\n")
        found = [MASTER_LINE.fullmatch(line) for line in lines[:-1]]
        if lines[-1] or not found or not all(found):
            raise KeysDamaged(f"{self.path} is cut off or damaged. {BRING_BACK}")
        return {int(match[1]): bytes.fromhex(match[2]) for match in found if match}

    def add(self) -> None:
        """Make a new one, which is in use from now on."""
        known = self.read()
        self._write(known | {max(known) + 1: new_key()})

    def keep_newest(self) -> None:
        """Forget all others."""
        known = self.read()
        self._write({max(known): known[max(known)]})

    def _write(self, keys: dict[int, bytes]) -> None:
        write_whole(self.path, "".join(line_of(number, key) for number, key in keys.items()))


class KeyStore:
    """The folder of keys. Safe for several processes and threads; each change is on the disk when it returns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "person-keys.sqlite3"
        self._lookup = folder / "lookup.key"
        self._masters = MasterKeys(folder / "master.keys")
        self.erased_log = folder / "erased.log"
        self._local = threading.local()
        self._making = threading.Lock()
        self._is_ready = False

    @property
    def exists(self) -> bool:
        """Whether there are keys at all: the file of people's keys is made last."""
        return self._path.exists()

    @property
    def is_whole(self) -> bool:
        """Whether all files are there and can be used; nothing is made."""
        return is_whole(self.lookup_secret_as_it_is) and is_whole(self._masters.read) and is_whole(self._look_at_store)

    def prepare(self) -> None:
        """Make the folder and its first keys where there are none. Raises `KeysDamaged` when some are missing."""
        with self._making:
            if self._is_ready:
                return
            make_folder(self._folder)
            if not self.exists:
                with one_at_a_time(self._folder):
                    write_whole(self._lookup, secrets.token_hex(KEY_BYTES), keep_first=True)
                    self._masters.make_first()
                    self._make_store()
            self._masters.read()
            self.lookup_secret_as_it_is()
            self._is_ready = True

    def begin_anew(self) -> None:
        """Put files that cannot be used aside, and make new ones: what the lost keys locked stays closed for ever."""
        make_folder(self._folder)
        with one_at_a_time(self._folder):
            if not is_whole(self.lookup_secret_as_it_is):
                put_aside(self._lookup)
            if not (is_whole(self._masters.read) and is_whole(self._look_at_store)):
                put_aside(self._masters.path)
                put_aside(self._path)
        self.prepare()

    def lookup_secret(self) -> bytes:
        """The secret of keyed hashes."""
        self.prepare()
        return self.lookup_secret_as_it_is()

    def lookup_secret_as_it_is(self) -> bytes:
        """The same, and nothing is made where it is missing."""
        text = read_file(self._lookup)
        if not LOOKUP.fullmatch(text):
            raise KeysDamaged(f"{self._lookup} is cut off or damaged. {BRING_BACK}")
        return text.encode()

    def create(self) -> str:
        """A new person's key; returns its name."""
        name = secrets.token_hex(16)
        with self._writing() as connection:  # the master key is read within: a rotation cannot pass it by
            number, master = list(self._masters.read().items())[-1]
            row = (name, number, seal(master, new_key(), name))
            connection.execute("INSERT INTO person_keys (id, master, wrapped) VALUES (?, ?, ?)", row)
        return name

    def get(self, name: str) -> bytes:
        """The key itself. Raises `KeyGone`."""
        for _ in range(LOOKS):
            with self._reading() as connection:
                row = connection.execute("SELECT master, wrapped FROM person_keys WHERE id = ?", (name,)).fetchone()
            if row is None:
                raise KeyGone(name)
            masters = self._masters.read()
            if row[0] in masters:
                return unseal(masters[row[0]], row[1], name)
        raise KeysDamaged(
            f"A person's key is locked with master key {row[0]}, which is not in master.keys: the two files are from "
            "different backups. Bring both back from the same one."
        )

    def destroy(self, names: Iterable[str]) -> int:
        """Destroy these keys; those already gone are passed over. Returns how many there were.

        Their names are written down first: killed in between, `forget_erased` ends it.
        """
        with self._writing() as connection:
            there = [name for name in names if has_key(connection, name)]
            if there:
                now = utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")
                append_lines(self.erased_log, [f"{now} {name}" for name in there])
            delete_keys(connection, there)
        return len(there)

    def forget_erased(self, log: Path) -> list[str]:
        """Destroy again what ``log`` says was destroyed; the names that had come back."""
        with self._reading() as connection:
            back = [name for name in self.list_erased(log) if has_key(connection, name)]
        self.destroy(back)
        return back

    def list_erased(self, log: Path | None = None) -> list[str]:
        """The names of all keys that were destroyed here, or by ``log``, oldest first."""
        path = log or self.erased_log
        lines = read_file(path).split("\n") if path.exists() else []
        return list(dict.fromkeys(match[1] for line in lines if (match := ERASED_LINE.fullmatch(line))))

    def count(self) -> int:
        with self._reading() as connection:
            return int(connection.execute("SELECT count(*) FROM person_keys").fetchone()[0])

    def list_older(self, than: int, *, after: str = "") -> list[str]:
        """A batch of key names in order, after ``after``, made before ``than`` (seconds since the epoch)."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id FROM person_keys WHERE made_at < ? AND id > ? ORDER BY id LIMIT ?", (than, after, BATCH)
            )
            return [row[0] for row in rows]

    def back_up(self, target: Path) -> None:
        """Copy all files of one moment into a new folder: no rotation and no new key comes in between."""
        make_folder(target)
        with self._writing():
            for path in (self._masters.path, self._lookup, self.erased_log):
                if path.exists():
                    write_whole(target / path.name, read_file(path))
            copy_store(self._path, target / self._path.name)

    def rotate(self) -> Iterator[int]:
        """Wrap every key with a new master key, then forget the old ones; yields how many are done.

        It can be stopped at any moment and run again, also twice at once: until the end both master keys are kept,
        and a rotation that was stopped is ended before another one begins.
        """
        with self._writing():
            if len(self._masters.read()) == 1:
                self._masters.add()
        done = 0
        while wrapped := self._wrap_some():
            done += wrapped
            yield done

    def _wrap_some(self) -> int:
        """Wrap a batch with the newest master key; when none is left, forget the other master keys."""
        with self._writing() as connection:
            masters = self._masters.read()
            newest = max(masters)
            rows = connection.execute(
                "SELECT id, master, wrapped FROM person_keys WHERE master <> ? LIMIT ?", (newest, BATCH)
            ).fetchall()
            for name, old, wrapped in rows:
                again = seal(masters[newest], unseal(masters[old], wrapped, name), name)
                connection.execute("UPDATE person_keys SET master = ?, wrapped = ? WHERE id = ?", (newest, again, name))
            if not rows:
                self._masters.keep_newest()
        return len(rows)

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        sqlite = load_sqlite()
        connection = self._connect()
        try:
            yield connection
        except sqlite.OperationalError as error:  # held by others for too long, or the disk is full
            raise OperationalError("the keys of people", None, error) from error
        except sqlite.DatabaseError as error:
            raise KeysDamaged(f"{self._path} is damaged. {BRING_BACK}") from error

    def _connect(self) -> Any:
        """This thread's connection."""
        if not hasattr(self._local, "connection"):
            self.prepare()
            self._local.connection = self._look_at_store()
        return self._local.connection

    def _look_at_store(self) -> Any:
        """A connection to the file of people's keys. Raises `KeysDamaged` when it is none."""
        try:
            connection = open_store(self._path)
            tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        except load_sqlite().DatabaseError as error:
            raise KeysDamaged(f"{self._path} cannot be opened ({error}). {BRING_BACK}") from error
        if ("person_keys",) not in tables:
            connection.close()
            raise KeysDamaged(f"{self._path} is cut off. {BRING_BACK}")
        return connection

    def _make_store(self) -> None:
        draft = draft_of(self._path)
        draft.touch(mode=0o600)
        try:
            connection = open_store(draft)
            connection.execute(SCHEMA)
            connection.close()
            put_in_place(draft, self._path, keep_first=True)
        finally:
            draft.unlink(missing_ok=True)


def open_store(path: Path) -> Any:
    """A connection to a file that is there already: a missing one is never made by looking for it."""
    connection = load_sqlite().connect(f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None)
    # What is deleted is overwritten, and no second file keeps a copy of it.
    for pragma in (
        f"busy_timeout = {LONGEST_WAIT}",
        "journal_mode = DELETE",
        "synchronous = EXTRA",
        "secure_delete = ON",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def is_whole(look: Callable[[], object]) -> bool:
    try:
        look()
    except KeysDamaged:
        return False
    return True


def put_aside(path: Path) -> None:
    """Keep a damaged file under another name: somebody may yet mend it."""
    if path.exists():
        path.rename(path.with_name(f"{path.name}.lost-{utcnow():%Y%m%d-%H%M%S}"))


def copy_store(path: Path, target: Path) -> None:
    """A whole copy of the file of people's keys, by a connection of its own."""
    target.touch(mode=0o600)
    source, copy = open_store(path), open_store(target)
    source.backup(copy)
    copy.close()
    source.close()


def has_key(connection: Any, name: str) -> bool:
    return connection.execute("SELECT 1 FROM person_keys WHERE id = ?", (name,)).fetchone() is not None


def delete_keys(connection: Any, names: Iterable[str]) -> None:
    connection.executemany("DELETE FROM person_keys WHERE id = ?", [(name,) for name in names])


def line_of(number: int, key: bytes) -> str:
    return f"{number} {key.hex()}\n"


def read_file(path: Path) -> str:
    """A file of keys. Raises `KeysDamaged` when it is missing or holds something else."""
    with suppress(FileNotFoundError, UnicodeDecodeError):
        return path.read_text("ascii")
    raise KeysDamaged(f"{path} is missing or damaged. {BRING_BACK}")
