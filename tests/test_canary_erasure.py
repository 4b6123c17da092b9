"""After an erasure the canaries are nowhere, and an old copy of the database cannot be opened any more."""

from pathlib import Path

import pytest
from flask import Flask

from accelerator.clock import utcnow
from accelerator.config import Settings
from accelerator.database import load_sqlite
from accelerator.extensions import db, vault
from accelerator.help.models import Requester
from accelerator.help.transitions import erase
from accelerator.vault.keys import KeyGone, KeyStore
from accelerator.vault.rows import sealed_tables
from accelerator.vault.sealing import Unreadable, unseal
from tests.canary import PAGES, everything_on_disk, fetch, found_in, paths_of, plant, settings_of
from tests.cast import Cast
from tests.routes import Actor, World
from tests.site import Site
from tests.steps import row


def test_after_an_erasure_it_is_nowhere_and_an_old_copy_stays_closed(app: Flask, tmp_path: Path) -> None:
    cast, site = Cast(app), Site(app)
    settings = settings_of(app)
    with app.app_context():
        planted = plant(cast)
        old_rows = sealed_rows()
        key_name = str(row(Requester, planted.requester_id).key_name)
        assert old_rows
        assert all(opens(settings.keys_path, key_name, place, sealed) for place, sealed in old_rows)
        copy = copy_database(settings, tmp_path)
        with db.transaction():
            erase(planted.requester_id, by=row(Requester, planted.requester_id), at=utcnow())
        assert sealed_rows() == []
        with pytest.raises(KeyGone):
            vault.keys.get(key_name)
    for name, content in everything_on_disk(app).items():
        assert found_in(content) == [], name
    world = World(app, cast)
    for actor in (Actor.VISITOR, Actor.VOLUNTEER, Actor.COORDINATOR, Actor.AUDITOR):
        person = world.come(actor)
        browser = site.as_(person) if person else site
        for rule in PAGES:
            for path in paths_of(rule, world, planted):
                assert found_in(fetch(browser, path).body) == [], f"{actor} on {path}"
    for place, sealed in old_rows:
        assert not opens(settings.keys_path, key_name, place, sealed)
        assert not opens_with_any_key(settings.keys_path, place, sealed), "not even with the master key"
    if copy:
        assert any(sealed in copy for _, sealed in old_rows), "the old copy still holds the sealed bytes"
        assert found_in(copy) == []


def sealed_rows() -> list[tuple[str, bytes]]:
    """(place, sealed bytes) of every sealed field in the database."""
    found = []
    for known in sealed_tables():
        for number, _key, *fields in db.read.execute(known.rows(0)):
            for column, sealed in zip(known.columns, fields, strict=True):
                if sealed is not None:
                    found.append((f"{known.table.name}|{number}|{column.name}", bytes(sealed)))
    return found


def opens(folder: Path, key_name: str, place: str, sealed: bytes) -> bool:
    try:
        unseal(KeyStore(folder).get(key_name), sealed, place)
    except (KeyGone, Unreadable):
        return False
    return True


def opens_with_any_key(folder: Path, place: str, sealed: bytes) -> bool:
    """Whether any 32 bytes that lie in the folder open it: master keys, the lookup secret, pieces of files."""
    masters = [bytes.fromhex(line.split()[1]) for line in (folder / "master.keys").read_text().splitlines()]
    secret = bytes.fromhex((folder / "lookup.key").read_text())
    raw = (folder / "person-keys.sqlite3").read_bytes()
    pieces = (raw[start : start + 32] for start in range(len(raw) - 31))
    wrapped = [raw[start : start + 61] for start in range(len(raw) - 60) if raw[start : start + 1] == b"\x01"]
    tried = [*masters, secret, *pieces]
    for name in ("", place):
        for piece in wrapped:
            for master in masters:
                try:
                    tried.append(unseal(master, piece, name))
                except Unreadable:
                    continue
    return any(is_opened(key, sealed, place) for key in tried)


def is_opened(key: bytes, sealed: bytes, place: str) -> bool:
    try:
        unseal(key, sealed, place)
    except Unreadable:
        return False
    return True


def copy_database(settings: Settings, folder: Path) -> bytes:
    """A backup as the operator makes one; of PostgreSQL none (its rows were read)."""
    if not settings.is_sqlite:
        return b""
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    target = folder / "backup.sqlite3"
    source, copy = load_sqlite().connect(path), load_sqlite().connect(target)
    source.backup(copy)
    source.close()
    copy.close()
    return target.read_bytes()
