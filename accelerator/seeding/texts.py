"""Made-up texts of realistic length: phrases of ``words.toml`` joined by chance, a few hundred words a language."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

#: How the languages share the rows.
LANGUAGES = ("ru", "ru", "ru", "kk", "kk", "kk", "kk", "en")


@dataclass(frozen=True)
class Phrases:
    """The phrases of one language; an action is (kind of help, as it is asked for, as it is told)."""

    actions: list[tuple[str, str, str]]
    whom: list[str]
    where: list[str]
    reasons: list[str]
    told: list[str]
    rare: str


@dataclass(frozen=True)
class Text:
    """What a row says, in which language, and the kind of help that fits."""

    locale: str
    kind: str
    title: str
    story: str


@cache
def phrases(language: str) -> Phrases:
    return Phrases(**_words()[language])


@cache
def _words() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))


def make_request_text(chance: Random, *, is_rare: bool) -> Text:
    """A need of two to four sentences; one in many (``is_rare``) names a thing that no other does."""
    language = chance.choice(LANGUAGES)
    known = phrases(language)
    kind, asked, _ = chance.choice(known.actions)
    whom, where = chance.choice(known.whom), chance.choice(known.where)
    story = " ".join(chance.sample(known.reasons, chance.randint(2, 4)))
    if is_rare:
        story += f" ({known.rare})"
    return Text(language, kind, _join(language, asked, whom, where), story)


def make_deed_text(chance: Random) -> Text:
    """A deed, every third without a word about how it went."""
    language = chance.choice(LANGUAGES)
    known = phrases(language)
    kind, _, told = chance.choice(known.actions)
    where = chance.choice(known.where)
    story = " ".join(chance.sample(known.told, chance.randint(0, 2)))
    return Text(language, kind, _join(language, told, chance.choice(known.whom), where), story)


def _join(language: str, action: str, whom: str, where: str) -> str:
    if language == "kk":
        sentence = f"{where} {whom} {action[0].lower()}{action[1:]}"
        return (sentence[0].upper() + sentence[1:])[:120]
    return f"{action} {whom} {where}"[:120]


def make_name(chance: Random) -> str:
    names = _words()["names"]
    return f"{chance.choice(names['first'])} {chance.choice(names['last'])}"
