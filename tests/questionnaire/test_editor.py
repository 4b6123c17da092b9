"""The editor: a draft from the present version, changed step by step without JavaScript, published as a new version."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from webtest import TestResponse

from accelerator import policy
from accelerator.accounts.models import Role, User
from accelerator.clock import utcnow
from accelerator.errors import NotFound
from accelerator.extensions import db
from accelerator.questionnaire import document, editing, queries, transitions
from accelerator.questionnaire.document import Document, Kind
from accelerator.questionnaire.models import QuestionnaireVersion
from tests.cast import ALMATY, Cast, Person, viewer_of
from tests.questionnaire.documents import BUILTIN, with_own, without
from tests.site import Site, form_values, text_of
from tests.steps import count_events, events_of, last_event

DRAFT = "/desk/questionnaire/draft"


@pytest.fixture
def ida(cast: Cast) -> Person:
    """A coordinator with the right to change the questionnaire."""
    return cast.add("ida", role=Role.COORDINATOR, regions=[ALMATY], may_edit_questionnaire=True)


@pytest.fixture
def editor(site: Site, ida: Person) -> Site:
    return site.as_(ida).language("en")


@pytest.fixture
def other(site: Site, cast: Cast) -> Site:
    """A second editor in a browser of their own."""
    jo = cast.add("jo", role=Role.COORDINATOR, regions=["KZ-71"], may_edit_questionnaire=True)
    return site.as_(jo).language("en")


@pytest.fixture
def draft(editor: Site) -> TestResponse:
    page = editor.press(editor.get("/desk/questionnaire"), "Begin a draft", 303)
    return editor.follow(page)


@pytest.fixture
def now(app: Flask) -> Any:
    """How the draft, the present version and the number of versions are in the database."""

    class Now:
        def draft(self) -> Document:
            with app.app_context():
                found = queries.find_draft(db.read)
                assert found
                return queries.document_of(found)

        def current(self) -> Document:
            with app.app_context():
                return queries.document_of(queries.find_current(db.read))

        def drafts(self) -> int:
            with app.app_context():
                return db.read.query(QuestionnaireVersion).filter_by(published_at=None).count()

    return Now()


def question_page(site: Site, id: str) -> TestResponse:
    return site.get(f"{DRAFT}/questions/{id}")


# ---- who may ----


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("right", [True, False])
def test_the_right_is_a_coordinators_and_granted_apart(context: Flask, cast: Cast, role: Role, right: bool) -> None:
    person = cast.add("somebody", role=role, regions=[ALMATY], may_edit_questionnaire=right)
    viewer = viewer_of(person)
    assert policy.can_edit_questionnaire(viewer) is (right and role is Role.COORDINATOR)
    if not policy.can_edit_questionnaire(viewer):
        with pytest.raises(NotFound):
            transitions.start_draft(by=viewer, at=utcnow())


def test_the_operator_grants_it_and_takes_it_away(app: Flask, cast: Cast, site: Site) -> None:
    dee = site.as_(cast.dee)
    dee.get("/desk/questionnaire", status=403)
    run = app.test_cli_runner().invoke
    assert "has the right" in run(args=["users", "allow", cast.dee.email, "questionnaire"]).output
    dee.get("/desk/questionnaire")
    with app.app_context():
        assert last_event()["type"] == "right.granted"
        before = count_events()
    assert run(args=["users", "allow", cast.dee.email, "questionnaire"]).exit_code == 0
    with app.app_context():
        assert count_events() == before, "granting it again changes nothing"
    assert "no longer" in run(args=["users", "forbid", cast.dee.email, "questionnaire"]).output
    dee.get("/desk/questionnaire", status=403)
    with app.app_context():
        assert last_event()["type"] == "right.revoked"


def test_only_a_coordinator_can_be_given_it(app: Flask, cast: Cast) -> None:
    refused = app.test_cli_runner().invoke(args=["users", "allow", cast.ben.email, "questionnaire"])
    assert refused.exit_code == 1
    assert "no coordinator" in refused.output
    with app.app_context():
        assert not db.read.get_one(User, cast.ben.id).may_edit_questionnaire


# ---- versions and the draft ----


def test_the_first_version_is_the_builtin_one(editor: Site, now: Any) -> None:
    page = editor.get("/desk/questionnaire")
    assert "Version 1" in text_of(page)
    assert "built in" in text_of(page)
    assert now.current() == BUILTIN


def test_a_draft_begins_as_a_copy_and_two_beginners_share_one(
    editor: Site, other: Site, draft: TestResponse, now: Any
) -> None:
    assert now.draft() == BUILTIN
    other.post(DRAFT, status=303)
    assert now.drafts() == 1
    assert "Go on writing" in text_of(editor.get("/desk/questionnaire"))


def test_a_draft_changes_nothing_for_people(editor: Site, draft: TestResponse, now: Any) -> None:
    page = question_page(editor, "words")
    editor.press(page, "Save", 303, label_en="What do you need?")
    assert now.draft().question("words").label["en"] == "What do you need?"
    assert now.current() == BUILTIN


def test_a_draft_can_be_thrown_away(editor: Site, draft: TestResponse, now: Any) -> None:
    page = editor.follow(editor.press(draft, "Throw the draft away", 303))
    assert "The draft is gone" in text_of(page)
    assert now.drafts() == 0
    editor.get(DRAFT, status=404)


# ---- questions ----


def test_words_are_changed_in_three_languages(editor: Site, draft: TestResponse, now: Any) -> None:
    words = {"label_kk": "Не керек?", "label_ru": "Что нужно?", "label_en": "What is needed?", "hint_kk": "Кеңес"}
    editor.press(question_page(editor, "words"), "Save", 303, **words)
    question = now.draft().question("words")
    assert question.label == {"kk": "Не керек?", "ru": "Что нужно?", "en": "What is needed?"}
    assert question.kind is Kind.LONG_TEXT
    assert question.is_core
    assert question.is_required


def test_a_question_is_added_with_answers_and_a_condition(editor: Site, draft: TestResponse, now: Any) -> None:
    page = editor.get(f"{DRAFT}/pages/where/questions/new")
    page = editor.press(page, "Save", 422, label_en="Which floor?", kind="choice")
    assert "Give at least two answers" in text_of(page)
    assert page.html.find("input", {"name": "label_en"})["value"] == "Which floor?"
    filled = {"options-0-en": "Low", "options-1-en": "High", "only_question": "for_whom"}
    page = editor.press(page, "Save", 422, **filled)
    assert "Tick at least one of its answers" in text_of(page)
    assert page.html.find("input", {"name": "options-1-en"})["value"] == "High"
    editor.press(page, "Save", 303, only_values="other")
    question = [*now.draft().page_of("door").questions][-1]
    assert question.label == {"en": "Which floor?"}
    assert [(option.value, option.label) for option in question.options] == [
        ("answer_1", {"en": "Low"}),
        ("answer_2", {"en": "High"}),
    ]
    assert question.only_if
    assert (question.only_if.question, question.only_if.values) == ("for_whom", ("other",))
    assert not question.is_core
    shown = text_of(editor.get(DRAFT))
    assert "The question is missing in: Kazakh, Russian." in shown
    assert "only if: Who are you writing for? “For someone else”" in shown


def test_rows_of_answers_move_without_javascript_and_nothing_is_saved(
    editor: Site, draft: TestResponse, now: Any
) -> None:
    page = question_page(editor, "circumstances")
    first = page.html.find("input", {"name": "options-0-en"})["value"]
    page = editor.post(f"{DRAFT}/questions/circumstances", form_of(page) | {"row": "down:0", "label_kk": "Жаңа"}, 200)
    assert page.html.find("input", {"name": "options-1-en"})["value"] == first
    assert page.html.find("input", {"name": "label_kk"})["value"] == "Жаңа", "what was typed stays"
    assert now.draft() == BUILTIN
    editor.post(f"{DRAFT}/questions/circumstances", form_of(page), 303)
    values = now.draft().question("circumstances").values
    assert values[:2] == ("limited_mobility", "alone")
    assert set(values) == set(BUILTIN.question("circumstances").values)


def test_the_answers_of_the_portal_are_neither_lost_nor_renamed(editor: Site, draft: TestResponse, now: Any) -> None:
    fields = form_of(question_page(editor, "timing"))
    hostile = {key: value for key, value in fields.items() if not key.startswith("options-1")}
    hostile |= {"options-0-value": "cat", "options-0-en": "Cat", "kind": "text", "is_required": ""}
    editor.post(f"{DRAFT}/questions/timing", hostile | {"only_question": "for_whom", "only_values": "self"}, 303)
    question = now.draft().question("timing")
    assert set(question.values) == {"any", "by", "at"}
    assert question.kind is Kind.CHOICE
    assert question.only_if is None


def test_a_question_needs_words_in_one_language(editor: Site, draft: TestResponse, now: Any) -> None:
    page = editor.press(editor.get(f"{DRAFT}/pages/about/questions/new"), "Save", 422, hint_ru="Подсказка")
    assert "in one language at least" in text_of(page)
    assert "Подсказка" in page.text
    assert now.draft() == BUILTIN


def test_what_is_too_long_is_told_and_stays(editor: Site, draft: TestResponse, now: Any) -> None:
    page = editor.press(question_page(editor, "words"), "Save", 422, label_en="x" * 501)
    assert "500 characters at most" in text_of(page)
    assert page.html.find("input", {"name": "label_en"})["value"] == "x" * 501


def test_a_form_sent_twice_adds_one_question(editor: Site, draft: TestResponse, now: Any) -> None:
    page = editor.get(f"{DRAFT}/pages/about/questions/new")
    for _ in range(2):
        editor.press(page, "Save", 303, label_en="Is there a lift?", kind="yes_no")
    added = [question for question in now.draft().questions() if question.id not in BUILTIN.by_id]
    assert [question.kind for question in added] == [Kind.YES_NO]


# ---- order and taking out ----


def step(site: Site, page: TestResponse, action: str, part: str, way: str = "", status: int = 303) -> TestResponse:
    seen = page.html.find("input", {"name": "seen"})["value"]
    return site.post(f"{DRAFT}/{action}", {"seen": seen, "part": part, "way": way}, status)


def test_questions_and_pages_move(editor: Site, draft: TestResponse, now: Any) -> None:
    page = editor.follow(step(editor, draft, "move", "door", "up"))
    assert [question.id for question in now.draft().page_of("door").questions] == ["place", "door", "street"]
    page = editor.follow(step(editor, page, "move", "about", "up"))
    order = [p.id for p in now.draft().pages]
    assert order.index("about") == order.index("which_day") - 1
    assert "in another place" in text_of(page)


def test_a_question_moves_on_to_the_next_page(editor: Site, draft: TestResponse, now: Any) -> None:
    page = editor.follow(step(editor, draft, "move", "language", "down"))
    assert now.draft().page_of("language").id == "telephone"
    editor.follow(step(editor, page, "move", "language", "up"))
    assert now.draft() == BUILTIN


def test_a_condition_that_comes_to_stand_before_its_question_is_told(editor: Site, draft: TestResponse) -> None:
    page = editor.follow(step(editor, draft, "move", "speaker", "up"))
    assert "names a question that comes later" in text_of(page)
    assert "Publish" not in [button.get_text(strip=True) for button in page.html.find_all("button")]


def test_at_the_ends_nothing_moves(editor: Site, draft: TestResponse, now: Any) -> None:
    page = editor.follow(step(editor, draft, "move", "who", "up"))
    editor.follow(step(editor, page, "move", "neighbour_phone", "down"))
    assert now.draft() == BUILTIN


def test_a_question_of_ones_own_and_a_free_one_are_taken_out(editor: Site, draft: TestResponse, now: Any) -> None:
    editor.follow(step(editor, draft, "remove", "relation"))
    assert now.draft() == without("relation")


@pytest.mark.parametrize("part", ["words", "what", "nowhere", ""])
def test_what_the_portal_needs_stays_and_the_reason_is_told(
    editor: Site, draft: TestResponse, now: Any, part: str
) -> None:
    page = step(editor, draft, "remove", part, status=409)
    assert "The portal cannot do that" in text_of(page)
    assert now.draft() == BUILTIN
    assert "The portal reads these answers itself" in text_of(draft)


def test_a_page_is_added_named_and_taken_out(editor: Site, draft: TestResponse, now: Any) -> None:
    page = editor.press(editor.get(f"{DRAFT}/pages/new"), "Save", 303, title_ru="Ещё")
    shown = editor.follow(page)
    added = now.draft().pages[-1]
    assert added.title == {"ru": "Ещё"}
    assert "This page asks nothing" in text_of(shown)
    editor.press(editor.get(f"{DRAFT}/pages/{added.id}"), "Save", 303, title_kk="Тағы")
    assert now.draft().pages[-1].title == {"kk": "Тағы", "ru": "Ещё"}
    step(editor, editor.get(DRAFT), "remove", added.id)
    assert now.draft() == BUILTIN


def test_the_consent_keeps_what_the_law_asks_for(editor: Site, draft: TestResponse, now: Any) -> None:
    page = editor.press(editor.get(f"{DRAFT}/consent"), "Save", 303, consent_en="I agree.")
    shown = editor.follow(page)
    assert "The law asks for these in the consent" in text_of(shown)
    assert now.draft().consent["en"] == "I agree."


# ---- two editors ----


def test_the_second_of_two_editors_sees_what_changed(editor: Site, other: Site, draft: TestResponse, now: Any) -> None:
    mine, theirs = question_page(editor, "words"), question_page(other, "words")
    other.press(theirs, "Save", 303, label_ru="Что случилось?")
    page = editor.press(mine, "Save", 409, label_ru="Расскажите нам")
    assert "Another coordinator changed this" in text_of(page)
    assert "Now there: Что случилось?" in text_of(page)
    assert "Yours: Расскажите нам" in text_of(page)
    assert page.html.find("input", {"name": "label_ru"})["value"] == "Расскажите нам", "what was typed stays"
    assert now.draft().question("words").label["ru"] == "Что случилось?", "nothing is overwritten"
    editor.press(page, "Save", 303)
    assert now.draft().question("words").label["ru"] == "Расскажите нам", "having seen it, they decide"


@pytest.mark.parametrize(
    ("path", "field"), [("pages/what", "title_en"), ("consent", "consent_en"), ("questions/kind", "hint_en")]
)
def test_so_it_is_for_headings_consent_and_hints(
    editor: Site, other: Site, draft: TestResponse, path: str, field: str
) -> None:
    mine, theirs = editor.get(f"{DRAFT}/{path}"), other.get(f"{DRAFT}/{path}")
    other.press(theirs, "Save", 303, **{field: "Theirs"})
    page = editor.press(mine, "Save", 409, **{field: "Mine"})
    assert "Now there: Theirs" in text_of(page)
    assert "Yours: Mine" in text_of(page)


def test_two_who_write_different_questions_do_not_disturb_each_other(
    editor: Site, other: Site, draft: TestResponse, now: Any
) -> None:
    mine, theirs = question_page(editor, "words"), question_page(other, "name")
    other.press(theirs, "Save", 303, label_en="Full name")
    editor.press(mine, "Save", 303, label_en="Your words")
    document = now.draft()
    assert (document.question("name").label["en"], document.question("words").label["en"]) == (
        "Full name",
        "Your words",
    )


@pytest.mark.parametrize("action", ["move", "remove", "publish", "discard"])
def test_steps_on_a_draft_that_changed_meanwhile_are_refused(
    editor: Site, other: Site, draft: TestResponse, now: Any, action: str
) -> None:
    other.press(question_page(other, "name"), "Save", 303, label_en="Full name")
    page = step(editor, draft, action, "relation", "up", status=409)
    assert "Another coordinator changed this" in text_of(page)
    assert now.drafts() == 1
    assert "relation" in now.draft().by_id
    assert now.current() == BUILTIN


GONE = "The draft that you wrote in has been published or thrown away"


def test_what_was_typed_survives_when_the_draft_is_thrown_away(
    editor: Site, other: Site, draft: TestResponse, now: Any
) -> None:
    mine = question_page(editor, "words")
    step(other, other.get(DRAFT), "discard", "")
    page = editor.press(mine, "Save", 409, label_en="Mine", hint_ru="Моё")
    assert GONE in text_of(page)
    assert page.html.find("input", {"name": "label_en"})["value"] == "Mine"
    assert page.html.find("textarea", {"name": "hint_ru"}).get_text(strip=True) == "Моё"
    assert now.drafts() == 0, "nothing is begun before the editor has read what happened"
    editor.press(page, "Save", 303)
    assert now.draft().question("words").label["en"] == "Mine"
    assert now.current() == BUILTIN


def test_what_was_typed_survives_when_the_draft_is_published(
    editor: Site, other: Site, draft: TestResponse, now: Any
) -> None:
    other.press(question_page(other, "words"), "Save", 303, label_en="Theirs", label_ru="Их слова")
    mine = question_page(editor, "words")
    step(other, other.get(DRAFT), "publish", "")
    page = editor.press(mine, "Save", 409, label_en="Mine")
    assert GONE in text_of(page)
    assert "Now there: Theirs" in text_of(page)
    assert "Yours: Mine" in text_of(page)
    editor.press(page, "Save", 303)
    assert now.draft().question("words").label == now.current().question("words").label | {"en": "Mine"}
    assert now.current().question("words").label["en"] == "Theirs"


def test_a_draft_that_was_begun_meanwhile_is_not_overwritten_by_words_of_the_old_one(
    editor: Site, other: Site, draft: TestResponse, now: Any
) -> None:
    mine = question_page(editor, "words")
    step(other, other.get(DRAFT), "discard", "")
    told = editor.press(mine, "Save", 409, label_en="Mine")
    other.post(DRAFT, status=303)
    other.press(question_page(other, "words"), "Save", 303, label_en="Theirs")
    page = editor.press(told, "Save", 409)
    assert "Another coordinator changed this" in text_of(page)
    assert now.draft().question("words").label["en"] == "Theirs"
    editor.press(page, "Save", 303)
    assert now.draft().question("words").label["en"] == "Mine"


@pytest.mark.parametrize(
    ("path", "field", "name"),
    [
        ("pages/what", "input", "title_kk"),
        ("pages/new", "input", "title_kk"),
        ("pages/about/questions/new", "input", "label_kk"),
        ("consent", "textarea", "consent_kk"),
    ],
)
def test_so_it_is_for_whatever_was_being_written(
    editor: Site, other: Site, draft: TestResponse, now: Any, path: str, field: str, name: str
) -> None:
    mine = editor.get(f"{DRAFT}/{path}")
    step(other, other.get(DRAFT), "discard", "")
    page = editor.press(mine, "Save", 409, **{name: "Менің сөзім"})
    found = page.html.find(field, {"name": name})
    assert (found.get("value") or found.get_text(strip=True)) == "Менің сөзім"
    editor.follow(editor.press(page, "Save", 303))
    assert "Менің сөзім" in now.draft().to_json()


def test_words_that_were_published_already_need_no_new_draft(
    editor: Site, other: Site, draft: TestResponse, now: Any
) -> None:
    mine = question_page(editor, "words")
    other.press(question_page(other, "words"), "Save", 303, label_en="The same")
    step(other, other.get(DRAFT), "publish", "")
    page = editor.follow(editor.press(mine, "Save", 303, label_en="The same"))
    assert GONE in text_of(page)
    assert now.drafts() == 0


def test_a_question_that_was_taken_out_can_be_put_back(
    editor: Site, other: Site, draft: TestResponse, now: Any
) -> None:
    mine = question_page(editor, "relation")
    step(other, other.get(DRAFT), "remove", "relation")
    page = editor.press(mine, "Save", 409, label_en="Who is this person to you?")
    assert "has taken this out" in text_of(page)
    assert page.html.find("input", {"name": "label_en"})["value"] == "Who is this person to you?"
    editor.press(page, "Save", 303)
    assert now.draft().question("relation").label["en"] == "Who is this person to you?"


def test_a_page_that_was_taken_out_can_be_put_back_and_takes_its_new_question(
    editor: Site, other: Site, draft: TestResponse, now: Any
) -> None:
    editor.press(editor.get(f"{DRAFT}/pages/new"), "Save", 303, title_en="More")
    added = now.draft().pages[-1].id
    heading, question = editor.get(f"{DRAFT}/pages/{added}"), editor.get(f"{DRAFT}/pages/{added}/questions/new")
    step(other, other.get(DRAFT), "remove", added)
    page = editor.press(heading, "Save", 409, title_en="Still more")
    editor.press(page, "Save", 303)
    assert now.draft().pages[-1].title["en"] == "Still more"
    step(other, other.get(DRAFT), "remove", added)
    editor.press(question, "Save", 303, label_en="Is there a lift?")
    assert now.draft().pages[-1].questions[-1].label["en"] == "Is there a lift?", "at the end, where it is seen"


def test_words_for_one_question_too_many_come_back(
    editor: Site, draft: TestResponse, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = editor.get(f"{DRAFT}/pages/about/questions/new")
    monkeypatch.setattr(document, "MOST_QUESTIONS", len(BUILTIN.by_id))
    told = editor.press(page, "Save", 409, label_en="Is there a lift?")
    assert "The portal cannot do that" in text_of(told)
    assert told.html.find("input", {"name": "label_en"})["value"] == "Is there a lift?"


# ---- publishing ----


def test_publishing_makes_a_new_version_and_the_old_one_stays(
    app: Flask, editor: Site, ida: Person, draft: TestResponse, now: Any
) -> None:
    editor.press(question_page(editor, "words"), "Save", 303, label_en="What do you need?")
    page = editor.get(DRAFT)
    assert "What do you need? : other words" in text_of(page)
    page = editor.follow(editor.press(page, "Publish", 303))
    assert "From now on everyone is asked this" in text_of(page)
    assert "Ida" in text_of(page)
    assert now.current().question("words").label["en"] == "What do you need?"
    assert now.drafts() == 0
    with app.app_context():
        version = queries.find_current(db.read)
        assert events_of(f"questionnaire:{version.id}") == ["questionnaire.published"]
        event = last_event()
        assert event["actor"] == ida.public_ref
        assert event["text"] == version.body_hash.hex()
        assert queries.document_of(queries.get_version(db.read, 1)) == BUILTIN
    assert "Tell us in your own words" in text_of(editor.get("/desk/questionnaire/1?lang=en"))


def test_publishing_twice_makes_one_version(app: Flask, editor: Site, draft: TestResponse, now: Any) -> None:
    editor.press(question_page(editor, "words"), "Save", 303, label_en="What do you need?")
    page = editor.get(DRAFT)
    editor.press(page, "Publish", 303)
    with app.app_context():
        before = count_events()
    editor.press(page, "Publish", 303)
    with app.app_context():
        assert count_events() == before


def test_a_draft_with_problems_or_without_news_is_not_published(editor: Site, draft: TestResponse, now: Any) -> None:
    page = step(editor, draft, "publish", "", status=409)
    assert "Nothing is different" in text_of(page)
    editor.press(editor.get(f"{DRAFT}/consent"), "Save", 303, consent_en="I agree.")
    page = step(editor, editor.get(DRAFT), "publish", "", status=409)
    assert "Some things have to be mended first" in text_of(page)
    assert now.current() == BUILTIN


# ---- preview ----


@pytest.mark.parametrize(
    ("language", "words"),
    [("kk", "Өз сөзіңізбен айтыңызшы"), ("ru", "Расскажите своими словами"), ("en", "Tell us in your own words")],
)
def test_the_preview_speaks_each_language(editor: Site, draft: TestResponse, language: str, words: str) -> None:
    page = editor.get(f"/desk/questionnaire/1?lang={language}")
    assert words in text_of(page)
    assert page.html.find(class_="preview")["lang"] == language
    assert "This is how people see it" in text_of(page), "the frame stays in the editor's language"


def test_a_version_that_is_not_there(editor: Site) -> None:
    editor.get("/desk/questionnaire/999", status=404)
    editor.get("/desk/questionnaire/999/paper.pdf", status=404)
    editor.get(DRAFT, status=404)
    editor.post(f"{DRAFT}/publish", {"seen": "7.1"}, 303)


# ---- whatever comes ----


def form_of(page: TestResponse) -> dict[str, Any]:
    """The fields of the form of a part."""
    return form_values(page.html.find("main").find("form"))


PARTS = (*BUILTIN.by_id, *(page.id for page in BUILTIN.pages), "nowhere")


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(PARTS), st.integers(-1, 1)), max_size=20))
def test_whatever_is_moved_or_taken_out_nothing_of_the_portal_is_lost(steps: list[tuple[str, int]]) -> None:
    document = with_own()
    for part, by in steps:
        try:
            document = editing.move(document, part, by) if by else editing.remove(document, part)
        except editing.CannotDo:
            continue
    core = {question.id for question in BUILTIN.questions() if question.is_core}
    assert core <= set(document.by_id)
    assert Document.parse(document.to_json()) == document
