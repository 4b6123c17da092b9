"""The line "Step 3 of 9": it never tells of more steps than before, and its number stays within them."""

from dataclasses import replace
from itertools import product

import pytest

from accelerator.help.drafts import Filled, progress
from accelerator.questionnaire.document import Condition, Document, Page
from tests.questionnaire.documents import BUILTIN, floor, lift, said

#: Pages of a coordinator's own: the second is asked after an answer on the first, which is not asked of everybody.
OWN = (
    Page("lift", said("Lift"), (lift(only_if=Condition("timing", ("at",))),)),
    Page("floor", said("Floor"), (floor(),)),
)
DOCUMENTS = {"builtin": BUILTIN, "nested": replace(BUILTIN, pages=(*BUILTIN.pages, *OWN))}


def deciding(document: Document) -> dict[str, tuple[str, ...]]:
    """Questions that others depend on, and what can be answered to them."""
    names = {question.only_if.question for question in document.questions() if question.only_if}
    return {name: ("", *(document.question(name).values or ("yes", "no"))) for name in sorted(names)}


def walk(document: Document, answers: dict[str, str]) -> list[tuple[int, int]]:
    """What the line says on each page when these answers are given one after the other."""
    filled = Filled()
    told: list[tuple[int, int]] = []
    page: Page | None = document.pages_asked({})[0]
    while page is not None:
        _, number, of = progress(document, filled, page)
        told.append((number, of))
        for question in page.questions:
            is_asked = document.is_asked(question, filled.answers)
            filled.answers[question.id] = answers.get(question.id, "told") if is_asked else ""
        asked = document.pages_asked(filled.answers)
        page = next(iter(asked[asked.index(page) + 1 :]), None)
    return told


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_end_only_comes_nearer(document: Document) -> None:
    choices = deciding(document)
    for values in product(*choices.values()):
        told = walk(document, dict(zip(choices, values, strict=True)))
        numbers, totals = [number for number, _ in told], [of for _, of in told]
        assert numbers[0] == 1
        assert numbers == sorted(set(numbers)), f"{values}: {told}"
        assert totals == sorted(totals, reverse=True), f"{values}: {told}"
        assert all(number < of for number, of in told), f"{values}: the check comes after the last page: {told}"


def test_with_everything_answered_the_last_page_stands_right_before_the_check() -> None:
    choices = {name: values[1:] for name, values in deciding(BUILTIN).items()}
    for values in product(*choices.values()):
        number, of = walk(BUILTIN, dict(zip(choices, values, strict=True)))[-1]
        assert number == of - 1
