"""Signed-in browsers: begin, find, keep alive, end. The cookie holds 256 random bits and nothing else."""

import secrets
from datetime import datetime, timedelta

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import NullSession, SessionInterface, SessionMixin
from sqlalchemy import delete, update

from accelerator.accounts.models import AuthSession, Role, User
from accelerator.accounts.viewer import ABSOLUTE, Viewer, find_viewer, hash_token
from accelerator.clock import utcnow
from accelerator.extensions import db

#: ``seen_at`` is written at most this often.
TOUCH_EVERY = timedelta(minutes=1)


class NoFlaskSession(SessionInterface):
    """Flask's own signed cookie is not used here: nothing is read, checked or written for it."""

    nothing = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return self.nothing

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Nothing to save."""


def cookie_name() -> str:
    return str(current_app.config["SESSION_COOKIE"])


def current_viewer() -> Viewer | None:
    """The person signed in on this request, looked up once."""
    if "viewer" not in g:
        token = request.cookies.get(cookie_name())
        g.viewer = find_viewer(token, at=utcnow()) if token else None
    viewer: Viewer | None = g.viewer
    return viewer


def replace_viewer(viewer: Viewer | None) -> None:
    """What the rest of this request sees, after a change of the viewer's own state."""
    g.viewer = viewer


def forget_viewer() -> None:
    """Look the person up anew: somebody else has changed how they stand."""
    g.pop("viewer", None)


def begin(user: User, *, at: datetime) -> None:
    """Sign ``user`` in on this browser: a new token, the old one ended (no session fixation).

    The caller commits; the cookie is set by `set_cookie` when the response leaves.
    """
    end_current()
    token = secrets.token_urlsafe(32)
    db.session.add(AuthSession(token_hash=hash_token(token), user_id=user.id, created_at=at, seen_at=at))
    g.new_session = (token, user.role != Role.VOLUNTEER)


def new_viewer() -> Viewer | None:
    """The person who has just been signed in, once the session is committed."""
    token, _ = g.new_session
    g.viewer = find_viewer(token, at=utcnow())
    viewer: Viewer | None = g.viewer
    return viewer


def end_current() -> None:
    """Sign this browser out. The caller commits."""
    token = request.cookies.get(cookie_name())
    if token:
        db.session.execute(delete(AuthSession).where(AuthSession.token_hash == hash_token(token)))
    g.viewer = None
    g.new_session = None


def end_all(user_id: int) -> None:
    """Sign a person out everywhere: after a new password, on deletion. The caller commits."""
    db.session.execute(delete(AuthSession).where(AuthSession.user_id == user_id))


def keep_alive(viewer: Viewer, *, at: datetime) -> None:
    """Note that the session is in use. An ended session is never brought back: the row must still exist.

    No page waits for it: while the database is busy or its disk is full, reading goes on.
    """
    if at - viewer.session_seen_at >= TOUCH_EVERY:
        db.try_write(update(AuthSession).where(AuthSession.token_hash == viewer.session_key).values(seen_at=at))


def set_cookie(response: Response) -> Response:
    """Hand the new token to the browser, or take an ended one away."""
    if "new_session" not in g:
        return response
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    if g.new_session is None:
        response.delete_cookie(cookie_name(), secure=secure, httponly=True, samesite="Lax")
        return response
    token, is_staff = g.new_session
    response.set_cookie(cookie_name(), token, max_age=ABSOLUTE[is_staff], secure=secure, httponly=True, samesite="Lax")
    return response
