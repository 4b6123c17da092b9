"""Forms of the questionnaire's editor: a heading, a question, the consent; each in three languages."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, HiddenField, SelectField, StringField, TextAreaField

from accelerator.config import LANGUAGE_NAMES, LANGUAGES
from accelerator.forms import Form, at_most, choices, tidy, tidy_lines
from accelerator.i18n import current_language
from accelerator.questionnaire.answers import label_of, options_of
from accelerator.questionnaire.document import (
    CONDITIONAL,
    LONGEST_CONSENT,
    LONGEST_WORDS,
    MOST_OPTIONS,
    NAME,
    WITH_OPTIONS,
    Condition,
    Document,
    Kind,
    Option,
    Question,
    Words,
)
from accelerator.questionnaire.forms import SeveralField
from accelerator.questionnaire.problems import RULES
from accelerator.reference import Places

KINDS = (
    (Kind.TEXT.value, _l("One line of text")),
    (Kind.LONG_TEXT.value, _l("Several lines of text")),
    (Kind.CHOICE.value, _l("One answer to choose")),
    (Kind.SEVERAL.value, _l("Several answers to tick")),
    (Kind.YES_NO.value, _l("Yes or no")),
    (Kind.NUMBER.value, _l("A number")),
    (Kind.DATE.value, _l("A day")),
    (Kind.PHONE.value, _l("A telephone number")),
    (Kind.PLACE.value, _l("A region and district")),
)

ROW = re.compile(r"([a-z_]+)-([0-9]{1,3})-[a-z]+", re.ASCII)


def kind_label(kind: Kind) -> str:
    return str(dict(KINDS)[kind.value])


def in_languages(form: Form, stem: str) -> Words:
    """What three fields say, blank ones left out."""
    words = {language: form[f"{stem}_{language}"].data for language in LANGUAGES}
    return {language: text for language, text in words.items() if text}


def as_fields(stem: str, words: Words) -> dict[str, str]:
    return {f"{stem}_{language}": words.get(language, "") for language in LANGUAGES}


class TitleForm(Form):
    """The heading of a page."""

    title_kk = StringField(LANGUAGE_NAMES["kk"], [at_most(LONGEST_WORDS)], filters=[tidy])
    title_ru = StringField(LANGUAGE_NAMES["ru"], [at_most(LONGEST_WORDS)], filters=[tidy])
    title_en = StringField(LANGUAGE_NAMES["en"], [at_most(LONGEST_WORDS)], filters=[tidy])
    seen = HiddenField()

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(super().validate(extra_validators)) and needs_words(self, "title")

    def title(self) -> Words:
        return in_languages(self, "title")


class ConsentForm(Form):
    """The text that people agree to."""

    consent_kk = TextAreaField(LANGUAGE_NAMES["kk"], [at_most(LONGEST_CONSENT - 1)], filters=[tidy_lines])
    consent_ru = TextAreaField(LANGUAGE_NAMES["ru"], [at_most(LONGEST_CONSENT - 1)], filters=[tidy_lines])
    consent_en = TextAreaField(LANGUAGE_NAMES["en"], [at_most(LONGEST_CONSENT - 1)], filters=[tidy_lines])
    seen = HiddenField()

    def consent(self) -> Words:
        return in_languages(self, "consent")


def needs_words(form: Form, stem: str) -> bool:
    """A draft may have gaps, but something has to tell one thing from another."""
    if in_languages(form, stem):
        return True
    form.add_error(f"{stem}_{LANGUAGES[0]}", gettext("Please write it in one language at least; the others can wait."))
    return False


class OptionRow(Form):
    """One answer to choose, in three languages."""

    value = HiddenField()
    kk = StringField(filters=[tidy])
    ru = StringField(filters=[tidy])
    en = StringField(filters=[tidy])

    def words(self) -> Words:
        return {language: self[language].data for language in LANGUAGES if self[language].data}


class Rows(FieldList):
    """Rows by number. WTForms takes any digit of Unicode for one and breaks on it; we take plain ones."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        for name in formdata:
            found = ROW.fullmatch(name)
            if found and found[1] == prefix:
                yield int(found[2])


