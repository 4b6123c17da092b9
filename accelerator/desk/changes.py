"""Two coordinators at one request: what the other one changed meanwhile, field by field, and nothing typed is lost.

The form that edits carries the values that its page showed. What only the other changed is taken over; where both
changed the same field, what was typed stays and theirs stands beside it. The forms that publish, close, split, merge
and hand over carry them as well, and how the case stood: whoever sends one is told what has changed since they read it.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext
from wtforms import Field

from accelerator import formatting
from accelerator.board.models import HelpRequest, Outcome, RequestStatus
from accelerator.desk.forms import RequestForm

FIELDS = (
    "title",
    "story",
    "briefing",
    "locale",
    "kind",
    "place",
    "timing",
    "moment",
    "minutes",
    "capacity",
    "needs",
    "min_age",
    "two_adults",
    "is_asar",
    "for_person",
)


@dataclass(frozen=True)
class Difference:
    """A field that somebody else changed: how it was, how it is now and, where they differ, what was typed here."""

    label: str
    was: str
    now: str
    mine: str
    is_taken_over: bool


def snapshot(values: dict[str, Any], standing: dict[str, Any] | None = None) -> str:
    """The values of a form's page, to be sent back with it; ``standing`` is how the case stood."""
    return json.dumps({name: plain(values.get(name)) for name in FIELDS} | (standing or {}), ensure_ascii=False)


def standing_of(request: HelpRequest, parts: int) -> dict[str, Any]:
    """How a case stands: what coordinators change of it beside its fields. ``parts``: how many were split off."""
    return {
        "state": request.outcome or request.status,
        "verified": request.verified_at is not None,
        "parts": parts,
    }


def read_snapshot(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def plain(value: Any) -> Any:
    """A value as JSON and comparison want it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, list | tuple):
        return sorted(map(str, value))
    return "" if value is None else value


def reconcile(form: RequestForm, now: dict[str, Any]) -> list[Difference]:
    """Take over into the form what only the other changed, and tell of everything that they changed."""
    was = read_snapshot(form.seen.data)
    found = [_compare(form[name], name, was, now) for name in FIELDS if _is_theirs(name, was, now, form)]
    for name in FIELDS:
        if plain(form[name].data) == was.get(name):
            form[name].data = now[name]
            form[name].raw_data = None  # numbers and moments are drawn as they were typed, as long as that is there
    form.seen.data = snapshot(now)
    return found


def list_changes(form: RequestForm, standing: dict[str, Any], shown: str | None) -> list[Difference]:
    """What has changed since a page showed ``shown``; ``form`` and ``standing`` hold the case as it is now."""
    was, now = read_snapshot(shown), {name: form[name].data for name in FIELDS}
    fields = [_compare(form[name], name, was, now) for name in FIELDS if name in was and plain(now[name]) != was[name]]
    labels = {"state": gettext("State"), "verified": gettext("Verified"), "parts": gettext("Split off")}
    stood = [
        Difference(labels[name], _say_standing(was[name]), _say_standing(value), mine="", is_taken_over=True)
        for name, value in standing.items()
        if name in was and value != was[name]
    ]
    return [*stood, *fields]


def _say_standing(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    text = str(value)
    if text in set(Outcome):
        return formatting.outcome_label(text)
    return formatting.request_status_label(text) if text in set(RequestStatus) else text


def _is_theirs(name: str, was: dict[str, Any], now: dict[str, Any], form: RequestForm) -> bool:
    """Whether the other changed it; of a page that told nothing, whether it differs from what was typed."""
    before = was.get(name, plain(form[name].data))
    return bool(plain(now[name]) != before)


def _compare(field: Field, name: str, was: dict[str, Any], now: dict[str, Any]) -> Difference:
    mine, theirs = plain(field.data), plain(now[name])
    untouched = mine == was.get(name)
    return Difference(
        label=str(field.label.text),
        was=say(field, was[name]) if name in was else "",
        now=say(field, theirs),
        mine="" if untouched or mine == theirs else say(field, mine),
        is_taken_over=untouched,
    )


def say(field: Field, value: Any) -> str:
    """A value as the form's own choices call it."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    labels = _labels(field)
    if isinstance(value, list):
        return ", ".join(str(labels.get(str(code), code)) for code in value) or "—"
    text = str(value)
    if field.name == "moment":
        return text.replace("T", " ") or "—"
    return str(labels.get(text, text)) or "—"


def _labels(field: Field) -> dict[str, Any]:
    groups = getattr(field, "choices", None) or []
    pairs = [pair for group in groups.values() for pair in group] if isinstance(groups, dict) else groups
    return {str(getattr(pair, "value", None) if hasattr(pair, "value") else pair[0]): _label(pair) for pair in pairs}


def _label(pair: Any) -> Any:
    return pair.label if hasattr(pair, "label") else pair[1]
