"""A browser without an account: random bits that it keeps until it is closed."""

import secrets

from flask import g, request

COOKIE = "visit"


def known_visit() -> str | None:
    """The bits that this browser brought along; none are made."""
    return request.cookies.get(COOKIE)


def visit_id() -> str:
    """This browser's bits, made at the first need; the cookie is set when the response leaves."""
    if "visit_id" not in g:
        g.visit_id = known_visit() or secrets.token_urlsafe(18)
    return str(g.visit_id)
