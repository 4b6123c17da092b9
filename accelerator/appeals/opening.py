"""Opens sealed reports, on the auditors' own machine. This file needs PyNaCl and nothing else of the portal.

    python opening.py sealed.jsonl --key auditors.key [--photos FOLDER]

(``pip install pynacl`` beforehand.) The same is ``flask --app wsgi appeals open`` where the portal is installed;
neither touches a database.
"""

import argparse
import json
import os
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

PRIVATE_NAME = "auditors.key"
NOTE = "# The private key of the auditors. Whoever has this file reads every sealed report. Keep two copies, offline.\n"
FIELDS = ("kind", "region", "about", "name", "phone", "email")


class CannotOpen(Exception):
    """A key or a file that is not what it should be; the message says what to do."""


def write_private(path: Path, key: PrivateKey) -> None:
    """Write a key to a new file that only its owner reads."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{NOTE}{b64encode(bytes(key)).decode()}\n")


def read_private(path: Path) -> PrivateKey:
    """The key in a file. Raises `CannotOpen`."""
    try:
        lines = [line for line in path.read_text("ascii").splitlines() if line and not line.startswith("#")]
        return PrivateKey(b64decode(lines[0], validate=True))
    except (OSError, ValueError, IndexError, TypeError, CryptoError) as error:
        raise CannotOpen(f"{path} holds no private key. Give the file that `appeals keypair` wrote.") from error


def open_lines(lines: Iterator[str], key: PrivateKey, photos: Path | None) -> Iterator[str]:
    """Each line of an export in words; photos are written into ``photos``."""
    box = SealedBox(key)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            opened = box.decrypt(b64decode(row["box"], validate=True))
        except CryptoError:
            yield f"line {number}: sealed to another key, or changed by somebody"
            continue
        except (ValueError, KeyError, TypeError):
            yield f"line {number}: cut off, or not from `appeals export-sealed`"
            continue
        yield show_photo(row, opened, photos) if row.get("part") == "photo" else show_words(row, opened)


def show_words(row: dict[str, Any], opened: bytes) -> str:
    content = json.loads(opened)
    head = f"=== appeal {row['appeal']} · {row['part']} · {row['at']}"
    facts = [f"{name}: {content[name]}" for name in FIELDS if content.get(name)]
    return "\n".join([head, *facts, "", str(content.get("text", "")), ""])


def show_photo(row: dict[str, Any], opened: bytes, folder: Path | None) -> str:
    head = f"=== appeal {row['appeal']} · photo · {len(opened)} bytes"
    if folder is None:
        return f"{head} (give --photos FOLDER to write it)\n"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"appeal-{int(row['appeal'])}-{int(row['number'])}.webp"
    path.write_bytes(opened)
    return f"{head} → {path}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Open sealed reports.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--photos", type=Path)
    asked = parser.parse_args()
    try:
        key = read_private(asked.key)
        with asked.file.open(encoding="utf-8") as lines:
            for text in open_lines(lines, key, asked.photos):
                sys.stdout.write(f"{text}\n")
    except (CannotOpen, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
