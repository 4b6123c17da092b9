"""Every route × method × role, on real objects: each answers exactly as `tests.routes` declares."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from webtest import TestResponse

from accelerator.access import Access, declared
from tests.cast import Cast
from tests.routes import ROUTES, Actor, Answer, Route, World, is_action, running_app
from tests.site import HTMX, Site, text_of

ALL = [(method, rule, actor) for method, rule in ROUTES for actor in Actor]
ORIGIN = "http://127.0.0.1:8000"
REFUSED = {Answer.FORBIDDEN: 403, Answer.HIDDEN: 404}


@pytest.fixture(scope="module")
def app(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    yield from running_app(database_kind, tmp_path_factory.mktemp("access"))


@pytest.fixture(scope="module")
def world(app: Flask) -> World:
    return World(app, Cast(app))


def rules(app: Flask) -> set[tuple[str, str]]:
    """(method, rule) of everything that the application answers."""
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def said_by(answer: TestResponse) -> str:
    return text_of(answer)[:200] if answer.content_type == "text/html" else answer.content_type


def ask(site: Site, method: str, path: str, route: Route, headers: dict[str, str] | None = None) -> TestResponse:
    if method == "POST":
        return site.post(path, route.fields, headers=headers or {})
    return site.get(path, status="*", headers=headers or {})


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    missing = rules(app) - set(ROUTES)
    assert not missing, (
        f"{sorted(missing)}: add a line to ROUTES in tests/routes.py that says who may use it, "
        "with a real object to use it on; every role is then tried against it"
    )
    gone = set(ROUTES) - rules(app)
    assert not gone, f"{sorted(gone)} no longer exist; printed posters may name them. Take them out of tests/routes.py"


def test_every_route_is_made_by_the_url_table(app: Flask) -> None:
    undeclared = {rule.endpoint for rule in app.url_map.iter_rules()} - set(declared(app))
    assert not undeclared, (
        f"{sorted(undeclared)} answer 404 to everybody: add them with urls.page, urls.action or urls.form, "
        "which ask for an Access"
    )


def test_what_only_the_signed_in_may_is_not_declared_for_anyone(app: Flask) -> None:
    endpoints = {(m, r.rule): r.endpoint for r in app.url_map.iter_rules() for m in r.methods or ()}
    for key, route in ROUTES.items():
        access = declared(app)[endpoints[key]]
        is_open = route.who[Actor.VISITOR] is not Answer.SIGN_IN
        assert is_open == (access in (Access.ANYONE, Access.DEMONSTRATION)), f"{key}: {access}"


@pytest.mark.parametrize(("method", "rule", "actor"), ALL, ids=lambda value: str(value))
def test_each_role_gets_what_is_declared(world: World, site: Site, method: str, rule: str, actor: Actor) -> None:
    route = ROUTES[method, rule]
    person = world.come(actor)
    browser = site.as_(person) if person else site
    path = route.path(world)
    expected = route.who[actor]
    before = world.version() if expected is not Answer.YES else None
    answer = ask(browser, method, path, route)
    said = f"{actor} on {method} {path} got {answer.status}: {said_by(answer)}"
    if expected is Answer.YES:
        assert answer.status_int in route.yes, said
        assert "/login" not in answer.headers.get("Location", ""), said
        return
    if expected is Answer.SIGN_IN:
        assert is_sent_to_sign_in(answer), said
    else:
        assert answer.status_int == REFUSED[expected], said
    assert world.version() == before, f"{said}, and something changed"


def is_sent_to_sign_in(answer: TestResponse) -> bool:
    """To the page, or on the spot with what was typed."""
    if answer.status_int == 401:
        return bool(answer.html.find("form", action="/login").find("input", {"name": "typed"}))
    return answer.status_int == 303 and answer.headers["Location"].startswith("/login?")


@pytest.mark.parametrize(
    ("method", "rule"), [key for key in ROUTES if ROUTES[key].who[Actor.VISITOR] is Answer.SIGN_IN]
)
def test_htmx_sends_the_whole_page_of_a_visitor_to_sign_in(world: World, site: Site, method: str, rule: str) -> None:
    world.come(Actor.VISITOR)
    route = ROUTES[method, rule]
    answer = ask(site, method, route.path(world), route, HTMX)
    assert answer.status_int == 204
    assert answer.headers["HX-Redirect"].startswith("/login?")
    assert not answer.text


@pytest.mark.parametrize("key", [key for key in ROUTES if is_action(key)], ids=str)
def test_auditors_and_admins_change_nothing_at_the_desk(key: tuple[str, str]) -> None:
    if key[1].startswith("/desk/appeals/sealed"):  # nobody else can read these, so nobody else decides them
        assert [actor for actor in Actor if ROUTES[key].who[actor] is Answer.YES] == [Actor.AUDITOR]
    elif key[1].startswith("/desk"):
        for actor in (Actor.AUDITOR, Actor.ADMIN, Actor.VOLUNTEER, Actor.YOUNG):
            assert ROUTES[key].who[actor] is Answer.FORBIDDEN


def test_admins_see_no_desk_and_are_not_offered_one(world: World, site: Site) -> None:
    gus = site.as_(world.cast.gus)
    for (method, rule), route in ROUTES.items():
        if rule.startswith("/desk"):
            assert route.who[Actor.ADMIN] is Answer.FORBIDDEN, (method, rule)
    assert 'href="/desk"' not in gus.get("/requests").text


def test_the_desk_of_another_region_names_none_of_our_cases(world: World, site: Site) -> None:
    request_id, claim_id = world.claimed()
    eve = site.as_(world.cast.eve)
    for path in ("/desk", "/desk/requests"):
        page = eve.get(path)
        assert f"/desk/requests/{request_id}" not in page.text
        assert f"claim-{claim_id}" not in page.text


def test_what_is_not_published_is_seen_by_its_doer_and_its_desk_only(world: World, site: Site) -> None:
    from accelerator.board.models import RequestStatus
    from accelerator.deeds.models import DeedStatus

    request_id, deed_id = world.request(RequestStatus.RECEIVED), world.deed(DeedStatus.PENDING)
    photo = world.photo(deed_id)
    paths = (f"/deeds/{deed_id}", f"/photos/{photo}-small.webp")
    for path in (f"/requests/{request_id}", f"/requests/{request_id}/picture.png", f"/deeds/{deed_id}/picture.png"):
        site.get(path, status=404)
    for path in paths:
        site.get(path, status=404)
        for person in (world.cast.ben, world.cast.kim, world.cast.eve, world.cast.gus):
            site.as_(person).get(path, status=404)
        for person in (world.cast.cy, world.cast.dee, world.cast.fay):
            site.as_(person).get(path)


@pytest.mark.parametrize("rule", sorted({rule for _, rule in ROUTES}))
def test_methods_that_are_not_declared_are_refused(world: World, site: Site, rule: str) -> None:
    allowed = {method for method, known in ROUTES if known == rule}
    world.come(Actor.VISITOR)
    path = ROUTES[next(iter(allowed)), rule].path(world)
    ben = site.as_(world.cast.ben)
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
        headers = {"X-CSRF-Token": ben.token(), "Origin": ORIGIN}
        answer = ben.web.request(ORIGIN + path, method=method, headers=headers, expect_errors=True)
        assert answer.status_int == 405, f"{method} {path}"
        assert allowed <= set(answer.headers["Allow"].replace(" ", "").split(","))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        "/requests/0",
        "/requests/999999999999999999",
        "/requests/99999999999999999999999999",
        "/requests/-1",
        "/requests/1.5",
        "/requests/٣",
        "/requests/99999999999999999999999999/claim",
        "/deeds/99999999999999999999999999",
        "/desk/requests/99999999999999999999999999",
        "/desk/claims/999999999999999999/confirm",
        f"/photos/{'%00' * 32}-small.webp",
        "/password-reset/%00%0d%0a",
        "/lang/xx",
        "/%00",
        "/nowhere",
        "/requests/1/nowhere",
        "/static/../config.py",
        "/.env",
    ],
)
def test_addresses_of_nothing_are_not_found(world: World, site: Site, path: str, method: str) -> None:
    for browser in (site, site.as_(world.cast.dee)):
        headers = {"X-CSRF-Token": browser.token()}
        answer = browser.web.request(ORIGIN + quote(path, "/%"), method=method, headers=headers, expect_errors=True)
        assert answer.status_int in (303, 404, 405, 410), f"{method} {path}: {answer.status}"
