"""Drafts of requests out of a foreign CSV: each record gives a `RequestDraft` or a `BadRow`, never an error.

A value is used as it stands, converted by a rule of the mapping, or refused with a reason; nothing is
guessed. Cleaning (markup, white space, lengths) and masking of contacts are the only changes to text.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from collections.abc import Mapping as ReadMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from accelerator.board.importing.amounts import parse_count, parse_minutes, parse_yes
from accelerator.board.importing.cleaning import (
    MASK,
    clean_line,
    clean_text,
    encodable,
    fold,
    mask_private,
    shown,
    split_at_word,
)
from accelerator.board.importing.dates import parse_moment, to_utc
from accelerator.board.importing.mapping import (
    CLOSED_SETS,
    PLACEHOLDER,
    FieldRule,
    Mapping,
    MappingError,
    split_codes,
)
from accelerator.board.importing.records import Broken, FileFormat, Record, has_undecodable, open_records
from accelerator.screening.finding import HARD, Kind
from accelerator.screening.marking import cut_out

TITLE_CHARS, STORY_CHARS, BRIEFING_CHARS = 90, 2000, 4000
SOURCE_ID_CHARS = 80
# Longer raw text is no request but a damaged file; it is refused before any cleaning.
_RAW_CHARS = 20_000
_LONGEST_DAY = timedelta(hours=25)  # the day on which clocks go back
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/.-]{0,63}")
_NOT_MAPPED = FieldRule("")

T = TypeVar("T")


@dataclass(frozen=True)
class RequestDraft:
    """One request for help, ready to be stored; run the import again, and the same two keys find it.

    What holds of every draft: `when` "any" has no `ends_at`; "by" has one; "at" has both ends; `starts_at` is
    not after `ends_at`; an open draft's `ends_at` is not over, unless the mapping says past = "keep".
    """

    source: str
    source_id: str
    title: str  # 1 to 90 characters, contacts masked
    story: str  # up to 2000, contacts masked; begins with what the title had no room for
    briefing: str  # up to 4000, contacts masked; begins with what the story had no room for
    lang: str  # 'kk' | 'ru' | 'en'
    kind: str
    region: str
    district: str | None
    when: str  # 'any' | 'by' | 'at' | 'repeating'
    starts_at: datetime | None  # aware, UTC
    ends_at: datetime | None  # aware, UTC; a day without a time ends at 23:59 of its region
    minutes: int  # one of 15, 30, 60, 240, 480
    people: int
    needs: tuple[str, ...]
    min_age: int
    two_adults: bool
    published_at: datetime | None  # aware, UTC
    state: str  # 'open' | 'closed'


@dataclass(frozen=True)
class BadRow:
    """A record that was not used. For the operator's eyes: `row` holds the source's contacts unmasked."""

    line: int  # physical line in the file where the record starts, from 1
    reason: str  # English sentences naming column, value and what is expected
    row: dict[str, str]  # header -> cell; what cannot be taken apart: "(record)" -> its beginning


#: What is left out of imported texts, which nobody looks at before they are public.
NEVER_IMPORTED = HARD | {Kind.HOUSE}


class _RefusedError(Exception):
    """One value cannot be used; the text is a sentence for `BadRow.reason`."""


class _Found(NamedTuple):
    """A field's text with the rule that gave it and the words that name its place in a sentence."""

    text: str
    rule: FieldRule
    place: str


@dataclass(frozen=True)
class _Row:
    """One record's cells by the names that the mapping uses."""

    cells: tuple[str, ...]
    indexes: dict[str, int]

    def cell(self, name: str) -> str:
        return self.cells[self.indexes[name]]


class _Span(NamedTuple):
    """When a request takes place, and whether it is still on."""

    when: str
    starts_at: datetime | None
    ends_at: datetime | None
    state: str


def read_drafts(
    csv_path: Path,
    mapping: Mapping,
    *,
    now: datetime,
    known: ReadMapping[str, Collection[str]] | None = None,
) -> Iterator[RequestDraft | BadRow]:
    """Read `csv_path` record by record: exactly one item each, in the file's order.

    `now` is aware and decides what is over. `known` optionally holds the codes that exist here, by field name
    ("kind", "region", "district", "needs"): a row with another code becomes a BadRow.

    Raise MappingError at once, before the first item, when the file lacks columns that the mapping names, and
    OSError when it cannot be opened. Memory: one record, and some 200 bytes for each id seen.
    """
    if now.tzinfo is None:
        raise ValueError("now must carry its time zone")
    with open_records(csv_path, mapping.file) as (names, _):
        indexes = _indexes(csv_path, mapping, names)
    return _drafts(csv_path, mapping, indexes, _Context(mapping, now.astimezone(UTC), known or {}))


