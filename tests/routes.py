"""Every route with who may use it, and a real thing to use it on. `test_access` and `test_csrf` walk this table.

A new route is one more line here; `test_access.test_every_route_says_who_may_use_it` fails until it stands here.
"""

import enum
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete, update

from accelerator.accounts.models import AgeGroup, PasswordReset, Role
from accelerator.accounts.viewer import hash_token
from accelerator.appeals.models import Kind
from accelerator.board.models import Claim, ClaimState, HelpRequest, RequestStatus
from accelerator.clock import utcnow
from accelerator.database import Base
from accelerator.deeds.models import DeedReport, DeedStatus, Photo
from accelerator.deeds.uploads import storage
from accelerator.desk.queue.models import DeskFilter
from accelerator.extensions import db
from accelerator.help.models import HelpDraft, Requester
from accelerator.photos import photo_file
from accelerator.questionnaire.builtin import read_builtin
from accelerator.questionnaire.document import body_hash, fingerprint, page_as_dict, question_as_dict
from accelerator.questionnaire.editing import set_title
from accelerator.questionnaire.models import QuestionnaireVersion
from accelerator.reference import forget_places
from tests.appeals.letters import AUDITORS, decide, send
from tests.cast import ALMATY, ASTANA, PASSWORD, Cast, Person
from tests.databases import drop_database, fresh_database, make_app, make_settings
from tests.factories import make_deed, make_request, make_requester

_numbers = count(1)


class Actor(enum.StrEnum):
    """Whoever may knock at a route. All objects of the tests are in Almaty."""

    VISITOR = "visitor"
    VOLUNTEER = "volunteer"
    YOUNG = "young volunteer"
    COORDINATOR = "coordinator"
    EDITOR = "coordinator who may change the questionnaire"
    ELSEWHERE = "coordinator of another region"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Answer(enum.Enum):
    """What a route may say to an actor."""

    YES = "is let in"
    SIGN_IN = "is sent to sign in"
    FORBIDDEN = "403"
    HIDDEN = "404"


SIGNED_IN_ACTORS = tuple(actor for actor in Actor if actor is not Actor.VISITOR)
ANYONE = dict.fromkeys(Actor, Answer.YES)
NOBODY = dict.fromkeys(Actor, Answer.HIDDEN)
SIGNED_IN = ANYONE | {Actor.VISITOR: Answer.SIGN_IN}
NOT_AT_THE_DESK = {Actor.VISITOR: Answer.SIGN_IN} | dict.fromkeys(SIGNED_IN_ACTORS, Answer.FORBIDDEN)
COORDINATOR = NOT_AT_THE_DESK | dict.fromkeys((Actor.COORDINATOR, Actor.EDITOR, Actor.ELSEWHERE), Answer.YES)
COORDINATOR_OF_REGION = COORDINATOR | {Actor.ELSEWHERE: Answer.HIDDEN}
DESK_READER = COORDINATOR | {Actor.AUDITOR: Answer.YES}
DESK_READER_OF_REGION = COORDINATOR_OF_REGION | {Actor.AUDITOR: Answer.YES}


#: Reports that only auditors can read: they alone decide them.
SEALED = NOT_AT_THE_DESK | {Actor.AUDITOR: Answer.YES}
#: Only a coordinator who was given the right.
EDITOR = NOT_AT_THE_DESK | {Actor.EDITOR: Answer.YES}


#: States of a claim whose person has said how long it took.
TOLD = (ClaimState.REPORTED, ClaimState.DISPUTED, ClaimState.CONFIRMED)


