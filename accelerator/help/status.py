"""Where a person's request stands, in plain words: what is now, what happens next, and by when."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import format_date, get_locale, gettext, ngettext

from accelerator import formatting
from accelerator.board.models import OPEN_PROMISES, Claim, ClaimState, HelpRequest, RequestStatus, Timing
from accelerator.codes import LENGTH
from accelerator.help.models import CallOutcome, CaseEntry, ContactReveal, EntryKind, Step
from accelerator.help.queries import Said
from accelerator.help.transitions import PROMISED, can_move
from accelerator.integrity.record import EventType
from accelerator.reference import Places
from accelerator.working_days import add_working_days

#: What we promise: a call within two working days, the public text one after the talk.
CALL_WITHIN, TEXT_WITHIN, CLOSE_WITHIN = 2, 1, 2
#: After this a coordinator looks for a volunteer by hand.
ALONE = timedelta(days=2)
#: Of a promise about which a coordinator has still to decide.
TO_SETTLE = (*OPEN_PROMISES, ClaimState.REPORTED, ClaimState.DISPUTED)
#: All of Kazakhstan has one time.
HOME = ZoneInfo("Asia/Almaty")
#: What "by the end of the day" is kept as.
LAST_MINUTE = "23:59"


@dataclass(frozen=True)
class Next:
    """Where things stand now, what happens next and, where we promised one, the day by which."""

    now: str
    then: str
    by: date | None = None


@dataclass(frozen=True)
class Case:
    """A request as the person who asked for it sees it."""

    request: HelpRequest
    kind: str
    place: str
    when: str
    steps: list[tuple[str, str]]
    now: str
    then: str
    by: str
    is_late: bool
    phone: str
    #: Where nobody coordinates the region: the telephones that there are, as (region, telephone); else `None`.
    desks: list[tuple[str, str]] | None
    #: Promises about which the person can say that they were kept: (claim's number, sentence).
    to_confirm: list[tuple[int, str]]
    #: Promises of which they said that nothing was asked in return: that can be said otherwise.
    said_no: list[int]
    #: Questions of the desk without an answer.
    questions: list[Said]
    #: Questions and words: (whether it is ours, text, moment).
    talk: list[tuple[bool, str, datetime]]
    #: What happened: (moment, words), the newest first.
    history: list[tuple[datetime, str]]
    can_move: bool
    can_call_off: bool
    #: Nobody doubts that help came: what is left to say is whether it was enough.
    has_come: bool


def make_case(
    request: HelpRequest,
    claims: Sequence[Claim],
    talk: Sequence[Said],
    events: Sequence[tuple[datetime, str]],
    places: Places,
    language: str,
    *,
    survivor: HelpRequest | None,
    survivor_claims: Sequence[Claim] = (),
    desks: list[tuple[str, str]] | None,
    at: datetime,
) -> Case:
    """Everything about one request. ``survivor``: the request that it was put together with, if it was.

    How things stand is told of the survivor; of the promises that were made here before, the person can still say
    that they were kept.
    """
    zone = places.zone(request.region_code)
    to_confirm = list_to_confirm(request, claims, at=at)
    said_no = [claim.id for claim in claims if claim.was_asked is False]
    claims = survivor_claims if survivor else claims
    stands = what_next(
        survivor or request,
        claims,
        talk,
        can_confirm=bool(to_confirm) and survivor is None,
        is_own=survivor is None,
        at=at,
        zone=zone,
    )
    return Case(
        request=request,
        kind=places.kind(request.kind_code, language),
        place=places.place(request.region_code, request.district_code, language),
        when=formatting.when(request.timing, request.starts_at, request.ends_at, at, zone),
        steps=make_steps(survivor or request, claims, is_own=survivor is None),
        now=gettext("The same request was already here, so we put the two together.") if survivor else stands.now,
        then=stands.now if survivor else stands.then,
        # Where nobody coordinates the region no day can be promised.
        by=format_date(stands.by, "EEEE, d MMMM") if stands.by and desks is None else "",
        is_late=bool(stands.by and desks is None and at.astimezone(zone).date() > stands.by),
        phone=places.regions[(survivor or request).region_code].desk_phone,
        desks=None if request.status == RequestStatus.CLOSED else desks,
        to_confirm=to_confirm,
        said_no=said_no,
        questions=[said for said in talk if said.entry.kind == EntryKind.QUESTION and said.entry.seen_at is None],
        talk=[(s.entry.kind == EntryKind.QUESTION, s.text, s.entry.created_at) for s in talk if s.text],
        history=[(moment, words) for moment, type_ in events if (words := event_words(type_))],
        can_move=can_move(request, [ClaimState(claim.state) for claim in claims]),
        can_call_off=request.status != RequestStatus.CLOSED,
        has_come=has_come(claims),
    )


def states(claims: Sequence[Claim]) -> set[str]:
    return {claim.state for claim in claims}


def has_come(claims: Sequence[Claim]) -> bool:
    """Whether the person or a coordinator said that help came; a volunteer's own word is not enough."""
    return ClaimState.CONFIRMED in states(claims) or who_spoke(claims) is not None


