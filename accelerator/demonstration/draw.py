"""The pictures of the demonstration, drawn here so that they are ours: no stock photo, no model.

    python -m accelerator.demonstration.draw OUTDIR

writes eight WebP files of 960 by 720, the same bytes every time on the same Pillow. Coordinates
are pixels of the finished picture; what is drawn first lies behind.
"""

import hashlib
import io
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

from accelerator.drawing import (
    APPLE,
    CARD,
    INK,
    LEAF,
    RIDGE_FAR,
    RIDGE_SNOW,
    SKY,
    Point,
    Shape,
    Sheet,
    outline,
    placed,
)

WIDTH, HEIGHT = 960, 720
_TIMES = 3
_STEPS = 14
_MAX_BYTES = 25_000

_EVENING = "#fbf1df"  # the warm air above the mountains
_DISC = "#f7dfa6"
_PEAKS, _HILLS, _MEADOW, _GRASS = "#cde2e9", "#cbe0cf", "#b1d0b9", "#94bd9f"
_WATER, _FOAM = "#9ccbd8", "#d9eef2"
_STONE, _STONE_LIGHT, _STONE_DARK = "#b7bbb6", "#cfd1ca", "#949c9b"
_WOOD, _WOOD_LIGHT, _WOOD_DARK = "#c4945f", "#e2bd8b", "#946840"
_KRAFT, _KRAFT_DARK = "#ddba88", "#c69d67"
_WALL, _WALL_SHADE, _SHADE = "#f5e7cf", "#ecdab9", "#e4d3b4"
_HONEY, _CREAM, _SOIL = "#e9b65a", "#f8edd8", "#8a6549"


def smooth(shape: Shape, *, closed: bool = True) -> list[Point]:
    """Return a soft line through all points of ``shape`` (Catmull-Rom)."""
    points = outline(shape) if isinstance(shape, str) else shape
    count = len(points)
    curve: list[Point] = []
    for at in range(count if closed else count - 1):
        near = [points[(at + k) % count] if closed else points[min(max(at + k, 0), count - 1)] for k in (-1, 0, 1, 2)]
        curve += [_between(near, step / _STEPS) for step in range(_STEPS)]
    return curve if closed else [*curve, points[-1]]


def _between(near: Sequence[Point], t: float) -> Point:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = near
    return _spline(ax, bx, cx, dx, t), _spline(ay, by, cy, dy, t)


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def turned_box(x: float, y: float, wide: float, high: float, turn: float) -> list[Point]:
    """Return a box about its centre (x, y), turned by degrees clockwise."""
    a, b = wide / 2, high / 2
    return placed([(-a, -b), (a, -b), (a, b), (-a, b)], x, y, 1.0, turn)


def _mountains(sheet: Sheet, top: float, *, sun: Point | None = None) -> None:
    """The ridge of every page, the sun beside it, and two lines of hills."""
    if sun:
        sheet.dot(*sun, 54, _DISC)
    sheet.fill(placed(RIDGE_FAR, -60, top, (0.9, 1.25)), _PEAKS)
    sheet.box(0, top + 240, WIDTH, HEIGHT - top - 240, _PEAKS)
    for snow in RIDGE_SNOW:
        sheet.fill(placed(snow, -60, top, (0.9, 1.25)), CARD)
    hills = [
        (-40, top + 190),
        (130, top + 158),
        (330, top + 205),
        (560, top + 150),
        (800, top + 196),
        (1000, top + 150),
    ]
    sheet.fill([*smooth(hills, closed=False), (1000, HEIGHT), (-40, HEIGHT)], _HILLS)


def _tuft(sheet: Sheet, x: float, y: float, size: float, colour: str = LEAF) -> None:
    for lean in (-0.55, -0.15, 0.3, 0.65):
        blade = [
            (x + lean * size * 0.3, y),
            (x + lean * size * 0.6, y - size * 0.6),
            (x + lean * size, y - size),
        ]
        sheet.line(smooth(blade, closed=False), colour, size / 9)


def _tulip(sheet: Sheet, x: float, y: float, size: float) -> None:
    stem = smooth([(x, y), (x + size * 0.05, y - size * 0.5), (x, y - size)], closed=False)
    sheet.line(stem, LEAF, size / 12)
    leaf = smooth(
        [
            (x, y),
            (x - size * 0.24, y - size * 0.3),
            (x - size * 0.3, y - size * 0.62),
            (x - size * 0.08, y - size * 0.3),
        ]
    )
    sheet.fill(leaf, LEAF)
    cup = "M-9 -6 C-12 6 -6 12 0 12 C6 12 12 6 9 -6 L4.5 0 L0 -9 L-4.5 0 Z"
    sheet.fill(placed(cup, x, y - size, size / 44), APPLE)


def _steam(sheet: Sheet, x: float, y: float, high: float, colour: str) -> None:
    points = [(x, y), (x + 9, y - high * 0.3), (x - 7, y - high * 0.65), (x + 5, y - high)]
    sheet.line(smooth(points, closed=False), colour, 5)


def _crown(sheet: Sheet, x: float, y: float, size: float, colour: str, light: str) -> None:
    """A round, quiet tree top."""
    edge = [
        (
            x + size * (0.94 + 0.07 * math.sin(5 * a + x)) * math.cos(a),
            y + size * 0.9 * (0.95 + 0.06 * math.cos(3 * a + x)) * math.sin(a),
        )
        for a in (math.tau * k / 14 for k in range(14))
    ]
    sheet.fill(smooth(edge), colour)
    sheet.oval(x - size * 0.25, y - size * 0.3, size * 0.46, size * 0.38, light)


