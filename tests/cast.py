"""A fixed cast. Ben and Cy volunteer, Kim is 16-17, Dee coordinates Almaty, Eve Astana, Fay audits, Gus is admin."""

from dataclasses import dataclass
from functools import cache

from flask import Flask

from accelerator.accounts import passwords
from accelerator.accounts.models import AgeGroup, CoordinatorRegion, Role, User
from accelerator.accounts.viewer import Viewer, as_viewer, hash_token
from accelerator.clock import utcnow
from accelerator.extensions import db

PASSWORD = "three quiet apples"
ALMATY, ASTANA = "KZ-75", "KZ-71"


@cache
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    id: int
    email: str
    name: str
    public_ref: str
    role: str


class Cast:
    def __init__(self, app: Flask) -> None:
        self.app = app
        self.ben = self.add("ben")
        self.cy = self.add("cy")
        self.kim = self.add("kim", age_group=AgeGroup.YOUNG)
        self.dee = self.add("dee", role=Role.COORDINATOR, regions=[ALMATY])
        self.eve = self.add("eve", role=Role.COORDINATOR, regions=[ASTANA])
        self.fay = self.add("fay", role=Role.AUDITOR)
        self.gus = self.add("gus", role=Role.ADMIN)

    def add(
        self,
        key: str,
        *,
        role: Role = Role.VOLUNTEER,
        age_group: AgeGroup = AgeGroup.ADULT,
        regions: list[str] | None = None,
        locale: str = "en",
        capabilities: int = 0,
        district: str | None = None,
        may_edit_questionnaire: bool = False,
    ) -> Person:
        """One more person, for crowds."""
        with self.app.app_context(), db.transaction() as session:
            user = User(
                email=f"{key}@example.org",
                password_hash=password_hash(),
                name=key.capitalize(),
                role=role.value,
                locale=locale,
                region_code=ALMATY,
                district_code=district,
                age_group=age_group.value,
                capabilities=capabilities,
                may_edit_questionnaire=may_edit_questionnaire,
                created_at=utcnow(),
            )
            session.add(user)
            session.flush()
            session.add_all(CoordinatorRegion(user_id=user.id, region_code=code) for code in regions or [])
            return Person(user.id, user.email, user.name, user.public_ref, user.role)


def viewer_of(person: Person) -> Viewer:
    """The person as transitions and policies see them; needs an application context."""
    user = db.read.get_one(User, person.id)
    regions = db.read.query(CoordinatorRegion.region_code).filter_by(user_id=person.id).all()
    return as_viewer(
        user,
        regions=frozenset(code for (code,) in regions),
        session_key=hash_token("test"),
        session_seen_at=utcnow(),
    )
