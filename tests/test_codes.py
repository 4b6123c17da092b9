"""Tracking codes: read as people write and hear them, and a slip of the pen is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.codes import ALPHABET, LENGTH, group_code, make_code, read_code

places = st.integers(0, LENGTH - 1)


def test_a_code_has_four_groups_of_four_without_look_alike_letters() -> None:
    groups = group_code(make_code()).split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 4]
    assert not set("".join(groups)) & set("ILOU")
    assert set("".join(groups)) <= set(ALPHABET)


def test_codes_are_not_given_twice() -> None:
    assert len({make_code() for _ in range(2000)}) == 2000


@pytest.mark.parametrize(
    "written",
    [
        lambda code: code,
        group_code,
        lambda code: group_code(code).lower(),
        lambda code: " " + group_code(code).replace("-", " – ") + "\n",
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("0", "о"),  # Cyrillic
        lambda code: code.translate(str.maketrans("ABCEHKMPTXY", "АВСЕНКМРТХУ")),
    ],
)
def test_a_code_is_read_however_it_was_written(written) -> None:  # type: ignore[no-untyped-def]
    for _ in range(50):
        code = make_code()
        assert read_code(written(code)) == code


@given(places, st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_noticed(place: int, symbol: str) -> None:
    code = make_code()
    wrong = code[:place] + symbol + code[place + 1 :]
    assert read_code(wrong) == (code if wrong == code else None)


@given(st.integers(0, LENGTH - 2))
def test_two_swapped_neighbours_are_noticed(place: int) -> None:
    code = make_code()
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert read_code(swapped) == (code if swapped == code else None)


@pytest.mark.parametrize("cut", [slice(0, -1), slice(1, None), slice(0, 0)])
def test_a_code_with_a_piece_missing_is_none(cut: slice) -> None:
    assert read_code(make_code()[cut]) is None
    assert read_code(make_code() + "7") is None


@given(st.text())
def test_any_text_is_read_without_a_fault(text: str) -> None:
    code = read_code(text)
    assert code is None or read_code(code) == code