def spring(sheet: Sheet) -> None:
    """A cleaned spring in the hills: water runs again, the rubbish stands tied up beside it."""
    _mountains(sheet, 88, sun=(742, 128))
    slope = "-40,330 150,316 380,372 620,356 820,382 1000,330"
    sheet.fill([*smooth(slope, closed=False), (1000, 720), (-40, 720)], _MEADOW)
    sheet.fill([*smooth("-40,470 170,440 420,520 700,470 1000,520", closed=False), (1000, 720), (-40, 720)], _GRASS)
    brook = "402,500 470,506 528,530 520,566 470,606 520,650 620,690 680,740 300,740 286,680 300,620 330,570 340,530"
    sheet.fill(smooth(brook), _WATER)
    for x, y, long in ((372, 560, 70), (400, 628, 90), (380, 684, 60), (500, 690, 80), (420, 590, 40)):
        sheet.line([(x, y), (x + long, y + 4)], _FOAM, 5)
    _spring_house(sheet)
    for x, y, wide, high, colour in (
        (322, 556, 34, 20, _STONE),
        (300, 600, 26, 16, _STONE_LIGHT),
        (284, 652, 40, 22, _STONE_DARK),
        (548, 552, 30, 18, _STONE_LIGHT),
        (540, 596, 24, 15, _STONE),
        (566, 646, 34, 19, _STONE),
    ):
        sheet.oval(x, y, wide, high, colour)
    _sack_and_rake(sheet)
    for x, y, size in (
        (90, 560, 44),
        (160, 640, 52),
        (236, 700, 44),
        (640, 560, 36),
        (900, 690, 50),
        (700, 700, 40),
    ):
        _tuft(sheet, x, y, size)
    for x, y, size in ((60, 640, 74), (112, 676, 86), (196, 590, 62), (648, 664, 66), (914, 610, 60)):
        _tulip(sheet, x, y, size)


def _spring_house(sheet: Sheet) -> None:
    wall = [
        (258, 492, 44, 34),
        (340, 500, 46, 30),
        (462, 496, 48, 32),
        (250, 436, 40, 30),
        (322, 440, 44, 30),
        (478, 436, 46, 32),
        (272, 384, 40, 28),
        (350, 374, 46, 28),
        (438, 378, 46, 30),
        (512, 480, 30, 26),
        (316, 332, 40, 24),
        (396, 322, 44, 24),
        (464, 338, 32, 22),
    ]
    shades = (_STONE, _STONE_LIGHT, _STONE_DARK)
    sheet.fill(smooth("216,520 224,420 262,340 330,306 420,298 490,330 528,420 546,520"), _STONE_DARK)
    for at, (x, y, wide, high) in enumerate(wall):
        sheet.oval(x, y, wide, high, shades[at % 2])
    sheet.fill(smooth("352,520 352,440 398,404 444,440 446,520"), "#3d4f57")
    sheet.fill("384,424 414,424 420,456 380,456", _WOOD_DARK)
    sheet.fill("378,442 424,442 430,462 372,462", _WOOD)
    sheet.fill("388,458 416,458 424,520 382,520", _FOAM)
    sheet.line([(402, 466), (402, 512)], CARD, 5)
    sheet.oval(402, 522, 74, 17, _FOAM)
    sheet.oval(402, 525, 46, 9, CARD)


def _sack_and_rake(sheet: Sheet) -> None:
    sheet.oval(800, 634, 130, 22, "#82ad8f")
    sheet.line([(716, 640), (676, 330)], _WOOD_DARK, 12)
    sheet.line([(634, 322), (716, 310)], INK, 10)
    for k in range(6):
        sheet.line([(638 + k * 15, 322 - k * 2.2), (634 + k * 15, 292 - k * 2.2)], INK, 6)
    sack = "724,622 706,560 722,490 768,446 806,432 846,448 888,494 902,562 884,622 804,636"
    sheet.fill(smooth(sack), "#35505c")
    sheet.fill(smooth("760,604 744,556 758,500 786,466 776,520 778,570"), "#48656f")
    sheet.fill(smooth("776,400 806,416 838,396 832,434 808,446 784,436"), "#35505c")
    sheet.line([(784, 434), (832, 434)], _HONEY, 10)
    sheet.line(smooth([(832, 436), (850, 452), (846, 470)], closed=False), _HONEY, 6)
    sheet.apple(782, 508, 56, body="#48656f", leaf="#48656f")


def trees(sheet: Sheet) -> None:
    """Planting trees in a courtyard: three saplings on stakes before a five-storey house."""
    _mountains(sheet, 40, sun=(130, 110))
    _house(sheet)
    sheet.fill([*smooth("-40,508 240,488 560,500 1000,486", closed=False), (1000, 720), (-40, 720)], _MEADOW)
    sheet.fill([*smooth("-40,606 260,566 600,580 1000,556", closed=False), (1000, 720), (-40, 720)], _GRASS)
    _sapling(sheet, 178, 590, 0.86)
    _sapling(sheet, 706, 572, 0.8)
    _sapling(sheet, 430, 640, 1.2)
    _spade(sheet, 586, 640)
    _can(sheet, 770, 640)
    for x, y, size in ((60, 640, 40), (300, 690, 44), (620, 700, 36), (930, 680, 44), (110, 700, 34)):
        _tuft(sheet, x, y, size)


def _house(sheet: Sheet) -> None:
    sheet.box(470, 150, 530, 360, "#efdcbb").box(470, 150, 530, 16, _SHADE)
    sheet.box(452, 140, 560, 14, "#b98b62")
    for floor in range(5):
        top = 184 + floor * 64
        for column in range(6):
            left = 500 + column * 84
            if column in (1, 4):
                sheet.box(left - 6, top - 4, 60, 50, "#e3cba2").box(left, top, 48, 26, "#8fb6c2")
                sheet.box(left - 10, top + 24, 68, 24, (LEAF, "#c9785f", SKY)[(floor + column) % 3], round_by=3)
            else:
                sheet.box(left - 4, top - 4, 50, 44, CARD).box(left, top, 42, 36, "#a9cad3")
                sheet.box(left + 19, top, 4, 36, CARD)
                if (floor * 5 + column) % 4 == 0:
                    sheet.box(left, top, 19, 36, "#f4d58d")


