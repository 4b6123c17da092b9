"""One text wherever people's words can stand: a stage of its own, on which everybody has said the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from accelerator.accounts.models import User, UserNotice
from accelerator.appeals import transitions as appeals
from accelerator.appeals.forms import new_form_key
from accelerator.appeals.models import Outcome
from accelerator.appeals.sealing import Contact as Writer
from accelerator.board.models import Claim, HelpRequest, RequestStatus
from accelerator.clock import utcnow
from accelerator.deeds.models import Deed, DeedReport
from accelerator.desk.cases import transitions as cases
from accelerator.desk.queue.models import DeskFilter
from accelerator.extensions import db
from accelerator.forms import tidy, tidy_lines, without_controls
from accelerator.help import transitions as help_
from accelerator.help.contact import Contact
from accelerator.help.models import CallOutcome, Requester
from accelerator.questionnaire import transitions as questionnaire
from accelerator.questionnaire.document import Document, Kind, Option, Question, body_hash
from accelerator.questionnaire.editing import put_question, set_consent, set_title
from accelerator.questionnaire.models import QuestionnaireVersion
from accelerator.questionnaire.queries import find_draft
from tests.appeals import letters
from tests.browser.stage import Stage, hold_draft, set_stage
from tests.browser.world import World
from tests.cast import Person, viewer_of
from tests.factories import make_requester
from tests.help.test_receive import ANSWERS

REQUESTS = ("open", "full", "paused", "closed", "received", "mine", "waiting", "reported", "confirmed", "case")


class Said:
    """The text as each kind of field keeps it."""

    def __init__(self, text: str) -> None:
        self.text = tidy_lines(without_controls(text))
        self.line = tidy(without_controls(text))

    def words(self) -> dict[str, str]:
        """In all three languages, as short as a heading has to be."""
        return dict.fromkeys(("kk", "ru", "en"), self.line[:490])

    def answers(self) -> dict[str, Any]:
        text = {"words": self.text[:4000], "name": self.line[:200], "street": self.line[:200], "door": self.line[:200]}
        return ANSWERS | text


@contextmanager
def planted(world: World, text: str) -> Iterator[Stage]:
    """The stage; the questionnaire's draft, which there is only one of, is put back at the end."""
    said = Said(text)
    stage = set_stage(world)
    with world.app.app_context():
        kept = get_draft().body
    people = {name: person for name, person in stage.people.items() if person}
    plant_requests(world, stage, said)
    plant_asker(world, stage, people, said)
    plant_appeals(world, stage, people["coordinator"], said)
    plant_people(world, people, said)
    plant_draft(world, stage, people["editor"], said)
    try:
        yield stage
    finally:
        put_draft_back(world, kept)


def plant_requests(world: World, stage: Stage, said: Said) -> None:
    """On the board, in what volunteers told, and in the deeds that came of it."""
    numbers = [int(stage.names[name]) for name in REQUESTS]
    public = {"title": said.line[:120], "story": said.text[:2000], "briefing": said.text[:2000]}
    with world.acting():
        db.session.execute(update(HelpRequest).where(HelpRequest.id.in_(numbers)).values(public))
        claims = list(db.session.scalars(select(Claim.id).where(Claim.request_id.in_(numbers))))
        told = {"word": said.text[:1000], "reason": said.line[:500]}
        db.session.execute(update(Claim).where(Claim.id.in_(claims)).values(told))
        shown = {"title": said.line[:120], "story": said.text[:2000], "doer_name": said.line[:80]}
        db.session.execute(update(Deed).where(Deed.claim_id.in_(claims)).values(shown))
    stage.names["deed"] = str(world.deed(**shown))
    world.told_deed(**shown)
    with world.acting():
        reported = {"deed_id": int(stage.names["deed"]), "note": said.text[:1000], "created_at": utcnow()}
        db.session.add(DeedReport(reader="p" * 64, reason="other", **reported))


