"""The private part of a case, for its coordinators: the person's own words and answers, without the contact."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from accelerator import formatting
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import HelpRequest
from accelerator.desk.cases.queries import open_answers
from accelerator.desk.cases.words import call_script, channel_label
from accelerator.extensions import db
from accelerator.help.models import Requester
from accelerator.help.transitions import hours_of
from accelerator.i18n import current_language
from accelerator.questionnaire.answers import describe, say
from accelerator.questionnaire.document import Document, Kind
from accelerator.questionnaire.queries import document_of, get_version
from accelerator.reference import Places, places

#: Shown only by a look that is written down.
CONTACT = frozenset({"name", "speaker_name", "phone", "neighbour_name", "neighbour_phone", "street", "door"})
WORDS = "words"


@dataclass(frozen=True)
class Private:
    """What a coordinator reads beside the public text."""

    is_erased: bool
    channel: str
    since: str
    #: The language in which the person wants to be spoken to.
    locale: str
    words: str
    answers: list[tuple[str, str]]
    #: The day among the answers is not the one that counts any more.
    is_moved: bool
    script: list[str]


def show_private(request: HelpRequest, requester: Requester | None, viewer: Viewer, now: datetime) -> Private | None:
    """`None` when nobody in particular asked."""
    if requester is None:
        return None
    known = places(db.read)
    zone, region = known.zone(request.region_code), known.regions[request.region_code]
    answers = open_answers(requester)
    since = formatting.day_and_time(requester.created_at, now, zone)
    return Private(
        is_erased=requester.key_name is None,
        channel=channel_label(requester.channel),
        since=since,
        locale=requester.locale,
        words=str(answers.get(WORDS) or ""),
        answers=_without_contact(db.read, requester, answers, known),
        is_moved=_is_moved(request, answers, zone),
        script=call_script(requester.locale, viewer.name, requester.created_at, now, zone, region.desk_phone),
    )


def _is_moved(request: HelpRequest, answers: dict[str, object], zone: ZoneInfo) -> bool:
    """Whether the time has been changed since it was asked for; false where nobody asked for a time."""
    return bool(answers.get("timing")) and not hours_of(answers, zone).means(request)


def other_phones(requester: Requester) -> list[tuple[str, str]]:
    """Numbers that coordinators' own questions asked for, each under its question: shown with the contact only."""
    document, answers = document_of(get_version(db.read, requester.version_id)), open_answers(requester)
    language, known = current_language(), places(db.read)
    own = [question for question in document.questions() if question.id in _phones(document) - CONTACT]
    told = [(question.label.get(language, ""), say(question, answers, language, known)) for question in own]
    return [(label, number) for label, number in told if number]


def _without_contact(
    session: Session, requester: Requester, answers: dict[str, object], known: Places
) -> list[tuple[str, str]]:
    document = document_of(get_version(session, requester.version_id))
    kept = {id_: answer for id_, answer in answers.items() if id_ not in _hidden(document)}
    return describe(document, kept, current_language(), known)


def _hidden(document: Document) -> frozenset[str]:
    return CONTACT | _phones(document) | {WORDS}


def _phones(document: Document) -> frozenset[str]:
    return frozenset(question.id for question in document.questions() if question.kind is Kind.PHONE)
