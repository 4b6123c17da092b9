"""The filters last used on the board: a small cookie keeps them, so that every way back leads to them.

Pages of the board come from memory and are the same for everybody, so the cookie is written in front of them:
its value is the page's own address, without blanks and without anything that is no filter.
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.sansio.http import parse_cookie

from accelerator.page_cache import LONGEST_QUERY, Headers

COOKIE = "board"
BOARD = "/requests"
#: Leads to the board as it was left; for pages from memory, which cannot know how that was.
WAY_BACK = "/requests/back"
NAMES = ("q", "kind", "region", "district", "when", "minutes", "fits")
#: Filters of yesterday would surprise.
KEEP_SECONDS = 24 * 3600


def canonical(query: str) -> str:
    """The filters of a query string in one order, each once and none blank; whatever else it says is left out."""
    if len(query) > LONGEST_QUERY:
        return ""
    given: dict[str, str] = {}
    for name, value in parse_qsl(query):
        given.setdefault(name, value)
    return urlencode([(name, given[name]) for name in NAMES if name in given])


def has_blanks(query: str) -> bool:
    """Whether a browser sent empty fields along, as forms do."""
    return "=&" in f"{query}&"


def address(query: str | None) -> str:
    """The board with these filters; the value of a cookie is believed no more than an address."""
    kept = canonical(query or "")
    return f"{BOARD}?{kept}" if kept else BOARD


class KeepFilters:
    """WSGI middleware: notes the filters of each page of the board that it lets through."""

    def __init__(self, app: WSGIApplication, *, secure: bool) -> None:
        self.app = app
        self.scope = f"{'Secure; ' if secure else ''}HttpOnly; Path=/; SameSite=Lax"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        if environ["PATH_INFO"] != BOARD or environ["REQUEST_METHOD"] != "GET" or "after=" in query:
            return self.app(environ, start_response)
        cookies = environ.get("HTTP_COOKIE", "")
        known = parse_cookie(cookies).get(COOKIE, "") if f"{COOKIE}=" in cookies else ""
        filters = canonical(query)
        if filters == known:
            return self.app(environ, start_response)
        note = f"{COOKIE}={filters}; Max-Age={KEEP_SECONDS if filters else 0}; {self.scope}"

        def start(status: str, headers: Headers, *error: Any) -> Callable[[bytes], object]:
            is_shown = status.startswith(("200", "304"))
            return start_response(status, [*headers, ("Set-Cookie", note)] if is_shown else headers, *error)

        return self.app(environ, start)
