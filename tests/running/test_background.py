"""What the background process does between two requests: mail, tidying, and what the clock decides."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator import limits, mail
from accelerator.accounts.models import AuthSession, PasswordReset, UserNotice
from accelerator.accounts.viewer import hash_token
from accelerator.board import transitions as board
from accelerator.board.models import Claim, HelpRequest, Outcome, RequestStatus, Timing
from accelerator.clock import utcnow
from accelerator.config import Settings
from accelerator.deeds import transitions as deeds
from accelerator.deeds import uploads
from accelerator.deeds.models import Photo
from accelerator.extensions import db
from accelerator.mail import LEASE, RETRY_AFTER, OutboxMail
from accelerator.photos import photo_file
from accelerator.running import background
from tests.cast import Cast, Person, viewer_of
from tests.factories import make_request
from tests.races.invariants import check_everything
from tests.races.mailbox import Mailbox
from tests.site import Site, text_of
from tests.steps import counted_statements, events_of, mails_to, report, request_now, words


@pytest.fixture
def post_office(context: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server that the application of this test sends to."""
    with Mailbox() as mailbox:
        smtp = f"smtp://127.0.0.1:{mailbox.port}"
        monkeypatch.setattr(db, "settings", dataclasses.replace(db.settings, smtp_url=smtp))
        yield mailbox


def post(subject: str = "A place is free", *, at: datetime | None = None) -> None:
    with db.transaction() as session:
        mail.post(session, "ben@example.org", subject, "Сәлем! Hello.", at=at or utcnow())


def only_mail() -> OutboxMail:
    return db.read.scalars(select(OutboxMail).execution_options(populate_existing=True)).one()


def test_mail_reaches_a_mail_server_once(post_office: Mailbox) -> None:
    post("Орын босады")
    now = utcnow()
    assert mail.send_due(at=now) == 1
    assert mail.send_due(at=now + timedelta(days=1)) == 0
    (message,) = post_office.messages
    assert post_office.recipients == ["ben@example.org"]
    assert message.get_payload(decode=True).decode().strip() == "Сәлем! Hello."  # type: ignore[union-attr]
    assert only_mail().sent_at == now
    assert only_mail().body == "", "a link that sets a password has no business in the table any more"


def test_mail_waits_longer_after_each_failure_and_is_not_lost(post_office: Mailbox) -> None:
    now = utcnow()
    post(at=now)
    post_office.refusing = True
    for tries, wait in enumerate(RETRY_AFTER, start=1):
        assert mail.send_due(at=now) == 1
        assert (only_mail().tries, only_mail().try_at) == (tries, now + wait)
        assert mail.send_due(at=now + wait - timedelta(seconds=1)) == 0
        assert only_mail().body
        now += wait
    post_office.refusing = False
    assert mail.send_due(at=now) == 1
    assert len(post_office.messages) == 1


def test_mail_that_nobody_takes_is_given_up_and_kept(post_office: Mailbox) -> None:
    now = utcnow()
    post(at=now)
    post_office.refusing = True
    for _ in range(len(RETRY_AFTER) + 1):
        assert mail.send_due(at=now) == 1
        now += timedelta(days=1)
    assert mail.send_due(at=now) == 0
    assert (only_mail().try_at, only_mail().sent_at) == (None, None)


def test_one_bad_address_does_not_hold_up_the_others(post_office: Mailbox) -> None:
    with db.transaction() as session:
        mail.post(session, "not an\naddress", "First", "x", at=utcnow())
    post("Second")
    assert mail.send_due(at=utcnow()) == 2
    assert post_office.subjects == ["Second"]


