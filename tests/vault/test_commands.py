"""``flask keys`` and the start: what the operator is told, and what changes."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Column, update

from accelerator.clock import utcnow
from accelerator.config import Settings
from accelerator.database import Base, load_sqlite
from accelerator.extensions import db, vault
from accelerator.help.contact import Contact, open_contact
from accelerator.help.models import Requester
from accelerator.help.transitions import erase
from accelerator.integrity.record import SYSTEM
from accelerator.running.checks import CannotStart, check_keys
from accelerator.vault import rows
from accelerator.vault.keys import KeyGone, KeyStore
from tests.alone import run_alone
from tests.factories import make_request, make_requester
from tests.steps import row

APA = Contact(name="Apa Bota", phone="+77011234567", street="Abay", door="12, 4")


def make_old(settings: Settings, *names: str) -> None:
    """As if these keys (or all) had been made two days ago."""
    connection = load_sqlite().connect(settings.keys_path / "person-keys.sqlite3", isolation_level=None)
    for name in names or ("%",):
        connection.execute("UPDATE person_keys SET made_at = made_at - 200000 WHERE id LIKE ?", (name,))
    connection.close()


def put_back(folder: Path, copy: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    vault.init_app(db.settings)


def test_every_table_with_sealed_columns_is_known() -> None:
    known = {(found.table.name, column.name) for found in rows.sealed_tables() for column in found.columns}
    assert known >= {
        ("requesters", "sealed_contact"),
        ("requesters", "sealed_answers"),
        ("case_entries", "sealed"),
        ("contact_reveals", "sealed_reason"),
        ("appeals", "sealed_text"),
        ("appeals", "sealed_contact"),
        ("appeal_entries", "sealed"),
    }


@pytest.mark.parametrize("column", rows.key_names(), ids=str)
def test_every_name_of_a_key_is_found_by_an_index(column: Column[str]) -> None:
    """The sweep asks for each key whether a row needs it."""
    table = column.table
    is_indexed = column.unique or any(column is next(iter(index.columns)) for index in table.indexes)
    assert is_indexed, f"{column}: add index=True (or unique=True), else the daily sweep reads the table once a batch"


def test_check_opens_everything_and_says_so(app: Flask) -> None:
    with app.app_context():
        for _ in range(3):
            make_requester(contact=APA)
    done = run_alone(app, "keys", "check")
    assert done.exit_code == 0, done.output
    assert "3 rows: 6 fields open." in done.output
    assert "0 keys of 3 belong to nobody" in done.output


def test_check_counts_what_does_not_open(app: Flask) -> None:
    with app.app_context():
        one, two = make_requester(contact=APA)[0], make_requester(contact=APA)[0]
        gone = row(Requester, one).key_name
        assert gone is not None
        vault.keys.destroy([gone])
        with db.transaction() as session:
            session.execute(update(Requester).where(Requester.id == two).values(sealed_contact=b"\x01 changed"))
    done = run_alone(app, "keys", "check")
    assert done.exit_code == 1
    assert "2 rows: 1 fields open." in done.output
    assert "2 fields have no key, 1 do not open" in done.output


def test_rotate_leaves_every_contact_readable(app: Flask) -> None:
    with app.app_context():
        numbers = [make_requester(contact=APA)[0] for _ in range(3)]
        done = run_alone(app, "keys", "rotate")
        assert done.exit_code == 0, done.output
        assert "3 keys are wrapped with a new master key" in done.output
        assert all(open_contact(row(Requester, number)) == APA for number in numbers)
    assert run_alone(app, "keys", "check").exit_code == 0


def test_the_sweep_destroys_old_keys_of_nobody_and_no_others(app: Flask, settings: Settings) -> None:
    with app.app_context():
        number = make_requester(contact=APA)[0]
        lost, fresh = vault.keys.create(), vault.keys.create()
        own = row(Requester, number).key_name
        make_old(settings, lost, str(own))
    assert "1 keys belong to nobody." in run_alone(app, "keys", "sweep", "--dry-run").output
    assert "1 keys destroyed." in run_alone(app, "keys", "sweep").output
    assert "0 keys destroyed." in run_alone(app, "keys", "sweep").output, "repeating is harmless"
    with app.app_context():
        assert vault.keys.get(fresh)
        assert open_contact(row(Requester, number)) == APA
        with pytest.raises(KeyGone):
            vault.keys.get(lost)


def test_so_many_keys_of_nobody_mean_the_wrong_database(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty database beside the keys of the true one: the daily sweep would erase everybody."""
    monkeypatch.setattr(rows, "FEW", 3)
    with app.app_context():
        names = [vault.keys.create() for _ in range(5)]
        make_old(settings)
    done = run_alone(app, "keys", "sweep")
    assert done.exit_code == 1
    assert "looks like the wrong database" in done.output
    with app.app_context():
        assert all(vault.keys.get(name) for name in names)
    assert "5 keys destroyed." in run_alone(app, "keys", "sweep", "--all").output


