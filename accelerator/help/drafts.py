"""What somebody has filled in so far: kept on the server, sealed with a token that only their browser has."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from accelerator.accounts.viewer import hash_token
from accelerator.extensions import vault
from accelerator.help.models import HelpDraft
from accelerator.questionnaire.document import Document, Page
from accelerator.questionnaire.forms import first_page_to_mend
from accelerator.reference import Places
from accelerator.vault.sealing import Unreadable

#: How long a draft is kept without being touched, and how long the code is shown again to the browser that sent it.
KEPT = timedelta(days=7)
SHOWN = timedelta(hours=24)


@dataclass
class Filled:
    """What is sealed in a draft."""

    #: Question → answer; what cannot be read yet stands as it was typed.
    answers: dict[str, Any] = field(default_factory=dict)
    #: Pages that were filled in rightly.
    done: list[str] = field(default_factory=list)
    #: Once sent: the code and the pair, until they are written down.
    code: str = ""
    pair: str = ""


@dataclass
class Draft:
    """A row and what it holds."""

    row: HelpDraft
    filled: Filled
    token: str

    @property
    def is_sent(self) -> bool:
        return self.row.requester_id is not None

    def keep(self, *, at: datetime) -> None:
        """Seal what was changed. The caller holds the row's lock and commits."""
        self.row.sealed = seal(self.token, self.filled)
        self.row.updated_at = at


def seal(token: str, filled: Filled) -> bytes:
    return vault.seal_for_browser(token, json.dumps(asdict(filled), ensure_ascii=False), place(token))


def place(token: str) -> str:
    return f"{HelpDraft.__tablename__}|{hash_token(token).hex()}|sealed"


def find(session: Session, token: str | None, *, at: datetime, locked: bool = False) -> Draft | None:
    """This browser's draft; `None` when there is none, or when its time is over."""
    if not token:
        return None
    wanted = select(HelpDraft).where(HelpDraft.browser_hash == hash_token(token))
    if locked:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(wanted).first()
    if row is None or at - row.updated_at > (SHOWN if row.requester_id else KEPT):
        return None
    try:
        return Draft(row, Filled(**json.loads(vault.open_for_browser(token, row.sealed, place(token)))), token)
    except Unreadable:  # the keys of this server were replaced: nobody reads it any more
        return None


def begin(session: Session, token: str, *, version_id: int, at: datetime) -> Draft:
    """This browser's draft, locked until the transaction ends; a new one when there is none."""
    found = find(session, token, at=at, locked=True)
    if found:
        return found
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(HelpDraft)
    fresh = {
        "version_id": version_id,
        "sealed": seal(token, Filled()),
        "form_key": secrets.token_hex(16),
        "requester_id": None,
        "created_at": at,
        "updated_at": at,
    }
    # A row may stand there although nothing was found: too old, or written by another tab this moment.
    session.execute(
        insert.values(browser_hash=hash_token(token), **fresh).on_conflict_do_update(
            index_elements=["browser_hash"], set_=fresh, where=HelpDraft.updated_at < at - SHOWN
        )
    )
    found = find(session, token, at=at, locked=True)
    if found is None:
        raise RuntimeError("a draft was begun and is not there")
    return found


def forget(session: Session, token: str | None) -> None:
    """Delete this browser's draft."""
    if token:
        session.execute(delete(HelpDraft).where(HelpDraft.browser_hash == hash_token(token)))


def forget_of(session: Session, requester_id: int) -> None:
    """Delete what browsers still hold of somebody who has sent."""
    session.execute(delete(HelpDraft).where(HelpDraft.requester_id == requester_id))


def forget_old(session: Session, at: datetime) -> int:
    """Delete drafts that nobody touched for a week, and codes that were shown for a day; how many there were."""
    is_sent = HelpDraft.requester_id.is_not(None)
    old = or_(HelpDraft.updated_at < at - KEPT, and_(is_sent, HelpDraft.updated_at < at - SHOWN))
    return int(session.execute(delete(HelpDraft).where(old)).rowcount)  # type: ignore[attr-defined]


# ---- the way through the pages ----


def next_page(document: Document, filled: Filled, *, places: Places, language: str) -> Page | None:
    """The first page that is still to be filled in, or to be mended after a change on an earlier one."""
    wrong = first_page_to_mend(document, filled.answers, places=places, language=language)
    asked = document.pages_asked(filled.answers)
    return next((page for page in asked if page is wrong or page.id not in filled.done), None)


def progress(document: Document, filled: Filled, page: Page) -> tuple[Page | None, int, int]:
    """The page before this one, its number, and how many steps there are with the check at the end.

    Pages that may still be asked are counted, so that the end never moves away.
    """
    asked = document.pages_asked(filled.answers)
    open_ = [other for other in document.pages if other in asked or _may_be_asked(other, filled)]
    before = asked.index(page) - 1
    return (asked[before] if before >= 0 else None), open_.index(page) + 1, len(open_) + 1


def _may_be_asked(page: Page, filled: Filled) -> bool:
    """Whether a question that decides about this page has no answer yet."""
    return any(q.only_if and not filled.answers.get(q.only_if.question) for q in page.questions)