class EditQuestionForm(Form):
    """A question. What the portal reads itself keeps its kind, its answers and its condition."""

    label_kk = StringField(LANGUAGE_NAMES["kk"], [at_most(LONGEST_WORDS)], filters=[tidy])
    label_ru = StringField(LANGUAGE_NAMES["ru"], [at_most(LONGEST_WORDS)], filters=[tidy])
    label_en = StringField(LANGUAGE_NAMES["en"], [at_most(LONGEST_WORDS)], filters=[tidy])
    hint_kk = TextAreaField(LANGUAGE_NAMES["kk"], [at_most(LONGEST_WORDS)], filters=[tidy_lines])
    hint_ru = TextAreaField(LANGUAGE_NAMES["ru"], [at_most(LONGEST_WORDS)], filters=[tidy_lines])
    hint_en = TextAreaField(LANGUAGE_NAMES["en"], [at_most(LONGEST_WORDS)], filters=[tidy_lines])
    kind = SelectField(_l("How it is answered"), choices=choices(KINDS), validate_choice=False)
    is_required = BooleanField(_l("It has to be answered"))
    options = Rows(FormField(OptionRow), _l("Answers"), max_entries=MOST_OPTIONS)
    only_question = SelectField(_l("Ask only if"), validate_choice=False)
    only_values = SeveralField(_l("… one of these is chosen"), validate_choice=False)
    seen = HiddenField()

    question: Question
    document: Document

    def offer(self, question: Question, document: Document, places: Places, language: str) -> Any:
        """Fill what can be chosen: conditions are about earlier questions only."""
        self.question, self.document = question, document
        self.rule = RULES.get(question.id)
        self.before = [q for q in earlier(question, document) if q.kind in CONDITIONAL]
        labels = [(q.id, q.label.get(language) or q.id) for q in self.before]
        self.only_question.choices = [("", gettext("Ask always")), *labels]
        self.chosen = next((q for q in self.before if q.id == self.only_question.data), None)
        self.only_values.choices = options_of(self.chosen, places, language) if self.chosen else []
        known = {value for value, _ in self.only_values.choices}
        self.only_values.data = [value for value in self.only_values.data or [] if value in known]
        return self

    @property
    def has_fixed_condition(self) -> bool:
        return self.rule is not None and self.rule.is_core

    @property
    def present_kind(self) -> Kind:
        """The kind that the form says now."""
        if self.rule:
            return self.rule.kind
        return Kind(self.kind.data) if self.kind.data in set(Kind) else self.question.kind

    @property
    def has_options(self) -> bool:
        return self.present_kind in WITH_OPTIONS and self.question.id != "kind"

    def rearrange(self, step: str) -> None:
        """Move, add or take away a row of answers: a button of the form, nothing is saved."""
        rows = [row.data for row in self.options]
        verb, _, number = step.partition(":")
        index = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else len(rows)
        if verb == "add" and not self.rule and len(rows) < MOST_OPTIONS:
            rows.append({})
        elif index < len(rows) and verb == "remove" and not self.rule:
            del rows[index]
        elif index < len(rows) and verb in ("up", "down"):
            other = index + (1 if verb == "down" else -1)
            if 0 <= other < len(rows):
                rows[index], rows[other] = rows[other], rows[index]
        self.set_rows(rows)

    def set_rows(self, rows: list[dict[str, Any]]) -> None:
        while self.options.entries:
            self.options.pop_entry()
        for row in rows:
            self.options.append_entry(row)

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators)) and needs_words(self, "label")
        if not self.rule and self.kind.data not in set(Kind):
            self.add_error("kind", gettext("Please choose one."))
            is_valid = False
        if self.has_options and any(
            len(text) > LONGEST_WORDS for row in self.options for text in row.form.words().values()
        ):
            self.options.errors = [gettext("Please make the answers shorter.")]
            is_valid = False
        return self._has_answers() and self._has_whole_condition() and is_valid

    def _has_answers(self) -> bool:
        if not self.has_options or self.rule or sum(bool(row.form.words()) for row in self.options) > 1:
            return True
        self.set_rows([row.data for row in self.options] + [{}] * (3 - len(self.options)))
        self.options.errors = [gettext("Give at least two answers to choose from.")]
        return False

    def _has_whole_condition(self) -> bool:
        if self.has_fixed_condition or not self.only_question.data:
            return True
        if self.chosen is None:
            self.add_error("only_question", gettext("Please choose a question that comes earlier."))
            return False
        if not self.only_values.data:
            self.add_error("only_values", gettext("Tick at least one of its answers."))
            return False
        return True

    def result(self) -> Question:
        """The question as the form says it, with what is fixed left as it was."""
        question = replace(
            self.question,
            label=in_languages(self, "label"),
            hint=in_languages(self, "hint"),
            kind=self.present_kind,
            is_required=self.is_required.data,
            options=tuple(self._options()),
        )
        if self.has_fixed_condition:
            return question
        only = Condition(self.chosen.id, tuple(self.only_values.data)) if self.chosen else None
        return replace(question, only_if=only)

    def _options(self) -> Iterator[Option]:
        """Rows with words. Known values stay (old answers name them); a new row gets a free one."""
        if not self.has_options:
            return
        rows = [(row.form.value.data or "", row.form.words()) for row in self.options]
        fixed = {option.value: option for option in self.question.options}
        if self.rule:
            words = {value: said for value, said in rows if value in fixed}
            yield from (Option(value, said or fixed[value].label) for value, said in words.items())
            yield from (option for value, option in fixed.items() if value not in words)
            return
        taken: set[str] = set()
        for value, said in rows:
            if said:
                taken.add(name := value if is_free(value, taken) else new_value(taken, {v for v, _ in rows}))
                yield Option(name, said)


