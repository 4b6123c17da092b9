"""The mapping file: what a foreign CSV calls things, and what they are called here.

`mappings/example-ru.toml` documents every key. The loader refuses what it does not know, because a misspelt
key that is silently ignored costs the operator an evening.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from accelerator.board.importing.amounts import KNOWN_UNITS, UNIT_MINUTES, parse_count, parse_minutes, parse_yes
from accelerator.board.importing.cleaning import fold
from accelerator.board.importing.dates import DateFormat, compile_format, month_key, parse_moment
from accelerator.board.importing.records import FileFormat

TEXTS = ("source_id", "title", "story", "briefing")
CODES = ("lang", "kind", "region", "district", "when", "needs", "state")
MOMENTS = ("starts_at", "ends_at", "published_at")
COUNTS = ("people", "min_age")
FIELDS = (*TEXTS, *CODES, *MOMENTS, *COUNTS, "minutes", "two_adults")
# Without these a row cannot become a request; the others have a harmless answer for "not said".
NEEDED_FIELDS = ("source_id", "title", "lang", "kind", "region")

LANGS = ("kk", "ru", "en")
WHENS = ("any", "by", "at", "repeating", "auto")
STATES = ("open", "closed")
PASTS = ("closed", "open_anytime", "keep")
# Fields whose codes are the same everywhere; kinds, regions and needs are the operator's.
CLOSED_SETS = {"lang": LANGS, "when": WHENS, "state": STATES}

_SOURCE_KEYS = (
    *("value", "column", "columns", "join", "template", "blank", "pattern", "values", "other", "split"),
    *("keywords", "keywords_in", "fallback", "default"),
)
_EXTRA_KEYS = {
    **dict.fromkeys(MOMENTS, ("formats", "timezone")),
    **dict.fromkeys(COUNTS, ("min", "max", "units")),
    "minutes": ("unit", "units"),
    "state": ("past", "ongoing_is_open"),
}


class MappingError(Exception):
    """The mapping cannot be used; the text names the file, the key, and what to do."""


@dataclass(frozen=True)
class RegionSpec:
    """A region or district that must exist before the drafts are stored. `timezone`: IANA name or None."""

    code: str
    parent: str | None  # None for a region, the region's code for a district
    kk: str
    ru: str
    en: str
    timezone: str | None


@dataclass(frozen=True)
class _Names:
    """What the mapping names once for all its fields: regions, and months by `month_key`."""

    regions: tuple[RegionSpec, ...]
    months: dict[str, int]


@dataclass(frozen=True)
class Keyword:
    """`then` applies where `pattern` is found in folded text."""

    pattern: re.Pattern[str]
    then: str


@dataclass(frozen=True)
class FieldRule:
    """How one field of a request is made out of a row. Lookup keys are folded, see `cleaning.fold`."""

    name: str
    value: str | None = None
    columns: tuple[str, ...] = ()
    join: str = " "
    template: str | None = None
    blank: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None
    values: dict[str, str] | None = None
    other: str | None = None
    split: str = ","
    keywords: tuple[Keyword, ...] = ()
    keywords_in: tuple[str, ...] = ()
    fallback: "FieldRule | None" = None
    default: str | None = None
    required: bool = False
    formats: tuple[DateFormat, ...] = ()
    timezone: ZoneInfo | None = None
    minimum: int = 0
    maximum: int = 0
    units: frozenset[str] = frozenset()
    unit: str = "minutes"
    unit_minutes: dict[str, int] | None = None
    past: str = "closed"
    ongoing_is_open: bool = False

    def chain(self) -> "Iterator[FieldRule]":
        """This rule and its fallbacks, in the order in which they are asked."""
        rule: FieldRule | None = self
        while rule is not None:
            yield rule
            rule = rule.fallback

    def column_names(self) -> set[str]:
        """Every column that the rule or a fallback reads."""
        return {name for rule in self.chain() for name in (*rule.columns, *rule.keywords_in)}

    def outcomes(self) -> set[str]:
        """Every constant that the rule or a fallback can give."""
        found: set[str | None] = set()
        for rule in self.chain():
            found |= {rule.value, rule.other, rule.default, *(rule.values or {}).values()}
            found |= {keyword.then for keyword in rule.keywords}
        return {text for text in found if text}


@dataclass(frozen=True)
class Mapping:
    """A mapping file, checked. `zones` holds the time zone of each declared region that names one."""

    path: Path
    source: str
    file: FileFormat
    timezone: ZoneInfo
    regions: tuple[RegionSpec, ...]
    zones: dict[str, ZoneInfo]
    private_columns: tuple[str, ...]
    fields: dict[str, FieldRule]

    def codes(self, field: str) -> frozenset[str]:
        """The codes that the mapping itself can give to `field` (kind, region, district, needs)."""
        rule = self.fields.get(field)
        outcomes = rule.outcomes() if rule else set()
        return frozenset(code for text in outcomes for code in split_codes(text))

    def column_names(self) -> set[str]:
        """Every column of the CSV that the mapping reads."""
        return set(self.private_columns).union(*(rule.column_names() for rule in self.fields.values()))


# The values of numbers where the mapping sets no bounds of its own.
_DEFAULT_BOUNDS = {"people": (1, 1000), "min_age": (0, 100)}
PLACEHOLDER = re.compile(r"\{([^{}\n]+)\}")


def split_codes(text: str, separator: str = ",") -> tuple[str, ...]:
    """The parts of a list in one cell, blanks left out."""
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def load_mapping(path: Path) -> Mapping:
    """Read and check the TOML file `path`; raise MappingError with a sentence that says what to do."""
    try:
        root = _Table(path.name, "", tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        sentence = f"{path}: cannot be read ({error.strerror}); check the name and the permissions."
        raise MappingError(sentence) from None
    except UnicodeDecodeError:
        raise MappingError(f"{path.name}: is not UTF-8; save the mapping file itself as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{path.name}: is not valid TOML: {error}.") from None
    root.allow("source", "file", "dates", "regions", "privacy", "fields")
    return _mapping(path, root)


def _mapping(path: Path, root: "_Table") -> Mapping:
    source = root.text("source")
    if source is None or not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,39}", source):
        root.fail("source", 'needs a short name of this source, such as "nyc": small letters, digits, . _ -')
    dates = root.table("dates", "timezone", "months")
    privacy = root.table("privacy", "columns")
    file = _file(root)
    regions = tuple(_region(table) for table in root.tables("regions"))
    names = _Names(regions, _months(dates))
    return Mapping(
        path=path,
        source=source,
        file=file,
        timezone=dates.zone("timezone") or ZoneInfo("Asia/Almaty"),
        regions=regions,
        zones={region.code: ZoneInfo(region.timezone) for region in regions if region.timezone},
        private_columns=privacy.texts("columns"),
        fields=_fields(root.table("fields", *FIELDS), names, file.decimal),
    )


def _months(dates: "_Table") -> dict[str, int]:
    """Further names of months by `month_key`, each with its number."""
    if "months" not in dates.data:
        return {}
    table = dates.table("months")
    for name in table.data:
        if re.search(r"[\s\d.,/()]", name.strip().removesuffix(".")) or not month_key(name):
            table.fail(f'"{name}"', "must be one word as it stands in the dates, without digits")
        if table.whole(name, 0) not in range(1, 13):
            table.fail(f'"{name}"', "must be the number of a month, 1 to 12")
    return {month_key(name): table.whole(name, 0) for name in table.data}


def _file(root: "_Table") -> FileFormat:
    table = root.table(
        "file",
        *("encoding", "delimiter", "quotechar", "escapechar", "space_after_delimiter"),
        *("skip_rows", "columns", "decimal"),
    )
    plain = FileFormat()
    encoding = table.text("encoding") or plain.encoding
    try:
        TextIOWrapper(BytesIO(), encoding=encoding)
    except (LookupError, ValueError):
        table.fail("encoding", f'"{encoding}" is unknown; say "utf-8-sig", "cp1251" or another name')
    decimal = table.text("decimal")
    if decimal not in (None, ".", ","):
        table.fail("decimal", 'must be "." or ","')
    return FileFormat(
        encoding=encoding,
        delimiter=table.char("delimiter", plain.delimiter),
        quotechar=table.char("quotechar", plain.quotechar, empty=True),
        escapechar=table.char("escapechar", plain.escapechar, empty=True),
        space_after_delimiter=table.flag("space_after_delimiter"),
        skip_rows=table.whole("skip_rows", 0),
        columns=table.texts("columns"),
        decimal=decimal,
    )


def _region(table: "_Table") -> RegionSpec:
    table.allow("code", "parent", "kk", "ru", "en", "timezone")
    table.zone("timezone")
    code, kk, ru, en = (table.needed_text(key) for key in ("code", "kk", "ru", "en"))
    return RegionSpec(code, table.text("parent"), kk, ru, en, table.text("timezone"))


def _fields(root: "_Table", names: "_Names", decimal: str | None) -> dict[str, FieldRule]:
    for name in NEEDED_FIELDS:
        if name not in root.data:
            root.fail(name, 'is missing; say column = "…", or value = "…" for the same in every row')
    rules = {name: _rule(root.table(name), name, names) for name in root.data}
    for name, rule in rules.items():
        for outcome in sorted(rule.outcomes()):
            _check_outcome(root.table(name), rule, outcome, decimal)
    return rules


def _rule(table: "_Table", name: str, names: "_Names") -> FieldRule:
    table.allow(*_SOURCE_KEYS, "required", *_EXTRA_KEYS.get(name, ()))
    template = table.text("template")
    columns = _columns(table, template)
    rule = FieldRule(
        name=name,
        value=table.word("value"),
        columns=columns,
        join=table.text("join") or " ",
        template=template,
        blank=frozenset(fold(text) for text in table.texts("blank")),
        pattern=_pattern(table),
        values=_values(table, name, names.regions),
        other=table.word("other"),
        split=table.text("split") or ",",
        keywords=tuple(_keyword(keyword) for keyword in table.tables("keywords")),
        keywords_in=table.texts("keywords_in"),
        fallback=_fallback(table, name, names),
        default=table.word("default"),
        required=table.flag("required") or name in ("source_id", "title"),
        **_extras(table, name, names.months),
    )
    _check_rule(table, rule)
    return rule


def _fallback(table: "_Table", name: str, names: "_Names") -> FieldRule | None:
    if "fallback" not in table.data:
        return None
    fallback = table.table("fallback")
    # Formats, bounds and units hold for the field, wherever its text comes from.
    inherited = {key: table.data[key] for key in _EXTRA_KEYS.get(name, ()) if key in table.data}
    fallback.data = inherited | fallback.data
    return _rule(fallback, name, names)


def _columns(table: "_Table", template: str | None) -> tuple[str, ...]:
    ways = [key for key in ("value", "column", "columns", "template") if key in table.data]
    if len(ways) > 1:
        table.fail(ways[1], f"cannot stand beside {ways[0]}; keep one of them")
    if template is None:
        column = table.text("column")
        return (column,) if column else table.texts("columns")
    names = tuple(PLACEHOLDER.findall(template))
    if not names:
        table.fail("template", 'names no column; write it as "{column name}"')
    return names


def _pattern(table: "_Table") -> re.Pattern[str] | None:
    text = table.text("pattern")
    if text is None:
        return None
    try:
        pattern = re.compile(text, re.I)
    except re.error as error:
        table.fail("pattern", f"is not a regular expression: {error}")
    if pattern.groups != 1:
        table.fail("pattern", "needs exactly one group ( ) around what to extract")
    return pattern


def _values(table: "_Table", name: str, regions: tuple[RegionSpec, ...]) -> dict[str, str] | None:
    """The lookup table; a region is also found by its declared code and its name in any language."""
    values: dict[str, str] = {}
    if name in ("region", "district"):
        for region in regions:
            values |= {fold(text): region.code for text in (region.code, region.kk, region.ru, region.en)}
    if "values" not in table.data:
        return values or None
    given = table.table("values")
    return values | {fold(key): given.word(key) or "" for key in given.data}


def _keyword(table: "_Table") -> Keyword:
    table.allow("words", "then")
    words = table.texts("words")
    if not words:
        table.fail("words", 'needs a list of words; "tutor*" stands for every word that begins so')
    then = table.word("then")
    if not then:
        table.fail("then", "is missing; say which code these words mean")
    alternatives = "|".join(_word_pattern(word) for word in words)
    return Keyword(re.compile(rf"(?<!\w)(?:{alternatives})"), then)


def _word_pattern(word: str) -> str:
    stem = fold(word)
    return re.escape(stem[:-1]) if stem.endswith("*") else re.escape(stem) + r"(?!\w)"


def _extras(table: "_Table", name: str, months: dict[str, int]) -> dict[str, Any]:
    if name in MOMENTS:
        return {"formats": _formats(table, months), "timezone": table.zone("timezone")}
    if name in COUNTS:
        least, most = _DEFAULT_BOUNDS[name]
        return {
            "minimum": table.whole("min", least),
            "maximum": table.whole("max", most),
            "units": frozenset(fold(unit) for unit in table.texts("units")),
        }
    if name == "minutes":
        return {"unit": table.choice("unit", tuple(UNIT_MINUTES), "minutes"), "unit_minutes": _unit_minutes(table)}
    if name == "state":
        past = table.choice("past", PASTS, "closed")
        return {"past": past, "ongoing_is_open": table.flag("ongoing_is_open")}
    return {}


def _unit_minutes(table: "_Table") -> dict[str, int]:
    """Further words for units of time, folded as they stand in the cells, and the minutes that each counts."""
    units, minutes = table.table("units"), dict[str, int]()
    for word in units.data:
        key = fold(word).removesuffix(".")
        if not re.fullmatch(r"[^\W\d_]+", key):
            units.fail(f'"{word}"', "must be one word of letters, as it stands after the number")
        if key in KNOWN_UNITS or key in minutes:
            units.fail(f'"{word}"', "is known already; take it out")
        minutes[key] = UNIT_MINUTES[units.choice(word, tuple(UNIT_MINUTES), "")]
    return minutes


def _formats(table: "_Table", months: dict[str, int]) -> tuple[DateFormat, ...]:
    texts = table.texts("formats")
    if not texts:
        table.fail("formats", 'is missing; list how the dates are written, such as ["%d.%m.%Y", "%d %B %Y"]')
    try:
        return tuple(compile_format(text, months) for text in texts)
    except ValueError as error:
        table.fail("formats", f"is wrong: {error}")


def _check_rule(table: "_Table", rule: FieldRule) -> None:
    if rule.keywords and not (rule.keywords_in or rule.columns):
        table.fail("keywords", 'needs keywords_in = ["…"]: the columns in which to look for the words')
    if rule.keywords_in and not rule.keywords:
        table.fail("keywords_in", "has no keywords to look for; add keywords or remove it")
    if rule.other is not None and rule.values is None:
        table.fail("other", "works only beside values; use default for blank cells")
    gives = rule.columns or rule.keywords or rule.fallback or rule.name == "state"
    if not gives and rule.value is None and rule.default is None:
        table.fail("column", "is missing; give column, columns, template, keywords or value")
    if rule.minimum > rule.maximum:
        table.fail("min", f"is {rule.minimum}, more than max, {rule.maximum}")


def _check_outcome(table: "_Table", rule: FieldRule, outcome: str, decimal: str | None) -> None:
    """Constants are checked once, here, so that a slip in the mapping is not reported for every row."""
    allowed = CLOSED_SETS.get(rule.name)
    if allowed and outcome not in allowed:
        table.fail("", f'gives "{outcome}", which must be one of {", ".join(allowed)}')
    check = _outcome_reader(rule, decimal)
    try:
        check(outcome)
    except ValueError as error:
        table.fail("", f'gives "{outcome}", where {error} is expected')


def _outcome_reader(rule: FieldRule, decimal: str | None) -> Callable[[str], object]:
    if rule.name in MOMENTS:
        return lambda text: parse_moment(text, rule.formats)
    if rule.name in COUNTS:
        return lambda text: parse_count(text, decimal=decimal, units=rule.units)
    if rule.name == "minutes":
        return lambda text: parse_minutes(text, unit=rule.unit, decimal=decimal, units=rule.unit_minutes)
    return parse_yes if rule.name == "two_adults" else str


class _Table:
    """One TOML table with its name, so that every complaint can say where it is and what to do."""

    def __init__(self, file: str, name: str, data: dict[str, Any]) -> None:
        self._file, self._name, self.data = file, name, data

    def fail(self, key: str, sentence: str) -> NoReturn:
        where = f"[{self._name}] {key}".strip() if self._name else key
        raise MappingError(f"{self._file}: {where} {sentence}.")

    def allow(self, *keys: str) -> None:
        """Refuse every key but these, and say which of them it looks like."""
        for key in self.data:
            if key in keys:
                continue
            close = difflib.get_close_matches(key, keys, n=1)
            hint = f'did you mean "{close[0]}"' if close else f"known here are {', '.join(keys)}"
            self.fail(key, f"is not a known key; {hint}")

    def table(self, key: str, *allowed: str) -> "_Table":
        """The table `key`, empty when absent; with `allowed`, its keys are checked too."""
        data = self.data.get(key, {})
        if not isinstance(data, dict):
            self.fail(key, f"must be a table, written as [{self._child(key)}]")
        table = _Table(self._file, self._child(key), data)
        if allowed:
            table.allow(*allowed)
        return table

    def tables(self, key: str) -> "list[_Table]":
        """The array of tables `key`, empty when absent."""
        items = self.data.get(key, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            self.fail(key, f"must be a list of tables, each opened by [[{self._child(key)}]]")
        name = self._child(key)
        return [_Table(self._file, f"{name}.{number}", item) for number, item in enumerate(items, 1)]

    def text(self, key: str) -> str | None:
        value = self.data.get(key)
        if value is not None and not isinstance(value, str):
            self.fail(key, f'must be text in quotes, such as {key} = "…"')
        return value

    def needed_text(self, key: str) -> str:
        value = self.text(key)
        if not value:
            self.fail(key, "is missing")
        return value

    def word(self, key: str) -> str | None:
        """A constant as text: a number or true/false may stand without quotes."""
        value = self.data.get(key)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if value is not None and not isinstance(value, str | int | float):
            self.fail(key, "must be text, a number, true or false")
        return None if value is None else str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fail(key, f'must be a list of texts, such as {key} = ["…", "…"]')
        return tuple(value)

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.fail(key, "must be true or false, without quotes")
        return value

    def whole(self, key: str, default: int) -> int:
        value = self.data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.fail(key, "must be a whole number without quotes, 0 or more")
        return value

    def char(self, key: str, default: str, *, empty: bool = False) -> str:
        value = self.text(key)
        if value is None:
            return default
        # csv takes a single character; line ends and NUL would tear records apart.
        if value in ("\r", "\n", "\0") or (len(value) != 1 and not (empty and not value)):
            self.fail(key, 'must be one character, such as ";" or "\\t" for a tab')
        return value

    def choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(key) or default
        if value not in allowed:
            self.fail(key, f'is "{value}"; it must be one of {", ".join(allowed)}')
        return value

    def zone(self, key: str) -> ZoneInfo | None:
        name = self.text(key)
        if name is None:
            return None
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # unknown; not a relative path; a folder such as "America"
            self.fail(key, f'is "{name}", not a known time zone; write it as "Asia/Almaty"')

    def _child(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key
