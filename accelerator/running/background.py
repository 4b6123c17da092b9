"""The background process: the live hub, the outbox, and tidying up. It may be killed at any moment."""

import logging
import signal
import sys
import threading
from datetime import timedelta

from flask import Flask
from sqlalchemy import delete
from sqlalchemy.engine import make_url

from accelerator import limits, mail
from accelerator.accounts.models import AuthSession, PasswordReset
from accelerator.accounts.viewer import ABSOLUTE
from accelerator.appeals import transitions as appeals
from accelerator.board import transitions as board
from accelerator.clock import utcnow
from accelerator.config import LANGUAGES, Settings
from accelerator.database import load_sqlite
from accelerator.deeds import uploads
from accelerator.deeds.models import Photo
from accelerator.extensions import db
from accelerator.help import retention
from accelerator.live.hub import Hub, Wake
from accelerator.live.source import LogSource
from accelerator.live.wake import PostgresWake, SqliteWake
from accelerator.photos import delete_photo

log = logging.getLogger(__name__)

MAIL_EVERY = 2.0
TIDY_EVERY = timedelta(minutes=10)
#: Erasing what is kept no longer.
RETAIN_EVERY = timedelta(days=1)
WITHOUT_SMTP = (
    "No mail server is set, so every mail is printed in this log, links that set a new password included: "
    "whoever reads the log can take over an account. The outbox table keeps the mails for %d days. "
    "Set AOG_SMTP_URL=smtps://USER:PASSWORD@mail.example.org:465 and AOG_MAIL_FROM, then start again."
)
#: A photo that no report and no deed took is forgotten after this time.
KEEP_FREE_PHOTOS = timedelta(days=1)


def run(app: Flask, settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    # The chores share the interpreter with the hub, which gives it up at every send.
    sys.setswitchinterval(0.0005)
    hub = Hub(
        LogSource(app),
        make_wake(settings),
        host=settings.host,
        port=settings.live_port,
        languages=LANGUAGES,
        trusted_proxies=settings.trusted_proxies,
    )
    warn_of_printed_mail(settings)
    stopping = threading.Event()

    def stop(*_: object) -> None:
        stopping.set()
        hub.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    chores = threading.Thread(target=do_chores, args=(app, stopping), daemon=True, name="chores")
    chores.start()
    hub.run()
    stopping.set()
    chores.join(timeout=30)


def warn_of_printed_mail(settings: Settings) -> None:
    if not (settings.smtp_url or settings.is_demonstration):
        log.warning(WITHOUT_SMTP, mail.KEEP.days)


def make_wake(settings: Settings) -> Wake:
    """What tells the hub that the database has changed."""
    if settings.is_sqlite:
        path = make_url(settings.database_url).database or ""
        return SqliteWake(path, load_sqlite().connect)
    return PostgresWake(settings.database_url.replace("postgresql+psycopg", "postgresql", 1))


def do_chores(app: Flask, stopping: threading.Event) -> None:
    """Send mail often, tidy up now and then; an error is written down and tried again later."""
    tidy_at = retain_at = utcnow()
    while not stopping.wait(MAIL_EVERY):
        try:
            with app.app_context():
                mail.send_due(at=utcnow())
            if utcnow() >= tidy_at:
                tidy(app)
                tidy_at = utcnow() + TIDY_EVERY
            if utcnow() >= retain_at:
                retain_at = utcnow() + RETAIN_EVERY
                retain(app)
        except Exception:
            log.exception("A chore failed; it will be tried again")


def retain(app: Flask) -> None:
    """Erase what is kept no longer, and say how much of it went."""
    with app.app_context():
        done = {name: count for name, count in retention.run(at=utcnow()).items() if count}
    if done:
        log.info("Erased, its time being over: %s", ", ".join(f"{name} {count}" for name, count in done.items()))


def tidy(app: Flask) -> None:
    """Forget what is over: sessions, reset links, mail, counts of tries, photos that nothing took."""
    at = utcnow()
    with app.app_context():
        with db.transaction() as session:
            limits.forget_old(session, at=at)
            mail.forget_old(session, at=at)
            session.execute(delete(AuthSession).where(AuthSession.created_at < at - max(ABSOLUTE.values())))
            session.execute(delete(PasswordReset).where(PasswordReset.expires_at < at))
            free = delete(Photo).where(
                Photo.claim_id.is_(None), Photo.deed_id.is_(None), Photo.created_at < at - KEEP_FREE_PHOTOS
            )
            for key in session.scalars(free.returning(Photo.key)).all():
                delete_photo(uploads.storage(), key)  # before the commit: a kill in between leaves no file behind
        with db.transaction():
            board.let_time_pass(at=at)
        with db.transaction():
            appeals.write_pending_notes(at=at)
        db.forget_old_pages()
