"""One of everything, to be looked at: set up once for each server, never changed by a test."""

import io
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from accelerator.accounts.models import PasswordReset, Role
from accelerator.accounts.viewer import hash_token
from accelerator.appeals.forms import new_form_key
from accelerator.appeals.models import Kind as AppealKind
from accelerator.board import transitions as board
from accelerator.board.models import Credit, Outcome, RequestStatus
from accelerator.clock import utcnow
from accelerator.codes import make_code
from accelerator.deeds import transitions as deeds
from accelerator.deeds import uploads
from accelerator.deeds.models import Photo
from accelerator.extensions import db
from accelerator.help import drafts
from accelerator.help import transitions as help_
from accelerator.help.models import Requester
from accelerator.photos import read_photo, save_photo
from accelerator.questionnaire import transitions as questionnaire
from accelerator.questionnaire.document import Document, Kind, Question
from accelerator.questionnaire.editing import put_question, set_title
from accelerator.questionnaire.queries import document_of, find_current
from tests.appeals.letters import decide, send
from tests.browser.pictures import jpeg
from tests.browser.world import World, unique
from tests.cast import Person, viewer_of
from tests.factories import make_requester
from tests.help.test_receive import ANSWERS


@dataclass(frozen=True)
class Stage:
    #: Who looks: a name of `pages.PAGES` -> the account, `None` for a visitor.
    people: dict[str, Person | None]
    #: What fills the braces in the addresses of `pages.PAGES`.
    names: dict[str, str]


def set_stage(world: World) -> Stage:
    volunteer, coordinator = world.person(), world.person(Role.COORDINATOR)
    word = unique()
    requests = add_requests(world, word, volunteer, coordinator)
    requests["asking"] = add_asking(world)
    names = {name: str(number) for name, number in requests.items()}
    names |= {"word": word, "token": add_reset(world, volunteer), "deed": str(deed_with_photo(world))}
    names |= add_asker(world, volunteer)
    names |= {"version": "1", "own_page": "where", "own_question": "circumstances"}
    world.told_deed(title=f"Told {word}")
    reported = world.deed(title=f"Doubted {word}")
    with world.acting():
        deeds.report_deed(
            reported, reader="reader", reason="private", note="A child.", by=viewer_of(volunteer), at=utcnow()
        )
    names |= add_appeals(world, coordinator)
    people = {
        "visitor": None,
        "asker": None,
        "newcomer": world.person(),
        "volunteer": volunteer,
        "coordinator": coordinator,
        "editor": begin_draft(world),
        "new coordinator": world.person(Role.COORDINATOR, regions=["KZ-10"]),
        "auditor": world.person(Role.AUDITOR),
    }
    return Stage(people, names)


def begin_draft(world: World) -> Person:
    """Somebody who is changing the questionnaire: a heading is new, and a question lacks two languages."""
    person = world.person(Role.COORDINATOR, may_edit_questionnaire=True)
    with world.acting():
        editor = viewer_of(person)
        draft = questionnaire.start_draft(by=editor, at=utcnow())

        def step(document: Document) -> Document:
            words = dict.fromkeys(("kk", "ru", "en"), "Who?")
            question = Question("lift", Kind.YES_NO, {"en": "Is there a lift?"})
            return put_question(set_title(document, "who", words), question, "where")

        questionnaire.change_draft(draft.id, step, by=editor, is_unchanged=lambda _draft: True)
    return person


