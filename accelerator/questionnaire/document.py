"""The questions themselves: pages, questions, conditions and the consent, in three languages.

A document is a value: it is read from JSON, changed into another one, and written as JSON in one canonical form.
It knows no database and no browser.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, NoReturn, cast

from accelerator.config import LANGUAGES

#: What a reader sees, by language.
Words = dict[str, str]
#: Question → value: text; a list (several); {"region", "district"} (place); "yes"/"no"; "2026-11-30"; "3"; E.164.
Answers = Mapping[str, Any]

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}", re.ASCII)
#: Names that a form needs for itself, that other fields beside questions have, or that are pages of `/help` already.
RESERVED = frozenset(
    (
        "add_error", "answers", "asked", "check", "consent", "csrf_token", "data", "desk", "document", "done",
        "earlier", "errors", "files_sent", "form_errors", "form_key", "go", "is_desk", "meta", "next", "places",
        "populate_obj", "post_process", "posted", "process", "questions", "start", "status", "then", "validate",
        "website",
    )
)  # fmt: skip
MOST_PAGES, MOST_QUESTIONS, MOST_OPTIONS = 30, 120, 40
LONGEST_JSON = 400_000
LONGEST_WORDS, LONGEST_CONSENT = 500, 8000


class Kind(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    SEVERAL = "several"
    NUMBER = "number"
    DATE = "date"
    PHONE = "phone"
    PLACE = "place"
    YES_NO = "yes_no"


#: Kinds that the document itself gives options to, and kinds whose answers a condition can name.
WITH_OPTIONS = frozenset({Kind.CHOICE, Kind.SEVERAL})
CONDITIONAL = frozenset({Kind.CHOICE, Kind.SEVERAL, Kind.YES_NO})
YES_NO = ("yes", "no")


class DocumentError(ValueError):
    """What was read is no questionnaire; the message says where and why."""


@dataclass(frozen=True)
class Option:
    """One answer to choose."""

    value: str
    label: Words


@dataclass(frozen=True)
class Condition:
    """ "Ask only if": the question is asked when the other one has one of these answers."""

    question: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question. A core one is read by the product itself: it may be re-worded and moved, and nothing else."""

    id: str
    kind: Kind
    label: Words
    hint: Words = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    is_required: bool = False
    only_if: Condition | None = None
    is_core: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """The answers that can be chosen; empty for a question that is answered freely."""
        return YES_NO if self.kind is Kind.YES_NO else tuple(option.value for option in self.options)


@dataclass(frozen=True)
class Page:
    """One question or a small group, under one heading."""

    id: str
    title: Words
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Document:
    """A whole questionnaire with the text that people consent to."""

    pages: tuple[Page, ...]
    consent: Words

    @cached_property
    def by_id(self) -> dict[str, Question]:
        return {question.id: question for question in self.questions()}

    @cached_property
    def _order(self) -> dict[str, int]:
        return {question.id: n for n, question in enumerate(self.questions())}

    def questions(self) -> Iterator[Question]:
        """All questions in the order in which they are asked."""
        for page in self.pages:
            yield from page.questions

    def question(self, id: str) -> Question:
        """The question with this id; `KeyError` when there is none."""
        return self.by_id[id]

    def find_page(self, id: str) -> Page | None:
        return next((page for page in self.pages if page.id == id), None)

    def page_of(self, question_id: str) -> Page:
        """The page that a question stands on."""
        return next(page for page in self.pages if any(q.id == question_id for q in page.questions))

    def is_asked(self, question: Question, answers: Answers) -> bool:
        """Whether the answers so far lead to this question. Only earlier questions count, so there is no circle."""
        condition = question.only_if
        if condition is None:
            return True
        other = self.by_id.get(condition.question)
        if other is None or self._order[other.id] >= self._order.get(question.id, 0):
            return False
        given = answers.get(other.id)
        chosen = {str(value) for value in (given if isinstance(given, list | tuple) else [given])}
        return not chosen.isdisjoint(condition.values) and self.is_asked(other, answers)

    def pages_asked(self, answers: Answers) -> list[Page]:
        """The pages with something to ask. A condition on the same page cannot empty it: its question stands there."""
        return [page for page in self.pages if any(self.is_asked(q, answers) for q in page.questions)]

    def as_dict(self) -> dict[str, Any]:
        return {"pages": [page_as_dict(page) for page in self.pages], "consent": self.consent}

    def to_json(self) -> str:
        """The one form in which a version is kept and hashed."""
        return canonical(self.as_dict())

    @classmethod
    def parse(cls, source: str | Mapping[str, Any]) -> "Document":
        """Read JSON, or what it says. Raises `DocumentError`, and nothing else."""
        return read_document(load(source) if isinstance(source, str) else source)


