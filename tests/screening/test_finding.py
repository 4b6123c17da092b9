"""Finding: the place of each finding, the judges, and texts made to be slow or odd."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelerator.screening.finding import HARD, IN_BRIEFING, SOFT, Kind, find_private
from accelerator.screening.marking import cut_out, mark
from accelerator.screening.numbers import is_iin
from accelerator.screening.phones import HOME, numbers_of

#: What a form takes (`accelerator.forms.LONGEST_VALUE`).
LONGEST = 8000


def found(text: str) -> list[tuple[str, str]]:
    return [(finding.kind.value, finding.text) for finding in find_private(text)]


@pytest.mark.parametrize(
    ("text", "kind", "part"),
    [
        ("Звоните: 8 701 000 00 24!", "phone", "8 701 000 00 24"),
        ("Звоните: +7 (701) 000-00-24.", "phone", "+7 (701) 000-00-24"),
        ("a 8️⃣7️⃣0️⃣1️⃣0️⃣0️⃣0️⃣0️⃣0️⃣2️⃣4️⃣ b", "phone", "8️⃣7️⃣0️⃣1️⃣0️⃣0️⃣0️⃣0️⃣0️⃣2️⃣4️⃣"),
        ("x 8\u200b701\u200b0000024 y", "phone", "8\u200b701\u200b0000024"),
        ("Карта 4111 1111 1111 1111.", "card", "4111 1111 1111 1111"),
        ("ЖСН 850101300005,", "iin", "850101300005"),
        ("KZ86 125K ZT50 0410 0100 -", "iban", "KZ86 125K ZT50 0410 0100"),
        ("на ул. Абая 12, кв. 4, вечером", "house", "ул. Абая 12, кв. 4"),
        ("Абай көшесі, 12-үй, кешке", "house", "Абай көшесі, 12-үй"),
        ("at 12 Abay street, apt 4, please", "house", "12 Abay street, apt 4"),
        ("живёт на Абая 150, кв. 4, одна", "house", "живёт на Абая 150, кв. 4"),
        ("там Сәтбаев 22/1 үй, кешке", "house", "Сәтбаев 22/1 үй"),
        ("<name at mail dot ru>", "email", "name at mail dot ru"),
    ],
)
def test_a_finding_says_exactly_where_it_stands(text: str, kind: str, part: str) -> None:
    (finding,) = find_private(text)
    assert (finding.kind, finding.text) == (kind, part)
    assert text[finding.start : finding.end] == part


@pytest.mark.parametrize("digit", range(10))
def test_one_check_digit_of_ten_makes_a_card(digit: int) -> None:
    assert found(f"4111 1111 1111 111{digit}") == ([("card", "4111 1111 1111 1111")] if digit == 1 else [])


@pytest.mark.parametrize("digit", range(10))
def test_one_check_digit_of_ten_makes_an_iin(digit: int) -> None:
    assert ("iin" in dict(found(f"Справка 85010130000{digit}"))) == (digit == 5)


@pytest.mark.parametrize("label", ["ИИН ", "иин: ", "ЖСН ", "ЖСН-ім — ", "IIN № ", "Жеке сәйкестендіру нөмірі "])
@pytest.mark.parametrize("digits", ["850412300123", "850412 300123", "850412 300 123", "999999999999"])
def test_what_the_text_calls_an_iin_is_one_whatever_its_digits(label: str, digits: str) -> None:
    assert found(f"{label}{digits}, спасибо") == [("iin", digits)]


@pytest.mark.parametrize("text", ["БИН 850412300123", "БИН/ИИН 000440000010", "ИИН 85041230012", "ИИН 8504123001234"])
def test_other_numbers_are_no_iin_for_the_word_alone(text: str) -> None:
    assert "iin" not in dict(found(text))


@pytest.mark.parametrize("number", ["851301300005", "850132300005", "850101900005", "000440000017"])
def test_what_has_no_birthday_is_no_iin(number: str) -> None:
    assert not is_iin(number)


@pytest.mark.parametrize("text", ["KZ87 125K ZT50 0410 0100", "KZ86 125K ZT50 0410 01", "DE88 3704 0044 0532 0130 00"])
def test_a_wrong_checksum_or_length_is_no_account(text: str) -> None:
    assert "iban" not in dict(found(text))


@given(st.integers(10**9, 10**10 - 1).map(str))
@settings(max_examples=300, deadline=None)
def test_our_look_at_a_number_is_the_librarys_judgement(national: str) -> None:
    valid = phonenumbers.is_valid_number(phonenumbers.parse(f"+7{national}"))
    assert bool(numbers_of(HOME).fullmatch(national)) == valid


@given(
    st.sampled_from(["701", "702", "705", "707", "747", "771", "775", "776", "777", "778"]), st.integers(0, 9_999_999)
)
@settings(max_examples=200, deadline=None)
def test_every_mobile_number_is_found_in_every_usual_spelling(operator: str, rest: int) -> None:
    a, b, c = f"{rest:07}"[:3], f"{rest:07}"[3:5], f"{rest:07}"[5:]
    for text in (
        f"8{operator}{a}{b}{c}",
        f"+7 {operator} {a} {b} {c}",
        f"8({operator}){a}-{b}-{c}",
        f"8-{operator}-{a}{b}{c}",
        f"{operator} {a} {b} {c}",
        f"8.{operator}.{a}.{b}.{c}",
        " ".join(f"8{operator}{a}{b}{c}"),
        f"8 {operator} {a} {b} {c}".replace("0", "О"),
    ):
        if sum(character.isdigit() for character in text) >= 6:
            assert ("phone", text) in found(f"Звоните {text} вечером"), text


PIECES = (  # noqa: SIM905 (sixty short strings as a list take sixty lines)
    "1 |7 |8 7 |+1 |+1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 |1|a|a@|@|a.|(1|1-|1.1.|1,|7,|5/|1\n|\u200b|1\u0336|й\u0306|1️⃣|٧"
    "|ул. |ул. а |дом |д. 5 |5 а |кв 5 |абай көшесі |көшесі |12-үй |мкр. а-|12 |street |12 a b |12 a street "
    "|a b street |12 Abay street, apt 4 |kz|kz86 |de89 3704 0044 |4111 1111 1111 1111 |850101300005 |4 1 1 1 "
    "|абая |абая 1|абая 12, |живет на |живет на а б |на Аааа |на Аааа Аа |Аааа 12, |Аааа 12, кв |мкр 5, |5 мкр "
    "|аксай-4, |lives at a |иин |иин 1|иин: 850412 |помогите |помогите а б |көмек "
    "|8.30-12.30, |семь |сто двадцать |o |8о|8 а 7 б |8 девять |8 701 000 00 24 |8 8701000002 |тел 50 "
    "|перевести на |собираем |донат |не |transfer |kaspi |картаға а б |a at |собака |at gmail dot |d at mail dot ru "
).split("|")


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_is_without_end(piece: str) -> None:
    """An expression that goes back and forth would outlast the test's time limit; ``make bench`` says how long."""
    for finding in find_private((piece * LONGEST)[:LONGEST]):
        assert finding.start < finding.end <= LONGEST


