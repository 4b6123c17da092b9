"""Everything that a person in need changes: asking, a word, another time, "they came", withdrawing, leaving.

One function per verb, in the caller's transaction; `by` is the person themselves, or a coordinator who acts for
them. Nothing here commits. Locks are taken in the order person, request, claims, deed, totals, head of the log.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from accelerator.accounts.models import UserNotice
from accelerator.accounts.tell import tell_person, tell_promised
from accelerator.accounts.viewer import Viewer
from accelerator.appeals import transitions as appeals
from accelerator.board import transitions as board
from accelerator.board.models import (
    CAME,
    OPEN_PROMISES,
    Claim,
    ClaimState,
    HelpRequest,
    Outcome,
    RequestStatus,
    Timing,
)
from accelerator.codes import LENGTH, code_of
from accelerator.deeds import transitions as deeds
from accelerator.errors import NotAllowed, NotFound
from accelerator.extensions import db, vault
from accelerator.help import drafts
from accelerator.help.contact import Contact, seal_contact
from accelerator.help.models import CaseEntry, Channel, ContactReveal, EntryKind, Requester
from accelerator.help.pair import make_pair, pair_of
from accelerator.integrity.record import SYSTEM, Actor, EventType, record
from accelerator.mail import forget_words
from accelerator.phones import split_phone
from accelerator.reference import places

#: How long help takes until a coordinator says it better.
USUAL_MINUTES = 60
CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
#: Of a claim that a volunteer keeps or kept: the helped person can say that they came.
PROMISED = (*OPEN_PROMISES, *CAME)


@dataclass(frozen=True)
class Received:
    """What sending led to. Sent again, it is the same once more, with ``is_new`` false."""

    requester: Requester
    request: HelpRequest
    code: str
    pair: str
    is_new: bool


def is_sent(form_key: str, *, by: Viewer | None) -> bool:
    """Whether this form was kept already."""
    sent_key = _sent_key(form_key, by)
    return db.read.scalars(select(Requester.id).where(Requester.sent_key == sent_key)).first() is not None


def receive(
    answers: Mapping[str, Any],
    *,
    version_id: int,
    channel: Channel,
    form_key: str,
    consent_hash: bytes,
    by: Viewer | None,
    at: datetime,
    consent_at: datetime | None = None,
) -> Received:
    """Keep what somebody asks for; it waits for a coordinator then. ``consent_at``: when they signed, if not now.

    1. ``form_key`` makes the code and the pair, by a keyed hash: sent again, the same ones come out, although only
       their hashes are kept.
    2. The row of the person; a unique constraint lets each form in once, also from two tabs in one moment.
    3. What is private is sealed with a key of their own, made before: when we are killed in between, the daily
       tidying finds a key without a person.
    4. The request, with nothing in it that they wrote, and two events.
    """
    language = str(answers["language"])
    sent_key = _sent_key(form_key, by)
    code, pair = codes_of_form(form_key, language, by=by)
    known = _find_sent(sent_key)
    if known:
        return Received(known, _first_request(known), code, pair, is_new=False)
    requester = Requester(
        channel=channel.value,
        locale=language,
        is_for_other=answers.get("for_whom") == "other",
        version_id=version_id,
        key_name=vault.keys.create(),
        code_hash=vault.fingerprint("code", code),
        pair_hash=bytes(32),
        sent_key=sent_key,
        consent_version=version_id,
        consent_hash=consent_hash,
        consent_channel=channel.value,
        consent_at=consent_at or at,
        created_by_id=by.id if by else None,
        created_at=at,
    )
    try:
        with db.session.begin_nested():
            db.session.add(requester)
    except IntegrityError:
        first = _find_sent(sent_key)
        if first is None:
            raise
        vault.keys.destroy([str(requester.key_name)])
        return Received(first, _first_request(first), code, pair, is_new=False)
    seal_contact(requester, contact_of(answers))
    _seal_answers(requester, answers)
    requester.pair_hash = vault.fingerprint("pair", pair_of(requester.id, pair))
    request = _add_request(requester, answers, at=at)
    actor: Actor = by or requester
    record(
        db.session,
        EventType.REQUEST_RECEIVED,
        f"request:{request.id}",
        by=actor,
        at=at,
        region=request.region_code,
        channel=channel.value,
    )
    record(
        db.session,
        EventType.CONSENT_GIVEN,
        f"requester:{requester.public_ref}",
        by=requester,
        at=at,
        version=version_id,
        channel=channel.value,
    )
    return Received(requester, request, code, pair, is_new=True)


def _owner_of(form_key: str, by: Viewer | None) -> str:
    """A form's own key, and whose form it is: what one browser holds opens nothing of another's."""
    return f"{by.id if by else ''}:{form_key}"


def _sent_key(form_key: str, by: Viewer | None) -> bytes:
    """What stands for a form in the table: sent again, it is found by this."""
    return vault.fingerprint("form", _owner_of(form_key, by))


def codes_of_form(form_key: str, language: str, *, by: Viewer | None = None) -> tuple[str, str]:
    """The tracking code and the pair that a form's own key stands for."""
    seed = vault.fingerprint("given", _owner_of(form_key, by))
    return code_of(seed), make_pair(seed[LENGTH:], language)


