"""Telephone numbers as people write them: the number is found, nothing beside it is lost, other numbers are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator import phones
from accelerator.phones import LONGEST_SHOWN, MOST_GROUPS, call, format_phone, is_local, read_phone, spaced, split_phone

MOBILE, OTHER, ALMATY = "+77011234567", "+77027654321", "+77272721234"


@pytest.mark.parametrize(
    "typed",
    [
        *("87011234567", "+77011234567", "77011234567", "7011234567", "+87011234567", "+8 701 123 45 67"),
        *("8 701 123 45 67", "8(701)123-45-67", "8 (701) 123-45-67", "(8701) 1234567", "8-701-123-45-67"),
        *("8.701.123.45.67", "8/701/123-45-67", "+7-701-1234567", "+7(701) 123 4567", "+(7)7011234567"),
        *(
            "8\u00a0701\u00a0123\u00a045\u00a067",
            "8 701 123\u201145\u201167",
            "8 \u2013 701 \u2013 123 \u2013 45 \u2013 67",
        ),
        *(
            "8 7 0 1 1 2 3 4 5 6 7",
            "87 01 12 34 567",
            "+7 8701 1234567",
            "(87011234567)",
            "87011234567.",
            "=87011234567",
        ),
        *("8 7O1 123 45 67", "8 7О1 123 45 67", "87о11234567", "+77o11234567", "٨٧٠١١٢٣٤٥٦٧"),
    ],
)
def test_one_number_in_any_spelling(typed: str) -> None:
    assert read_phone(typed) == MOBILE


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        *((typed, ALMATY) for typed in ("8 727 272 12 34", "8(727)272-12-34", "(727) 272-12-34", "727 2721234")),
        *((typed, ALMATY) for typed in ("87272721234", "+7 727 272 12 34", "+7 (727) 2-72-12-34")),
        *((typed, "+77172123456") for typed in ("8 7172 12 34 56", "(7172) 12-34-56", "8 (7172) 123-456")),
        ("8 800 080 77 77", "+78000807777"),
        ("8 916 123 45 67", "+79161234567"),
        ("+998 90 123 45 67", "+998901234567"),
        ("8~10~4930123456", "+4930123456"),
        ("8 7OO 1OO OO OO", "+77001000000"),
        ("8 701 ООО 45 67", "+77010004567"),
    ],
)
def test_lines_of_a_town_and_numbers_of_others(typed: str, expected: str) -> None:
    assert read_phone(typed) == expected


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("8 701 123 45 67 дочь Айгуль", "дочь Айгуль"),
        ("8 701 123 45 67, қызы Айгүл", "қызы Айгүл"),
        ("87011234567 (WhatsApp)", "(WhatsApp)"),
        ("87011234567 - мама", "- мама"),
        ("87011234567дочь", "дочь"),
        ("тел. 87011234567", "тел."),
        ("тел:87011234567", "тел"),
        ("Айгуль (дочь): 8 (701) 123-45-67", "Айгуль (дочь)"),
        ("ұялы 8-701-123-45-67 кешке", "ұялы … кешке"),
        ("8 701 123 45 67 с 9 до 18.00", "с 9 до 18.00"),
        ("8 701 123 45 67 (9-18)", "(9-18)"),
        ("8 701 123 45 67 кв 45", "кв 45"),
        ("8 7О1 123 45 67 Ольга", "Ольга"),
        ("8 701 123 45 67 о маме", "о маме"),
        ("8 701 123 45 67 ТОО Ромашка, 2О3", "ТОО Ромашка, 2О3"),
        ("8 701 123 45 67 доб. 15", "доб. 15"),
        ("8 701 123 45 67#15", "#15"),
        ("8 701 123 45 67/35", "/35"),
        ("87011234567, 87027654321", "+7 702 765 43 21"),
        ("8 7О1 123 45 67 Ольга, 87027654321", "Ольга, +7 702 765 43 21"),
        ("87011234567/87027654321", "+7 702 765 43 21"),
        ("87011234567 87027654321", "+7 702 765 43 21"),
        ("8 701 123 45 67 8 702 765 43 21", "+7 702 765 43 21"),
        ("87011234567 или 8 (702) 765-43-21 сын", "или +7 702 765 43 21 сын"),
        ("мама 87011234567; сосед 87027654321", "мама … сосед +7 702 765 43 21"),
        ("87011234567, үйі 8 (727) 272-12-34", "үйі +7 727 272 12 34"),
        ("(дочь Айгуль) 87011234567", "(дочь Айгуль)"),
        ("мама (87011234567), вечером", "мама … вечером"),
        ("не звонить 87011234567, звоните 87027654321", "не звонить … звоните +7 702 765 43 21"),
    ],
)
def test_what_stands_beside_the_number_is_kept(typed: str, words: str) -> None:
    kept = read_phone(typed)
    assert kept is not None
    assert split_phone(kept) == (MOBILE, words)


def test_an_answer_is_shown_in_the_order_in_which_it_was_written() -> None:
    kept = read_phone("мама 8 701 123 45 67; сосед 87027654321, вечером")
    assert kept == f"мама {MOBILE}; сосед {OTHER}, вечером"
    assert format_phone(kept) == "мама +7 701 123 45 67; сосед +7 702 765 43 21, вечером"


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "12",
            "112",
            "1414",
            "дочь Айгуль",
            "нет",
            "жоқ",
            "272 12 34",
            "32-12-34",
            "8 701 123 45",
            "8701 123 45 678",
        ),
        *("8 701 FLOWERS", "8 701 123 45 67 8", "87011234567 12", "5 87011234567", "+7 000 000 00 00", "0" * 11),
        # Numbers of people, cards and accounts.
        *("880101300123", "ИИН 880101300123", "ЖСН: 770112 300 123", "870112345678", "701012300123", "810318001234"),
        *(
            "4400 4301 2345 6789",
            "4400430123456789",
            "карта 5169497012345678",
            "2200 7011 2345 6701",
            "KZ86125KZT5004100100",
        ),
        *("880101300123 770112300123", "870112345678 87011234567", "4400 4301 2345 6789 87011234567"),
        "9" * 5000,
        "8701123456²",
    ],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    assert read_phone(typed) is None
    assert format_phone(typed) == typed
    assert split_phone(typed) == ("", typed)


def test_a_number_without_its_town_is_known_as_such() -> None:
    assert [is_local(typed) for typed in ("272-12-34", "32 12 34", "2-15-40 (үй)")] == [True] * 3
    assert [is_local(typed) for typed in ("12", "112", "8 701 123 45", "880101300123", "")] == [False] * 5


def test_numbers_are_written_in_groups() -> None:
    assert spaced(MOBILE) == "+7 701 123 45 67"
    assert spaced("+49301234567") == "+49 30 1234567"
    assert spaced("870") == "870"


GAPS = st.sampled_from(["", " ", "-", "\u2013", ".", "  ", "\u00a0"])
WORDS = st.text(st.sampled_from("абвгдеёжзикмнпқғңәіүұһ .,:;!()-"), max_size=30)
MOBILES = st.builds(
    "{}{}".format,
    st.sampled_from(["700", "701", "702", "705", "707", "708", "747", "771", "775", "776", "777", "778"]),
    st.from_regex(r"[0-9]{7}", fullmatch=True),
)
IINS = st.builds(
    "{:02}{:02}{:02}{}{:05}".format,
    st.integers(0, 99),
    st.integers(1, 12),
    st.integers(1, 31),
    st.integers(0, 6),
    st.integers(0, 99_999),
)
CARDS = st.from_regex(r"[2-6][0-9]{15}", fullmatch=True)


def grouped(data: st.DataObject, digits: str) -> str:
    """With any gaps between any groups."""
    cuts = data.draw(st.sets(st.integers(1, len(digits) - 1), max_size=5))
    return "".join(data.draw(GAPS) * (n in cuts) + digit for n, digit in enumerate(digits))


@given(st.data(), MOBILES, WORDS, WORDS)
def test_any_mobile_in_any_groups_with_any_words(data: st.DataObject, number: str, before: str, after: str) -> None:
    start = data.draw(st.sampled_from(["8", "8 ", "+7", "+7 ", "7", "", "8-"]))
    typed = f"{before}а: {start}{grouped(data, number)}, {after}"
    kept = read_phone(typed)
    assert kept == f"{before}а: +7{number}, {after}"
    assert split_phone(kept)[0] == f"+7{number}"


@given(st.data(), st.one_of(IINS, CARDS), WORDS)
def test_no_number_of_a_person_or_a_card_is_a_telephone(data: st.DataObject, number: str, words: str) -> None:
    assert read_phone(f"{words} {grouped(data, number)}") is None
    assert read_phone(f"{grouped(data, number)} {words}") is None


@given(st.text(st.sampled_from("0123478оО +-()./,;абt#*²"), max_size=60))
def test_what_was_read_is_read_again_as_the_same(typed: str) -> None:
    kept = read_phone(typed)
    if kept is not None:
        assert read_phone(kept) == kept
        assert read_phone(format_phone(kept)) == kept


@pytest.mark.parametrize("end", ["", " 9", " 9 2О3"])
@pytest.mark.parametrize(
    "row",
    [
        *("7 0 1 1 1 1 1 1 1 1 ", "8 7 0 1 2 3 4 5 6 7 8 ", "(701) ", "8701 1234567 ", "+", "1 "),
        "+4930123456 8 7011234567",  # two ways to cut each
    ],
)
def test_a_long_row_of_digits_is_cut_in_few_tries(monkeypatch: pytest.MonkeyPatch, row: str, end: str) -> None:
    tries = []
    monkeypatch.setattr(phones, "call", lambda written: tries.append(written) or call(written))
    read_phone((row * 300)[: LONGEST_SHOWN - len(end)] + end)
    read_phone(row * 11 + end)
    assert len(tries) <= 4 * MOST_GROUPS * (MOST_GROUPS + 1) / 2
