"""Photos of reports: nothing but their pixels, sealed for the auditors, without the hour at which they came."""

import os
import secrets
from collections.abc import Sequence
from datetime import datetime

from accelerator.appeals.sealing import seal_bytes
from accelerator.deeds.uploads import storage
from accelerator.photos import Photo

MOST_PHOTOS = 3


def keep_sealed(photos: Sequence[Photo], key: bytes, *, hour: datetime) -> list[tuple[str, int]]:
    """Store photos sealed; their names and sizes. The files' own times say the hour only."""
    kept = []
    for photo in photos:
        name, sealed = f"{secrets.token_hex(16)}.box", seal_bytes(key, photo.large)
        storage().save(name, sealed)
        os.utime(storage().path(name), (hour.timestamp(), hour.timestamp()))
        kept.append((name, len(sealed)))
    return kept


def read_sealed(name: str) -> bytes:
    """The sealed bytes; nothing when the file is gone."""
    try:
        with storage().open(name) as file:
            return file.read()
    except FileNotFoundError:
        return b""


def delete_sealed(name: str) -> None:
    storage().delete(name)