class World:
    """Makes the real things that a request needs, fresh for each try; ``me`` is whoever tries."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app = app
        self.cast = cast
        self.me: Person | None = None

    def come(self, actor: Actor) -> Person | None:
        """A new person in this role, `None` for a visitor."""
        role = {
            Actor.COORDINATOR: Role.COORDINATOR,
            Actor.EDITOR: Role.COORDINATOR,
            Actor.ELSEWHERE: Role.COORDINATOR,
            Actor.AUDITOR: Role.AUDITOR,
            Actor.ADMIN: Role.ADMIN,
        }.get(actor, Role.VOLUNTEER)
        regions = {Actor.COORDINATOR: [ALMATY], Actor.EDITOR: [ALMATY], Actor.ELSEWHERE: [ASTANA]}.get(actor)
        age = AgeGroup.YOUNG if actor is Actor.YOUNG else AgeGroup.ADULT
        key = f"{actor.name.lower()}-{next(_numbers)}"
        self.me = (
            None
            if actor is Actor.VISITOR
            else self.cast.add(
                key, role=role, age_group=age, regions=regions, may_edit_questionnaire=actor is Actor.EDITOR
            )
        )
        return self.me

    def request(self, status: RequestStatus = RequestStatus.OPEN) -> int:
        with self.app.app_context():
            return make_request(title=f"Request {next(_numbers)}", capacity=3, status=status)

    def claimed(self, state: ClaimState = ClaimState.CLAIMED, by: Person | None = None) -> tuple[int, int]:
        """A claim of ``by`` (or Cy): (the request's number, the claim's)."""
        request_id, now = self.request(), utcnow()
        claim = Claim(
            request_id=request_id,
            user_id=(by or self.cast.cy).id,
            state=state.value,
            minutes=30 if state in TOLD else None,
            reported_at=now if state in TOLD else None,
            settled_at=now if state is ClaimState.NO_SHOW else None,
            created_at=now,
        )
        with self.app.app_context(), db.transaction() as session:
            session.get_one(HelpRequest, request_id).taken = 1
            session.add(claim)
            session.flush()
            return request_id, claim.id

    def missed(self) -> int:
        """The claim of somebody who did not come, and has promised nothing else."""
        return self.claimed(ClaimState.NO_SHOW, by=self.cast.add(f"missed-{next(_numbers)}"))[1]

    def my_request(self) -> int:
        """A request on which ``me`` (or Cy, while a visitor looks) has a place."""
        return self.claimed(by=self.me)[0]

    def my_errand(self) -> int:
        """The same, for somebody in particular: there is a contact to be shown."""
        request_id = self.my_request()
        with self.app.app_context():
            make_requester(request_id=request_id)
        return request_id

    def appeal(self) -> int:
        with self.app.app_context():
            return send().id

    def sealed(self) -> int:
        with self.app.app_context():
            return send(Kind.INTEGRITY).id

    def decided_appeal(self, kind: Kind = Kind.COMPLAINT) -> int:
        with self.app.app_context():
            appeal_id = send(kind).id
            decide(appeal_id, self.cast.fay if kind is Kind.INTEGRITY else self.cast.dee)
            return appeal_id

    def claim(self, state: ClaimState = ClaimState.REPORTED) -> int:
        return self.claimed(state)[1]

    def confirmed(self) -> int:
        """A claim that ``me`` confirmed a moment ago."""
        claim_id = self.claim()
        with self.app.app_context(), db.transaction() as session:
            claim = session.get_one(Claim, claim_id)
            claim.state, claim.settled_at = ClaimState.CONFIRMED.value, utcnow()
            claim.confirmed_by_ref = self.me.public_ref if self.me else None
        return claim_id

    def asked(self, status: RequestStatus = RequestStatus.RECEIVED) -> int:
        """A request that somebody asked for with the questionnaire."""
        request_id = self.request(status)
        with self.app.app_context():
            make_requester(request_id=request_id)
        return request_id

    def kept_filter(self) -> int:
        """A view of the queue that ``me`` keeps."""
        with self.app.app_context(), db.transaction() as session:
            kept = DeskFilter(
                user_id=(self.me or self.cast.dee).id,
                name=f"View {next(_numbers)}",
                query="mine=1",
                created_at=utcnow(),
            )
            session.add(kept)
            session.flush()
            return kept.id

    def deed(self, status: DeedStatus = DeedStatus.PUBLISHED) -> int:
        with self.app.app_context():
            return make_deed(title=f"Deed {next(_numbers)}", user_id=self.cast.cy.id, status=status)

    def reported_deed(self) -> int:
        deed_id = self.deed()
        with self.app.app_context(), db.transaction() as session:
            session.add(DeedReport(deed_id=deed_id, reader="r" * 64, reason="other", created_at=utcnow()))
        return deed_id

    def photo(self, deed_id: int) -> str:
        key = f"{next(_numbers):032d}"
        with self.app.app_context(), db.transaction() as session:
            session.add(
                Photo(key=key, user_id=self.cast.cy.id, deed_id=deed_id, width=8, height=8, created_at=utcnow())
            )
            storage().save(photo_file(key, "small"), b"RIFF....WEBP")
        return key

    def draft(self) -> str:
        """The editor's draft, the same each time: the built-in questions, one heading changed."""
        document = set_title(BUILTIN, "who", dict.fromkeys(("kk", "ru", "en"), "Who?"))
        body, now = document.to_json(), utcnow()
        with self.app.app_context(), db.transaction() as session:
            for table in (HelpDraft, Requester):  # some were asked by the draft that an earlier try published
                session.execute(update(table).values(version_id=1))
            session.execute(delete(QuestionnaireVersion).where(QuestionnaireVersion.id > 1))
            row = QuestionnaireVersion(id=DRAFT, body=body, body_hash=body_hash(body), edits=1, created_at=now)
            session.add(row)
        return "/desk/questionnaire/draft"

    def no_draft(self) -> str:
        path = self.draft()
        with self.app.app_context(), db.transaction() as session:
            session.execute(delete(QuestionnaireVersion).where(QuestionnaireVersion.id > 1))
        return path

    def reset_link(self) -> str:
        token, now = f"reset-{next(_numbers)}", utcnow()
        user_id = (self.me or self.cast.cy).id
        with self.app.app_context(), db.transaction() as session:
            row = PasswordReset(token_hash=hash_token(token), user_id=user_id, expires_at=now + timedelta(minutes=5))
            session.add(row)
        return token

    def version(self) -> object:
        """Moves whenever anything was written into the database; compared before and after, at a glance on SQLite."""
        if not db.settings.is_sqlite:
            return self.contents()
        if not hasattr(self, "_watch"):
            self._watch = db.read_engine.raw_connection()  # a connection sees the commits of others only
        return self._watch.driver_connection.execute("PRAGMA data_version").fetchone()[0]

    def contents(self) -> dict[str, list[str]]:
        """Everything in the database, to see whether something changed."""
        with self.app.app_context(), db.read_engine.connect() as connection:
            return {
                table.name: sorted(
                    str(tuple(row))
                    for row in connection.exec_driver_sql(f'SELECT * FROM "{table.name}"')  # noqa: S608
                )
                for table in Base.metadata.sorted_tables
                if table.name != "regions"
            }