def _sapling(sheet: Sheet, x: float, y: float, size: float) -> None:
    sheet.oval(x, y + 4 * size, 92 * size, 24 * size, "#7f5c42").oval(x, y - 2 * size, 74 * size, 18 * size, _SOIL)
    sheet.line([(x + 26 * size, y), (x + 26 * size, y - 190 * size)], _WOOD_LIGHT, 9 * size)
    trunk = smooth([(x, y), (x - 3, y - 120 * size), (x + 4 * size, y - 250 * size)], closed=False)
    sheet.line(trunk, _WOOD_DARK, 9 * size)
    sheet.line([(x - 2, y - 130 * size), (x + 28 * size, y - 138 * size)], APPLE, 7 * size)
    twigs = (
        (-52, -186, -40),
        (54, -204, 42),
        (-40, -240, -30),
        (44, -262, 28),
        (4, -290, 0),
        (-30, -150, -60),
        (60, -160, 65),
    )
    for dx, dy, turn in twigs:
        tip = (x + dx * size, y + dy * size)
        sheet.line([(x, y + (dy + 40) * size), tip], _WOOD_DARK, 5 * size)
        for lean in (-48, 0, 48):
            leaf = "M0 4 C-15 -8 -13 -30 0 -42 C13 -30 15 -8 0 4 Z"
            sheet.fill(placed(leaf, *tip, size * 0.95, turn + lean), LEAF if lean else "#4b8f6b")


def _spade(sheet: Sheet, x: float, y: float) -> None:
    sheet.oval(x + 2, y + 2, 60, 16, _SOIL)
    sheet.line([(x, y - 40), (x + 34, y - 250)], _WOOD, 12)
    sheet.line([(x + 14, y - 254), (x + 58, y - 247)], _WOOD_DARK, 14)
    blade = "M-30 -64 L30 -64 C32 -20 18 6 0 14 C-18 6 -32 -20 -30 -64 Z"
    sheet.fill(placed(blade, x - 2, y - 12, 1.0, 9), "#5f7681")
    sheet.line([(x + 2, y - 66), (x - 4, y - 22)], "#7d929b", 5)
    sheet.fill(smooth([(x - 54, y + 6), (x - 20, y - 10), (x + 22, y - 8), (x + 56, y + 8), (x, y + 20)]), "#7f5c42")


def _can(sheet: Sheet, x: float, y: float) -> None:
    sheet.oval(x + 54, y + 6, 100, 15, "#82ad8f")
    sheet.line(
        smooth([(x + 96, y - 104), (x + 156, y - 92), (x + 150, y - 40), (x + 104, y - 22)], closed=False),
        "#125467",
        11,
    )
    sheet.line(smooth([(x + 18, y - 108), (x + 54, y - 152), (x + 92, y - 108)], closed=False), "#125467", 9)
    sheet.fill([(x + 14, y - 40), (x - 58, y - 104), (x - 46, y - 116), (x + 20, y - 72)], SKY)
    sheet.fill(turned_box(x - 56, y - 112, 12, 46, 48), "#125467")
    sheet.fill([(x + 4, y - 112), (x + 106, y - 112), (x + 112, y), (x - 2, y)], SKY)
    sheet.box(x + 2, y - 116, 106, 12, "#125467", round_by=6)
    sheet.box(x - 4, y - 8, 118, 12, "#125467", round_by=6)
    sheet.apple(x + 32, y - 86, 46, body="#2b7b92", leaf="#2b7b92")


def groceries(sheet: Sheet) -> None:
    """A bag of groceries left at a neighbour's door."""
    sheet.box(0, 0, 960, 720, _WALL).box(0, 566, 960, 154, "#d9c3a0").box(0, 552, 960, 18, CARD)
    sheet.box(304, 26, 372, 540, CARD).box(324, 46, 332, 520, SKY)
    for left, top, wide, high in (
        (356, 84, 120, 170),
        (504, 84, 120, 170),
        (356, 292, 120, 226),
        (504, 292, 120, 226),
    ):
        sheet.box(left, top, wide, high, "#125467", round_by=6).box(
            left + 6, top + 6, wide - 6, high - 6, "#1f7188", round_by=5
        )
    sheet.box(464, 140, 52, 44, _HONEY, round_by=8).words(474, 173, "27", INK, 26, bold=True)
    sheet.dot(638, 272, 14, _HONEY).box(596, 267, 44, 10, _HONEY, round_by=5)
    sheet.box(722, 236, 44, 66, CARD, round_by=10).dot(744, 268, 12, APPLE)
    sheet.fill("232,632 748,632 806,694 174,694", "#8e4b3c")
    sheet.line([(222, 650), (758, 650)], _HONEY, 4).line([(198, 676), (782, 676)], _HONEY, 4)
    for k in range(9):
        sheet.fill(placed("M-16 0 L0 -8 L16 0 L0 8 Z", 260 + k * 57.5, 663), _HONEY)
    _picture_on_wall(sheet)
    _bag(sheet)
    sheet.oval(690, 645, 36, 7, "#74392d").apple(656, 578, 68)


def _picture_on_wall(sheet: Sheet) -> None:
    sheet.box(72, 150, 168, 128, _WOOD, round_by=4).box(84, 162, 144, 104, _EVENING)
    sheet.dot(196, 190, 12, _DISC)
    sheet.fill("84,244 122,204 140,220 164,188 200,228 228,206 228,266 84,266", _PEAKS)
    sheet.fill("84,252 130,236 180,252 228,238 228,266 84,266", _MEADOW)
    sheet.box(812, 470, 76, 84, "#b5654c", round_by=8).box(804, 462, 92, 22, "#9f5540", round_by=6)
    for x, y, turn in ((850, 462, 0), (846, 462, -34), (854, 462, 34), (846, 464, -64), (854, 464, 64)):
        sheet.fill(
            placed("M0 0 C-22 -40 -16 -96 0 -128 C16 -96 22 -40 0 0 Z", x, y, 1.0, turn),
            LEAF if turn else "#4b8f6b",
        )


