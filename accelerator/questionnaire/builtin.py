"""The questionnaire that comes with the portal."""

import tomllib
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from accelerator.questionnaire.document import Document, body_hash
from accelerator.questionnaire.models import QuestionnaireVersion

FILE = Path(__file__).with_name("builtin.toml")


def read_builtin() -> Document:
    return Document.parse(tomllib.loads(FILE.read_text("utf-8")))


def load_builtin(session: Session, *, at: datetime) -> None:
    """Write it as the first version where there is none yet. The caller commits."""
    if session.scalars(select(QuestionnaireVersion.id).limit(1)).first() is not None:
        return
    body = read_builtin().to_json()
    session.add(QuestionnaireVersion(body=body, body_hash=body_hash(body), created_at=at, published_at=at))
    session.flush()
