"""Records out of a CSV file that may be damaged anywhere: each comes out whole, or as `Broken` with its line.

Python's reader, left alone, lets one stray quotation mark swallow the rest of the file. Here:
1. a record is read strictly, from physical lines that are remembered;
2. if it does not end well, it is reported, and reading starts again one line further;
3. lines up to the next record of full width belong to the broken one.
What can still fail: a broken record whose remains happen to look like a full one; its values are then checked
like any other's.
"""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

# Memory stays within this whatever the file: one record is at most so many characters and lines.
RECORD_CHARS = 256_000
RECORD_LINES = 2_000
_BROKEN_TEXT_CHARS = 500
_UNDECODABLE = re.compile("[\udc00-\udcff]")
_TOO_LONG = "a quotation mark opened here is not closed, or the record is too long"


@dataclass(frozen=True)
class FileFormat:
    """How the file is written. `columns`: names for a file without a header line, else empty."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    quotechar: str = '"'
    escapechar: str = ""
    space_after_delimiter: bool = False
    skip_rows: int = 0
    columns: tuple[str, ...] = ()
    decimal: str | None = None


@dataclass(frozen=True)
class Record:
    """One record's cells; `line` is the physical line where it starts, counted from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Broken:
    """What could not be taken apart; `text` is its beginning as it stands in the file."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class _Attempt:
    """What reading one record gave: its cells, or the `fault` that ended it, and the lines it took."""

    line: int
    taken: list[str]
    cells: tuple[str, ...] = ()
    fault: str = ""


class _TooLongError(Exception):
    """The record goes on beyond what one record may hold."""


class _Lines:
    """Physical lines of a file; those of a failed attempt can be given back."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._returned: deque[str] = deque()
        self._is_over = False
        self.taken = 0
        self.fault = ""

    def take(self) -> str | None:
        line = self._returned.popleft() if self._returned else self._read()
        self.taken += line is not None
        return line

    def give_back(self, lines: list[str]) -> None:
        self._returned.extendleft(reversed(lines))
        self.taken -= len(lines)

    def _read(self) -> str | None:
        if self._is_over:
            return None
        try:
            return self._bounded_line() or None
        except UnicodeError as error:  # a stateful encoding that cannot go on after a bad byte
            self._is_over, self.fault = True, str(error)
            return None

    def _bounded_line(self) -> str:
        line = end = self._stream.readline(RECORD_CHARS + 2)
        while len(end) > RECORD_CHARS and not end.endswith(("\n", "\r")):
            end = self._stream.readline(RECORD_CHARS + 2)  # the rest of an endless line is not kept
        return line


@contextmanager
def open_records(path: Path, file: FileFormat) -> Iterator[tuple[tuple[str, ...], Iterator[Record | Broken]]]:
    """Open `path` and give (column names, records); no names when the header line is missing or broken.

    Raise OSError when the file cannot be opened. Bytes that the encoding does not know arrive as lone
    surrogates (U+DC00 + byte), so that one of them spoils its own record only.
    """
    with path.open(encoding=file.encoding, errors=_MARK_BYTES, newline="") as stream:
        lines = _Lines(stream)
        for _ in range(file.skip_rows):
            lines.take()
        names = file.columns or _header(lines, file)
        yield names, _records(lines, file, len(names))


def has_undecodable(text: str) -> bool:
    """Whether `text` holds a byte that the file's encoding does not know."""
    return _UNDECODABLE.search(text) is not None


def _header(lines: _Lines, file: FileFormat) -> tuple[str, ...]:
    while (attempt := _attempt(lines, file)) is not None:
        if attempt.fault or any(cell.strip() for cell in attempt.cells):
            return attempt.cells
    return ()


def _records(lines: _Lines, file: FileFormat, width: int) -> Iterator[Record | Broken]:
    while (attempt := _attempt(lines, file)) is not None:
        fault = attempt.fault or _joined(attempt, width)
        if fault:
            lines.give_back(attempt.taken[1:])
            last = _skip_remains(lines, file, width)
            yield _broken(attempt, fault, last)
        elif any(cell.strip() for cell in attempt.cells):  # else an empty line, or nothing but delimiters
            yield Record(attempt.line, _without_blank_tail(attempt.cells, width))


def _attempt(lines: _Lines, file: FileFormat) -> _Attempt | None:
    """Read one record; None at the end of the file."""
    line, taken = lines.taken + 1, list[str]()
    try:
        cells = next(csv.reader(_feed(lines, taken), strict=True, **_dialect(file)))
    except StopIteration:
        return _last_words(lines, file)
    except _TooLongError:
        return _Attempt(line, taken, fault=_TOO_LONG)
    except csv.Error as error:
        return _Attempt(line, taken, fault=_fault(str(error)))
    return _Attempt(line, taken, tuple(cells))


def _last_words(lines: _Lines, file: FileFormat) -> _Attempt | None:
    """None at the end of the file; once before that, why it could not be read to its end."""
    if not lines.fault:
        return None
    fault = f"the rest of the file is not {file.encoding} ({lines.fault}); set [file] encoding"
    lines.fault = ""
    return _Attempt(lines.taken + 1, [], fault=fault)


def _feed(lines: _Lines, taken: list[str]) -> Iterator[str]:
    size = 0
    while (line := lines.take()) is not None:
        taken.append(line)
        size += len(line)
        if size > RECORD_CHARS or len(taken) > RECORD_LINES:
            raise _TooLongError
        yield line


def _dialect(file: FileFormat) -> dict[str, Any]:
    quoting = csv.QUOTE_MINIMAL if file.quotechar else csv.QUOTE_NONE
    return {
        "delimiter": file.delimiter,
        "quotechar": file.quotechar or None,
        "escapechar": file.escapechar or None,
        "skipinitialspace": file.space_after_delimiter,
        "quoting": quoting,
    }


def _fault(message: str) -> str:
    if "unexpected end of data" in message:
        return "a quotation mark opened here is never closed"
    if "expected after" in message:
        return "a quotation mark stands inside a quoted field without being doubled, or one is not closed"
    return f"the record cannot be read ({message})"


def _joined(attempt: _Attempt, width: int) -> str:
    """The fault of several lines with the wrong width: a stray quotation mark has joined records."""
    if len(attempt.taken) == 1 or len(_without_blank_tail(attempt.cells, width)) in (0, width):
        return ""
    found = len(attempt.cells)
    return f"a quotation mark seems misplaced: a record of {found} columns instead of {width} begins here"


def _skip_remains(lines: _Lines, file: FileFormat, width: int) -> int:
    """Go on to the next record of full width; return the last line left out."""
    while (attempt := _attempt(lines, file)) is not None:
        if not attempt.fault and len(_without_blank_tail(attempt.cells, width)) == width:
            lines.give_back(attempt.taken)
            break
        lines.give_back(attempt.taken[1:])
    return lines.taken


def _broken(attempt: _Attempt, fault: str, last: int) -> Broken:
    left_out = f"; lines {attempt.line} to {last} were left out" if last > attempt.line else ""
    return Broken(attempt.line, fault + left_out, "".join(attempt.taken)[:_BROKEN_TEXT_CHARS])


def _without_blank_tail(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """`cells` without blank ones beyond `width`: a delimiter too many at the line's end says nothing."""
    return cells if any(cell.strip() for cell in cells[width:]) else cells[:width]


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


# Unlike "surrogateescape" this also marks bytes below 0x80, which UTF-16 and the Asian encodings can reject.
_MARK_BYTES = "accelerator.importing.mark-bytes"
codecs.register_error(_MARK_BYTES, _mark_bytes)