def count_records(csv_path: Path, mapping: Mapping) -> int:
    """How many items `read_drafts` will give. Raise OSError when the file cannot be opened."""
    with open_records(csv_path, mapping.file) as (_, records):
        return sum(1 for _ in records)


@dataclass(frozen=True)
class _Context:
    """What stays the same for all rows of one run."""

    mapping: Mapping
    now: datetime
    known: ReadMapping[str, Collection[str]]

    def rule(self, name: str) -> FieldRule:
        return self.mapping.fields.get(name, _NOT_MAPPED)


def _drafts(
    csv_path: Path, mapping: Mapping, indexes: dict[str, int], context: _Context
) -> Iterator[RequestDraft | BadRow]:
    seen: dict[str, tuple[int, bytes]] = {}
    with open_records(csv_path, mapping.file) as (names, records):
        for record in records:
            if isinstance(record, Broken):
                yield BadRow(record.line, _sentence(record.reason), {"(record)": encodable(record.text)})
                continue
            try:
                _require_sound(record, names, mapping)
                draft = _draft(_Row(record.cells, indexes), context)
                _require_new(draft, record, seen)
            except _RefusedError as refusal:
                yield BadRow(record.line, str(refusal), _as_dict(names, record.cells))
            else:
                yield draft


# The file as a whole


def _indexes(csv_path: Path, mapping: Mapping, names: tuple[str, ...]) -> dict[str, int]:
    """Where each column that the mapping names stands; white space and case make no difference."""
    _require_header(csv_path, mapping, names)
    folded = [_fold_name(name) for name in names]
    wanted = sorted(mapping.column_names())
    missing = [name for name in wanted if _fold_name(name) not in folded]
    if missing:
        raise MappingError(
            f"{mapping.path.name}: names {_quoted(missing)}, but {csv_path.name} has no such column. "
            f"Its columns are {_quoted(names)}.{_delimiter_hint(names)} Correct the names in the mapping."
        )
    for name in wanted:
        if folded.count(_fold_name(name)) > 1:
            raise MappingError(
                f'{mapping.path.name}: names the column "{name}", which {csv_path.name} has twice. '
                "Rename one in the file, or give all names in [file] columns and skip the header line."
            )
    return {name: folded.index(_fold_name(name)) for name in wanted}


def _require_header(csv_path: Path, mapping: Mapping, names: tuple[str, ...]) -> None:
    joined = "".join(names)
    if has_undecodable(joined) or "\0" in joined:
        raise MappingError(
            f"{mapping.path.name}: the header line of {csv_path.name} is not {mapping.file.encoding}. Set "
            '[file] encoding to what it is in: "cp1251" for Cyrillic from Excel, "utf-16" for Unicode text.'
        )
    if not any(name.strip() for name in names):
        raise MappingError(
            f"{csv_path.name}: has no header line that can be read{_after_skipped(mapping.file)}. "
            "Check that it is the right file, or list its columns in [file] columns."
        )


def _after_skipped(file: FileFormat) -> str:
    return f" after {file.skip_rows} skipped lines" if file.skip_rows else ""


def _delimiter_hint(names: tuple[str, ...]) -> str:
    if len(names) > 1:
        return ""
    likely = max(";,\t|", key=names[0].count)
    if likely not in names[0]:
        return ""
    shown_delimiter = likely.replace("\t", "\\t")
    return f' Everything stands in one column: set [file] delimiter = "{shown_delimiter}".'


def _quoted(names: Collection[str]) -> str:
    return ", ".join(f'"{shown(name)}"' for name in names)


def _fold_name(name: str) -> str:
    return fold(name.removeprefix("\ufeff"))


# One record