def contact_of(answers: Mapping[str, Any]) -> Contact:
    """Who to ask for and how to reach them."""
    by_neighbour = answers.get("contact_way") == "neighbour"
    speaker = str(answers.get("speaker_name") or "") if answers.get("for_whom") == "other" else ""
    phone, words = split_phone(str(answers.get("neighbour_phone" if by_neighbour else "phone") or ""))
    return Contact(
        name=str(answers.get("name") or ""),
        phone=phone,
        phone_words=words,
        phone_owner=str(answers.get("neighbour_name") or "") if by_neighbour else speaker,
        speaker=speaker,
        street=str(answers.get("street") or ""),
        door=str(answers.get("door") or ""),
    )


def _find_sent(sent_key: bytes) -> Requester | None:
    return db.session.scalars(select(Requester).where(Requester.sent_key == sent_key)).first()


def _first_request(requester: Requester) -> HelpRequest:
    own = select(HelpRequest).where(HelpRequest.requester_id == requester.id)
    return db.session.scalars(own.order_by(HelpRequest.id).limit(1)).one()


def _seal_answers(requester: Requester, answers: Mapping[str, Any]) -> None:
    text = json.dumps(dict(answers), ensure_ascii=False)
    requester.sealed_answers = vault.seal(str(requester.key_name), text, requester, "sealed_answers")


def _add_request(requester: Requester, answers: Mapping[str, Any], *, at: datetime) -> HelpRequest:
    """The request as the desk finds it: kind, place and time; the words for the public are a coordinator's."""
    kind, place = str(answers["kind"]), answers["place"]
    when = hours_of(answers, places(db.session).zone(str(place["region"])))
    request = HelpRequest(
        title="",
        story="",
        locale=requester.locale,
        kind_code=kind,
        region_code=place["region"],
        district_code=place.get("district") or None,
        timing=when.timing.value,
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        due_at=board.due_at(when.timing.value, when.starts_at, when.ends_at, at=at),
        minutes=USUAL_MINUTES,
        capacity=1,
        min_age=places(db.session).kinds[kind].min_age,
        for_person=True,
        status=RequestStatus.RECEIVED.value,
        search_text="",
        created_by_id=requester.created_by_id,
        requester_id=requester.id,
        created_at=at,
    )
    db.session.add(request)
    db.session.flush()
    return request


# ---- when ----


@dataclass(frozen=True)
class Hours:
    """When help is needed, as a request keeps it."""

    timing: Timing
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def means(self, request: HelpRequest) -> bool:
        """Whether the request is for this time already."""
        kept = request.starts_at or request.ends_at
        return (self.timing, self.starts_at or self.ends_at) == (request.timing, kept)


def can_move(request: HelpRequest, claims: Iterable[ClaimState]) -> bool:
    """Whether the person can set another time: not after help came, nor of a weekly one, which the desk arranged."""
    is_fixed = request.status == RequestStatus.CLOSED or request.timing == Timing.REPEATING
    return not is_fixed and not any(state in CAME for state in claims)


def hours_of(answers: Mapping[str, Any], zone: ZoneInfo) -> Hours:
    """The moments that an answer means in the region's ``zone``. A day without an hour means: by the end of it."""
    day = str(answers.get("day") or "")
    if answers.get("timing") not in (Timing.BY, Timing.AT) or not day:
        return Hours(Timing.ANY)
    clock = CLOCK.fullmatch(str(answers.get("time") or ""))
    hour = time(int(clock[1]), int(clock[2])) if clock else time(23, 59)
    moment = datetime.combine(date.fromisoformat(day), hour, zone)
    if answers["timing"] == Timing.AT and clock:
        return Hours(Timing.AT, moment, moment + timedelta(minutes=USUAL_MINUTES))
    return Hours(Timing.BY, None, moment)


