"""Phone numbers in any spelling; `phonenumbers` is the judge, our own shapes say what is put before it."""

import re
from functools import cache

import phonenumbers

from accelerator.screening.folding import Span
from accelerator.screening.runs import Gap, Part, Run
from accelerator.screening.times import are_times

#: Kazakhstan and Russia; the United States and their neighbours.
HOME, AMERICA = 7, 1
MOST_DIGITS = 15
KINDS = ("mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan", "pager")
#: How people group a number of ours.
USUAL_SHAPES = {
    *((11,), (1, 10), (4, 7), (1, 3, 7), (1, 3, 3, 4), (1, 3, 3, 2, 2), (1, 3, 2, 2, 3), (1, 3, 2, 3, 2)),
    *((1, 3, 4, 3), (1, 4, 2, 2, 2), (1, 4, 3, 3), (1, 4, 6), (1, 5, 5), (4, 3, 4), (4, 3, 2, 2), (4, 2, 2, 3)),
    *((10,), (3, 7), (3, 3, 4), (3, 3, 2, 2), (3, 2, 2, 3), (3, 2, 3, 2), (3, 4, 3), (4, 6), (4, 2, 2, 2), (1,) * 10),
    (1,) * 11,
}
CALL = re.compile(
    r"(?<!\w)(?:тел|телефон\w{0,4}|номер\w{0,3}|звон\w{1,6}|позвон\w{1,6}|набер\w{1,5}|ватсап\w{0,3}|вотсап\w{0,3}"
    r"|whatsapp|telegram|телеграм\w{0,3}|қоңырау\w{0,4}|хабарлас\w{0,8}|нөмір\w{0,5}|байланыс\w{0,6}"
    r"|phone|call|text|tel|mobile|моб|сот(?:ка|ку)?|ұялы)(?!\w)"
)
#: Numbers inside of a town, which no judge can tell from others: only in the usual dashes, or after "call".
LOCAL = re.compile(r"(?<![\d.\-+/])\d{3}[-\u2010-\u2015]\d\d[-\u2010-\u2015]\d\d(?![\d\-/])")
LOCAL_CALLED = re.compile(
    r"(?<![\d.\-+/])(?:\d\d([-\s\u2010-\u2015])\d\d\1\d\d|\d{3}[-\s]\d\d[-\s]\d\d|\d{6,7})(?![\d\-/:])"
)
AMERICAN = re.compile(r"(?<![\d.\-+])(?:1[\s.\-])?(?:\(\d{3}\)\s?|\d{3}[.\-\s])\d{3}[.\-\u2010-\u2015]\d{4}(?![\d\-])")
#: How far "call" may stand before the digits.
NEAR = 30
PLUS = re.compile(r"(?:\+|плюс|plus)[\s(.\-]{0,3}$")
PRICE = re.compile(r"\s?(?:тенге|тг|теңге|₸|kzt|руб|₽|\$|€|usd|млн|million)")
THOUSANDS = re.compile(r"\d{1,3}(?:[ .]\d{3}){2,3}")


def find_phones(text: str, runs: list[Run]) -> list[Span]:
    """All phone numbers of a folded text."""
    found: list[Span] = []
    for run in runs:
        end = -1
        for first in range(len(run.groups)):
            if run.groups[first].start >= end and (part := _phone_at(text, run, first)):
                found.append(_with_plus(text, part.span))
                end = part.span[1]
    return [*found, *_find_local(text)]


def _phone_at(text: str, run: Run, first: int) -> Part | None:
    """The number that begins with this group."""
    start, low = run.groups[first].start, run.offsets[first]
    if first == 0 and PLUS.search(text, max(start - 8, 0), start) and (part := _dialled_with_plus(run, low)):
        return part
    national = numbers_of(HOME)
    for trunk, length in (("78", 11), ("79", 10)):
        if run.digits[low] not in trunk or not national.fullmatch(run.digits, low + length - 10, low + length):
            continue
        part = run.part_at(low, length)
        if part and _looks_dialled(text, part):
            return part
    return None


@cache
def numbers_of(calling_code: int) -> re.Pattern[str]:
    """All numbers behind a country's code, as `phonenumbers` knows them.

    Its own judgement (``is_valid_number``) asks the same patterns one by one and takes a hundred times as long.
    """
    patterns = []
    for region in phonenumbers.region_codes_for_country_code(calling_code):
        known = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region)
        patterns += [kind.national_number_pattern for name in KINDS if (kind := getattr(known, name, None))]
    return re.compile("|".join(pattern for pattern in patterns if pattern) or r"(?!)")


def _dialled_with_plus(run: Run, low: int) -> Part | None:
    """The longest number after a plus: a country's code, then a number as it has them."""
    codes = (int(run.digits[low : low + length]) for length in (1, 2, 3))
    code = next((code for code in codes if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), None)
    if code is None:
        return None
    after = low + len(str(code))
    for length in range(MOST_DIGITS, 7, -1):
        if numbers_of(code).fullmatch(run.digits, after, low + length):
            part = run.part_at(low, length)
            if part and part.gap <= Gap.LIST:
                return part
    return None


def _looks_dialled(text: str, part: Part) -> bool:
    """Whether somebody would take these groups for one number: in a usual shape, or after "call"."""
    start, end = part.span
    written = text[start:end]
    if part.has_few_digits or are_times(written):
        return False
    if THOUSANDS.fullmatch(written) and PRICE.match(text, end):
        return False
    if part.shape in USUAL_SHAPES:
        return not (part.gap == Gap.LOOSE and set(part.shape) == {1})
    if part.gap == Gap.TIGHT and len(part.digits) == 11 and part.digits[1] == "7":
        return True
    return part.gap <= Gap.LIST and CALL.search(text, max(start - NEAR, 0), start) is not None


def _with_plus(text: str, span: Span) -> Span:
    start, end = span
    return (start - 1, end) if text[start - 1 : start] == "+" else span


def _find_local(text: str) -> list[Span]:
    found = [match.span() for match in LOCAL.finditer(text)]
    found += [match.span() for match in AMERICAN.finditer(text) if _is_american(match.group())]
    calls = [match.end() for match in CALL.finditer(text)]
    for at in calls:
        match = LOCAL_CALLED.search(text, at, at + NEAR)
        if match and not re.search(r"[^\W\d_]{4}", text[at : match.start()]):
            found.append(match.span())
    return found


def _is_american(written: str) -> bool:
    return numbers_of(AMERICA).fullmatch(re.sub(r"\D", "", written)[-10:]) is not None