def add_requests(world: World, word: str, volunteer: Person, coordinator: Person) -> dict[str, int]:
    """Requests in every state, and every state of the volunteer's promises."""
    other = world.person()
    title = f"Bread for {word}"
    kinds = {
        name: world.request(title=f"{title}, {name}", capacity=capacity)
        for name, capacity in (("open", 12), ("full", 1), ("waiting", 1), ("mine", 3), ("case", 5), ("reported", 1),
                               ("confirmed", 1), ("closed", 1), ("paused", 1))
    }  # fmt: skip
    kinds["received"] = world.request(title=f"{title}, received", status=RequestStatus.RECEIVED)
    for name in ("full", "waiting", "case"):
        world.claim(kinds[name], other)
    for name in ("waiting", "mine", "reported", "confirmed"):
        world.claim(kinds[name], volunteer)
    report(world, kinds["reported"], volunteer)
    confirmed = report(world, kinds["confirmed"], volunteer)
    with world.acting():
        dee = viewer_of(coordinator)
        board.confirm(confirmed, seen="reported", by=dee, at=utcnow(), minutes=45)
        board.pause(kinds["paused"], by=dee, at=utcnow())
        board.close(kinds["closed"], by=dee, at=utcnow(), outcome=Outcome.FULFILLED)
    return kinds | {"confirmed_claim": confirmed}


def add_asking(world: World) -> int:
    """A request from the questionnaire that nobody has called about yet."""
    request_id = world.request(title="", story="", status=RequestStatus.RECEIVED, for_person=True)
    with world.app.app_context():
        make_requester(request_id=request_id, answers=dict(ANSWERS))
    return request_id


def add_asker(world: World, volunteer: Person) -> dict[str, str]:
    """Somebody who asked for help, to whom somebody promised to come; and browsers that hold questionnaires."""
    asked = world.request(title=f"Soup for {unique()}", capacity=2)
    names = {"asked": str(asked), "asked_claim": str(world.claim(asked, volunteer))}
    with world.app.app_context():
        requester_id, names["code"] = make_requester(request_id=asked)
        with db.transaction() as session:
            requester = session.get_one(Requester, requester_id)
            help_.add_word(asked, "Please knock loudly.", by=requester, at=utcnow())
            names["draft_token"], names["sent_token"] = hold_draft(), hold_draft(requester_id)
    return names


def hold_draft(requester_id: int | None = None, answers: dict[str, Any] = ANSWERS) -> str:
    """A filled-in questionnaire or, for somebody who has sent it, their code; the browser's token."""
    token, version = secrets.token_urlsafe(32), find_current(db.session)
    draft = drafts.begin(db.session, token, version_id=version.id, at=utcnow())
    draft.filled.answers, draft.filled.done = dict(answers), [page.id for page in document_of(version).pages]
    if requester_id:
        draft.row.requester_id, draft.filled = requester_id, drafts.Filled(code=make_code(), pair="алма 0417")
    draft.keep(at=utcnow())
    return token


def report(world: World, request_id: int, by: Person) -> int:
    """ "It is done", with a photo; the claim's number."""
    photo = read_photo(io.BytesIO(jpeg()["buffer"]))
    with world.acting():
        key = save_photo(uploads.storage(), photo)
        deeds.keep_photo(key, photo.width, photo.height, user_id=by.id, at=utcnow())
        return board.report(
            request_id,
            by=viewer_of(by),
            at=utcnow(),
            minutes=45,
            word="A fine walk.",
            credit=Credit.NAME,
            photo_keys=[key],
        ).id


def add_reset(world: World, person: Person) -> str:
    """The token of a link from a mail."""
    token = secrets.token_urlsafe(32)
    with world.acting():
        ends_at = utcnow() + timedelta(minutes=30)
        db.session.add(PasswordReset(token_hash=hash_token(token), user_id=person.id, expires_at=ends_at))
    return token


def deed_with_photo(world: World) -> int:
    with world.app.app_context():
        return int(db.read.scalars(select(Photo.deed_id).where(Photo.deed_id.is_not(None)).limit(1)).one() or 0)


def add_appeals(world: World, coordinator: Person) -> dict[str, str]:
    """An open one, one that was answered, a sealed one, and one whose code is not written down yet."""
    form_key = new_form_key()
    with world.app.app_context():
        opened, decided, sealed = send(), send(), send(AppealKind.INTEGRITY)
        send(form_key=form_key)
        decide(decided.id, coordinator)
        send(at=utcnow() - timedelta(days=60))
    return {
        "appeal": str(opened.id),
        "appeal_code": opened.code,
        "appeal_form": form_key,
        "decided": str(decided.id),
        "decided_code": decided.code,
        "sealed": str(sealed.id),
    }
