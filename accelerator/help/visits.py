"""The two cookies of people without an account: whose draft a browser holds, and whose code it has shown.

The first holds 256 random bits and nothing else; without it nobody reads the draft, nor do we. The second is signed
and short: twenty minutes after the last look it opens nothing.
"""

import re
import secrets
from datetime import datetime, timedelta

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from accelerator.help.drafts import KEPT
from accelerator.security import private

DRAFT, VISIT = "help", "help-visit"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
#: Since the last look, and in all.
IDLE, LONGEST = timedelta(minutes=20), timedelta(hours=2)


def is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def name_of(cookie: str) -> str:
    return f"__Host-{cookie}" if is_secure() else cookie


# ---- the draft ----


def draft_token() -> str | None:
    """What this browser holds for its draft."""
    token = request.cookies.get(name_of(DRAFT), "")
    return token if TOKEN.fullmatch(token) else None


def new_token() -> str:
    return secrets.token_urlsafe(32)


def keep_token(response: Response, token: str) -> Response:
    response.set_cookie(name_of(DRAFT), token, max_age=KEPT, secure=is_secure(), httponly=True, samesite="Lax")
    return response


def drop_token(response: Response) -> Response:
    response.delete_cookie(name_of(DRAFT), secure=is_secure(), httponly=True, samesite="Lax")
    return response


# ---- the visit behind a code ----


def visitor_id(*, at: datetime) -> tuple[int, datetime] | None:
    """Whose code was shown in this browser a short while ago, and when that visit began."""
    try:
        requester_id, began, seen = (int(part) for part in serializer().loads(request.cookies.get(name_of(VISIT), "")))
    except (BadSignature, TypeError, ValueError):
        return None
    began_at, seen_at = (datetime.fromtimestamp(moment, at.tzinfo) for moment in (began, seen))
    is_over = not began_at <= seen_at <= at + IDLE or at - seen_at > IDLE or at - began_at > LONGEST
    return None if is_over else (requester_id, began_at)


def keep_visit(response: Response, requester_id: int, *, began: datetime, at: datetime) -> Response:
    """Let the visit go on from this look. What it shows is nobody else's to keep."""
    value = serializer().dumps([requester_id, int(began.timestamp()), int(at.timestamp())])
    response.set_cookie(name_of(VISIT), value, max_age=IDLE, secure=is_secure(), httponly=True, samesite="Strict")
    return private(response)


def end_visit(response: Response) -> Response:
    response.delete_cookie(name_of(VISIT), secure=is_secure(), httponly=True, samesite="Strict")
    return private(response)


def serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="help-visit")
