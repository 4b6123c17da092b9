"""Telephone numbers as people in Kazakhstan write them, with words around them.

An answer keeps what was typed, only its numbers are put into one form: "тел. 8 701 123 45 67, дочь" is kept as
"тел. +77011234567, дочь". Read again it stays the same.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers
from flask_babel import gettext

from accelerator.screening.finding import Kind, find_private

#: The country whose way of writing phones is understood without a prefix: 8 701 …, 701 …, +7 701 ….
HOME = "KZ"
#: What nobody needs to know who calls, and swindlers ask for.
NOT_BESIDE = frozenset({Kind.CARD, Kind.IBAN, Kind.IIN})
#: The longest answer, and a margin for it as it is shown, with spaces in the numbers.
LONGEST, LONGEST_SHOWN = 200, 300
#: Groups of digits in a row; in brackets only the code of a town or a network, not "(9-18)".
GROUP = r"(?:\+?\d+|\(\s?\d{3,5}\s?\))"
RUN = re.compile(rf"{GROUP}(?:\)?[\s.\-\u2010-\u2015]*{GROUP})*")
START = re.compile(r"\+|(?<![\d+])\(?\d")
#: A group of digits in which the letter О stands for zero, Latin or Cyrillic; "о" by itself is a word.
ZEROS = re.compile(r"(?<![^\W_])(?=\w*\d|\w\w)[\dOoОо]+(?![^\W_])")
LETTER, WORD = re.compile(r"[^\W\d_]"), re.compile(r"\w")
#: An individual identification number has twelve digits; of our own telephones none has.
IIN_DIGITS = 12
#: Numbers inside of a town: to call them one needs its code.
LOCAL_DIGITS = range(5, 8)
#: Three numbers, a space after each digit: nobody writes longer rows.
MOST_GROUPS = 36


@dataclass(frozen=True)
class Phone:
    """A number in a text: where it stands, and itself in E.164 (``+77011234567``)."""

    start: int
    end: int
    number: str


def read_phone(text: str) -> str | None:
    """The text with its numbers in E.164; `None` when there is none that can be called."""
    found = find_phones(text)
    return put_in(text, found, lambda number: number) if found else None


def format_phone(text: str) -> str:
    """The same with its numbers as people read them: ``+7 701 123 45 67``."""
    return put_in(text, find_phones(text), spaced)


def split_phone(kept: str) -> tuple[str, str]:
    """The first number of a kept answer, to be called, and all that was written beside it ("…" in its place)."""
    found = find_phones(kept)
    if not found:
        return "", kept
    first = found[0]
    before, after = kept[: first.start].strip(" ,;:"), kept[first.end :].strip(" ,;")
    if before.endswith("("):  # the number stood in brackets
        before, after = before[:-1].rstrip(" ,;:"), after.removeprefix(")").lstrip(" ,;")
    between = " … " if WORD.search(before) and WORD.search(after) else " "
    beside = f"{before}{between}{after}".strip()
    return first.number, format_phone(beside) if WORD.search(beside) else ""


def refusal(text: str) -> str:
    """Why this is no answer to "which telephone?", in the reader's language; empty when it is one."""
    if len(text) > LONGEST:
        return gettext("Please make this shorter: %(max)d characters at most.", max=LONGEST)
    if find_private(text, NOT_BESIDE):
        return gettext("Please leave out numbers of cards, accounts and people (IIN): we only need the telephone.")
    if find_phones(text):
        return ""
    if is_local(text):
        return gettext("Please add the code of the town, like 8 727 272 12 34.")
    return gettext("This is not a phone number. Write it like 8 701 123 45 67.")


def is_local(text: str) -> bool:
    """Whether this is a number without the code of its town."""
    return sum(symbol.isdecimal() for symbol in text) in LOCAL_DIGITS


def find_phones(text: str) -> list[Phone]:
    """All numbers in a text; a number that is part of a longer row of digits is none.

    The letter О is taken for zero where that makes more numbers.
    """
    if len(text) > LONGEST_SHOWN:
        return []
    zeros = ZEROS.sub(lambda group: re.sub("[OoОо]", "0", group[0]), text)
    return max((_find_in(spelled) for spelled in dict.fromkeys((text, zeros))), key=len)


def _find_in(text: str) -> list[Phone]:
    whole = None if LETTER.search(text) else call(text)
    if whole:
        return [Phone(0, len(text), whole)]
    return [phone for run in RUN.finditer(text) for phone in split_run(run[0], run.start())]


def split_run(run: str, at: int) -> list[Phone]:
    """A row of digits as one number or as several that leave nothing over; else nothing."""
    starts = [match.start() for match in START.finditer(run)]
    cut = _cut(run, [*starts, len(run)], 0, set()) if len(starts) <= MOST_GROUPS else None
    return [Phone(at + phone.start, at + phone.end, phone.number) for phone in cut or []]


def _cut(run: str, bounds: list[int], first: int, dead: set[int]) -> list[Phone] | None:
    """The row from this bound on, cut so that each piece is a number, the longest pieces first; `None`: no such way.

    ``dead`` are bounds from which there is none: each is tried once, however many ways lead to it.
    """
    if first == len(bounds) - 1:
        return []
    if first in dead:
        return None
    for last in range(len(bounds) - 1, first, -1):
        written = run[bounds[first] : bounds[last]].rstrip(" .-\u2010\u2011\u2012\u2013\u2014\u2015")
        number = call(written)
        rest = _cut(run, bounds, last, dead) if number else None
        if number and rest is not None:
            return [Phone(bounds[first], bounds[first] + len(written), number), *rest]
    dead.add(first)
    return None


def call(written: str) -> str | None:
    """What to dial for one number, in E.164; `None` when it leads nowhere."""
    digits = re.sub(r"\D", "", written)
    if not 10 <= len(digits) <= 20 or ("+" not in written and len(digits) == IIN_DIGITS):
        return None
    if re.match(r"\+\s?8[\s(-]*7", written) and len(digits) == 11:
        written = digits  # "+8 701 …": the plus of +7 before the eight of home
    try:
        number = phonenumbers.parse(written, HOME)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def put_in(text: str, found: list[Phone], spell: Callable[[str], str]) -> str:
    """The text with other spellings of the numbers found in it."""
    bounds = [0, *(phone.end for phone in found)]
    parts = [text[start : phone.start] + spell(phone.number) for start, phone in zip(bounds, found, strict=False)]
    return "".join(parts) + text[bounds[-1] :]


def spaced(number: str) -> str:
    """``+77011234567`` as ``+7 701 123 45 67``; abroad as they write it there."""
    if number.startswith("+7") and len(number) == 12:
        return f"+7 {number[2:5]} {number[5:8]} {number[8:10]} {number[10:]}"
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    international = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return international.replace("-", " ")
