"""Every form of the product, as it is rendered, with whatever can be put into it.

No fault of ours, no lost input, and the sentence beside the field in the reader's language. The list of forms is
that of the addresses that take one: a new one fails here until somebody says on which page it stands.
"""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import given
from jinja2 import FileSystemBytecodeCache

from accelerator.database import Base
from tests.cast import Cast
from tests.forms.drawn import Draws, Sending, draws, leave
from tests.forms.rendered import read_page
from tests.forms.scenes import SEARCHES, scenes_of
from tests.forms.trying import (
    ACTIONS,
    arrive,
    cases,
    check_rights,
    has_words,
    patient_app,
    rule_of,
    send,
    try_form,
    try_search,
)
from tests.routes import ROUTES, Actor, Answer, World
from tests.site import Site, alone

#: Buttons need fewer cases than forms with words in them.
CASES = {False: 2, True: 6}


@pytest.fixture(scope="module")
def app(
    database_kind: str, tmp_path_factory: pytest.TempPathFactory, compiled_templates: FileSystemBytecodeCache
) -> Iterator[Flask]:
    yield from patient_app(database_kind, tmp_path_factory.mktemp("forms"), compiled_templates)


@pytest.fixture(scope="module")
def world(app: Flask) -> World:
    return World(app, Cast(app))


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
    @cases(CASES[has_words(rule)])
    @given(drawn=draws)
    def run(drawn: Draws) -> None:
        try_form(world, rule, drawn)

    run()


# ---- searches ----


@pytest.mark.parametrize("rule", SEARCHES)
def test_whatever_is_searched_a_page_comes_back(world: World, rule: str) -> None:
    @cases(8)
    @given(drawn=draws)
    def run(drawn: Draws) -> None:
        try_search(world, rule, drawn)

    run()


# ---- what no form asks ----


MARK = 970_101_970_000


def column_names() -> set[str]:
    return {column.name for table in Base.metadata.sorted_tables for column in table.columns}


#: What a form may bring although our pages have no field for it.
TAKEN = {"/requests/<int:request_id>/release": {"reason"}}


def test_no_form_takes_a_column_that_it_does_not_show(world: World) -> None:
    """Every form with every column of the database beside its fields; each value says which form brought it."""
    for number, rule in enumerate(ACTIONS):
        scene = scenes_of(rule)[0]
        site, shown = arrive(world, scene, "en")
        form = next(f for f in read_page(shown).forms if f.method == "post" and rule_of(world.app, f) == rule)
        foreign = column_names() - {field.name for field in form.fields} - TAKEN.get(rule, set())
        sending = Sending([(name, str(MARK + number)) for name in sorted(foreign)])
        for field in form.fields:
            leave(sending, field, ROUTES["POST", rule].fields)
        assert send(site, form, sending).status_int < 500, rule
        check_rights(world, scene.who)
    brought = {int(mark) - MARK for mark in re.findall(rf"{MARK // 1000}[0-9]{{3}}", str(world.contents()))}
    assert not brought, f"{[ACTIONS[number] for number in brought]} wrote what their forms do not show"
