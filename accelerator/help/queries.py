"""Reading what belongs to a person who asked for help."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select, text
from sqlalchemy.orm import Session

from accelerator.board.models import CAME, VOUCHED, Claim, HelpRequest, Timing
from accelerator.extensions import vault
from accelerator.help.models import CaseEntry, ContactReveal, EntryKind, Requester
from accelerator.integrity.queries import detail_of, list_events
from accelerator.integrity.record import EventType
from accelerator.vault.keys import KeyGone
from accelerator.vault.sealing import Unreadable

#: What the person themselves sees of a case's entries; notes are the desk's own.
TALK = (EntryKind.CALL.value, EntryKind.QUESTION.value, EntryKind.WORD.value)
MOST = 50


@dataclass(frozen=True)
class Said:
    """An entry of a case with its words; a call's words stay at the desk."""

    entry: CaseEntry
    text: str


def find_by_code(session: Session, code: str) -> Requester | None:
    return session.scalars(select(Requester).where(Requester.code_hash == vault.fingerprint("code", code))).first()


def find_requester(session: Session, requester_id: int) -> Requester | None:
    return session.get(Requester, requester_id)


def list_requests(session: Session, requester_id: int) -> Sequence[HelpRequest]:
    """A person's requests, the newest first."""
    own = select(HelpRequest).where(HelpRequest.requester_id == requester_id)
    return session.scalars(own.order_by(HelpRequest.id.desc()).limit(MOST)).all()


def find_own_request(session: Session, request_id: int, requester_id: int) -> HelpRequest | None:
    own = HelpRequest.requester_id == requester_id
    return session.scalars(select(HelpRequest).where(HelpRequest.id == request_id, own)).first()


def find_own_claim(session: Session, claim_id: int, requester_id: int) -> Claim | None:
    """A volunteer's promise to this person."""
    return session.scalars(
        select(Claim)
        .join(HelpRequest, HelpRequest.id == Claim.request_id)
        .where(Claim.id == claim_id, HelpRequest.requester_id == requester_id)
    ).first()


def has_given_pair(session: Session, claim: Claim, requester_id: int | None) -> bool:
    """Whether the volunteer has given this person's pair for another promise."""
    others = (
        select(Claim.id)
        .join(HelpRequest, HelpRequest.id == Claim.request_id)
        .where(Claim.user_id == claim.user_id, Claim.id != claim.id, Claim.pair_given_at.is_not(None))
        .where(HelpRequest.requester_id == requester_id)
    )
    return session.scalars(others.limit(1)).first() is not None


def list_claims(session: Session, request_ids: Iterable[int]) -> Sequence[Claim]:
    return session.scalars(select(Claim).where(Claim.request_id.in_(list(request_ids))).order_by(Claim.id)).all()


def list_still_needed(session: Session, request: HelpRequest) -> Sequence[int]:
    """Requests of other people that were put together with this one, and for which nobody came.

    One telephone may stand for several people, a neighbour's for a whole house: a coordinator finds out.
    """
    has_come = or_(Claim.state.in_(CAME), text(VOUCHED))
    came = exists().where(Claim.request_id == HelpRequest.id, has_come, HelpRequest.timing != Timing.REPEATING.value)
    others = (
        select(HelpRequest.id)
        .join(Requester, Requester.id == HelpRequest.requester_id)
        .where(HelpRequest.duplicate_of_id == request.id, Requester.erased_at.is_(None), ~came)
    )
    if request.requester_id:
        others = others.where(Requester.id != request.requester_id)
    return session.scalars(others.order_by(HelpRequest.id)).all()


def list_talk(session: Session, request_id: int) -> list[Said]:
    """Calls, questions and words of a case, oldest first."""
    newest = select(CaseEntry).where(CaseEntry.request_id == request_id, CaseEntry.kind.in_(TALK))
    entries = session.scalars(newest.order_by(CaseEntry.id.desc()).limit(MOST)).all()
    return [Said(entry, read_entry(entry)) for entry in reversed(entries)]


def read_entry(entry: CaseEntry) -> str:
    """The words of an entry; empty for a call and after erasure."""
    if entry.kind == EntryKind.CALL or entry.key_name is None or entry.sealed is None:
        return ""
    try:
        return vault.open(entry.key_name, entry.sealed, entry, "sealed")
    except (KeyGone, Unreadable):
        return ""


def list_happened(session: Session, request_id: int) -> list[tuple[datetime, str]]:
    """Moments and types of a request's newest events, the newest first.

    That help came stands there once for each promise, when it was first said: it can be said by the spoken pair, and
    behind the code as well.
    """
    happened: list[tuple[datetime, str]] = []
    spoken_for: set[str] = set()
    for event in reversed(list_events(session, f"request:{request_id}", MOST)):
        if event.type == EventType.CLAIM_HELPED_SAID:
            claim = detail_of(event.body, "claim")
            if claim in spoken_for:
                continue
            spoken_for.add(claim)
        happened.append((event.at, event.type))
    return happened[::-1]


def list_reveals(session: Session, requester_id: int) -> Sequence[ContactReveal]:
    """Who looked at a person's contact, the newest first."""
    found = select(ContactReveal).where(ContactReveal.requester_id == requester_id)
    return session.scalars(found.order_by(ContactReveal.id.desc()).limit(MOST)).all()
