"""Numbers that carry their own proof: bank cards (Luhn), IBANs (mod 97), Kazakhstan's IIN (date and check digit)."""

import re
from datetime import date
from itertools import accumulate
from operator import mul

from accelerator.screening.folding import TO_LATIN, Span
from accelerator.screening.runs import Gap, Part, Run

#: How issuers begin their numbers, and how long those are.
CARD = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]|2[2-7])\d{14}"  # Mastercard, Mir
    r"|(?:50|5[6-9]|6[0-9])\d{11,17}"  # Maestro, UnionPay, Discover
    r"|3[47]\d{13}|3[0689]\d{12}|35\d{14}"  # American Express, Diners, JCB
    r"|9[0-9]\d{14}"  # national schemes
)
USUAL_SHAPES = {(4, 4, 4, 4), (4, 6, 5), (4, 4, 4, 4, 3), (4, 6, 4), (4, 4, 5), (8, 8), (6, 10), (4, 12), (12, 4)}


#: Tried in this order: nearly all cards have 16.
CARD_LENGTHS = (16, 15, 13, 14, 19, 18, 17)


#: What may stand between a word and the digits that it names: signs, two words, №.
TO_DIGITS = r"[\s:#.,=\-–—]{0,4}(?:[^\W\d_]{1,12}[\s:\-–—]{1,3}){0,2}(?:(?:№|no)[\s.:]{0,2})?$"
#: Sixteen digits behind these words, written as on a card, are somebody's, whether or not one was mistyped.
CARD_LABEL = re.compile(
    r"(?<![\w/\\-])(?:карт(?:а|ы|е|у|ой|очк\w{1,2})|карта(?:м|мыз|сы|ңыз)\w{0,4}|card)"
    r"(?:\s(?:нөмірі?|number))?" + TO_DIGITS
)
CARD_STEMS = ("карт", "card")
IIN_STEMS = ("иин", "жсн", "iin", "идентифик", "identif", "сәйкест")


def find_cards(text: str, runs: list[Run]) -> list[Span]:
    """13 to 19 digits as an issuer begins them, with Luhn's check digit; or sixteen that the text itself calls a card.

    In a usual grouping anywhere; in any other one when they are all that a row of digits holds, so that buses,
    hours and two phones in a row are no card.
    """
    return [
        *_find_proven_cards(runs),
        *(part.span for part in _find_labelled(CARD_LABEL, CARD_STEMS, 16, text, runs) if _is_written_as_card(part)),
    ]


def _find_proven_cards(runs: list[Run]) -> list[Span]:
    found: list[Span] = []
    for run in runs:
        sums = _luhn_sums(run.digits)
        for low in run.offsets[:-1]:
            part = _card_at(run, low, sums) if run.digits[low] in "234569" else None
            if part and not (found and part.span[0] < found[-1][1]):
                found.append(part.span)
    return found


def _card_at(run: Run, low: int, sums: tuple[list[int], list[int]]) -> Part | None:
    for length in CARD_LENGTHS:
        high = low + length
        if high >= len(sums[0]):
            continue
        running = sums[high % 2]  # the last digit counts once, the one before it twice
        if (running[high] - running[low]) % 10 or not CARD.fullmatch(run.digits, low, high):
            continue
        part = run.part_at(low, length)
        if part and _is_grouped_as_card(part):
            return part
    return None


def _luhn_sums(digits: str) -> tuple[list[int], list[int]]:
    """Running sums with every second digit doubled: once those at odd places, once those at even ones."""
    once = [int(digit) for digit in digits]
    twice = [2 * value - 9 if value > 4 else 2 * value for value in once]
    mixed = (list(once), list(once))
    mixed[1][1::2] = twice[1::2]
    mixed[0][0::2] = twice[0::2]
    return list(accumulate(mixed[0], initial=0)), list(accumulate(mixed[1], initial=0))


def _is_grouped_as_card(part: Part) -> bool:
    shape = part.shape
    if part.has_few_digits:
        return False
    if len(shape) == 1 or shape in USUAL_SHAPES:
        return True
    if part.gap > Gap.LIST:
        return False
    return part.is_whole_run or (set(shape) == {1} and part.gap == Gap.TIGHT)


def _is_written_as_card(part: Part) -> bool:
    """In one piece, in the usual groups, or digit by digit: no hours, dates or buses."""
    return part.gap == Gap.TIGHT and (len(part.shape) == 1 or part.shape in USUAL_SHAPES or set(part.shape) == {1})


#: Twelve digits as they begin with a date; found at each place, also inside of each other.
IIN = re.compile(r"(?=\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[0-6]\d{5})")


#: How people group an IIN when other numbers stand beside it.
IIN_SHAPES = {(12,), (6, 6), (6, 3, 3), (6, 1, 5), (2, 2, 2, 6), (2, 2, 2, 3, 3), (6, 4, 2)}