def move_time(request_id: int, hours: Hours, *, by: Requester, at: datetime) -> HelpRequest:
    """Another time suits better. Whoever promised keeps the place and is told; the same time again changes nothing."""
    request = _lock_own(request_id, by)
    if hours.means(request):
        return request
    if not can_move(request, [ClaimState(claim.state) for claim in _claims(request)]):
        raise NotAllowed("moved_on")
    request.timing, request.starts_at, request.ends_at = hours.timing.value, hours.starts_at, hours.ends_at
    if hours.starts_at:
        request.ends_at = hours.starts_at + timedelta(minutes=request.minutes)
    request.due_at = board.due_at(hours.timing.value, hours.starts_at, hours.ends_at, at=at)
    request.version += 1
    db.session.flush()
    record(db.session, EventType.REQUEST_MOVED, f"request:{request.id}", by=by, at=at, version=request.version)
    tell_promised(db.session, request.id, "moved", at=at)
    return request


# ---- words ----


def add_word(request_id: int, text: str, *, by: Requester, at: datetime) -> CaseEntry:
    """A word to the desk, sealed with the person's key; questions of the desk count as answered then.

    The same word once more is taken for a second press of the button.
    """
    request = _lock_own(request_id, by)
    entries = list_talk(request.id)
    last = next((entry for entry in reversed(entries) if entry.kind != EntryKind.CALL), None)
    if last and last.kind == EntryKind.WORD and _open(last) == text:
        return last
    answered = [entry for entry in entries if entry.kind == EntryKind.QUESTION and entry.seen_at is None]
    for question in answered:
        question.seen_at = at
    entry = CaseEntry(request_id=request.id, kind=EntryKind.WORD.value, key_name=_key(by), created_at=at)
    db.session.add(entry)
    db.session.flush()
    entry.sealed = vault.seal(_key(by), text, entry, "sealed")
    db.session.flush()
    happened = EventType.CASE_ANSWERED if answered else EventType.CASE_TOLD
    record(db.session, happened, f"request:{request.id}", by=by, at=at, entry=entry.id)
    return entry


def _open(entry: CaseEntry) -> str:
    if entry.key_name is None or entry.sealed is None:
        return ""
    return vault.open(entry.key_name, entry.sealed, entry, "sealed")


def list_talk(request_id: int) -> list[CaseEntry]:
    """Calls, questions and words of a case, oldest first."""
    kinds = (EntryKind.CALL.value, EntryKind.QUESTION.value, EntryKind.WORD.value)
    found = select(CaseEntry).where(CaseEntry.request_id == request_id, CaseEntry.kind.in_(kinds))
    return list(db.session.scalars(found.order_by(CaseEntry.id)))


# ---- the end ----


def say_they_came(claim_id: int, *, was_asked: bool, by: Requester, at: datetime) -> Claim:
    """The helped person says that help came, and whether anything was asked for it.

    A "yes" opens an integrity case by itself. The volunteer is not told of it, and sees no other deed, event or
    number than after a "no", so that nobody has to be afraid to say it; what follows is for the auditors to decide.
    Who has not told of it yet is asked to, after either answer.
    Who has given the volunteer the spoken pair answers the question here all the same. Repeating it is harmless. A
    "yes" after a "no" counts: the first may have been said while the volunteer stood there. It is not taken back here.
    """
    claim = db.session.get(Claim, claim_id)
    if claim is None:
        raise NotFound
    request = _lock_own(claim.request_id, by)
    db.session.refresh(claim)
    if claim.was_asked or claim.was_asked is was_asked:
        return claim
    if claim.was_asked is False:
        return _say_asked_after_all(claim, request, by=by, at=at)
    if claim.state not in PROMISED:
        raise NotAllowed("moved_on")
    if request.timing == Timing.AT and request.starts_at and at < request.starts_at:
        raise NotAllowed("too_early")
    claim.helped_said_at = claim.helped_said_at or at
    claim.was_asked = was_asked
    db.session.flush()
    if was_asked:
        _open_integrity_case(claim, request, by=by, at=at)
    deeds.confirm_by_helped(claim.id, at=at)
    record(db.session, EventType.CLAIM_HELPED_SAID, f"request:{request.id}", by=by, at=at, claim=claim.id)
    if claim.state in OPEN_PROMISES:
        tell_person(db.session, claim.user_id, "they_came", request_id=request.id, at=at)
    return claim


