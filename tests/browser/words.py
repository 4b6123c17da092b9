"""The sentences of the pages in the language that a test reads them in."""

from babel.support import Translations

from accelerator.config import ROOT

CATALOGUES = ROOT / "accelerator" / "translations"


class Words:
    """``words("I'll help")`` is what the button says in this language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = Translations.load(CATALOGUES, [language])

    def __call__(self, text: str, **values: object) -> str:
        return str(self._catalogue.gettext(text)) % values

    def plural(self, one: str, many: str, num: int) -> str:
        return str(self._catalogue.ngettext(one, many, num)) % {"num": num}
