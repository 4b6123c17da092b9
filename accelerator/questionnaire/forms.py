"""Forms made of questions: one page for the person who asks for help, or all pages at once for the desk."""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from accelerator import phones
from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.forms import Form, choices, tidy, tidy_lines
from accelerator.questionnaire.answers import options_of, say_if
from accelerator.questionnaire.document import Answers, Document, Kind, Page, Question
from accelerator.reference import Places, load_kinds

LONGEST = {Kind.TEXT: 200, Kind.LONG_TEXT: 4000, Kind.PHONE: phones.LONGEST}
LARGEST = 1_000_000
#: Answers that the browser can fill in by itself, and the keyboard that a phone should show.
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "name": {"autocomplete": "name"},
    "street": {"autocomplete": "address-line1"},
    "door": {"autocomplete": "address-line2"},
    "phone": {"autocomplete": "tel"},
}
KEYBOARDS: dict[Kind, dict[str, Any]] = {Kind.NUMBER: {"inputmode": "numeric"}, Kind.LONG_TEXT: {"rows": 6}}
WORDS_FOR_CHOICES = frozenset({Kind.CHOICE, Kind.SEVERAL, Kind.YES_NO, Kind.PLACE})


class CannotRead(Exception):
    """An answer that does not fit its question; the message is the sentence beside the field."""


