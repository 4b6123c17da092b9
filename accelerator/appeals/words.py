"""Words for the codes of appeals."""

from flask_babel import gettext

from accelerator.appeals.models import EntryKind, Kind, Outcome, Status


def kind_label(kind: str) -> str:
    return {
        Kind.APPLICATION: gettext("Application"),
        Kind.COMPLAINT: gettext("Complaint"),
        Kind.SUGGESTION: gettext("Suggestion"),
        Kind.THANKS: gettext("Thanks"),
        Kind.INTEGRITY: gettext("Integrity report"),
    }[Kind(kind)]


def kind_note(kind: str) -> str:
    """What each kind is for."""
    return {
        Kind.APPLICATION: gettext("You ask us to do something."),
        Kind.COMPLAINT: gettext("Something was done wrong."),
        Kind.SUGGESTION: gettext("You know how it could be better."),
        Kind.THANKS: gettext("Somebody did well."),
        Kind.INTEGRITY: gettext("Somebody asked for money or a gift, lied, or abused trust."),
    }[Kind(kind)]


def status_label(status: str) -> str:
    return {
        Status.RECEIVED: gettext("received"),
        Status.ASSIGNED: gettext("in work"),
        Status.CLOSED: gettext("answered"),
        Status.WITHDRAWN: gettext("taken back"),
    }[Status(status)]


def outcome_label(outcome: str) -> str:
    return {
        Outcome.SATISFIED: gettext("done as asked"),
        Outcome.PARTLY: gettext("done in part"),
        Outcome.EXPLAINED: gettext("explained"),
        Outcome.REFUSED: gettext("refused"),
        Outcome.NO_ANSWER_NEEDED: gettext("read, nothing to decide"),
    }[Outcome(outcome)]


def entry_label(kind: str, *, is_from_sender: bool) -> str:
    """What a part of the thread is."""
    if is_from_sender:
        return gettext("Opened again, your words") if kind == EntryKind.REOPEN else gettext("Your words")
    return {
        EntryKind.ANSWER: gettext("Answer"),
        EntryKind.OUTCOME: gettext("Decision"),
        EntryKind.TRANSFER: gettext("Handed over to another region"),
        EntryKind.REOPEN: gettext("Opened again"),
    }[EntryKind(kind)]
