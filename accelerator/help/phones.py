"""Telephone numbers as people in Kazakhstan write them, with words around them.

An answer keeps what was typed, only its numbers are put into one form: "тел. 8 701 123 45 67, дочь" is kept as
"тел. +77011234567, дочь". Read again it stays the same.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import phonenumbers

#: The country whose way of writing phones is understood without a prefix: 8 701 …, 701 …, +7 701 ….
HOME = "KZ"
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
    """The first number of a kept answer, to be called, and all that was written beside it."""
    found = find_phones(kept)
    if not found:
        return "", kept
    first = found[0]
    before, after = kept[: first.start].strip(" ,;:("), kept[first.end :].strip(" ,;")
    beside = f"{before} {after}".strip()
    return first.number, format_phone(beside) if WORD.search(beside) else ""


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
    return next(_split(run, [*starts, len(run)], at), []) if len(starts) <= MOST_GROUPS else []


def _split(run: str, bounds: list[int], at: int) -> Iterator[list[Phone]]:
    """Every way to cut a row at these bounds so that each piece is a number; the longest pieces first."""
    if len(bounds) == 1:
        yield []
        return
    for n in range(len(bounds) - 1, 0, -1):
        written = run[bounds[0] : bounds[n]].rstrip(" .-\u2010\u2011\u2012\u2013\u2014\u2015")
        if number := call(written):
            for rest in _split(run, bounds[n:], at):
                yield [Phone(at + bounds[0], at + bounds[0] + len(written), number), *rest]


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
