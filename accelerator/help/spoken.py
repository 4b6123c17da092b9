"""The pair that a helped person says to the volunteer, who types it in: it stands for the person's own word.

It stands for it once from each volunteer: whoever has given it knows it, and it would prove nothing the next time.
"""

import enum
import hmac
from datetime import datetime

from flask_babel import gettext

from accelerator import limits
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import Claim, HelpRequest
from accelerator.errors import DomainError
from accelerator.extensions import db, vault
from accelerator.help.models import Requester
from accelerator.help.pair import pair_of
from accelerator.help.queries import has_given_pair
from accelerator.integrity.record import EventType, record
from accelerator.limits import PAIR_BY_VOLUNTEER


class Heard(enum.StrEnum):
    """What somebody typed as the pair."""

    RIGHT = "right"
    WRONG = "wrong"
    KNOWN = "known"
    TOO_MANY = "too_many"


class PairRefused(DomainError):
    """There is nobody (any more) who could have said a pair."""

    status = 409


def heard_sentence(heard: Heard) -> str:
    """Beside the field."""
    return {
        Heard.RIGHT: "",
        Heard.WRONG: gettext("These are not the word and digits. Look again, or leave this empty: we will call."),
        Heard.KNOWN: gettext("You have given these once already. Leave this empty: the coordinator will call and ask."),
        Heard.TOO_MANY: gettext("Too many tries. Please leave this empty: the coordinator will call and ask."),
    }[heard]


def find_speaker(request: HelpRequest, listener: Viewer) -> Requester | None:
    """Who could say a pair to ``listener``: the person of the request, unless their data is erased.

    Whoever typed the request in has read the pair out to them, so it would prove nothing.
    """
    requester = db.read.get(Requester, request.requester_id) if request.requester_id else None
    if requester is None or requester.erased_at is not None or requester.created_by_id == listener.id:
        return None
    return requester


def is_known(request: HelpRequest, claim: Claim) -> bool:
    """Whether the volunteer of ``claim`` has given the pair of this person already, for another promise."""
    return has_given_pair(db.read, claim, request.requester_id)


def hear(request: HelpRequest, claim: Claim, text: str, *, by: Viewer, at: datetime) -> Heard:
    """Compare what the volunteer of ``claim`` typed; wrong tries are counted for a volunteer and a person.

    The caller commits also after a wrong try. When they are used up even the right pair is not told from others.
    The count is a row that stays locked until then, so that of two promises told of at once only one is vouched for.
    """
    speaker = find_speaker(request, by)
    if speaker is None:
        raise PairRefused
    key = f"{by.public_ref}:{speaker.public_ref}"
    if not limits.spend(db.session, PAIR_BY_VOLUNTEER, key, at=at):
        return Heard.TOO_MANY
    given = vault.fingerprint("pair", pair_of(speaker.id, text))
    if not hmac.compare_digest(speaker.pair_hash, given):
        return Heard.WRONG
    limits.spend(db.session, PAIR_BY_VOLUNTEER, key, at=at, amount=-1)  # only wrong ones count
    return Heard.KNOWN if has_given_pair(db.session, claim, speaker.id) else Heard.RIGHT


def note(claim: Claim, *, by: Viewer, at: datetime) -> None:
    """The right pair was given with a report, in the transaction and under the locks of `board.report`.

    The deed is confirmed by the one who was helped once a coordinator confirms the report. Repeating it is harmless.
    """
    claim.pair_given_at = claim.pair_given_at or at
    if claim.helped_said_at is not None:
        return
    claim.helped_said_at = at
    db.session.flush()
    record(db.session, EventType.CLAIM_HELPED_SAID, f"request:{claim.request_id}", by=by, at=at, claim=claim.id)
