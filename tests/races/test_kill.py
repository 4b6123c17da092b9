"""Killed in the middle: what was answered is stored, nothing is half done, and the processes come back."""

import logging
import random
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accelerator import create_app, mail
from accelerator.board import transitions as board
from accelerator.board.models import Claim
from accelerator.clock import utcnow
from accelerator.database import load_sqlite
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityHead
from accelerator.live.source import latest
from accelerator.mail import OutboxMail
from accelerator.reference import forget_places
from tests.databases import fresh_database, make_settings, sqlite_template
from tests.factories import make_request
from tests.races.crowd import Member, crowd
from tests.races.invariants import check_everything
from tests.races.mailbox import Mailbox
from tests.races.servers import Servers, ask, eventually, fire, is_healthy, prepare, running

log = logging.getLogger("races")


@dataclass
class Claimers:
    """Threads that claim and let go without a pause, and write down what they were answered."""

    port: int
    people: Sequence[Member]
    request_ids: Sequence[int]
    #: (person, request) in the order of the answers: True "yours", False "let go".
    answered: list[tuple[int, int, bool]] = field(default_factory=list)
    #: What was asked last and never answered: either outcome is right.
    unknown: set[tuple[int, int]] = field(default_factory=set)
    refused: int = 0
    broken: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Claimers":
        self.threads = [threading.Thread(target=self.work, args=(member,)) for member in self.people]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def work(self, member: Member) -> None:
        mine: dict[int, bool] = {}
        chance = random.Random(member.id)
        while not self.stopping.is_set():
            request_id = chance.choice(self.request_ids)
            wants = not mine.get(request_id, False)
            verb = "claim" if wants else "release"
            try:
                answer = ask(self.port, member.browser.post(f"/requests/{request_id}/{verb}"), timeout=20)
            except OSError:  # no worker listens right now: it was not even asked
                self.stopping.wait(0.02)
                continue
            if answer.status == 200:
                self.answered.append((member.id, request_id, wants))
                self.unknown.discard((member.id, request_id))
                mine[request_id] = wants
            elif answer.status == 409:
                self.refused += 1
                self.unknown.discard((member.id, request_id))
            else:
                self.broken += answer.status != 0
                self.unknown.add((member.id, request_id))

    def lost(self, session: Session) -> list[tuple[int, int, bool]]:
        """Answers that the database does not know of."""
        active = select(Claim.user_id, Claim.request_id).where(Claim.state.in_(("claimed", "waiting")))
        kept = {(who, on) for who, on in session.execute(active)}
        last = {(who, on): was_taken for who, on, was_taken in self.answered}
        return [
            (*key, was_taken)
            for key, was_taken in last.items()
            if key not in self.unknown and (key in kept) != was_taken
        ]


def kill_workers(servers: Servers, kills: int, chance: random.Random) -> int:
    """SIGKILL a web worker at random moments, ``kills`` times; the oldest, so that the server never gives up."""
    done = 0
    for _ in range(kills):
        eventually(lambda: len(servers.workers()) == 2, what="the respawn of a worker")
        eventually(lambda: is_healthy(servers.port), what="an answer after a kill")
        time.sleep(chance.uniform(0.0, 0.25))  # the moment of the kill, not a wait for something
        with suppress(psutil.NoSuchProcess):
            servers.workers()[0].kill()
            done += 1
    eventually(lambda: len(servers.workers()) == 2, what="the respawn of a worker")
    return done


def claim_through_kills(servers: Servers, kills: int) -> None:
    app = create_app(servers.settings)
    with app.app_context():
        people = crowd(12)
        request_ids = [make_request(capacity=4) for _ in range(5)]
        with Claimers(servers.port, people, request_ids) as claimers:
            done = kill_workers(servers, kills, random.Random(7))
            eventually(lambda: is_healthy(servers.port), what="an answer after the last kill")
        with db.transaction() as session:
            lost = claimers.lost(session)
            check_everything(session)
        log.info(
            "%d kills of workers: %d answers, %d unanswered, %d lost, %d answered with an error",
            done, len(claimers.answered), len(claimers.unknown), len(lost), claimers.broken,
        )  # fmt: skip
        assert not lost
        assert not claimers.broken
        assert len(claimers.answered) > 2 * kills
        assert done >= kills * 0.9
    db.dispose()
    forget_places()


