"""Digits that a reader would join into one number, however they are spaced, spelled or stretched over a sentence.

A run is a row of groups of digits with gaps between them: "8 (701) 123-45-67" has five groups, "восемь семьсот
один" two, "8 7О1" two (the letter О stands for a zero). The judges of phones and cards take parts of a run.
"""

import enum
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import NamedTuple

from accelerator.screening.folding import Span


class Gap(enum.IntEnum):
    """What stands between two groups; the larger, the less it looks like one number."""

    TIGHT = 0
    LIST = 1
    LOOSE = 2


class Group(NamedTuple):
    """Digits that stand together; ``letters`` of them were typed as letters."""

    digits: str
    start: int
    end: int
    letters: int = 0


#: A number whose other digits are letters has at least so many real ones.
FEW = 4


@dataclass(frozen=True)
class Part:
    """Some groups of a run, one after the other: a candidate for a number."""

    run: "Run"
    first: int
    last: int

    @property
    def digits(self) -> str:
        return self.run.digits[self.run.offsets[self.first] : self.run.offsets[self.last + 1]]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many digits stand together: (1, 3, 3, 2, 2)."""
        return tuple(len(group.digits) for group in self.run.groups[self.first : self.last + 1])

    @property
    def span(self) -> Span:
        return self.run.groups[self.first].start, self.run.groups[self.last].end

    @property
    def gap(self) -> Gap:
        """The widest gap inside."""
        return max(self.run.gaps[self.first + 1 : self.last + 1], default=Gap.TIGHT)

    @property
    def has_few_digits(self) -> bool:
        """Whether nearly everything was typed as letters: then they may be letters."""
        letters = sum(group.letters for group in self.run.groups[self.first : self.last + 1])
        return len(self.digits) - letters < FEW

    @property
    def is_whole_run(self) -> bool:
        return self.first == 0 and self.last == len(self.run.groups) - 1


@dataclass(frozen=True)
class Run:
    """Groups with their gaps; ``gaps[i]`` stands before ``groups[i]``, and the first one says nothing.

    A plus can stand before the first group only: it begins a number, and a run.
    """

    groups: list[Group]
    gaps: list[Gap]

    @cached_property
    def digits(self) -> str:
        return "".join(group.digits for group in self.groups)

    @cached_property
    def offsets(self) -> list[int]:
        """Where each group begins in ``digits``; one more for the end."""
        return list(accumulate((len(group.digits) for group in self.groups), initial=0))

    @cached_property
    def _group_at(self) -> dict[int, int]:
        """Which group begins at a place in ``digits``."""
        return {offset: number for number, offset in enumerate(self.offsets)}

    def part_at(self, offset: int, length: int) -> Part | None:
        """The part of ``length`` digits from a place in ``digits``, if it begins and ends with a group."""
        first, after = self._group_at.get(offset), self._group_at.get(offset + length)
        return Part(self, first, after - 1) if first is not None and after else None


#: Letters typed for digits, where digits stand beside them.
LETTERS = str.maketrans("оoзӡіilбвbsz", "003311168852")
LIKE_DIGITS = re.compile(r"[оoзӡіilбвbsz]+")
MOST_LETTERS = 4
ZEROS = ("оо", "ооо", "oo", "ooo")
WORD = re.compile(r"[^\W\d_]+")
TOKEN = re.compile(r"\d++(?:[оoзӡіilбвbsz]{1,4}+\d++)*+|[^\W\d_]+")
#: Words that people put between the digits of one number.
FILLERS = frozenset(
    word
    for words in (
        "и а потом затем далее дальше еще тире минус дефис черта пробел скобка точка код снова опять",
        "және сосын содан кейін сызықша нүкте тағы",
        "then and dash minus space hyphen dot again",
    )
    for word in words.split()
)
#: Words for the plus that begins a number.
PLUS = frozenset({"плюс", "plus"})

SPELLED = {
    word: number
    for number, words in (
        (0, "ноль нуль нолик нөл zero oh nought"),
        (1, "один одна единица бір one"),
        (2, "два две двойка екі two"),
        (3, "три тройка үш three"),
        (4, "четыре төрт four"),
        (5, "пять бес five"),
        (6, "шесть алты six"),
        (7, "семь жеті seven"),
        (8, "восемь сегіз eight"),
        (9, "девять тоғыз nine"),
        (10, "десять он ten"),
        (11, "одиннадцать eleven"),
        (12, "двенадцать twelve"),
        (13, "тринадцать thirteen"),
        (14, "четырнадцать fourteen"),
        (15, "пятнадцать fifteen"),
        (16, "шестнадцать sixteen"),
        (17, "семнадцать seventeen"),
        (18, "восемнадцать eighteen"),
        (19, "девятнадцать nineteen"),
        (20, "двадцать жиырма twenty"),
        (30, "тридцать отыз thirty"),
        (40, "сорок қырық forty"),
        (50, "пятьдесят елу fifty"),
        (60, "шестьдесят алпыс sixty"),
        (70, "семьдесят жетпіс seventy"),
        (80, "восемьдесят сексен eighty"),
        (90, "девяносто тоқсан ninety"),
        (100, "сто жүз hundred"),
        (200, "двести"),
        (300, "триста"),
        (400, "четыреста"),
        (500, "пятьсот"),
        (600, "шестьсот"),
        (700, "семьсот"),
        (800, "восемьсот"),
        (900, "девятьсот"),
    )
    for word in words.split()
}
#: "жеті жүз", "seven hundred": the hundred multiplies what stands before it.
HUNDREDS = frozenset({"жүз", "hundred"})

GAP_OF_SIGN = dict.fromkeys(",;\n", Gap.LIST)
MOST_SIGNS = 6
MOST_WORDS = 3
MOST_BETWEEN = 24


def read_runs(text: str) -> list[Run]:
    """The runs of a folded text, in their order. A run with less than seven digits is no number of interest."""
    groups = _joined(_groups(text), text)
    runs: list[Run] = []
    for group in groups:
        gap = _gap(text[runs[-1].groups[-1].end : group.start]) if runs else None
        if gap is None:
            runs.append(Run([group], [Gap.TIGHT]))
        else:
            runs[-1].groups.append(group)
            runs[-1].gaps.append(gap)
    return [run for run in runs if len(run.digits) >= 7]


def _groups(text: str) -> list[Group]:
    """Digits, words for numbers, and letters typed for digits."""
    found: list[Group] = []
    for match in TOKEN.finditer(text):
        written = match.group()
        start, end = match.span()
        if written.isdigit():
            found.append(Group(written, start, end))
        elif written[0].isdigit():  # "8о7", letters between digits
            found.append(Group(written.translate(LETTERS), start, end, letters=sum(map(len, WORD.findall(written)))))
        elif written in SPELLED:
            found.append(Group(str(SPELLED[written]), start, end, letters=-1 if written in HUNDREDS else 0))
        elif len(written) <= MOST_LETTERS and LIKE_DIGITS.fullmatch(written) and _are_digits(text, start, end, found):
            found.append(Group(written.translate(LETTERS), start, end, letters=len(written)))
    return found


def _are_digits(text: str, start: int, end: int, found: list[Group]) -> bool:
    """Whether letters stand for digits: they touch one, or stand a sign away: "7о1", "8 7 о 1", "701 ООО ОО"."""
    if text[end : end + 1].isdigit() or (start and text[start - 1].isdigit()):
        return True
    follows = bool(found) and start - found[-1].end == 1
    return follows and (text[start:end] in ZEROS or text[end + 1 : end + 2].isdigit())


def _joined(groups: list[Group], text: str) -> list[Group]:
    """Groups that touch are one; spelled numbers that belong together are one: "сто двадцать три"."""
    joined: list[Group] = []
    for group in groups:
        last = joined[-1] if joined else None
        whole = _one_number(last, group, text) if last else None
        if whole is None:
            joined.append(group if group.letters >= 0 else Group(group.digits, group.start, group.end))
        else:
            joined[-1] = whole
    return joined


def _one_number(last: Group, group: Group, text: str) -> Group | None:
    if last.end == group.start:
        return Group(last.digits + group.digits, last.start, group.end, last.letters + max(group.letters, 0))
    is_spelled = text[last.start].isalpha() and text[group.start].isalpha() and not (last.letters or group.letters > 0)
    if not is_spelled or len(last.digits) > 3 or text[last.end : group.start].strip(" -"):
        return None
    high, low = int(last.digits), int(group.digits)
    if group.letters < 0 and 0 < high < 10:
        return Group(str(high * 100), last.start, group.end)
    if low > 0 and ((high >= 100 and high % 100 == 0 and low < 100) or (high >= 20 and high % 10 == 0 and low < 10)):
        return Group(str(high + low), last.start, group.end)
    return None


@lru_cache(maxsize=1024)
def _gap(between: str) -> Gap | None:
    """How far two groups are from each other; `None` when they do not belong together."""
    if len(between) == 1 and between != "+":
        return GAP_OF_SIGN.get(between, Gap.TIGHT)
    if len(between) > MOST_BETWEEN or "+" in between:
        return None
    words = WORD.findall(between)
    if not PLUS.isdisjoint(words):
        return None
    signs = len(between) - sum(map(len, words))
    if len(words) > MOST_WORDS or signs > MOST_SIGNS + len(words) or "\n\n" in between:
        return None
    if any(word not in FILLERS for word in words):
        return Gap.LOOSE
    if words or any(sign in between for sign in ",;\n"):
        return Gap.LIST
    return Gap.TIGHT
