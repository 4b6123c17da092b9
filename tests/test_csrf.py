"""No POST is taken that did not come from our own page in the same session: every route, every kind of forgery."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from webtest import TestResponse

from accelerator.security import WITHOUT_TOKEN, WITHOUT_VISITORS_TOKEN
from tests.cast import Cast
from tests.routes import ROUTES, Actor, World, is_action, running_app
from tests.site import HTMX, Site, alone, text_of

HERE = "http://127.0.0.1:8000"
ACTIONS = [rule for method, rule in ROUTES if is_action((method, rule))]
LANGUAGE = "/lang/<code>"
#: A forgery: the headers that a foreign page would make the browser send, given the reader's browser and another's.
FORGERIES: dict[str, Callable[[Site, Site], dict[str, str]]] = {
    "no token": lambda mine, other: {"Origin": HERE},
    "an empty token": lambda mine, other: {"Origin": HERE, "X-CSRF-Token": ""},
    "not a token": lambda mine, other: {"Origin": HERE, "X-CSRF-Token": "zz" * 32},
    "a short token": lambda mine, other: {"Origin": HERE, "X-CSRF-Token": mine.token()[:62]},
    "zeros": lambda mine, other: {"Origin": HERE, "X-CSRF-Token": "00" * 32},
    "a token of another session": lambda mine, other: {"Origin": HERE, "X-CSRF-Token": other.token()},
    "a foreign origin": lambda mine, other: {"Origin": "https://evil.example", "X-CSRF-Token": mine.token()},
    "an origin like ours": lambda mine, other: {
        "Origin": "http://127.0.0.1:8000.evil.example",
        "X-CSRF-Token": mine.token(),
    },
    "an origin with another port": lambda mine, other: {
        "Origin": "http://127.0.0.1:8001",
        "X-CSRF-Token": mine.token(),
    },
    "an opaque origin": lambda mine, other: {"Origin": "null", "X-CSRF-Token": mine.token()},
    "a broken origin": lambda mine, other: {"Origin": "http://[", "X-CSRF-Token": mine.token()},
    "cross-site": lambda mine, other: {
        "Origin": HERE,
        "Sec-Fetch-Site": "cross-site",
        "X-CSRF-Token": mine.token(),
    },
    "same-site": lambda mine, other: {"Origin": HERE, "Sec-Fetch-Site": "same-site", "X-CSRF-Token": mine.token()},
}
#: What our language form is refused for; its token is not asked (see `accelerator.security`).
FOREIGN = [name for name in FORGERIES if "token" not in name and name != "zeros"]


@pytest.fixture(scope="module")
def app(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    yield from running_app(database_kind, tmp_path_factory.mktemp("csrf"))


@pytest.fixture(scope="module")
def world(app: Flask) -> World:
    return World(app, Cast(app))


def send(site: Site, path: str, fields: dict[str, str], headers: dict[str, str]) -> TestResponse:
    return alone(site.web.post, path, fields, headers=headers, status="*")


@pytest.mark.parametrize("rule", ACTIONS)
def test_no_forged_post_changes_anything(world: World, site: Site, rule: str) -> None:
    route = ROUTES["POST", rule]
    person = world.come(route.victim)
    mine, other = (site.as_(person) if person else site), site.as_(world.cast.cy)
    path = route.path(world)
    before = world.version()
    for name in FOREIGN if rule == LANGUAGE else FORGERIES:
        answer = send(mine, path, route.fields, FORGERIES[name](mine, other))
        assert answer.status_int == 403, f"POST {path} with {name}: {answer.status}"
        assert "Set-Cookie" not in answer.headers or "session=" not in answer.headers["Set-Cookie"], name
    assert world.version() == before, f"a refused POST {path} changed something"


@pytest.mark.parametrize("rule", [rule for rule in ACTIONS if rule != LANGUAGE])
def test_the_token_may_come_in_the_form_or_in_the_header(world: World, site: Site, rule: str) -> None:
    route = ROUTES["POST", rule]
    for in_form in (True, False):
        person = world.come(route.victim)
        mine = site.as_(person) if person else Site(world.app)
        token, path = mine.token(), route.path(world)
        fields = route.fields | ({"csrf_token": token} if in_form else {})
        answer = send(mine, path, fields, {} if in_form else {"X-CSRF-Token": token})
        assert answer.status_int in {200, 303, 422, *route.yes}, f"{answer.status} {path}"


def test_only_the_choice_of_language_needs_no_token(site: Site) -> None:
    assert frozenset({"accounts.set_language"}) == WITHOUT_TOKEN, (
        "a POST without a token can be sent by any page: it may change nothing but how its sender sees the site"
    )
    assert send(site, "/lang/ru", {}, {"Origin": HERE}).status_int == 303


def test_each_page_masks_the_token_anew_and_every_mask_is_good(world: World, site: Site) -> None:
    ben = site.as_(world.cast.ben)
    tokens = [ben.token() for _ in range(4)]
    assert len(set(tokens)) == 4
    common = set.intersection(*({token[i : i + 12] for i in range(len(token) - 12)} for token in tokens))
    assert not common, "two pages share a piece of the token: compression could give it away"
    for token in tokens:
        assert send(ben, "/me/news", {"csrf_token": token}, {}).status_int == 303


def test_all_tokens_of_a_page_are_good_for_its_reader(world: World, site: Site) -> None:
    page = site.as_(world.cast.ben).get("/me/settings")
    soup = page.html
    fields = {str(field["value"]) for field in soup.find_all("input", {"name": "csrf_token"})}
    assert len(fields) == 1
    assert next(iter(fields)) in str(soup.body["hx-headers"])


def test_a_token_of_the_visit_is_worth_nothing_after_signing_in(world: World, site: Site) -> None:
    token = site.token()
    site.press(site.get("/login"), "Sign in", 303, email="ben@example.org", password="three quiet apples")
    assert send(site, "/me/news", {"csrf_token": token}, {}).status_int == 403
    assert send(site, "/me/news", {"csrf_token": site.token()}, {}).status_int == 303


def test_a_token_is_worth_nothing_after_signing_out(world: World, site: Site) -> None:
    ben = site.as_(world.come(Actor.VOLUNTEER))  # type: ignore[arg-type]
    token = ben.token()
    ben.post("/logout", status=303)
    assert send(ben, f"/deeds/{world.deed()}/report", {"csrf_token": token}, {}).status_int == 403


def test_a_stranger_without_our_cookie_has_no_token(world: World, site: Site) -> None:
    token = site.token()
    assert send(Site(world.app), f"/deeds/{world.deed()}/report", {"csrf_token": token}, {}).status_int == 403


def test_a_visitor_says_thanks_from_a_page_that_carries_no_token(world: World, site: Site) -> None:
    path = f"/deeds/{world.deed()}/thank"
    assert frozenset({"deeds.thank_for_deed"}) == WITHOUT_VISITORS_TOKEN, "nobody may gain from forging such a POST"
    for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert send(site, path, {}, foreign).status_int == 403
    assert send(site, path, {}, {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}).status_int == 303
    assert send(site.as_(world.cast.ben), path, {}, {"Origin": HERE}).status_int == 403  # their pages have one


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_whoever_comes_back_too_late_is_told_what_to_do(world: World, site: Site, headers: dict[str, str]) -> None:
    ben = site.as_(world.cast.ben)
    answer = send(ben, "/me/news", {"csrf_token": "00" * 32}, headers)
    assert "Open it again and repeat the step" in text_of(answer)
    if headers:
        assert answer.headers["HX-Retarget"] == "#messages"


def test_looking_never_needs_a_token_and_never_changes_anything(world: World, site: Site) -> None:
    dee = site.as_(world.cast.dee)
    world.come(Actor.COORDINATOR)
    paths = [route.path(world) for (method, _), route in ROUTES.items() if method == "GET"]
    before = world.version()
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = alone(dee.web.request, HERE + path, method=method, expect_errors=True)
            assert answer.status_int < 500, f"{method} {path}"
    assert world.version() == before
