"""Dates in any format and in three languages, whatever the locale of the machine; a mapping names other months.

`time.strptime` knows month names only in the process's locale, so the formats (the same `%` letters) are
turned into regular expressions here.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from accelerator.board.importing.cleaning import fold, shown

# Outside these years a conversion between zones may leave the calendar, and no request lives there.
FIRST_YEAR, LAST_YEAR = 1900, 2200

_MONTH_NAMES = {
    "en": "january february march april may june july august september october november december",
    "en short": "jan feb mar apr may jun jul aug sep oct nov dec",
    "ru": "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "ru of": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "ru in": "январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре",
    "ru short": "янв фев мар апр май июн июл авг сен окт ноя дек",
    "kk": "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан",
    "kk short": "қаң ақп нау сәу мам мау шіл там қыр қаз қар жел",
}
_MONTHS = {name: number for names in _MONTH_NAMES.values() for number, name in enumerate(names.split(), start=1)} | {
    "sept": 9,
    "февр": 2,
    "сент": 9,
    "нояб": 11,
}
# Kazakh puts case endings on the month ("7 қазанда"): the full name may be followed by one of these.
_KAZAKH_ENDINGS = ("да", "де", "та", "те", "дан", "ден", "тан", "тен", "ға", "ге", "қа", "ке", "ы", "і")

_WORD = r"[^\W\d_]+\.?"
# Vowel signs of many scripts are no letters to `re`.
_MONTH_WORD = r"[^\s\d.,/()]+\.?"
_DIRECTIVES = {
    "d": r"(?P<day>\d{1,2})",
    "m": r"(?P<month>\d{1,2})",
    "Y": r"(?P<year>\d{4})",
    "y": r"(?P<short_year>\d{2})",
    "B": rf"(?P<month_name>{_MONTH_WORD})",
    "b": rf"(?P<month_name>{_MONTH_WORD})",
    "H": r"(?P<hour>\d{1,2})",
    "I": r"(?P<hour12>\d{1,2})",
    "M": r"(?P<minute>\d{2})",
    "S": r"(?P<second>\d{2})(?:[.,]\d+)?",
    "p": r"(?P<half>[AaPp])\.?\s?[Mm]\.?",
    "z": r"(?P<offset>[Zz]|[+-]\d{2}:?\d{2})",
    "A": _WORD,  # a weekday adds nothing to the date and is not checked against it
    "a": _WORD,
    "%": "%",
}


@dataclass(frozen=True)
class DateFormat:
    """One compiled format; `text` is what the mapping says, for example "%d.%m.%Y %H:%M".

    `months` are the names that the mapping adds, as `month_key` writes them.
    """

    text: str
    pattern: re.Pattern[str]
    has_time: bool
    months: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """What a cell said: `at` is naive unless the text had its own offset; midnight when not `has_time`."""

    at: datetime
    has_time: bool


def compile_format(text: str, months: Mapping[str, int] | None = None) -> DateFormat:
    """Raise ValueError with the sentence to show when a letter is unknown, repeated or missing."""
    parts: list[str] = []
    for directive, space, literal in re.findall(r"%(.?)|(\s+)|([^%\s]+)", unicodedata.normalize("NFC", text)):
        if space:
            parts.append(r"\s+")
        elif literal:
            parts.append(re.escape(literal))
        elif directive in _DIRECTIVES:
            parts.append(_DIRECTIVES[directive])
        else:
            raise ValueError(f'"%{directive}" is not a date letter; known are %{" %".join(_DIRECTIVES)}')
    try:
        pattern = re.compile("".join(parts), re.I)
    except re.error:
        raise ValueError(f'"{text}" names the same part of the date twice') from None
    _require_whole_date(text, pattern)
    return DateFormat(text, pattern, has_time=bool({"hour", "hour12"} & set(pattern.groupindex)), months=months or {})


def parse_moment(text: str, formats: tuple[DateFormat, ...]) -> Moment:
    """Read `text` by the first format that fits; raise ValueError with what was expected instead."""
    fits, unknown = False, ""
    for date_format in formats:
        match = date_format.pattern.fullmatch(unicodedata.normalize("NFC", text.strip()))
        if match is None:
            continue
        month = _month(match, date_format.months)
        if month is None:
            unknown = match["month_name"]
            continue
        fits = True
        moment = _moment(match, month, has_time=date_format.has_time)
        if moment is not None:
            return moment
    if fits:
        raise ValueError(f"a day that exists, between {FIRST_YEAR} and {LAST_YEAR}")
    if unknown:
        raise ValueError(
            f'a month in Kazakh, Russian or English, not "{shown(unknown)}", unless [dates] months says which one it is'
        )
    raise ValueError("a date written as " + " or ".join(f'"{one.text}"' for one in formats))


def to_utc(moment: Moment, zone: ZoneInfo, *, day_end: bool) -> datetime:
    """`moment` of the wall clock in `zone` as UTC; a day without a time begins at 00:00 or ends at 23:59.

    Raise ValueError for a time that clocks in `zone` jumped over.
    """
    at = moment.at
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    if day_end and not moment.has_time:
        at += timedelta(hours=23, minutes=59)
    utc = at.replace(tzinfo=zone).astimezone(UTC)
    if moment.has_time and utc.astimezone(zone).replace(tzinfo=None) != at:
        raise ValueError(f"a time that exists in {zone.key}, where clocks jumped over this one")
    return utc


def _require_whole_date(text: str, pattern: re.Pattern[str]) -> None:
    names = set(pattern.groupindex)
    for wanted, letters in (
        ({"day"}, "%d"),
        ({"month", "month_name"}, "%m or %B"),
        ({"year", "short_year"}, "%Y or %y"),
    ):
        if not wanted & names:
            raise ValueError(f'"{text}" lacks {letters}; a date needs day, month and year')
    if "hour12" in names and "half" not in names:
        raise ValueError(f'"{text}" has %I (hours to 12) without %p (am or pm); use %H for 24 hours')


def _moment(match: re.Match[str], month: int, *, has_time: bool) -> Moment | None:
    """None when the parts fit the format but name no day in the calendar."""
    parts = match.groupdict()
    hour = _hour(parts)
    if hour is None:
        return None
    try:
        at = datetime(
            _year(parts),
            month,
            int(parts["day"]),
            hour,
            int(parts.get("minute") or 0),
            int(parts.get("second") or 0),
            tzinfo=_offset(parts.get("offset")),
        )
    except ValueError:
        return None
    return Moment(at, has_time) if FIRST_YEAR <= at.year <= LAST_YEAR else None


def _year(parts: dict[str, str]) -> int:
    if parts.get("year"):
        return int(parts["year"])
    short = int(parts["short_year"])
    return 1900 + short if short >= 69 else 2000 + short  # as POSIX reads two digits


def _hour(parts: dict[str, str]) -> int | None:
    if not parts.get("hour12"):
        return int(parts.get("hour") or 0)
    hour = int(parts["hour12"])
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if parts["half"] in "Pp" else 0)


def _month(match: re.Match[str], named: Mapping[str, int]) -> int | None:
    """None for a name that neither the mapping nor our languages have."""
    parts = match.groupdict()
    return _month_of_name(parts["month_name"], named) if parts.get("month_name") else int(parts["month"])


def month_key(name: str) -> str:
    """A month's name for comparing; dotted and dotless i are one: "ARALIK" is "aralık", "EKİM" is "ekim"."""
    return fold(name).removesuffix(".").replace("\u0307", "").replace("ı", "i")


def _month_of_name(name: str, named: Mapping[str, int]) -> int | None:
    word = month_key(name)
    if word in named:
        return named[word]
    if word in _MONTHS:
        return _MONTHS[word]
    stems = (word.removesuffix(ending) for ending in _KAZAKH_ENDINGS if word.endswith(ending))
    return next((_MONTHS[stem] for stem in stems if stem in _KAZAKH_MONTHS), None)


_KAZAKH_MONTHS = frozenset(_MONTH_NAMES["kk"].split())


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in "Zz":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