TOKENS = ["о", "О", "ул. ", "дом ", "кв. ", "үй", " street", "KZ", "на карту "]
ALPHABET = st.sampled_from([*"0123456789 +-().,/@#№кзодyz\n", *TOKENS])


@given(st.one_of(st.text(max_size=400), st.lists(ALPHABET, max_size=200).map("".join)))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_and_findings_lie_in_it_apart(text: str) -> None:
    end = 0
    for finding in find_private(text):
        assert end <= finding.start < finding.end <= len(text)
        assert finding.text == text[finding.start : finding.end]
        end = finding.end
    assert "".join(part for part, _ in mark(text)) == text


@given(st.lists(ALPHABET, max_size=120).map("".join))
@settings(max_examples=200, deadline=None)
def test_what_was_cut_out_is_gone(text: str) -> None:
    for finding in find_private(text, HARD):
        assert finding.text not in cut_out(text) or text.count(finding.text) > 1


def test_long_runs_of_digits_are_read_like_others() -> None:
    assert not find_private("семь" + "8" * 5000 + " девять")
    assert found("0 " * 400 + "8 701 000 00 24") == [("phone", "8 701 000 00 24")]


def test_lone_surrogates_and_odd_characters_are_no_trouble() -> None:
    assert found("\ud800 8 701 \udfff000 00 24 \x00") == [("phone", "8 701 \udfff000 00 24")]


def test_each_kind_is_either_hard_or_soft() -> None:
    assert set(Kind) == HARD | SOFT
    assert not HARD & SOFT


def test_a_briefing_may_name_a_door_and_a_phone_but_no_card() -> None:
    briefing = "Ворота: ул. Абая 12, тел. 8 701 000 00 24. Карта 4111 1111 1111 1111"
    assert [finding.kind for finding in find_private(briefing, IN_BRIEFING)] == [Kind.CARD]