def plant_asker(world: World, stage: Stage, people: dict[str, Person], said: Said) -> None:
    """In what somebody in need wrote, in what the desk noted of them, and in questionnaires on the way."""
    title = said.line[:120]
    asked = world.request(title=title, story=said.text[:2000], capacity=2)
    asking = world.request(title="", story="", status=RequestStatus.RECEIVED, for_person=True)
    stage.names.update({"asked": str(asked), "asking": str(asking)})
    stage.names["asked_claim"] = str(world.claim(asked, people["volunteer"]))
    line = said.line[:200]
    contact = Contact(line, "+77011234567", line, line, line, line)
    with world.app.app_context():
        requester_id, stage.names["code"] = make_requester(contact=contact, answers=said.answers(), request_id=asked)
        make_requester(contact=contact, answers=said.answers(), request_id=asking)
        dee, now = viewer_of(people["coordinator"]), utcnow()
        with db.transaction() as session:
            help_.add_word(asked, said.text[:2000], by=session.get_one(Requester, requester_id), at=now)
        for verb in (cases.note, cases.ask):
            with db.transaction():
                verb(asked, said.text[:1000], by=dee, at=now)
        with db.transaction():
            cases.call(asking, CallOutcome.CALL_BACK, said.text[:2000], by=dee, at=now)
            stage.names["draft_token"] = hold_draft(answers=said.answers())


def plant_appeals(world: World, stage: Stage, coordinator: Person, said: Said) -> None:
    """In both threads: what was written, answered and decided, and in the name of who wrote."""
    writer = Writer(said.line[:120], "+77011234567", "a@b.kz")
    with world.app.app_context():
        opened, decided = (letters.send(text=said.text[:4000], contact=writer) for _ in range(2))
        dee, now = viewer_of(coordinator), utcnow()
        for number in (opened.id, decided.id):
            with db.transaction():
                appeals.say(appeals.lock_appeal(number), said.text[:4000], form_key=new_form_key(), at=now)
            seen: dict[str, Any] = {"seen_version": letters.now(number).version, "by": dee, "at": now}
            with db.transaction():
                appeals.answer(number, said.text[:4000], form_key=new_form_key(), **seen)
        with db.transaction():
            seen["seen_version"] += 1
            appeals.close(decided.id, Outcome.EXPLAINED, said.text[:4000], form_key=new_form_key(), **seen)
    stage.names.update({"appeal": str(opened.id), "appeal_code": opened.code})
    stage.names.update({"decided": str(decided.id), "decided_code": decided.code})


def plant_people(world: World, people: dict[str, Person], said: Said) -> None:
    """In their names, in the news for them, and in the views that a coordinator keeps."""
    ids = [person.id for person in people.values()]
    with world.acting():
        db.session.execute(update(User).where(User.id.in_(ids)).values(name=said.line[:80]))
        request_id = db.session.scalars(select(HelpRequest.id).limit(1)).one()
        news = {"kind": "removed", "request_id": request_id, "reason": said.line[:500], "created_at": utcnow()}
        db.session.add_all(UserNotice(user_id=id_, **news) for id_ in ids)
        view = {"user_id": people["coordinator"].id, "name": said.line[:40], "query": "mine=1", "created_at": utcnow()}
        db.session.add(DeskFilter(**view))


def plant_draft(world: World, stage: Stage, editor: Person, said: Said) -> None:
    """In headings, questions, hints, answers and the consent of the draft."""

    def step(document: Document) -> Document:
        words = said.words()
        options = (Option("one", words), Option("two", words))
        question = Question("planted", Kind.CHOICE, words, words, options)
        known = replace(document.question("circumstances"), label=words, hint=words)
        changed = put_question(set_title(document, "where", words), question, "where")
        return set_consent(put_question(changed, known, "about"), words)

    with world.acting():
        draft = get_draft()
        questionnaire.change_draft(draft.id, step, by=viewer_of(editor), is_unchanged=lambda _draft: True)
        stage.names["version"] = str(draft.id)
    stage.names["own_question"] = "planted"


def get_draft() -> QuestionnaireVersion:
    """The one that the stage began."""
    draft = find_draft(db.session)
    assert draft
    return draft


def put_draft_back(world: World, body: str) -> None:
    with world.acting():
        draft = get_draft()
        draft.body, draft.body_hash = body, body_hash(body)