def test_a_backup_goes_into_a_folder_of_its_own(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        make_requester(contact=APA)
    done = run_alone(app, "keys", "backup", str(tmp_path / "today"))
    assert done.exit_code == 0, done.output
    assert "1 keys are in" in done.output
    assert (tmp_path / "today" / "master.keys").exists()
    again = run_alone(app, "keys", "backup", str(tmp_path / "today"))
    assert again.exit_code == 1
    assert "there already" in again.output


# ---- the start ----


def test_it_starts_with_a_new_folder_and_an_empty_database(app: Flask) -> None:
    with app.app_context():
        check_keys()
        assert vault.keys.is_whole
        make_requester(contact=APA)
        check_keys()


def test_it_does_not_start_when_the_keys_to_peoples_contacts_are_not_there(app: Flask, settings: Settings) -> None:
    with app.app_context():
        make_requester(contact=APA)
        shutil.rmtree(settings.keys_path)
        vault.init_app(settings)
        for _ in range(2):
            with pytest.raises(CannotStart, match="keys accept-loss") as refused:
                check_keys()
        assert str(settings.keys_path) in str(refused.value)
        assert not settings.keys_path.exists(), "nothing is made in silence"


@pytest.mark.parametrize("name", ["master.keys", "lookup.key", "person-keys.sqlite3"])
def test_it_does_not_start_with_a_damaged_file(app: Flask, settings: Settings, name: str) -> None:
    with app.app_context():
        make_requester(contact=APA)
        (settings.keys_path / name).write_bytes(b"")
        vault.init_app(settings)
        with pytest.raises(CannotStart, match=name):
            check_keys()


def test_commands_tell_of_a_damaged_file_in_a_sentence(app: Flask, settings: Settings) -> None:
    with app.app_context():
        make_requester(contact=APA)
    (settings.keys_path / "person-keys.sqlite3").write_bytes(b"nonsense " * 500)
    vault.init_app(settings)
    for words in (("rotate",), ("check",), ("sweep",)):
        done = run_alone(app, "keys", *words)
        assert done.exit_code == 1
        assert "Bring it back from the newest backup of the keys." in done.output
        assert "Traceback" not in done.output


def test_a_loss_is_accepted_by_a_command_and_not_by_chance(app: Flask, settings: Settings) -> None:
    with app.app_context():
        number = make_requester(contact=APA)[0]
    assert "nothing is lost" in run_alone(app, "keys", "accept-loss", "--yes").output
    shutil.rmtree(settings.keys_path)
    vault.init_app(settings)
    asked = run_alone(app, "keys", "accept-loss")
    assert asked.exit_code == 1, "without an answer nothing is done"
    assert not vault.keys.is_whole
    done = run_alone(app, "keys", "accept-loss", "--yes")
    assert done.exit_code == 0, done.output
    with app.app_context():
        check_keys()
        with pytest.raises(KeyGone):
            open_contact(row(Requester, number))
        make_requester(contact=APA)


# ---- after a restore ----


def test_a_restore_of_old_keys_and_an_old_database_erases_again(app: Flask, settings: Settings, tmp_path: Path) -> None:
    with app.app_context():
        one, two = (make_requester(contact=APA, request_id=make_request(for_person=True))[0] for _ in range(2))
        old = {number: bytes(row(Requester, number).sealed_contact or b"") for number in (one, two)}
        key_name = row(Requester, one).key_name
        shutil.copytree(settings.keys_path, tmp_path / "backup")
        with db.transaction():
            erase(one, by=SYSTEM, at=utcnow())
        log = shutil.copy(settings.keys_path / "erased.log", tmp_path)
        put_back(settings.keys_path, tmp_path / "backup")
        with db.transaction() as session:  # the row as it stood in the old database
            session.execute(
                update(Requester)
                .where(Requester.id == one)
                .values(key_name=key_name, sealed_contact=old[one], erased_at=None)
            )
        assert open_contact(row(Requester, one)) == APA, "both backups together bring a person back"
    done = run_alone(app, "keys", "forget-erased", str(log))
    assert done.exit_code == 0, done.output
    assert "1 keys that had come back are destroyed again; 1 people and 0 appeals are erased again." in done.output
    with app.app_context():
        assert row(Requester, one).erased_at is not None
        assert row(Requester, one).sealed_contact is None
        assert open_contact(row(Requester, two)) == APA
    again = run_alone(app, "keys", "forget-erased", str(log))
    assert "0 keys" in again.output
    assert "0 people" in again.output


def test_an_old_database_with_the_present_keys_erases_again_too(app: Flask) -> None:
    with app.app_context():
        one = make_requester(contact=APA)[0]
        before = row(Requester, one)
        key_name, sealed = before.key_name, before.sealed_contact
        with db.transaction():
            erase(one, by=SYSTEM, at=utcnow())
        with db.transaction() as session:
            session.execute(
                update(Requester)
                .where(Requester.id == one)
                .values(key_name=key_name, sealed_contact=sealed, erased_at=None)
            )
    assert run_alone(app, "keys", "check").exit_code == 1
    assert "1 people" in run_alone(app, "keys", "forget-erased").output
    assert run_alone(app, "keys", "check").exit_code == 0


def test_without_any_erasure_there_is_nothing_to_do_again(app: Flask) -> None:
    done = run_alone(app, "keys", "forget-erased")
    assert done.exit_code == 0
    assert "No key was ever destroyed here" in done.output


def test_a_kill_between_the_erasure_and_the_key_is_mended_by_the_sweep(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        one = make_requester(contact=APA)[0]
        key_name = str(row(Requester, one).key_name)
        with monkeypatch.context() as patch:
            patch.setattr(KeyStore, "destroy", lambda *_: 0)
            with db.transaction():
                erase(one, by=SYSTEM, at=utcnow())
        assert vault.keys.get(key_name), "killed before it was destroyed"
        make_old(settings, key_name)
        assert rows.sweep(db.read, vault.keys, at=utcnow() + timedelta(seconds=1)) == 1
        with pytest.raises(KeyGone):
            vault.keys.get(key_name)


def test_drafts_of_browsers_are_not_taken_for_rows_of_the_vault() -> None:
    assert "help_drafts" in Base.metadata.tables
    assert all(found.table.name != "help_drafts" for found in rows.sealed_tables())
