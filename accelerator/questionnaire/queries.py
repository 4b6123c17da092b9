"""Reading versions of the questionnaire."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accelerator.accounts.models import User
from accelerator.database import AnyRow
from accelerator.errors import NotFound
from accelerator.questionnaire.document import Document
from accelerator.questionnaire.models import QuestionnaireVersion

MOST = 100


def find_current(session: Session) -> QuestionnaireVersion:
    """The newest published version: the one that is asked. `flask database upgrade` brings the first."""
    return session.scalars(
        select(QuestionnaireVersion)
        .where(QuestionnaireVersion.published_at.is_not(None))
        .order_by(QuestionnaireVersion.published_at.desc(), QuestionnaireVersion.id.desc())
        .limit(1)
    ).one()


def document_of(version: QuestionnaireVersion) -> Document:
    """The questions of a version. What was read once is kept: a published body never changes."""
    return read_body(version.body)


@lru_cache(maxsize=64)
def read_body(body: str) -> Document:
    return Document.parse(body)


def get_version(session: Session, version_id: int) -> QuestionnaireVersion:
    """A version by its number, or `NotFound`."""
    found = session.get(QuestionnaireVersion, version_id)
    if found is None:
        raise NotFound
    return found


def find_draft(session: Session) -> QuestionnaireVersion | None:
    """The draft that coordinators are writing; there is one at most."""
    drafts = select(QuestionnaireVersion).where(QuestionnaireVersion.published_at.is_(None))
    return session.scalars(drafts.order_by(QuestionnaireVersion.id).limit(1)).first()


def list_versions(session: Session) -> Sequence[AnyRow]:
    """Published versions, newest first, each with the name of who began it (empty: built in, or they left)."""
    return session.execute(
        select(QuestionnaireVersion, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == QuestionnaireVersion.created_by_id)
        .where(QuestionnaireVersion.published_at.is_not(None))
        .order_by(QuestionnaireVersion.published_at.desc(), QuestionnaireVersion.id.desc())
        .limit(MOST)
    ).all()
