"""Answers in words, and the plain shape in which they are kept."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.dates import format_date
from flask_babel import gettext

from accelerator.phones import format_phone
from accelerator.questionnaire.document import YES_NO, Answers, Document, Kind, Page, Question
from accelerator.reference import Places

YES_NO_WORDS = {"kk": ("Иә", "Жоқ"), "ru": ("Да", "Нет"), "en": ("Yes", "No")}
DATES = {"kk": "y 'ж'. d MMMM, EEEE", "ru": "EEEE, d MMMM y", "en": "EEEE, d MMMM y"}


def describe(document: Document, answers: Answers, language: str, places: Places) -> list[tuple[str, str]]:
    """Question and answer in words, for every question that was asked and answered."""
    return [pair for _, pairs in describe_pages(document, answers, language, places) for pair in pairs]


def describe_pages(
    document: Document, answers: Answers, language: str, places: Places
) -> list[tuple[Page, list[tuple[str, str]]]]:
    """The same, page by page: for a check page with a way back to each."""
    pages = []
    for page in document.pages_asked(answers):
        asked = [question for question in page.questions if document.is_asked(question, answers)]
        told = [(question.label.get(language, ""), say(question, answers, language, places)) for question in asked]
        pages.append((page, [(label, text) for label, text in told if text]))
    return pages


def asked_only(document: Document, answers: Answers) -> dict[str, Any]:
    """The answers to questions that are asked, blank ones left out: what is kept when the form is sent."""
    asked = [question.id for question in document.questions() if document.is_asked(question, answers)]
    return {id: answers[id] for id in asked if answers.get(id)}


def say(question: Question, answers: Answers, language: str, places: Places) -> str:
    """One answer in words; empty when there is none. What cannot be read is said as it stands."""
    answer = answers.get(question.id)
    if not answer:
        return ""
    if isinstance(answer, list | tuple):
        return ", ".join(label_of(question, str(value), language, places) for value in answer)
    if isinstance(answer, Mapping):
        return say_place(answer, language, places)
    text = str(answer)
    if question.kind in (Kind.CHOICE, Kind.YES_NO):
        return label_of(question, text, language, places)
    if question.kind is Kind.DATE:
        return say_date(text, language)
    return format_phone(text) if question.kind is Kind.PHONE else text


def options_of(question: Question, places: Places, language: str) -> list[tuple[str, str]]:
    """Values and labels to choose from. The kinds of help are those of the board, not of the document."""
    if question.id == "kind":
        return places.kind_choices(language)
    if question.kind is Kind.YES_NO:
        return list(zip(YES_NO, YES_NO_WORDS[language], strict=True))
    return [(option.value, option.label.get(language, "")) for option in question.options]


def label_of(question: Question, value: str, language: str, places: Places) -> str:
    """The words of one answer; the value itself when the document no longer knows it."""
    return dict(options_of(question, places, language)).get(value) or value


def say_if(question: Question, document: Document, language: str, places: Places) -> str:
    """The line above a question that is not always asked: "If “For someone else”:"; empty for the others."""
    condition = question.only_if
    other = document.by_id.get(condition.question) if condition else None
    if condition is None or other is None:
        return ""
    labels = [label_of(other, value, language, places) for value in condition.values]
    return gettext("If %(answers)s:", answers=", ".join(gettext("“%(words)s”", words=label) for label in labels))


def say_place(answer: Mapping[str, Any], language: str, places: Places) -> str:
    codes = [str(answer.get(part) or "") for part in ("region", "district")]
    return ", ".join(places.name(code, language) if code in places.regions else code for code in codes if code)


def say_date(text: str, language: str) -> str:
    try:
        return format_date(date.fromisoformat(text), DATES[language], locale=language)
    except ValueError:
        return text
