"""Password hashing: Argon2id with 19 MiB, two passes (OWASP's least recommended cost, about 80 ms)."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether ``password`` fits; without a hash (no such account) the same time is spent to say no."""
    try:
        return _hasher.verify(password_hash or _hash_of_nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash("a password that nobody has")
