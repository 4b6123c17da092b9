"""What every answer carries, where a form may send its reader, text that stays text, and whose page the cache gives."""

import gzip
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import brotli
import pytest
from flask import Flask
from sqlalchemy import select
from webtest import TestResponse

from accelerator.accounts.models import User
from accelerator.board.models import Claim
from accelerator.clock import utcnow
from accelerator.deeds.models import Deed
from accelerator.extensions import db
from accelerator.safe_next import safe_next
from tests.cast import PASSWORD, Cast
from tests.factories import make_deed, make_request
from tests.routes import ROUTES, Actor, World, running_app
from tests.site import HTMX, Site, alone, text_of

POLICY = {
    "default-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
PAGES = [rule for method, rule in ROUTES if method == "GET"]
HERE = "127.0.0.1:8000"


@pytest.fixture(scope="module")
def app(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    yield from running_app(database_kind, tmp_path_factory.mktemp("headers"))


@pytest.fixture(scope="module")
def cast(app: Flask) -> Cast:
    return Cast(app)


@pytest.fixture(scope="module")
def world(app: Flask, cast: Cast) -> World:
    return World(app, cast)


def fetch(site: Site, path: str, method: str = "GET", status: Any = None, **kwargs: Any) -> TestResponse:
    """The raw answer, unchecked, as a server would give it."""
    send = site.web.head if method == "HEAD" else site.web.get
    return alone(send, path, status=status, **kwargs)


def policy_of(header: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in header.split(";"))}


# --- headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", PAGES)
@pytest.mark.parametrize("actor", [Actor.VISITOR, Actor.COORDINATOR])
def test_every_answer_is_guarded(world: World, site: Site, rule: str, actor: Actor) -> None:
    person = world.come(actor)
    browser = site.as_(person) if person else site
    answer = fetch(browser, ROUTES["GET", rule].path(world), status="*")
    headers = answer.headers
    policy = policy_of(headers["Content-Security-Policy"])
    assert policy.pop("connect-src")[0] == "'self'"
    assert policy == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "X-Public-Page" not in headers
    assert "Strict-Transport-Security" not in headers, "a plain http site must not pin https"
    if person and answer.content_type == "text/html":
        assert headers["Cache-Control"] == "no-store"
        assert headers.getall("Cache-Control") == ["no-store"]
    for cookie in headers.getall("Set-Cookie"):
        assert "HttpOnly" in cookie
        assert re.search(r"SameSite=(Lax|Strict)(;|$)", cookie)


@pytest.mark.parametrize("path", ["/nowhere", "/desk", "/requests/1/claim"])
def test_errors_are_guarded_as_well(site: Site, cast: Cast, path: str) -> None:
    answer = site.as_(cast.ben).get(path, status="*")
    assert answer.status_int in (403, 404, 405)
    assert policy_of(answer.headers["Content-Security-Policy"])["default-src"] == ["'self'"]
    assert answer.headers["Cache-Control"] == "no-store"


def cookies_of_a_life(site: Site) -> list[str]:
    """Every cookie that is set while somebody comes, signs in, chooses a language and leaves."""
    found: list[str] = []
    origin = site.web.extra_environ["HTTP_HOST"]
    headers = {"Origin": f"https://{origin}", "X-Forwarded-Proto": "https"}
    environ = {"wsgi.url_scheme": "https"}

    def send(path: str, **fields: str) -> None:
        page = fetch(site, "/help", extra_environ=environ)
        token = page.html.find("input", {"name": "csrf_token"})["value"]
        answer = alone(
            site.web.post, path, fields | {"csrf_token": token}, headers=headers, extra_environ=environ, status="*"
        )
        assert answer.status_int in (200, 303), f"{path}: {answer.status}"
        found.extend(page.headers.getall("Set-Cookie") + answer.headers.getall("Set-Cookie"))

    send("/login", email="ben@example.org", password=PASSWORD)
    send("/lang/en")
    send("/me/news")
    send("/logout")
    found.extend(fetch(site, "/help", extra_environ=environ).headers.getall("Set-Cookie"))
    return found


def test_cookies_are_closed_to_scripts_and_to_other_sites(site: Site, cast: Cast) -> None:
    found = cookies_of_a_life(site)
    assert {cookie.partition("=")[0] for cookie in found} == {"visit", "session", "lang", "notice"}
    for cookie in found:
        assert "HttpOnly" in cookie, cookie
        assert "SameSite=Lax" in cookie, cookie
        assert "Path=/" in cookie, cookie
        assert "Domain" not in cookie, cookie


NONSENSE = [
    "",
    "[",
    "[::1",
    "[::1]:8000",
    "evil.example; script-src *",
    "evil.example\x01",
    "a b",
    "a:b:c",
    "x" * 3000,
    "%00",
    "evil.example/path",
    "user@evil.example",
    "é",
]


@pytest.mark.parametrize("host", NONSENSE, ids=lambda host: repr(host[:24]))
@pytest.mark.parametrize("path", ["/", "/help", "/requests?q=a"])
def test_a_host_of_nonsense_breaks_nothing(site: Site, host: str, path: str) -> None:
    answer = ask_raw(site, path, {"Host": host})
    assert answer.status_code in (200, 400), answer.status
    policy = policy_of(answer.headers["Content-Security-Policy"])
    assert set(policy) == {*POLICY, "connect-src"}, "the host wrote a rule into our policy"
    assert len(policy["connect-src"]) == 2


# --- where a form sends its reader ---------------------------------------------------------------

OFF_SITE = [
    "//evil.example",
    "///evil.example",
    "////evil.example/x",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:/evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "?x=//evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/x\r\nSet-Cookie: a=b",
    "/x\r\n\r\n<h1>",
    " //evil.example",
    "/ /evil.example",
    "/\x00/evil.example",
    "/\u2028x",
    "/\u3000x",
    "/" + "a" * 5000,
    "//evil.example/%2e%2e",
    "/.//evil.example",
    "/..//evil.example",
    "/%09/evil.example",
]


def is_local(location: str) -> bool:
    """Whether a browser stays here: as the URL standard reads an address, not as Python does."""
    address = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/").removeprefix(f"http://{HERE}")
    return address.startswith("/") and not address.startswith("//") and "\x00" not in address


@pytest.mark.parametrize("target", OFF_SITE, ids=lambda text: repr(text[:24]))
@pytest.mark.parametrize("form", ["login", "signed in", "register", "language", "claim", "news"])
def test_no_form_sends_its_reader_off_the_site(world: World, site: Site, form: str, target: str) -> None:
    ben = site.as_(world.cast.ben)
    if form == "login":
        person = world.come(Actor.VOLUNTEER)
        assert person is not None
        answer = site.post("/login", {"email": person.email, "password": PASSWORD, "next": target}, 303)
    elif form == "signed in":
        answer = fetch(ben, "/login", {"next": target}, status=303)
    elif form == "register":
        entries = {"name": "N", "email": f"n{secrets.token_hex(6)}@mail.kz", "password": PASSWORD}
        answer = site.post("/register", entries | {"age": "adult", "region": "KZ-75", "district": "", "next": target})
        if answer.status_int == 422 or answer.status_int == 429:
            return
    elif form == "language":
        answer = site.post("/lang/en", {"next": target}, 303)
    elif form == "claim":
        answer = ben.post("/requests/999/release", {"next": target}, 404)
        answer = site.post("/requests/999/claim", {"next": target}, 303)
        assert answer.headers["Location"].startswith(("/login?", f"http://{HERE}/login?"))
        return
    else:
        with world.app.app_context():
            deed_id = make_deed()
        answer = site.as_(world.cast.dee).post(f"/desk/deeds/{deed_id}/hide", {"next": target, "reason": "No."}, 303)
    assert is_local(answer.headers["Location"]), answer.headers["Location"]
    assert "evil.example" not in answer.headers["Location"].partition("?")[0] or answer.headers["Location"].startswith(
        ("/.", "/%")
    )
    assert "a=b" not in str(answer.headers.getall("Set-Cookie"))


@pytest.mark.parametrize("target", ["/", "/requests?kind=errands&q=%D1%85", "/requests/7#card", "/deeds/1"])
def test_our_own_addresses_are_followed(target: str) -> None:
    assert safe_next(target) == target


def test_dots_do_not_lead_off_the_site() -> None:
    for target in ("/.//evil.example", "/..//evil.example", "/a/..//evil.example", "/%2e//evil.example"):
        assert safe_next(target) is None, f"{target}: a browser makes //evil.example of it"


# --- text stays text -----------------------------------------------------------------------------

EVIL = "x\r\nSet-Cookie: evil=1\r\n\r\n\x00\x1b[31m\u2028<script>alert(1)</script>"


def test_no_field_adds_a_header_or_a_line(world: World, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    for (method, rule), route in ROUTES.items():
        if method != "POST":
            continue
        person = world.come(route.victim)
        browser = site.as_(person) if person else Site(world.app)
        fields = dict.fromkeys((*route.fields, "next", "reason", "claim", "people", "wait", "note", "view"), EVIL)
        fields |= {"kept_photos": "\x00," + "k" * 32, "word": EVIL, "outcome": EVIL, "seen_version": "٣" * 30}
        answer = browser.post(route.path(world), fields)
        assert answer.status_int < 500, f"POST {rule}: {answer.status}"
        assert "evil" not in str(answer.headers.getall("Set-Cookie"))
        assert "<script>alert" not in answer.text
    for record in caplog.records:
        assert "\x1b" not in record.getMessage()


def test_a_reason_with_forbidden_letters_is_kept_as_text(context: Flask, site: Site, world: World) -> None:
    ben = site.as_(world.come(Actor.VOLUNTEER))  # type: ignore[arg-type]
    request_id = make_request()
    ben.post(f"/requests/{request_id}/claim", status=303)
    ben.post(f"/requests/{request_id}/release", {"reason": EVIL}, 303)
    reason = db.read.scalars(select(Claim.reason).where(Claim.request_id == request_id)).one()
    assert "\x00" not in reason
    assert "\r" not in reason


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "%D3%99" * 900,
        "q=%22%27%29%3B--",
        "q=a*b%20NEAR(%20AND%20-",
        "q=%ff%fe",
        "kind=%00&region=%00&district=%00",
        "when=x&minutes=99999999999999999999999",
        "after=99999999999999999-999999999999999999",
        "after=%D9%A3-1",
        "fits=1&fits=2",
        "&".join(f"p{n}=1" for n in range(1500)),
    ],
    ids=lambda query: query[:20],
)
@pytest.mark.parametrize("path", ["/requests", "/deeds", "/live/changes", "/login", "/register", "/desk/requests"])
def test_no_question_breaks_a_page(site: Site, cast: Cast, path: str, query: str) -> None:
    for browser in (site, site.as_(cast.dee)):
        answer = fetch(browser, f"{path}?{query}", status="*")
        assert answer.status_int in (200, 204, 303, 400), answer.status


