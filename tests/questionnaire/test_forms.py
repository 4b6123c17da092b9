"""Forms made of questions: what is asked, what is required, how answers are read, and that nothing typed is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask, render_template
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from accelerator.extensions import db
from accelerator.questionnaire.answers import asked_only, describe, describe_pages
from accelerator.questionnaire.document import Condition, Document, Kind
from accelerator.questionnaire.forms import QuestionForm, first_page_to_mend, make_form, make_form_for_desk, today
from accelerator.reference import places
from tests.questionnaire.documents import ANSWERS, BUILTIN, floor, lift, said, with_own

FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MANY = settings(FEW, max_examples=10_000)


@contextmanager
def sent(app: Flask, fields: Any) -> Iterator[None]:
    with app.test_request_context("/", method="POST", data=fields):
        yield


def page_form(
    page: str, answers: dict[str, Any] | None = None, *, document: Document = BUILTIN, language: str = "en"
) -> QuestionForm:
    found = document.find_page(page)
    assert found
    return make_form(found, document, answers or {}, places=places(db.read), language=language, posted=True)


def read_back(form: QuestionForm) -> BeautifulSoup:
    return BeautifulSoup(render_template("questionnaire/_questions.html", form=form), "html.parser")


# ---- what stands on a page ----


def test_a_page_asks_in_the_readers_language(app: Flask) -> None:
    page = BUILTIN.pages[0]
    with app.test_request_context():
        for language, label in (("kk", "Кім үшін жазып отырсыз?"), ("ru", "За кого вы пишете?")):
            form = make_form(page, BUILTIN, {}, places=places(db.read), language=language, posted=False)
            assert form["for_whom"].label.text == label
            assert label in read_back(form).get_text()


def test_a_condition_on_an_earlier_page_leaves_the_question_out(app: Flask) -> None:
    with sent(app, {"phone": "8 701 123 45 67"}):
        form = page_form("telephone", {"contact_way": "phone"})
        assert [field.name for field in form] == ["phone"]
        assert form.validate()
        assert form.answers == {"phone": "+77011234567"}


def test_a_condition_on_the_same_page_is_said_and_the_question_stands_there(app: Flask) -> None:
    document = with_own(lift(), floor(is_required=True))
    with sent(app, {"place": "KZ-71", "lift": "yes"}):
        form = page_form("where", document=document)
        assert form["floor"].lead == "If “No”:"
        assert "If “No”:" in read_back(form).get_text()
        assert form.validate(), "it is not asked, so it is not required"
        assert form.answers["floor"] == ""
    with sent(app, {"place": "KZ-71", "lift": "no"}):
        form = page_form("where", document=document)
        assert not form.validate()
        assert form["floor"].errors == ["Please choose one."]


def test_what_is_not_asked_any_more_goes_away(app: Flask) -> None:
    document = with_own(lift(), floor())
    with sent(app, {"place": "KZ-71", "lift": "yes", "floor": "high"}):
        form = page_form("where", {"lift": "no", "floor": "high"}, document=document)
        assert form.validate()
        assert form.answers["floor"] == ""


def test_a_kept_answer_is_shown_again(app: Flask) -> None:
    with app.test_request_context():
        for page in BUILTIN.pages_asked(ANSWERS):
            form = make_form(page, BUILTIN, ANSWERS, places=places(db.read), language="kk", posted=False)
            assert form.validate(), form.errors
            assert form.answers == {field.name: ANSWERS.get(field.name, "") for field in form}


def test_the_browser_is_told_what_it_can_fill_in(app: Flask) -> None:
    with app.test_request_context():
        form = make_form_for_desk(BUILTIN, {}, places(db.read), "en", posted=False)
        soup = read_back(form)
        for id, name, value in (
            ("q-name", "autocomplete", "name"),
            ("q-phone", "autocomplete", "tel"),
            ("q-phone", "type", "tel"),
            ("q-day", "type", "date"),
            ("q-time", "type", "time"),
            ("q-words", "maxlength", "4000"),
        ):
            field = soup.find(id=id)
            assert field is not None
            assert field[name] == value, id


def test_the_place_is_one_list_with_the_operators_region_first(app: Flask) -> None:
    with app.test_request_context():
        form = make_form_for_desk(BUILTIN, {}, places(db.read), "en", posted=False)
        groups = [str(group["label"]) for group in read_back(form).find_all("optgroup")]
        assert groups == ["Almaty", "Astana", "Shymkent", "Regions"]


# ---- reading answers ----


@pytest.mark.parametrize(
    ("page", "fields", "expected"),
    [
        ("what", {"words": "  Нан\r\n\r\nкерек \0", "kind": "errands"}, {"words": "Нан\n\nкерек", "kind": "errands"}),
        ("where", {"place": "KZ-75/medeu"}, {"place": {"region": "KZ-75", "district": "KZ-75/medeu"}}),
        ("where", {"place": "KZ-75"}, {"place": {"region": "KZ-75", "district": ""}}),
        ("which_day", {"day": "2030-12-30", "time": "9:05"}, {"day": "2030-12-30", "time": "09:05"}),
        ("which_day", {"day": "30.12.2030", "time": "17"}, {"day": "2030-12-30", "time": "17:00"}),
        ("which_day", {"day": "1.2.2030", "time": "17.30"}, {"day": "2030-02-01", "time": "17:30"}),
        ("telephone", {"phone": "8(701)123-45-67"}, {"phone": "+77011234567"}),
        ("telephone", {"phone": "7011234567"}, {"phone": "+77011234567"}),
        ("telephone", {"phone": "+7 727 258 00 00"}, {"phone": "+77272580000"}),
        ("telephone", {"phone": "8 7О1 123 45 67 дочь Айгуль"}, {"phone": "+77011234567 дочь Айгуль"}),
        ("about", {"circumstances": ["veteran", "alone", "cat"]}, {"circumstances": ["alone", "veteran"]}),
        ("about", {"circumstances": ["none", "alone"]}, {"circumstances": ["alone"]}),
        ("about", {"circumstances": ["none"]}, {"circumstances": ["none"]}),
        ("about", {}, {"circumstances": []}),
    ],
)
def test_answers_are_read_as_people_write_them(
    app: Flask, page: str, fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    with sent(app, fields):
        form = page_form(page, {"timing": "at", "contact_way": "phone"})
        assert form.validate(), form.errors
        assert {name: form.answers[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("page", "fields", "name", "sentence"),
    [
        ("who", {}, "for_whom", "Please choose one."),
        ("who", {"for_whom": "cat"}, "for_whom", "Please choose one."),
        ("what", {"kind": "errands"}, "words", "Please fill this in."),
        ("what", {"words": "x" * 4001, "kind": "errands"}, "words", "Please make this shorter"),
        ("what", {"words": "x", "kind": "piracy"}, "kind", "Please choose one."),
        ("where", {"place": "KZ-99"}, "place", "Please choose one."),
        ("where", {"place": "KZ-75", "street": "x" * 201}, "street", "Please make this shorter"),
        ("which_day", {"day": "2020-01-01", "time": "12:00"}, "day", "That is in the past."),
        ("which_day", {"day": "2126-01-01", "time": "12:00"}, "day", "That is very far ahead."),
        ("which_day", {"day": today(), "time": "00:00"}, "time", "This hour has passed."),
        ("which_day", {"day": "31.02.2030", "time": "12:00"}, "day", "Please give a date"),
        ("which_day", {"day": "soon", "time": "12:00"}, "day", "Please give a date"),
        ("which_day", {"day": "2030-01-01", "time": "25:00"}, "time", "Please give a time"),
        ("which_day", {"day": "2030-01-01", "time": "noon"}, "time", "Please give a time"),
        ("telephone", {"phone": "12"}, "phone", "This is not a phone number"),
        ("telephone", {"phone": "272-12-34"}, "phone", "Please add the code of the town"),
        ("telephone", {"phone": "8 701 123 45 67" + " дочь" * 40}, "phone", "Please make this shorter"),
        ("telephone", {"phone": "х" * 5000}, "phone", "Please make this shorter"),
        ("telephone", {"phone": ""}, "phone", "Please fill this in."),
    ],
)
def test_what_cannot_be_read_is_told_beside_it_and_stays(
    app: Flask, page: str, fields: dict[str, Any], name: str, sentence: str
) -> None:
    with sent(app, fields):
        form = page_form(page, {"timing": "at", "contact_way": "phone"})
        assert not form.validate()
        assert list(form.errors) == [name]
        assert str(form.errors[name][0]).startswith(sentence)
        shown = read_back(form)
        assert sentence in shown.get_text()
        if fields.get(name) and BUILTIN.question(name).kind in (Kind.TEXT, Kind.LONG_TEXT, Kind.DATE, Kind.PHONE):
            field = shown.find(id=f"q-{name}")
            assert field is not None
            assert (field.get_text().strip() or field.get("value")) == fields[name]
            assert form.answers[name] == fields[name], "the draft keeps it as typed"


@pytest.mark.parametrize(
    ("text", "is_good"), [("3", True), (" 1 200 ", True), ("0", True), ("-1", False), ("1.5", False), ("²", False)]
)
def test_numbers(app: Flask, text: str, is_good: bool) -> None:
    document = with_own(lift(kind=Kind.NUMBER), page="about")
    with sent(app, {"lift": text}):
        form = page_form("about", document=document)
        assert form.validate() is is_good
        assert form.answers["lift"] == (text.replace(" ", "") if is_good else text)


# ---- the whole ----


def test_the_first_page_to_mend_is_found(app: Flask) -> None:
    with app.test_request_context():
        known = places(db.read)

        def first(**changes: Any) -> str | None:
            page = first_page_to_mend(BUILTIN, ANSWERS | changes, places=known, language="kk")
            return page.id if page else None

        assert first() is None
        assert first(words="") == "what"
        assert first(time="25:00") == "which_day"
        assert first(neighbour_phone="12") == "telephone"
        assert first(for_whom="self", speaker_name="") is None
        assert first(place={"region": "nowhere", "district": ""}) == "where"
        assert first(circumstances=7, name=["x"]) == "contact", "kept answers of a strange shape break nothing"


def test_the_desk_needs_only_what_the_portal_needs(app: Flask) -> None:
    document = with_own(lift(is_required=True))
    fields = {k: v for k, v in ANSWERS.items() if k != "place"} | {"place": "KZ-75/medeu"}
    with sent(app, MultiDict(fields)):
        form = make_form_for_desk(document, {}, places(db.read), "ru", posted=True)
        assert form.validate(), form.errors
        assert asked_only(document, form.answers) == ANSWERS
        online = make_form(document.page_of("lift"), document, {}, places=places(db.read), language="ru", posted=True)
        assert not online.validate()


def test_the_desk_sees_what_is_missing(app: Flask) -> None:
    with sent(app, {"timing": "at", "contact_way": "phone"}):
        form = make_form_for_desk(BUILTIN, {}, places(db.read), "en", posted=True)
        assert not form.validate()
        assert set(form.errors) == {"for_whom", "words", "kind", "place", "day", "time", "name", "phone", "language"}


def test_answers_are_told_in_words_of_each_language(app: Flask) -> None:
    with app.test_request_context():
        known = places(db.read)
        told = dict(describe(BUILTIN, ANSWERS, "ru", known))
        assert told["Город или область, район"] == "Алматы, Медеуский район"
        assert told["День"] == "понедельник, 30 декабря 2030"
        assert told["Номер его или её телефона"] == "+7 701 123 45 67"
        assert told["Человек, которому нужна помощь…"] == "живёт один или одна, ветеран"
        assert dict(describe(BUILTIN, ANSWERS, "kk", known))["Күні"] == "2030 ж. 30 желтоқсан, дүйсенбі"
        pages = [page.id for page, _ in describe_pages(BUILTIN, ANSWERS, "en", known)]
        assert pages == [page.id for page in BUILTIN.pages]


def test_old_answers_stay_readable_when_the_document_lacks_them(app: Flask) -> None:
    with app.test_request_context():
        known = places(db.read)
        strange = ANSWERS | {"kind": "gone", "place": {"region": "KZ-00", "district": ""}, "day": "someday"}
        told = dict(describe(BUILTIN, strange, "en", known))
        assert told["What is it most like?"] == "gone"
        assert told["City or region, and district"] == "KZ-00"
        assert told["Day"] == "someday"


# ---- whatever is sent ----

_everything = with_own(
    lift(kind=Kind.NUMBER, is_required=True),
    floor(id="floor", kind=Kind.SEVERAL, only_if=Condition("for_whom", ("other",))),
    lift(id="q_more", kind=Kind.YES_NO, label=said("x")),
    page="who",
)
_ids = [question.id for question in _everything.questions()]
VALUES = (
    "self", "other", "KZ-75", "at", "phone", "2030-12-30", "17:30", "yes", "no", "8 701 123 45 67", "²", "9" * 5000,
    "\0", "\u202e", "𝟘", "🐎", "<b>", "{{7*7}}", "-0", "1e5", "\ud7ff", "０１",
)  # fmt: skip
_values = st.text(max_size=40) | st.sampled_from(VALUES)
_fields = st.lists(st.tuples(st.sampled_from(_ids) | st.text(max_size=10), _values), max_size=20)


def check_posted(app: Flask, fields: list[tuple[str, str]]) -> None:
    """No form breaks; every text that it does not take stands in it as it was typed."""
    with sent(app, MultiDict(fields)):
        known = places(db.read)
        forms = [make_form_for_desk(_everything, {}, known, "kk", posted=True)]
        forms += [
            make_form(page, _everything, dict(fields), places=known, language="ru", posted=True)
            for page in _everything.pages
        ]
        for form in forms:
            form.validate()
            shown, answers = read_back(form), form.answers
            for question in form.questions:
                assert question.id in answers
                if question.kind in (Kind.TEXT, Kind.PHONE, Kind.NUMBER, Kind.DATE) and form[question.id].errors:
                    field = shown.find(id=f"q-{question.id}")
                    assert field is not None
                    assert field.get("value", "") == form[question.id].data
            describe(_everything, answers, "en", known)
            asked_only(_everything, answers)


@FEW
@given(fields=_fields)
def test_any_fields_are_taken_or_told(app: Flask, fields: list[tuple[str, str]]) -> None:
    check_posted(app, fields)


@pytest.mark.slow
@pytest.mark.usefixtures("only_sqlite")
@MANY
@given(fields=_fields)
def test_ten_thousand_forms(app: Flask, fields: list[tuple[str, str]]) -> None:
    check_posted(app, fields)


_answer = st.none() | st.text(max_size=8) | st.integers() | st.lists(st.text(max_size=4), max_size=3)
_answer |= st.dictionaries(st.sampled_from(["region", "district"]), st.none() | st.text(max_size=5))


@FEW
@given(answers=st.dictionaries(st.sampled_from(_ids), _answer))
def test_kept_answers_of_any_shape_break_nothing(app: Flask, answers: dict[str, Any]) -> None:
    with app.test_request_context():
        known = places(db.read)
        describe(_everything, answers, "kk", known)
        asked_only(_everything, answers)
        first_page_to_mend(_everything, answers, places=known, language="kk")
        for page in _everything.pages:
            read_back(make_form(page, _everything, answers, places=known, language="kk", posted=False))
