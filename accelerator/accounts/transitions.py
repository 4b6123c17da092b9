"""Everything that changes an account. Nothing here commits."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from flask_babel import force_locale, gettext
from sqlalchemy import delete, select, update

from accelerator.accounts import passwords, queries, sessions
from accelerator.accounts.models import AuthSession, CoordinatorRegion, PasswordReset, Right, Role, User, UserNotice
from accelerator.accounts.viewer import Viewer, hash_token
from accelerator.board import transitions as board
from accelerator.board.models import ACTIVE, OPEN_PROMISES, Claim, ClaimState, Credit
from accelerator.deeds import transitions as deeds
from accelerator.errors import NotFound
from accelerator.extensions import db
from accelerator.integrity.record import SYSTEM, EventType, record
from accelerator.mail import OutboxMail, post

RESET_FOR = timedelta(minutes=30)
#: Which column of an account keeps a right.
RIGHTS = {Right.QUESTIONNAIRE: "may_edit_questionnaire"}


def register(
    *,
    email: str,
    password: str,
    name: str,
    locale: str,
    region_code: str | None,
    district_code: str | None,
    age_group: str,
    capabilities: int,
    at: datetime,
) -> User:
    """A new account. The caller has checked that the address is free; the table makes sure."""
    user = User(
        email=email,
        password_hash=passwords.hash_password(password),
        name=name,
        locale=locale,
        region_code=region_code,
        district_code=district_code,
        age_group=age_group,
        capabilities=capabilities,
        created_at=at,
    )
    db.session.add(user)
    db.session.flush()
    record(db.session, EventType.ACCOUNT_CREATED, f"account:{user.public_ref}", by=_Self(user), at=at)
    return user


class _Self:
    """Somebody who acts before they are signed in."""

    def __init__(self, user: User) -> None:
        self.public_ref = user.public_ref
        self.role = user.role


def update_profile(
    *,
    by: Viewer,
    name: str,
    region_code: str | None,
    district_code: str | None,
    age_group: str,
    capabilities: int,
    at: datetime,
) -> None:
    """Change what the account says about its person."""
    db.session.execute(
        update(User)
        .where(User.id == by.id)
        .values(
            name=name,
            region_code=region_code,
            district_code=district_code,
            age_group=age_group,
            capabilities=capabilities,
        )
    )
    record(db.session, EventType.ACCOUNT_UPDATED, f"account:{by.public_ref}", by=by, at=at)


def set_language(user_id: int, language: str) -> None:
    """The language of pages and mails; not an event, nobody else is concerned."""
    db.session.execute(update(User).where(User.id == user_id).values(locale=language))


def ask_for_reset(user: User, onward: Mapping[str, str], *, at: datetime) -> None:
    """Mail a link with which a new password can be chosen, once, within `RESET_FOR`.

    ``onward`` are parameters of the link: what the person was about to do before.
    """
    token = secrets.token_urlsafe(32)
    # Earlier links stay good: somebody else's asking must not spoil the link just mailed.
    db.session.add(PasswordReset(token_hash=hash_token(token), user_id=user.id, expires_at=at + RESET_FOR))
    link = f"{db.settings.site_url}/password-reset/{token}{'?' if onward else ''}{urlencode(onward)}"
    with force_locale(user.locale):
        lines = [
            gettext("Hello, %(name)s!", name=user.name),
            "",
            gettext("With this link you choose a new password. It works once, for 30 minutes:"),
            link,
            "",
            gettext("If you did not ask for it, do nothing: your password stays as it is."),
        ]
        post(db.session, user.email, gettext("A new password"), "\n".join(lines), at=at)


def choose_password(token: str, password: str, *, at: datetime) -> User:
    """Set the new password, use up the link, and end every session of the account.

    Raises `NotFound` when the link was used meanwhile or is too old.
    """
    password_hash = passwords.hash_password(password)  # slow, so before the transaction
    user_id = db.session.scalars(
        delete(PasswordReset)
        .where(PasswordReset.token_hash == hash_token(token), PasswordReset.expires_at > at)
        .returning(PasswordReset.user_id)
    ).first()
    if user_id is None:
        raise NotFound
    user = db.session.get_one(User, user_id)
    user.password_hash = password_hash
    db.session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    sessions.end_all(user.id)
    record(db.session, EventType.ACCOUNT_UPDATED, f"account:{user.public_ref}", by=_Self(user), at=at)
    return user


def read_notices(*, by: Viewer, at: datetime) -> None:
    """The person has seen what there was to know."""
    db.session.execute(
        update(UserNotice).where(UserNotice.user_id == by.id, UserNotice.read_at.is_(None)).values(read_at=at)
    )


def delete_account(*, by: Viewer, at: datetime) -> list[str]:
    """Delete a person: promises are let go, their data goes; return the keys of photos to remove.

    Confirmed hours and published deeds stay, without the person (product rule: what others rely on); so does a promise
    of which the helped person says that it was kept.
    """
    person = queries.lock_user(db.session, by.id)
    if person is None:
        return []  # the second click
    active = select(Claim.request_id, Claim.state, Claim.helped_said_at).where(
        Claim.user_id == by.id, Claim.state.in_(ACTIVE)
    )
    promises = db.session.execute(active.order_by(Claim.request_id)).all()
    for request_id, _, _ in promises:  # all locks before the first event, which takes the last one
        board.lock_request(request_id)
    photo_keys = deeds.forget_person(by.id)
    for request_id, state, helped_said_at in promises:
        if state in (ClaimState.WAITING, *OPEN_PROMISES) and helped_said_at is None:
            board.release(request_id, by=by, at=at)
    unsettled = update(Claim).where(Claim.user_id == by.id, Claim.state.in_(ACTIVE))
    db.session.execute(unsettled.values(credit=Credit.HIDDEN.value))
    left = {"user_id": None, "word": "", "reason": "", "answer": ""}
    db.session.execute(update(Claim).where(Claim.user_id == by.id).values(left))
    record(db.session, EventType.ACCOUNT_DELETED, f"account:{by.public_ref}", by=by, at=at)
    db.session.execute(delete(OutboxMail).where(OutboxMail.recipient == person.email))
    db.session.execute(delete(User).where(User.id == by.id))
    return photo_keys


def grant_role(user: User, role: Role, regions: list[str], *, at: datetime) -> None:
    """Give an account a role (from the command line); every session of it ends."""
    user.role = role.value
    db.session.execute(delete(CoordinatorRegion).where(CoordinatorRegion.user_id == user.id))
    db.session.add_all(CoordinatorRegion(user_id=user.id, region_code=code) for code in regions)
    db.session.execute(delete(AuthSession).where(AuthSession.user_id == user.id))
    db.session.flush()
    record(db.session, EventType.ROLE_GRANTED, f"account:{user.public_ref}", by=SYSTEM, at=at, granted=role.value)


def set_right(user: User, right: Right, *, allowed: bool, at: datetime) -> None:
    """Give an account a right of its own, or take it away (from the command line); repeated, nothing happens."""
    column = RIGHTS[right]
    if getattr(user, column) == allowed:
        return
    setattr(user, column, allowed)
    db.session.flush()
    what = EventType.RIGHT_GRANTED if allowed else EventType.RIGHT_REVOKED
    record(db.session, what, f"account:{user.public_ref}", by=SYSTEM, at=at, right=right.value)
