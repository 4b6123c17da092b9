"""Where uploaded files live.

The rest of the portal knows only ``Storage``, so that a second web machine can one day keep its
uploads in a shared place without a change anywhere else. ``FolderStorage`` is the one we run.
"""

import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import BinaryIO, Protocol

# Names we make ourselves: a word of lower-case letters, digits and hyphens, one dot, one ending.
# Nothing that means anything to a file system ("..", "/", "~", NUL, upper-case twins) can be written so.
_KEY = re.compile(r"[a-z0-9]{4}[a-z0-9-]{0,92}\.[a-z0-9]{2,5}", re.ASCII)


class BadKey(ValueError):
    """The name of an upload that we could not have given; never a reason to touch the disk."""


class Storage(Protocol):
    """Named blobs. A key is what ``save`` was given; a bad one raises ``BadKey`` everywhere."""

    def save(self, key: str, data: bytes) -> None:
        """Keep ``data`` under ``key``, whole or not at all; an older blob of that name is replaced."""

    def open(self, key: str) -> BinaryIO:
        """Return the blob for reading; the caller closes it. Raise FileNotFoundError if there is none."""

    def delete(self, key: str) -> None:
        """Forget the blob. Deleting twice is fine."""

    def path(self, key: str) -> Path:
        """Return where the blob is, or would be, on this machine's disk."""


class FolderStorage:
    """Blobs as files below ``root``, two folders deep: ``abcd….webp`` is ``root/ab/cd/abcd….webp``.

    Two levels of 256 keep every folder short when keys start with random hex digits.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, key: str) -> Path:
        """Return the file for ``key``, be it there or not; raise ``BadKey`` if it is no name of ours."""
        if not _KEY.fullmatch(key):
            raise BadKey(key)
        return self._root / key[:2] / key[2:4] / key

    def save(self, key: str, data: bytes) -> None:
        """Write ``data`` whole or not at all, and return only once it would survive a power cut.

        1. Write a neighbour with a name of its own and flush it to the disk.
        2. Rename it over ``key``: a reader sees the old file or the new one, never a half.
        3. Flush the folder too, or the new name itself could be lost.

        A crash between 1 and 2 leaves a ``*.part`` file behind, which nothing ever reads.
        """
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(suffix=".part", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)
            raise
        _flush_folder(target.parent)

    def open(self, key: str) -> BinaryIO:
        """Open the file for reading; raise FileNotFoundError if it was never saved or is deleted."""
        return self.path(key).open("rb")

    def delete(self, key: str) -> None:
        """Remove the file if it is there."""
        self.path(key).unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
