"""Addresses without a word for street: «Абая 150», «по адресу Новая 3», "Abay 150, flat 12", «5 мкр 33 кв».

A name and a number alone may be anything, so something must make them an address: a street that every town here has,
"lives at" before, a flat or an entrance behind, a numbered microdistrict. Found more than needed is soft: a coordinator
looks; what is counted (`doors.COUNTED`) and what is a year or an hour is left alone.
"""

import re

from accelerator.screening.doors import BLOCK, FLAT, HOUSE_WORD, NUMBER, SEP
from accelerator.screening.folding import Folded, Span
from accelerator.screening.keyboards import either, on_any_keyboard

#: Streets that people name without saying "street", in Russian, Kazakh and Latin letters, in their usual endings.
STREETS = (
    r"(?:аба[йя]|достык|достық|т[оө]ле\sби|с[аә]т[пб]аева?|д?жандосова?|гоголя|сейфуллина?|назарбаева?"
    r"|фурманова|р[аә]йымбека?|раимбека|байтурсынова|байтұрсын(?:ов|ұлы)|ж[иі]бек\sжолы|[аә]ль?[\s-]фараби|тимирязева?"
    r"|розыбакиева?|[аә]у?[еэ]зова?|манаса?|гагарина?|пушкина?|[кқ]абанбай\sбатыра?|б[оө]генбай\sбатыра?"
    r"|наурызбай\sбатыра?|[кқ]арасай\sбатыра?|утеген\sбатыра?|өтеген\sбатыр|[аә]йтеке\sби|[кқ]азыбек\sби|шевченко"
    r"|[кқ][уұ]рман[гғ]азы|желтоксана?|момыш\s?[уұ]лы|саина|сайын|р[ыұ]с[кқ][уұ]лова?|жарокова|м[аә]уленова?|кунаева"
    r"|қонаева?|масанчи|м[уұ][кқ]анова?|байзакова|навои|мустафина|ходжанова|торайгырова|торайғыров|айманова|байганина"
    r"|панфилова?|суюнбая|сүйінбай|кенесары|сарыар[кқ]а|т[уұ]ран|мангилик\sел|мәңгілік\sел|кошкарбаева|қошқарбаев"
    r"|бараева|иманова|сыганак|сығанақ|т[иі]лендиева?|жангельдина|калдаякова|қалдаяқов|валиханова|уәлиханов|зенкова"
    r"|кастеева|абылай\sхана?|абылайхана?"
    r"|aba[yi]|dost[yi][kq]|tole\sbi|satpa[ey]\w{0,2}|sätbaev|zhandosova?|gogolya?|s[ea][iy]full?ina?|nazarbaye?va?"
    r"|r[ao][iy]?[iy]mbeka?|bait?[uý]rsyn(?:ova?|uly)|[jz]h?ibek\s[jz]h?oly|al[\s-]farabi|timir[iy]azeva?|rozybakieva?"
    r"|[ao]uezova?|kabanbay\sbatyra?|bogenbay\sbatyra?|nauryzbay\sbatyra?|aiteke\sbi|kazybek\sbi|kurmangazy"
    r"|[jz]h?eltoksan|momyshuly|ryskulova?|kunaye?va?|furmanova?|panfilova?|valikhanova?|ab[yi]lai?y?\skhana?)"
)
MICRODISTRICTS = (
    r"(?:аксай|ақсай|самал|таугуль|таугүл|тастак|тастақ|орбита|мамыр|жетысу|жетісу|алмагуль|алмагүл|коктем|көктем"
    r"|айнабулак|айнабұлақ|аксу|ақсу|думан|жулдыз|жұлдыз|кулагер|құлагер|aksai|aqsai|samal|taugul|orbita|mamyr|zhetysu)"
    r"-\d{1,2}[а-яa-z]?"
)
MICRODISTRICT = (
    r"\d{1,2}[а-я]?(?:\s?-?\s?(?:й|ый|ой|ий|ом|м|ші|шы))?[\s\-]{0,2}(?:мкрн?|мкр-н|м-н|микрорайон[ае]?"
    r"|ықшам\s?аудан\w{0,4}|шағын\s?аудан\w{0,4}|мөлтек\s?аудан\w{0,4}|microdistrict|mkr)"
)
#: No year, no hour.
NO_DOOR = r"(?!(?:1[5-9]|20)\d\d(?!\d))(?!\d{1,2}-[03]0(?!\d))"
UY = r"\s{0,2}-?\s?үй(?:де|ге|ден|дің|і|інде)?(?!\w)"
DOOR = (
    rf"(?:{HOUSE_WORD}?{NO_DOOR}{NUMBER}(?:{UY}|\s?кв(?!\w))?"
    rf"|{NO_DOOR}\d{{1,4}}+(?:/\d{{1,3}})?[а-я]?(?:-?ші|-?шы)?{UY})"
)
TAIL = rf"{BLOCK}(?:{FLAT})?"
#: Up to three words.
WORDS = r"(?:[^\W\d][\w.\-’']{0,30}+\s{1,2}){0,2}?[^\W\d][\w.\-’']{0,30}+"

