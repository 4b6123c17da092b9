"""The folder of keys: made once, read by us only, whole or refused with a sentence; destroyed means destroyed."""

import os
import stat
from pathlib import Path

import pytest

from accelerator.config import SettingsError
from accelerator.database import load_sqlite
from accelerator.vault.files import KeysDamaged, refuse_open
from accelerator.vault.keys import KeyGone, KeyStore
from accelerator.vault.sealing import Unreadable, seal, unseal

FILES = ("lookup.key", "master.keys", "person-keys.sqlite3")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_found_again_by_its_name_also_by_another_process(store: KeyStore, folder: Path) -> None:
    names = [store.create() for _ in range(20)]
    assert len({store.get(name) for name in names}) == 20
    assert [KeyStore(folder).get(name) for name in names] == [store.get(name) for name in names]


def test_only_we_may_read_the_files_and_the_folder(store: KeyStore, folder: Path) -> None:
    before = os.umask(0)  # the most careless that a service can be started with
    try:
        store.destroy([store.create()])
        list(store.rotate())
    finally:
        os.umask(before)
    assert mode(folder) == 0o700
    assert {path.name: mode(path) for path in folder.iterdir()} == dict.fromkeys((*FILES, "erased.log"), 0o600)


@pytest.mark.parametrize("name", ["", *FILES])
def test_a_folder_that_others_may_read_stops_the_start(store: KeyStore, folder: Path, name: str) -> None:
    store.create()
    (folder / name).chmod(0o750)
    with pytest.raises(SettingsError, match=r"chmod 0[67]00") as stopped:
        refuse_open(folder)
    assert str(folder / name) in str(stopped.value)


def test_the_keys_in_the_file_are_wrapped(store: KeyStore, folder: Path) -> None:
    key = store.get(store.create())
    for path in folder.iterdir():
        assert key not in path.read_bytes()
        assert key.hex().encode() not in path.read_bytes()


def test_a_destroyed_key_is_gone_from_the_bytes_of_its_file(store: KeyStore, folder: Path) -> None:
    name, other = store.create(), store.create()
    wrapped = wrapped_of(folder, name)
    assert wrapped in (folder / "person-keys.sqlite3").read_bytes()
    assert store.destroy([name, "unknown"]) == 1
    assert store.destroy([name]) == 0, "repeating is harmless"
    with pytest.raises(KeyGone):
        store.get(name)
    assert all(wrapped not in path.read_bytes() for path in folder.iterdir())
    assert store.get(other)


def wrapped_of(folder: Path, name: str) -> bytes:
    connection = load_sqlite().connect(folder / "person-keys.sqlite3")
    found = connection.execute("SELECT wrapped FROM person_keys WHERE id = ?", (name,)).fetchone()[0]
    connection.close()
    return bytes(found)


def test_after_destroying_not_even_all_keys_that_are_left_open_an_old_copy(store: KeyStore, folder: Path) -> None:
    name = store.create()
    sealed = seal(store.get(name), b"Abay 12", "t|1|c")
    store.destroy([name])
    masters = [bytes.fromhex(line.split()[1]) for line in (folder / "master.keys").read_text().splitlines()]
    for key in [*masters, *(store.get(store.create()) for _ in range(3)), store.lookup_secret()[:32]]:
        with pytest.raises(Unreadable):
            unseal(key, sealed, "t|1|c")


def test_the_names_of_destroyed_keys_are_written_down(store: KeyStore) -> None:
    names = [store.create() for _ in range(3)]
    store.destroy(names[:2])
    assert store.list_erased() == names[:2]
    assert store.erased_log.read_text("ascii").count("\n") == 2


def test_a_backup_of_the_keys_that_is_put_back_forgets_again_what_was_destroyed(store: KeyStore, folder: Path) -> None:
    erased, kept = store.create(), store.create()
    backup = {path.name: path.read_bytes() for path in folder.iterdir()}
    store.destroy([erased])
    log = store.erased_log.rename(folder.parent / "erased.log")
    for name, content in backup.items():
        (folder / name).write_bytes(content)
    again = KeyStore(folder)
    assert again.get(erased), "the backup brought it back"
    assert again.forget_erased(log) == [erased]
    assert again.forget_erased(log) == [], "repeating is harmless"
    with pytest.raises(KeyGone):
        again.get(erased)
    assert again.get(kept)