def _bag(sheet: Sheet) -> None:
    sheet.oval(470, 652, 150, 16, "#74392d")
    sheet.fill(placed("M-26 0 L-26 -190 C-26 -214 26 -214 26 -190 L26 0 Z", 402, 480, 1.0, -12), "#d79a4e")
    for k in range(4):
        sheet.line(placed([(-16, -60 - k * 34), (14, -74 - k * 34)], 402, 480, 1.0, -12), "#b97a35", 6)
    for x, turn in ((556, 4), (574, 22), (540, -12), (566, 36)):
        sheet.line(placed([(0, 0), (0, -140)], x - 10, 480, 1.0, turn), "#86b58f", 9)
        sheet.fill(
            placed("M0 -96 C-26 -116 -26 -160 0 -186 C26 -160 26 -116 0 -96 Z", x - 10, 480, 1.0, turn),
            LEAF if x % 4 else "#4b8f6b",
        )
    sheet.fill("438,480 438,316 460,282 512,282 532,316 532,480", CARD)
    sheet.fill("438,316 460,282 512,282 532,316", "#e3edf0").box(458, 270, 56, 16, "#e3edf0")
    sheet.box(438, 352, 94, 44, _PEAKS)
    sheet.fill("438,396 464,368 480,382 500,360 532,396", SKY)
    sheet.apple(366, 386, 74, body="#b3cf6c", leaf=LEAF).apple(524, 392, 70)
    sheet.fill("336,440 604,440 586,650 354,650", _KRAFT)
    sheet.fill("604,440 586,650 540,650 548,440", _KRAFT_DARK)
    teeth = [(336 + k * 268 / 24, 432 if k % 2 else 444) for k in range(25)]
    sheet.fill([*teeth, (603, 462), (337, 462)], "#e8cb9e")
    sheet.line(smooth("410,476 414,540 476,540 480,476", closed=False), _WOOD_DARK, 8)
    sheet.apple(412, 566, 64, body="#c69d67", leaf="#c69d67")


def tutoring(sheet: Sheet) -> None:
    """Books and an apple: an evening of lessons, starting with the letters."""
    sheet.box(0, 0, 960, 720, _WALL)
    sheet.box(96, 62, 470, 300, _WOOD, round_by=8).box(114, 80, 434, 264, "#2f4a50")
    chalk, quiet = "#eef3ec", "#7e9996"
    sheet.words(150, 190, "Әә", chalk, 92, bold=True).words(330, 190, "Ққ", chalk, 92, bold=True)
    for y in (206, 236):
        sheet.line([(150, y), (510, y)], quiet, 2)
    sheet.words(150, 310, "7 \u00d7 8 = 56", chalk, 46)
    sheet.line([(430, 316), (514, 316), (514, 254)], chalk, 4).line([(430, 316), (514, 254)], chalk, 4)
    sheet.box(96, 356, 470, 14, _WOOD_DARK, round_by=5).box(150, 348, 54, 10, CARD, round_by=4).box(
        216, 348, 34, 10, "#f4d58d", round_by=4
    )
    sheet.fill("752,300 890,540 560,540 668,250", "#faefd0")
    sheet.box(0, 536, 960, 184, _WOOD_LIGHT).box(0, 536, 960, 12, "#eed0a6")
    for y, left in ((592, 60), (640, 540), (682, 200)):
        sheet.line([(left, y), (left + 240, y + 3)], "#d3ab77", 3)
    _lamp(sheet)
    _stack(sheet)
    _notebook(sheet)


def _lamp(sheet: Sheet) -> None:
    sheet.oval(850, 552, 74, 16, INK)
    sheet.line([(850, 548), (896, 340), (764, 214)], INK, 11)
    sheet.dot(896, 340, 13, _HONEY)
    sheet.fill(placed("M-30 -40 L30 -40 L66 46 L-66 46 Z", 722, 240, 1.0, 38), APPLE)
    sheet.fill(placed("M-56 46 C-40 66 40 66 56 46 Z", 722, 240, 1.0, 38), "#f9e3a6")


def _stack(sheet: Sheet) -> None:
    sheet.oval(290, 604, 200, 15, "#d3ab77")
    for left, top, wide, high, cover, band in (
        (108, 552, 360, 52, SKY, "#dff0f4"),
        (138, 504, 310, 48, "#a8433a", "#f0c9bf"),
        (124, 452, 330, 52, LEAF, "#d3e8da"),
        (160, 412, 268, 40, "#d99b3d", "#faeccb"),
    ):
        sheet.box(left, top, wide, high, cover, round_by=9)
        sheet.box(left + 30, top + 8, wide - 30, high - 16, CARD).box(
            left + 30, top + high / 2 - 1, wide - 34, 2, "#e6ddcc"
        )
        sheet.box(left, top, 62, high, cover, round_by=9).box(left + 40, top, 22, high, cover).box(
            left + 22, top, 8, high, band
        )
    sheet.oval(296, 411, 52, 7, "#b97f2b").apple(238, 298, 118)
    sheet.fill(placed("M0 0 C-12 10 -16 30 -8 46 C-2 34 2 14 0 0 Z", 262, 346), "#d65a50")