def test_reports_and_told_deeds_take_only_what_is_in_the_form(context: Flask, site: Site, world: World) -> None:
    ben = site.as_(world.come(Actor.VOLUNTEER))  # type: ignore[arg-type]
    person = world.me
    assert person is not None
    request_id = make_request()
    extra = {"state": "confirmed", "status": "published", "level": "confirmed", "user_id": "1", "region_id": "KZ-71"}
    extra |= {
        "role": "admin",
        "capabilities": "1024",
        "claim_id": "1",
        "region_code": "KZ-71",
        "minutes_confirmed": "9",
    }
    ben.post(f"/requests/{request_id}/claim", extra | {"people": "1"}, 303)
    report = ROUTES["POST", "/requests/<int:request_id>/report"].fields
    ben.post(f"/requests/{request_id}/report", report | extra, 303)
    claim = db.read.scalars(select(Claim).where(Claim.request_id == request_id)).one()
    assert (claim.user_id, claim.state, claim.minutes) == (person.id, "reported", 30)
    ben.post("/deeds/new", ROUTES["POST", "/deeds/new"].fields | extra, 303)
    deed = db.read.scalars(select(Deed).where(Deed.user_id == person.id)).one()
    assert (deed.status, deed.level, deed.region_code, deed.claim_id) == ("pending", "told", "KZ-75", None)
    assert db.read.get_one(User, person.id).role == "volunteer"


