"""Appeals turned into what pages show: where it stands, the clock, the thread."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, gettext

from accelerator.appeals.models import OPEN, Appeal, AppealEntry, EntryKind, Status
from accelerator.appeals.queries import NEAR
from accelerator.appeals.sealing import open_reply
from accelerator.appeals.words import entry_label, kind_label, outcome_label, status_label
from accelerator.extensions import vault
from accelerator.i18n import current_language
from accelerator.reference import Places
from accelerator.vault.keys import KeyGone
from accelerator.vault.sealing import Unreadable
from accelerator.working_days import count_working_days


@dataclass(frozen=True)
class AppealCard:
    """An appeal for a list or for the head of its page."""

    id: int
    kind: str
    kind_label: str
    status: str
    status_label: str
    outcome: str
    outcome_label: str
    region: str
    region_code: str
    due: str
    due_iso: str
    #: Working days until the date, below zero when it has passed; only while it is open.
    days_left: int
    is_open: bool
    is_near: bool
    is_overdue: bool
    #: Answered in time; `None` while it is not answered.
    was_on_time: bool | None
    created_at: datetime
    closed_at: datetime | None
    assignee: str
    is_forgotten: bool
    for_auditors: bool
    was_reopened: bool
    #: Words of the sender since they were last written to.
    unread: int


@dataclass(frozen=True)
class Word:
    """One part of the thread. ``text`` is `None` when only the auditors can open it."""

    label: str
    who: str
    at: datetime
    text: str | None
    outcome: str
    is_from_sender: bool


def day_words(day: date) -> str:
    """ "7 December 2026", without a year in the present one."""
    return str(format_date(day, "d MMMM yyyy"))


def make_card(appeal: Appeal, known: Places, now: datetime, *, assignee: str = "") -> AppealCard:
    zone = known.zone(appeal.region_code)
    today = now.astimezone(zone).date()
    is_open = appeal.status in OPEN
    left = count_working_days(today, appeal.due_on) if is_open else 0
    closed = appeal.closed_at.astimezone(zone).date() if appeal.status == Status.CLOSED and appeal.closed_at else None
    return AppealCard(
        id=appeal.id,
        kind=appeal.kind,
        kind_label=kind_label(appeal.kind),
        status=appeal.status,
        status_label=status_label(appeal.status),
        outcome=appeal.outcome or "",
        outcome_label=outcome_label(appeal.outcome) if appeal.outcome else "",
        region=known.name(appeal.region_code, current_language()),
        region_code=appeal.region_code,
        due=day_words(appeal.due_on),
        due_iso=appeal.due_on.isoformat(),
        days_left=left,
        is_open=is_open,
        is_near=is_open and today <= appeal.due_on and left <= NEAR,
        is_overdue=is_open and today > appeal.due_on,
        was_on_time=closed <= appeal.due_on if closed else None,
        created_at=appeal.created_at,
        closed_at=appeal.closed_at,
        assignee=assignee,
        is_forgotten=appeal.forgotten_at is not None,
        for_auditors=appeal.for_auditors,
        was_reopened=appeal.reopened_at is not None,
        unread=appeal.unread if is_open else 0,
    )


def open_text(appeal: Appeal) -> str | None:
    """The first words, where this server can read them."""
    return _open(appeal, appeal.sealed_text, appeal, "sealed_text")


def _open(appeal: Appeal, sealed: bytes | None, row: Any, column: str) -> str | None:
    if appeal.key_name is None or sealed is None:
        return None
    try:
        return vault.open(appeal.key_name, sealed, row, column)
    except (KeyGone, Unreadable):
        return gettext("These words cannot be opened: their key is gone, or somebody changed them.")


def thread_for_sender(appeal: Appeal, rows: Sequence[Any], code: str) -> list[Word]:
    """What the holder of the code reads; the names of those who answer stay at the desk."""
    first = Word(entry_label(EntryKind.WORD, is_from_sender=True), "", appeal.created_at, open_text(appeal), "", True)
    return [first, *(_word_for_sender(appeal, entry, code) for entry, _ in rows)]


def _word_for_sender(appeal: Appeal, entry: AppealEntry, code: str) -> Word:
    if entry.sealed_reply:
        text = open_reply(code, entry.sealed_reply) or gettext("These words cannot be opened: somebody changed them.")
    else:
        text = _open(appeal, entry.sealed, entry, "sealed")
    return _make_word(entry, text, "")


def thread_for_desk(appeal: Appeal, rows: Sequence[Any], *, with_sender: bool) -> list[Word]:
    """The thread as its coordinators read it; auditors read what was decided and nothing that the sender wrote."""
    words = [
        _word_for_desk(appeal, entry, name)
        for entry, name in rows
        if with_sender or entry.kind in (EntryKind.OUTCOME, EntryKind.TRANSFER)
    ]
    if not with_sender or appeal.claim_id:
        return words
    return [Word(gettext("What was written"), "", appeal.created_at, open_text(appeal), "", True), *words]


def looks_for_desk(appeal: Appeal, rows: Sequence[Any]) -> list[Word]:
    """Who looked at the sender's contact, and why."""
    return [
        Word(
            "",
            name or gettext("Someone who has left"),
            entry.created_at,
            _open(appeal, entry.sealed, entry, "sealed"),
            "",
            False,
        )
        for entry, name in rows
    ]


def _word_for_desk(appeal: Appeal, entry: AppealEntry, name: str) -> Word:
    word = _make_word(entry, _open(appeal, entry.sealed, entry, "sealed"), name)
    if not entry.is_from_sender:
        return word
    is_again = entry.kind == EntryKind.REOPEN
    return replace(word, label=gettext("The sender opened it again") if is_again else gettext("The sender wrote"))


def _make_word(entry: AppealEntry, text: str | None, name: str) -> Word:
    return Word(
        label=entry_label(entry.kind, is_from_sender=entry.is_from_sender),
        who=name,
        at=entry.created_at,
        text=text,
        outcome=outcome_label(entry.outcome) if entry.outcome else "",
        is_from_sender=entry.is_from_sender,
    )