def _say_asked_after_all(claim: Claim, request: HelpRequest, *, by: Requester, at: datetime) -> Claim:
    """That help came was said and recorded already; nothing else may show that there was another answer."""
    claim.was_asked = True
    db.session.flush()
    _open_integrity_case(claim, request, by=by, at=at)
    return claim


def _open_integrity_case(claim: Claim, request: HelpRequest, *, by: Requester, at: datetime) -> None:
    appeals.open_integrity_case(
        request_id=request.id, region_code=request.region_code, claim_id=claim.id, locale=by.locale, at=at
    )


def call_off(request_id: int, outcome: Outcome, *, by: Requester, at: datetime) -> int:
    """ "Somebody has already helped", or "I no longer need it": how many who promised or wait are told."""
    request = _lock_own(request_id, by)
    if request.status == RequestStatus.CLOSED:
        return 0
    return board.end(request, outcome, by=by, at=at)


def _forget_words(request: HelpRequest) -> None:
    """What was written about a person and is not public: it may name them or their door."""
    request.briefing = ""
    if request.published_at is None:
        request.title = request.story = request.search_text = ""
    db.session.execute(update(Claim).where(Claim.request_id == request.id).values(reason="", answer=""))
    db.session.execute(update(UserNotice).where(UserNotice.request_id == request.id).values(reason=""))
    forget_words(db.session, f"/requests/{request.id}")


def erase(requester_id: int, *, by: Actor, at: datetime) -> Requester:
    """Delete what we know of a person: open requests end, everything sealed goes, and with the key all copies of it.

    What others rely on stays without the person: the public text, the volunteer's hours, the log. By the daily
    tidying (`SYSTEM`) consent was not withdrawn, its time is over. Repeating it is harmless.
    """
    requester = lock_requester(requester_id)
    if requester.erased_at is not None:
        return requester
    key_name = str(requester.key_name)
    drafts.forget_of(db.session, requester.id)
    for request in _lock_all(requester):
        if request.status != RequestStatus.CLOSED:
            board.end(request, Outcome.FULFILLED if _was_helped(request) else Outcome.WITHDRAWN, by=by, at=at)
        _forget_words(request)
        for entry in db.session.scalars(select(CaseEntry).where(CaseEntry.request_id == request.id)):
            entry.sealed = entry.key_name = None
            if entry.kind == EntryKind.WORD:
                entry.seen_at = entry.seen_at or at  # there is nothing left for the desk to read
    requester.sealed_contact = requester.sealed_answers = requester.phone_hash = requester.key_name = None
    requester.erased_at = at
    subject = f"requester:{requester.public_ref}"
    looks = update(ContactReveal).where(ContactReveal.requester_id == requester.id)
    db.session.execute(looks.values(sealed_reason=None))
    if by is not SYSTEM:
        requester.consent_withdrawn_at = at
    db.session.flush()
    if by is not SYSTEM:
        record(db.session, EventType.CONSENT_WITHDRAWN, subject, by=by, at=at)
    record(db.session, EventType.REQUESTER_ERASED, subject, by=by, at=at)
    vault.destroy_after_commit(db.session, key_name)
    return requester


# ---- rows ----


def lock_requester(requester_id: int) -> Requester:
    """The person who asked, read fresh and locked until the transaction ends; first in the order of locks."""
    found = db.session.scalars(
        select(Requester)
        .where(Requester.id == requester_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound
    return found


def _lock_own(request_id: int, by: Requester) -> HelpRequest:
    """A request of this person, locked with what was put together with it; another's is not there for them."""
    requester = lock_requester(by.id)
    request = board.lock_with_duplicates(request_id)[request_id]
    if request.requester_id != requester.id or requester.erased_at is not None:
        raise NotFound
    return request


def _lock_all(requester: Requester) -> list[HelpRequest]:
    own = select(HelpRequest.id).where(HelpRequest.requester_id == requester.id).order_by(HelpRequest.id)
    ids = db.session.scalars(own).all()
    locked = board.lock_with_duplicates(*ids)
    return [locked[request_id] for request_id in ids]


def _was_helped(request: HelpRequest) -> bool:
    return any(claim.state == ClaimState.CONFIRMED or claim.helped_said_at for claim in _claims(request))


def _claims(request: HelpRequest, *states: ClaimState) -> list[Claim]:
    """The claims on a request in these states, or all of them."""
    found = select(Claim).where(Claim.request_id == request.id, Claim.state.in_(states or tuple(ClaimState)))
    return list(db.session.scalars(found.order_by(Claim.id)))


def _key(requester: Requester) -> str:
    if requester.key_name is None:
        raise NotFound
    return requester.key_name
