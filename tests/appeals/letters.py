"""Short ways to appeals in every state, and to what came of them."""

import re
from dataclasses import dataclass
from typing import Any

from nacl.public import PrivateKey
from webtest import TestResponse

from accelerator.appeals import transitions
from accelerator.appeals.forms import new_form_key
from accelerator.appeals.models import Appeal, Kind, Outcome
from accelerator.appeals.sealing import Contact
from accelerator.appeals.transitions import Letter
from accelerator.clock import utcnow
from accelerator.extensions import db
from tests.cast import ALMATY, Person, viewer_of
from tests.site import Site
from tests.steps import row

TEXT = "The bench in the yard is broken."
#: The auditors of the tests.
AUDITORS = PrivateKey(b"auditors of the tests, 32 bytes.")
CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")


@dataclass(frozen=True)
class Sent:
    """An appeal and the code that opens it."""

    id: int
    code: str


def letter(kind: Kind = Kind.COMPLAINT, **changes: Any) -> Letter:
    given = {"region_code": ALMATY, "text": TEXT, "locale": "en", "contact": Contact("Aigul", "+77011234567")}
    return Letter(kind=kind, **(given | changes))


def send(kind: Kind = Kind.COMPLAINT, *, at: Any = None, form_key: str | None = None, **changes: Any) -> Sent:
    """An appeal, sent through the transition; needs an application context."""
    is_sealed = changes.pop("is_sealed", kind is Kind.INTEGRITY)
    with db.transaction():
        sent = transitions.receive(
            letter(kind, is_sealed=is_sealed, **changes), form_key=form_key or new_form_key(), at=at or utcnow()
        )
        return Sent(sent.appeal.id, sent.code)


def now(appeal_id: int) -> Appeal:
    return row(Appeal, appeal_id)


def decide(appeal_id: int, person: Person, *, outcome: Outcome = Outcome.EXPLAINED, at: Any = None) -> None:
    with db.transaction():
        transitions.close(
            appeal_id,
            outcome,
            "It was mended.",
            form_key=new_form_key(),
            seen_version=now(appeal_id).version,
            by=viewer_of(person),
            at=at or utcnow(),
        )


FIELDS = {"kind": "complaint", "region": ALMATY, "words": TEXT, "name": "Aigul", "phone": "8 701 123 45 67"}


def write(site: Site, **fields: Any) -> TestResponse:
    """Fill in the form and send it, as a browser without JavaScript would."""
    return site.press(site.get("/appeals"), "Send", **(FIELDS | fields))


def report(site: Site, **fields: Any) -> TestResponse:
    """The same for an integrity report, without a name."""
    given = {"region": ALMATY, "words": "They asked for money.", "is_anonymous": "y"}
    return site.press(site.get("/appeals/integrity"), "Seal and send", **(given | fields))


def code_on(page: TestResponse) -> str:
    """The code that a page shows."""
    shown = page.html.select_one(".code")
    assert shown is not None, "no code on this page"
    found = CODE.search(shown.get_text("", strip=True))
    assert found, shown
    return found[0]


def look(site: Site, code: str, status: int = 200) -> TestResponse:
    """The page behind a code."""
    return site.press(site.get("/appeals/status"), "Show", code=code, status=status)
