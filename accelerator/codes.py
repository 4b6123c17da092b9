"""Tracking codes: what a person without an account holds in hand to see how things stand.

A code is 15 random symbols and a check symbol, in groups of four: ``7K3M-9PQR-2XVT-H4WN``. The alphabet has no
letters that look like digits or like each other (Crockford's base 32: no I, L, O, U). 75 random bits: at 10,000
guesses a second and a million codes given out, one guess in 120 years would hit. Only a keyed hash is stored.
"""

import secrets
from functools import reduce

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
GROUP = 4
#: What people type or hear for a symbol: letters that we do not use, and Cyrillic ones that look the same.
MEANT = str.maketrans("OILUОАВЕЗКМНРСТУХІҮҰ", "011V0ABE3KMHPCTYX1YY")
#: Multiplying by the generator of GF(32), whose polynomial is x⁵ + x² + 1.
POLYNOMIAL = 0b100101


def make_code() -> str:
    """A new code, without its hyphens."""
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return symbols + check_symbol(symbols)


def code_of(seed: bytes) -> str:
    """The code that belongs to 15 random bytes; 256 is a multiple of 32, so that each symbol is equally likely."""
    symbols = "".join(ALPHABET[byte % len(ALPHABET)] for byte in seed[: LENGTH - 1])
    return symbols + check_symbol(symbols)


def read_code(text: str) -> str | None:
    """The code that somebody typed, without hyphens, or `None` when it cannot be one (a slip of the pen)."""
    symbols = "".join(c for c in text.upper().translate(MEANT) if c.isalnum())
    if len(symbols) != LENGTH or any(c not in ALPHABET for c in symbols):
        return None
    return symbols if check_symbol(symbols[:-1]) == symbols[-1] else None


def group_code(code: str) -> str:
    """As it is written down: ``7K3M-9PQR-2XVT-H4WN``."""
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def check_symbol(symbols: str) -> str:
    """The symbol that catches every single wrong symbol and every swap of two neighbours.

    The symbols are the coefficients of a polynomial over GF(32), evaluated at the field's generator: two codes that
    differ in one place, or by a swap, differ in the sum, because no power of the generator below 31 is 0 or 1.
    """
    return ALPHABET[reduce(lambda total, symbol: double(total) ^ ALPHABET.index(symbol), symbols + "0", 0)]


def double(value: int) -> int:
    """``value`` times the generator, in GF(32)."""
    value <<= 1
    return value ^ POLYNOMIAL if value & 32 else value