def _notebook(sheet: Sheet) -> None:
    sheet.fill("480,690 546,588 872,588 928,690", "#d3ab77")
    sheet.fill("470,684 540,580 704,592 698,696", CARD)
    sheet.fill("698,696 704,592 866,580 930,684", "#f4ecdc")
    sheet.line([(698, 696), (704, 592)], "#d9cbb0", 4)
    for k in range(4):
        sheet.line([(552 - k * 14, 606 + k * 20), (680 - k * 2, 614 + k * 20)], ("#9cb9c2", INK)[k < 2], 3)
        sheet.line([(726 + k * 1.5, 614 + k * 20), (852 + k * 11, 606 + k * 20)], "#9cb9c2", 3)
    sheet.fill(turned_box(792, 628, 190, 15, -24), _HONEY).fill(turned_box(792, 628, 190, 5, -24), "#d99b3d")
    tip = placed([(-95, -7.5), (-95, 7.5), (-122, 0)], 792, 628, 1.0, -24)
    sheet.fill(tip, _CREAM).fill(placed([(-112, -3), (-112, 3), (-122, 0)], 792, 628, 1.0, -24), INK)
    sheet.fill(turned_box(792 + 91, 628 - 41, 18, 16, -24), APPLE)


def dog(sheet: Sheet) -> None:
    """A dog at the shelter, waiting for its walk."""
    _mountains(sheet, 70, sun=(604, 96))
    sheet.fill([*smooth("-40,400 300,380 700,398 1000,376", closed=False), (1000, 720), (-40, 720)], _MEADOW)
    _fence(sheet)
    sheet.fill([*smooth("-40,570 300,548 640,560 1000,540", closed=False), (1000, 720), (-40, 720)], _GRASS)
    _kennel(sheet)
    _dog(sheet)
    sheet.oval(782, 668, 92, 16, "#82ad8f")
    sheet.fill("702,618 862,618 882,668 682,668", APPLE).oval(782, 618, 80, 15, "#8f2520").oval(
        782, 620, 68, 10, "#b98a5a"
    )
    for x, y, size in ((60, 640, 44), (130, 700, 40), (640, 700, 36), (920, 700, 44), (300, 704, 36)):
        _tuft(sheet, x, y, size)
    _tulip(sheet, 98, 690, 70)
    _tulip(sheet, 928, 640, 60)


def _fence(sheet: Sheet) -> None:
    for y in (430, 500):
        sheet.box(-10, y, 980, 16, _WOOD)
    for k in range(14):
        x = 6 + k * 72
        sheet.fill([(x, 560), (x, 404), (x + 17, 386), (x + 34, 404), (x + 34, 560)], _WOOD_LIGHT)


def _kennel(sheet: Sheet) -> None:
    sheet.oval(712, 596, 200, 20, "#82ad8f")
    sheet.fill("548,596 548,400 712,282 876,400 876,596", "#d8a66e")
    for y in (440, 482, 524, 566):
        sheet.line([(550, y), (874, y)], _WOOD, 3)
    sheet.fill("512,410 712,262 912,410 912,444 712,298 512,444", "#8e4b3c")
    sheet.fill("M636 596 L636 482 C636 378 788 378 788 482 L788 596 Z", "#3a2f2a")
    sheet.apple(686, 316, 52)


def _dog(sheet: Sheet) -> None:
    fur, shade, pale = "#d69a58", "#bd8143", "#fbf0dc"
    sheet.oval(380, 668, 190, 22, "#82ad8f")
    tail = smooth("500,620 568,596 596,530 574,490", closed=False)
    sheet.line(tail, shade, 38).line(tail[-16:], pale, 26)
    body = "236,640 226,560 262,450 320,400 440,400 500,450 534,560 524,640 380,668"
    sheet.fill(smooth(body), fur)
    sheet.oval(268, 618, 64, 50, shade).oval(494, 618, 64, 50, shade)
    sheet.fill(smooth("318,470 380,440 442,470 438,560 380,600 322,560"), pale)
    for x in (330, 430):
        sheet.box(x - 36, 480, 72, 176, fur, round_by=36)
        sheet.oval(x, 650, 46, 24, pale)
        for toe in (-14, 12):
            sheet.line([(x + toe, 644), (x + toe, 660)], "#dcc7a3", 4)
    sheet.fill(smooth("358,500 380,480 402,500 398,570 380,600 362,570"), pale)
    sheet.oval(380, 452, 104, 34, shade)
    sheet.line(smooth("288,428 330,458 380,466 430,458 472,428", closed=False), APPLE, 24)
    head = "262,300 284,214 340,176 420,176 476,214 498,300 478,380 420,432 340,432 282,380"
    sheet.fill(smooth(head), fur)
    sheet.fill(smooth("358,184 402,184 408,260 446,330 450,390 410,428 350,428 310,390 314,330 352,260"), pale)
    for side in (-1, 1):
        ear = "84,-112 128,-118 162,-60 168,20 140,58 112,20 98,-40"
        sheet.fill(smooth(placed(ear, 380, 302, (side, 1.0))), "#8f5d31")
        sheet.oval(380 + side * 62, 290, 15, 18, INK).dot(380 + side * 62 + 5, 283, 5, CARD)
        sheet.line(smooth([(380, 376), (380 + side * 18, 394), (380 + side * 42, 386)], closed=False), INK, 6)
    sheet.fill(smooth("364,392 380,398 396,392 398,420 380,434 362,420"), "#d8796f")
    sheet.fill(smooth("348,338 380,328 412,338 402,362 380,374 358,362"), INK)
    sheet.line([(380, 366), (380, 380)], INK, 6).oval(370, 340, 9, 4, "#5a6872")
    sheet.apple(356, 462, 50)


