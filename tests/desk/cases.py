"""Short ways to a case at the desk: somebody asked, was called, wrote. All need an application context."""

from datetime import datetime

from webtest import TestResponse

from accelerator.accounts.models import Role
from accelerator.board.models import HelpRequest, RequestStatus
from accelerator.clock import utcnow
from accelerator.desk.cases import transitions as cases
from accelerator.extensions import db
from accelerator.help import transitions as help_
from accelerator.help.models import CallOutcome, Channel, Requester
from tests.cast import ALMATY, Cast, Person, viewer_of
from tests.factories import make_request, make_requester

WORDS = "Please bring bread. I am 82 and live on the third floor."


def asked(
    *,
    title: str = "",
    region: str = ALMATY,
    at: datetime | None = None,
    words: str = WORDS,
    channel: Channel = Channel.WEB,
    typed_by: Person | None = None,
) -> int:
    """A request from the questionnaire: nobody has called yet, and there is no public text without ``title``."""
    request_id = make_request(
        title=title,
        story="On the third floor." if title else "",
        briefing="",
        region=region,
        district=None,
        status=RequestStatus.RECEIVED,
        for_person=True,
        created_by=typed_by.id if typed_by else None,
    )
    answers: dict[str, object] = {"words": words, "kind": "errands", "circumstances": ["alone"], "name": "Apa Bota"}
    make_requester(
        request_id=request_id, answers=answers, channel=channel, created_by=typed_by.id if typed_by else None
    )
    with db.transaction() as session:
        session.get_one(HelpRequest, request_id).created_at = at or utcnow()
    return request_id


def call(request_id: int, coordinator: Person, outcome: CallOutcome = CallOutcome.CONFIRMED, said: str = "") -> None:
    with db.transaction():
        cases.call(request_id, outcome, said, by=viewer_of(coordinator), at=utcnow())


def write(request_id: int, text: str) -> None:
    """The person writes a word to the desk."""
    with db.transaction() as session:
        requester = session.get_one(Requester, session.get_one(HelpRequest, request_id).requester_id)
        help_.add_word(request_id, text, by=requester, at=utcnow())


def erase(request_id: int) -> None:
    with db.transaction() as session:
        requester = session.get_one(Requester, session.get_one(HelpRequest, request_id).requester_id)
        help_.erase(requester.id, by=requester, at=utcnow())


def changed_in(page: TestResponse) -> dict[str, tuple[str, str]]:
    """What a page says has changed since an older one: field → (before, now)."""
    rows = page.html.select("[aria-labelledby=changed-title] tbody tr")
    cells = [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in rows]
    return {label: (was, now) for label, was, now in cells}


def colleague(cast: Cast) -> Person:
    """Another coordinator of Almaty."""
    return cast.add("zhan", role=Role.COORDINATOR, regions=[ALMATY])