@dataclass(frozen=True)
class Route:
    """One route and method: who may, an address of something real, what a page of ours would send."""

    who: dict[Actor, Answer]
    path: Callable[[World], str]
    fields: dict[str, Any] = field(default_factory=dict)
    #: The statuses of "yes".
    yes: tuple[int, ...] = (200,)
    #: Which actor a forger would borrow (see `test_csrf`).
    victim: Actor = Actor.VOLUNTEER


def at(path: str) -> Callable[[World], str]:
    return lambda _world: path


REQUEST_FORM = {
    "title": "Carry a sofa",
    "story": "Down three floors.",
    "locale": "en",
    "kind": "errands",
    "place": "KZ-75/medeu",
    "timing": "any",
    "minutes": "60",
    "capacity": "2",
    "min_age": "0",
    "seen_version": "1",
}
EDIT_PLACE = REQUEST_FORM | {"title": "Carry a piano"}
REPORT_FORM = {"hours": "0", "minutes": "30", "credit": "someone", "word": "Done."}
TELL_FORM = {
    "title": "Planted a tree",
    "kind": "springs",
    "district": "KZ-75/medeu",
    "day": utcnow().date().isoformat(),
    "hours": "1",
    "minutes": "0",
    "helpers": "1",
    "helped": "1",
    "credit": "someone",
}
REGISTER_FORM = {
    "name": "Newcomer",
    "email": "newcomer@example.org",
    "password": PASSWORD,
    "age": "adult",
    "region": ALMATY,
    "district": "",
}
PROFILE_FORM = {"name": "New Name", "age": "adult", "region": ALMATY, "district": ""}
BUILTIN = read_builtin()
DRAFT = 900_000
SEEN = {"seen": f"{DRAFT}.1"}
QUESTION_FORM = {"label_en": "In your words", "is_required": "y"}
QUESTION_FORM |= {"seen": fingerprint(question_as_dict(BUILTIN.question("words")))}
NEW_QUESTION_FORM = {"label_en": "Is there a lift?", "kind": "yes_no", "seen": "new:q_0011aabb"}
APPEAL_FORM = {"kind": "complaint", "region": ALMATY, "words": "The bench is broken.", "name": "Aigul"}
APPEAL_ANSWER = {"answer-words": "We look at it.", "answer-seen_version": "1"}
APPEAL_DECISION = {"decide-words": "Mended.", "decide-outcome": "satisfied", "decide-seen_version": "1"}
APPEAL_TRANSFER = {"transfer-words": "Theirs.", "transfer-region": ASTANA, "transfer-seen_version": "1"}
APPEAL_REOPENING = {"reopen-words": "Once more.", "reopen-seen_version": "2"}
INTAKE_FORM = {"channel": "phone", "consent": "y", "consent_on": utcnow().date().isoformat(), "form_key": "k" * 16}
R, C, D = RequestStatus, ClaimState, DeedStatus
POSTED = (303,)
DESK = Actor.COORDINATOR


def action(
    who: dict[Actor, Answer],
    path: Callable[[World], str],
    fields: dict[str, Any] | None = None,
    yes: tuple[int, ...] = POSTED,
    victim: Actor = Actor.VOLUNTEER,
) -> Route:
    return Route(who, path, fields or {}, yes, victim)