def _require_sound(record: Record, names: tuple[str, ...], mapping: Mapping) -> None:
    """The record has its columns, and its bytes are text."""
    if len(record.cells) != len(names):
        raise _RefusedError(
            f"The row has {len(record.cells)} columns; expected {len(names)}, as in the header. "
            "Look for a delimiter inside a field without quotation marks, or a missing one."
        )
    for name, cell in zip(names, record.cells, strict=True):
        if has_undecodable(cell):
            byte = next(ord(char) - 0xDC00 for char in cell if "\udc00" <= char <= "\udcff")
            raise _RefusedError(
                f'Column "{shown(name)}" holds the byte 0x{byte:02X}, which is not {mapping.file.encoding}; '
                f'repair it, or set [file] encoding in {mapping.path.name} ("cp1251" is usual for Cyrillic).'
            )
        if "\0" in cell:
            raise _RefusedError(
                f'Column "{shown(name)}" holds a NUL byte; remove it, or, if every row has them, set [file] '
                f'encoding = "utf-16" in {mapping.path.name}.'
            )


def _require_new(draft: RequestDraft, record: Record, seen: dict[str, tuple[int, bytes]]) -> None:
    """Remember the id; refuse it when an earlier record of this file has it."""
    digest = hashlib.blake2b("\0".join(record.cells).encode(), digest_size=16).digest()
    first_line, first_digest = seen.setdefault(draft.source_id, (record.line, digest))
    if first_line == record.line:
        return
    if first_digest == digest:
        raise _RefusedError(f'The id "{shown(draft.source_id)}" and all the rest repeat line {first_line}; drop one.')
    raise _RefusedError(
        f'The id "{shown(draft.source_id)}" stands in line {first_line} with other content, which was used; '
        "expected a different id for each request."
    )


def _draft(row: _Row, context: _Context) -> RequestDraft:
    """Convert every field; raise _RefusedError with all that is wrong, so that one look mends the row."""
    faults: list[str] = []

    def attempt(read: Callable[[], T], instead: T) -> T:
        try:
            return read()
        except _RefusedError as refusal:
            faults.append(str(refusal))
            return instead

    region = attempt(lambda: _code(row, context, "region") or "", "")
    zone = context.mapping.zones.get(region, context.mapping.timezone)
    title, story, briefing = attempt(lambda: _texts(row, context), ("", "", ""))
    minutes = attempt(lambda: _minutes(row, context), 60)
    span = attempt(lambda: _span(row, context, zone, minutes), _Span("any", None, None, "open"))
    draft = RequestDraft(
        source=context.mapping.source,
        source_id=attempt(lambda: _source_id(row, context), ""),
        title=title,
        story=story,
        briefing=briefing,
        lang=attempt(lambda: _needed_code(row, context, "lang"), ""),
        kind=attempt(lambda: _needed_code(row, context, "kind"), ""),
        region=region,
        district=attempt(lambda: _district(row, context, region), None),
        when=span.when,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        minutes=minutes,
        people=attempt(lambda: _count(row, context, "people", 1), 1),
        needs=attempt(lambda: _needs(row, context), ()),
        # A source that says nothing about age has not been checked for minors: adults only.
        min_age=attempt(lambda: _count(row, context, "min_age", 18), 18),
        two_adults=attempt(lambda: _two_adults(row, context), False),
        published_at=attempt(lambda: _published_at(row, context, zone), None),
        state=span.state,
    )
    if not region and not faults:
        faults.append(_missing(context.rule("region")))
    if faults:
        raise _RefusedError(" ".join(faults))
    return draft


# One field


def _find(row: _Row, rule: FieldRule) -> _Found | None:
    """The field's text: constant, keywords, columns, then the same of its fallbacks, then the default."""
    for step in rule.chain():
        found = _found_by(row, step)
        if found is not None and found.text:
            return found
    for step in rule.chain():
        if step.default:
            return _Found(step.default, step, f"[fields.{rule.name}] default")
    if rule.required:
        raise _RefusedError(_missing(rule))
    return None


def _found_by(row: _Row, rule: FieldRule) -> _Found | None:
    if rule.value is not None:
        return _Found(rule.value, rule, f"[fields.{rule.name}] value")
    spotted = _spotted(row, rule)
    if spotted:
        return _Found(spotted[0], rule, _place(rule.keywords_in or rule.columns))
    place = _place(rule.columns)
    text = _source_text(row, rule)
    if not text or rule.values is None:
        return _Found(text, rule, place)
    return _Found(_looked_up(text, rule, place), rule, place)


