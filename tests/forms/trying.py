"""One case of a form: a page is opened, something is drawn, sent, and looked at."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from webtest import TestResponse
from werkzeug.exceptions import HTTPException

from accelerator import limits
from accelerator.accounts.models import User
from accelerator.extensions import db
from tests.forms.checks import check_answer, is_shown
from tests.forms.drawn import Draws, Sending, as_query, draw_sending
from tests.forms.rendered import WRITTEN, Form, read_page
from tests.forms.scenes import SEARCHES, Scene, scenes_of
from tests.help.filling import be_patient
from tests.routes import ROUTES, Actor, World, is_action, running_app
from tests.site import Site, alone

ORIGIN = "http://127.0.0.1:8000"
ACTIONS = [rule for method, rule in ROUTES if is_action((method, rule))]
#: Pages from memory carry no token (see `accelerator.security`).
WITHOUT_TOKEN = frozenset({"/lang/<code>", "/deeds/<int:deed_id>/thank"})
RELAXED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
RELAXED += [HealthCheck.filter_too_much, HealthCheck.large_base_example]


def cases(number: int) -> Any:
    return settings(max_examples=number, deadline=None, suppress_health_check=RELAXED)


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
