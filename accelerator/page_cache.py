"""Public pages from memory, before Flask's machinery starts.

A visitor without a session gets the page that was rendered for the first such visitor since something
public changed. The key is everything that the page depends on; a page that depends on more (a notice,
a form with a token) does not carry the header `PUBLIC` and is never kept.
"""

import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import brotli
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.sansio.http import parse_cookie

from accelerator import i18n, notices
from accelerator.assets import Assets, pick_encoding

#: Set by a view whose answer is the same for every visitor; taken off before the answer leaves.
PUBLIC = "X-Public-Page"
PATHS = frozenset({"/", "/requests", "/deeds", "/deeds.atom"})
KEEP_SECONDS = 30.0
#: Longer addresses are nobody's bookmark; they must not push the others out of memory.
LONGEST_QUERY = 300
MAX_PAGES = 1024

Headers = list[tuple[str, str]]


@dataclass
class Page:
    """One rendered page and its compressed forms, made at the first need."""

    version: int
    until: float
    headers: Headers
    body: bytes
    etag: str
    encoded: dict[str, tuple[Headers, bytes]] = field(default_factory=dict)

    def form(self, encoding: str) -> tuple[Headers, bytes]:
        if encoding not in self.encoded:
            self.encoded[encoding] = self._make(encoding)
        return self.encoded[encoding]

    def _make(self, encoding: str) -> tuple[Headers, bytes]:
        body = compress(self.body, encoding)
        headers = [*self.headers, ("Content-Length", str(len(body))), ("ETag", self.etag)]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        return headers, body


def compress(body: bytes, encoding: str) -> bytes:
    if encoding == "br":
        return bytes(brotli.compress(body, quality=5))
    return gzip.compress(body, 9, mtime=0) if encoding == "gzip" else body


class PageCache:
    """WSGI middleware: hashed files, then public pages from memory, then the application."""

    def __init__(
        self,
        app: WSGIApplication,
        *,
        assets: Assets,
        version: Callable[[float], int],
        session_cookie: str,
        default_language: str,
    ) -> None:
        self.app = app
        self.assets = assets
        self.version = version
        self.private_cookies = (f"{session_cookie}=", f"{notices.COOKIE}=")
        self.default_language = default_language
        self.pages: OrderedDict[tuple[str, ...], Page] = OrderedDict()
        self.lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.app(environ, start_response)
        answer = self.assets.serve(environ, start_response)
        if answer is not None:
            return answer
        key = self.key(environ)
        if key is None:
            return self.pass_on(environ, start_response)
        now = time.monotonic()
        try:
            version = self.version(now)
        except SQLAlchemyError:  # the application says so in words
            return self.pass_on(environ, start_response)
        page = self.pages.get(key)
        if page is None or page.version != version or page.until < now:
            captured = capture(self.app, environ)
            page = self.keep(key, version, now, captured)
            if page is None:
                start_response(captured.status, captured.headers)
                return [captured.body]
        return send(page, environ, start_response)

    def pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Ask the application. HEAD is asked as GET, so that views know two methods only; its body stays here."""

        def start(status: str, headers: Headers, *error: Any) -> Callable[[bytes], object]:
            return start_response(status, [pair for pair in headers if pair[0] != PUBLIC], *error)

        if environ["REQUEST_METHOD"] != "HEAD":
            return self.app(environ, start)
        captured = capture(self.app, environ)
        start(captured.status, captured.headers)
        return [b""]

    def key(self, environ: WSGIEnvironment) -> tuple[str, ...] | None:
        """What the page depends on, or `None` when it is not a public page for this reader."""
        if environ["PATH_INFO"] not in PATHS or len(environ.get("QUERY_STRING", "")) > LONGEST_QUERY:
            return None
        cookies = environ.get("HTTP_COOKIE", "")
        if any(name in cookies for name in self.private_cookies):
            return None
        language = i18n.choose(
            language_cookie(cookies) if cookies else None,
            None,
            environ.get("HTTP_ACCEPT_LANGUAGE", ""),
            self.default_language,
        )
        return (
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            language,
            environ.get("HTTP_HOST", ""),
            environ["wsgi.url_scheme"],
            environ.get("HTTP_HX_REQUEST", ""),
            "boosted" if "HTTP_HX_BOOSTED" in environ else "",
            environ.get("HTTP_HX_HISTORY_RESTORE_REQUEST", ""),
        )

    def keep(self, key: tuple[str, ...], version: int, now: float, captured: "Captured") -> Page | None:
        """Remember a page that its view declared public; the oldest leaves when there are too many."""
        if not captured.is_public:
            return None
        etag = f'W/"{hashlib.sha256(captured.body).hexdigest()[:20]}"'
        page = Page(version, now + KEEP_SECONDS, captured.headers, captured.body, etag)
        with self.lock:
            self.pages[key] = page
            self.pages.move_to_end(key)
            while len(self.pages) > MAX_PAGES:
                self.pages.popitem(last=False)
        return page


@dataclass
class Captured:
    """What the application answered."""

    status: str
    headers: Headers
    body: bytes
    is_public: bool


def capture(app: WSGIApplication, environ: WSGIEnvironment) -> Captured:
    """Run the application (as a GET, so that HEAD is answered from the same page) and collect its answer."""
    state: dict[str, Any] = {}

    def start_response(status: str, headers: Headers, _error: Any = None) -> Callable[[bytes], object]:
        state["status"], state["headers"] = status, headers
        return lambda _data: None

    answer = app({**environ, "REQUEST_METHOD": "GET"}, start_response)
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    names = {name.lower() for name, _ in state["headers"]}
    is_public = PUBLIC.lower() in names and "set-cookie" not in names and state["status"].startswith("200")
    drop = {PUBLIC.lower()} | ({"content-length", "content-encoding", "etag"} if is_public else set())
    headers = [(name, value) for name, value in state["headers"] if name.lower() not in drop]
    return Captured(state["status"], headers, body, is_public)


def send(page: Page, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    headers, body = page.form(pick_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")))
    if environ.get("HTTP_IF_NONE_MATCH") == page.etag:
        kept = [pair for pair in headers if pair[0] not in ("Content-Length", "Content-Type", "Content-Encoding")]
        start_response("304 Not Modified", kept)
        return [b""]
    start_response("200 OK", headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def language_cookie(header: str) -> str | None:
    """The chosen language, read as the application reads it: two readings could be played against each other."""
    return parse_cookie(header).get(i18n.COOKIE)
