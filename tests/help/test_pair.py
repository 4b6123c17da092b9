"""The spoken pair: easy words, read however they were typed."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.help.pair import WORDS, make_pair, normalise_pair, pair_of


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_there_are_enough_words_and_none_is_heard_as_another(language: str) -> None:
    words = WORDS[language]
    assert len(words) >= 64
    assert len({normalise_pair(word) for word in words}) == len(words)
    assert all(word.isalpha() and word == word.casefold() for word in words)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@given(seed=st.binary(min_size=8, max_size=16))
def test_a_pair_is_a_word_and_four_digits(language: str, seed: bytes) -> None:
    word, digits = make_pair(seed, language).split(" ")
    assert word in WORDS[language]
    assert len(digits) == 4
    assert digits.isdigit()
    assert make_pair(seed, language) == make_pair(seed, language)


def test_pairs_differ() -> None:
    assert len({make_pair(secrets.token_bytes(8), "kk") for _ in range(300)}) > 290


@pytest.mark.parametrize("typed", ["Қой 0417", "кой0417", " КОЙ — 0417 ", "қой,0417", "қой 04 17"])
def test_it_is_read_however_it_is_typed(typed: str) -> None:
    assert normalise_pair(typed) == normalise_pair("қой 0417")


@given(st.text(max_size=40))
def test_anything_can_be_typed(text: str) -> None:
    once = normalise_pair(text)
    assert normalise_pair(once) == once
    assert all(c.isalnum() for c in once)


def test_a_pair_fits_its_person_only() -> None:
    assert pair_of(1, "қой 0417") == pair_of(1, "кой 0417") != pair_of(2, "қой 0417")
