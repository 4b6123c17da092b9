"""The picture a shared link shows in WhatsApp or Telegram (Open Graph, 1200 by 630).

A messenger shows it 300 pixels wide, so there is little on it and all of it is large: what is to be
done, where and when, and how many places are left.
"""

import functools
import io
from bisect import bisect_right
from collections.abc import Iterator
from itertools import combinations

from PIL import Image, ImageColor

from accelerator.drawing import (
    APPLE,
    CARD,
    INK,
    LEAF,
    PAPER,
    RIDGE_FAR,
    RIDGE_NEAR,
    RIDGE_SNOW,
    SOFT_INK,
    Sheet,
    drawable,
    face,
    placed,
)

WIDTH, HEIGHT = 1200, 630

_MARGIN = 72
_TEXT_WIDTH = WIDTH - 2 * _MARGIN
_TITLE_SIZES = {1: 92, 2: 82, 3: 66}  # pixels, by the number of lines the title then needs
_LEADING = 1.16
_LINE_SIZE = 42
_MAX_LETTERS = 180  # more than three lines hold of the narrowest; measuring a stranger's novel takes seconds
_MAX_SEATS = 8
_SEAT = 76
_PEAKS, _HILLS = "#d3e8ef", "#dcecdf"

# Every flat colour we use. With four steps between each two, for the smooth edges, they make a
# palette of 120: a third of the bytes, and no shade is ever guessed.
_COLOURS = (PAPER, INK, SOFT_INK, APPLE, LEAF, CARD, _PEAKS, _HILLS)
_STEPS = (0.2, 0.4, 0.6, 0.8)


def share_picture(title: str, line: str, *, apples: tuple[int, int] | None, name: str) -> bytes:
    """Draw the picture for one task, deed or page; return it as PNG, 1200 by 630, well under 60 KB.

    ``title`` says what it is about, in up to three lines, the rest cut with "…". ``line`` stands below it:
    place · when. ``apples`` is (taken, places), both counted in people, or None where there are no
    places; more than eight are shown in proportion, with "+n" for those not drawn. ``name`` is the
    site's. Emoji and scripts other than Latin and Cyrillic are left out.
    """
    sheet = Sheet(WIDTH, HEIGHT, times=2, colour=PAPER)
    _draw_ridge(sheet)
    _draw_name(sheet, _bounded(name))
    _draw_words(sheet, _bounded(title), _bounded(line), bottom=496 if apples else 580)
    if apples:
        _draw_seats(sheet, *shown_seats(*apples))
    return _png(sheet.finish())


def shown_seats(taken: int, places: int) -> tuple[int, int, int]:
    """Return how many apples to draw red, how many dashed, and how many places are left undrawn.

    Up to eight places are drawn one by one. Above that, eight stand for all of them: never eight red
    ones while a place is free, never eight dashed ones once somebody has come.
    """
    places = max(places, 0)
    taken = min(max(taken, 0), places)
    if places <= _MAX_SEATS:
        return taken, places - taken, 0
    red = round(_MAX_SEATS * taken / places)
    red = max(red, 1) if taken else 0
    red = min(red, _MAX_SEATS - 1) if taken < places else _MAX_SEATS
    return red, _MAX_SEATS - red, places - _MAX_SEATS


def wrapped(text: str, size: int, width: float) -> list[str]:
    """Break ``text``, in heavy letters of ``size``, evenly into as few lines of ``width`` pixels as needed.

    Words stay whole unless one alone is longer than a line.
    """
    pieces = [piece for word in text.split() for piece in _pieces(word, size, width)]
    lines = _filled(pieces, size, width)
    narrow, wide = max((_length(piece, size) for piece in pieces), default=0.0), width
    while wide - narrow > 2:
        middle = (narrow + wide) / 2
        if len(_filled(pieces, size, middle)) > len(lines):
            narrow = middle
        else:
            wide = middle
    return _filled(pieces, size, wide)


