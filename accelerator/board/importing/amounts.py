"""Numbers, durations and yes/no as people type them in three languages.

Each function raises ValueError whose text ends the sentence "… expected"; none of them guesses.
"""

import re
from decimal import Decimal

from accelerator.board.importing.cleaning import fold

# The durations of the board: 15 and 30 minutes, an hour, half a day, a day.
DURATIONS = (15, 30, 60, 240, 480)

YES = frozenset(("yes", "y", "true", "t", "1", "on", "да", "д", "иә", "ия", "+", "x", "✓", "✔"))
NO = frozenset(("no", "n", "false", "f", "0", "off", "нет", "н", "жоқ", "-"))

_MINUTE_WORDS = ("m", "min", "mins", "minute", "minutes", "м", "мин", "минута", "минуты", "минут", "минуту")
_HOUR_WORDS = ("h", "hr", "hrs", "hour", "hours", "ч", "час", "часа", "часов", "сағ", "сағат")
_DAY_WORDS = ("d", "day", "days", "день", "дня", "дней", "күн")
#: Words for units of time, folded, and the minutes that each counts.
KNOWN_UNITS = dict.fromkeys(_MINUTE_WORDS, 1) | dict.fromkeys(_HOUR_WORDS, 60) | dict.fromkeys(_DAY_WORDS, 480)
UNIT_MINUTES = {"minutes": 1, "hours": 60, "days": 480}
# Words that may follow a count, folded (so "волонтёр" stands with е).
_PEOPLE_WORDS = ("people", "person", "persons", "volunteer", "volunteers", "человек", "человека", "чел")
_VOLUNTEER_WORDS = ("волонтер", "волонтера", "волонтеров", "адам", "ерікті")
_AGE_WORDS = ("years", "year", "лет", "год", "года", "жас", "+")
_COUNTED = frozenset(_PEOPLE_WORDS + _VOLUNTEER_WORDS + _AGE_WORDS)
_SPACES = "\u00a0\u202f\u2009 '’"
_NUMBER = rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*"
_LONGEST = 40


def parse_number(text: str, *, decimal: str | None) -> Decimal:
    """One number without a unit; `decimal` is "." or "," or None (unknown: "1,000" is then refused)."""
    if not re.fullmatch(_NUMBER, text) or len(text) > _LONGEST:
        raise ValueError("one number")
    whole, *groups = re.split(r"[.,]", re.sub(f"[{_SPACES}]", "", text))
    separators = re.sub(r"[^.,]", "", text)
    if not groups:
        return Decimal(whole)
    if len(groups) > 1:
        return _thousands(whole, groups, separators)
    if decimal is None and len(groups[0]) == 3 and whole.lstrip("0"):
        raise ValueError('a number whose comma or point is clear (say [file] decimal = "." or ",")')
    if decimal is None or separators == decimal:
        return Decimal(f"{whole}.{groups[0]}")
    return _thousands(whole, groups, separators)


def parse_count(text: str, *, decimal: str | None, units: frozenset[str]) -> int:
    """A whole number, with or without a word for what is counted ("5 человек", "18+"); never a range."""
    match = re.fullmatch(rf"({_NUMBER})\s*(\D*)", fold(text))
    if match is None or (match[2] and match[2].rstrip(". ") not in _COUNTED | units):
        raise ValueError("a whole number")
    number = parse_number(match[1], decimal=decimal)
    if number != number.to_integral_value():
        raise ValueError("a whole number")
    return int(number)


def parse_minutes(text: str, *, unit: str, decimal: str | None, units: dict[str, int] | None = None) -> int:
    """Minutes snapped up to one of `DURATIONS`; `unit` is what a bare number counts. "1 ч 30 мин", "1:30".

    `units`: further words, folded, and the minutes that each counts.
    """
    minutes = _minutes(fold(text), UNIT_MINUTES[unit], decimal, KNOWN_UNITS | (units or {}))
    longest = DURATIONS[-1]
    if not 0 < minutes <= longest:
        raise ValueError(f"a duration up to a day of {longest // 60} hours")
    return next(step for step in DURATIONS if step >= minutes)


def parse_yes(text: str) -> bool:
    """Yes or no in three languages."""
    word = fold(text)
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError("yes or no")


def _minutes(text: str, bare: int, decimal: str | None, units: dict[str, int]) -> Decimal:
    clock = re.fullmatch(r"(\d{1,2}):([0-5]\d)", text)
    if clock:
        return Decimal(int(clock[1]) * 60 + int(clock[2]))
    if re.fullmatch(_NUMBER, text):
        return parse_number(text, decimal=decimal) * bare
    pairs = re.findall(rf"({_NUMBER})\s*([^\W\d_]+)\.?\s*", text)
    whole = re.fullmatch(rf"(?:(?:{_NUMBER})\s*[^\W\d_]+\.?\s*)+", text) if len(text) <= _LONGEST else None
    if whole is None or not all(unit in units for _, unit in pairs):
        raise ValueError('a duration such as "30 min", "2 hours" or "1,5 ч"')
    return sum((parse_number(number, decimal=decimal) * units[unit] for number, unit in pairs), Decimal(0))


def _thousands(whole: str, groups: list[str], separators: str) -> Decimal:
    if len(set(separators)) != 1 or len(whole) > 3 or any(len(group) != 3 for group in groups):
        raise ValueError("one number")
    return Decimal(whole + "".join(groups))
