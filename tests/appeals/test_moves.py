"""The table of moves, the public figures, integrity cases that the portal opens, retention, working days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from accelerator.appeals import queries, transitions
from accelerator.appeals.dates import HOUR
from accelerator.appeals.models import Appeal, AppealSpeed, AppealTotal, Kind, Outcome, Status
from accelerator.appeals.retention import forget_due
from accelerator.appeals.transitions import MOVES, Verb
from accelerator.clock import utcnow
from accelerator.extensions import db, vault
from accelerator.integrity.models import IntegrityEvent
from accelerator.vault.keys import KeyGone
from tests.appeals.letters import TEXT, decide, look, now, send
from tests.cast import ALMATY, ASTANA, Cast
from tests.factories import make_request
from tests.site import Site, text_of
from tests.steps import counted_statements, events_of, last_event, take

pytestmark = pytest.mark.usefixtures("context")
MONDAY = datetime(2026, 12, 7, 6, tzinfo=UTC)


def test_nothing_follows_taking_back_and_every_open_state_can_be_decided() -> None:
    assert not [verb for status, verb in MOVES if status is Status.WITHDRAWN]
    for status in (Status.RECEIVED, Status.ASSIGNED):
        assert MOVES[status, Verb.CLOSE] is Status.CLOSED
        assert MOVES[status, Verb.WITHDRAW] is Status.WITHDRAWN


def test_holidays_are_not_counted(site: Site) -> None:
    sent = send(at=MONDAY)
    assert now(sent.id).due_on == date(2026, 12, 29)  # 16 December is Independence Day


def test_the_day_is_that_of_the_region() -> None:
    late_in_utc = datetime(2026, 12, 6, 20, tzinfo=UTC)  # already Monday in Almaty
    assert now(send(at=late_in_utc).id).due_on == date(2026, 12, 29)


def test_figures_say_how_many_how_fast_and_how_many_on_time(site: Site, cast: Cast) -> None:
    for days in (0, 2, 4, 60):
        decide(send(at=MONDAY).id, cast.dee, at=MONDAY + timedelta(days=days))
    send(Kind.THANKS, region_code=ASTANA)
    total, regions, kinds = queries.read_figures(db.read)
    assert (total.received, total.answered, total.on_time, total.percent_on_time) == (5, 4, 3, 75)
    assert (regions[ALMATY].median, regions[ASTANA].median) == (2, None)
    assert (kinds["complaint"].answered, kinds["thanks"].answered) == (4, 0)
    page = text_of(site.get("/appeals"))
    assert "75 %" in page
    assert "Almaty" in page


def test_the_first_decision_counts_once(cast: Cast) -> None:
    sent = send(at=MONDAY)
    decide(sent.id, cast.dee, at=MONDAY)
    with db.transaction():
        transitions.reopen(transitions.lock_appeal(sent.id), "More", form_key="a" * 32, at=MONDAY)
    decide(sent.id, cast.dee, at=MONDAY + timedelta(days=90))
    total, _, _ = queries.read_figures(db.read)
    assert (total.received, total.answered, total.on_time) == (1, 1, 1)


def test_figures_are_what_the_appeals_say(cast: Cast) -> None:
    for number in range(6):
        sent = send(list(Kind)[number % 4], region_code=ALMATY)
        if number % 2:
            decide(sent.id, cast.dee)
    counted = db.read.execute(
        select(Appeal.kind, func.count(), func.count(Appeal.first_closed_at)).group_by(Appeal.kind)
    ).all()
    kept = db.read.execute(select(AppealTotal.kind, AppealTotal.received, AppealTotal.answered)).all()
    assert sorted(map(tuple, counted)) == sorted(map(tuple, kept))
    assert sum(db.read.scalars(select(AppealSpeed.count))) == 3


def test_the_public_page_asks_the_same_however_many_there_are(site: Site, cast: Cast) -> None:
    send()
    site.get("/appeals")
    with counted_statements() as few:
        site.get("/appeals")
    for _ in range(30):
        decide(send().id, cast.dee)
    with counted_statements() as many:
        site.get("/appeals")
    assert len(many) == len(few)
    assert not [statement for statement in many if "FROM appeals" in statement]


def test_sealed_reports_come_into_the_figures_with_their_hour() -> None:
    send(Kind.INTEGRITY)
    assert queries.read_figures(db.read)[0].received == 0
    with db.transaction():
        transitions.write_pending_notes(at=utcnow() + HOUR)
    assert queries.read_figures(db.read)[0].received == 1


def test_the_order_of_an_hour_is_not_that_of_its_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter((50_000_000, 90_000_000, 10_000_000))
    monkeypatch.setattr(transitions._chance, "randint", lambda *_: next(numbers))
    for _ in range(3):
        send(Kind.INTEGRITY)
    with db.transaction():
        assert transitions.write_pending_notes(at=utcnow() + HOUR) == 3
    told = db.read.scalars(select(IntegrityEvent.subject).order_by(IntegrityEvent.seq)).all()
    assert told == ["appeal:10000000", "appeal:50000000", "appeal:90000000"]


def test_the_portal_opens_a_case_for_the_auditors(site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take(request_id, cast.ben)
    for _ in range(2):
        with db.transaction():
            case = transitions.open_integrity_case(
                request_id=request_id, region_code=ALMATY, claim_id=claim_id, locale="kk", at=utcnow()
            )
            case_id = case.id
    assert db.read.scalars(select(func.count()).select_from(Appeal)).one() == 1
    assert events_of(f"appeal:{case_id}") == [], "it would tell the minute"
    with db.transaction():
        assert transitions.write_pending_notes(at=utcnow() + HOUR) == 1
    assert events_of(f"appeal:{case_id}") == ["appeal.received"]
    assert last_event()["actor"] == "reader"
    fay = site.as_(cast.fay)
    page = fay.get(f"/desk/appeals/{case_id}")
    assert "something was asked in return" in text_of(page)
    assert f"/desk/requests/{request_id}#claim-{claim_id}" in page.text
    assert "Send the answer" not in page.text
    fay.follow(fay.press(page, "Decide", **{"decide-outcome": "explained", "decide-words": "A misunderstanding."}))
    site.as_(cast.dee).get(f"/desk/appeals/{case_id}", status=404)


@pytest.mark.usefixtures("without_auditors")
def test_a_case_of_the_portal_needs_no_key(cast: Cast) -> None:
    request_id = make_request()
    with db.transaction():
        case = transitions.open_integrity_case(
            request_id=request_id, region_code=ALMATY, claim_id=take_in(request_id, cast), locale="kk", at=utcnow()
        )
        assert case.for_auditors


def take_in(request_id: int, cast: Cast) -> int:
    return take(request_id, cast.ben)


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.INTEGRITY])
def test_words_are_forgotten_when_their_time_is_over(site: Site, cast: Cast, kind: Kind) -> None:
    sent = send(kind)
    decide(sent.id, cast.fay if kind is Kind.INTEGRITY else cast.dee, outcome=Outcome.SATISFIED)
    key_name, keep = now(sent.id).key_name, timedelta(days=db.settings.keep_appeals_days)
    with db.transaction() as session:
        assert forget_due(session, utcnow() + keep - timedelta(hours=1)) == 0
    with db.transaction() as session:
        assert forget_due(session, utcnow() + keep + timedelta(hours=1)) == 1
    appeal = now(sent.id)
    assert (appeal.key_name, appeal.sealed_text, appeal.outcome) == (None, None, "satisfied")
    if key_name:
        with pytest.raises(KeyGone):
            vault.keys.get(key_name)
    page = look(site, sent.code)
    assert "Its words were deleted" in text_of(page)
    assert TEXT not in page.text
    with db.transaction() as session:
        assert forget_due(session, utcnow() + 2 * keep) == 0


def test_open_appeals_are_never_forgotten() -> None:
    send(at=utcnow() - timedelta(days=5000))
    with db.transaction() as session:
        assert forget_due(session, utcnow()) == 0


def test_words_moved_to_another_row_do_not_open(site: Site) -> None:
    first, second = send(), send(text="Quite another thing.")
    with db.transaction() as session:
        mine, other = session.get_one(Appeal, first.id), session.get_one(Appeal, second.id)
        mine.sealed_text = other.sealed_text
    page = look(site, first.code)
    assert "cannot be opened" in text_of(page)
    assert "Quite another thing." not in page.text
