"""Crowds of signed-in people, made in one transaction."""

from dataclasses import dataclass

from accelerator.accounts.models import AgeGroup, AuthSession, CoordinatorRegion, Role, User
from accelerator.accounts.viewer import Viewer, hash_token
from accelerator.clock import utcnow
from accelerator.extensions import db
from tests.cast import ALMATY, Person, password_hash, viewer_of
from tests.races.servers import Browser

_made = 0


@dataclass(frozen=True)
class Member:
    """Somebody with an account and an open browser."""

    person: Person
    browser: Browser

    @property
    def id(self) -> int:
        return self.person.id

    def viewer(self) -> Viewer:
        return viewer_of(self.person)


def crowd(size: int, *, role: Role = Role.VOLUNTEER, region: str = ALMATY) -> list[Member]:
    """``size`` people of a region, signed in. Needs an application context."""
    global _made
    now = utcnow()
    with db.transaction() as session:
        users = [
            User(
                email=f"crowd{_made + n}@example.org",
                password_hash=password_hash(),
                name=f"Person {_made + n}",
                role=role.value,
                locale="en",
                region_code=region,
                age_group=AgeGroup.ADULT.value,
                created_at=now,
            )
            for n in range(size)
        ]
        _made += size
        session.add_all(users)
        session.flush()
        tokens = {user.id: f"browser-of-{user.id}" for user in users}
        session.add_all(
            AuthSession(token_hash=hash_token(tokens[user.id]), user_id=user.id, created_at=now, seen_at=now)
            for user in users
        )
        if role is Role.COORDINATOR:
            session.add_all(CoordinatorRegion(user_id=user.id, region_code=region) for user in users)
        return [
            Member(Person(u.id, u.email, u.name, u.public_ref, u.role), Browser(session=tokens[u.id])) for u in users
        ]
