"""Words about a case: outcomes of calls, roles, what to say on the phone, why a volunteer cannot be put down."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import force_locale, gettext

from accelerator import formatting, policy
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import HelpRequest
from accelerator.help.models import CallOutcome, Channel, Step
from accelerator.i18n import current_language
from accelerator.policy import ClaimBar


def heading(request: HelpRequest, kind: str, viewer: Viewer) -> tuple[str, str]:
    """What is needed, and the language of these words: those of the board, or ``kind`` and the number.

    The latter before anybody wrote it, and for whoever may not read what is not on the board yet.
    """
    if request.title and policy.can_read_draft(viewer, request):
        return request.title, request.locale
    return f"{kind}, №\N{NO-BREAK SPACE}{request.id}", current_language()


def call_outcome_label(outcome: str) -> str:
    return {
        CallOutcome.CONFIRMED: gettext("Confirmed: the need is real"),
        CallOutcome.CALL_BACK: gettext("Asked to call back"),
        CallOutcome.NO_ANSWER: gettext("No answer"),
        CallOutcome.WRONG_NUMBER: gettext("Wrong number"),
        CallOutcome.NOT_NEEDED: gettext("Help is no longer needed"),
    }[CallOutcome(outcome)]


def channel_label(channel: str) -> str:
    return {
        Channel.WEB: gettext("asked on the site"),
        Channel.PAPER: gettext("asked on paper"),
        Channel.PHONE: gettext("asked by phone"),
    }[Channel(channel)]


def role_label(role: str) -> str:
    """Who somebody was when they did something."""
    return {
        "coordinator": gettext("coordinator"),
        "volunteer": gettext("volunteer"),
        "auditor": gettext("auditor"),
        "admin": gettext("administrator"),
    }.get(role, "")


def step_label(step: str) -> str:
    return {Step.STREET: gettext("the street"), Step.DOOR: gettext("name, phone and door")}[Step(step)]


def call_script(language: str, name: str, asked_at: datetime, now: datetime, zone: ZoneInfo, phone: str) -> list[str]:
    """What to say, in the language of the person who is called."""
    with force_locale(language):
        day = formatting.day(asked_at, now, zone)
        return [
            gettext("Hello, my name is %(name)s, I coordinate the Accelerator of Good.", name=name),
            gettext("You asked us for help (%(day)s). Is this a good moment to talk?", day=day),
            gettext("What do you need most, when, and how does one come in?"),
            gettext("I will put a short text on the board, without your name, phone and house. Is that all right?"),
            gettext("Help is free. If anybody asks you for anything, call us: %(phone)s.", phone=phone or "…"),
            gettext("Do you have your code? With it you see how things stand."),
        ]


def assign_bar_sentence(bar: ClaimBar) -> str:
    """Why a volunteer cannot be put down, to the coordinator."""
    return {
        ClaimBar.YOURS: gettext("They have promised this already."),
        ClaimBar.CLOSED: gettext("This request is not open: publish it, or set another time."),
        ClaimBar.PAUSED: gettext("This request is paused. Open it again first."),
        ClaimBar.TOO_YOUNG: gettext("They are too young for this request."),
        ClaimBar.OVERLAP: gettext("They have promised to be elsewhere at that time."),
        ClaimBar.TOO_MANY: gettext("They have as many open promises as one person may have."),
        ClaimBar.TOO_FEW_PLACES: gettext("There are not so many places."),
        ClaimBar.FULL: gettext("All places are taken."),
    }[bar]