def test_nobody_waits_for_the_mail_server(post_office: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a mail is on its way no transaction is open: somebody else can write at once."""
    post()

    def send(_mail: OutboxMail, _settings: Settings) -> None:
        with db.write_engine.begin() as other:
            other.exec_driver_sql("UPDATE integrity_head SET seq = seq")

    monkeypatch.setattr(mail, "send", send)
    assert mail.send_due(at=utcnow()) == 1
    assert only_mail().sent_at is not None


def test_a_mail_on_its_way_is_left_alone(post_office: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    now = utcnow()
    post(at=now)

    def killed(_mail: OutboxMail, _settings: Settings) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(mail, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            mail.send_due(at=now)
    assert mail.send_due(at=now + LEASE - timedelta(seconds=1)) == 0
    assert mail.send_due(at=now + LEASE) == 1
    assert len(post_office.messages) == 1


def test_without_a_mail_server_the_mail_is_in_the_log(context: Flask, caplog: pytest.LogCaptureFixture) -> None:
    post("A new password")
    with caplog.at_level("INFO"):
        assert mail.send_due(at=utcnow()) == 1
    assert "A new password" in caplog.text
    assert only_mail().body, "it stays to be read"


def test_no_mail_is_kept_longer_than_it_can_be_of_use(context: Flask, app: Flask) -> None:
    now = utcnow()
    for days in (0, 6, 8):
        post(f"{days} days old", at=now - timedelta(days=days))
    with db.transaction() as session:
        mail.post(session, "cy@example.org", "Sent long ago", "", at=now - timedelta(days=8))
    background.tidy(app)
    assert set(db.read.scalars(select(OutboxMail.subject))) == {"0 days old", "6 days old"}
    assert sum(RETRY_AFTER, LEASE * 5) < mail.KEEP / 10, "everything was tried by then"


@pytest.mark.parametrize(
    ("smtp_url", "is_demonstration", "times"), [("", False, 1), ("smtp://x", False, 0), ("", True, 0)]
)
def test_a_real_start_without_a_mail_server_says_what_that_means(
    settings: Settings, caplog: pytest.LogCaptureFixture, smtp_url: str, is_demonstration: bool, times: int
) -> None:
    chosen = dataclasses.replace(settings, smtp_url=smtp_url, is_demonstration=is_demonstration)
    background.warn_of_printed_mail(chosen)
    assert caplog.text.count("links that set a new password included") == times
    assert caplog.text.count("Set AOG_SMTP_URL=smtps://") == times


def test_tidying_forgets_what_is_over(context: Flask, app: Flask, cast: Cast) -> None:
    now = utcnow()
    with db.transaction() as session:
        for age in (0, 29, 31):
            at = now - timedelta(days=age)
            session.add(AuthSession(token_hash=hash_token(f"s{age}"), user_id=cast.ben.id, created_at=at, seen_at=at))
        for minutes in (-1, +10):
            expires = now + timedelta(minutes=minutes)
            session.add(PasswordReset(token_hash=hash_token(f"r{minutes}"), user_id=cast.ben.id, expires_at=expires))
        limits.spend(session, limits.LOGIN_BY_ACCOUNT, "ben", at=now - timedelta(hours=2))
        limits.spend(session, limits.LOGIN_BY_ACCOUNT, "ben", at=now)
    background.tidy(app)
    assert set(db.read.scalars(select(AuthSession.token_hash))) == {hash_token("s0"), hash_token("s29")}
    assert list(db.read.scalars(select(PasswordReset.token_hash))) == [hash_token("r10")]
    assert db.read.scalars(select(func.count()).select_from(limits.LimitCount)).one() == 1
    background.tidy(app)


def stored(key: str) -> list[Path]:
    return [uploads.storage().path(photo_file(key, size)) for size in ("small", "large")]


def test_tidying_forgets_photos_that_nothing_took_with_their_files(context: Flask, app: Flask, cast: Cast) -> None:
    now = utcnow()
    request_id = make_request()
    with db.transaction():
        claim_id = board.claim(request_id, by=viewer_of(cast.ben), at=now).claim.id
        for key, hours, claim in (("a", 25, None), ("b", 23, None), ("c", 25, claim_id)):
            name = key * 32
            deeds.keep_photo(name, 10, 10, user_id=cast.ben.id, at=now - timedelta(hours=hours))
            deeds.attach_photos([name] if claim else [], user_id=cast.ben.id, claim_id=claim)
            for size in ("small", "large"):
                uploads.storage().save(photo_file(name, size), b"photo")  # type: ignore[arg-type]
    background.tidy(app)
    assert set(db.read.scalars(select(Photo.key))) == {"b" * 32, "c" * 32}
    assert not any(path.exists() for path in stored("a" * 32))
    assert all(path.exists() for key in "bc" for path in stored(key * 32))


def status(request_id: int) -> tuple[str, str | None]:
    row = db.read.execute(select(HelpRequest.status, HelpRequest.outcome).where(HelpRequest.id == request_id)).one()
    return row.status, row.outcome


def let_time_pass(at: datetime) -> int:
    with db.transaction():
        return board.let_time_pass(at=at)


def test_time_ends_what_nobody_took_and_leaves_what_somebody_did(context: Flask, cast: Cast) -> None:
    starts = utcnow() + timedelta(hours=1)
    alone, taken, later = make_request(starts_at=starts), make_request(starts_at=starts), make_request()
    with db.transaction():
        board.claim(taken, by=viewer_of(cast.ben), at=utcnow())
    assert let_time_pass(starts + timedelta(hours=23)) == 0, "a day of grace"
    assert let_time_pass(starts + timedelta(hours=25)) == 1
    assert status(alone) == ("closed", "expired")
    assert status(taken) == ("open", None)
    assert status(later) == ("open", None)
    assert let_time_pass(starts + timedelta(hours=25)) == 0


def test_a_request_stays_while_a_no_show_may_be_taken_back(context: Flask, cast: Cast) -> None:
    starts = utcnow() + timedelta(hours=1)
    request_id = make_request(starts_at=starts)
    with db.transaction():
        claim_id = board.claim(request_id, by=viewer_of(cast.ben), at=utcnow()).claim.id
    missed_at = starts + timedelta(hours=25)
    with db.transaction():
        board.mark_no_show(claim_id, seen="claimed", by=viewer_of(cast.dee), at=missed_at)
    assert let_time_pass(missed_at + timedelta(days=6)) == 0
    with db.transaction():
        board.undo_no_show(claim_id, by=viewer_of(cast.dee), at=missed_at + timedelta(days=6))
        board.mark_no_show(claim_id, seen="claimed", by=viewer_of(cast.dee), at=missed_at + timedelta(days=6))
    assert let_time_pass(missed_at + timedelta(days=14)) == 1
    assert status(request_id) == ("closed", "expired")


def test_many_that_wait_for_their_coordinator_do_not_hold_up_the_rest(context: Flask, cast: Cast) -> None:
    starts = utcnow() + timedelta(hours=1)
    for n in range(3):
        taken = make_request(starts_at=starts + timedelta(hours=2 * n))
        with db.transaction():
            board.claim(taken, by=viewer_of(cast.ben), at=utcnow())
    untouched = make_request(starts_at=starts + timedelta(hours=9))
    with db.transaction():
        assert board.let_time_pass(at=starts + timedelta(days=2), limit=2) == 1
    assert status(untouched) == ("closed", "expired")


def test_an_expired_request_tells_those_who_waited_for_it(context: Flask, cast: Cast) -> None:
    """A group of two waits for two places; then only one is left, nobody takes it, and its hour passes."""
    starts = utcnow() + timedelta(hours=1)
    request_id = make_request(starts_at=starts, capacity=2)
    with db.transaction():
        board.claim(request_id, by=viewer_of(cast.ben), at=utcnow())
        board.claim(request_id, by=viewer_of(cast.cy), at=utcnow(), people=2, may_wait=True)
        request = board.lock_request(request_id)
        request.capacity = 1
        board.edit(request, seen_version=request.version, by=viewer_of(cast.dee), at=utcnow())
        board.release(request_id, by=viewer_of(cast.ben), at=utcnow())
    assert let_time_pass(starts + timedelta(hours=25)) == 1
    assert status(request_id) == ("closed", "expired")
    assert db.read.scalars(select(Claim.state).where(Claim.user_id == cast.cy.id)).one() == "removed"
    assert db.read.scalars(select(UserNotice.kind).where(UserNotice.user_id == cast.cy.id)).all() == ["closed"]
    with db.transaction() as session:
        check_everything(session)


def begun(cast: Cast, *people: Person) -> tuple[int, datetime]:
    """A request that was closed while these people had begun, and when."""
    request_id, closed_at = make_request(title="Bread", capacity=len(people)), utcnow()
    with db.transaction():
        for person in people:
            board.claim(request_id, by=viewer_of(person), at=closed_at)
            board.start(request_id, by=viewer_of(person), at=closed_at)
        board.close(request_id, by=viewer_of(cast.dee), at=closed_at, outcome=Outcome.FULFILLED)
    return request_id, closed_at


def test_what_was_begun_and_never_told_of_lapses_a_week_after_the_end(context: Flask, site: Site, cast: Cast) -> None:
    request_id, closed_at = begun(cast, cast.ben, cast.cy)
    report(request_id, cast.cy)
    ben = site.as_(cast.ben)
    page = ben.get(f"/requests/{request_id}/report")
    assert let_time_pass(closed_at + timedelta(days=7)) == 0, "a whole week"
    assert let_time_pass(closed_at + timedelta(days=7, minutes=1)) == 1
    assert let_time_pass(closed_at + timedelta(days=8)) == 0
    states = db.read.execute(select(Claim.user_id, Claim.state).order_by(Claim.id)).all()
    assert [tuple(state) for state in states] == [(cast.ben.id, "lapsed"), (cast.cy.id, "reported")]
    assert request_now(request_id).taken == 1
    assert events_of(f"request:{request_id}").count("claim.lapsed") == 1
    assert mails_to(cast.ben)[-1].subject == words("lapsed", "Bread", "en")
    assert "Thank you for being ready to help" in text_of(ben.get("/me"))
    late = ben.press(page, "Tell of it", 409, word="Two bags.", credit="name")
    assert "Your promise here has ended; your own page says why." in text_of(late)
    assert "Two bags." in text_of(late)
    with db.transaction() as session:
        check_everything(session)


def test_no_more_lapses_at_once_than_one_step_can_do(context: Flask, cast: Cast) -> None:
    closed = [begun(cast, cast.ben) for _ in range(3)]
    after = closed[-1][1] + timedelta(days=8)
    for left in (1, 0):
        with db.transaction():
            board.let_time_pass(at=after, limit=2)
        assert db.read.scalars(select(func.count()).where(Claim.state == "started")).one() == left


def test_what_lapses_is_found_among_the_begun_alone(context: Flask, only_sqlite: None) -> None:
    """PostgreSQL chooses by what is in the tables; here they are empty."""
    with counted_statements() as sent:
        let_time_pass(utcnow())
    (statement,) = [one for one in sent if "'started'" in one]
    with db.write_engine.connect() as connection:
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1,) * statement.count("?")).all()
    steps = "\n".join(row.detail for row in found)
    assert "ix_claims_begun" in steps, steps
    assert "SEARCH help_requests USING INTEGER PRIMARY KEY" in steps, steps


def test_a_weekly_request_moves_to_its_next_week(context: Flask) -> None:
    starts = utcnow() + timedelta(hours=1)
    request_id = make_request(starts_at=starts, timing=Timing.REPEATING, minutes=90)
    assert let_time_pass(starts + timedelta(days=15)) == 1
    row = db.read.get_one(HelpRequest, request_id, populate_existing=True)
    assert row.starts_at == row.due_at == starts + timedelta(days=21)
    assert row.ends_at == row.starts_at + timedelta(minutes=90)
    assert row.status == RequestStatus.OPEN