def clothes(sheet: Sheet) -> None:
    """Warm clothes, washed and folded, ready to be given."""
    sheet.box(0, 0, 960, 720, _WALL)
    _winter_window(sheet)
    _pegs(sheet)
    sheet.box(0, 590, 960, 130, _WOOD_LIGHT).box(0, 590, 960, 14, "#eed0a6")
    sheet.oval(356, 622, 270, 13, "#d3ab77")
    for left, top, wide, high, colour, dark in (
        (110, 546, 492, 76, "#35505c", "#2a424d"),
        (128, 474, 460, 74, "#c98b3b", "#b1752b"),
        (118, 402, 476, 74, LEAF, "#26603f"),
        (142, 334, 430, 70, CARD, "#e4d8c2"),
    ):
        sheet.box(left, top, wide, high, colour, round_by=34)
        sheet.line([(left + 40, top + high / 2), (left + wide - 22, top + high / 2)], dark, 4)
        sheet.line(
            smooth(
                [(left + 40, top + high / 2), (left + 20, top + high * 0.66), (left + 40, top + high - 8)],
                closed=False,
            ),
            dark,
            4,
        )
    for k in range(9):
        sheet.fill(placed("M-13 0 L0 -11 L13 0 L0 11 Z", 212 + k * 39, 421), "#d3e8da")
        sheet.fill(placed("M-13 0 L0 -11 L13 0 L0 11 Z", 208 + k * 40, 353), APPLE)
        sheet.line([(188 + k * 43, 490), (206 + k * 43, 504)], "#e3ad63", 5).line(
            [(206 + k * 43, 504), (224 + k * 43, 490)], "#e3ad63", 5
        )
    _hat(sheet)
    _mittens(sheet)


def _winter_window(sheet: Sheet) -> None:
    sheet.box(50, 60, 330, 250, CARD, round_by=6).box(68, 78, 294, 214, "#3d6478")
    sheet.fill("68,236 126,176 154,204 210,138 268,212 310,182 362,226 362,292 68,292", "#a9c8d4")
    sheet.fill("210,138 184,168 202,178 214,168 228,180 242,178", CARD)
    sheet.fill([*smooth("68,262 158,244 258,268 362,250", closed=False), (362, 292), (68, 292)], "#eaf2f4")
    for x, y in (
        (98, 110),
        (144, 140),
        (188, 100),
        (248, 124),
        (298, 98),
        (336, 142),
        (118, 160),
        (288, 160),
        (166, 190),
        (324, 200),
    ):
        sheet.dot(x, y, 5, CARD)
    sheet.box(209, 78, 12, 214, CARD).box(34, 304, 362, 20, CARD, round_by=6).box(34, 320, 362, 6, _SHADE)


def _pegs(sheet: Sheet) -> None:
    sheet.box(520, 96, 380, 30, _WOOD, round_by=8)
    for x in (570, 710, 850):
        sheet.box(x - 7, 112, 14, 34, _WOOD_DARK, round_by=7)
    coat = (
        "706,142 650,166 622,230 610,420 650,432 664,290 662,470 760,470 758,290 772,432 812,420 "
        "800,230 770,166 716,142"
    )
    sheet.fill(coat, SKY).line([(711, 190), (711, 468)], "#125467", 5)
    sheet.fill("676,158 711,214 746,158 711,142", _CREAM)
    for y in (250, 310, 370):
        sheet.dot(724, y, 8, _HONEY)
    sheet.box(674, 380, 28, 8, "#125467", round_by=4).box(734, 400, 20, 8, "#125467", round_by=4)
    for left, bottom, colour in ((544, 330, APPLE), (572, 282, "#a92b24")):
        sheet.box(left, 136, 36, bottom - 136, colour, round_by=10)
        for k in range(4):
            sheet.line([(left + 5 + k * 9, bottom - 6), (left + 5 + k * 9, bottom + 18)], colour, 4)
        sheet.box(left, bottom - 44, 36, 9, CARD).box(left, bottom - 66, 36, 9, CARD)
    sheet.line(smooth("850,140 836,190 850,240 866,190 850,140", closed=False), _WOOD_DARK, 5)
    sheet.fill(smooth("816,240 884,240 896,330 850,346 804,330"), "#e0c08f")
    sheet.line([(812, 262), (888, 262)], _KRAFT_DARK, 5)


def _hat(sheet: Sheet) -> None:
    sheet.fill("M248 312 C248 190 464 190 464 312 Z", APPLE)
    for k in range(-2, 3):
        rib = smooth([(356 + k * 13, 222), (356 + k * 32, 258), (356 + k * 39, 306)], closed=False)
        sheet.line(rib, "#a92b24", 5)
    sheet.box(232, 288, 248, 50, _CREAM, round_by=24)
    for k in range(11):
        sheet.line([(256 + k * 20, 300), (256 + k * 20, 326)], "#e4d3b4", 5)
    sheet.dot(356, 206, 34, _CREAM).dot(346, 196, 13, CARD)


def _mittens(sheet: Sheet) -> None:
    mitten = "M-40 60 L-40 -30 C-40 -84 40 -84 40 -30 L40 -12 C52 -40 82 -34 74 -6 C66 22 48 34 40 40 L40 60 Z"
    sheet.oval(776, 682, 150, 14, "#d3ab77")
    for x, y, turn, flip in ((726, 612, -10, -1.0), (824, 618, 12, 1.0)):
        sheet.fill(placed(mitten, x, y, (flip, 1.0), turn), LEAF)
        sheet.fill(placed("-46,46 46,46 46,78 -46,78", x, y, 1.0, turn), _CREAM)
        star = [
            (math.cos(a) * r, math.sin(a) * r - 18)
            for k in range(16)
            for a, r in [(math.tau * k / 16, 26 if k % 2 else 12)]
        ]
        sheet.fill(placed(star, x, y, 1.0, turn), "#d3e8da")