#: Twelve digits behind these words are somebody's number, whether or not a digit was mistyped.
IIN_LABEL = re.compile(
    r"(?<![\w/\\-])(?:иин|жсн|iin|individual identification number|индивидуальный идентификационный номер"
    r"|жеке сәйкестендіру нөмірі?)(?:-?[^\W\d_]{1,4})?" + TO_DIGITS
)
LABEL_REACH = 80


def find_iins(text: str, runs: list[Run]) -> list[Span]:
    """Twelve digits: a date of birth, the century, a number, a check digit. (A company's BIN has no such date.)

    Or whatever twelve digits the text itself calls so.
    """
    return [*_find_proven_iins(runs), *(part.span for part in _find_labelled(IIN_LABEL, IIN_STEMS, 12, text, runs))]


def _find_labelled(
    label: re.Pattern[str], stems: tuple[str, ...], length: int, text: str, runs: list[Run]
) -> list[Part]:
    """So many digits close together behind the word that names them; without its stem there is nothing to find."""
    found: list[Part] = []
    if not any(stem in text for stem in stems):
        return found
    for run in runs:
        for low in run.offsets[:-1]:
            part = run.part_at(low, length)
            if part is None or part.gap == Gap.LOOSE:
                continue
            start = part.span[0]
            if label.search(text, max(start - LABEL_REACH, 0), start):
                found.append(part)
    return found


def _find_proven_iins(runs: list[Run]) -> list[Span]:
    found: list[Span] = []
    for run in runs:
        values = [int(digit) for digit in run.digits]
        for match in IIN.finditer(run.digits):
            at = match.start()
            if not _has_iin_check(values[at : at + 12]) or not is_iin(run.digits[at : at + 12]):
                continue
            part = run.part_at(at, 12)
            if part and part.gap == Gap.TIGHT and (part.is_whole_run or part.shape in IIN_SHAPES):
                found.append(part.span)
    return found


#: The seventh digit says the century; 0 is for people who were not born here.
CENTURIES = {"0": 1900, "1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000}
WEIGHTS = ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2))


def is_iin(digits: str) -> bool:
    """Whether twelve digits are somebody's individual identification number."""
    if not _has_iin_check([int(digit) for digit in digits]):
        return False
    try:
        date(CENTURIES[digits[6]] + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except (KeyError, ValueError):
        return False
    return True


def _has_iin_check(values: list[int]) -> bool:
    """Whether the last digit follows from the others; the second weights are for a rest of ten."""
    rest = sum(map(mul, values, WEIGHTS[0])) % 11
    if rest == 10:
        rest = sum(map(mul, values, WEIGHTS[1])) % 11
    return rest == values[11]


#: The length of an IBAN in each country that has one.
IBAN_LENGTHS = {
    country: length
    for length, countries in (
        (15, "no"),
        (16, "be"),
        (18, "dk fi fo gl nl sd"),
        (19, "mk si"),
        (20, "at ba ee kz lt lu mn xk"),
        (21, "ch hr li lv"),
        (22, "bg bh cr de gb ge ie me rs va"),
        (23, "ae gi il iq om tl"),
        (24, "ad cz es md pk ro sa se sk tn vg"),
        (25, "ly pt st"),
        (26, "is tr"),
        (27, "bi dj fr gr it mc mr sm"),
        (28, "al az by cy do gt hu lb ni pl sv"),
        (29, "br eg ps qa ua"),
        (30, "jo kw mu yt"),
        (31, "mt sc"),
        (33, "ru"),
    )
    for country in countries.split()
}
IBAN_START = re.compile(r"(?<![^\W_])([a-z])[\s.\-]?([a-z])[\s.\-]{0,2}[\do][\s.\-]?[\do]")
#: So many letters and digits, with at most two signs between them.
IBAN_OF = {
    length: re.compile(rf"(?:[a-z0-9][\s.\-_]{{0,2}}){{{length - 1}}}[a-z0-9]") for length in set(IBAN_LENGTHS.values())
}
IBAN_SIGNS = re.compile(r"[\s.\-_]+")
#: Letters count as numbers from 10 on.
VALUES = str.maketrans({letter: str(int(letter, 36)) for letter in "abcdefghijklmnopqrstuvwxyz"})


def find_ibans(text: str) -> list[Span]:
    """Account numbers with a right checksum, in any grouping, also with Cyrillic letters that look Latin."""
    latin = text.translate(TO_LATIN)
    found: list[Span] = []
    for start in IBAN_START.finditer(latin):
        length = IBAN_LENGTHS.get(start.group(1) + start.group(2))
        match = IBAN_OF[length].match(latin, start.start()) if length else None
        if match and _is_iban(IBAN_SIGNS.sub("", match.group())):
            found.append(match.span())
    return found


def _is_iban(symbols: str) -> bool:
    """Whether the checksum is right, as it stands or with each letter o read as a zero."""
    return any(_rest_of(candidate) == 1 for candidate in {symbols, symbols.replace("o", "0")})


def _rest_of(symbols: str) -> int:
    return int((symbols[4:] + symbols[:4]).translate(VALUES)) % 97