def canonical(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def body_hash(body: str) -> bytes:
    """What stands for a version's text: SHA-256 of its canonical JSON."""
    return hashlib.sha256(body.encode()).digest()


def fingerprint(data: Mapping[str, Any]) -> str:
    """A short mark of one page, question or text: whoever edits it says what they had before them."""
    return hashlib.sha256(canonical(data).encode()).hexdigest()[:16]


def question_as_dict(question: Question) -> dict[str, Any]:
    """A question as JSON keeps it; whatever is empty beside its words is left out."""
    only_if = question.only_if
    needed = {"id": question.id, "kind": question.kind.value, "label": question.label}
    optional = {
        "hint": question.hint,
        "options": [{"value": option.value, "label": option.label} for option in question.options],
        "required": question.is_required,
        "only_if": {"question": only_if.question, "values": list(only_if.values)} if only_if else None,
        "core": question.is_core,
    }
    return needed | {name: value for name, value in optional.items() if value}


def page_as_dict(page: Page) -> dict[str, Any]:
    questions = [question_as_dict(question) for question in page.questions]
    return {"id": page.id, "title": page.title, "questions": questions}


# ---- reading ----


def load(text: str) -> Mapping[str, Any]:
    if len(text) > LONGEST_JSON:
        raise DocumentError("The questionnaire is too long.")
    try:
        return cast(Mapping[str, Any], json.loads(text))
    except (ValueError, RecursionError) as error:
        raise DocumentError("This is no JSON.") from error


def refuse(where: str, why: str) -> NoReturn:
    raise DocumentError(f"{where}: {why}")


def read_document(data: Any) -> Document:
    fields = read_fields(data, "questionnaire", {"pages", "consent"})
    pages = tuple(read_page(page, f"page {n}") for n, page in read_list(fields["pages"], "pages", MOST_PAGES))
    document = Document(pages, read_words(fields["consent"], "consent", LONGEST_CONSENT))
    questions = list(document.questions())
    names = [*(page.id for page in pages), *(question.id for question in questions)]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        refuse(min(twice), "two pages or questions have this name")
    if len(questions) > MOST_QUESTIONS:
        refuse("pages", f"more than {MOST_QUESTIONS} questions")
    return document


def read_page(data: Any, where: str) -> Page:
    fields = read_fields(data, where, {"id", "title", "questions"})
    where = f"page {(name := read_name(fields['id'], where))}"
    items = read_list(fields["questions"], where, MOST_QUESTIONS)
    questions = tuple(read_question(item, f"{where}, question {n}") for n, item in items)
    return Page(name, read_words(fields["title"], where), questions)


def read_question(data: Any, where: str) -> Question:
    optional = {"hint", "options", "required", "only_if", "core"}
    fields = read_fields(data, where, {"id", "kind", "label"}, optional)
    where = f"question {(name := read_name(fields['id'], where))}"
    options = read_list(fields.get("options", []), where, MOST_OPTIONS)
    return Question(
        id=name,
        kind=read_kind(fields["kind"], where),
        label=read_words(fields["label"], where),
        hint=read_words(fields.get("hint", {}), f"{where}, hint"),
        options=tuple(read_option(item, f"{where}, option {n}") for n, item in options),
        is_required=read_flag(fields.get("required", False), where),
        only_if=read_condition(fields.get("only_if"), f"{where}, only_if"),
        is_core=read_flag(fields.get("core", False), where),
    )


def read_option(data: Any, where: str) -> Option:
    fields = read_fields(data, where, {"value", "label"})
    return Option(read_name(fields["value"], where), read_words(fields["label"], where))


def read_condition(data: Any, where: str) -> Condition | None:
    if data is None:
        return None
    fields = read_fields(data, where, {"question", "values"})
    values = tuple(read_name(value, where) for _, value in read_list(fields["values"], where, MOST_OPTIONS))
    return Condition(read_name(fields["question"], where), values)


def read_fields(data: Any, where: str, needed: set[str], optional: set[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        refuse(where, "is no table")
    missing, unknown = needed - set(data), set(data) - needed - (optional or set())
    if missing or unknown:
        refuse(where, f"has not exactly what it needs ({', '.join(sorted(map(str, missing | unknown)))})")
    return data


def read_list(data: Any, where: str, most: int) -> list[tuple[int, Any]]:
    if not isinstance(data, list | tuple):
        refuse(where, "is no list")
    if len(data) > most:
        refuse(where, f"is longer than {most}")
    return list(enumerate(data, 1))


def is_name(text: str) -> bool:
    """Whether a page, a question or an answer can be called so."""
    return bool(NAME.fullmatch(text)) and text not in RESERVED


def read_name(data: Any, where: str) -> str:
    if not isinstance(data, str) or not is_name(data):
        refuse(where, "has no usable name (a to z, 0 to 9 and _, at most 31)")
    return data


def read_kind(data: Any, where: str) -> Kind:
    if not isinstance(data, str) or data not in set(Kind):
        refuse(where, f"is of no known kind ({', '.join(Kind)})")
    return Kind(data)


def read_flag(data: Any, where: str) -> bool:
    if not isinstance(data, bool):
        refuse(where, "says neither true nor false")
    return data


def read_words(data: Any, where: str, longest: int = LONGEST_WORDS) -> Words:
    """Words by language. A language may be missing here (a draft has gaps); `problems` says so."""
    if not isinstance(data, Mapping) or not all(isinstance(text, str) for text in data.values()):
        refuse(where, "has no words by language")
    if not set(data) <= set(LANGUAGES):
        refuse(where, f"speaks a language other than {', '.join(LANGUAGES)}")
    if any(len(text) > longest or not is_writable(text) for text in data.values()):
        refuse(where, f"has words longer than {longest}, or of characters that cannot be kept")
    return {language: data[language].strip() for language in LANGUAGES if data.get(language, "").strip()}


def is_writable(text: str) -> bool:
    """Whether a database and a page can hold it: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


# ---- changing ----


def with_question(document: Document, id: str, change: Callable[[Question], Question | None]) -> Document:
    """The document with one question changed or, when ``change`` gives none, taken out."""
    return Document(
        tuple(Page(p.id, p.title, tuple(_changed(p.questions, id, change))) for p in document.pages), document.consent
    )


def _changed(
    questions: tuple[Question, ...], id: str, change: Callable[[Question], Question | None]
) -> Iterator[Question]:
    for question in questions:
        after = change(question) if question.id == id else question
        if after is not None:
            yield after