@pytest.fixture
def alone(database_kind: str, tmp_path: Path) -> Iterator[Servers]:
    """Two workers that belong to one test, because it kills them."""
    folder = tmp_path / "instance"
    with running(folder, fresh_database(database_kind, folder)) as servers:
        yield servers


def test_killed_workers_lose_no_answered_claim(alone: Servers) -> None:
    claim_through_kills(alone, 10)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_three_hundred_killed_workers_lose_no_answered_claim(alone: Servers) -> None:
    claim_through_kills(alone, 300)


# --- The background process --------------------------------------------------------------------


def listen(port: int, last_event_id: str = "") -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=20)
    extra = f"Last-Event-ID: {last_event_id}\r\n" if last_event_id else ""
    sock.sendall(f"GET /live?lang=en HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode())
    return sock


def read_until(sock: socket.socket, word: str) -> str:
    """The stream up to and including the message that contains ``word``."""
    text = ""
    while word not in text or not text.endswith("\n\n"):
        data = sock.recv(65_536)
        assert data, f"the stream ended before {word!r}: {text[-300:]}"
        text += data.decode()
    return text


def test_a_killed_background_process_comes_back_and_pages_resume(database_kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    with running(folder, fresh_database(database_kind, folder), background=True) as servers:
        app = create_app(servers.settings)
        with app.app_context():
            (ben, cy) = crowd(2)
            first, missed, later = (make_request(title=f"Number {n}") for n in range(3))
            with listen(servers.live_port) as page:
                read_until(page, "\n\n")
                fire(servers.port, [ben.browser.post(f"/requests/{first}/claim")])
                seen = latest(db.read)  # the claim's own number: the page may also be told of the requests' making
                read_until(page, f"id: {seen}\n")
                assert servers.background is not None
                servers.background.kill()
                servers.background.wait(5)
            assert fire(servers.port, [cy.browser.post(f"/requests/{missed}/claim")])[0].status == 200
            servers.start_background()
            with listen(servers.live_port, str(seen)) as page:
                resumed = read_until(page, f"event: request-{missed}")
                assert f"event: request-{first}\n" not in resumed, "what was seen is not sent again"
                fire(servers.port, [ben.browser.post(f"/requests/{later}/claim")])
                read_until(page, f"event: request-{later}")
        db.dispose()


def test_a_killed_sender_loses_no_mail_and_repeats_at_most_the_one_it_was_sending(
    database_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "instance"
    url = fresh_database(database_kind, folder)
    with Mailbox(delay=0.02) as mailbox:
        servers = prepare(folder, url, AOG_SMTP_URL=f"smtp://127.0.0.1:{mailbox.port}")
        app = create_app(servers.settings)
        kills = 0
        with app.app_context():
            with db.transaction() as session:
                for n in range(40):
                    mail.post(session, f"person{n}@example.org", f"Mail {n}", "Hello", at=utcnow())
            try:
                for upto in (5, 12, 25):
                    servers.start_background()
                    eventually(lambda upto=upto: len(mailbox.subjects) >= upto, what=f"mail {upto}")  # type: ignore[misc]
                    assert servers.background is not None
                    servers.background.kill()
                    servers.background.wait(5)
                    kills += 1
                    with db.transaction() as session:  # as if `mail.LEASE` had passed
                        session.execute(
                            OutboxMail.__table__.update()  # type: ignore[attr-defined]
                            .where(OutboxMail.sent_at.is_(None))
                            .values(try_at=utcnow())
                        )
                servers.start_background()
                eventually(lambda: len(set(mailbox.subjects)) == 40, what="all mail")
                eventually(lambda: unsent() == 0, what="the note that all mail is sent")
            finally:
                servers.stop()
            repeated = len(mailbox.subjects) - 40
            log.info("%d kills of the sender: 40 of 40 mails arrived, %d of them twice", kills, repeated)
            assert set(mailbox.subjects) == {f"Mail {n}" for n in range(40)}
            assert max(mailbox.subjects.count(subject) for subject in mailbox.subjects) <= 2
            assert repeated <= kills
    db.dispose()


def unsent() -> int:
    return db.read.scalars(select(func.count()).where(OutboxMail.sent_at.is_(None))).one()


# --- Loss of power -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """A database in the middle of its work: the file, its log of writes, and what had happened when."""

    database: bytes
    wal: bytes
    claims: int


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """Forty claims and releases in the write-ahead log, none of it yet in the database file."""
    folder = tmp_path_factory.mktemp("power")
    shutil.copy(sqlite_template(), folder / "accelerator.sqlite3")
    forget_places()
    app = create_app(make_settings(folder))
    with app.app_context():
        people, request_ids = crowd(8), [make_request(capacity=2) for _ in range(4)]
        chance = random.Random(1)
        for n in range(40):
            with db.transaction(), suppress(board.ClaimRefused):
                member, request_id = chance.choice(people), chance.choice(request_ids)
                if n % 3:
                    board.claim(request_id, by=member.viewer(), at=utcnow(), may_wait=True)
                else:
                    board.release(request_id, by=member.viewer(), at=utcnow())
        found = Work(
            (folder / "accelerator.sqlite3").read_bytes(),
            (folder / "accelerator.sqlite3-wal").read_bytes(),
            db.read.scalars(select(func.count()).select_from(Claim)).one(),
        )
    db.dispose()
    forget_places()
    return found


def damaged(wal: bytes, chance: random.Random) -> bytes:
    """What a power cut may leave of the log: a piece of it, or all of it with a wrong byte or block."""
    at = chance.randrange(len(wal))
    kind = chance.choice(("cut", "flip", "zeros", "rubbish"))
    if kind == "cut":
        return wal[:at]
    if kind == "flip":
        return wal[:at] + bytes([wal[at] ^ (1 << chance.randrange(8))]) + wal[at + 1 :]
    block = bytes(512) if kind == "zeros" else chance.randbytes(512)
    return wal[:at] + block + wal[at + len(block) :]


def check_after_power_loss(work: Work, folder: Path, rounds: int, seed: int) -> None:
    sqlite = load_sqlite()
    chance = random.Random(seed)
    heads = set()
    for n in range(rounds):
        place = folder / str(n)
        place.mkdir()
        (place / "accelerator.sqlite3").write_bytes(work.database)
        (place / "accelerator.sqlite3-wal").write_bytes(damaged(work.wal, chance) if n else work.wal)
        with_it = sqlite.connect(str(place / "accelerator.sqlite3"))
        assert with_it.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with_it.close()
        app = create_app(make_settings(place))
        with app.app_context(), db.transaction() as session:
            check_everything(session)
            heads.add(session.scalars(select(IntegrityHead.seq)).one())
        db.dispose()
        shutil.rmtree(place)
    forget_places()
    log.info("%d power cuts: every one opened, to %d different moments of the past", rounds, len(heads))
    assert len(heads) > min(5, rounds // 4)


@pytest.mark.usefixtures("only_sqlite")
def test_a_power_cut_leaves_a_past_that_was(work: Work, tmp_path: Path) -> None:
    check_after_power_loss(work, tmp_path, 25, seed=random.randrange(1 << 30))


@pytest.mark.slow
@pytest.mark.usefixtures("only_sqlite")
@pytest.mark.timeout(900)
def test_four_hundred_power_cuts_leave_a_past_that_was(work: Work, tmp_path: Path) -> None:
    check_after_power_loss(work, tmp_path, 400, seed=400)
