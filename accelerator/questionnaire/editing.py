"""Steps of an editor: each makes another document out of one. Whether it can be published is asked in `problems`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from accelerator.questionnaire.document import Document, Page, Question, Words
from accelerator.questionnaire.problems import is_removable

UP, DOWN = -1, 1
T = TypeVar("T")


class CannotDo(ValueError):
    """The step makes no sense for this document (the thing is gone, or the portal needs it)."""


def find(document: Document, id: str) -> Page | Question:
    """The page or question with this id."""
    found = document.find_page(id) or document.by_id.get(id)
    if found is None:
        raise CannotDo(id)
    return found


def swapped(items: Sequence[T], index: int, by: int) -> tuple[T, ...]:
    """The items with one moved a step; at the end nothing happens."""
    moved = list(items)
    other = index + by
    if 0 <= other < len(moved):
        moved[index], moved[other] = moved[other], moved[index]
    return tuple(moved)


def move(document: Document, id: str, by: int) -> Document:
    """A page or question one step up or down; a question at the end of its page goes on to the next page."""
    if isinstance(find(document, id), Page):
        index = [page.id for page in document.pages].index(id)
        return replace(document, pages=swapped(document.pages, index, by))
    page = document.page_of(id)
    index = [question.id for question in page.questions].index(id)
    if 0 <= index + by < len(page.questions):
        return put_page(document, replace(page, questions=swapped(page.questions, index, by)))
    return _move_over(document, document.by_id[id], page, by)


def _move_over(document: Document, question: Question, page: Page, by: int) -> Document:
    """A question to the end of the page before, or to the beginning of the page after."""
    number = document.pages.index(page) + by
    if not 0 <= number < len(document.pages):
        return document
    left = replace(page, questions=tuple(q for q in page.questions if q.id != question.id))
    other = document.pages[number]
    there = (*other.questions, question) if by == UP else (question, *other.questions)
    return put_page(put_page(document, left), replace(other, questions=there))


def put_page(document: Document, page: Page) -> Document:
    """The page in place of the one with its id, or as the last one."""
    if document.find_page(page.id) is None:
        return replace(document, pages=(*document.pages, page))
    return replace(document, pages=tuple(page if old.id == page.id else old for old in document.pages))


def set_title(document: Document, page_id: str, title: Words) -> Document:
    page = document.find_page(page_id)
    return put_page(document, replace(page, title=title) if page else Page(page_id, title, ()))


def put_question(document: Document, question: Question, page_id: str) -> Document:
    """The question in place of the one with its id, or as the last one of a page."""
    if question.id in document.by_id:
        page = document.page_of(question.id)
        there = tuple(question if old.id == question.id else old for old in page.questions)
        return put_page(document, replace(page, questions=there))
    page = _page(document, page_id)
    return put_page(document, replace(page, questions=(*page.questions, question)))


def _page(document: Document, page_id: str) -> Page:
    page = document.find_page(page_id)
    if page is None:
        raise CannotDo(page_id)
    return page


def remove(document: Document, id: str) -> Document:
    """Without a question, or without a page and its questions. What the portal needs stays."""
    found = find(document, id)
    if not can_remove(found):
        raise CannotDo(id)
    if isinstance(found, Page):
        return replace(document, pages=tuple(page for page in document.pages if page.id != id))
    page = document.page_of(id)
    return put_page(document, replace(page, questions=tuple(q for q in page.questions if q.id != id)))


def can_remove(thing: Page | Question) -> bool:
    questions = thing.questions if isinstance(thing, Page) else (thing,)
    return all(is_removable(question) for question in questions)


def set_consent(document: Document, consent: Words) -> Document:
    return replace(document, consent=consent)
