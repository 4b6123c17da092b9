"""The corpus: what must be found is found, and nothing is found in what is harmless."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from accelerator.config import ROOT
from accelerator.screening.finding import Kind, find_private

CORPUS: dict[str, list[dict[str, Any]]] = tomllib.loads((Path(__file__).parent / "corpus.toml").read_text("utf-8"))
PRIVATE, INNOCENT = CORPUS["private"], [row["text"] for row in CORPUS["innocent"]]


def kinds_in(text: str) -> Counter[str]:
    return Counter(finding.kind.value for finding in find_private(text))


@pytest.mark.parametrize("row", PRIVATE, ids=lambda row: row["text"][:40])
def test_what_is_private_is_found(row: dict[str, Any]) -> None:
    assert kinds_in(row["text"]) == Counter(row["found"])


@pytest.mark.parametrize("text", INNOCENT, ids=lambda text: text[:40])
def test_what_is_harmless_is_left_alone(text: str) -> None:
    assert not find_private(text)


def test_the_corpus_is_large_enough_and_holds_every_kind() -> None:
    assert len(PRIVATE) >= 60
    assert len(INNOCENT) >= 60
    assert {kind for row in PRIVATE for kind in row["found"]} == {kind.value for kind in Kind}


def words_of(value: Any) -> list[str]:
    """All texts inside of a TOML file."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict | list):
        return [word for part in (value.values() if isinstance(value, dict) else value) for word in words_of(part)]
    return []


@pytest.mark.parametrize("name", ["demonstration/requests.toml", "demonstration/deeds.toml", "seeding/words.toml"])
def test_our_own_sentences_are_harmless(name: str) -> None:
    """More than a thousand sentences in three languages that nobody wrote with this check in mind."""
    texts = words_of(tomllib.loads((ROOT / "accelerator" / name).read_text("utf-8")))
    assert len(texts) > 50
    assert not {text: find_private(text) for text in texts if find_private(text)}