def _place(names: tuple[str, ...]) -> str:
    return ("Columns " if len(names) > 1 else "Column ") + _quoted(names)


def _source_text(row: _Row, rule: FieldRule) -> str:
    if rule.template is not None:
        return _filled(row, rule)
    cells = (_unless_blank(row.cell(name), rule) for name in rule.columns)
    text = rule.join.join(cell for cell in cells if cell)
    if rule.pattern is None:
        return text
    match = rule.pattern.search(text)
    return (match[1] or "").strip() if match else ""


def _filled(row: _Row, rule: FieldRule) -> str:
    """The template with its cells; a line that names columns, all of them blank here, is left out."""
    lines = []
    for line in (rule.template or "").splitlines():
        cells = [_unless_blank(row.cell(name), rule) for name in PLACEHOLDER.findall(line)]
        if any(cells) or not cells:
            lines.append(PLACEHOLDER.sub(lambda match: _unless_blank(row.cell(match[1]), rule), line))
    return "\n".join(lines).strip()


def _unless_blank(cell: str, rule: FieldRule) -> str:
    text = cell.strip()
    return "" if fold(text) in rule.blank else text


def _spotted(row: _Row, rule: FieldRule) -> list[str]:
    """What the rule's keywords say of the row, in the order of the mapping."""
    if not rule.keywords:
        return []
    text = fold("\n".join(clean_text(row.cell(name)[:_RAW_CHARS]) for name in rule.keywords_in or rule.columns))
    return [keyword.then for keyword in rule.keywords if keyword.pattern.search(text)]


def _looked_up(text: str, rule: FieldRule, place: str) -> str:
    values = rule.values or {}
    key = fold(text)
    if key in values:
        return values[key]
    if rule.other is not None:
        return rule.other
    raise _RefusedError(
        f'{place} says "{shown(text)}"; expected one of {_some(values)} '
        f"(add it to [fields.{rule.name}.values], or say other = …)."
    )


def _some(values: Collection[str]) -> str:
    first = list(values)[:8]
    return _quoted(first) + (f" and {len(values) - len(first)} more" if len(values) > len(first) else "")


def _missing(rule: FieldRule) -> str:
    names = sorted(rule.column_names())
    if not names:
        return f"[fields.{rule.name}] gives nothing for this row; expected a value."
    label = "Columns" if len(names) > 1 else "Column"
    blank = "are blank or give nothing" if len(names) > 1 else "is blank or gives nothing"
    return f"{label} {_quoted(names)} {blank}; expected the request's {rule.name}."


def _parsed(found: _Found, parse: Callable[[str], T]) -> T:
    try:
        return parse(found.text)
    except ValueError as error:
        raise _RefusedError(f'{found.place} says "{shown(found.text)}"; expected {error}.') from None


def _source_id(row: _Row, context: _Context) -> str:
    rule = context.rule("source_id")
    found = _find(row, rule)
    text = clean_line(found.text[:_RAW_CHARS]) if found else ""
    if not text:
        raise _RefusedError(_missing(rule))
    if len(text) > SOURCE_ID_CHARS:
        raise _RefusedError(
            f'The id "{shown(text)}" is longer than {SOURCE_ID_CHARS} characters; expected a short one.'
        )
    return text


def _texts(row: _Row, context: _Context) -> tuple[str, str, str]:
    """(title, story, briefing): what one has no room for begins the next, and nothing is lost."""
    private = _private_lines(row, context)
    title = clean_line(_public(row, context, "title", private))
    if not title.replace(MASK, "").strip(" .,:;-–—()"):
        raise _RefusedError(_missing(context.rule("title")))
    story = _public(row, context, "story", private)
    briefing = _public(row, context, "briefing", private)
    title, more = split_at_word(title, TITLE_CHARS)
    story, more = split_at_word("\n\n".join(part for part in (more, story) if part), STORY_CHARS)
    briefing = "\n\n".join(part for part in (more, briefing) if part)
    if len(briefing) > BRIEFING_CHARS:
        most = TITLE_CHARS + STORY_CHARS + BRIEFING_CHARS
        raise _RefusedError(
            f"Title, story and briefing are {len(briefing) - BRIEFING_CHARS} characters too long together; "
            f"expected at most {most}."
        )
    return title, story, briefing