def tea(sheet: Sheet) -> None:
    """Tea with a grandmother: two cups, a window, the mountains."""
    sheet.box(0, 0, 960, 720, _WALL)
    sheet.box(196, 30, 568, 420, CARD, round_by=6)
    _view(sheet)
    sheet.box(474, 52, 12, 376, CARD).box(218, 150, 524, 10, CARD)
    sheet.box(170, 436, 620, 26, CARD, round_by=6).box(170, 458, 620, 7, _SHADE)
    _geranium(sheet)
    for side in (-1, 1):
        curtain = "310,8 236,8 218,200 196,330 266,360 330,500 420,500 420,8"
        sheet.fill(smooth(placed(curtain, 480, 0, (side, 1.0))), "#f0d9b6")
        for x0, x1 in ((280, 268), (330, 300), (380, 332)):
            sheet.line(
                smooth(
                    [(480 + side * x0, 20), (480 + side * (x0 - 8), 200), (480 + side * x1, 346)],
                    closed=False,
                ),
                "#e2c59a",
                4,
            )
        sheet.line(
            smooth([(480 + side * 206, 336), (480 + side * 270, 362), (480 + side * 350, 340)], closed=False),
            APPLE,
            16,
        )
    sheet.box(120, 6, 720, 16, _WOOD_DARK, round_by=8)
    _table(sheet)


def _view(sheet: Sheet) -> None:
    sheet.box(218, 52, 524, 376, _EVENING).dot(654, 120, 40, _DISC)
    peaks = "260,250 290,270 330,200 362,232 420,130 492,232 548,184 620,262 742,196"
    sheet.fill(f"218,300 {peaks} 742,428 218,428", _PEAKS)
    sheet.fill("420,130 395.5,173 410,184 424,172 436,186 449.5,172", CARD)
    sheet.fill("548,184 522,206 536,214 548,204 560,214 568.5,206", CARD)
    sheet.fill([*smooth("218,330 330,300 470,342 620,296 742,330", closed=False), (742, 428), (218, 428)], _HILLS)
    sheet.fill([*smooth("218,390 360,356 540,386 742,352", closed=False), (742, 428), (218, 428)], _MEADOW)
    for x, y in ((300, 388), (350, 378), (590, 390), (650, 380), (690, 386)):
        sheet.line([(x, y + 16), (x, y)], _WOOD_DARK, 5).dot(x, y - 8, 17, "#7fb08d").dot(x - 5, y - 10, 3, APPLE).dot(
            x + 6, y - 3, 3, APPLE
        )


def _geranium(sheet: Sheet) -> None:
    for dx, dy, radius in (
        (-34, -74, 24),
        (30, -80, 24),
        (0, -62, 26),
        (-12, -98, 20),
        (46, -52, 18),
        (-48, -48, 18),
    ):
        sheet.dot(640 + dx, 372 + dy + 30, radius, LEAF if dx < 20 else "#4b8f6b")
    for dx, dy in ((-26, -124), (34, -130), (4, -148)):
        sheet.line([(640 + dx * 0.4, 340), (640 + dx, 378 + dy)], LEAF, 4)
        for k in range(5):
            sheet.dot(640 + dx + 12 * math.cos(k * 1.257), 372 + dy + 12 * math.sin(k * 1.257), 9, "#cf4a41")
        sheet.dot(640 + dx, 372 + dy, 7, "#e98077")
    sheet.fill("602,374 678,374 668,438 612,438", "#b5654c").box(594, 364, 92, 18, "#9f5540", round_by=5)


def _table(sheet: Sheet) -> None:
    sheet.fill("0,520 960,520 960,720 0,720", CARD).box(0, 516, 960, 8, "#efe4cf")
    sheet.box(0, 664, 960, 56, "#b33a32")
    curl = "M0 0 C-4 -18 -28 -22 -30 -4 C-31 8 -16 10 -15 0"
    for k in range(11):
        for flip in (-1.0, 1.0):
            sheet.line(placed(curl, 30 + k * 90, 704, (flip, 1.0)), "#f6d9b4", 5)
        sheet.line([(30 + k * 90, 704), (30 + k * 90, 680)], "#f6d9b4", 5)
    sheet.line([(0, 664), (960, 664)], "#f6d9b4", 4)
    _teapot(sheet)
    for x, y in ((470, 566), (770, 590)):
        sheet.oval(x, y + 58, 86, 14, "#e8dcc6").oval(x, y + 52, 74, 12, "#dbe9ec")
        sheet.fill(placed("M-66 0 C-62 44 -34 58 -22 58 L22 58 C34 58 62 44 66 0 Z", x, y), "#f3f8f8")
        sheet.oval(x, y, 66, 15, "#dbe9ec").oval(x, y + 2, 57, 11, "#b8692c")
        sheet.apple(x - 15, y + 20, 30, body=SKY, leaf=SKY)
        _steam(sheet, x - 16, y - 24, 62, "#ddd8cb")
        _steam(sheet, x + 14, y - 22, 76, "#ddd8cb")
    _baursaks(sheet)


def _teapot(sheet: Sheet) -> None:
    sheet.oval(220, 642, 150, 16, "#e8dcc6")
    sheet.line(smooth("116,530 52,520 50,596 124,606", closed=False), "#125467", 17)
    sheet.fill(smooth("300,560 344,548 368,500 392,492 376,548 352,604 300,618"), SKY)
    sheet.fill(smooth("110,560 142,490 220,466 298,490 330,560 306,624 220,644 134,624"), SKY)
    sheet.oval(220, 482, 66, 14, "#125467").fill("M160 478 C166 440 274 440 280 478 Z", "#1f7188").dot(
        220, 440, 14, _HONEY
    )
    curl = "M0 0 C-6 -30 -52 -38 -56 -6 C-58 18 -28 20 -27 0"
    for flip in (-1.0, 1.0):
        sheet.line(placed(curl, 220, 590, (flip, 1.0)), CARD, 6)
    sheet.line([(220, 592), (220, 530)], CARD, 6).dot(220, 522, 7, CARD)
    sheet.line([(146, 612), (294, 612)], "#86c2d2", 4)


