"""Versions of the questionnaire. A published one never changes: answers keep the questions that were asked."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.database import Base, Key


class QuestionnaireVersion(Base):
    """One version: a draft until it is published; the newest published one is asked."""

    __tablename__ = "questionnaire_versions"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    #: `accelerator.questionnaire.document.Document` as canonical JSON.
    body: Mapped[str] = mapped_column(Text)
    #: SHA-256 of ``body``: what a consent refers to.
    body_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: Grows with each change of a draft, so that two editors never overwrite each other.
    edits: Mapped[int] = mapped_column(default=1)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None] = mapped_column(index=True)