def _public(row: _Row, context: _Context, name: str, private: tuple[str, ...]) -> str:
    found = _find(row, context.rule(name))
    if found is None:
        return ""
    if len(found.text) > _RAW_CHARS:
        raise _RefusedError(f"{found.place} has {len(found.text)} characters; expected at most {_RAW_CHARS}.")
    # Masked first by the source's own columns and usual spellings, then by what the desk goes by.
    return cut_out(mask_private(clean_text(found.text), private), NEVER_IMPORTED)


def _private_lines(row: _Row, context: _Context) -> tuple[str, ...]:
    """Lines of the address columns that would lead to a door: they have a number and a word."""
    lines = (
        clean_line(line)
        for name in context.mapping.private_columns
        for line in row.cell(name)[:_RAW_CHARS].splitlines()
    )
    return tuple(line for line in lines if len(line) > 5 and re.search(r"\d", line) and re.search(r"[^\W\d_]", line))


def _code(row: _Row, context: _Context, name: str) -> str | None:
    found = _find(row, context.rule(name))
    if found is None:
        return None
    return _known_code(found.text, found, context, name)


def _needed_code(row: _Row, context: _Context, name: str) -> str:
    code = _code(row, context, name)
    if code is None:
        raise _RefusedError(_missing(context.rule(name)))
    return code


def _known_code(code: str, found: _Found, context: _Context, name: str) -> str:
    known = context.known.get(name)
    if known is not None and code not in known:
        raise _RefusedError(f'{found.place} gives the {name} "{shown(code)}"; expected one of {_some(known)}.')
    allowed = CLOSED_SETS.get(name)
    if allowed is not None and code not in allowed:
        raise _RefusedError(f'{found.place} says "{shown(code)}"; expected one of {_quoted(allowed)}.')
    if not _CODE.fullmatch(code):
        raise _RefusedError(
            f'{found.place} says "{shown(code)}"; expected a code, or a line in [fields.{name}.values].'
        )
    return code


def _district(row: _Row, context: _Context, region: str) -> str | None:
    district = _code(row, context, "district")
    if district is None or not region:
        return None
    parents = {spec.code: spec.parent for spec in context.mapping.regions}
    parent = parents.get(district) or district.partition("/")[0]
    if parent != region:
        raise _RefusedError(f'The district "{district}" lies in "{parent}"; expected one of the region "{region}".')
    return district


def _needs(row: _Row, context: _Context) -> tuple[str, ...]:
    """All capabilities that columns and keywords name, each once, in the order found."""
    rule = context.rule("needs")
    codes: dict[str, None] = {}
    for step in rule.chain():
        found = _Found("", step, _place(tuple(sorted(step.column_names()))))
        for text in (step.value or "", *_spotted(row, step), *_listed(row, step, found.place)):
            codes |= dict.fromkeys(_known_code(code, found, context, "needs") for code in split_codes(text))
    return tuple(codes) or split_codes(rule.default or "")


def _listed(row: _Row, rule: FieldRule, place: str) -> list[str]:
    """The parts of a list in one cell, each looked up by itself."""
    parts = split_codes(_source_text(row, rule), rule.split)
    return [part if rule.values is None else _looked_up(part, rule, place) for part in parts]


def _count(row: _Row, context: _Context, name: str, unmapped: int) -> int:
    found = _find(row, context.rule(name))
    if found is None:
        return unmapped
    rule = found.rule
    number = _parsed(found, lambda text: parse_count(text, decimal=context.mapping.file.decimal, units=rule.units))
    if not rule.minimum <= number <= rule.maximum:
        raise _RefusedError(
            f'{found.place} says "{shown(found.text)}"; expected a whole number from {rule.minimum} to {rule.maximum}.'
        )
    return number


def _minutes(row: _Row, context: _Context) -> int:
    found = _find(row, context.rule("minutes"))
    if found is None:
        return 60
    decimal = context.mapping.file.decimal
    rule = found.rule
    return _parsed(found, lambda text: parse_minutes(text, unit=rule.unit, decimal=decimal, units=rule.unit_minutes))


def _two_adults(row: _Row, context: _Context) -> bool:
    found = _find(row, context.rule("two_adults"))
    return found is not None and _parsed(found, parse_yes)


