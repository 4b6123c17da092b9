"""E-mail addresses, also those spelled to get past a filter: "name at mail dot ru", «имя собака мейл точка ру»."""

import re

from accelerator.screening.folding import Span

PROVIDER = (
    r"(?:mail|gmail|googlemail|yandex|ya|inbox|list|bk|rambler|icloud|outlook|hotmail|yahoo|proton(?:mail)?|live|me"
    r"|мейл|мэйл|майл|емейл|гмейл|гмэйл|гмаил|джимейл|джимэйл|яндекс|инбокс|рамблер|аутлук|айклауд|пошта|почта)"
)
ENDING = r"(?:ru|kz|com|net|org|info|edu|gov|biz|ру|кз|ком|нет|орг|рф|қаз|каз)"
NAME = r"(?<![\w.+\-])[\w.+\-]{1,64}+"
DOT = r"(?:\s?\.\s?|\s?[\[({]\s?(?:dot|точка|нүкте|\.)\s?[\])}]\s?|\s(?:dot|точка|тчк|нүкте)\s)"
SPELLED_DOT = r"(?:\s?[\[({]\s?(?:dot|точка|нүкте|\.)\s?[\])}]\s?|\s(?:dot|точка|тчк|нүкте)\s)"
AT_SIGN = r"\s?(?:@|[\[({]\s?(?:at|@|собака|собачка|ат|эт)\s?[\])}])\s?"
AT_WORD = r"\s(?:at|собака|собачка|сабака|эт)\s"
MAILS = (
    re.compile(rf"{NAME}{AT_SIGN}[\w\-]{{1,63}}+(?:(?:\.|{SPELLED_DOT})[\w\-]{{2,63}}+|{DOT}{ENDING}(?!\w)){{1,4}}"),
    re.compile(rf"{NAME}\s?@\s?{PROVIDER}(?!\w)"),
    re.compile(rf"{NAME}{AT_WORD}[\w\-]{{1,40}}+(?:{SPELLED_DOT}{ENDING}(?!\w)){{1,2}}"),
    re.compile(rf"{NAME}{AT_WORD}{PROVIDER}{DOT}{ENDING}(?!\w)"),
    re.compile(rf"{NAME}\s?(?:собака|собачка)\s?{PROVIDER}(?!\w)"),
)
SIGN = re.compile(r"@|(?<!\w)(?:at|ат|эт|собака|собачка|сабака)(?!\w)")


def find_mails(text: str) -> list[Span]:
    """All e-mail addresses of a folded text."""
    if not SIGN.search(text):
        return []
    return [match.span() for pattern in MAILS for match in pattern.finditer(text)]
