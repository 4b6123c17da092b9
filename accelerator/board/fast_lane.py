"""The board for people who are signed in, answered before Flask's machinery starts.

Flask draws the board once for everybody alike (same address, language, region, age, capabilities) and leaves it
here with its headers; until something public changes, each of them costs one query (who is it?) and the
filling of three gaps: form token, open promises, number of the newest event.
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from sqlalchemy.exc import SQLAlchemyError

from accelerator import i18n, notices
from accelerator.accounts.sessions import TOUCH_EVERY
from accelerator.accounts.viewer import Viewer, find_viewer
from accelerator.board.stencils import SharedBoard, own_words
from accelerator.clock import utcnow
from accelerator.kept import Kept
from accelerator.page_cache import LONGEST_QUERY, language_cookie
from accelerator.security import masked, token_of
from accelerator.stencil import join_gzip, join_plain

#: Where the view leaves what it has drawn.
DEPOSIT = "accelerator.board.deposit"
KEEP_SECONDS = 30.0
MAX_BOARDS = 512
#: What belongs to one answer and is not kept.
OWN_HEADERS = frozenset({"content-length", "content-encoding"})

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class KeptBoard:
    """A drawn board, good while ``version`` is the newest and until a monotonic time in seconds."""

    board: SharedBoard
    headers: Headers
    version: int
    until: float


class FastLane:
    """WSGI middleware for ``GET /requests`` of signed-in people; everything else is passed on."""

    def __init__(
        self,
        app: WSGIApplication,
        *,
        version: Callable[[float], int],
        session_cookie: str,
        default_language: str,
        secret: bytes,
    ) -> None:
        self.app = app
        self.version = version
        self.session = cookie_pattern(session_cookie)
        self.default_language = default_language
        self.secret = secret
        self.kept: Kept[KeptBoard] = Kept(MAX_BOARDS)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            viewer = self.find_reader(environ)
            version = self.version(time.monotonic()) if viewer else 0
        except SQLAlchemyError:  # the application says so in words
            viewer = None
        if viewer is None:
            return self.app(environ, start_response)
        key = self.key(environ, viewer)
        kept = self.kept.get(key)
        if kept is None or kept.version != version or kept.until < time.monotonic():
            return self.ask(key, version, environ, start_response)
        if not kept.board.ids.isdisjoint(viewer.claims):
            return self.app(environ, start_response)
        return self.send(kept, viewer, environ, start_response)

    def find_reader(self, environ: WSGIEnvironment) -> Viewer | None:
        """Who asks for the board, when the answer can come from here."""
        if environ["PATH_INFO"] != "/requests" or environ["REQUEST_METHOD"] != "GET" or "HTTP_HX_REQUEST" in environ:
            return None
        if len(environ.get("QUERY_STRING", "")) > LONGEST_QUERY:
            return None
        cookies = environ.get("HTTP_COOKIE", "")
        token = self.session.search(cookies)
        if token is None or f"{notices.COOKIE}=" in cookies:
            return None
        now = utcnow()
        viewer = find_viewer(token[1], at=now)
        if viewer is None or now - viewer.session_seen_at >= TOUCH_EVERY:  # the application keeps sessions alive
            return None
        return viewer

    def key(self, environ: WSGIEnvironment, viewer: Viewer) -> tuple[Any, ...]:
        """Everything that the page depends on, but the three gaps."""
        chosen = language_cookie(environ.get("HTTP_COOKIE", ""))
        accept = environ.get("HTTP_ACCEPT_LANGUAGE", "")
        return (
            environ.get("QUERY_STRING", ""),
            i18n.choose(chosen, viewer.locale, accept, self.default_language),
            environ.get("HTTP_HOST", ""),
            environ["wsgi.url_scheme"],
            viewer.reads_desk,
            viewer.region_code,
            viewer.district_code,
            viewer.age_group,
            viewer.capabilities,
        )

    def ask(
        self, key: tuple[Any, ...], version: int, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Let Flask draw the page, and keep what it leaves for others like this reader."""
        deposit: list[SharedBoard | None] = []
        answered: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, *error: Any) -> Callable[[bytes], object]:
            answered.append((status, headers))
            return start_response(status, headers, *error)

        body = self.app({**environ, DEPOSIT: deposit}, start)
        if deposit and deposit[0] and answered:
            status, headers = answered[0]
            if status.startswith("200") and "set-cookie" not in {name.lower() for name, _ in headers}:
                general = [pair for pair in headers if pair[0].lower() not in OWN_HEADERS]
                self.kept.put(key, KeptBoard(deposit[0], general, version, time.monotonic() + KEEP_SECONDS))
        return body

    def send(
        self, kept: KeptBoard, viewer: Viewer, environ: WSGIEnvironment, start_response: StartResponse
    ) -> list[bytes]:
        token = masked(token_of(viewer.session_key, self.secret))
        pieces = kept.board.page.finish(own_words(token, viewer, kept.version))
        headers = kept.headers.copy()
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            body = join_gzip(pieces)
            headers.append(("Content-Encoding", "gzip"))
        else:
            body = join_plain(pieces)
        headers.append(("Content-Length", str(len(body))))
        start_response("200 OK", headers)
        return [body]


def cookie_pattern(name: str) -> re.Pattern[str]:
    """Finds the value of a cookie of ours, with or without quotes, in a ``Cookie`` header."""
    return re.compile(rf'(?:^|;\s*){re.escape(name)}="?([^;"]+)')