# Time


def _moment(row: _Row, context: _Context, name: str, zone: ZoneInfo) -> tuple[datetime | None, bool]:
    """(UTC moment or None, whether the text named a time of day)."""
    found = _find(row, context.rule(name))
    if found is None:
        return None, False
    moment = _parsed(found, lambda text: parse_moment(text, found.rule.formats))
    zone = found.rule.timezone or zone
    return _parsed(found, lambda _: to_utc(moment, zone, day_end=name == "ends_at")), moment.has_time


def _published_at(row: _Row, context: _Context, zone: ZoneInfo) -> datetime | None:
    published_at, _ = _moment(row, context, "published_at", zone)
    if published_at is not None and published_at > context.now + timedelta(days=1):
        place = _quoted(sorted(context.rule("published_at").column_names()))
        raise _RefusedError(f"Column {place} says {published_at:%Y-%m-%d}; expected a date that is not ahead of today.")
    return published_at


def _span(row: _Row, context: _Context, zone: ZoneInfo, minutes: int) -> _Span:
    """When and whether: 1. read both ends; 2. find the kind of time they make; 3. ask if it is over."""
    starts_at, has_time = _moment(row, context, "starts_at", zone)
    ends_at, _ = _moment(row, context, "ends_at", zone)
    if starts_at is not None and ends_at is not None and starts_at > ends_at:
        raise _RefusedError(
            f"It starts at {starts_at:%Y-%m-%d %H:%M} and ends at {ends_at:%Y-%m-%d %H:%M} (UTC); "
            "expected the start not to be after the end."
        )
    said = _code(row, context, "when") or "auto"
    length = timedelta(minutes=minutes) if has_time else timedelta(hours=23, minutes=59)
    when, ends_at = _when(said, starts_at, ends_at, length)
    state = _code(row, context, "state") or "open"
    span = _as_of_now(_Span(when, starts_at, ends_at, state), context, is_ongoing=said in ("any", "repeating"))
    return span if has_time else _without_hour(span)


def _without_hour(span: _Span) -> _Span:
    """Nobody comes at midnight: a day without an hour means by the end of it."""
    if span.when == "at":
        return span._replace(when="by", starts_at=None)
    return span._replace(starts_at=None) if span.when == "repeating" else span


def _when(
    said: str, starts_at: datetime | None, ends_at: datetime | None, length: timedelta
) -> tuple[str, datetime | None]:
    """(when, ends_at): "auto" is worked out from the dates; "at" without an end gets one after `length`."""
    if said == "auto":
        said = _when_from_dates(starts_at, ends_at)
    if said == "at":
        if starts_at is None:
            raise _RefusedError('The row takes place "at" a time, but has no start; expected one in starts_at.')
        return said, ends_at or starts_at + length
    if said == "by" and ends_at is None:
        raise _RefusedError('The row is to be done "by" a date, but has no end; expected one in ends_at.')
    if said == "any" and ends_at is not None:
        return "by", ends_at  # any time until then
    return said, ends_at


def _when_from_dates(starts_at: datetime | None, ends_at: datetime | None) -> str:
    if starts_at is None:
        return "any" if ends_at is None else "by"
    if ends_at is None or ends_at - starts_at <= _LONGEST_DAY:
        return "at"
    return "by"


def _as_of_now(span: _Span, context: _Context, *, is_ongoing: bool) -> _Span:
    """Apply the mapping's rule for what is over; without any date nothing is ever over."""
    rule, last = context.rule("state"), span.ends_at or span.starts_at
    if span.state == "closed" or last is None or last >= context.now:
        return span
    if (is_ongoing and rule.ongoing_is_open) or rule.past == "open_anytime":
        return _Span("any", None, None, "open")
    if rule.past == "closed":
        return span._replace(state="closed")
    return span


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}; expected one whole record."


def _as_dict(names: tuple[str, ...], cells: tuple[str, ...]) -> dict[str, str]:
    """The row for the operator's report: names made unique, cells beyond the header kept, all encodable."""
    row: dict[str, str] = {}
    for index, cell in enumerate(cells):
        name = encodable(names[index]).strip() if index < len(names) else ""
        if not name or name in row:
            name = f"{name or 'column'} ({index + 1})"
        row[name] = encodable(cell)
    return row