def test_a_backup_is_a_whole_set_of_keys_for_us_only(store: KeyStore, folder: Path, tmp_path: Path) -> None:
    names = [store.create() for _ in range(3)]
    store.destroy(names[:1])
    store.back_up(tmp_path / "backup")
    copy = KeyStore(tmp_path / "backup")
    assert [copy.get(name) for name in names[1:]] == [store.get(name) for name in names[1:]]
    assert (copy.lookup_secret(), copy.list_erased()) == (store.lookup_secret(), names[:1])
    assert {mode(path) for path in (tmp_path / "backup").iterdir()} == {0o600}
    assert mode(tmp_path / "backup") == 0o700
    list(store.rotate())
    assert copy.get(names[1]) == store.get(names[1])


# ---- rotation ----


@pytest.mark.usefixtures("small_batches")
def test_after_a_rotation_every_key_is_what_it_was_and_the_old_master_is_gone(store: KeyStore, folder: Path) -> None:
    keys = {name: store.get(name) for name in [store.create() for _ in range(12)]}
    old = (folder / "master.keys").read_text()
    assert list(store.rotate()) == [5, 10, 12]
    new = (folder / "master.keys").read_text()
    assert new.startswith("2 ")
    assert old not in new
    assert {name: store.get(name) for name in keys} == keys


@pytest.mark.usefixtures("small_batches")
def test_a_rotation_that_was_stopped_is_ended_by_the_next_one(store: KeyStore, folder: Path) -> None:
    keys = {name: store.get(name) for name in [store.create() for _ in range(12)]}
    next(store.rotate())
    assert len((folder / "master.keys").read_text().splitlines()) == 2
    assert {name: store.get(name) for name in keys} == keys, "in between all open"
    list(store.rotate())
    assert (folder / "master.keys").read_text().startswith("2 "), "the same one was ended, none begun"
    assert {name: store.get(name) for name in keys} == keys


@pytest.mark.usefixtures("small_batches")
def test_two_rotations_at_once_end_as_one(store: KeyStore, folder: Path) -> None:
    keys = {name: store.get(name) for name in [store.create() for _ in range(23)]}
    first, second = store.rotate(), KeyStore(folder).rotate()
    for _ in range(10):
        next(first, None)
        next(second, None)
    assert {name: store.get(name) for name in keys} == keys
    assert len((folder / "master.keys").read_text().splitlines()) == 1


def test_keys_made_during_a_rotation_are_not_passed_by(store: KeyStore) -> None:
    names = [store.create() for _ in range(3)]
    rotation = store.rotate()
    next(rotation)
    names.append(store.create())
    assert list(rotation) == []
    assert all(store.get(name) for name in names)


def test_a_rotation_of_nothing_works(store: KeyStore) -> None:
    store.prepare()
    assert list(store.rotate()) == []
    assert store.get(store.create())


# ---- what is missing or cut off ----


#: Without its largest file a folder looks like one before the first start; `serve` asks the database then.
UNKNOWABLE = ("person-keys.sqlite3", "missing")
HARMS = [(name, harm) for name in FILES for harm in ("missing", "empty", "cut", "nonsense")]


@pytest.mark.parametrize(("name", "harm"), [pair for pair in HARMS if pair != UNKNOWABLE])
def test_a_damaged_file_is_told_of_in_a_sentence_and_never_replaced(folder: Path, name: str, harm: str) -> None:
    first = KeyStore(folder)
    key_name = first.create()
    path = folder / name
    content = path.read_bytes()
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "nonsense": b"\xff nonsense " * 400}[harm])
    with pytest.raises(KeysDamaged, match="Bring it back") as told:
        look_at_all(KeyStore(folder), key_name)
    assert name in str(told.value)
    assert not path.exists() or path.read_bytes() != content


def look_at_all(store: KeyStore, key_name: str) -> None:
    store.lookup_secret()
    store.get(key_name)
    store.count()


def test_a_master_of_another_backup_is_told_of(folder: Path) -> None:
    store = KeyStore(folder)
    name = store.create()
    old = (folder / "master.keys").read_text()
    list(store.rotate())
    (folder / "master.keys").write_text(old)
    with pytest.raises(KeysDamaged, match="different backups"):
        KeyStore(folder).get(name)


def test_beginning_anew_keeps_the_damaged_files_and_what_is_whole(folder: Path) -> None:
    store = KeyStore(folder)
    name, secret = store.create(), store.lookup_secret()
    (folder / "master.keys").write_text("1 abc")
    assert not KeyStore(folder).is_whole
    store = KeyStore(folder)
    store.begin_anew()
    assert store.is_whole
    assert store.lookup_secret() == secret, "tracking codes still work"
    assert {path.name.split(".lost")[0] for path in folder.glob("*.lost-*")} == {"master.keys", "person-keys.sqlite3"}
    with pytest.raises(KeyGone):
        store.get(name)


def test_looking_makes_nothing(folder: Path) -> None:
    store = KeyStore(folder)
    assert not store.exists
    assert not store.is_whole
    assert not folder.exists()
