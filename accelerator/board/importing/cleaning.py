"""Foreign text made fit to be shown: markup removed, contacts masked, lengths kept.

Repetitions in the patterns are possessive or bounded, so that no text, however odd, makes them much slower
than a straight walk through it.
"""

import html
import re
import unicodedata

MASK = "…"

_BREAKING_TAG = re.compile(r"<(?:br|/?(?:p|div|li|ul|ol|tr|table|h[1-6]|blockquote|hr|pre))\b[^<>]*>", re.I)
_SILENT_BLOCK = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->", re.I | re.S)
# Only tags that exist: "a < b and c > d" and "<3" are text.
_OTHER_TAG = re.compile(
    r"</?(?:a|abbr|b|big|body|center|code|em|font|head|html|i|iframe|img|input|label|script|small|span|strike"
    r"|strong|style|sub|sup|tbody|td|th|thead|u)\b[^<>]*>",
    re.I,
)
_NEWLINES = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_DASH = "[-\u2010-\u2015]"  # phone numbers are typed with every kind of dash
_GAP = r"[\s().\-\u2010-\u2015]"

_CONTACTS = re.compile(
    "|".join(
        (
            r"(?<![\w.+\-])[\w.+\-]++@[\w\-]++(?:\.[\w\-]++)+",  # e-mail
            # e-mail written around a filter: name (at) example (dot) org
            r"(?<![\w.+\-])[\w.+\-]++\s?[\[(]\s?(?:at|собака)\s?[\])]\s?[\w\-]++"
            r"(?:(?:\.|\s?[\[(]\s?(?:dot|точка)\s?[\])]\s?)[\w\-]++)+",
            r"(?<![\w.])(?:t\.me|wa\.me|instagram\.com)/[\w+.?=&/\-]*\w",
            r"(?<![\w@.])@[a-zA-Z]\w{4,31}+(?!\.\w)",  # a messenger's handle
            rf"\+\d(?:{_GAP}{{0,3}}\d){{7,14}}(?!\d)",  # any number with its country code, +7 among them
            # Kazakhstan and Russia with the trunk 8: 8 (727) 250-12-34, 8 701 123 45 67
            rf"(?<![\d.\-])8{_GAP}{{0,2}}(?:\(\d{{3,5}}\)|\d{{3,5}}){_GAP}{{0,2}}\d{{1,3}}{_GAP}?\d\d{_GAP}?\d\d(?!\d)",
            # Kazakhstan without any prefix: 701 123 45 67
            rf"(?<![\d.\-])(?:\(7\d\d\)|7\d\d){_GAP}{{0,2}}\d{{3}}{_GAP}?\d\d{_GAP}?\d\d(?!\d)",
            # United States: (212) 555-0123, 212.555.0123, 1-212-555-0123
            rf"(?<![\d.\-])(?:1{_GAP})?(?:\(\d{{3}}\)|\d{{3}})[\s./\-\u2010-\u2015]{{0,2}}\d{{3}}"
            rf"[\s.\-\u2010-\u2015]\d{{4}}(?!\d)",
            # a toll-free number spelled in letters: 1-800-HELP-NOW, 866.4.U.TREVOR
            rf"(?<![\w.])(?:1{_GAP})?8(?:00|33|44|55|66|77|88)[.\-\u2010-\u2015][\dA-Z][\dA-Z.\-]{{4,12}}[\dA-Z]\b",
            rf"(?<![\d.\-])\d{{3}}{_DASH}\d{{4}}(?![\d\-])",  # local: 555-0123
            rf"(?<![\d.\-])\d{{2,3}}{_DASH}\d\d{_DASH}\d\d(?![\d\-])",  # local: 250-12-34
            r"(?<!\d)\d{4}(?:[\s\-]\d{4}){3}(?!\d)",  # a bank card
            r"(?<!\d)\d{10,19}(?!\d)",  # bare phone, individual identification number, card
        )
    ),
    re.I,
)

