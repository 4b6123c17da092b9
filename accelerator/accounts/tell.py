"""Telling a person what happened to a promise of theirs: on their page, and by e-mail in their language."""

from collections.abc import Callable
from datetime import datetime

from flask_babel import force_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from accelerator.accounts.models import User, UserNotice
from accelerator.board.models import OPEN_PROMISES, Claim, ClaimState, HelpRequest
from accelerator.deeds.models import Deed
from accelerator.extensions import db
from accelerator.mail import post

#: What happened → the sentence about the request with this title.
TEXTS: dict[str, Callable[[str], str]] = {
    "promoted": lambda title: gettext("A place is free and it is yours: %(title)s", title=title),
    "removed": lambda title: gettext("A coordinator took your promise off: %(title)s", title=title),
    "closed": lambda title: gettext("No longer needed, you are free again: %(title)s", title=title),
    "closed_begun": lambda title: gettext(
        "This is closed: nobody needs to come any more. If you have helped already, please tell within a week how it "
        "went: %(title)s",
        title=title,
    ),
    "they_came": lambda title: gettext(
        "The helped person says that you came. Please tell how it went: %(title)s", title=title
    ),
    "confirmed": lambda title: gettext("Confirmed, thank you: %(title)s", title=title),
    "disputed": lambda title: gettext("A coordinator has a question about: %(title)s", title=title),
    "moved": lambda title: gettext("The time has changed. Please look if it still suits you: %(title)s", title=title),
    "noted": lambda title: gettext("A coordinator has put you down for: %(title)s", title=title),
    "unconfirmed": lambda title: gettext(
        "The confirmation was a slip; a coordinator looks at it again: %(title)s", title=title
    ),
    "deed_published": lambda title: gettext("Everyone can see it now: %(title)s", title=title),
    "deed_hidden": lambda title: gettext("A coordinator does not show it: %(title)s", title=title),
    "lapsed": lambda title: gettext(
        "This has been closed for a week, so it is off your list. Thank you for being ready to help! "
        "If you did help, tell of it as a deed of your own: %(title)s",
        title=title,
    ),
    "no_show": lambda title: gettext(
        "Noted as not come. If that is wrong, call your coordinator: %(title)s", title=title
    ),
    "no_show_undone": lambda title: gettext(
        "The note that you did not come was a mistake and is gone. We are sorry: %(title)s", title=title
    ),
}


def sentence(kind: str, title: str) -> str:
    """The notice in the reader's language."""
    return TEXTS[kind](title)


def tell_person(
    session: Session, user_id: int | None, kind: str, *, request_id: int, at: datetime, reason: str = ""
) -> None:
    """Leave a notice and a mail inside the caller's transaction; nothing for a person who has left."""
    user = session.get(User, user_id) if user_id else None
    request = session.get(HelpRequest, request_id)
    if user is None or request is None:
        return
    session.add(UserNotice(user_id=user.id, kind=kind, request_id=request_id, reason=reason, created_at=at))
    write(session, user, kind, request.title, reason, f"/requests/{request_id}", at=at)


def tell_promised(session: Session, request_id: int, kind: str, *, at: datetime) -> None:
    """The same to everybody who promised to come to a request, or waits for a place."""
    states = [state.value for state in (*OPEN_PROMISES, ClaimState.WAITING)]
    promised = select(Claim.user_id).where(Claim.request_id == request_id, Claim.state.in_(states))
    for user_id in session.scalars(promised).all():
        tell_person(session, user_id, kind, request_id=request_id, at=at)


def tell_doer(session: Session, deed: Deed, kind: str, *, at: datetime, reason: str = "") -> None:
    """The same about a deed that they told of."""
    user = session.get(User, deed.user_id) if deed.user_id else None
    if user is None:
        return
    session.add(UserNotice(user_id=user.id, kind=kind, deed_id=deed.id, reason=reason, created_at=at))
    write(session, user, kind, deed.title, reason, f"/deeds/{deed.id}", at=at)


def write(session: Session, user: User, kind: str, title: str, reason: str, path: str, *, at: datetime) -> None:
    """A mail in the language of its reader."""
    with force_locale(user.locale):
        subject = sentence(kind, title)
        lines = [gettext("Hello, %(name)s!", name=user.name), "", subject]
        if reason:
            lines += ["", reason]
        lines += ["", f"{db.settings.site_url}{path}", "", gettext("Accelerator of Good")]
    post(session, user.email, subject, "\n".join(lines), at=at)