class SeveralField(SelectMultipleField):
    """Any number of answers, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


#: All of Kazakhstan has one time.
ZONE = ZoneInfo("Asia/Almaty")
#: A day that is farther away is a slip of the pen.
FARTHEST = timedelta(days=5 * 366)


class QuestionForm(Form):
    """The form of some questions. `answers` are its clean values; what cannot be read stays as it was typed."""

    questions: tuple[Question, ...] = ()
    document: Document
    places: Places
    #: The answers of other pages, which conditions may ask about.
    earlier: Answers
    #: At the desk paper may have gaps: only what the product cannot do without is required.
    is_desk = False

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        known = dict(self.earlier)
        for question in self.questions:
            field = self[question.id]
            known[question.id] = as_typed(question, field.data)
            if not self.document.is_asked(question, known):
                known.pop(question.id)
                continue
            try:
                known[question.id] = self._read(question)
            except CannotRead as why:
                field.errors = [str(why)]
                is_valid = False
        if is_valid and known.get("time") and known.get("day"):
            is_valid = self._is_to_come(f"{known['day']}T{known['time']}")
        return is_valid

    def _is_to_come(self, moment: str) -> bool:
        if "time" not in self or datetime.fromisoformat(moment).replace(tzinfo=ZONE) > utcnow():
            return True
        self["time"].errors = [gettext("This hour has passed. Please give a later one, or another day.")]
        return False

    @property
    def answers(self) -> dict[str, Any]:
        """Question → value of every question here; empty when it is not asked, so that old answers go away."""
        known = dict(self.earlier)
        for question in self.questions:
            known[question.id] = as_typed(question, self[question.id].data)
            if not self.document.is_asked(question, known):
                known[question.id] = empty(question)
                continue
            with suppress(CannotRead):
                known[question.id] = self._read(question)
        return {question.id: known[question.id] for question in self.questions}

    def _read(self, question: Question) -> Any:
        value = read(question, self[question.id].data, self.places)
        must = question.is_required and (question.is_core or not self.is_desk)
        if must and not value:
            by_choice = question.kind in WORDS_FOR_CHOICES
            raise CannotRead(gettext("Please choose one.") if by_choice else gettext("Please fill this in."))
        return value


def make_form(
    page: Page, document: Document, answers: Answers, *, places: Places, language: str, posted: bool
) -> QuestionForm:
    """The form of one page, with the answers so far or, ``posted``, with what was sent."""
    shown = [question for question in page.questions if is_shown(question, page.questions, document, answers)]
    return build(shown, document, answers, places=places, language=language, posted=posted)


def make_form_for_desk(
    document: Document, answers: Answers, places: Places, language: str, posted: bool
) -> QuestionForm:
    """All questions on one page, to type a paper form or a call in quickly."""
    return build(document.questions(), document, answers, places=places, language=language, posted=posted, is_desk=True)


def make_form_for_preview(page: Page, document: Document, places: Places, language: str) -> QuestionForm:
    """A page with all its questions, each under its "if": for the editor, who sees every case at once."""
    everything = set(document.by_id)
    return build(page.questions, document, {}, places=places, language=language, posted=False, beside=everything)


def first_page_to_mend(document: Document, answers: Answers, *, places: Places, language: str) -> Page | None:
    """The first page whose answers are missing or do not hold; `None`: everything can be sent."""
    for page in document.pages_asked(answers):
        form = make_form(page, document, answers, places=places, language=language, posted=False)
        if not form.validate():
            return page
    return None


def is_shown(question: Question, beside: Iterable[Question], document: Document, answers: Answers) -> bool:
    """Whether a question stands on its page: it is asked, or the answer it depends on is given on the same page."""
    if question.only_if is None or document.is_asked(question, answers):
        return True
    here = {other.id: other for other in beside}
    parent = here.get(question.only_if.question)
    return parent is not None and is_shown(parent, here.values(), document, answers)


def build(
    questions: Iterable[Question],
    document: Document,
    answers: Answers,
    *,
    places: Places,
    language: str,
    posted: bool,
    is_desk: bool = False,
    beside: Collection[str] = (),
) -> QuestionForm:
    """``beside``: questions that stand beside these though they are in another form."""
    shown = tuple(questions)
    names = {question.id for question in shown}
    fields = {question.id: make_field(question, places, language) for question in shown}
    kind: type[QuestionForm] = type("QuestionForm", (QuestionForm,), fields | {"questions": shown, "is_desk": is_desk})
    given = {q.id: to_show(q, answers.get(q.id)) for q in shown} if not posted else {}
    form: QuestionForm = kind.posted() if posted else kind(data=given)
    form.document, form.places = document, places
    form.earlier = {id: value for id, value in answers.items() if id not in names}
    for question in shown:
        dress(form[question.id], question, document, names | set(beside), language, places, is_desk=is_desk)
    return form


def make_field(question: Question, places: Places, language: str) -> Any:
    """A field that takes any text: reading it is ours, so that nothing typed is lost."""
    known: dict[str, Any] = {
        "label": question.label.get(language, ""),
        "description": question.hint.get(language, ""),
        "id": f"q-{question.id}",
    }
    if question.kind is Kind.LONG_TEXT:
        return TextAreaField(**known, filters=[tidy_lines])
    if question.kind in (Kind.CHOICE, Kind.YES_NO):
        pairs = options_of(question, places, language)
        return RadioField(**known, choices=choices(pairs), validate_choice=False)
    if question.kind is Kind.SEVERAL:
        return SeveralField(**known, choices=choices(options_of(question, places, language)), validate_choice=False)
    if question.kind is Kind.PLACE:
        return SelectField(**known, choices=place_choices(places, language), validate_choice=False)
    looks = {Kind.DATE: "date", Kind.PHONE: "tel"}
    look = "time" if question.id == "time" else looks.get(question.kind, "text")
    return StringField(**known, filters=[tidy], widget=TextInput(input_type=look))


def place_choices(places: Places, language: str) -> list[SelectChoice]:
    """Regions with their districts in one list, which needs no script; the operator's own region first."""
    found = [SelectChoice("", gettext("Choose"))]
    home, others = db.settings.default_region, []
    for code, name in sorted(places.region_choices(language), key=lambda region: region[0] != home):
        districts = places.district_choices(code, language)
        if districts:
            found += [SelectChoice(value, label, optgroup=name) for value, label in [(code, name), *districts]]
        else:
            others.append((code, name))
    return found + [SelectChoice(value, label, optgroup=gettext("Regions")) for value, label in others]


def dress(
    field: Field,
    question: Question,
    document: Document,
    names: set[str],
    language: str,
    places: Places,
    *,
    is_desk: bool,
) -> None:
    """What the page needs to draw a field: whether it must be answered, under which "if", with which keyboard."""
    is_conditional = question.only_if is not None and question.only_if.question in names
    must = question.is_required and (question.is_core or not is_desk)
    field.flags.required = must and not is_conditional
    field.is_optional = not must
    field.attrs = ATTRIBUTES.get(question.id, {}) | KEYBOARDS.get(question.kind, {})
    if question.kind in LONGEST:
        field.attrs["maxlength"] = LONGEST[question.kind]
    field.notes = kind_notes(language) if question.id == "kind" else {}
    field.lead = say_if(question, document, language, places) if is_conditional else ""


@cache
def kind_notes(language: str) -> dict[str, str]:
    """A line under each kind of help: what people usually ask for."""
    return {kind["code"]: kind.get(f"hint_{language}", "") for kind in load_kinds()}


# ---- reading one answer ----


def empty(question: Question) -> Any:
    return {Kind.SEVERAL: [], Kind.PLACE: {}}.get(question.kind, "")