ROUTES: dict[tuple[str, str], Route] = {
    # --- pages for everybody ---
    ("GET", "/"): Route(ANYONE, at("/")),
    ("GET", "/requests"): Route(ANYONE, at("/requests")),
    ("GET", "/requests/back"): Route(ANYONE, at("/requests/back"), yes=(303,)),
    ("GET", "/requests/<int:request_id>"): Route(ANYONE, lambda w: f"/requests/{w.request()}"),
    ("GET", "/requests/<int:request_id>/picture.png"): Route(ANYONE, lambda w: f"/requests/{w.request()}/picture.png"),
    ("GET", "/share.png"): Route(ANYONE, at("/share.png")),
    ("GET", "/deeds"): Route(ANYONE, at("/deeds")),
    ("GET", "/deeds.atom"): Route(ANYONE, at("/deeds.atom")),
    ("GET", "/deeds/<int:deed_id>"): Route(ANYONE, lambda w: f"/deeds/{w.deed()}"),
    ("GET", "/deeds/<int:deed_id>/picture.png"): Route(ANYONE, lambda w: f"/deeds/{w.deed()}/picture.png"),
    ("POST", "/deeds/<int:deed_id>/thank"): action(ANYONE, lambda w: f"/deeds/{w.deed()}/thank"),
    ("GET", "/deeds/<int:deed_id>/report"): Route(ANYONE, lambda w: f"/deeds/{w.deed()}/report"),
    ("POST", "/deeds/<int:deed_id>/report"): action(
        ANYONE, lambda w: f"/deeds/{w.deed()}/report", {"reason": "other", "note": ""}
    ),
    ("GET", "/photos/<string(length=32):key>-<any(small, large):size>.webp"): Route(
        ANYONE, lambda w: f"/photos/{w.photo(w.deed())}-small.webp"
    ),
    ("GET", "/help"): Route(ANYONE, at("/help")),
    ("GET", "/help/<page_name:page_id>"): Route(ANYONE, at("/help/who")),
    ("POST", "/help/<page_name:page_id>"): action(ANYONE, at("/help/who"), {"for_whom": "self"}),
    ("POST", "/help/start-anew"): action(ANYONE, at("/help/start-anew")),
    ("GET", "/help/check"): Route(ANYONE, at("/help/check"), yes=(303,)),  # nothing is filled in yet
    ("POST", "/help/check"): action(ANYONE, at("/help/check"), {"consent": "y"}),
    ("GET", "/help/done"): Route(ANYONE, at("/help/done"), yes=(303,)),  # nothing was sent
    ("POST", "/help/done"): action(ANYONE, at("/help/done")),
    ("GET", "/appeals/code.txt"): Route(ANYONE, at("/appeals/code.txt"), yes=(303,)),
    ("GET", "/help/done.txt"): Route(ANYONE, at("/help/done.txt"), yes=(303,)),
    # Behind a code, and nobody here has typed one: all are sent to the door (see tests/help for those who have).
    ("GET", "/help/status"): Route(ANYONE, at("/help/status")),
    ("POST", "/help/status"): action(ANYONE, at("/help/status"), {"code": "no code"}, (422,)),
    ("POST", "/help/status/close"): action(ANYONE, at("/help/status/close")),
    ("GET", "/help/status/erase"): Route(ANYONE, at("/help/status/erase"), yes=(303,)),
    ("POST", "/help/status/erase"): action(ANYONE, at("/help/status/erase"), {"sure": "y"}),
    ("GET", "/help/status/requests/<int:request_id>/word"): Route(
        ANYONE, lambda w: f"/help/status/requests/{w.request()}/word", yes=(303,)
    ),
    ("POST", "/help/status/requests/<int:request_id>/word"): action(
        ANYONE, lambda w: f"/help/status/requests/{w.request()}/word", {"word": "Mine"}
    ),
    ("GET", "/help/status/requests/<int:request_id>/time"): Route(
        ANYONE, lambda w: f"/help/status/requests/{w.request()}/time", yes=(303,)
    ),
    ("POST", "/help/status/requests/<int:request_id>/time"): action(
        ANYONE, lambda w: f"/help/status/requests/{w.request()}/time", {"timing": "any"}
    ),
    ("GET", "/help/status/requests/<int:request_id>/helped"): Route(
        ANYONE, lambda w: f"/help/status/requests/{w.request()}/helped", yes=(303,)
    ),
    ("POST", "/help/status/requests/<int:request_id>/helped"): action(
        ANYONE, lambda w: f"/help/status/requests/{w.request()}/helped", {}
    ),
    ("GET", "/help/status/requests/<int:request_id>/withdraw"): Route(
        ANYONE, lambda w: f"/help/status/requests/{w.request()}/withdraw", yes=(303,)
    ),
    ("POST", "/help/status/requests/<int:request_id>/withdraw"): action(
        ANYONE, lambda w: f"/help/status/requests/{w.request()}/withdraw", {}
    ),
    ("GET", "/help/status/claims/<int:claim_id>/came"): Route(
        ANYONE, lambda w: f"/help/status/claims/{w.claim()}/came", yes=(303,)
    ),
    ("POST", "/help/status/claims/<int:claim_id>/came"): action(
        ANYONE, lambda w: f"/help/status/claims/{w.claim()}/came", {"asked": "no"}
    ),
    ("GET", "/live/changes"): Route(ANYONE, at("/live/changes?since=0&names=deed")),
    ("GET", "/healthz"): Route(ANYONE, at("/healthz")),
    ("GET", "/design"): Route(NOBODY, at("/design")),
    # --- appeals ---
    ("GET", "/appeals"): Route(ANYONE, at("/appeals")),
    ("POST", "/appeals"): action(ANYONE, at("/appeals"), APPEAL_FORM),
    ("GET", "/appeals/integrity"): Route(ANYONE, at("/appeals/integrity")),
    ("POST", "/appeals/integrity"): action(ANYONE, at("/appeals/integrity"), APPEAL_FORM),
    ("GET", "/appeals/code"): Route(ANYONE, at("/appeals/code"), yes=(303,)),  # nothing was sent
    ("POST", "/appeals/code"): action(ANYONE, at("/appeals/code")),
    # Behind a code, and nobody here has one (see tests/appeals for those who have).
    ("GET", "/appeals/status"): Route(ANYONE, at("/appeals/status")),
    ("POST", "/appeals/status"): action(ANYONE, at("/appeals/status"), yes=(422,)),
    ("POST", "/appeals/status/word"): action(ANYONE, at("/appeals/status/word"), yes=(422,)),
    ("POST", "/appeals/status/reopen"): action(ANYONE, at("/appeals/status/reopen"), yes=(422,)),
    ("POST", "/appeals/status/withdraw"): action(ANYONE, at("/appeals/status/withdraw"), yes=(422,)),
    ("GET", "/desk/appeals"): Route(DESK_READER, at("/desk/appeals")),
    ("GET", "/desk/appeals/<int:appeal_id>"): Route(DESK_READER_OF_REGION, lambda w: f"/desk/appeals/{w.appeal()}"),
    ("POST", "/desk/appeals/<int:appeal_id>/assign"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/appeals/{w.appeal()}/assign", {"seen_version": "1"}, victim=DESK
    ),
    ("POST", "/desk/appeals/<int:appeal_id>/answer"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/appeals/{w.appeal()}/answer", APPEAL_ANSWER, victim=DESK
    ),
    ("POST", "/desk/appeals/<int:appeal_id>/transfer"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/appeals/{w.appeal()}/transfer", APPEAL_TRANSFER, victim=DESK
    ),
    ("POST", "/desk/appeals/<int:appeal_id>/close"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/appeals/{w.appeal()}/close", APPEAL_DECISION, victim=DESK
    ),
    ("POST", "/desk/appeals/<int:appeal_id>/reopen"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/appeals/{w.decided_appeal()}/reopen", APPEAL_REOPENING, victim=DESK
    ),
    ("POST", "/desk/appeals/<int:appeal_id>/contact"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/appeals/{w.appeal()}/contact", {"why": "To call"}, (200,), DESK
    ),
    ("POST", "/desk/appeals/sealed/<int:appeal_id>/answer"): action(
        SEALED, lambda w: f"/desk/appeals/sealed/{w.sealed()}/answer", APPEAL_ANSWER, victim=Actor.AUDITOR
    ),
    ("POST", "/desk/appeals/sealed/<int:appeal_id>/close"): action(
        SEALED, lambda w: f"/desk/appeals/sealed/{w.sealed()}/close", APPEAL_DECISION, victim=Actor.AUDITOR
    ),
    ("POST", "/desk/appeals/sealed/<int:appeal_id>/reopen"): action(
        SEALED,
        lambda w: f"/desk/appeals/sealed/{w.decided_appeal(Kind.INTEGRITY)}/reopen",
        APPEAL_REOPENING,
        victim=Actor.AUDITOR,
    ),
    # --- accounts ---
    ("GET", "/login"): Route(ANYONE, at("/login"), yes=(200, 303)),
    ("POST", "/login"): action(
        ANYONE, at("/login"), {"email": "cy@example.org", "password": PASSWORD}, victim=Actor.VISITOR
    ),
    ("POST", "/logout"): action(SIGNED_IN, at("/logout")),
    ("GET", "/register"): Route(ANYONE, at("/register")),
    # The same address a second time is refused by the form (422).
    ("POST", "/register"): action(ANYONE, at("/register"), REGISTER_FORM, (303, 422), Actor.VISITOR),
    ("GET", "/password-reset"): Route(ANYONE, at("/password-reset")),
    ("POST", "/password-reset"): action(
        ANYONE, at("/password-reset"), {"email": "cy@example.org"}, (200,), Actor.VISITOR
    ),
    ("GET", "/password-reset/<token>"): Route(ANYONE, lambda w: f"/password-reset/{w.reset_link()}"),
    ("POST", "/password-reset/<token>"): action(
        ANYONE, lambda w: f"/password-reset/{w.reset_link()}", {"password": PASSWORD}, victim=Actor.VISITOR
    ),
    ("POST", "/lang/<code>"): action(ANYONE, at("/lang/kk")),
    # --- mine ---
    ("POST", "/requests/<int:request_id>/claim"): action(SIGNED_IN, lambda w: f"/requests/{w.request()}/claim"),
    ("POST", "/requests/<int:request_id>/release"): action(SIGNED_IN, lambda w: f"/requests/{w.my_request()}/release"),
    ("GET", "/requests/<int:request_id>/standing"): Route(
        SIGNED_IN, lambda w: f"/requests/{w.my_request()}/standing", yes=(303,)
    ),
    ("POST", "/requests/<int:request_id>/start"): action(SIGNED_IN, lambda w: f"/requests/{w.my_request()}/start"),
    # Until 18 a coordinator goes along; auditors and administrators see no contacts.
    ("POST", "/requests/<int:request_id>/contact"): action(
        SIGNED_IN | dict.fromkeys((Actor.YOUNG, Actor.AUDITOR, Actor.ADMIN), Answer.FORBIDDEN),
        lambda w: f"/requests/{w.my_errand()}/contact",
        yes=(200,),
    ),
    ("GET", "/requests/<int:request_id>/report"): Route(SIGNED_IN, lambda w: f"/requests/{w.my_request()}/report"),
    ("POST", "/requests/<int:request_id>/report"): action(
        SIGNED_IN, lambda w: f"/requests/{w.my_request()}/report", REPORT_FORM
    ),
    ("GET", "/deeds/new"): Route(SIGNED_IN, at("/deeds/new")),
    ("POST", "/deeds/new"): action(SIGNED_IN, at("/deeds/new"), TELL_FORM),
    ("GET", "/me"): Route(SIGNED_IN, at("/me")),
    ("POST", "/me/news"): action(SIGNED_IN, at("/me/news")),
    ("GET", "/me/settings"): Route(SIGNED_IN, at("/me/settings")),
    ("POST", "/me/settings"): action(SIGNED_IN, at("/me/settings"), PROFILE_FORM),
    ("GET", "/me/delete"): Route(SIGNED_IN, at("/me/delete")),
    ("POST", "/me/delete"): action(SIGNED_IN, at("/me/delete"), {"password": PASSWORD}),
    # --- the desk ---
    ("GET", "/desk"): Route(DESK_READER, at("/desk")),
    ("GET", "/desk/count"): Route(DESK_READER, at("/desk/count")),
    ("GET", "/desk/day"): Route(DESK_READER, at("/desk/day?day=tomorrow")),
    ("GET", "/desk/confirmed"): Route(COORDINATOR, lambda w: f"/desk/confirmed?claim={w.confirmed()}"),
    ("GET", "/desk/find"): Route(COORDINATOR, at("/desk/find")),
    ("POST", "/desk/find"): action(COORDINATOR, at("/desk/find"), {"what": "8 701 123 45 67"}, (200,), DESK),
    ("GET", "/desk/intake"): Route(COORDINATOR, at("/desk/intake")),
    ("POST", "/desk/intake"): action(COORDINATOR, at("/desk/intake"), INTAKE_FORM, (200, 422), DESK),
    ("POST", "/desk/filters"): action(COORDINATOR, at("/desk/filters?mine=1"), {"name": "My cases"}, victim=DESK),
    ("POST", "/desk/filters/<int:filter_id>/forget"): action(
        COORDINATOR, lambda w: f"/desk/filters/{w.kept_filter()}/forget", victim=DESK
    ),
    # Of another region's claims none is touched; the page says so of each (see tests/desk/test_many.py).
    ("POST", "/desk/claims/confirm"): action(COORDINATOR, at("/desk/claims/confirm"), {"claim": "1"}, victim=DESK),
    ("POST", "/desk/claims/unconfirm"): action(COORDINATOR, at("/desk/claims/unconfirm"), {"claim": "1"}, victim=DESK),
    ("POST", "/desk/claims/<int:claim_id>/unconfirm"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/claims/{w.confirmed()}/unconfirm", victim=DESK
    ),
    ("POST", "/desk/requests/<int:request_id>/note"): action(
        COORDINATOR_OF_REGION,
        lambda w: f"/desk/requests/{w.request()}/note",
        {"note": "Key: caretaker."},
        victim=DESK,
    ),
    ("POST", "/desk/requests/<int:request_id>/call"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/requests/{w.asked()}/call", {"outcome": "confirmed"}, victim=DESK
    ),
    ("POST", "/desk/requests/<int:request_id>/ask"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/requests/{w.asked()}/ask", {"question": "Which floor?"}, victim=DESK
    ),
    ("POST", "/desk/requests/<int:request_id>/read"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/requests/{w.asked()}/read", victim=DESK
    ),
    ("POST", "/desk/requests/<int:request_id>/contact"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/requests/{w.asked()}/contact", {"why": "To call"}, (200,), DESK
    ),
    ("POST", "/desk/requests/<int:request_id>/split"): action(
        COORDINATOR_OF_REGION,
        lambda w: f"/desk/requests/{w.asked()}/split",
        {"kinds": "errands", "seen_version": "1"},
        victim=DESK,
    ),
    ("POST", "/desk/requests/<int:request_id>/merge"): action(
        COORDINATOR_OF_REGION,
        lambda w: f"/desk/requests/{w.asked()}/merge",
        {"other": "1", "seen_version": "1"},
        (303, 409),
        DESK,
    ),
    ("POST", "/desk/requests/<int:request_id>/hand-over"): action(
        COORDINATOR_OF_REGION,
        lambda w: f"/desk/requests/{w.asked()}/hand-over",
        {"region": ASTANA, "reason": "They moved.", "seen_version": "1"},
        victim=DESK,
    ),
    ("POST", "/desk/requests/<int:request_id>/assign"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/requests/{w.request()}/assign", {"user_id": "1"}, victim=DESK
    ),
    ("GET", "/desk/requests"): Route(DESK_READER, at("/desk/requests")),
    ("GET", "/desk/requests/<int:request_id>"): Route(
        DESK_READER_OF_REGION, lambda w: f"/desk/requests/{w.claimed(C.REPORTED)[0]}"
    ),
    ("GET", "/desk/requests/new"): Route(COORDINATOR, at("/desk/requests/new")),
    # A coordinator of another region may write, but not for Almaty: the form says so (422).
    ("POST", "/desk/requests/new"): action(COORDINATOR, at("/desk/requests/new"), REQUEST_FORM, (303, 422), DESK),
    ("GET", "/desk/requests/<int:request_id>/edit"): Route(
        COORDINATOR_OF_REGION, lambda w: f"/desk/requests/{w.request()}/edit"
    ),
    ("POST", "/desk/requests/<int:request_id>/edit"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/requests/{w.request()}/edit", EDIT_PLACE, victim=DESK
    ),
    ("POST", "/desk/requests/<int:request_id>/publish"): action(
        COORDINATOR_OF_REGION,
        lambda w: f"/desk/requests/{w.request(R.RECEIVED)}/publish",
        {"seen_version": "1"},
        victim=DESK,
    ),
    ("POST", "/desk/requests/<int:request_id>/pause"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/requests/{w.request()}/pause", victim=DESK
    ),
    ("POST", "/desk/requests/<int:request_id>/resume"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/requests/{w.request(R.PAUSED)}/resume", victim=DESK
    ),
    ("POST", "/desk/requests/<int:request_id>/close"): action(
        COORDINATOR_OF_REGION,
        lambda w: f"/desk/requests/{w.claimed()[0]}/close",
        {"outcome": "withdrawn", "seen_version": "1"},
        victim=DESK,
    ),
    ("POST", "/desk/claims/<int:claim_id>/confirm"): action(
        COORDINATOR_OF_REGION,
        lambda w: f"/desk/claims/{w.claim()}/confirm",
        {"hours": "1", "minutes": "0", "seen": "reported"},
        victim=DESK,
    ),
    ("POST", "/desk/claims/<int:claim_id>/dispute"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/claims/{w.claim()}/dispute", {"reason": "Too long"}, victim=DESK
    ),
    ("POST", "/desk/claims/<int:claim_id>/remove"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/claims/{w.claim(C.CLAIMED)}/remove", {"reason": "Moved"}, victim=DESK
    ),
    ("POST", "/desk/claims/<int:claim_id>/no-show"): action(
        COORDINATOR_OF_REGION,
        lambda w: f"/desk/claims/{w.claim(C.CLAIMED)}/no-show",
        {"seen": "claimed"},
        victim=DESK,
    ),
    ("POST", "/desk/claims/<int:claim_id>/came"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/claims/{w.missed()}/came", victim=DESK
    ),
    ("POST", "/desk/deeds/<int:deed_id>/publish"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/deeds/{w.deed(D.PENDING)}/publish", victim=DESK
    ),
    ("POST", "/desk/deeds/<int:deed_id>/hide"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/deeds/{w.deed()}/hide", {"reason": "Private"}, victim=DESK
    ),
    ("POST", "/desk/deeds/<int:deed_id>/keep"): action(
        COORDINATOR_OF_REGION, lambda w: f"/desk/deeds/{w.reported_deed()}/keep", victim=DESK
    ),
    # --- the questionnaire ---
    ("GET", "/help/paper.pdf"): Route(ANYONE, at("/help/paper.pdf?lang=kk")),
    ("GET", "/desk/questionnaire"): Route(EDITOR, at("/desk/questionnaire")),
    ("GET", "/desk/questionnaire/<int:version_id>"): Route(EDITOR, at("/desk/questionnaire/1?lang=kk")),
    ("GET", "/desk/questionnaire/<int:version_id>/paper.pdf"): Route(EDITOR, at("/desk/questionnaire/1/paper.pdf")),
    ("GET", "/desk/questionnaire/draft"): Route(EDITOR, lambda w: w.draft()),
    ("POST", "/desk/questionnaire/draft"): action(EDITOR, lambda w: w.no_draft(), victim=Actor.EDITOR),
    ("POST", "/desk/questionnaire/draft/move"): action(
        EDITOR, lambda w: f"{w.draft()}/move", SEEN | {"part": "street", "way": "up"}, victim=Actor.EDITOR
    ),
    ("POST", "/desk/questionnaire/draft/remove"): action(
        EDITOR, lambda w: f"{w.draft()}/remove", SEEN | {"part": "circumstances"}, victim=Actor.EDITOR
    ),
    ("POST", "/desk/questionnaire/draft/discard"): action(
        EDITOR, lambda w: f"{w.draft()}/discard", SEEN, victim=Actor.EDITOR
    ),
    ("POST", "/desk/questionnaire/draft/publish"): action(
        EDITOR, lambda w: f"{w.draft()}/publish", SEEN, victim=Actor.EDITOR
    ),
    ("GET", "/desk/questionnaire/draft/pages/new"): Route(EDITOR, lambda w: f"{w.draft()}/pages/new"),
    ("POST", "/desk/questionnaire/draft/pages/new"): action(
        EDITOR,
        lambda w: f"{w.draft()}/pages/new",
        {"title_en": "More", "seen": "new:page_0011aabb"},
        victim=Actor.EDITOR,
    ),
    ("GET", "/desk/questionnaire/draft/pages/<page_id>"): Route(EDITOR, lambda w: f"{w.draft()}/pages/what"),
    ("POST", "/desk/questionnaire/draft/pages/<page_id>"): action(
        EDITOR,
        lambda w: f"{w.draft()}/pages/what",
        {"title_en": "What?", "seen": fingerprint(page_as_dict(BUILTIN.page_of("words"))["title"])},
        victim=Actor.EDITOR,
    ),
    ("GET", "/desk/questionnaire/draft/pages/<page_id>/questions/new"): Route(
        EDITOR, lambda w: f"{w.draft()}/pages/what/questions/new"
    ),
    ("POST", "/desk/questionnaire/draft/pages/<page_id>/questions/new"): action(
        EDITOR, lambda w: f"{w.draft()}/pages/what/questions/new", NEW_QUESTION_FORM, victim=Actor.EDITOR
    ),
    ("GET", "/desk/questionnaire/draft/questions/<question_id>"): Route(
        EDITOR, lambda w: f"{w.draft()}/questions/words"
    ),
    ("POST", "/desk/questionnaire/draft/questions/<question_id>"): action(
        EDITOR, lambda w: f"{w.draft()}/questions/words", QUESTION_FORM, victim=Actor.EDITOR
    ),
    ("GET", "/desk/questionnaire/draft/consent"): Route(EDITOR, lambda w: f"{w.draft()}/consent"),
    ("POST", "/desk/questionnaire/draft/consent"): action(
        EDITOR,
        lambda w: f"{w.draft()}/consent",
        {"consent_en": "I agree.", "seen": fingerprint(BUILTIN.consent)},
        victim=Actor.EDITOR,
    ),
}


def is_action(key: tuple[str, str]) -> bool:
    return key[0] == "POST"


def running_app(kind: str, folder: Path, **environ: str) -> Iterator[Flask]:
    """An application for all tests of a module, with a database of its own."""
    forget_places()
    environ = {"AOG_AUDITORS_KEY": b64encode(bytes(AUDITORS.public_key)).decode()} | environ
    url = fresh_database(kind, folder / "instance")
    yield make_app(make_settings(folder / "instance", url, **environ))
    db.dispose()
    drop_database(url)
    forget_places()