def list_to_confirm(request: HelpRequest, claims: Sequence[Claim], *, at: datetime) -> list[tuple[int, str]]:
    """Promises that the person can confirm: kept as the volunteer says, or due by now."""
    if request.timing == Timing.AT and request.starts_at and at < request.starts_at:
        return []
    told = gettext("A volunteer says that the help was given.")
    came = gettext("A volunteer promised to come.")
    heard = gettext("Your word and number are with us. Here you can still say whether anything was asked in return.")
    return [
        (claim.id, heard if claim.helped_said_at else came if claim.state in OPEN_PROMISES else told)
        for claim in claims
        if claim.state in PROMISED and claim.was_asked is None
    ]


class Spoken(enum.Enum):
    """How the person has said that help came, where a promise still waits for the desk."""

    HERE = enum.auto()
    BY_PAIR = enum.auto()


def who_spoke(claims: Sequence[Claim]) -> Spoken | None:
    """Empty while anybody who promised is not yet spoken for. What was answered about a return changes nothing."""
    unsettled = [claim for claim in claims if claim.state in TO_SETTLE]
    if not unsettled or not all(claim.helped_said_at for claim in unsettled):
        return None
    return Spoken.BY_PAIR if any(claim.was_asked is None for claim in unsettled) else Spoken.HERE


# ---- steps and sentences ----


def make_steps(request: HelpRequest, claims: Sequence[Claim], *, is_own: bool) -> list[tuple[str, str]]:
    """The way of a request: each step with done, now or next. Of one that is over only what happened is left.

    ``is_own``: not the one that theirs was put together with, about which somebody else was called.
    """
    found = states(claims)
    is_told = bool(found & {ClaimState.REPORTED, ClaimState.DISPUTED})
    is_sure = has_come(claims)
    last = gettext("Did help come?") if is_told else gettext("The end")
    if is_sure:
        last = gettext("Help came")
    steps = [
        (gettext("We have it"), True),
        *([(gettext("Talked with you"), bool(request.verified_at))] if is_own else []),
        (gettext("On the board"), bool(request.published_at)),
        (gettext("Somebody comes"), bool(found & set(PROMISED))),
    ]
    if request.status == RequestStatus.CLOSED:
        return [*((label, "done") for label, happened in steps if happened), (last, "now")]
    reached = max(n for n, (_, happened) in enumerate(steps) if happened)
    if is_told or is_sure:
        reached = len(steps)
    labels = [*(label for label, _ in steps), last]
    return [(label, "done" if n < reached else "now" if n == reached else "next") for n, label in enumerate(labels)]


def what_next(
    request: HelpRequest,
    claims: Sequence[Claim],
    talk: Sequence[Said],
    *,
    can_confirm: bool,
    is_own: bool,
    at: datetime,
    zone: ZoneInfo,
) -> Next:
    """``can_confirm``: there is a button to say that they came. ``is_own``: what was said, they said."""
    if request.status == RequestStatus.CLOSED:
        return closed_words(request)
    if request.status == RequestStatus.RECEIVED:
        return received_words(request, talk, zone=zone)
    found = states(claims)
    if is_own and request.timing != Timing.REPEATING and is_another_to_come(claims):
        return one_came_words(claims)
    spoken = who_spoke(claims) if is_own else None
    if found & {ClaimState.REPORTED, ClaimState.DISPUTED}:
        said = max((claim.reported_at for claim in claims if claim.reported_at), default=at)
        by = add_working_days(said.astimezone(zone).date(), CLOSE_WITHIN)
        return reported_words(can_confirm=can_confirm, spoken=spoken, by=by)
    if found & set(OPEN_PROMISES) and spoken:
        return reported_words(can_confirm=can_confirm, spoken=spoken, by=None)
    if found & set(OPEN_PROMISES):
        return promised_words(request, found, at=at, zone=zone)
    if ClaimState.CONFIRMED in found:
        came = max((claim.settled_at for claim in claims if claim.settled_at), default=at)
        return Next(
            gettext("Help came."),
            gettext("A coordinator closes the request, or looks for who is missing."),
            add_working_days(came.astimezone(zone).date(), CLOSE_WITHIN),
        )
    if request.status == RequestStatus.PAUSED:
        return Next(
            gettext("Your request is on hold: nobody new can promise to come right now."),
            gettext("A coordinator clears something up and then goes on. You can ask them, or add a word below."),
        )
    since = request.published_at or request.created_at
    return Next(
        gettext("Your request is on the board, without your name and address. Volunteers see it."),
        gettext("If nobody has promised to come within two days, a coordinator looks for somebody."),
        (since + ALONE).astimezone(zone).date(),
    )


