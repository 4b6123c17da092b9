"""Kazakh as it is typed on a Russian keyboard: «акша» for «ақша», «уй» for «үй»."""

import re

#: A Kazakh letter and what is typed for it where the keyboard has none.
TYPED_FOR = {"ә": "әа", "ғ": "ғг", "қ": "қк", "ң": "ңн", "ө": "өо", "ұ": "ұу", "ү": "үу", "һ": "һх", "і": "іи"}
#: A class of characters, or a Kazakh letter outside of one.
PLACE = re.compile(r"\[(?:\\.|[^\]])*\]|[әғқңөұүһі]")


RUSSIAN_KEYBOARD = str.maketrans({letter: typed[1] for letter, typed in TYPED_FOR.items()})


def either(letters: str) -> set[str]:
    """Parts of words, separated by "|", as they are written and as they may be typed."""
    return {*letters.split("|"), *letters.translate(RUSSIAN_KEYBOARD).split("|")}


def on_any_keyboard(pattern: str) -> str:
    """The same regular expression, which also takes what stands for each Kazakh letter."""
    return PLACE.sub(_loosen, pattern)


def _loosen(match: re.Match[str]) -> str:
    place = match.group()
    if place[0] != "[":
        return f"[{TYPED_FOR[place]}]"
    return "".join(TYPED_FOR.get(letter, letter) for letter in place)