# --- pages from memory ---------------------------------------------------------------------------

PUBLIC = ["/", "/requests", "/deeds", "/deeds.atom", "/requests?kind=errands"]


@pytest.mark.parametrize("path", PUBLIC)
def test_nobody_gets_the_page_of_somebody_who_is_signed_in(context: Flask, site: Site, world: World, path: str) -> None:
    make_request(title="Something new, so that nothing is kept")
    ben = site.as_(world.cast.ben)
    mine = fetch(ben, path)
    theirs = fetch(site, path)
    again = fetch(ben, path)
    assert "csrf_token" not in theirs.text
    assert "hx-headers" not in theirs.text
    assert theirs.headers["Cache-Control"] == "no-cache"
    if path != "/deeds.atom":
        for page in (mine, again):
            assert page.headers["Cache-Control"] == "no-store"
            assert "csrf_token" in page.text
    assert "ETag" not in mine.headers
    assert [c for c in theirs.headers.getall("Set-Cookie") if not c.startswith("board=")] == []


@pytest.mark.parametrize("path", ["/", "/requests", "/deeds"])
def test_a_notice_is_shown_to_its_reader_only(context: Flask, site: Site, world: World, path: str) -> None:
    make_request()
    cy = site.as_(world.cast.cy)
    cy.post("/logout", status=303)
    assert "You are signed out" in fetch(cy, path).text
    assert "You are signed out" not in fetch(site, path).text
    assert "You are signed out" not in fetch(cy, path).text


