"""Moments, durations and codes in the reader's words. Moments are shown in the region's time zone."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import format_date, get_locale, gettext, ngettext

from accelerator.board.models import ClaimState, Outcome, RequestStatus, Timing
from accelerator.deeds.models import DeedStatus, Level
from accelerator.integrity.record import EventType

FEW_LETTERS = 5


def day(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """ "today", "tomorrow", a weekday within the week, else "7 December"."""
    there, today = moment.astimezone(zone).date(), now.astimezone(zone).date()
    distance = (there - today).days
    if distance == 0:
        return gettext("today")
    if distance == 1:
        return gettext("tomorrow")
    if distance == -1:
        return gettext("yesterday")
    if 1 < distance < 7:
        return format_date(there, "EEEE")
    if there.year == today.year:
        return format_date(there, "d MMMM")
    return format_date(there, "y 'ж'. d MMMM" if str(get_locale()) == "kk" else "d MMMM y")


def long_day(moment: datetime) -> str:
    """ "Monday, 23 November" of a moment in the zone that it carries."""
    return format_date(moment.date(), "d MMMM, EEEE" if str(get_locale()) == "kk" else "EEEE, d MMMM")


def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%H:%M")


def day_and_time(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """ "today 17:00", "Saturday 10:00"."""
    return f"{day(moment, now, zone)} {clock_time(moment, zone)}"


def when(timing: str, starts_at: datetime | None, ends_at: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """When help is needed, in a few words."""
    if timing == Timing.BY and ends_at:
        return gettext("until %(day)s", day=day_and_time(ends_at, now, zone))
    if timing == Timing.AT and starts_at:
        return day_and_time(starts_at, now, zone)
    if timing == Timing.REPEATING and starts_at:
        return gettext("every week, next %(day)s", day=day_and_time(starts_at, now, zone))
    if timing == Timing.REPEATING:
        return gettext("regularly")
    return gettext("any time")


def duration(minutes: int) -> str:
    """ "30 min", "1 h", "2 h 30 min"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return gettext("%(minutes)d min", minutes=rest)
    if not rest:
        return gettext("%(hours)d h", hours=hours)
    return gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=rest)


