"""Addresses that lead to a door: a street with a house, a flat, an entrance code. A street alone does not."""

import re

from accelerator.screening.addresses import find_addresses
from accelerator.screening.doors import BLOCK, COUNTED, FLAT, HOUSE_WORD, NAME, NUMBER, SEP
from accelerator.screening.folding import Folded, Span
from accelerator.screening.keyboards import either, on_any_keyboard
from accelerator.screening.runs import SPELLED

RU_STREET = (
    r"(?:ул|улиц[аеуыо]й?|пр|пр-т[ае]?|пр-кт|просп|проспект[аеу]?|пер|переул(?:ок|ке|ка)|б-р|бульвар[ае]?|шоссе|наб"
    r"|набережн(?:ая|ой)|тупик[ае]?|аллея|аллее|проезд[ае]?|площадь|площади|көш)"
)
RU_MICRO = r"(?:мкр|мкрн|мкр-н|м-н|микрорайон[ае]?|жк|ш\.\s?а)"
KK_STREET = r"(?:көше(?:сі\w{0,6}|де)|к-сі|даңғыл(?:ы\w{0,5})|д-лы|тұйығы\w{0,4}|бульвары\w{0,4}|алаңы\w{0,4}|тас жолы)"
KK_MICRO = r"(?:ықшам\s?ауданы\w{0,4}|мөлтек\s?ауданы\w{0,4}|шағын\s?ауданы\w{0,4}|ш\.\s?а|м/а|мкр)"
EN_STREET = r"(?:street|str|st|avenue|ave|road|rd|boulevard|blvd|lane|drive|highway|parkway|embankment)"
#: "үйде", "пәтерге": the endings of an address.
IN_CASE = r"(?:де|ге|ден|дің|і)?(?!\w)"
UY = rf"(?:\d{{1,4}}+(?:/\d{{1,3}})?[а-я]?(?:-?ші|-?шы)?[\s\-]{{0,2}}үй{IN_CASE}"
#: From two on; nothing counted: "дом два этажа", "үй екі қабатты".
IN_WORDS = (
    rf"(?:{'|'.join(word for word, number in SPELLED.items() if number > 1)})(?:\s(?:{'|'.join(SPELLED)}))?"
    rf"(?!\w)(?!\s{{1,2}}{COUNTED})"
)
KK_TENS = r"(?:он|жиырма|отыз|қырық|елу|алпыс|жетпіс|сексен|тоқсан|жүз)"
#: (letters without which there is nothing to find, the pattern)
WAYS = tuple(
    (either(letters), re.compile(on_any_keyboard(pattern)))
    for letters, pattern in (
        # ул. Абая 12, кв. 4; проспект Аль-Фараби, д. 77/8
        (
            "ул|пр|пер|б-р|шоссе|наб|туп|алле|площ",
            rf"(?<![\w\-]){RU_STREET}(?!\w)\.?\s{{0,2}}{NAME}{SEP}{HOUSE_WORD}?{NUMBER}{BLOCK}{FLAT}?",
        ),
        # мкр. Самал-2, дом 5; мкр. 8, 33 (a microdistrict and its own number lead to nobody's door)
        (
            "мкр|м-н|микро|жк|ш.а|ш. а",
            rf"(?<![\w\-]){RU_MICRO}(?!\w)\.?\s{{0,2}}{NAME}(?:{SEP}{HOUSE_WORD}|,\s{{0,2}}){NUMBER}{BLOCK}{FLAT}?",
        ),
        # Абай көшесі, 12-үй; Төле би көшесі 12
        (
            "көше|к-сі|даң|д-лы|тұй|бул|алаң|тас жолы",
            rf"(?<![\w\-])[\w.\-]{{1,40}}+(?:\s[\w.\-]{{1,40}}+)?\s{{1,2}}{KK_STREET}(?!\w)\.?{SEP}(?:үй\s{{0,2}})?"
            rf"{UY}|{NUMBER}){FLAT}?",
        ),
        # Самал-2 ықшамауданы, 33-үй
        (
            "үй",
            rf"(?<![\w\-])[\w.\-]{{1,40}}+\s{{1,2}}{KK_MICRO}(?!\w)\.?{SEP}{UY}|үй\s{{0,2}}{NUMBER}){FLAT}?",
        ),
        # 12-үй, 4-пәтер without a street
        ("үй", rf"(?<![\w\-/:.])\d{{1,4}}+(?:/\d{{1,3}})?[а-я]?-(?:(?:ші|шы)\s)?үй{IN_CASE}"),
        ("пәтер", rf"(?<![\w\-/:.])\d{{1,4}}+-(?:(?:ші|шы)\s)?пәтер{IN_CASE}"),
        # 15 үй 23 пәтер
        (
            "үй",
            r"(?<![\w\-/:.])\d{1,4}+(?:/\d{1,3})?[а-я]?(?:-?(?:ші|шы))?[\s\-]{0,2}үй[,\s]{1,3}"
            rf"\d{{1,4}}+(?:-?(?:ші|шы))?[\s\-]{{0,2}}пәтер{IN_CASE}",
        ),
        # 12 үйдің 4 пәтері; 12 үйде тұрады; 4 пәтерде тұрады
        (
            "үй|пәтер",
            r"(?<![\w\-/:.])\d{1,4}+(?:/\d{1,3})?[а-я]?(?:-?(?:ші|шы))?[\s\-]{1,2}"
            r"(?:үй(?:дің|дегі)\s{1,2}\d{1,4}+[\s\-]{0,2}пәтер\w{0,5}|(?:үй|пәтер)де\s{1,2}тұр\w{1,6})",
        ),
        # пәтер 4; үй №12; үй 12, пәтер 4
        ("пәтер", rf"(?<![\w\-])пәтер\s{{0,2}}(?:№\s?)?{NUMBER}(?!\s{{1,2}}[а-яәғқңөұүһі]{{4}})"),
        ("үй", rf"(?<![\w\-])үй\s{{0,2}}(?:№\s?{NUMBER}|{NUMBER},?\s{{1,2}}пәтер\s?(?:№\s?)?\d{{1,4}})"),
        # үйі 12, пәтері 4; үйінің нөмірі 12
        ("үй|пәтер", rf"(?<![\w\-])(?:үй|пәтер)(?:і|інің|дің)?\s{{1,2}}нөмірі?\s?[:\-–—]?\s{{0,2}}{NUMBER}"),
        ("үй", rf"(?<![\w\-])үйі\s{{1,2}}{NUMBER},?\s{{1,2}}пәтері?\s{{1,2}}{NUMBER}"),
        # 12 қабат, 5 пәтер; 2 кіреберіс 17-пәтер
        (
            "пәтер",
            r"(?<![\w\-/:.])\d{1,3}+(?:-?(?:ші|шы))?[\s\-]{0,2}(?:қабат|кіреберіс|подъезд)(?:та|те|де|тағы|тегі)?[,\s]{1,3}"
            rf"\d{{1,4}}+(?:-?(?:ші|шы))?[\s\-]{{0,2}}пәтер{IN_CASE}(?!\s{{1,2}}(?:бар|арал|бой))",
        ),
        # дом 5, кв. 12; д. 15; квартира 12; домофон 45
        (
            "дом|д.",
            rf"(?<![\w\-])(?:дом[ае]?|д\.)\s{{0,2}}(?:№\s?)?{NUMBER}(?!\s{{1,2}}[а-яә]{{4}}){BLOCK}{FLAT}?",
        ),
        ("дом|д.", rf"(?<![\w\-])(?:дом[ае]?|д\.)\s{{0,2}}(?:№\s?)?\d{{1,4}}[а-я]?{BLOCK}{FLAT}"),
        # в 12 доме: of many one says "в 12 домах"
        ("доме", r"(?<!\w)в\s{1,2}\d{1,4}+(?:/\d{1,3})?[а-я]?(?:-?м)?\s{1,2}доме(?!\w)"),
        ("кв", rf"(?<![\w\-])(?:кв\.\s?|кв\s|квартир[аеуы]\s)(?:№\s?)?{NUMBER}(?!\s?кв)(?!\s{{1,2}}[а-яә]{{4}})"),
        (
            "домофон",
            r"(?<![\w\-])(?:код\s(?:от\s)?)?домофон\w{0,3}[\s:,\-–—]{1,3}(?:код\s?|коды\s?)?"
            r"#?\d{1,4}(?:[кk#*]\d{1,5})?(?!\w)",
        ),
        # dom 12 kv 4
        ("dom|kv", rf"(?<![\w\-])(?:dom|d\.|kv\.?)\s{{0,2}}{NUMBER}(?:[,\s]{{1,3}}kv\.?\s?\d{{1,4}}(?!\w))?"),
        # дом двенадцать; кв. сорок два; үй он екі; house twelve
        (
            "дом|д.|кв|house|flat|apartment|үй|пәтер",
            rf"(?<![\w\-])(?:дом|д\.|кв\.|квартир[ае]|house|flat|apartment|үйі?|пәтері?)\s{{1,2}}{IN_WORDS}",
        ),
        # он екінші үй, жиырма бесінші пәтер
        (
            "үй|пәтер",
            rf"(?<![\w\-]){KK_TENS}(?:\s[а-яәғқңөұүһі]{{2,6}})?(?:ы?н?шы|і?н?ші)\s(?:үй|пәтер){IN_CASE}",
        ),
        # Abay street 12, apt 4
        (
            "st|av|ro|rd|bo|bl|la|dr|hi|pa|em",
            rf"(?<![\w\-])[\w.\-’']{{2,40}}+\s{{1,2}}{EN_STREET}(?!\w)\.?{SEP}{HOUSE_WORD}?{NUMBER}{FLAT}?",
        ),
        ("apt|apartment|flat", rf"(?<![\w\-])(?:apt|apartment|flat)\.?\s{{0,2}}(?:no\.?\s?|#\s?|№\s?)?{NUMBER}"),
        (
            "house",
            rf"(?<![\w\-])house\s(?:(?:no\.?\s?|number\s|#\s?|№\s?){NUMBER}|{NUMBER}(?!\s{{1,2}}[a-z]{{4}}))",
        ),
    )
)
#: 12 Abay street, apt 4: only with names between, which the original writes with capitals, or with one word.
EN_BEFORE = re.compile(
    rf"(?<![\w.,\-/:])(\d{{1,5}}+(?:[-/]\d{{1,4}}|[a-z])?)(?!\w),?\s{{1,2}}((?:[\w.’'\-]{{1,30}}+\s{{1,2}}){{1,3}}?){EN_STREET}(?!\w)\.?{FLAT}?"
)
#: «детский дом 8», «торговый дом 5» are names of institutions.
INSTITUTION = re.compile(r"(?:детск\w{2,3}|родильн\w{2,3}|торгов\w{2,3}|балалар)\s$")
NOT_A_NAME = re.compile(rf"(?:{COUNTED}|of|on|in|at|the|and|to|for|from|blocks?|streets?|main|each|every)")


def find_houses(folded: Folded) -> list[Span]:
    """House numbers, flats and entrance codes of a folded text."""
    text = folded.text
    found = [
        match.span()
        for letters, way in WAYS
        if any(part in text for part in letters)
        for match in way.finditer(text)
        if not INSTITUTION.search(text, max(match.start() - 14, 0), match.start())
    ]
    if re.search(EN_STREET, text):
        found += [match.span() for match in EN_BEFORE.finditer(text) if _are_names(folded, match)]
    found += find_addresses(folded)
    return sorted(found, key=lambda span: span[0] - span[1])  # the longest of those that overlap


def _are_names(folded: Folded, match: re.Match[str]) -> bool:
    words = match.group(2).split()
    if any(NOT_A_NAME.match(word) for word in words):
        return False
    start, end = folded.place(match.span(2))
    written = folded.original[start:end].split()
    return len(words) == 1 or all(word[0].isupper() or word[0].isdigit() for word in written)