@pytest.mark.parametrize("cookie", ["session =x", "notice =x", " notice=x", "session=", "a=b; notice=x", 'notice="x"'])
def test_odd_cookies_do_not_get_into_what_is_kept(context: Flask, site: Site, world: World, cookie: str) -> None:
    make_request()
    first = fetch(Site(world.app), "/requests", headers={"Cookie": cookie})
    second = fetch(site, "/requests")
    for page in (first, second):
        assert "csrf_token" not in page.text
    assert second.headers.getall("Set-Cookie") == []


def test_each_language_has_its_own_copy(context: Flask, world: World) -> None:
    make_request()
    for _ in range(2):
        for accept, language in (("ru", "ru"), ("kk", "kk"), ("en", "en"), ("de", "en")):
            page = fetch(Site(world.app), "/requests", headers={"Accept-Language": accept})
            assert page.html.find("html")["lang"] == language
        for code in ("kk", "ru", "en"):
            assert fetch(Site(world.app).language(code), "/requests").html.find("html")["lang"] == code


def test_fragments_and_pages_are_kept_apart(context: Flask, world: World) -> None:
    make_request()
    variants = [
        ({}, True),
        (HTMX, False),
        (HTMX | {"HX-Boosted": "true"}, True),
        (HTMX | {"HX-History-Restore-Request": "true"}, True),
        ({"HX-Request": "false"}, True),
    ]
    for order in (variants, variants[::-1], variants):
        for headers, is_page in order:
            page = fetch(Site(world.app), "/requests?kind=errands", headers=headers)
            assert ("<!doctype html>" in page.text) is is_page, headers


def test_hosts_are_kept_apart(context: Flask, site: Site) -> None:
    make_request()
    fetch(site, "/requests", extra_environ={"HTTP_HOST": "evil.example"})
    assert "evil.example" not in fetch(site, "/requests").text


def test_what_changed_is_seen_at_once(context: Flask, site: Site) -> None:
    fetch(site, "/requests")
    make_request(title="Brand-new request", starts_at=utcnow() + timedelta(minutes=5))
    assert "Brand-new request" in fetch(site, "/requests").text


def test_looking_at_the_head_only(context: Flask, site: Site, world: World) -> None:
    make_request()
    for path in (*PUBLIC, "/help", "/login", "/me/settings", "/healthz"):
        for browser in (site, site.as_(world.cast.ben)):
            full = fetch(browser, path, status="*")
            head = fetch(browser, path, "HEAD", status="*")
            assert head.status_int == full.status_int, path
            assert head.body == b""
            assert head.headers["Content-Type"] == full.headers["Content-Type"]