_US_STREET = re.compile(
    r"(?<![\w.\-])\d{1,5}(?:-\d{1,4})?,?\s+(?:(?:[NSEW]\.?|North|South|East|West)\s+)?"
    r"(?:(?:[A-Z][\w'’.]*|\d{1,3}(?:st|nd|rd|th)?)\s+){1,3}?"
    r"(?:[Ss]treet|St|[Aa]venue|Ave|[Rr]oad|Rd|[Pp]lace|Pl|[Bb]oulevard|Blvd|[Ll]ane|[Pp]arkway|Pkwy)\b\.?"
)
_HOUSE = r"\d{1,4}(?:\s?[/\-]\s?\d{1,3})?[а-яa-z]?\b"
_FLAT = r"(?:[,\s]+(?:кв|оф|квартира|офис|пәтер)\.?\s?\d{1,4})?"
_RU_STREET = re.compile(
    r"(?<!\w)(?:ул|улица|улице|улицы|пр|пр-т|просп|проспект|проспекте|пер|переулок|б-р|бульвар|мкр|мкрн|микрорайон)"
    r"\b\.?\s{0,3}[«\"]?[\w\-]{1,40}(?:[ .]{1,3}[\w\-]{1,40})?[»\"]?[,\s]{1,3}(?:д\b\.?|дом|№)?\s{0,3}"
    rf"{_HOUSE}{_FLAT}",
    re.I,
)
_KK_STREET = re.compile(
    r"(?<![\w\-])[\w\-]{1,40}+(?:[ .]{1,3}[\w\-]{1,40}+)?\s{1,3}"
    r"(?:көшесі|даңғылы|тұйық көшесі|ықшам\s?ауданы|ш\.\s?а\.)[,\s]{1,3}"
    rf"(?:үй\s*)?{_HOUSE}(?:-?\s?үй)?{_FLAT}",
    re.I,
)
_DOOR = re.compile(rf"(?<!\w)(?:д|дом)\b\.?\s{{0,3}}{_HOUSE}[,\s]{{1,3}}(?:кв|квартира)\b\.?\s*\d{{1,4}}", re.I)


def fold(text: str) -> str:
    """`text` for comparing: case, width, ё/е and runs of white space make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").split())


def clean_text(raw: str) -> str:
    """Plain text with at most one empty line between paragraphs; no tags, entities or control characters."""
    text = raw
    # Exports escape more than once ("&amp;lt;p&amp;gt;"); five rounds are more than any of them does.
    for _ in range(5):
        cleaner = _without_markup(text)
        if cleaner == text:
            break
        text = cleaner
    lines = [" ".join(line.translate(_PRINTABLE).split()) for line in _NEWLINES.sub("\n", text).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def clean_line(raw: str) -> str:
    """The same on a single line."""
    return " ".join(clean_text(raw).split())


def mask_contacts(text: str) -> str:
    """E-mail addresses, messengers' handles, phone numbers (US, +7, any with +) and long numbers as "…".

    Dates, times, years, ranges of years and web sites stay.
    """
    return _CONTACTS.sub(MASK, text)


def mask_addresses(text: str) -> str:
    """Street addresses with a house number as "…", as written in English, Russian and Kazakh.

    A street without a number stays: "along Broadway" leads to nobody's door.
    """
    for pattern in (_US_STREET, _RU_STREET, _KK_STREET, _DOOR):
        text = pattern.sub(MASK, text)
    return text


def mask_private(text: str, private: tuple[str, ...] = ()) -> str:
    """Contacts, addresses, and each of `private` (lines the source keeps in its address columns) as "…"."""
    for line in private:
        text = re.sub(rf"(?<!\w){re.escape(line)}(?!\w)", MASK, text, flags=re.I)
    return mask_addresses(mask_contacts(text))


def split_at_word(text: str, limit: int) -> tuple[str, str]:
    """(head of at most `limit` characters, rest, maybe empty); both carry "…" where they were parted."""
    if len(text) <= limit:
        return text, ""
    room = limit - len(MASK)
    spaces = [match.start() for match in re.finditer(r"\s", text[: room + 1])]
    # A word longer than half the room is cut, rather than leave a head of one syllable.
    cut = spaces[-1] if spaces and spaces[-1] >= room // 2 else room
    return text[:cut].rstrip() + MASK, MASK + text[cut:].lstrip()


def shown(value: str, limit: int = 60) -> str:
    """A foreign value as it may stand in a sentence: one line, short, and encodable in any case."""
    return split_at_word(" ".join(encodable(value).split()), limit)[0]


def encodable(text: str) -> str:
    """`text` without lone surrogates (our marks of undecodable bytes) and NUL: it can be written anywhere."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text).replace("\0", "\u2400")


def _without_markup(text: str) -> str:
    text = _SILENT_BLOCK.sub(" ", text)
    text = _OTHER_TAG.sub("", _BREAKING_TAG.sub("\n", text))
    return html.unescape(text)


# Tabs count as spaces; control and direction-changing characters, soft hyphens and zero-width spaces go.
_UNPRINTABLE = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF))
_UNPRINTABLE |= dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_PRINTABLE: dict[int, str | None] = _UNPRINTABLE | {ord("\t"): " "}
