"""What every form shares: our own sentences, stripped text, and the reader's language at each reading."""

import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar

from flask import request
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import FileField, IntegerField, StringField
from wtforms import Form as WTForm
from wtforms import SearchField as WTSearchField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from accelerator.looks import LONGEST_REASON

#: No field takes more. Normalising Unicode takes the square of the length for texts made to be slow.
LONGEST_VALUE = 8000


class OwnSentences:
    """What WTForms itself says about a value that it cannot read, in our words and the reader's language."""

    SENTENCES: ClassVar = {
        "Not a valid integer value.": _l("A whole number, please."),
        "Not a valid date value.": _l("Please give a date."),
        "Not a valid datetime value.": _l("Please give a day and a time."),
        "Not a valid choice.": _l("Please choose one."),
        "Invalid Choice: could not coerce.": _l("Please choose one."),
    }

    def gettext(self, sentence: str) -> str:
        return str(self.SENTENCES.get(sentence, sentence))

    def ngettext(self, one: str, many: str, n: int) -> str:
        return one if n == 1 else many


class Form(WTForm):
    """A form of this product. CSRF is checked for every POST in `accelerator.security`."""

    class Meta:
        locales = False  # every validator brings a sentence of its own, translated by us

        def get_translations(self, _form: Any) -> OwnSentences:
            return OwnSentences()

    @classmethod
    def posted(cls, **kwargs: Any) -> "Any":
        """The form as it was sent, files included, without characters that neither page nor database can hold."""
        sent = MultiDict(
            (name, without_controls(value[:LONGEST_VALUE])) for name, value in request.form.items(multi=True)
        )
        return cls(CombinedMultiDict([sent, cls.files_sent()]), **kwargs)

    @classmethod
    def files_sent(cls) -> MultiDict[str, Any]:
        """The files of fields that take some: a program can send one in place of words."""
        kinds = {name: getattr(getattr(cls, name, None), "field_class", None) for name in request.files}
        takers = {name for name, kind in kinds.items() if kind and issubclass(kind, FileField)}
        return MultiDict((name, file) for name, file in request.files.items(multi=True) if name in takers)

    @classmethod
    def asked(cls, **kwargs: Any) -> "Any":
        """The form in the address (filters)."""
        args = MultiDict((name, value[:LONGEST_VALUE]) for name, value in request.args.items(multi=True))
        return cls(args, **kwargs)

    def add_error(self, name: str, sentence: str) -> None:
        """Put a sentence beside a field after validation (what only the database knows)."""
        field = self[name]
        field.errors = [*field.errors, sentence]


def without_controls(text: str) -> str:
    """Text without control characters; ends of lines and tabs stay."""
    if text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\r\t" or unicodedata.category(c) != "Cc")


#: Letters that show nothing: the fillers of Hangul, an empty note, and the empty pattern of Braille. They count as
#: spaces.
BLANKS = dict.fromkeys(map(ord, "\u115f\u1160\u2800\u3164\uffa0\U0001d159"), " ")


def shows(text: str) -> bool:
    """Whether there is anything to be seen: marks alone, which stand above or below a letter, show nothing."""
    return any(not unicodedata.category(c).startswith(("M", "Z")) for c in text)


#: Joins what stands beside it: a family of emoji, letters of Persian and Hindi.
JOINERS = "\u200c\u200d"


def _stays(text: str, at: int) -> bool:
    """Whether a character can be seen, or joins two that can; one that Python does not know yet can."""
    if text[at] in JOINERS:
        return 0 < at < len(text) - 1 and text[at - 1].isprintable() and text[at + 1].isprintable()
    return text[at].isprintable() or (unicodedata.category(text[at]) == "Cn" and ord(text[at]) & 0xFFFE != 0xFFFE)


def tidy(text: str | None) -> str:
    """Text of one line: composed, without control characters, spaces folded."""
    composed = unicodedata.normalize("NFC", text or "").translate(BLANKS)
    line = " ".join("".join(c if _stays(composed, at) else " " for at, c in enumerate(composed)).split())
    return line if shows(line) else ""


def tidy_lines(text: str | None) -> str:
    """Text of several lines: composed, without other control characters, blank ends cut."""
    composed = unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").replace("\r", "\n").translate(BLANKS)
    kept = "".join(c for at, c in enumerate(composed) if c == "\n" or _stays(composed, at))
    lines = "\n".join(line.rstrip() for line in kept.split("\n")).strip()
    return lines if shows(lines.replace("\n", "")) else ""


def files_of(field: Any) -> list[Any]:
    """The files that were chosen; a browser sends an empty one where there are none."""
    return [upload for upload in field.data or [] if getattr(upload, "filename", "")]


def required(sentence: Any = None) -> DataRequired:
    return DataRequired(sentence or _l("Please fill this in."))


def chosen(sentence: Any = None) -> InputRequired:
    return InputRequired(sentence or _l("Please choose one."))


def choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """Values with their labels, as a field takes them when it is declared."""
    return [SelectChoice(value, label) for value, label in pairs]


def at_most(length: int) -> Length:
    return Length(max=length, message=_l("Please make this shorter: %(max)d characters at most."))


def between(low: int, high: int) -> NumberRange:
    return NumberRange(low, high, message=_l("A number from %(min)s to %(max)s, please."))


class SearchField(WTSearchField):
    """Words to search with; the browser takes no more than ``most`` letters, and nothing behind them is looked for."""

    def __init__(self, label: Any, most: int, **kwargs: Any) -> None:
        filters = [lambda text: tidy((text or "")[:most])]
        super().__init__(label, filters=filters, render_kw={"maxlength": most}, **kwargs)


#: What one person can have done at a stretch.
DAY_MINUTES = 24 * 60


class TimeTaken(Form):
    """A part of forms that ask how long something took, in hours and minutes (`ui.time_taken` draws it)."""

    hours = IntegerField(_l("Hours"), [Optional(), between(0, 24)], default=0)
    minutes = IntegerField(_l("Minutes"), [Optional(), between(0, 59)], default=0)

    @property
    def total_minutes(self) -> int:
        return (self.hours.data or 0) * 60 + (self.minutes.data or 0)

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        if self.hours.errors or self.minutes.errors or 1 <= self.total_minutes <= DAY_MINUTES:
            return is_valid
        self.add_error("minutes", str(_l("Please say how long it took: from one minute to 24 hours.")))
        return False


class RevealForm(Form):
    """Why the desk looks at somebody's contact; it is written down."""

    why = StringField(_l("Why do you need it?"), [required(), at_most(LONGEST_REASON)], filters=[tidy])
