"""One sentence that survives a redirect, in a signed cookie that the next page takes away."""

from flask import Flask, Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer

COOKIE = "notice"


def init_app(app: Flask) -> None:
    app.after_request(set_cookie)


def leave_notice(text: str, tone: str = "leaf", link: str = "") -> None:
    """Show ``text`` on the next page, and a way to what it speaks of.

    ``tone`` is leaf (good), sky (to know), sun (near) or apple (wrong).
    """
    g.notice_left = (tone, text, link)


def are_waiting() -> bool:
    """Whether the page before left something for this one."""
    return COOKIE in request.cookies


def take_notices() -> list[tuple[str, str, str]]:
    """What the page before left for this one: (tone, text, link)."""
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return []
    g.notice_taken = True
    try:
        tone, text, link = serializer().loads(cookie)
    except (BadSignature, ValueError):
        return []
    return [(tone, text, link)]


def serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="notice")


def set_cookie(response: Response) -> Response:
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    if "notice_left" in g:
        value = serializer().dumps(g.notice_left)
        response.set_cookie(COOKIE, value, max_age=120, secure=secure, httponly=True, samesite="Lax")
    elif "notice_taken" in g:
        response.delete_cookie(COOKIE, secure=secure, httponly=True, samesite="Lax")
    return response
