"""Migrations: they make what the models say, and each can be taken back and done again with data in the tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, select, text

from accelerator import create_app
from accelerator.accounts.models import User
from accelerator.board.models import HelpRequest
from accelerator.config import ROOT
from accelerator.database import Base
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityEvent
from accelerator.migrations.steps import downgrade, is_current, make_config, run, upgrade
from accelerator.reference import forget_places
from accelerator.regions.models import Region
from tests.alone import run_alone
from tests.cast import Cast
from tests.databases import make_settings, postgres_server, postgres_url
from tests.factories import make_deed, make_request

#: Commands of the first hour, before anything was started, and what the operator reads.
FIRST_COMMANDS = [
    (("users", "add", "aigul@example.org", "Aigul"), "Added aigul@example.org. Password, shown this once:"),
    (("users", "role", "aigul@example.org", "admin"), "aigul@example.org has no account"),
    (("regions", "list"), "KZ-75    Almaty"),
    (("regions", "phone", "KZ-75", "+7 727 000 00 00"), "KZ-75: +7 727 000 00 00"),
    (("totals", "check"), "0 totals are right."),
    (("seed", "small"), "small: "),
    (("import-requests", "{csv}", "--map", "{map}", "--dry-run"), "has no such column"),
]
MAPPINGS = ROOT / "accelerator" / "board" / "importing" / "mappings"
REVISIONS = [script.revision for script in ScriptDirectory.from_config(make_config()).walk_revisions()]


@pytest.fixture
def empty(database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """An application with a database that holds nothing at all."""
    url = None
    if database_kind == "postgres":
        folder, orders = postgres_server()
        name = f"e_{tmp_path.name.lower().replace('-', '_')[:40]}_{id(tmp_path)}"
        orders.execute(f"CREATE DATABASE {name}")
        url = postgres_url(folder, name)
    forget_places()
    app = create_app(make_settings(tmp_path / "instance", url))
    with app.app_context():
        yield app
    db.dispose()
    forget_places()


def check_against_models() -> None:
    """Fails with the difference: write it as a migration (flask --app wsgi database revision "what changes")."""
    run(command.check)


def table_names() -> set[str]:
    return {name for name in inspect(db.write_engine).get_table_names() if not name.startswith("request_search")}


def test_an_empty_database_becomes_what_the_models_say(empty: Flask) -> None:
    assert not is_current()
    upgrade()
    assert is_current()
    check_against_models()
    assert table_names() == set(Base.metadata.tables) | {"alembic_version"}


def test_upgrading_again_changes_nothing(empty: Flask) -> None:
    upgrade()
    before = db.read.scalars(select(Region.code)).all()
    upgrade()
    assert db.read.scalars(select(Region.code)).all() == before
    assert len(before) > 17


def test_taking_everything_back_leaves_an_empty_database(empty: Flask) -> None:
    upgrade()
    Cast(empty)
    make_request()
    make_deed()
    downgrade("base")
    assert table_names() <= {"alembic_version"}
    upgrade()
    check_against_models()


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_migration_goes_back_and_forth_with_data_in_the_tables(empty: Flask, revision: str) -> None:
    upgrade()
    cast = Cast(empty)
    make_request(created_by=cast.dee.id)
    make_deed(user_id=cast.ben.id)
    script = ScriptDirectory.from_config(make_config()).get_revision(revision)
    assert script is not None
    down = script.down_revision
    downgrade(str(down) if down else "base")
    assert not is_current()
    upgrade()
    assert is_current()
    check_against_models()
    if down:
        assert len(db.read.scalars(select(User.id)).all()) == 7
        assert len(db.read.scalars(select(HelpRequest.id)).all()) == 1
    make_request(title="Still works")
    with pytest.raises(Exception, match="append-only"), db.transaction() as session:
        session.execute(text("DELETE FROM integrity_events"))
    assert len(db.read.scalars(select(IntegrityEvent.seq)).all()) >= 1


def test_the_chain_has_one_end_and_every_link_can_be_taken_back() -> None:
    directory = ScriptDirectory.from_config(make_config())
    assert len(directory.get_heads()) == 1
    for script in directory.walk_revisions():
        assert callable(getattr(script.module, "downgrade", None)), f"{script.path} cannot be taken back"
        assert script.doc, f"{script.path}: say in its first line what it changes"


def test_open_requests_are_found_by_words_after_an_upgrade(empty: Flask) -> None:
    from accelerator.board.queries import Filters, list_open
    from accelerator.clock import utcnow

    upgrade()
    request_id = make_request(title="Water the roses")
    now = utcnow()
    rows, _ = list_open(db.read, Filters(words=("roses",)), now=now, day_ends=now)
    assert [row.id for row in rows] == [request_id]


def test_migrations_import_no_models() -> None:
    for path in (ROOT / "accelerator" / "migrations" / "versions").glob("*.py"):
        assert "from accelerator" not in path.read_text("utf-8"), (
            f"{path.name}: models change later; name tables and columns in the migration itself"
        )


@pytest.mark.parametrize(("words", "answer"), FIRST_COMMANDS, ids=[" ".join(words[:2]) for words, _ in FIRST_COMMANDS])
def test_a_command_before_the_first_start_makes_the_tables(
    empty: Flask, tmp_path: Path, words: tuple[str, ...], answer: str
) -> None:
    files = {"csv": str(tmp_path / "list.csv"), "map": str(next(MAPPINGS.glob("*.toml")))}
    Path(files["csv"]).write_text("a,b\n", "utf-8")
    result = run_alone(empty, *(word.format(**files) for word in words))
    assert answer in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_command_leaves_the_tables_of_another_version_alone(empty: Flask) -> None:
    upgrade()
    with db.write_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    result = run_alone(empty, "users", "add", "aigul@example.org", "Aigul")
    assert result.exit_code == 1
    assert "flask --app wsgi database upgrade" in result.output
    assert db.read.scalars(select(User.id)).first() is None
