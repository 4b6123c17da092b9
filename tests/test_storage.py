"""Uploads on disk: whole or not at all, and never outside their folder."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from accelerator.storage import BadKey, FolderStorage

KEY = "0f3a9c51d2e8b7460f3a9c51d2e8b746-large.webp"


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "uploads")


def files_below(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_what_is_saved_can_be_opened(storage: FolderStorage) -> None:
    storage.save(KEY, b"apple")
    with storage.open(KEY) as file:
        assert file.read() == b"apple"


def test_a_blob_lies_two_folders_deep(storage: FolderStorage, tmp_path: Path) -> None:
    storage.save(KEY, b"apple")
    assert storage.path(KEY) == tmp_path / "uploads" / "0f" / "3a" / KEY
    assert storage.path(KEY).is_file()


def test_saving_again_replaces_the_blob(storage: FolderStorage, tmp_path: Path) -> None:
    storage.save(KEY, b"apple")
    storage.save(KEY, b"pear")
    assert storage.path(KEY).read_bytes() == b"pear"
    assert files_below(tmp_path) == [KEY]


def test_deleting_twice_is_fine(storage: FolderStorage) -> None:
    storage.save(KEY, b"apple")
    storage.delete(KEY)
    storage.delete(KEY)
    with pytest.raises(FileNotFoundError):
        storage.open(KEY)


def test_deleting_what_never_was_is_fine(storage: FolderStorage) -> None:
    storage.delete(KEY)


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "0f3a/../../x.webp",
        "/etc/passwd",
        "0f3a9c51\\x.webp",
        "0f3a9c51.webp\n",
        "0f3a9c51\x00.webp",
        "0F3A9C51.webp",
        "0f3a9c51",
        ".0f3a9c51.webp",
        "0f3..webp",
        "-f3a9c51.webp",
        "0f3a9c51.we bp",
        "\u0660f3a9c51.webp",
        "a" * 97 + ".webp",
    ],
)
def test_a_name_that_is_not_ours_never_reaches_the_disk(storage: FolderStorage, tmp_path: Path, key: str) -> None:
    for attempt in (storage.path, storage.open, storage.delete, lambda key: storage.save(key, b"x")):
        with pytest.raises(BadKey):
            attempt(key)
    assert files_below(tmp_path) == []


def test_a_failure_midway_keeps_the_old_blob_and_leaves_nothing_behind(
    storage: FolderStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.save(KEY, b"apple")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        storage.save(KEY, b"half a pear")
    assert storage.path(KEY).read_bytes() == b"apple"
    assert files_below(tmp_path) == [KEY]


def test_a_reader_never_sees_half_a_blob(storage: FolderStorage) -> None:
    whole = {letter * 200_000 for letter in (b"a", b"b", b"c", b"d")}
    storage.save(KEY, b"a" * 200_000)

    def read() -> bytes:
        with storage.open(KEY) as file:
            return file.read()

    with ThreadPoolExecutor(8) as threads:
        for data in whole:
            threads.submit(storage.save, KEY, data)
        seen = [threads.submit(read) for _ in range(40)]
    assert {reading.result() for reading in seen} <= whole
