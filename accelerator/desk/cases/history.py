"""The whole history of a case in one line of time: events of the log, words of people, looks at the contact."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from sqlalchemy.orm import Session

from accelerator import formatting
from accelerator.board.models import HelpRequest
from accelerator.desk.cases import queries
from accelerator.desk.cases.words import call_outcome_label, role_label, step_label
from accelerator.help.models import CaseEntry, EntryKind
from accelerator.integrity.queries import actor_of, detail_of, list_events
from accelerator.integrity.record import EventType

#: Told better by the entries and looks themselves.
TOLD_ELSEWHERE = frozenset(
    {
        EventType.CASE_CALLED,
        EventType.CASE_NOTED,
        EventType.CASE_ASKED,
        EventType.CASE_ANSWERED,
        EventType.CASE_TOLD,
        EventType.CONTACT_REVEALED,
    }
)


@dataclass(frozen=True)
class Past:
    """One line: when, who in which role, what, and their words where the reader may see them."""

    at: datetime
    order: int
    who: str
    role: str
    what: str
    text: str = ""


def list_past(session: Session, request: HelpRequest, *, with_words: bool) -> list[Past]:
    """The newest first. Auditors see what was done and by whom (``with_words`` false), not what people said."""
    past = [*_events(session, request), *_entries(session, request, with_words=with_words)]
    if request.requester_id:
        past += _reveals(session, request, request.requester_id, with_words=with_words)
    return sorted(past, key=lambda one: (one.at, one.order), reverse=True)


def _events(session: Session, request: HelpRequest) -> Iterator[Past]:
    rows = [
        row for row in list_events(session, f"request:{request.id}", queries.MOST) if row.type not in TOLD_ELSEWHERE
    ]
    actors = [actor_of(row.body) for row in rows]
    names = queries.names_by_ref(session, {ref for ref, _ in actors})
    for row, (ref, role) in zip(rows, actors, strict=True):
        yield Past(row.at, row.seq, _name(ref, names.get(ref, "")), role_label(role), _what(row.type, role, row.body))


def _what(type_: str, role: str, body: bytes) -> str:
    """What happened; a coordinator asks for nobody, they write down what somebody asked for.

    Nor does a volunteer say that help came: they pass on the spoken pair.
    """
    if type_ == EventType.REQUEST_MERGED:
        return gettext("merged into № %(number)s", number=detail_of(body, "into"))
    if type_ == EventType.REQUEST_REOPENED:
        number = detail_of(body, "former")
        return gettext("№ %(number)s, with which it was merged, has ended: a case of its own again", number=number)
    if type_ == EventType.REQUEST_JOINED:
        return gettext("№ %(number)s, the same need, was merged into this", number=detail_of(body, "other"))
    if type_ == EventType.REQUEST_RECEIVED and role == "coordinator":
        return gettext("typed in what the person asked for")
    if type_ == EventType.CLAIM_TAKEN and role == "coordinator" and detail_of(body, "noted"):
        return gettext("put down a volunteer who said yes")
    if type_ == EventType.CLAIM_HELPED_SAID and role != "requester":
        return gettext("typed in the word and the number of the helped person, and they were right")
    return formatting.event_words(type_)


def _name(ref: str, name: str) -> str:
    if ref.startswith("r_"):
        return gettext("The person")
    if ref == "system":
        return gettext("The portal")
    return name or gettext("Someone who has left")


def _entries(session: Session, request: HelpRequest, *, with_words: bool) -> Iterator[Past]:
    for entry, name, role in queries.list_entries(session, request.id):
        is_theirs = entry.kind == EntryKind.WORD
        yield Past(
            entry.created_at,
            entry.id,
            gettext("The person") if is_theirs else name or gettext("Someone who has left"),
            role_label("requester" if is_theirs else role or "coordinator"),
            entry_label(entry),
            queries.open_entry(entry) if with_words else "",
        )


def entry_label(entry: CaseEntry) -> str:
    if entry.kind == EntryKind.CALL:
        return gettext("called: %(outcome)s", outcome=call_outcome_label(entry.outcome))
    return {
        EntryKind.NOTE: gettext("noted"),
        EntryKind.QUESTION: gettext("wrote to the person"),
        EntryKind.WORD: gettext("wrote to the desk"),
    }[EntryKind(entry.kind)]


def _reveals(session: Session, request: HelpRequest, requester_id: int, *, with_words: bool) -> Iterator[Past]:
    for reveal, name, key_name in queries.list_reveals(session, request.id, requester_id):
        yield Past(
            reveal.at,
            reveal.id,
            name or gettext("Someone who has left"),
            role_label(reveal.role),
            gettext("looked at the contact: %(what)s", what=step_label(reveal.step)),
            queries.open_reason(reveal, key_name) if with_words else "",
        )
