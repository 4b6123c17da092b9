"""What a test needs to be there before it begins: people, requests, deeds, in the running server's database."""

import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select

from accelerator import create_app, formatting
from accelerator.accounts.models import AuthSession, Role
from accelerator.accounts.viewer import hash_token
from accelerator.board import transitions as board
from accelerator.board.models import Claim
from accelerator.clock import utcnow
from accelerator.deeds.models import DeedStatus, Level, Photo
from accelerator.extensions import db
from accelerator.reference import forget_places
from tests.browser.server import Server
from tests.cast import ALMATY, Cast, Person, viewer_of
from tests.factories import make_deed, make_request

_number = itertools.count(1)


#: A region far from the first page of the board, for tests that fill it.
QUIET = "KZ-62"


class People(Cast):
    """Somebody new for each test: nobody is shared."""

    def __init__(self, app: Flask) -> None:
        self.app = app


class World:
    """Writes into the database of ``server`` from this process; the server sees it as it sees any other writer."""

    def __init__(self, server: Server) -> None:
        forget_places()
        self.app = create_app(server.settings)
        self.people = People(self.app)

    def close(self) -> None:
        db.dispose()
        forget_places()

    def person(self, role: Role = Role.VOLUNTEER, **kwargs: Any) -> Person:
        """A new account; coordinators get Almaty. The password is `tests.cast.PASSWORD`."""
        if role is Role.COORDINATOR:
            kwargs.setdefault("regions", [ALMATY])
        return self.people.add(f"{role.value[:5]}{unique()}", role=role, **kwargs)

    def session_of(self, person: Person) -> str:
        """The cookie of a browser in which ``person`` is signed in."""
        token = secrets.token_urlsafe(32)
        now = utcnow()
        with self.app.app_context(), db.transaction() as session:
            session.add(AuthSession(token_hash=hash_token(token), user_id=person.id, created_at=now, seen_at=now))
        return token

    def request(self, **kwargs: Any) -> int:
        with self.app.app_context():
            return make_request(**kwargs)

    def deed(self, **kwargs: Any) -> int:
        with self.app.app_context():
            return make_deed(**kwargs)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """For calling transitions directly; committed at the end."""
        with self.app.app_context(), db.transaction():
            yield

    def claim(self, request_id: int, by: Person) -> int:
        with self.acting():
            return board.claim(request_id, by=viewer_of(by), at=utcnow(), may_wait=True).claim.id

    def release(self, request_id: int, by: Person) -> None:
        with self.acting():
            board.release(request_id, by=viewer_of(by), at=utcnow())

    def told_deed(self, **kwargs: Any) -> int:
        """A deed that waits for a coordinator."""
        return self.deed(status=DeedStatus.PENDING, level=Level.TOLD, **kwargs)

    def count_photos(self, request_id: int) -> int:
        """Photos that came with reports on a request."""
        found = select(func.count()).select_from(Photo).join(Claim, Claim.id == Photo.claim_id)
        with self.app.app_context():
            return db.read.scalars(found.where(Claim.request_id == request_id)).one()

    def photo_sizes(self, request_id: int) -> list[tuple[int, int]]:
        """Width and height in pixels of each."""
        found = select(Photo.width, Photo.height).join(Claim, Claim.id == Photo.claim_id)
        with self.app.app_context():
            return [tuple(row) for row in db.read.execute(found.where(Claim.request_id == request_id))]

    def today(self) -> str:
        """The date in Almaty, as fields for dates take it."""
        return utcnow().astimezone(ZoneInfo("Asia/Almaty")).date().isoformat()

    def duration(self, minutes: int, language: str) -> str:
        """A length of time as pages in ``language`` write it."""
        with self.app.test_request_context(), force_locale(language):
            return formatting.duration(minutes)


def unique() -> str:
    """A word that nothing else in the database contains."""
    return secrets.token_hex(4)


def soon() -> datetime:
    """A start within the hour, before everything else on the board: each call gives an earlier one."""
    return utcnow().replace(microsecond=0) + timedelta(minutes=25) - timedelta(seconds=40 * next(_number))
