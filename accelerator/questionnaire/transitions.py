"""Everything that changes a version: a draft is begun, written, thrown away or published. Nothing here commits.

Two editors never overwrite each other: whoever saves says what they had before them, and a draft that has
changed there in the meantime refuses.
"""

from collections.abc import Callable
from datetime import datetime

from flask_babel import gettext
from sqlalchemy import select

from accelerator import policy
from accelerator.accounts.viewer import Viewer
from accelerator.errors import DomainError, NotFound
from accelerator.extensions import db
from accelerator.integrity.record import EventType, record
from accelerator.questionnaire import queries
from accelerator.questionnaire.document import Document, DocumentError, body_hash
from accelerator.questionnaire.editing import CannotDo
from accelerator.questionnaire.models import QuestionnaireVersion
from accelerator.questionnaire.problems import problems

Change = Callable[[Document], Document]


class DraftChanged(DomainError):
    """Somebody else was faster with the same thing."""

    status = 409

    def sentence(self) -> str:
        return gettext("Another coordinator changed this in the meantime. Look at how it stands now, then repeat.")


class NotReady(DomainError):
    """There is something to mend before everyone is asked this."""

    status = 409

    def sentence(self) -> str:
        return gettext("Some things have to be mended first. They are marked below.")


class NothingNew(DomainError):
    """A version like the one before it helps nobody."""

    status = 409

    def sentence(self) -> str:
        return gettext("Nothing is different from the present version yet.")


class StaysHere(DomainError):
    """The portal needs what should be taken out, or it is too much."""

    status = 409

    def sentence(self) -> str:
        return gettext("The portal cannot do that: it needs this question, or there are too many.")


def start_draft(*, by: Viewer, at: datetime) -> QuestionnaireVersion:
    """The draft to write in, made of the present version; the one that is there when somebody began already."""
    check_right(by)
    current = queries.find_current(db.session)
    db.session.execute(  # two who begin at once: the second waits here, then finds the first one's draft
        select(QuestionnaireVersion.id).where(QuestionnaireVersion.id == current.id).with_for_update()
    )
    draft = queries.find_draft(db.session)
    if draft is not None:
        return draft
    draft = QuestionnaireVersion(
        body=current.body, body_hash=current.body_hash, created_by_id=by.id, created_at=at, edits=1
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def change_draft(
    draft_id: int, change: Change, *, by: Viewer, is_unchanged: Callable[[QuestionnaireVersion], bool]
) -> QuestionnaireVersion:
    """Apply one step to the draft as it is now. ``is_unchanged`` looks whether the editor saw it so."""
    draft = lock_draft(draft_id, by=by)
    if not is_unchanged(draft):
        raise DraftChanged
    try:
        body = Document.parse(change(queries.document_of(draft)).to_json()).to_json()
    except (CannotDo, DocumentError) as error:
        raise StaysHere from error
    draft.body, draft.body_hash = body, body_hash(body)
    draft.edits += 1
    db.session.flush()
    return draft


def discard_draft(draft_id: int, *, seen_edits: int, by: Viewer) -> None:
    """Throw the draft away; what is asked stays as it is."""
    draft = lock_draft(draft_id, by=by)
    if draft.edits != seen_edits:
        raise DraftChanged
    db.session.delete(draft)
    db.session.flush()


def publish(draft_id: int, *, seen_edits: int, by: Viewer, at: datetime) -> QuestionnaireVersion:
    """From now on everyone is asked this. Answers given before keep the questions that they were given to."""
    draft = lock_draft(draft_id, by=by)
    if draft.edits != seen_edits:
        raise DraftChanged
    document = queries.document_of(draft)
    if problems(document):
        raise NotReady
    if draft.body_hash == queries.find_current(db.session).body_hash:
        raise NothingNew
    draft.published_at = at
    db.session.flush()
    record(
        db.session,
        EventType.QUESTIONNAIRE_PUBLISHED,
        f"questionnaire:{draft.id}",
        by=by,
        at=at,
        text=draft.body_hash.hex(),
    )
    return draft


def lock_draft(draft_id: int, *, by: Viewer) -> QuestionnaireVersion:
    """The draft, held until the end of the transaction; one that was published or thrown away is none any more."""
    check_right(by)
    draft = db.session.scalars(
        select(QuestionnaireVersion)
        .where(QuestionnaireVersion.id == draft_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if draft is None or draft.published_at is not None:
        raise DraftChanged
    return draft


def check_right(by: Viewer) -> None:
    if not policy.can_edit_questionnaire(by):
        raise NotFound
