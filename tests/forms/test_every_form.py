"""Every form of the product, as it is rendered, with whatever can be put into it.

No fault of ours, no lost input, and the sentence beside the field in the reader's language. The list of forms is
that of the addresses that take one: a new one fails here until somebody says on which page it stands.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from jinja2 import FileSystemBytecodeCache
from webtest import TestResponse
from werkzeug.exceptions import HTTPException

from accelerator import limits
from accelerator.accounts.models import User
from accelerator.database import Base
from accelerator.extensions import db
from tests.cast import Cast
from tests.forms.checks import check_answer, is_shown
from tests.forms.drawn import Draws, Sending, as_query, draw_sending, draws, leave
from tests.forms.rendered import WRITTEN, Form, read_page
from tests.forms.scenes import SEARCHES, Scene, scenes_of
from tests.help.filling import be_patient
from tests.routes import ROUTES, Actor, Answer, World, is_action, running_app
from tests.site import Site, alone

ORIGIN = "http://127.0.0.1:8000"
ACTIONS = [rule for method, rule in ROUTES if is_action((method, rule))]
#: Pages from memory carry no token (see `accelerator.security`).
WITHOUT_TOKEN = frozenset({"/lang/<code>", "/deeds/<int:deed_id>/thank"})
RELAXED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
RELAXED += [HealthCheck.filter_too_much, HealthCheck.large_base_example]


def cases(number: int) -> Any:
    return settings(max_examples=number, deadline=None, suppress_health_check=RELAXED)


#: Buttons need fewer cases than forms with words in them.
FEW, MANY = {False: 2, True: 6}, {False: 40, True: 180}


def has_words(rule: str) -> bool:
    return bool(ROUTES["POST", rule].fields)


def patient_app(kind: str, folder: Path, templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    """An application that lets everybody try as often as they like."""
    with pytest.MonkeyPatch.context() as patch:
        be_patient(patch)
        for name, limit in list(vars(limits).items()):
            if isinstance(limit, limits.Limit):
                patch.setattr(limits, name, replace(limit, times=10**9))
        for app in running_app(kind, folder):
            app.jinja_env.bytecode_cache = templates
            yield app


@pytest.fixture(scope="module")
def app(
    database_kind: str, tmp_path_factory: pytest.TempPathFactory, compiled_templates: FileSystemBytecodeCache
) -> Iterator[Flask]:
    yield from patient_app(database_kind, tmp_path_factory.mktemp("forms"), compiled_templates)


@pytest.fixture(scope="module")
def world(app: Flask) -> World:
    return World(app, Cast(app))


@pytest.fixture
def fresh(database_kind: str, tmp_path: Path, compiled_templates: FileSystemBytecodeCache) -> Iterator[World]:
    """A world of its own: thousands of cases fill a desk."""
    for app in patient_app(database_kind, tmp_path, compiled_templates):
        yield World(app, Cast(app))


def rule_of(app: Flask, form: Form) -> str:
    """The address, as the URL table writes it, that a form is sent to."""
    try:
        rule, _ = app.url_map.bind("127.0.0.1").match(form.path, form.method.upper(), return_rule=True)
    except HTTPException:
        return f"nothing at {form.path}"
    return str(rule.rule)


# ---- one case ----


def arrive(world: World, scene: Scene, language: str) -> tuple[Site, TestResponse]:
    person = world.come(scene.who)
    site = Site(world.app).as_(person) if person else Site(world.app)
    return site.language(language), scene.open(world, site)


def send(site: Site, form: Form, sending: Sending) -> TestResponse:
    body, kind = sending.body(form)
    address = ORIGIN + form.action.partition("#")[0]
    headers = {"Origin": ORIGIN}
    return alone(
        site.web.request, address, method="POST", body=body, content_type=kind, headers=headers, expect_errors=True
    )


def try_form(world: World, rule: str, drawn: Draws) -> None:
    language = drawn.one(("kk", "ru", "en"))
    scene = drawn.one(scenes_of(rule))
    site, shown = arrive(world, scene, language)
    found = [form for form in read_page(shown).forms if form.method == "post" and rule_of(world.app, form) == rule]
    assert found, f"no form on {shown.request.path} is sent to {rule}"
    form = drawn.one(found)
    assert form.find("csrf_token") or rule in WITHOUT_TOKEN, f"a form without a token: {form.action}"
    sending = draw_sending(drawn, form, ROUTES["POST", rule].fields)
    answer = send(site, form, sending)
    check_answer(answer, form, sending, language, scene.yes + ROUTES["POST", rule].yes)
    check_where_it_leads(site, answer)
    check_rights(world, scene.who)
    assert send(site, form, sending).status_int < 500, "the same once more"


def check_where_it_leads(site: Site, answer: TestResponse) -> None:
    """The page after it shows what was typed, and stands."""
    target = answer.headers.get("Location", "")
    if not target:
        return
    path = target.removeprefix(ORIGIN)
    assert path.startswith("/"), f"it leads away: {target}"
    assert not path.startswith("//"), f"it leads away: {target}"
    assert alone(site.web.get, path, status="*").status_int < 500, path


def check_rights(world: World, actor: Actor) -> None:
    """Nobody has become more than they were."""
    me = world.me
    with world.app.app_context():
        user = db.read.get(User, me.id) if me else None
    if user is None or me is None:
        return
    assert user.role == me.role, "a form gave somebody a role"
    assert user.may_edit_questionnaire is (actor is Actor.EDITOR), "a form gave somebody a right"


# ---- the list of forms ----


@pytest.mark.parametrize("rule", ACTIONS)
def test_every_form_is_tried(rule: str) -> None:
    assert scenes_of(rule), (
        f"POST {rule} has no page with its form: add one to SCENES in tests/forms/scenes.py, "
        "with a browser of somebody who sees it; whatever can be typed is then tried"
    )


def readers(rule: str) -> list[Actor]:
    """Two who see the most of a page."""
    who = ROUTES["GET", rule].who
    wanted = (Actor.EDITOR, Actor.AUDITOR, Actor.VOLUNTEER, Actor.VISITOR)
    return [actor for actor in wanted if who[actor] is Answer.YES][:2]


@pytest.mark.parametrize("rule", [rule for method, rule in ROUTES if method == "GET"])
def test_every_form_on_a_page_is_known(world: World, rule: str) -> None:
    for actor in readers(rule):
        person = world.come(actor)
        site = Site(world.app).as_(person) if person else Site(world.app)
        answer = alone(site.web.get, ROUTES["GET", rule].path(world), status="*")
        if answer.content_type != "text/html":
            continue
        for form in read_page(answer).forms:
            if form.method == "post" and not form.action.startswith(answer.request.path_qs):
                assert ("POST", rule_of(world.app, form)) in ROUTES, f"{rule}: {form}"
            if form.method == "get" and form.path != "/design":
                assert rule_of(world.app, form) in SEARCHES, f"add {form.action} to SEARCHES in tests/forms/scenes.py"


# ---- whatever is typed ----


@pytest.mark.parametrize("rule", ACTIONS)
def test_whatever_is_sent_is_taken_or_told(world: World, rule: str) -> None:
    @cases(FEW[has_words(rule)])
    @given(drawn=draws)
    def run(drawn: Draws) -> None:
        try_form(world, rule, drawn)

    run()


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("rule", ACTIONS)
def test_thousands_are_taken_or_told(fresh: World, rule: str) -> None:
    @cases(MANY[has_words(rule)])
    @given(drawn=draws)
    def run(drawn: Draws) -> None:
        try_form(fresh, rule, drawn)

    run()


def test_the_long_run_tries_ten_thousand() -> None:
    assert sum(MANY[has_words(rule)] for rule in ACTIONS) >= 10_000


# ---- searches ----


def try_search(world: World, rule: str, drawn: Draws) -> None:
    language = drawn.one(("kk", "ru", "en"))
    scene = drawn.one(SEARCHES[rule])
    site, shown = arrive(world, scene, language)
    form = next(f for f in read_page(shown).forms if f.method == "get" and rule_of(world.app, f) == rule)
    sending = draw_sending(drawn, form, {})
    answer = alone(site.web.get, f"{form.path}?{as_query(sending.pairs)}", status="*")
    if answer.status_int == 303:
        answer = alone(site.web.get, answer.headers["Location"].removeprefix(ORIGIN), status="*")
    assert answer.status_int == 200, f"{answer.status} {answer.request.path_qs}"
    for field in form.fields:
        if field.kind in WRITTEN and not sending.is_tampered:
            again = next(f.find(field.name) for f in read_page(answer).forms if f.find(field.name))
            assert again
            assert is_shown(field, sending.typed(field.name), again)


@pytest.mark.parametrize("rule", SEARCHES)
def test_whatever_is_searched_a_page_comes_back(world: World, rule: str) -> None:
    @cases(8)
    @given(drawn=draws)
    def run(drawn: Draws) -> None:
        try_search(world, rule, drawn)

    run()


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("rule", SEARCHES)
def test_hundreds_of_searches_find_a_page(fresh: World, rule: str) -> None:
    @cases(300)
    @given(drawn=draws)
    def run(drawn: Draws) -> None:
        try_search(fresh, rule, drawn)

    run()


# ---- what no form asks ----


MARK = 970_101_970_000


def column_names() -> set[str]:
    return {column.name for table in Base.metadata.sorted_tables for column in table.columns}


#: What a form may bring although our pages have no field for it.
TAKEN = {"/requests/<int:request_id>/release": {"reason"}}


def test_no_form_takes_a_column_that_it_does_not_show(fresh: World) -> None:
    """Every form with every column of the database beside its fields; each value says which form brought it."""
    for number, rule in enumerate(ACTIONS):
        scene = scenes_of(rule)[0]
        site, shown = arrive(fresh, scene, "en")
        form = next(f for f in read_page(shown).forms if f.method == "post" and rule_of(fresh.app, f) == rule)
        foreign = column_names() - {field.name for field in form.fields} - TAKEN.get(rule, set())
        sending = Sending([(name, str(MARK + number)) for name in sorted(foreign)])
        for field in form.fields:
            leave(sending, field, ROUTES["POST", rule].fields)
        assert send(site, form, sending).status_int < 500, rule
        check_rights(fresh, scene.who)
    brought = {int(mark) - MARK for mark in re.findall(rf"{MARK // 1000}[0-9]{{3}}", str(fresh.contents()))}
    assert not brought, f"{[ACTIONS[number] for number in brought]} wrote what their forms do not show"
