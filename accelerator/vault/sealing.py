"""Authenticated encryption of one field: AES-256-GCM, bound to the row and the column that it stands in."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
#: The first byte of what is sealed: how to read the rest.
FORM = b"\x01"


class Unreadable(Exception):
    """The sealed bytes were changed, belong to another row or column, or need another key."""


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, text: bytes, place: str) -> bytes:
    """``text`` encrypted; it opens only with the same key and for the same ``place`` (``table|row|column``)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return FORM + nonce + AESGCM(key).encrypt(nonce, text, FORM + place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """What was sealed. Raises `Unreadable`."""
    if sealed[:1] != FORM:
        raise Unreadable(place)
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, FORM + place.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable(place) from error
