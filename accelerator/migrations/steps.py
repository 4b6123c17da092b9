"""Brings the database from one shape to another with Alembic.

Imported by the commands when they run and by nobody else: Alembic takes eleven megabytes, and a web worker
never needs it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.questionnaire.builtin import load_builtin
from accelerator.regions.builtin import load_reference

HERE = Path(__file__).parent
#: Any number, as long as nothing else takes an advisory lock with it.
UPGRADE_LOCK = 2026_07_01


def upgrade() -> None:
    """Run the missing migrations; safe to repeat, also by two processes at once."""
    with one_at_a_time():
        run(lambda config: command.upgrade(config, "head"))
        with db.transaction() as session:
            load_reference(session)
            load_builtin(session, at=utcnow())


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """On PostgreSQL a second start waits for the first; SQLite's one writer does that by itself."""
    if db.settings.is_sqlite:
        yield
        return
    with db.read_engine.connect() as guard:
        guard.exec_driver_sql("SET lock_timeout = 0")
        guard.exec_driver_sql(f"SELECT pg_advisory_lock({UPGRADE_LOCK})")
        try:
            yield
        finally:
            guard.invalidate()  # the end of the connection is the end of the lock


def downgrade(revision: str) -> None:
    """Go back to ``revision`` (``base``: before the first)."""
    run(lambda config: command.downgrade(config, revision))


def revise(message: str) -> None:
    """Write a migration from the difference between models and database."""
    run(lambda config: command.revision(config, message, autogenerate=True))


def run(step: Callable[[Config], object]) -> None:
    """Run an Alembic command on a connection of ours, in one transaction."""
    config = make_config()
    with db.write_engine.connect() as connection:
        config.attributes["connection"] = connection
        step(config)


def make_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


def is_current() -> bool:
    """Whether the database has the shape that this code needs."""
    return find_revision() == ScriptDirectory.from_config(make_config()).get_current_head()


def find_revision() -> str | None:
    """The shape of the database; None: it has no tables of ours."""
    with db.read_engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
