"""Documents for tests: the built-in one, small changes of it, and a strategy that makes wild ones."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from accelerator.questionnaire.builtin import read_builtin
from accelerator.questionnaire.document import Condition, Document, Kind, Option, Question, with_question

BUILTIN = read_builtin()
LANGUAGES = ("kk", "ru", "en")
#: What a person answers who writes for an old neighbour.
ANSWERS: dict[str, Any] = {
    "for_whom": "other",
    "speaker_name": "Алия",
    "relation": "neighbour",
    "words": "Нан мен сүт керек.",
    "kind": "errands",
    "place": {"region": "KZ-75", "district": "KZ-75/medeu"},
    "street": "Абай",
    "door": "12, 4",
    "timing": "at",
    "day": "2030-12-30",
    "time": "17:30",
    "circumstances": ["alone", "veteran"],
    "name": "Бота апа",
    "contact_way": "neighbour",
    "neighbour_name": "Сәуле",
    "neighbour_phone": "+77011234567",
    "language": "kk",
}


def said(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


def lift(**changes: Any) -> Question:
    """A question of a coordinator's own."""
    question = Question("lift", Kind.YES_NO, said("Is there a lift?"))
    return replace(question, **changes)


def floor(**changes: Any) -> Question:
    """One that is asked only where there is no lift."""
    options = (Option("low", said("Low")), Option("high", said("High")))
    question = Question("floor", Kind.CHOICE, said("Which floor?"), options=options, only_if=Condition("lift", ("no",)))
    return replace(question, **changes)


def with_own(*questions: Question, page: str = "where", document: Document = BUILTIN) -> Document:
    """The document with questions of one's own at the end of a page."""
    pages = tuple(replace(p, questions=(*p.questions, *questions)) if p.id == page else p for p in document.pages)
    return replace(document, pages=pages)


def without(id: str, document: Document = BUILTIN) -> Document:
    return with_question(document, id, lambda _question: None)


def as_json(document: Document) -> Any:
    return json.loads(document.to_json())


_words = st.text(max_size=20) | st.sampled_from(["", "Қайда?", "x" * 600, "\0", "{name}"])
_names = st.sampled_from(["words", "kind", "place", "phone", "a", "b", "q_1", "data", "Ә", "", "x" * 40]) | st.text(
    max_size=8
)
_said = st.dictionaries(st.sampled_from(["kk", "ru", "en", "de"]), _words, max_size=3)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
_condition = st.fixed_dictionaries({"question": _names, "values": st.lists(_names, max_size=3)})
_option = st.fixed_dictionaries({"value": _names, "label": _said})
_question = st.fixed_dictionaries(
    {"id": _names, "kind": st.sampled_from([*Kind, "riddle"]), "label": _said},
    optional={
        "hint": _said,
        "options": st.lists(_option | _json, max_size=4),
        "required": st.booleans() | _json,
        "only_if": _condition | _json,
        "core": st.booleans(),
    },
)
_page = st.fixed_dictionaries({"id": _names, "title": _said, "questions": st.lists(_question | _json, max_size=4)})
#: Anything that could stand where a questionnaire should: often nearly right.
wild = st.fixed_dictionaries({"pages": st.lists(_page | _json, max_size=4), "consent": _said | _json}) | _json
#: The same, right in shape: names that may be used, words in our languages.
_plain = st.sampled_from(["a", "b", "c", "words", "kind", "timing", "place"])
_plain_said = st.dictionaries(st.sampled_from(LANGUAGES), st.text("абв xyz", max_size=8), max_size=3)
_plain_question = st.fixed_dictionaries(
    {"id": _plain, "kind": st.sampled_from([kind.value for kind in Kind]), "label": _plain_said},
    optional={
        "options": st.lists(st.fixed_dictionaries({"value": _plain, "label": _plain_said}), max_size=3),
        "required": st.booleans(),
        "core": st.booleans(),
        "only_if": st.fixed_dictionaries({"question": _plain, "values": st.lists(_plain, max_size=2)}),
    },
)
tame = st.fixed_dictionaries(
    {
        "pages": st.lists(
            st.fixed_dictionaries(
                {
                    "id": st.sampled_from(["p1", "p2", "p3"]),
                    "title": _plain_said,
                    "questions": st.lists(_plain_question, max_size=3, unique_by=lambda q: q["id"]),
                }
            ),
            max_size=2,
            unique_by=lambda page: page["id"],
        ),
        "consent": _plain_said,
    }
)