def ago(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """ "just now", "12 minutes ago", then the day and time."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return gettext("just now")
    if passed < timedelta(hours=1):
        minutes = int(passed.total_seconds() // 60)
        return ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes)
    return day_and_time(moment, now, zone)


def number(value: int) -> str:
    """Digits in groups of three with a space that does not break, as Kazakh and Russian write them."""
    grouped = f"{value:,}"
    return grouped if str(get_locale()) == "en" else grouped.replace(",", "\N{NO-BREAK SPACE}")


def excerpt(text: str, length: int) -> str:
    """The beginning of a text in whole words. "…" says that it goes on, with no other mark before it.

    Where only a few letters are too many, the text stays whole.
    """
    if len(text) <= length + FEW_LETTERS:
        return text
    words = re.match(rf".{{1,{length}}}(?=\s)", text, re.DOTALL)
    return (words[0] if words else text[:length]).rstrip(" .,;:…–—-") + "…"


def level_label(level: str) -> str:
    """How sure we are of a deed."""
    return {
        Level.TOLD: gettext("told by the doer"),
        Level.WITNESSED: gettext("witnessed by a coordinator"),
        Level.CONFIRMED: gettext("confirmed by the one who was helped"),
    }[Level(level)]


def claim_state_label(state: str) -> str:
    return {
        ClaimState.WAITING: gettext("on the waiting list"),
        ClaimState.CLAIMED: gettext("promised"),
        ClaimState.STARTED: gettext("started"),
        ClaimState.REPORTED: gettext("waits for confirmation"),
        ClaimState.CONFIRMED: gettext("confirmed"),
        ClaimState.DISPUTED: gettext("being clarified"),
        ClaimState.RELEASED: gettext("let go"),
        ClaimState.REMOVED: gettext("promise ended"),
        ClaimState.NO_SHOW: gettext("did not come"),
        ClaimState.LAPSED: gettext("time ran out"),
    }[ClaimState(state)]


def request_status_label(status: str) -> str:
    return {
        RequestStatus.RECEIVED: gettext("not yet on the board"),
        RequestStatus.OPEN: gettext("on the board"),
        RequestStatus.PAUSED: gettext("paused"),
        RequestStatus.CLOSED: gettext("closed"),
    }[RequestStatus(status)]


def outcome_label(outcome: str) -> str:
    return {
        Outcome.FULFILLED: gettext("help was given"),
        Outcome.PARTLY_FULFILLED: gettext("help was given in part"),
        Outcome.WITHDRAWN: gettext("no longer needed"),
        Outcome.EXPIRED: gettext("its time has passed"),
        Outcome.DECLINED: gettext("we could not take it on"),
        Outcome.DUPLICATE: gettext("the same request is already here"),
        Outcome.OUT_OF_SCOPE: gettext("another service does this"),
    }[Outcome(outcome)]


def deed_status_label(status: str) -> str:
    return {
        DeedStatus.PENDING: gettext("waits for a coordinator"),
        DeedStatus.PUBLISHED: gettext("published"),
        DeedStatus.HIDDEN: gettext("hidden"),
    }[DeedStatus(status)]


def event_words(type_: str) -> str:
    """What happened, for the history of a case."""
    words = {
        EventType.REQUEST_CREATED: gettext("written down"),
        EventType.REQUEST_IMPORTED: gettext("taken over from a list"),
        EventType.REQUEST_EDITED: gettext("edited"),
        EventType.REQUEST_PUBLISHED: gettext("published"),
        EventType.REQUEST_PAUSED: gettext("paused"),
        EventType.REQUEST_RESUMED: gettext("opened again"),
        EventType.REQUEST_CLOSED: gettext("closed"),
        EventType.CLAIM_TAKEN: gettext("a place was taken"),
        EventType.CLAIM_WAITING: gettext("somebody joined the waiting list"),
        EventType.CLAIM_PROMOTED: gettext("a place went to the waiting list"),
        EventType.CLAIM_STARTED: gettext("somebody has started"),
        EventType.CLAIM_RELEASED: gettext("a promise was let go"),
        EventType.CLAIM_REMOVED: gettext("a promise ended"),
        EventType.CLAIM_REPORTED: gettext("reported as done"),
        EventType.CLAIM_CONFIRMED: gettext("confirmed"),
        EventType.CLAIM_UNCONFIRMED: gettext("a confirmation was taken back"),
        EventType.CLAIM_HELPED_SAID: gettext("the helped person said that help came"),
        EventType.APPEAL_RECEIVED: gettext("received"),
        EventType.APPEAL_ASSIGNED: gettext("given to a coordinator"),
        EventType.APPEAL_ANSWERED: gettext("the sender was written to"),
        EventType.APPEAL_TRANSFERRED: gettext("handed over to another region"),
        EventType.APPEAL_CLOSED: gettext("decided"),
        EventType.APPEAL_REOPENED: gettext("opened again"),
        EventType.APPEAL_WITHDRAWN: gettext("taken back"),
        EventType.CONTACT_REVEALED: gettext("somebody looked at the contact"),
        EventType.REQUEST_RECEIVED: gettext("asked for help"),
        EventType.REQUEST_VERIFIED: gettext("verified"),
        EventType.REQUEST_SPLIT: gettext("split into several"),
        EventType.REQUEST_MERGED: gettext("merged with another"),
        EventType.REQUEST_JOINED: gettext("the same need, asked for twice, was merged into this"),
        EventType.REQUEST_REOPENED: gettext("the request it was merged with has ended: a case of its own again"),
        EventType.REQUEST_HANDED_OVER: gettext("handed over to another region"),
        EventType.REQUEST_MOVED: gettext("another time was set"),
        EventType.REQUEST_WITHDRAWN: gettext("withdrawn"),
        EventType.CASE_READ: gettext("the word was read"),
        EventType.CLAIM_DISPUTED: gettext("disputed"),
        EventType.CLAIM_NO_SHOW: gettext("somebody did not come"),
        EventType.CLAIM_NO_SHOW_UNDONE: gettext("they had come after all"),
        EventType.CLAIM_LAPSED: gettext("the time of a promise ran out"),
    }
    return words.get(EventType(type_), type_)