@pytest.mark.parametrize("path", PUBLIC)
def test_what_the_browser_has_is_not_sent_again(context: Flask, site: Site, path: str) -> None:
    make_request()
    etag = fetch(site, path).headers["ETag"]
    again = fetch(site, path, headers={"If-None-Match": etag})
    assert again.status_int == 304
    assert again.body == b""
    assert again.headers["ETag"] == etag
    assert fetch(site, path, headers={"If-None-Match": 'W/"other"'}).status_int == 200


def ask_raw(site: Site, path: str, headers: dict[str, str]) -> Any:
    return alone(site.app.test_client(use_cookies=False).get, path, headers=headers)


@pytest.mark.parametrize("path", ["/requests", "/help", "/me", "/deeds.atom"])
def test_each_way_of_compressing_says_the_same(context: Flask, site: Site, world: World, path: str) -> None:
    browser = site.as_(world.cast.ben) if path == "/me" else site
    plain = fetch(browser, path)
    assert "Content-Encoding" not in plain.headers
    for accept, name, unpack in (
        ("br", "br", brotli.decompress),
        ("gzip, deflate", "gzip", gzip.decompress),
        ("gzip, br", "br", brotli.decompress),
    ):
        cookies = "; ".join(f"{name}={value}" for name, value in browser.web.cookies.items())
        packed = ask_raw(browser, path, {"Accept-Encoding": accept, "Cookie": cookies, "Host": HERE})
        assert packed.headers["Content-Encoding"] == name
        assert "Accept-Encoding" in packed.headers["Vary"]
        said = unpack(packed.data).decode()
        assert re.sub(r"[0-9a-f]{64}", "T", said) == re.sub(r"[0-9a-f]{64}", "T", plain.text)
        assert int(packed.headers["Content-Length"]) == len(packed.data)


def test_asking_in_many_ways_does_not_fill_the_memory(context: Flask, site: Site) -> None:
    from accelerator.page_cache import MAX_PAGES, PageCache

    cache = site.app.wsgi_app
    while not isinstance(cache, PageCache):
        cache = cache.app
    page = next(iter(cache.pages.values()), None)
    if page is None:
        fetch(site, "/requests")
        page = next(iter(cache.pages.values()))
    for number in range(MAX_PAGES + 5):
        cache.pages[(str(number),)] = page
    fetch(site, "/deeds?after=1-1")
    assert len(cache.pages) <= MAX_PAGES


def test_the_page_says_what_it_depends_on(context: Flask, site: Site) -> None:
    for path in PUBLIC:
        vary = {word.strip() for word in fetch(site, path).headers["Vary"].split(",")}
        assert vary >= {"Cookie", "Accept-Language", "Accept-Encoding", "HX-Request"}


def test_files_are_kept_for_ever_and_only_by_their_own_name(site: Site) -> None:
    address = fetch(site, "/help").html.find("link", rel="stylesheet")["href"]
    answer = fetch(site, address)
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers.getall("Set-Cookie") == []
    policy = policy_of(answer.headers["Content-Security-Policy"])
    assert policy == {key: ["'none'"] for key in ("default-src", "base-uri", "form-action", "frame-ancestors")}
    for path in ("/static/css/app.css", "/static/../config.py", "/static/vendor/MANIFEST.toml", address + "x"):
        assert fetch(site, path, status="*").status_int == 404


@pytest.mark.parametrize("name", ["app.js", "app.css", "desk.js", "photos.js", "icons.svg", "favicon.svg"])
def test_a_file_opened_by_itself_loads_nothing(app: Flask, site: Site, name: str) -> None:
    policy = policy_of(fetch(site, app.extensions["assets"].url(name)).headers["Content-Security-Policy"])
    assert (policy["default-src"], policy["frame-ancestors"]) == (["'none'"], ["'none'"])
    assert policy.get("style-src") == (["'unsafe-inline'"] if name.endswith(".svg") else None)


def test_text_of_every_error_is_a_sentence(site: Site) -> None:
    assert "There is nothing at this address" in text_of(site.get("/nowhere", 404))