def _baursaks(sheet: Sheet) -> None:
    sheet.oval(618, 640, 110, 13, "#e8dcc6").oval(618, 628, 108, 20, "#f3f8f8").oval(618, 624, 92, 14, "#dbe9ec")
    for x, y in (
        (560, 612),
        (602, 616),
        (646, 616),
        (682, 610),
        (582, 588),
        (624, 590),
        (662, 588),
        (606, 566),
        (642, 566),
    ):
        sheet.oval(x, y, 27, 20, "#c9853a").oval(x - 3, y - 4, 21, 13, "#dea04f")


def bench(sheet: Sheet) -> None:
    """A bench in the park, repaired: the new planks are the light ones."""
    _mountains(sheet, 60, sun=(500, 112))
    sheet.fill([*smooth("-40,372 260,352 640,376 1000,346", closed=False), (1000, 720), (-40, 720)], _MEADOW)
    for x, y, size, colour, light in (
        (136, 246, 112, "#5f9c78", "#74ad8a"),
        (856, 226, 132, "#4f8f6c", "#66a481"),
        (700, 306, 66, "#7fb08d", "#94bd9f"),
    ):
        sheet.line([(x, y), (x, y + size * 1.5)], _WOOD_DARK, size / 7)
        _crown(sheet, x, y, size, colour, light)
        for k in range(6):
            angle = k * 2.4 + x
            sheet.dot(x + size * 0.62 * math.cos(angle), y + size * 0.56 * math.sin(angle), size / 13, APPLE)
    sheet.fill([*smooth("-40,520 280,496 640,508 1000,484", closed=False), (1000, 720), (-40, 720)], "#ead6b1")
    sheet.fill([*smooth("-40,678 300,660 640,682 1000,652", closed=False), (1000, 720), (-40, 720)], _GRASS)
    _bench(sheet)
    _tools(sheet)
    for x, y, size in (
        (60, 700, 40),
        (330, 706, 34),
        (560, 712, 30),
        (900, 700, 44),
        (30, 500, 30),
        (930, 486, 30),
    ):
        _tuft(sheet, x, y, size)


def _bench(sheet: Sheet) -> None:
    old, worn, fresh = "#a9764a", "#946840", "#efcb93"
    sheet.oval(410, 634, 320, 18, "#d3bb90")
    for x in (180, 640):
        sheet.line([(x - 8, 340), (x, 510), (x - 18, 632)], INK, 17)
        sheet.line([(x, 516), (x + 34, 632)], INK, 17)
        sheet.line(smooth([(x, 452), (x + 40, 446), (x + 58, 470), (x + 50, 516)], closed=False), INK, 13)
    for y, colour in ((344, old), (392, fresh), (440, worn)):
        sheet.box(106, y, 608, 36, colour, round_by=9)
    for y, colour in ((500, fresh), (530, old)):
        sheet.box(92, y, 646, 26, colour, round_by=8)
    for y, colour in ((362, worn), (410, "#d9b176"), (458, "#7f5734"), (513, "#d9b176"), (543, worn)):
        sheet.line([(240, y), (330, y)], colour, 3).line([(430, y + 5), (560, y + 5)], colour, 3).line(
            [(380, y - 6), (470, y - 6)], colour, 3
        )
    for x in (174, 634):
        for y in (362, 410, 458):
            sheet.dot(x, y, 6, "#c9ced0" if y == 410 else "#5f4630")
    sheet.oval(560, 500, 34, 5, "#d9b176").apple(524, 430, 72)


def _tools(sheet: Sheet) -> None:
    sheet.oval(826, 668, 118, 14, "#d3bb90")
    sheet.line(smooth("770,590 776,536 880,536 886,590", closed=False), INK, 12)
    sheet.line([(850, 600), (874, 500)], _WOOD_LIGHT, 13)
    sheet.fill(turned_box(878, 490, 76, 28, 14), "#5f7681")
    sheet.fill("730,580 926,580 918,666 738,666", APPLE).box(722, 572, 212, 20, "#9c261f", round_by=6)
    sheet.box(806, 596, 44, 18, _HONEY, round_by=4)
    sheet.fill(turned_box(566, 652, 250, 22, -3), "#efcb93").fill(turned_box(560, 666, 250, 8, -3), "#d9b176")


PICTURES: dict[str, Callable[[Sheet], None]] = {
    "spring": spring,
    "trees": trees,
    "groceries": groceries,
    "tutoring": tutoring,
    "dog": dog,
    "clothes": clothes,
    "tea": tea,
    "bench": bench,
}


def draw(name: str) -> Image.Image:
    """Return the picture ``name``, one of ``PICTURES``, 960 by 720."""
    sheet = Sheet(WIDTH, HEIGHT, times=_TIMES, colour=_EVENING)
    PICTURES[name](sheet)
    return _on_paper(sheet.finish(), name)


def _on_paper(image: Image.Image, name: str) -> Image.Image:
    """Let the colours breathe a little, as ink on thick paper does: a few per cent, in clouds."""
    clouds = Image.frombytes("L", (8, 6), hashlib.shake_256(name.encode()).digest(8 * 6))
    soft = clouds.resize(image.size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(48))
    tone = soft.point(lambda value: 244 + value * 12 // 255)
    return ImageChops.multiply(image, Image.merge("RGB", (tone, tone, tone)))


def _webp(image: Image.Image) -> bytes:
    """Return the picture in the best quality that stays within ``_MAX_BYTES``."""
    for quality in range(88, 40, -2):
        file = io.BytesIO()
        image.save(file, "WEBP", quality=quality, method=6)
        if file.tell() <= _MAX_BYTES:
            break
    return file.getvalue()


def main(folder: Path) -> None:
    """Write every picture to ``folder`` as NAME.webp."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        (folder / f"{name}.webp").write_bytes(_webp(draw(name)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m accelerator.demonstration.draw OUTDIR")
    main(Path(sys.argv[1]))
