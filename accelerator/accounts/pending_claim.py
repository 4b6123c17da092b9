"""The place that somebody wanted before signing in, sealed so that a link cannot make anybody take one.

The seal is bound to the browser that pressed the button, and lasts an hour.
"""

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from accelerator.visits import visit_id

LASTS_SECONDS = 3600


def seal(request_id: int) -> str:
    """What the sign-in form carries along."""
    return str(serializer().dumps(request_id))


def unseal(text: str | None) -> int | None:
    """The request whose button was pressed in this browser, or `None`."""
    try:
        return int(serializer().loads(text or "", max_age=LASTS_SECONDS))
    except BadData:
        return None


def serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"claim:{visit_id()}")
