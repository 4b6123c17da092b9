"""What the page of a case reads."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from accelerator import policy
from accelerator.accounts.models import User
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import Claim, HelpRequest
from accelerator.board.queries import get_request
from accelerator.database import AnyRow
from accelerator.errors import NotFound
from accelerator.extensions import vault
from accelerator.help.models import CaseEntry, ContactReveal, EntryKind, Requester
from accelerator.vault.keys import KeyGone
from accelerator.vault.sealing import Unreadable

MOST = 100
MOST_VOLUNTEERS = 8
#: Above every letter: ends the range of names that begin in one way.
END = "\uffff"


def get_case(session: Session, request_id: int, viewer: Viewer) -> HelpRequest:
    """A request that this viewer may see at the desk, or `NotFound`."""
    found = get_request(session, request_id)
    if not policy.can_read_desk(viewer, found.region_code):
        raise NotFound
    return found


def get_claim(session: Session, claim_id: int) -> Claim:
    found = session.get(Claim, claim_id)
    if found is None:
        raise NotFound
    return found


def find_requester(session: Session, request: HelpRequest) -> Requester | None:
    return session.get(Requester, request.requester_id) if request.requester_id else None


def open_answers(requester: Requester) -> dict[str, Any]:
    """Everything the person answered; nothing after erasure."""
    if requester.key_name is None or requester.sealed_answers is None:
        return {}
    try:
        text = vault.open(requester.key_name, requester.sealed_answers, requester, "sealed_answers")
    except (KeyGone, Unreadable):
        return {}
    answers: dict[str, Any] = json.loads(text)
    return answers


def list_entries(session: Session, request_id: int) -> Sequence[AnyRow]:
    """Notes, calls, questions and words, the newest first, with the names and roles of who wrote from the desk."""
    return session.execute(
        select(CaseEntry, func.coalesce(User.name, ""), func.coalesce(User.role, ""))
        .outerjoin(User, User.id == CaseEntry.user_id)
        .where(CaseEntry.request_id == request_id)
        .order_by(CaseEntry.id.desc())
        .limit(MOST)
    ).all()


def open_entry(entry: CaseEntry) -> str:
    """The words of an entry; empty when there are none any more."""
    return _open(entry.key_name, entry.sealed, entry, "sealed")


def open_reason(reveal: ContactReveal, key_name: str | None) -> str:
    """Why a coordinator looked; empty of a volunteer, and after erasure."""
    return _open(key_name, reveal.sealed_reason, reveal, "sealed_reason")


def _open(key_name: str | None, sealed: bytes | None, row: CaseEntry | ContactReveal, column: str) -> str:
    if key_name is None or sealed is None:
        return ""
    try:
        return vault.open(key_name, sealed, row, column)
    except (KeyGone, Unreadable):
        return ""


def count_unread(session: Session, request_id: int) -> int:
    return session.scalars(
        select(func.count())
        .select_from(CaseEntry)
        .where(CaseEntry.request_id == request_id, CaseEntry.kind == EntryKind.WORD.value, CaseEntry.seen_at.is_(None))
    ).one()


def list_reveals(session: Session, request_id: int, requester_id: int) -> Sequence[AnyRow]:
    """Looks at the contact on account of this case, the newest first: with names, and the name of the key."""
    return session.execute(
        select(ContactReveal, func.coalesce(User.name, ""), Requester.key_name)
        .join(Requester, Requester.id == ContactReveal.requester_id)
        .outerjoin(User, User.id == ContactReveal.user_id)
        .where(ContactReveal.requester_id == requester_id, ContactReveal.request_id == request_id)
        .order_by(ContactReveal.id.desc())
        .limit(MOST)
    ).all()


def names_by_ref(session: Session, refs: set[str]) -> dict[str, str]:
    """The names behind references of the log, of those who are still here."""
    if not refs:
        return {}
    rows = session.execute(select(User.public_ref, User.name).where(User.public_ref.in_(refs))).all()
    return {row.public_ref: row.name for row in rows}


def list_claims(session: Session, request_id: int) -> Sequence[AnyRow]:
    """Everybody who promised, in the order of their promises, with their names."""
    return session.execute(
        select(Claim, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == Claim.user_id)
        .where(Claim.request_id == request_id)
        .order_by(Claim.id)
        .limit(300)
    ).all()


def list_related(
    session: Session, request: HelpRequest, requester: Requester | None, viewer: Viewer
) -> Sequence[HelpRequest]:
    """Requests of the same phone or person, and those split off, the newest first, in the viewer's regions only."""
    ids = _related_ids(request, requester)
    return session.scalars(
        select(HelpRequest)
        .where(HelpRequest.id.in_(ids), HelpRequest.region_code.in_(viewer.regions))
        .order_by(HelpRequest.id.desc())
        .limit(20)
    ).all()


def count_elsewhere(session: Session, request: HelpRequest, requester: Requester | None, viewer: Viewer) -> int:
    """How many of them are in regions that are not the viewer's: the number is all they see."""
    ids = _related_ids(request, requester)
    some = select(HelpRequest.id).where(HelpRequest.id.in_(ids), HelpRequest.region_code.not_in(viewer.regions))
    return session.scalars(select(func.count()).select_from(some.limit(MOST).subquery())).one()


def _related_ids(request: HelpRequest, requester: Requester | None) -> Any:
    own = HelpRequest.split_from_id == request.id
    own = own | (HelpRequest.duplicate_of_id == request.id)
    for number in (request.split_from_id, request.duplicate_of_id):
        if number:
            own = own | (HelpRequest.id == number)
    if requester:
        own = own | (HelpRequest.requester_id == requester.id)
        if requester.phone_hash:
            same_phone = select(Requester.id).where(Requester.phone_hash == requester.phone_hash)
            own = own | HelpRequest.requester_id.in_(same_phone)
    return select(HelpRequest.id).where(own, HelpRequest.id != request.id)


def count_parts(session: Session, request_id: int) -> int:
    """How many needs were split off from a request."""
    return session.scalars(select(func.count()).where(HelpRequest.split_from_id == request_id)).one()


def find_volunteers(session: Session, region_code: str, spellings: list[str], email: str) -> Sequence[User]:
    """People of a region by the beginning of their name, or by their e-mail; few, from an index."""
    if not spellings:
        return []
    named = or_(*(User.name.between(beginning, beginning + END) for beginning in spellings))
    by_name = session.scalars(
        select(User).where(User.region_code == region_code, named).order_by(User.name, User.id).limit(MOST_VOLUNTEERS)
    ).all()
    by_email = session.scalars(select(User).where(User.region_code == region_code, User.email == email)).all()
    return list(dict.fromkeys([*by_email, *by_name]))[:MOST_VOLUNTEERS]
