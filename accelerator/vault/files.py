"""Files of keys: written whole or not at all, on the disk when the function returns, readable by us only."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accelerator.config import SettingsError


class KeysDamaged(Exception):
    """A file of keys is missing, cut off or not ours; the message says which one and what to do."""


def write_whole(path: Path, text: str, *, keep_first: bool = False) -> None:
    """Put ``text`` into a file at once; with ``keep_first`` a file that is there already stays as it is."""
    draft = draft_of(path)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(draft, path, keep_first=keep_first)
    finally:
        draft.unlink(missing_ok=True)


def draft_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.{secrets.token_hex(4)}")


def put_in_place(draft: Path, path: Path, *, keep_first: bool) -> None:
    """Give a finished draft its name; two processes at once leave one whole file."""
    if not keep_first:
        draft.replace(path)
    else:
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return  # another process was first: its key counts
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def append_lines(path: Path, lines: list[str]) -> None:
    """Add lines at the end of a file, which is made when it is missing."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with open(handle, "a", encoding="ascii") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """The folder of the keys, for us only."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    refuse_open(folder)


def refuse_open(folder: Path) -> None:
    """Stop the start when others on this machine could read the keys. A folder that is not there yet is fine."""
    for path in (folder, *(folder.iterdir() if folder.is_dir() else ())):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # not made yet, or a draft that has just got its name
        if status.st_mode & 0o077:
            mode = "0700" if path is folder else "0600"
            raise SettingsError(
                f"Others on this machine may read {path}, and it holds the keys of people's contacts. "
                f"Close it: chmod {mode} '{path}'"
            )


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Only one process at once makes the files of a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
