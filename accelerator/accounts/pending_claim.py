"""The place that somebody wanted before signing in, sealed so that a link cannot make anybody take one.

The seal is bound to the browser that pressed the button, and lasts an hour.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from accelerator.visits import visit_id

LASTS_SECONDS = 3600


@dataclass(frozen=True)
class Wanted:
    """What the button was for: places of a request, or a place on its waiting list."""

    request_id: int
    people: int = 1
    may_wait: bool = False

    @classmethod
    def read(cls, request_id: int, sent: Mapping[str, str]) -> "Wanted":
        """From the fields that the button sends; what is no number of people counts as one."""
        typed = sent.get("people", "")
        people = int(typed) if typed.isdecimal() and len(typed) < 4 else 1
        return cls(request_id, max(people, 1), bool(sent.get("wait")))


def seal(wanted: Wanted) -> str:
    """What the sign-in form carries along."""
    return str(serializer().dumps(astuple(wanted)))


def unseal(text: str | None) -> Wanted | None:
    """What was wanted in this browser, or `None`."""
    try:
        return Wanted(*serializer().loads(text or "", max_age=LASTS_SECONDS))
    except BadData:
        return None


def serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"claim:{visit_id()}")