LIVES = (
    r"(?:(?:жив[уеё]\w{0,3}|прожива\w{2,4}|жил[аи]?|прописан\w?|находи(?:тся|мся)|приезжайте|приходите)\s{1,2}(?:на|по|в)"
    r"|(?:по\s)?адрес\w{0,2}:?(?:\sна)?|мекен-?жай\w{0,6}(?:\s?[:\-–—])?"
    r"|(?:live[sd]?|living|resid(?:es?|ing))\s(?:at|on)|address(?:\sis|:))"
)
LIVED_IN = r"\d{1,4}+(?:/\d{1,3})?(?:-?\s?үй)?-?(?:де|да|те|та)\sт[ұу]р\w{1,8}"
#: (letters without which there is nothing to find, the pattern, whether its group "name" is written with capitals)
WAYS = tuple(
    (either(letters), re.compile(on_any_keyboard(rf"(?<![\w\-])(?<!\d[.,/:]){pattern}")), has_name)
    for letters, pattern, has_name in (
        ("", rf"{STREETS}(?:т[ае]|д[ае])?{SEP}{DOOR}{TAIL}", False),
        ("-", rf"{MICRODISTRICTS}(?:,\s{{0,2}}|\s{{1,2}}(?={HOUSE_WORD}|\d{{1,4}}{UY})){DOOR}{TAIL}", False),
        ("мкр|м-н|микро|аудан|mkr|microd", rf"{MICRODISTRICT}(?!\w)\.?{SEP}{DOOR}{TAIL}", False),
        ("", rf"{LIVES}\s{{1,2}}{WORDS}{SEP}{DOOR}{TAIL}", False),
        ("тұр", rf"{STREETS}{SEP}{LIVED_IN}", False),
        # Жұлдыз 150-де тұрады; what is no name before it, is an hour: "таңғы 5-те тұрамын" (gets up)
        ("тұр", rf"(?P<name>[^\W\d][\w\-]{{2,30}}+){SEP}{LIVED_IN}", True),
        # на Ракетной 15
        (
            "на ",
            rf"на\s{{1,2}}(?P<name>[а-я][а-я\-]{{3,30}}+(?:\s[а-я][а-я\-]{{3,30}}+)?){SEP}{DOOR}{TAIL}(?!\s{{1,2}}[а-я]{{3}})",
            True,
        ),
        # Новая 15, кв. 3; Abay 150, flat 12; Сәтбаев 22/1 үй
        (
            "кв|оф|под|п.|пәтер|кіре|үй|apt|apartment|flat|unit|#",
            rf"(?P<name>[^\W\d][\w\-’']{{2,30}}+){SEP}{NO_DOOR}(?:{NUMBER}{BLOCK}{FLAT}|{DOOR}(?<=үй))",
            True,
        ),
        # 150 Abay, flat 12
        ("apt|apartment|flat|unit|#|кв|пәтер", rf"\d{{1,4}}+[a-z]?\s{{1,2}}{STREETS}{FLAT}", False),
    )
)
#: Words with a capital and a number behind that are no street.
NO_STREET = re.compile(
    r"(?:школ|гимнази|лице|детск|сад(?!овая)|кабинет|аудитор|зал|этаж|комнат|автобус|маршрут|троллейбус|класс|групп|секци"
    r"|больниц|поликлиник|мектеп|сынып|бөлме|қабат|сағат|таңғы|кешкі|school|room|gate|floor|class|grade|section|bus|ward"
    r"|level|suite|unit|page|chapter|phase|part|step|program|team|group)"
)


def find_addresses(folded: Folded) -> list[Span]:
    """House numbers behind names that no word calls a street."""
    return [
        match.span()
        for letters, way, has_name in WAYS
        if any(part in folded.text for part in letters)
        for match in way.finditer(folded.text)
        if not has_name or _is_name(folded, match.span("name"))
    ]


def _is_name(folded: Folded, span: Span) -> bool:
    """Whether each word is written with a capital, and the first is no school, room or bus."""
    start, end = folded.place(span)
    if NO_STREET.match(folded.text, *span):
        return False
    return all(word[0].isupper() for word in folded.original[start:end].split())
