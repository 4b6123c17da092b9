"""Seeded instances, kept between runs, and what the measurements ask of them."""

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from accelerator.accounts.viewer import hash_token
from accelerator.config import ROOT
from accelerator.database import load_sqlite, prepare_sqlite
from tests.bench.servers import environment

FOLDER = ROOT / "instance" / "bench"
#: Open requests lie at most three months ahead: older data would have an empty board.
KEEP_SECONDS = 20 * 24 * 3600
FILE = "accelerator.sqlite3"


def seeded(size: str) -> Path:
    """The instance with data of this size; made at the first need."""
    folder = FOLDER / f"data-{size}"
    mark, made_by = folder / "seeded", code_hash()
    is_fresh = mark.exists() and mark.read_text() == made_by and time.time() - mark.stat().st_mtime < KEEP_SECONDS
    if not is_fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    flask(folder, "database", "upgrade")
    if not mark.exists():
        flask(folder, "seed", size)
        mark.write_text(made_by)
    return folder


def code_hash() -> str:
    """What the tables and the rows are made by: when it changes, kept data are of another time."""
    files = [path for part in ("migrations", "seeding") for path in (ROOT / "accelerator" / part).rglob("*.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


def flask(instance: Path, *arguments: str) -> None:
    """Run one of the operator's commands on an instance."""
    env = environment(instance) | {"PYTHONUNBUFFERED": "1"}
    subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", *arguments], cwd=ROOT, env=env, check=True)


@contextmanager
def copied(size: str) -> Iterator[Path]:
    """A copy to change, gone afterwards."""
    source = seeded(size)
    with tempfile.TemporaryDirectory(prefix="aog-bench-") as name:
        folder = Path(name)
        with closing(connect(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(folder / FILE),))
        shutil.copy(source / "secret.key", folder)
        os.chmod(folder / "secret.key", 0o600)
        yield folder


def connect(instance: Path) -> Any:
    connection = load_sqlite().connect(str(instance / FILE))
    prepare_sqlite(connection)
    return connection


def sign_in(instance: Path, count: int) -> list[str]:
    """Session tokens of the first ``count`` volunteers who can sign in."""
    tokens = [secrets.token_urlsafe(32) for _ in range(count)]
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    with closing(connect(instance)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for number, token in enumerate(tokens, 2):  # 1 is the coordinator
            row = (hash_token(token), number, now, now)
            connection.execute("INSERT INTO auth_sessions VALUES (?, ?, ?, ?)", row)
        connection.execute("COMMIT")
    return tokens


def sign_in_as(instance: Path, user_id: int) -> str:
    """A session token of one person."""
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    with closing(connect(instance)) as connection:
        connection.execute("INSERT INTO auth_sessions VALUES (?, ?, ?, ?)", (hash_token(token), user_id, now, now))
    return token


def like_person(instance: Path) -> int:
    """Somebody whose own page shows the same at each size: one task confirmed, one deed told, nothing open."""
    query = (
        "SELECT id FROM users WHERE role = 'volunteer' AND confirmed_minutes > 0 "
        "AND (SELECT group_concat(state) FROM claims WHERE user_id = users.id) = 'confirmed' "
        "AND (SELECT group_concat(status) FROM deeds WHERE user_id = users.id AND claim_id IS NULL) = 'published' "
        "ORDER BY id LIMIT 1"
    )
    with closing(connect(instance)) as connection:
        return int(connection.execute(query).fetchone()[0])


def middle_of(instance: Path, kind: str) -> int:
    """The moment, in microseconds, in the middle of the board or of the feed."""
    queries = {
        "board": "SELECT due_at FROM help_requests WHERE status = 'open' ORDER BY due_at LIMIT 1 "
        "OFFSET (SELECT count(*) / 2 FROM help_requests WHERE status = 'open')",
        "feed": "SELECT published_at FROM deeds WHERE id = (SELECT max(id) / 2 FROM deeds)",
    }
    with closing(connect(instance)) as connection:
        (moment,) = connection.execute(queries[kind]).fetchone()
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * 1_000_000


def free_requests(instance: Path) -> list[int]:
    """Open requests that nobody has taken a place of, for any age, at no fixed hour."""
    with closing(connect(instance)) as connection:
        rows = connection.execute(
            "SELECT id FROM help_requests WHERE status = 'open' AND taken = 0 AND starts_at IS NULL AND due_at > ? "
            "ORDER BY id",
            (datetime.now(UTC).replace(tzinfo=None).isoformat(" "),),
        ).fetchall()
    return [row[0] for row in rows]


def set_capacity(instance: Path, request_id: int, capacity: int) -> None:
    with closing(connect(instance)) as connection:
        connection.execute("UPDATE help_requests SET capacity = ? WHERE id = ?", (capacity, request_id))


def places_taken(instance: Path, request_id: int) -> tuple[int, int]:
    """(places taken by the request's row, places held by claims)."""
    with closing(connect(instance)) as connection:
        taken = connection.execute("SELECT taken FROM help_requests WHERE id = ?", (request_id,)).fetchone()[0]
        held = connection.execute(
            "SELECT coalesce(sum(people), 0) FROM claims WHERE request_id = ? AND state = 'claimed'", (request_id,)
        ).fetchone()[0]
    return int(taken), int(held)
