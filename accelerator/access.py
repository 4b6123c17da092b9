"""Who may reach a URL. Every route declares it; one without a declaration answers nobody.

Rules about a single object (this request, that claim) are in `accelerator.policy`.
"""

import enum
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Flask, abort, current_app, request
from werkzeug.routing import IntegerConverter

from accelerator import policy
from accelerator.accounts.models import Role
from accelerator.accounts.sessions import current_viewer, keep_alive
from accelerator.clock import utcnow
from accelerator.errors import SignInNeeded


class Access(enum.Enum):
    """The groups of people that a route can be open to."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    #: Coordinators and auditors: may look at the desk.
    DESK_READER = "desk reader"
    COORDINATOR = "coordinator"
    #: What only they can read, and so only they decide: reports sealed for them.
    AUDITOR = "auditor"
    #: Coordinators with the right to change the questionnaire.
    QUESTIONNAIRE = "questionnaire"
    #: Open to anyone, but only while the site is a demonstration.
    DEMONSTRATION = "demonstration"


#: Pages ask for these by themselves; that alone does not keep a session alive.
SELF_REFRESHING = frozenset({"live.show_changes"})


class RowNumber(IntegerConverter):
    """The number of a row in an address. Longer ones fit no table: nothing is there (404)."""

    regex = "[0-9]{1,18}"


class UrlTable:
    """The URL table of a feature: ``page`` for GET, ``action`` for POST, each with its access."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint

    def page(self, rule: str, view: Callable[..., Any], access: Access) -> None:
        self._add(rule, view, access, ["GET"])

    def action(self, rule: str, view: Callable[..., Any], access: Access) -> None:
        self._add(rule, view, access, ["POST"])

    def form(self, rule: str, view: Callable[..., Any], access: Access) -> None:
        """A page with a form that is sent back to the same address."""
        self._add(rule, view, access, ["GET", "POST"])

    def _add(self, rule: str, view: Callable[..., Any], access: Access, methods: list[str]) -> None:
        self.blueprint.add_url_rule(rule, view_func=view, methods=methods)
        endpoint = f"{self.blueprint.name}.{view.__name__}"
        self.blueprint.record_once(lambda state: declared(cast(Flask, state.app)).update({endpoint: access}))


def declared(app: Flask) -> dict[str, Access]:
    """Access by endpoint."""
    table: dict[str, Access] = app.extensions.setdefault("access", {})
    return table


def init_app(app: Flask) -> None:
    app.before_request(check)


def check() -> None:
    """Let the request through, or answer 401 (sign in), 403 (not yours to see) or 404."""
    viewer = current_viewer()
    if request.url_rule is None:
        return  # no such page: Flask answers 404
    access = declared(current_app).get(str(request.endpoint))
    if access is None or (access is Access.DEMONSTRATION and not current_app.config["DEMONSTRATION"]):
        abort(404)
    if viewer and request.endpoint not in SELF_REFRESHING:
        keep_alive(viewer, at=utcnow())
    if access in (Access.ANYONE, Access.DEMONSTRATION):
        return
    if viewer is None:
        raise SignInNeeded
    if access is Access.COORDINATOR and not viewer.is_coordinator:
        abort(403)
    if access is Access.AUDITOR and viewer.role != Role.AUDITOR:
        abort(403)
    if access is Access.DESK_READER and not viewer.reads_desk:
        abort(403)
    if access is Access.QUESTIONNAIRE and not policy.can_edit_questionnaire(viewer):
        abort(403)