def received_words(request: HelpRequest, talk: Sequence[Said], *, zone: ZoneInfo) -> Next:
    entries = [said.entry for said in talk]
    calls = [entry for entry in entries if entry.kind == EntryKind.CALL and entry.created_at >= request.created_at]
    last = calls[-1] if calls else None
    if last and last.outcome == CallOutcome.NOT_NEEDED:
        return not_needed_words(last, talk, zone=zone)
    if request.verified_at:
        return Next(
            gettext("A coordinator has talked with you."),
            gettext("They write a short text for the board, without your name and address. Volunteers see it then."),
            add_working_days(request.verified_at.astimezone(zone).date(), TEXT_WITHIN),
        )
    if last and last.outcome in (CallOutcome.NO_ANSWER, CallOutcome.WRONG_NUMBER, CallOutcome.CALL_BACK):
        return Next(
            called_words(last.outcome),
            gettext("A coordinator calls again. You can also call us, or add a word: when to call, and where."),
            add_working_days(last.created_at.astimezone(zone).date(), CALL_WITHIN),
        )
    return Next(
        gettext("We have received what you wrote."),
        gettext("A coordinator calls to talk it over. Until then nobody else sees it."),
        add_working_days(request.created_at.astimezone(zone).date(), CALL_WITHIN),
    )


def called_words(outcome: str) -> str:
    """What came of a call that did not get as far as the need."""
    if outcome == CallOutcome.CALL_BACK:
        return gettext("We called; we agreed to call again.")
    if outcome == CallOutcome.WRONG_NUMBER:
        return gettext("We called, and the number that we have was wrong.")
    return gettext("We called and did not reach you.")


def not_needed_words(call: CaseEntry, talk: Sequence[Said], *, zone: ZoneInfo) -> Next:
    """They said so on the phone, and may have thought better of it since."""
    since = [said.entry for said in talk if said.entry.kind == EntryKind.WORD and said.entry.id > call.id]
    now = gettext("You told us on the phone that help is no longer needed.")
    if since:
        then = gettext("A coordinator reads what you have written since, and answers or calls.")
        return Next(now, then, add_working_days(since[-1].created_at.astimezone(zone).date(), CALL_WITHIN))
    then = gettext("A coordinator closes the request. If you do need it, add a word below, or call us.")
    return Next(now, then, add_working_days(call.created_at.astimezone(zone).date(), CLOSE_WITHIN))


def reported_words(*, can_confirm: bool, spoken: Spoken | None, by: date | None) -> Next:
    """Help was told of, by whoever gave it or by the person themselves."""
    then = gettext("A coordinator confirms it and closes the request.")
    if spoken:
        return Next(spoken_words(spoken), then, by)
    if can_confirm:
        then = gettext(
            "Please say below whether they came. A coordinator looks at it too, and then closes the request."
        )
    return Next(gettext("A volunteer says that the help was given."), then, by)


def spoken_words(spoken: Spoken) -> str:
    if spoken is Spoken.HERE:
        return gettext("You said that they came and helped.")
    return gettext("The volunteer gave us the word and the number that you told them.")


def is_another_to_come(claims: Sequence[Claim]) -> bool:
    """Of several who promised somebody came for sure, nobody else claims to have, and another has still to come."""
    silent = {claim.state for claim in claims if claim.helped_said_at is None}
    came = any(
        claim.helped_said_at or claim.state == ClaimState.CONFIRMED for claim in claims if claim.state in PROMISED
    )
    return came and bool(silent & set(OPEN_PROMISES)) and not silent & {ClaimState.REPORTED, ClaimState.DISPUTED}


def one_came_words(claims: Sequence[Claim]) -> Next:
    then = gettext("Somebody else promised, too. When they have come, please say it below.")
    spoken = who_spoke([claim for claim in claims if claim.helped_said_at])
    return Next(spoken_words(spoken) if spoken else gettext("Help came."), then)


def promised_words(request: HelpRequest, found: set[str], *, at: datetime, zone: ZoneInfo) -> Next:
    coming = gettext("A volunteer has promised to come.")
    if request.capacity > 1:
        coming = gettext("Places taken: %(taken)s of %(all)s.", taken=request.taken, all=request.capacity)
    if ClaimState.STARTED in found:
        coming = gettext("A volunteer has started.")
    if request.timing == Timing.AT and request.starts_at:
        moment = formatting.day_and_time(request.starts_at, at, zone)
        return Next(coming, gettext("Expected: %(when)s. Afterwards please say here whether they came.", when=moment))
    agreed = gettext("They call you to agree on the hour. Afterwards please say here whether they came.")
    return Next(coming, agreed, request.due_at.astimezone(zone).date() if request.timing == Timing.BY else None)


