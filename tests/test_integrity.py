"""The log: append-only, numbered without gaps, and without a word about any person."""

import ast
import json
import threading

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from accelerator.board.models import Claim
from accelerator.clock import utcnow
from accelerator.config import ROOT
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityEvent, IntegrityHead
from accelerator.integrity.record import SYSTEM, EventType, record
from tests.cast import PASSWORD, Cast
from tests.factories import make_request
from tests.site import Site


def write_one(subject: str = "request:1") -> int:
    with db.transaction() as session:
        return record(session, EventType.REQUEST_PAUSED, subject, by=SYSTEM, at=utcnow())


def break_off() -> None:
    with db.transaction() as session:
        record(session, EventType.REQUEST_PAUSED, "request:1", by=SYSTEM, at=utcnow())
        raise ZeroDivisionError


def numbers() -> list[int]:
    return list(db.read.scalars(select(IntegrityEvent.seq).order_by(IntegrityEvent.seq)))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE integrity_events SET type = 'x'",
        "UPDATE integrity_events SET body = body WHERE seq = 1",
        "UPDATE integrity_events SET seq = seq + 1",
        "DELETE FROM integrity_events",
        "DELETE FROM integrity_events WHERE seq = 1",
    ],
)
def test_the_database_itself_refuses_to_rewrite_the_past(context: Flask, statement: str) -> None:
    write_one()
    with pytest.raises(DatabaseError, match="append-only"):
        db.session.execute(text(statement))
    db.session.rollback()
    assert numbers() == [1]


def test_no_number_is_given_twice(context: Flask) -> None:
    write_one()
    statement = "INSERT INTO integrity_events (seq, at, type, subject, body) SELECT seq, at, type, subject, body "
    with pytest.raises(DatabaseError):
        db.session.execute(text(statement + "FROM integrity_events"))
    db.session.rollback()


def test_what_is_taken_back_leaves_no_gap(context: Flask) -> None:
    write_one()
    record(db.session, EventType.REQUEST_PAUSED, "request:1", by=SYSTEM, at=utcnow())
    db.session.rollback()
    with pytest.raises(ZeroDivisionError):
        break_off()
    assert write_one() == 2
    assert numbers() == [1, 2]
    assert db.read.scalar(select(IntegrityHead.seq)) == 2


def test_eight_writers_at_once_leave_no_gap_and_no_double(app: Flask) -> None:
    together, errors = threading.Barrier(8), []

    def write(number: int) -> None:
        together.wait()
        with app.app_context():
            for turn in range(10):
                try:
                    if turn % 3 == 2:  # some give up half-way
                        record(db.session, EventType.REQUEST_PAUSED, "request:1", by=SYSTEM, at=utcnow())
                        db.session.rollback()
                    else:
                        write_one(f"request:{number}")
                except Exception as error:
                    errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with app.app_context():
        assert numbers() == list(range(1, 8 * 7 + 1))
        assert db.read.scalar(select(IntegrityHead.seq)) == 56
        bodies = db.read.scalars(select(IntegrityEvent.body).order_by(IntegrityEvent.seq)).all()
        assert [json.loads(body)["seq"] for body in bodies] == numbers()


def test_an_event_says_what_happened_in_fixed_words(context: Flask) -> None:
    at = utcnow().replace(2026, 1, 2, 3, 4, 5)
    with db.transaction() as session:
        record(session, EventType.CLAIM_TAKEN, "request:7", by=SYSTEM, at=at, claim=3, people=2)
    assert bytes(db.read.scalars(select(IntegrityEvent.body)).one()) == (
        b'{"v":1,"seq":1,"ts":"2026-01-02T03:04:05Z","type":"claim.taken","actor":"system","role":"system",'
        b'"subject":"request:7","claim":3,"people":2}'
    )


