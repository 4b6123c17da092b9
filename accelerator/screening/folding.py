"""A text as a reader sees it, whatever it is typed with; every character remembers where it came from.

Lower case; full-width, Arabic, circled and emoji digits as 0-9; invisible and striking-through characters gone;
ё as е. A finding in the folded text is marked in the original by `Folded.place`.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

Span = tuple[int, int]

#: Letters of two alphabets that look the same.
LATIN, CYRILLIC = "abcehikmoptxy", "авсенікмортху"
TO_CYRILLIC, TO_LATIN = str.maketrans(LATIN, CYRILLIC), str.maketrans(CYRILLIC, LATIN)
MIXED = re.compile(r"[a-z][а-яәғқңөұүһі]|[а-яәғқңөұүһі][a-z]")
WORD = re.compile(r"[^\W\d_]+")
#: Letters that have no decomposition and yet are typed for others.
ALIKE = {"ё": "е", "ø": "o", "ı": "i", "ο": "o"}
#: It would fall apart into the word "no".
NUMERO = "№"
#: Marks, and characters that nobody sees.
UNSEEN = ("Mn", "Me", "Cf", "Cs")


@dataclass(frozen=True)
class Folded:
    """``text`` is what is searched; ``starts`` and ``ends`` say where each of its characters stands in ``original``."""

    original: str
    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @cached_property
    def words(self) -> str:
        """The text with each word in one alphabet: "кaspi" and "дeньги" are read as they look."""
        return WORD.sub(_in_one_alphabet, self.text) if MIXED.search(self.text) else self.text

    def place(self, span: Span) -> Span:
        """Where a part of the folded text stands in the original."""
        return self.starts[span[0]], self.ends[span[1] - 1]


def fold(original: str) -> Folded:
    """Fold a text; takes time in proportion to its length."""
    plain = list(map(_seen, original))
    if all(plain) and sum(map(len, plain)) == len(plain):  # each character for itself: nearly all texts
        return Folded(original, "".join(plain), range(len(plain)), range(1, len(plain) + 1))
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, (character, seen) in enumerate(zip(original, plain, strict=True)):
        if not seen:
            if ends:
                ends[-1] = at + 1
                letters[-1] = _composed(letters[-1], character)
            continue
        for letter in seen:
            letters.append(letter)
            starts.append(at)
            ends.append(at + 1)
    return Folded(original, "".join(letters), starts, ends)


@lru_cache(maxsize=4096)
def _seen(character: str) -> str:
    """How a character is read; empty when it only changes the one before it, or cannot be seen."""
    if unicodedata.category(character) in UNSEEN:
        return ""
    if character == NUMERO:
        return character
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    plain = unicodedata.normalize("NFKC", character).lower()
    return "".join(ALIKE.get(c, c) for c in plain if unicodedata.category(c) not in UNSEEN)


@lru_cache(maxsize=1024)
def _composed(letter: str, mark: str) -> str:
    """и and its breve are й; any other mark is left out."""
    whole = unicodedata.normalize("NFC", letter + mark)
    return ALIKE.get(whole, whole) if len(whole) == 1 else letter


def _in_one_alphabet(match: re.Match[str]) -> str:
    word = match.group()
    if not MIXED.search(word):
        return word
    for table in (TO_CYRILLIC, TO_LATIN):
        whole = word.translate(table)
        if not MIXED.search(whole):
            return whole
    return word