def closed_words(request: HelpRequest) -> Next:
    outcome = formatting.outcome_label(request.outcome or "")
    return Next(
        gettext("This request is closed: %(outcome)s.", outcome=outcome),
        gettext("If you need something again, ask anew at any time."),
    )


def event_words(type_: str) -> str:
    """What happened, said to the person it happened for; empty for what is the desk's own business."""
    volunteer_comes = gettext("A volunteer promised to come")
    words = {
        EventType.REQUEST_RECEIVED: gettext("We received your request"),
        EventType.REQUEST_VERIFIED: gettext("A coordinator talked it over with you"),
        EventType.REQUEST_PUBLISHED: gettext("Your request came onto the board"),
        EventType.REQUEST_PAUSED: gettext("A coordinator put it on hold"),
        EventType.REQUEST_RESUMED: gettext("It is on the board again"),
        EventType.REQUEST_MOVED: gettext("You moved the time"),
        EventType.REQUEST_SPLIT: gettext("A part of it became a request of its own"),
        EventType.REQUEST_MERGED: gettext("We put it together with the same request"),
        EventType.REQUEST_REOPENED: gettext("The other request has ended, so yours is looked at by itself again"),
        EventType.REQUEST_HANDED_OVER: gettext("Another region looks after it now"),
        EventType.REQUEST_CLOSED: gettext("The request was closed"),
        EventType.CASE_CALLED: gettext("A coordinator called"),
        EventType.CASE_ASKED: gettext("A coordinator asked you something"),
        EventType.CASE_ANSWERED: gettext("You answered"),
        EventType.CASE_TOLD: gettext("You added a word"),
        EventType.CLAIM_TAKEN: volunteer_comes,
        EventType.CLAIM_PROMOTED: volunteer_comes,
        EventType.CLAIM_STARTED: gettext("A volunteer started"),
        EventType.CLAIM_RELEASED: gettext("A volunteer cannot come after all; the place is free again"),
        EventType.CLAIM_REMOVED: gettext("A volunteer's promise ended"),
        EventType.CLAIM_LAPSED: gettext("A volunteer's promise ended"),
        EventType.CLAIM_REPORTED: gettext("A volunteer said that the help was given"),
        EventType.CLAIM_CONFIRMED: gettext("A coordinator confirmed that help came"),
        EventType.CLAIM_DISPUTED: gettext("A coordinator is clearing something up"),
        EventType.CLAIM_NO_SHOW: gettext("A volunteer did not come"),
        EventType.CLAIM_NO_SHOW_UNDONE: gettext("That the volunteer did not come was noted by mistake"),
        EventType.CLAIM_HELPED_SAID: gettext("It was confirmed for you that help came"),
    }
    return words.get(EventType(type_), "") if type_ in set(EventType) else ""


# ---- who looked ----


def reveal_words(reveal: ContactReveal) -> str:
    """By which role and how much was seen; never by whom."""
    who = {"coordinator": gettext("a coordinator"), "volunteer": gettext("a volunteer")}.get(reveal.role, reveal.role)
    what = gettext("the street") if reveal.step == Step.STREET else gettext("name, phone and door")
    return f"{who}: {what}"


def reveals_line(count: int) -> str:
    """How often the contact was looked at."""
    if not count:
        return gettext("Nobody has looked at your phone and address yet.")
    return ngettext(
        "Your phone or address was looked at %(num)s time.", "Your phone or address was looked at %(num)s times.", count
    )


# ---- small words ----


def format_day(moment: datetime) -> str:
    """A day in the time of the whole country: "22 November 2026"."""
    there = moment.astimezone(HOME).date()
    return format_date(there, "y 'ж'. d MMMM" if str(get_locale()) == "kk" else "d MMMM y")


def slip_sentence(typed: str) -> str:
    """What is wrong with a code that cannot be one: told as a slip of the pen, for that is what it is."""
    count = sum(symbol.isalnum() for symbol in typed)
    if count != LENGTH:
        return gettext("A code has %(all)s symbols, and here are %(count)s. Look again.", all=LENGTH, count=count)
    return gettext("One symbol is wrong: look again, it is easily misread.")


def time_answers(request: HelpRequest, zone: ZoneInfo) -> dict[str, str]:
    """When help is needed, in the words of the questionnaire, to be changed."""
    moment = request.starts_at or request.ends_at
    if moment is None or request.timing not in (Timing.AT, Timing.BY):
        return {"timing": Timing.ANY.value}
    there = moment.astimezone(zone)
    clock = there.strftime("%H:%M")
    return {
        "timing": request.timing,
        "day": there.date().isoformat(),
        "time": "" if clock == LAST_MINUTE else clock,
    }
