"""Envelopes that only the auditors open, and answers that only the holder of a tracking code reads.

PyNaCl's SealedBox: everybody can close one with a public key, nobody without the private key opens it, and no two
look alike. The auditors' private key is never on this server, except in a demonstration.
"""

import json
import os
import secrets
from base64 import b64encode
from dataclasses import asdict, dataclass
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from accelerator.appeals.opening import PRIVATE_NAME, read_private, write_private
from accelerator.codes import code_of
from accelerator.config import Settings
from accelerator.extensions import vault


@dataclass(frozen=True)
class Contact:
    """Who wrote, and how an answer can reach them beside the code. Each field may be empty."""

    name: str = ""
    #: Its number in E.164, with the words that were written around it.
    phone: str = ""
    email: str = ""


def auditors_key(settings: Settings) -> bytes:
    """The key that reports are sealed to; empty when there is none and no report can be taken."""
    if settings.auditors_key or not settings.is_demonstration:
        return settings.auditors_key
    path = settings.instance_path / f"demonstration-{PRIVATE_NAME}"
    if not path.exists():
        _make_once(path)
    return bytes(read_private(path).public_key)


def has_demonstration_key(settings: Settings) -> bool:
    """Whether whoever runs this server could open what is sealed: only good for looking around."""
    return settings.is_demonstration and not settings.auditors_key


def _make_once(path: Path) -> None:
    """Two processes may start at once: the first key counts."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    write_private(draft, PrivateKey.generate())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def seal_for_auditors(key: bytes, content: dict[str, object]) -> bytes:
    """An envelope for the auditors."""
    return SealedBox(PublicKey(key)).encrypt(json.dumps(content, ensure_ascii=False).encode())


def seal_bytes(key: bytes, data: bytes) -> bytes:
    return SealedBox(PublicKey(key)).encrypt(data)


def code_of_form(form_key: str) -> str:
    """The tracking code that a form's own key stands for: sent again, the form gives the same code."""
    return code_of(vault.fingerprint("appeal-code", form_key))


def reply_key_of(code: str) -> bytes:
    """The public half of the keys that a tracking code stands for; the code itself is kept nowhere."""
    return bytes(_reply_pair(code).public_key)


def seal_reply(reply_key: bytes, words: str) -> bytes:
    """Words for whoever holds the code."""
    return SealedBox(PublicKey(reply_key)).encrypt(words.encode())


def open_reply(code: str, sealed: bytes) -> str | None:
    """What the auditors wrote, or `None` when somebody changed it."""
    try:
        return SealedBox(_reply_pair(code)).decrypt(sealed).decode()
    except CryptoError:
        return None


def _reply_pair(code: str) -> PrivateKey:
    return PrivateKey(vault.fingerprint("appeal-reply", code))


def write_contact(contact: Contact) -> str:
    return json.dumps(asdict(contact), ensure_ascii=False)


def read_contact(text: str) -> Contact:
    return Contact(**json.loads(text))


def text_of_key(key: bytes) -> str:
    return b64encode(key).decode()