def test_a_whole_life_of_claims_leaves_no_personal_word_in_the_log(context: Flask, site: Site, cast: Cast) -> None:
    """Names, addresses, stories, words, reasons: each is a canary, and none may sing in the log."""
    canaries = iter(f"canary{number}" for number in range(100))
    said = lambda: f"{next(canaries)} says"  # noqa: E731
    ben, cy, dee = (site.as_(person) for person in (cast.ben, cast.cy, cast.dee))
    entries = {"name": said(), "email": "canary@example.org", "password": PASSWORD, "age": "adult", "region": "KZ-75"}
    newcomer = Site(site.app)
    newcomer.post("/register", entries | {"district": ""}, 303)
    newcomer.post("/me/settings", {"name": said(), "age": "adult", "region": "KZ-75", "district": ""}, 303)
    form = {
        "title": said(),
        "story": said(),
        "briefing": said(),
        "locale": "en",
        "kind": "errands",
        "place": "KZ-75/medeu",
        "timing": "any",
        "minutes": "60",
        "capacity": "4",
        "min_age": "0",
    }
    case = dee.post("/desk/requests/new", form, 303).headers["Location"]
    request_id = int(case.rsplit("/", 1)[1])
    dee.post(f"/desk/requests/{request_id}/edit", form | {"title": said(), "seen_version": "1"}, 303)
    for verb in ("publish", "pause", "resume"):
        dee.post(f"/desk/requests/{request_id}/{verb}", {"seen_version": "2"}, status=303)
    for browser in (ben, cy, newcomer):
        browser.post(f"/requests/{request_id}/claim", status=303)
    newcomer.post(f"/requests/{request_id}/release", {"reason": said()}, 303)
    newcomer.post(f"/requests/{request_id}/claim", status=303)
    ben.post(f"/requests/{request_id}/start", status=303)
    report = {"hours": "1", "minutes": "0", "credit": "name"}
    for browser in (ben, cy):
        browser.post(f"/requests/{request_id}/report", report | {"word": said()}, 303)
    of = {claim.user_id: claim.id for claim in db.read.scalars(select(Claim).where(Claim.reason == ""))}
    gone = next(claim_id for user_id, claim_id in of.items() if user_id not in (cast.ben.id, cast.cy.id))
    dee.post(f"/desk/claims/{of[cast.ben.id]}/dispute", {"reason": said()}, 303)
    dee.post(f"/desk/claims/{of[cast.ben.id]}/confirm", {"hours": "1", "minutes": "0", "seen": "disputed"}, 303)
    dee.post(f"/desk/claims/{of[cast.cy.id]}/no-show", {"seen": "reported"}, status=303)
    dee.post(f"/desk/claims/{gone}/remove", {"reason": said()}, 303)
    told = {"title": said(), "story": said(), "kind": "springs", "district": "KZ-75", "day": utcnow().date()}
    ben.post("/deeds/new", told | {"minutes": "5", "hours": "1", "helpers": "1", "credit": "name"}, 303)
    site.post("/deeds/1/report", {"reason": "untrue", "note": said()}, 303)
    dee.post("/desk/deeds/1/hide", {"reason": said()}, 303)
    dee.post("/desk/deeds/2/publish", status=303)
    dee.post(f"/desk/requests/{request_id}/close", {"outcome": "fulfilled", "seen_version": "5"}, 303)
    newcomer.post("/me/delete", {"password": PASSWORD}, 303)

    events = db.read.scalars(select(IntegrityEvent).order_by(IntegrityEvent.seq)).all()
    life = {event.type for event in events}
    unseen = {type for type in EventType if type.partition(".")[0] in ("account", "claim", "deed")} - life
    # People in need and appeals have walks of their own: `test_canary`, `appeals/test_canary`.
    elsewhere = {"claim.promoted", "claim.waiting", "claim.unconfirmed", "claim.helped_said"}
    elsewhere |= {"claim.no_show_undone", "claim.lapsed", "deed.report_settled", "deed.confirmed"}
    assert unseen <= elsewhere, f"walk through {unseen} here, too"
    for event in events:
        everything = bytes(event.body).decode().casefold() + event.subject.casefold()
        for word in ("canary", "says", "example.org", '"ben"', '"cy"', '"dee"'):
            assert word not in everything, f"{word} in {everything}"
        values = json.loads(event.body)
        assert set(values) <= ALLOWED, f"{set(values) - ALLOWED}: only codes and numbers belong into the log"


ALLOWED = {
    *("v", "seq", "ts", "type", "actor", "role", "subject"),
    *("claim", "people", "minutes", "outcome", "version", "region", "reason", "reports", "granted"),
    *("former", "text", "entry", "parts", "into", "words", "split", "channel", "step", "right", "other"),
}


def test_nothing_else_is_ever_recorded() -> None:
    for path in (ROOT / "accelerator").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("record", "record.record"):
                named = {keyword.arg for keyword in call.keywords if keyword.arg}
                assert named <= ALLOWED | {"by", "at"}, f"{path.name}:{call.lineno}: {named - ALLOWED}"


THINGS = {"account", "role", "right", "region", "request", "claim", "deed"}
THINGS |= {"case", "contact", "consent", "requester", "questionnaire", "appeal"}


def test_every_kind_of_event_is_thing_dot_happened() -> None:
    for event in EventType:
        thing, _, happened = event.value.partition(".")
        assert thing in THINGS
        assert happened
        assert len(event.value) <= 40


def test_the_actor_is_a_random_reference(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    site.as_(cast.ben).post(f"/requests/{request_id}/claim", status=303)
    body = json.loads(db.read.scalars(select(IntegrityEvent.body).where(IntegrityEvent.type == "claim.taken")).one())
    assert body["actor"] == cast.ben.public_ref
    assert str(cast.ben.id) != body["actor"]
