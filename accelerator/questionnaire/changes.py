"""What is different between two questionnaires, said to the coordinator who is about to publish the second."""

from dataclasses import dataclass

from flask_babel import gettext

from accelerator.questionnaire.document import Document, Question


@dataclass(frozen=True)
class Change:
    """One difference: the id of the page or question, its present words, and what was done to it."""

    where: str
    name: str
    text: str


def changes(old: Document, new: Document, language: str) -> list[Change]:
    """Differences in the order of the new document, then what was taken out."""
    found = []
    for page in new.pages:
        before = old.find_page(page.id)
        if before is None:
            found.append(Change(page.id, page.title.get(language, page.id), gettext("new page")))
        elif before.title != page.title:
            found.append(Change(page.id, page.title.get(language, page.id), gettext("another heading")))
        for question in page.questions:
            text = ", ".join(describe(question, old, new))
            if text:
                found.append(Change(question.id, name(question, language), text))
    gone = [question for question in old.questions() if question.id not in new.by_id]
    found += [Change(question.id, name(question, language), gettext("taken out")) for question in gone]
    pages = [page for page in old.pages if new.find_page(page.id) is None]
    found += [Change(page.id, page.title.get(language, page.id), gettext("page taken out")) for page in pages]
    if old.consent != new.consent:
        found.append(Change("consent", gettext("Consent"), gettext("other words")))
    return found


def describe(question: Question, old: Document, new: Document) -> list[str]:
    """What was done to a question, in a few words."""
    before = old.by_id.get(question.id)
    if before is None:
        return [gettext("new")]
    parts = [
        (before.label != question.label or before.hint != question.hint, gettext("other words")),
        (before.kind is not question.kind, gettext("another kind")),
        (before.options != question.options, gettext("other answers")),
        (before.only_if != question.only_if, gettext("asked in another case")),
        (before.is_required and not question.is_required, gettext("no longer required")),
        (question.is_required and not before.is_required, gettext("now required")),
        (is_moved(question, old, new), gettext("in another place")),
    ]
    return [text for is_so, text in parts if is_so]


def is_moved(question: Question, old: Document, new: Document) -> bool:
    """Whether it stands on another page or, among the questions that both have, after another one."""
    if old.page_of(question.id).id != new.page_of(question.id).id:
        return True
    both = set(old.by_id) & set(new.by_id)
    ahead_then = [q.id for q in old.page_of(question.id).questions if q.id in both]
    ahead_now = [q.id for q in new.page_of(question.id).questions if q.id in both]
    then, now = ahead_then.index(question.id), ahead_now.index(question.id)
    return ahead_then[:then][-1:] != ahead_now[:now][-1:]


def name(question: Question, language: str) -> str:
    return question.label.get(language) or question.id
