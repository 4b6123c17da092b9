"""What stands in the way of publishing a questionnaire, and what of it the product itself needs."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext

from accelerator.config import LANGUAGES
from accelerator.questionnaire.document import (
    CONDITIONAL,
    WITH_OPTIONS,
    Condition,
    Document,
    Kind,
    Page,
    Question,
    Words,
)

#: What the consent has to name (Law 94-V, article 8(4)) and the portal fills in by itself.
PLACEHOLDERS = ("{operator}", "{bin}", "{name}", "{days}")


@dataclass(frozen=True)
class Problem:
    """One thing to mend, told where it is: the id of a page or question, "consent", or empty for the whole."""

    where: str
    text: str


@dataclass(frozen=True)
class Rule:
    """What the product relies on in a question that it reads itself."""

    kind: Kind
    values: tuple[str, ...] = ()
    only_if: Condition | None = None
    is_required: bool = False
    #: Without these there is no request; the others may be taken out, but not turned into something else.
    is_core: bool = True


FOR_OTHER = Condition("for_whom", ("other",))
BY_PHONE = Condition("contact_way", ("phone",))
BY_NEIGHBOUR = Condition("contact_way", ("neighbour",))

RULES: dict[str, Rule] = {
    "for_whom": Rule(Kind.CHOICE, ("self", "other"), is_required=True),
    "speaker_name": Rule(Kind.TEXT, only_if=FOR_OTHER),
    "relation": Rule(
        Kind.CHOICE, ("relative", "neighbour", "social_worker", "other"), only_if=FOR_OTHER, is_core=False
    ),
    "words": Rule(Kind.LONG_TEXT, is_required=True),
    "kind": Rule(Kind.CHOICE, is_required=True),
    "place": Rule(Kind.PLACE, is_required=True),
    "street": Rule(Kind.TEXT),
    "door": Rule(Kind.TEXT),
    "timing": Rule(Kind.CHOICE, ("any", "by", "at"), is_required=True),
    "day": Rule(Kind.DATE, only_if=Condition("timing", ("by", "at")), is_required=True),
    "time": Rule(Kind.TEXT, only_if=Condition("timing", ("at",)), is_required=True),
    "circumstances": Rule(
        Kind.SEVERAL,
        ("alone", "limited_mobility", "veteran", "large_family", "carer", "disability", "none"),
        is_core=False,
    ),
    "name": Rule(Kind.TEXT, is_required=True),
    "contact_way": Rule(Kind.CHOICE, ("phone", "neighbour"), is_required=True),
    "phone": Rule(Kind.PHONE, only_if=BY_PHONE, is_required=True),
    "neighbour_name": Rule(Kind.TEXT, only_if=BY_NEIGHBOUR),
    "neighbour_phone": Rule(Kind.PHONE, only_if=BY_NEIGHBOUR, is_required=True),
    "language": Rule(Kind.CHOICE, LANGUAGES, is_required=True),
}


def problems(document: Document) -> list[Problem]:
    """Everything that keeps a document from being published, in the order of its pages."""
    return [*_whole(document), *(p for page in document.pages for p in _page(page, document)), *_consent(document)]


def _whole(document: Document) -> Iterator[Problem]:
    if not document.pages:
        yield Problem("", gettext("There is no page yet."))
    for name, rule in RULES.items():
        if rule.is_core and name not in document.by_id:
            yield Problem("", gettext("The question “%(name)s” is missing, and the portal needs it.", name=name))


def _page(page: Page, document: Document) -> Iterator[Problem]:
    for text in _missing_languages(page.title, gettext("The heading")):
        yield Problem(page.id, text)
    if not page.questions:
        yield Problem(page.id, gettext("This page asks nothing. Add a question, or take the page away."))
    for question in page.questions:
        for text in (*_words(question), *_options(question), *_condition(question, document), *_core(question)):
            yield Problem(question.id, text)


def _missing_languages(words: Words, what: str) -> Iterator[str]:
    missing = [language for language in LANGUAGES if not words.get(language, "").strip()]
    if missing:
        names = {"kk": gettext("Kazakh"), "ru": gettext("Russian"), "en": gettext("English")}
        languages = ", ".join(names[language] for language in missing)
        yield gettext("%(what)s is missing in: %(languages)s.", what=what, languages=languages)


def _words(question: Question) -> Iterator[str]:
    yield from _missing_languages(question.label, gettext("The question"))
    if question.hint:
        yield from _missing_languages(question.hint, gettext("The hint"))
    for n, option in enumerate(question.options, 1):
        yield from _missing_languages(option.label, gettext("Answer %(number)s", number=n))


def _options(question: Question) -> Iterator[str]:
    values = [option.value for option in question.options]
    if len(set(values)) < len(values):
        yield gettext("Two answers are kept under the same name.")
    if question.id == "kind":
        return  # its answers are the kinds of help of the board
    if question.kind in WITH_OPTIONS and len(values) < 2:
        yield gettext("Give at least two answers to choose from.")
    if question.kind not in WITH_OPTIONS and values:
        yield gettext("This kind of question has no answers to choose from. Take them away.")


def _condition(question: Question, document: Document) -> Iterator[str]:
    condition = question.only_if
    if condition is None:
        return
    other = document.by_id.get(condition.question)
    if other is None:
        yield gettext("“Ask only if” names a question that is not there any more.")
        return
    order = list(document.by_id)
    if order.index(other.id) >= order.index(question.id):
        yield gettext("“Ask only if” names a question that comes later. Move this one down, or choose another.")
    if other.kind not in CONDITIONAL:
        yield gettext("“Ask only if” needs a question with answers to choose from.")
    elif not condition.values or (other.id != "kind" and not set(condition.values) <= set(other.values)):
        yield gettext("“Ask only if” names an answer that is not there any more.")


def _core(question: Question) -> Iterator[str]:
    rule = RULES.get(question.id)
    if rule is None:
        if question.is_core:
            yield gettext("Only the portal's own questions are marked as such.")
        return
    kept = question.kind is rule.kind and set(question.values) == set(rule.values)
    if not kept or question.is_core != rule.is_core:
        yield gettext("The portal reads this question itself: its kind and its answers stay as they are.")
    if rule.is_core and question.only_if != rule.only_if:
        yield gettext("The portal reads this question itself: when it is asked stays as it is.")
    if rule.is_required and not question.is_required:
        yield gettext("The portal cannot do without this answer: it has to be required.")


def _consent(document: Document) -> Iterator[Problem]:
    for text in _missing_languages(document.consent, gettext("The consent")):
        yield Problem("consent", text)
    for language, text in document.consent.items():
        missing = [mark for mark in PLACEHOLDERS if mark not in text]
        if missing:
            yield Problem(
                "consent",
                gettext(
                    "The law asks for these in the consent, and they are missing in %(language)s: %(marks)s",
                    language={"kk": gettext("Kazakh"), "ru": gettext("Russian"), "en": gettext("English")}[language],
                    marks=", ".join(missing),
                ),
            )


def is_removable(question: Question) -> bool:
    """Whether the portal can do without this question."""
    rule = RULES.get(question.id)
    return rule is None or not rule.is_core