def as_typed(question: Question, data: Any) -> Any:
    """The field's value as it came, in the shape that answers have."""
    if question.kind is Kind.SEVERAL:
        return [value for value in data or [] if value in question.values]
    if question.kind is Kind.PLACE:
        return {"region": str(data), "district": ""} if data else {}
    return str(data or "")


def to_show(question: Question, answer: Any) -> Any:
    """A kept answer as its field shows it."""
    if question.kind is Kind.SEVERAL:
        return [str(value) for value in answer] if isinstance(answer, list | tuple) else []
    if question.kind is Kind.PLACE:
        return str(answer.get("district") or answer.get("region") or "") if isinstance(answer, Mapping) else ""
    if not isinstance(answer, str):
        return ""
    return phones.format_phone(answer) if question.kind is Kind.PHONE else answer


def read(question: Question, data: Any, places: Places) -> Any:
    """The clean answer; raises `CannotRead` with a sentence when it is none."""
    if question.kind is Kind.SEVERAL:
        return read_several(question, data or [])
    text = tidy_lines(data) if question.kind is Kind.LONG_TEXT else tidy(data)
    if not text:
        return empty(question)
    if question.kind in (Kind.CHOICE, Kind.YES_NO):
        return read_choice(question, text, places)
    reader = {Kind.NUMBER: read_number, Kind.DATE: read_date, Kind.PHONE: read_telephone}.get(question.kind)
    if question.kind is Kind.PLACE:
        return read_place(text, places)
    if question.id == "time":
        return read_time(text)
    if question.id == "day":
        return read_day(text)
    return reader(text) if reader else read_text(question, text)


def read_text(question: Question, text: str) -> str:
    most = LONGEST[question.kind]
    if len(text) > most:
        raise CannotRead(gettext("Please make this shorter: %(max)d characters at most.", max=most))
    return text


def read_several(question: Question, ticked: Iterable[str]) -> list[str]:
    """The ticked answers in the order of the question; "none of these" counts only by itself."""
    chosen = set(ticked)
    values = [value for value in question.values if value in chosen]
    return [value for value in values if value != "none"] or values


def read_choice(question: Question, text: str, places: Places) -> str:
    known = places.kinds if question.id == "kind" else question.values
    if text not in known:
        raise CannotRead(gettext("Please choose one."))
    return text


def read_place(code: str, places: Places) -> dict[str, str]:
    if code not in places.regions:
        raise CannotRead(gettext("Please choose one."))
    parent = places.regions[code].parent_code
    return {"region": parent, "district": code} if parent else {"region": code, "district": ""}


def read_number(text: str) -> str:
    digits = text.replace(" ", "")
    if not re.fullmatch(r"\d{1,7}", digits) or int(digits) > LARGEST:
        raise CannotRead(gettext("A whole number, please."))
    return str(int(digits))


def read_date(text: str) -> str:
    """A day as browsers send it (2026-11-30) or as people write it (30.11.2026)."""
    iso = re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)", text, re.ASCII)
    written = re.fullmatch(r"(\d\d?)[./ ](\d\d?)[./ ](\d{4})", text, re.ASCII)
    parts = iso.groups() if iso else tuple(reversed(written.groups())) if written else ()
    try:
        year, month, day = map(int, parts)
        return date(year, month, day).isoformat()
    except ValueError as error:
        raise CannotRead(gettext("Please give a date, like 30.11.2026.")) from error


def read_time(text: str) -> str:
    """An hour as browsers send it (17:30) or as people write it (17.30, 17)."""
    found = re.fullmatch(r"(\d\d?)(?:[:. -](\d\d))?", text, re.ASCII)
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
    if hour > 23 or minute > 59:
        raise CannotRead(gettext("Please give a time, like 17:30."))
    return f"{hour:02}:{minute:02}"


def read_day(text: str) -> str:
    """A day to come."""
    day = read_date(text)
    if day < today():
        raise CannotRead(gettext("That is in the past. Please give a day to come."))
    if date.fromisoformat(day) > utcnow().date() + FARTHEST:
        raise CannotRead(gettext("That is very far ahead. Is the year right?"))
    return day


def read_telephone(text: str) -> str:
    """The number to call, with what stands beside it: whose it is, when to call, one more number."""
    if refusal := phones.refusal(text):
        raise CannotRead(refusal)
    return phones.read_phone(text) or ""


def today() -> str:
    """The day that it is in Kazakhstan."""
    return utcnow().astimezone(ZONE).date().isoformat()