def is_free(value: str, taken: set[str]) -> bool:
    return bool(NAME.fullmatch(value)) and value not in taken


def new_value(taken: set[str], others: set[str]) -> str:
    number = 1
    while f"answer_{number}" in taken | others:
        number += 1
    return f"answer_{number}"


def earlier(question: Question, document: Document) -> list[Question]:
    """Questions that are asked before this one; before a new one: all."""
    order = list(document.questions())
    ids = [q.id for q in order]
    return order[: ids.index(question.id)] if question.id in ids else order


def filled_from(question: Question) -> dict[str, Any]:
    """The form's data for a question."""
    only = question.only_if
    return {
        **as_fields("label", question.label),
        **as_fields("hint", question.hint),
        "kind": question.kind.value,
        "is_required": question.is_required,
        "options": [{"value": option.value, **option.label} for option in question.options],
        "only_question": only.question if only else "",
        "only_values": list(only.values) if only else [],
    }


def in_words(question: Question, places: Places, document: Document) -> list[tuple[str, str]]:
    """Everything about a question, as pairs to read and to compare."""
    only = question.only_if
    options = "; ".join("/".join(option.label.values()) for option in question.options)
    label, hint = gettext("Question"), gettext("Hint")
    return [
        *((f"{label}, {LANGUAGE_NAMES[language]}", question.label.get(language, "")) for language in LANGUAGES),
        *((f"{hint}, {LANGUAGE_NAMES[language]}", question.hint.get(language, "")) for language in LANGUAGES),
        (gettext("How it is answered"), kind_label(question.kind)),
        (gettext("It has to be answered"), gettext("yes") if question.is_required else gettext("no")),
        (gettext("Answers"), options),
        (gettext("Ask only if"), say_condition(only, document, places, current_language()) if only else ""),
    ]


def say_condition(condition: Condition, document: Document, places: Places, language: str) -> str:
    """ "Who are you writing for? – For someone else"."""
    other = document.by_id.get(condition.question)
    if other is None:
        return gettext("a question that has been taken out")
    labels = [label_of(other, value, language, places) for value in condition.values]
    values = ", ".join(gettext("“%(words)s”", words=label) for label in labels)
    return f"{other.label.get(language) or other.id} {values}"


def words_of(words: Words) -> list[tuple[str, str]]:
    """A heading or a consent, as pairs to compare."""
    return [(LANGUAGE_NAMES[language], words.get(language, "")) for language in LANGUAGES]


def compare(theirs: list[tuple[str, str]], mine: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(what, as it stands now, as you wrote it), where they differ."""
    return [(what, now, yours) for (what, now), (_, yours) in zip(theirs, mine, strict=True) if now != yours]
