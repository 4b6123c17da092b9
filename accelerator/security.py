"""Headers of every response, and protection against forged requests.

A POST is accepted when the browser says that it comes from our own pages (``Sec-Fetch-Site``, or
``Origin``) *and* it carries the token of its session. Pages served from memory to everybody carry no
token: what a visitor can send from them, the choice of language and a thank-you, needs the first check alone.
"""

import hashlib
import hmac
import re
import secrets
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, make_response, request

from accelerator import visits
from accelerator.accounts.sessions import current_viewer
from accelerator.addresses import parse_address, with_neighbours
from accelerator.errors import Forged, OutOfDate
from accelerator.visits import known_visit, visit_id

TOKEN_FIELD = "csrf_token"  # noqa: S105 (the name of a field)
TOKEN_BYTES = 16
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105
#: Endpoints whose POST changes nothing but how the sender sees the site.
WITHOUT_TOKEN = frozenset({"accounts.set_language"})
#: Those that visitors, too, reach from pages without one: a thank-you is said once for each browser, and nobody
#: gains from forging it. Whoever is signed in has a token on every page.
WITHOUT_VISITORS_TOKEN = frozenset({"deeds.thank_for_deed"})


#: A host as it may stand in an address and in a policy: a name, or an IPv6 number in brackets.
HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?=:[0-9]+\Z|\Z)")


def init_app(app: Flask) -> None:
    app.before_request(refuse_forged)
    app.after_request(set_visit_cookie)
    app.after_request(set_headers)


def csrf_token() -> str:
    """The token for forms on this page, masked with fresh randomness so that compression cannot give it away."""
    if "csrf_token" not in g:
        g.csrf_token = masked(true_token())
    return str(g.csrf_token)


def true_token() -> bytes:
    """What the token stands for: bound to the session or, for visitors, to a random cookie."""
    viewer = current_viewer()
    return token_of(viewer.session_key if viewer else visit_id().encode(), secret_key())


def token_of(owner: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, b"csrf:" + owner, "sha256")[:TOKEN_BYTES]


def masked(token: bytes) -> str:
    pad = secrets.token_bytes(TOKEN_BYTES)
    return (pad + mask(pad, token)).hex()


def mask(pad: bytes, token: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(pad, token, strict=True))


def is_token(given: str) -> bool:
    """Whether ``given`` is a masked form of this session's token."""
    try:
        raw = bytes.fromhex(given)
    except ValueError:
        return False
    if len(raw) != 2 * TOKEN_BYTES:
        return False
    return hmac.compare_digest(mask(raw[:TOKEN_BYTES], raw[TOKEN_BYTES:]), true_token())


def reader_key() -> str:
    """Who thanks or reports: the account, else the browser; hashed, so that the row names nobody."""
    viewer = current_viewer()
    return _reader_key(viewer.public_ref if viewer else visit_id())


def earlier_reader_key() -> str | None:
    """Who the same reader was in this browser before signing in; `None` for a visitor, or a browser new to us."""
    visit = known_visit()
    return _reader_key(visit) if visit and current_viewer() else None


def _reader_key(who: str) -> str:
    return hmac.new(secret_key(), b"reader:" + who.encode(), hashlib.sha256).hexdigest()


def client_address() -> str:
    """Whom limits count: an address, or the household of one (see `addresses.with_neighbours`)."""
    try:
        return with_neighbours(parse_address(request.remote_addr or ""))
    except ValueError:
        return "unknown"


def secret_key() -> bytes:
    key = current_app.config["SECRET_KEY"]
    return bytes(key)


def refuse_forged() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if not is_same_origin():
        raise Forged
    if request.endpoint in WITHOUT_TOKEN or (request.endpoint in WITHOUT_VISITORS_TOKEN and not current_viewer()):
        return
    given = request.headers.get(TOKEN_HEADER) or request.form.get(TOKEN_FIELD, "")
    if not is_token(given):
        raise OutOfDate


def is_same_origin() -> bool:
    """Whether the browser vouches that the request comes from our pages. Old browsers send neither header."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    # A proxy may speak plain HTTP to us while the reader's page came by HTTPS.
    return origin is None or origin in (f"http://{request.host}", f"https://{request.host}")


def comes_from_our_page() -> bool:
    """Whether the browser says so itself; with old ones nobody knows."""
    return is_same_origin() and bool(request.headers.get("Sec-Fetch-Site") or request.headers.get("Origin"))


def set_visit_cookie(response: Response) -> Response:
    if "visit_id" in g and request.cookies.get(visits.COOKIE) != g.visit_id:
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(visits.COOKIE, g.visit_id, secure=secure, httponly=True, samesite="Lax")
    return response


@lru_cache(maxsize=64)
def content_security_policy(live_origin: str) -> str:
    """Only our own files, no inline code; the live stream may come from its own port."""
    return (
        "default-src 'self'; "
        f"connect-src 'self'{' ' if live_origin else ''}{live_origin}; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


#: Said of documents; a fragment lives in the document that asked for it.
OF_DOCUMENTS = (
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=(), microphone=(), payment=()"),
)


def set_headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = content_security_policy(origin_of(live_url()))
    headers["X-Content-Type-Options"] = "nosniff"
    if "HX-Request" not in request.headers:
        headers.extend(OF_DOCUMENTS)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    headers.setdefault("Cache-Control", "no-store" if g.get("viewer") else "no-cache")
    return response


def private(response: Response) -> Response:
    """Neither the browser nor anything between keeps a copy."""
    response.headers["Cache-Control"] = "no-store"
    return response


def private_file(text: str, name: str) -> Response:
    """A text that somebody saves, with the line ends that every computer reads; nothing on the way keeps it."""
    response = private(make_response(text.replace("\n", "\r\n")))
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def live_url() -> str:
    """Where the pages of this request find the live stream."""
    configured = str(current_app.config["LIVE_URL"])
    if configured:
        return configured
    return beside(request.scheme, request.host, current_app.config["LIVE_PORT"])


@lru_cache(maxsize=64)
def beside(scheme: str, host: str, port: int) -> str:
    """The stream's own port on the host that the page came from."""
    name = HOST.match(host)
    return f"{scheme}://{name[0] if name else '127.0.0.1'}:{port}/live"


@lru_cache(maxsize=64)
def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
