"""Flat, smooth shapes and words on paper: what the pictures for shared links are drawn with.

Shapes are written like the ``d`` of an SVG path, so that they can be carried to and from the page's
own sprite. Everything is drawn several times too large and shrunk once, which smooths the edges.
"""

import functools
import math
import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Self

from PIL import Image, ImageDraw, ImageFont

PAPER = "#faf6ee"
CARD = "#fffdf9"
INK = "#1f2d36"
SOFT_INK = "#5a6872"
LINE = "#e6ddcc"
APPLE = "#c2332b"
LEAF = "#2f7350"
SKY = "#17657c"

# The apple in a box of 64 by 64; the mark is the ridge across the logo's apple.
APPLE_BODY = (
    "M32 19 C27 13.5 9 13 7.5 32 C6.5 46 15.5 60.5 24.5 60.5 C28 60.5 29.5 58.5 32 58.5"
    " C34.5 58.5 36 60.5 39.5 60.5 C48.5 60.5 57.5 46 56.5 32 C55 13 37 13.5 32 19 Z"
)
APPLE_LEAF = "M32 15.5 C31 8 36.5 2.5 44.5 2 C45 9.5 40 15.5 32 15.5 Z"
APPLE_MARK = "M14.5 43 L24.5 29.5 L29.5 36 L37 25.5 L49.5 43"

# The ridge of every page, in a box of 1200 by 200: far peaks, their snow, near hills.
RIDGE_FAR = (
    "M0 152 L124 96 L196 128 L328 32 L412 92 L532 4 L668 108 L764 62 L884 132 L1012 48 L1200 146 L1200 200 L0 200 Z"
)
RIDGE_SNOW = (
    "M532 4 L474 46.5 L500 54 L516 44 L534 60 L552 46 L570 58 L596 52.9 Z",
    "M328 32 L284 64 L304 72 L320 62 L340 74 L366 59 Z",
    "M1012 48 L966 78.2 L988 86 L1006 76 L1026 88 L1070 78.3 Z",
)
RIDGE_NEAR = "M0 172 L160 134 L304 164 L470 96 L640 158 L796 114 L952 168 L1084 140 L1200 162 L1200 200 L0 200 Z"

Point = tuple[float, float]
Shape = str | Sequence[Point]

_FONTS = Path(__file__).parent / "fonts"
_CURVE_STEPS = 24
_TOKEN = re.compile(r"[MLCZ]|-?\d+(?:\.\d+)?")
_NOT_IN_FONT = re.compile(
    "[^\u0020-\u007e\u00a0-\u017f\u0400-\u04ff\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030"
    "\u2032\u2033\u2039\u203a\u20ac\u20b8\u20bd\u2116\u2122\u2190-\u2193\u2212]"
)


