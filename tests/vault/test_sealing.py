"""One sealed field: it opens with its key at its place, and with nothing else anywhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.vault.sealing import FORM, KEY_BYTES, Unreadable, new_key, seal, unseal

KEY = bytes(range(KEY_BYTES))
PLACE = "requesters|17|sealed_contact"


@given(st.binary(max_size=2000), st.text(max_size=60))
def test_what_was_sealed_opens_at_its_place(text: bytes, place: str) -> None:
    assert unseal(KEY, seal(KEY, text, place), place) == text


def test_the_same_text_never_looks_the_same() -> None:
    assert len({seal(KEY, b"Abay 12", PLACE) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "place",
    ["requesters|18|sealed_contact", "requesters|17|sealed_answers", "case_entries|17|sealed_contact", "", PLACE + " "],
)
def test_moved_to_another_row_or_column_it_does_not_open(place: str) -> None:
    with pytest.raises(Unreadable):
        unseal(KEY, seal(KEY, b"Abay 12", PLACE), place)


def test_with_another_key_it_does_not_open() -> None:
    with pytest.raises(Unreadable):
        unseal(new_key(), seal(KEY, b"Abay 12", PLACE), PLACE)


@given(st.data())
def test_one_changed_bit_anywhere_and_it_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, b"Abay 12, flat 4", PLACE))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(Unreadable):
        unseal(KEY, bytes(sealed), PLACE)


@given(st.integers(0, 43))
def test_cut_off_it_does_not_open(length: int) -> None:
    with pytest.raises(Unreadable):
        unseal(KEY, seal(KEY, b"Abay 12, flat 4", PLACE)[:length], PLACE)


@given(st.binary(max_size=80))
def test_any_other_bytes_are_refused_and_never_a_broken_page(found: bytes) -> None:
    with pytest.raises(Unreadable):
        unseal(KEY, FORM + found, PLACE)