def shortened(text: str, size: int, width: float, *, bold: bool = True) -> str:
    """Return ``text`` if it fits into ``width`` pixels, or else its whole words that do, and "…"."""
    if _length(text, size, bold=bold) <= width:
        return text
    words = text.split()
    while len(words) > 1 and _length(" ".join(words) + "…", size, bold=bold) > width:
        words.pop()
    kept = " ".join(words).rstrip(" ,.;:·\u2013\u2014-")
    while kept and _length(kept + "…", size, bold=bold) > width:
        kept = kept[:-1]
    return kept + "…"


def _draw_ridge(sheet: Sheet) -> None:
    left, top, scale = -20, 398, (1.04, 1.17)
    sheet.fill(placed(RIDGE_FAR, left, top, scale), _PEAKS)
    for snow in RIDGE_SNOW:
        sheet.fill(placed(snow, left, top, scale), CARD)
    sheet.fill(placed(RIDGE_NEAR, left, top, scale), _HILLS)


def _draw_name(sheet: Sheet, name: str) -> None:
    sheet.logo(_MARGIN - 8, 40, 84)
    sheet.words(_MARGIN + 92, 98, shortened(name, 38, _TEXT_WIDTH - 92), INK, 38, bold=True)


def _draw_words(sheet: Sheet, title: str, line: str, *, bottom: float) -> None:
    """Write title and line as one block, in the middle between the name and ``bottom``."""
    lines, size = _set_title(title)
    high = len(lines) * size * _LEADING + 20 + _LINE_SIZE
    top = 142 + max(0.0, (bottom - 142 - high) / 2)
    for number, words in enumerate(lines):
        sheet.words(_MARGIN - 4, top + size * (0.9 + _LEADING * number), words, INK, size, bold=True)
    line = shortened(line, _LINE_SIZE, _TEXT_WIDTH, bold=False)
    sheet.words(_MARGIN, top + high - _LINE_SIZE * 0.1, line, SOFT_INK, _LINE_SIZE)


def _set_title(title: str) -> tuple[list[str], int]:
    """Return the lines of the title and the largest size at which they are few enough."""
    for count, size in _TITLE_SIZES.items():
        lines = wrapped(title, size, _TEXT_WIDTH)
        if len(lines) <= count:
            return lines, size
    pieces = [piece for word in title.split() for piece in _pieces(word, size, _TEXT_WIDTH)]
    lines = _filled(pieces, size, _TEXT_WIDTH)
    kept, rest = lines[: count - 1], lines[count - 1 :]
    return [*kept, shortened(" ".join(rest), size, _TEXT_WIDTH)], size


def _draw_seats(sheet: Sheet, taken: int, free: int, undrawn: int) -> None:
    top, step = 520, _SEAT + 14
    for seat in range(taken):
        sheet.apple(_MARGIN - 8 + seat * step, top, _SEAT)
    for seat in range(taken, taken + free):
        sheet.free_apple(_MARGIN - 8 + seat * step, top, _SEAT)
    if undrawn:
        sheet.words(_MARGIN + (taken + free) * step, top + 58, f"+{undrawn}", INK, 48, bold=True)


def _bounded(text: str) -> str:
    return drawable(text[: 4 * _MAX_LETTERS])[:_MAX_LETTERS]


def _length(text: str, size: int, *, bold: bool = True) -> float:
    return face(size, bold=bold).getlength(text)


def _pieces(word: str, size: int, width: float) -> Iterator[str]:
    """Yield the word, in pieces only if it is longer than a line."""
    while _length(word, size) > width:
        end = max(1, bisect_right(range(1, len(word)), width, key=lambda end: _length(word[:end], size)))
        yield word[:end]
        word = word[end:]
    if word:
        yield word


def _filled(pieces: list[str], size: int, width: float) -> list[str]:
    """Put as many words on each line as fit, in order."""
    lines: list[str] = []
    for piece in pieces:
        if lines and _length(f"{lines[-1]} {piece}", size) <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece)
    return lines


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    few = image.quantize(palette=_palette(), dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True)
    return file.getvalue()


@functools.cache
def _palette() -> Image.Image:
    flat = [ImageColor.getrgb(colour)[:3] for colour in _COLOURS]
    mixed = [
        tuple(round(a + (b - a) * step) for a, b in zip(one, other, strict=True))
        for one, other in combinations(flat, 2)
        for step in _STEPS
    ]
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for colour in [*flat, *mixed] for channel in colour])
    return palette