@functools.cache
def face(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return our own DejaVu Sans at ``size`` pixels; the machine's fonts are never asked."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(_FONTS / name, size, layout_engine=ImageFont.Layout.BASIC)


def drawable(text: str) -> str:
    """Return ``text`` in one line of single spaces, without what the font has no letter for (emoji, say)."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    return " ".join(_NOT_IN_FONT.sub("", plain).split())


def outline(path: str) -> list[Point]:
    """Return the points of an SVG path of M, L, C and Z (absolute, one contour), its curves in short steps.

    Bare points, "x,y x,y", are a shape too. Z is for the reader: whoever fills a shape closes it.
    """
    points: list[Point] = []
    tokens = _TOKEN.findall(path)
    at = 0
    command = ""
    while at < len(tokens):
        if tokens[at] in "MLCZ":
            command = tokens[at]
            at += 1
            continue
        count = 6 if command == "C" else 2
        numbers = [float(token) for token in tokens[at : at + count]]
        at += count
        if command == "C":
            points += _curve(points[-1], numbers)
        else:
            points.append((numbers[0], numbers[1]))
    return points


def _curve(start: Point, numbers: Sequence[float]) -> list[Point]:
    (x0, y0), (x1, y1, x2, y2, x3, y3) = start, numbers
    points = []
    for step in range(1, _CURVE_STEPS + 1):
        t = step / _CURVE_STEPS
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        points.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return points


def placed(shape: Shape, x: float, y: float, scale: float | Point = 1.0, turn: float = 0.0) -> list[Point]:
    """Return ``shape`` scaled and turned (degrees, clockwise) about its own origin, then moved to (x, y)."""
    wide, high = (scale, scale) if isinstance(scale, int | float) else scale
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    points = outline(shape) if isinstance(shape, str) else shape
    return [(x + px * wide * cos - py * high * sin, y + px * wide * sin + py * high * cos) for px, py in points]


class Sheet:
    """A sheet of paper, measured in the pixels of the finished picture.

    ``times`` is how much larger it is drawn; ``finish`` shrinks it. Colours are "#rrggbb".
    """

    def __init__(self, width: int, height: int, *, times: int, colour: str = PAPER) -> None:
        self._size = (width, height)
        self._times = times
        self._image = Image.new("RGB", (width * times, height * times), colour)
        self._pen = ImageDraw.Draw(self._image)

    def fill(self, shape: Shape, colour: str) -> Self:
        """Fill a closed shape."""
        self._pen.polygon(self._large(shape), fill=colour)
        return self

    def line(self, shape: Shape, colour: str, width: float, *, closed: bool = False) -> Self:
        """Draw along a shape with a round pen, ``width`` pixels thick."""
        points = self._large(shape)
        if closed:
            points.append(points[0])
        thick = max(1, round(width * self._times))
        self._pen.line(points, fill=colour, width=thick, joint="curve")
        for x, y in (points[0], points[-1]):
            self._pen.circle((x, y), thick / 2, fill=colour)
        return self

    def dashes(self, shape: Shape, colour: str, width: float, *, count: int) -> Self:
        """Draw a closed shape as ``count`` dashes of equal length, with gaps about as long."""
        points = list(outline(shape) if isinstance(shape, str) else shape)
        walk = _evenly(points, count * 12)
        for start in range(0, count * 12, 12):
            self.line(walk[start : start + 7], colour, width)
        return self

    def oval(self, x: float, y: float, wide: float, high: float, colour: str) -> Self:
        """Fill an oval about (x, y); ``wide`` and ``high`` are its radii."""
        t = self._times
        self._pen.ellipse(((x - wide) * t, (y - high) * t, (x + wide) * t, (y + high) * t), fill=colour)
        return self

    def dot(self, x: float, y: float, radius: float, colour: str) -> Self:
        """Fill a circle about (x, y)."""
        return self.oval(x, y, radius, radius, colour)

    def box(self, x: float, y: float, wide: float, high: float, colour: str, *, round_by: float = 0) -> Self:
        """Fill a box from its top left corner, its corners rounded by ``round_by``."""
        t = self._times
        edges = (round(x * t), round(y * t), round((x + wide) * t) - 1, round((y + high) * t) - 1)
        self._pen.rounded_rectangle(edges, radius=round_by * t, fill=colour)
        return self

    def words(self, x: float, y: float, text: str, colour: str, size: int, *, bold: bool = False) -> Self:
        """Write one line; (x, y) is the left end of the line the letters stand on."""
        font = face(size * self._times, bold=bold)
        self._pen.text((x * self._times, y * self._times), text, fill=colour, font=font, anchor="ls")
        return self

    def apple(self, x: float, y: float, size: float, *, body: str = APPLE, leaf: str = LEAF) -> Self:
        """Draw an apple in the box of ``size`` pixels whose top left corner is (x, y)."""
        self.fill(placed(APPLE_LEAF, x, y, size / 64), leaf)
        return self.fill(placed(APPLE_BODY, x, y, size / 64), body)

    def free_apple(self, x: float, y: float, size: float, *, colour: str = SOFT_INK) -> Self:
        """Draw the dashed outline of an apple: a place nobody has taken yet."""
        pen = size / 20
        self.line(placed(APPLE_LEAF, x, y, size / 64), colour, pen * 0.85, closed=True)
        return self.dashes(placed(APPLE_BODY, x, y, size / 64), colour, pen, count=15)

    def logo(self, x: float, y: float, size: float) -> Self:
        """Draw the apple with the ridge across it."""
        self.apple(x, y, size)
        return self.line(placed(APPLE_MARK, x, y, size / 64), CARD, size / 64 * 4.2)

    def finish(self) -> Image.Image:
        """Return the picture at its real size."""
        return self._image.resize(self._size, Image.Resampling.BOX if self._times < 2 else Image.Resampling.LANCZOS)

    def _large(self, shape: Shape) -> list[Point]:
        points = outline(shape) if isinstance(shape, str) else shape
        return [(x * self._times, y * self._times) for x, y in points]


def _evenly(points: list[Point], count: int) -> list[Point]:
    """Return ``count`` points at equal distances along the closed line through ``points``."""
    ring = [*points, points[0]]
    lengths = [math.dist(a, b) for a, b in pairwise(ring)]
    step = sum(lengths) / count
    walk: list[Point] = []
    passed = 0.0
    for ((x0, y0), (x1, y1)), length in zip(pairwise(ring), lengths, strict=True):
        while length and len(walk) < count and len(walk) * step <= passed + length:
            share = (len(walk) * step - passed) / length
            walk.append((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share))
        passed += length
    return walk
