"""A browser without a screen that checks every page it fetches, and sends forms as they were rendered."""

import contextvars
import re
import secrets
from functools import lru_cache
from html import unescape
from typing import Any

import html5lib
from bs4 import BeautifulSoup, Tag
from flask import Flask
from webtest import TestApp, TestResponse

from accelerator.accounts.models import AuthSession
from accelerator.accounts.viewer import hash_token
from accelerator.clock import utcnow
from accelerator.extensions import db
from tests.cast import Person

INLINE = re.compile(r"<(?:script(?![^>]*\bsrc=)|style)\b|\son\w+=|\sstyle=|\bhx-on\b|[\"']js:", re.IGNORECASE)
HTMX = {"HX-Request": "true"}
ID = re.compile(r'\sid="([^"]*)"')
TOKEN = re.compile(r'<input[^>]* name="csrf_token"[^>]* value="([^"]+)"')
NO_WORDS = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
#: Words, numbers and most attributes: what changes from one showing of a page to the next, and not its shape.
PASSING = re.compile(r'(?<=>)[^<]+|(?<! id)(?<! for)(?<! type)(?<! lang)="[^"]*"|=\'[^\']*\'|[0-9]+')
#: Pages of this shape have been looked at: the parsers take longer than the product.
_seen: set[str] = set()


@lru_cache(maxsize=16)
def soup_of(html: str) -> BeautifulSoup:
    """A page taken apart, to be read only: it is looked at several times, and taking apart is what costs."""
    return BeautifulSoup(html, "html.parser")


TestResponse.html = property(lambda response: soup_of(response.text))


class Site:
    """One browser. Cookies are kept; ``as_`` gives the browser of somebody who is signed in."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.web = TestApp(app, extra_environ={"HTTP_HOST": "127.0.0.1:8000", "REMOTE_ADDR": "127.0.0.9"})

    def as_(self, person: Person) -> "Site":
        """A new browser in which ``person`` is signed in."""
        other = Site(self.app)
        token = f"session-of-{person.id}-{secrets.token_hex(8)}"
        with self.app.app_context(), db.transaction() as session:
            now = utcnow()
            session.add(AuthSession(token_hash=hash_token(token), user_id=person.id, created_at=now, seen_at=now))
        other.web.set_cookie("session", token)
        return other

    def language(self, code: str) -> "Site":
        self.web.set_cookie("lang", code)
        return self

    def get(self, path: str, status: int = 200, **kwargs: Any) -> TestResponse:
        return self.checked(alone(self.web.get, path, status=status, **kwargs))

    def post(
        self, path: str, fields: dict[str, Any] | None = None, status: int | None = None, **kwargs: Any
    ) -> TestResponse:
        """A POST with the session's token, as a page of ours would send it."""
        headers = {"X-CSRF-Token": self.token(), "Origin": "http://127.0.0.1:8000", **kwargs.pop("headers", {})}
        return self.checked(alone(self.web.post, path, fields or {}, headers=headers, status=status or "*", **kwargs))

    def htmx(self, path: str, fields: dict[str, Any] | None = None, status: int | None = None) -> TestResponse:
        return self.post(path, fields, status, headers=HTMX)

    def token(self) -> str:
        found = TOKEN.search(alone(self.web.get, "/help").text)
        assert found, "the page has no form token"
        return unescape(found[1])

    def press(self, page: TestResponse, text: str, status: int | str = "*", **fields: Any) -> TestResponse:
        """Press the first button that says ``text``, as a browser without JavaScript would."""
        soup = soup_of(page.text)
        button = next((b for b in soup.find_all("button") if text in b.get_text(" ", strip=True)), None)
        assert button is not None, (
            f"no button says {text!r}; there are {[b.get_text(strip=True) for b in soup.find_all('button')]}"
        )
        form = soup.find("form", id=button["form"]) if button.get("form") else button.find_parent("form")
        assert isinstance(form, Tag), f"the button {text!r} belongs to no form"
        values = form_values(form) | {k: v for k, v in fields.items() if v is not None}
        if button.get("name"):
            values[str(button["name"])] = str(button.get("value", ""))
        action = str(button.get("formaction") or form.get("action") or page.request.path_qs)
        assert form.get("method", "").lower() == "post", f"{text!r} does not send a POST"
        pairs = [(k, w) for k, v in values.items() for w in (v if isinstance(v, list) else [v])]
        uploads = [(k, *w) for k, w in pairs if isinstance(w, tuple)]
        plain = [(k, w) for k, w in pairs if not isinstance(w, tuple)]
        return self.checked(
            alone(
                self.web.post,
                action,
                plain,
                status=status,
                upload_files=uploads or None,
                headers={"Origin": "http://127.0.0.1:8000"},
            )
        )

    def follow(self, response: TestResponse) -> TestResponse:
        assert response.status_int in (302, 303), (
            f"expected a redirect, got {response.status}: {text_of(response)[:300]}"
        )
        return self.get(response.headers["Location"].removeprefix("http://127.0.0.1:8000"))

    def checked(self, response: TestResponse) -> TestResponse:
        """Every page: valid HTML, one h1, no id twice, nothing inline, a language, a strict policy."""
        if response.content_type != "text/html" or not response.text:
            return response
        html = response.text
        assert not INLINE.search(html), f"inline code: {INLINE.search(html)}"
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        ids = ID.findall(html)
        assert len(ids) == len(set(ids)), f"ids twice: {sorted({i for i in ids if ids.count(i) > 1})}"
        shape = PASSING.sub("", html)
        if "<!doctype html>" in html[:200].lower() and shape not in _seen:
            check_document(soup_of(html), html)
            _seen.add(shape)
        return response


def alone(send: Any, *args: Any, **kwargs: Any) -> TestResponse:
    """Send a request as a server would see it: outside of the test's own application context."""
    return contextvars.Context().run(send, *args, **kwargs)


def check_document(soup: BeautifulSoup, html: str) -> None:
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(html)
    assert not parser.errors, f"invalid HTML: {parser.errors[:3]}"
    assert len(soup.find_all("h1")) == 1, f"{len(soup.find_all('h1'))} h1 on the page"
    root = soup.find("html")
    assert isinstance(root, Tag)
    assert root.get("lang") in ("kk", "ru", "en")
    assert soup.title is not None
    assert soup.title.get_text(strip=True)
    for field in soup.find_all(["input", "select", "textarea"]):
        labelled = field.get("type") in ("hidden", "submit") or field.get("aria-label") or field.find_parent("label")
        assert labelled or soup.find("label", {"for": field.get("id")}), f"no label: {field}"


def form_values(form: Tag) -> dict[str, Any]:
    """What a browser would send of a form that nobody touched."""
    values: dict[str, Any] = {}
    for field in form.find_all(["input", "select", "textarea"]):
        name, kind = field.get("name"), field.get("type", "")
        if not name or kind in ("file", "submit") or (kind in ("radio", "checkbox") and not field.has_attr("checked")):
            continue
        if field.name == "select":
            chosen = field.find("option", selected=True) or field.find("option")
            value = chosen.get("value", chosen.get_text()) if chosen else ""
        else:
            value = (
                field.get_text() if field.name == "textarea" else field.get("value", "on" if kind == "checkbox" else "")
            )
        if kind in ("checkbox", "hidden") and name in values:
            values[name] = [*(values[name] if isinstance(values[name], list) else [values[name]]), value]
        else:
            values[name] = value
    return values


def text_of(response: TestResponse) -> str:
    """The words of a page, spaces folded."""
    return " ".join(unescape(NO_WORDS.sub(" ", response.text)).split())
