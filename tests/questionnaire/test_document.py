"""Documents: one canonical form, conditions, and nothing but a clear error for whatever is no questionnaire."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accelerator.questionnaire.document import (
    LONGEST_JSON,
    NAME,
    RESERVED,
    Condition,
    Document,
    DocumentError,
    Kind,
    fingerprint,
    question_as_dict,
    with_question,
)
from accelerator.questionnaire.forms import QuestionForm
from accelerator.questionnaire.problems import PLACEHOLDERS, RULES, problems
from tests.questionnaire.documents import BUILTIN, LANGUAGES, as_json, floor, lift, said, tame, wild, with_own, without

FEW = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MANY = settings(FEW, max_examples=10_000)


def where(document: Document) -> set[str]:
    return {problem.where for problem in problems(document)}


# ---- the built-in one ----


def test_the_builtin_questionnaire_can_be_published(context: Flask) -> None:
    with context.test_request_context():
        assert problems(BUILTIN) == []


def test_it_asks_what_the_portal_reads() -> None:
    assert set(RULES) == set(BUILTIN.by_id), "the built-in questions and the rules name the same"
    for name, rule in RULES.items():
        question = BUILTIN.question(name)
        assert (question.kind, set(question.values), question.is_core) == (rule.kind, set(rule.values), rule.is_core)


def test_it_is_short_for_whoever_asks_for_themselves() -> None:
    answers = {"for_whom": "self", "timing": "any", "contact_way": "phone"}
    asked = [page.id for page in BUILTIN.pages_asked(answers)]
    assert asked == ["who", "what", "where", "when", "about", "contact", "telephone"]
    everything = {"for_whom": "other", "timing": "at", "contact_way": "neighbour"}
    assert len(BUILTIN.pages_asked(everything)) == 9


def test_its_words_are_short_and_in_every_language() -> None:
    for question in BUILTIN.questions():
        for language in LANGUAGES:
            assert 2 < len(question.label[language]) <= 60, question.label
            assert len(question.hint.get(language, "")) <= 200, question.hint


def test_the_consent_names_what_the_law_asks_for() -> None:
    told = {
        "kk": (
            "үшінші тұлғаларға",
            "шекарадан тыс",
            "жалпыға қолжетімді",
            "қандай деректер",
            "мерзімі",
            "кері қайтара",
        ),
        "ru": ("третьим лицам", "трансграничная", "общедоступных", "какие данные", "срок", "отозвать"),
        "en": ("third parties", "across the border", "public sources", "which data", "term", "withdraw"),
    }
    for language, words in told.items():
        text = BUILTIN.consent[language].casefold()
        missing = [word for word in (*words, *PLACEHOLDERS) if word not in text]
        assert not missing, (language, missing)


# ---- one form ----


def test_writing_and_reading_gives_the_same() -> None:
    text = BUILTIN.to_json()
    assert Document.parse(text) == BUILTIN
    assert Document.parse(text).to_json() == text
    assert Document.parse(as_json(BUILTIN)).to_json() == text


def test_the_order_of_keys_does_not_matter() -> None:
    turned = json.dumps(as_json(BUILTIN), sort_keys=False, indent=2)
    assert Document.parse(turned).to_json() == BUILTIN.to_json()


def test_a_mark_changes_with_any_word() -> None:
    words = BUILTIN.question("words")
    other = replace(words, label=words.label | {"kk": "Басқаша"})
    assert fingerprint(question_as_dict(words)) != fingerprint(question_as_dict(other))


# ---- conditions ----


def test_a_question_is_asked_when_its_condition_holds() -> None:
    phone = BUILTIN.question("phone")
    assert BUILTIN.is_asked(phone, {"contact_way": "phone"})
    assert not BUILTIN.is_asked(phone, {"contact_way": "neighbour"})
    assert not BUILTIN.is_asked(phone, {})
    assert BUILTIN.is_asked(BUILTIN.question("words"), {})


def test_a_condition_may_ask_about_ticked_answers() -> None:
    document = with_own(lift(only_if=Condition("circumstances", ("alone", "carer"))), page="contact")
    question = document.question("lift")
    assert document.is_asked(question, {"circumstances": ["veteran", "carer"]})
    assert not document.is_asked(question, {"circumstances": ["veteran"]})
    assert not document.is_asked(question, {"circumstances": []})


def test_a_condition_on_an_unasked_question_does_not_hold() -> None:
    document = with_own(lift(only_if=Condition("for_whom", ("other",))), floor())
    answers = {"for_whom": "self", "lift": "no"}
    assert not document.is_asked(document.question("floor"), answers), "an old answer of another way counts for nothing"
    assert document.is_asked(document.question("floor"), answers | {"for_whom": "other"})


@pytest.mark.parametrize("other", ["day", "lift", "nowhere"])
def test_a_condition_on_a_later_question_never_holds(other: str) -> None:
    document = with_own(lift(only_if=Condition(other, ("yes",))), page="who")
    assert not document.is_asked(document.question("lift"), {other: "yes"})


# ---- problems ----


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.is_core])
def test_what_the_portal_needs_cannot_be_missing(context: Flask, name: str) -> None:
    with context.test_request_context():
        assert "" in where(without(name))


@pytest.mark.parametrize("name", ["relation", "circumstances"])
def test_other_questions_may_be_left_out(context: Flask, name: str) -> None:
    with context.test_request_context():
        assert not where(without(name)) & {"", name}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("words", {"kind": Kind.TEXT}),
        ("words", {"is_required": False}),
        ("name", {"only_if": Condition("for_whom", ("other",))}),
        ("phone", {"only_if": None}),
        ("timing", {"options": ()}),
        ("language", {"is_core": False}),
        ("circumstances", {"is_core": True}),
    ],
)
def test_a_question_of_the_portal_stays_what_it_is(context: Flask, name: str, changes: dict[str, Any]) -> None:
    with context.test_request_context():
        assert name in where(with_question(BUILTIN, name, lambda q: replace(q, **changes)))


def test_it_may_be_worded_and_ordered_anew(context: Flask) -> None:
    def turned(question: Any) -> Any:
        return replace(question, label=said("New words"), hint={}, options=tuple(reversed(question.options)))

    with context.test_request_context():
        for name in ("circumstances", "timing", "language"):
            assert problems(with_question(BUILTIN, name, turned)) == []


@pytest.mark.parametrize(
    "question",
    [
        lift(label={"ru": "Есть лифт?"}),
        lift(hint={"kk": "Кеңес"}),
        lift(only_if=Condition("gone", ("yes",))),
        lift(only_if=Condition("contact_way", ("phone",))),
        lift(only_if=Condition("words", ("yes",))),
        lift(only_if=Condition("for_whom", ("cat",))),
        lift(only_if=Condition("for_whom", ())),
        lift(options=floor().options),
        lift(is_core=True),
        floor(id="lift", options=(), only_if=None),
        floor(id="lift", options=(floor().options[0],) * 2, only_if=None),
        floor(id="lift", options=(floor().options[0], replace(floor().options[1], label={"ru": "x"})), only_if=None),
    ],
)
def test_problems_stand_where_they_are(context: Flask, question: Any) -> None:
    with context.test_request_context():
        assert where(with_own(question)) == {"lift"}


def test_headings_pages_and_the_consent_have_their_problems(context: Flask) -> None:
    pages = BUILTIN.pages
    with context.test_request_context():
        assert where(replace(BUILTIN, pages=(replace(pages[0], title={"kk": "Кім?"}), *pages[1:]))) == {"who"}
        assert where(replace(BUILTIN, pages=(*pages, replace(pages[0], id="p", questions=())))) == {"p"}
        assert where(replace(BUILTIN, consent={})) == {"consent"}
        assert where(replace(BUILTIN, consent=BUILTIN.consent | {"en": "I agree."})) == {"consent"}
        assert "" in where(Document((), {}))


# ---- whatever comes ----

STRANGE = ["[" * 100_000, "NaN", "1e999", '{"pages": 1}', "x" * (LONGEST_JSON + 1)]


def check_wild(data: Any) -> None:
    """`DocumentError` in words or a document whose every part can be asked about; nothing else."""
    try:
        document = Document.parse(data)
    except DocumentError:
        return
    assert Document.parse(document.to_json()) == document
    for question in document.questions():
        document.is_asked(question, {other.id: "a" for other in document.questions()})
        assert document.page_of(question.id)
    assert all(problem.text for problem in problems(document))


@FEW
@given(data=wild)
def test_any_json_is_read_or_refused_in_words(context: Flask, data: Any) -> None:
    with context.test_request_context():
        check_wild(data)
        check_wild(json.dumps(data))


@FEW
@given(data=tame)
def test_any_document_says_its_problems(context: Flask, data: Any) -> None:
    with context.test_request_context():
        check_wild(data)


@pytest.mark.slow
@pytest.mark.usefixtures("only_sqlite")
@MANY
@given(data=wild | tame)
def test_ten_thousand_documents(context: Flask, data: Any) -> None:
    with context.test_request_context():
        check_wild(data)


@FEW
@given(text=st.text(max_size=60) | st.sampled_from(STRANGE))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with suppress(DocumentError):
        Document.parse(text)


def test_names_that_a_form_uses_itself_are_taken() -> None:
    own = {name for name in dir(QuestionForm) if NAME.fullmatch(name)}
    assert own <= RESERVED, f"add {sorted(own - RESERVED)} to RESERVED: a question of this name would break its form"
