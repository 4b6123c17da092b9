"""E-mail: put into the outbox in the caller's transaction, sent by the background process.

Without SMTP the mail stays in the table for a while and is printed in the server's log, so that a
demonstration can be walked to the end. Mail may carry a link that sets a new password: what was sent
loses its body at once, and nothing is kept longer than `KEEP`.
"""

import logging
import smtplib
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from sqlalchemy import Index, String, Text, delete, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from accelerator.config import Settings, is_loopback
from accelerator.database import Base, Key
from accelerator.extensions import db

log = logging.getLogger(__name__)

#: Waits between tries; after the last one the mail stays in the table, unsent.
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
#: How long a mail that is being sent is left alone by the next look.
LEASE = timedelta(minutes=5)
#: How long a mail is kept, whatever became of it: much longer than all tries together.
KEEP = timedelta(days=7)


class OutboxMail(Base):
    """A mail to one person."""

    __tablename__ = "outbox_mails"
    __table_args__ = (
        Index(
            "ix_outbox_mails_unsent",
            "try_at",
            "id",
            sqlite_where=text("sent_at IS NULL"),
            postgresql_where=text("sent_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    #: Empty when no further try is planned.
    try_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]


def post(session: Session, recipient: str, subject: str, body: str, *, at: datetime) -> None:
    """Put a mail into the outbox; it leaves only if the caller's transaction commits."""
    one_line = " ".join(subject.split())
    session.add(OutboxMail(recipient=recipient, subject=one_line[:200], body=body, created_at=at, try_at=at))


def forget_words(session: Session, path: str) -> None:
    """Leave nothing but their address in kept mails that lead to ``path``."""
    about = OutboxMail.body.contains(f"{path}\n", autoescape=True)
    session.execute(update(OutboxMail).where(about).values(body=f"{db.settings.site_url}{path}\n"))


def send_due(*, at: datetime, limit: int = 20) -> int:
    """Send what is due, oldest first, and return how many mails were dealt with.

    1. One short transaction takes the mails: each counts a try and is left alone for `LEASE`.
    2. Each leaves outside of any transaction; on SQLite nobody could claim a place meanwhile.
    3. One short transaction for each notes how that went.

    A process that is killed between 2 and 3 leaves one mail that is sent a second time; none is lost.
    """
    due = (
        select(OutboxMail)
        .where(OutboxMail.sent_at.is_(None), OutboxMail.try_at <= at)
        .order_by(OutboxMail.try_at, OutboxMail.id)
        .limit(limit)
    )
    if db.read.scalars(due).first() is None:
        return 0
    with db.transaction() as session:
        mails = session.scalars(due.with_for_update(skip_locked=True)).all()
        for mail in mails:
            mail.tries += 1
            mail.try_at = at + LEASE
    for mail in mails:
        is_sent = deliver(mail, db.settings)
        with db.transaction():
            if is_sent:
                mail.sent_at = at
                if db.settings.smtp_url:  # one that was only printed stays to be read
                    mail.body = ""
            else:
                mail.try_at = at + RETRY_AFTER[mail.tries - 1] if mail.tries <= len(RETRY_AFTER) else None
    return len(mails)


def forget_old(session: Session, *, at: datetime) -> None:
    """Delete what has been kept long enough. The caller commits."""
    session.execute(delete(OutboxMail).where(OutboxMail.created_at < at - KEEP))


def deliver(mail: OutboxMail, settings: Settings) -> bool:
    """Send a mail, or print it where there is no mail server; False when it has to be tried again."""
    if not settings.smtp_url:
        log.info("Mail (no SMTP configured)\nTo: %s\nSubject: %s\n\n%s", mail.recipient, mail.subject, mail.body)
        return True
    try:
        send(mail, settings)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        log.warning("Mail %d was not sent (%s), try %d", mail.id, type(error).__name__, mail.tries)
        return False
    return True


def send(mail: OutboxMail, settings: Settings) -> None:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message.set_content(mail.body)
    server = urlsplit(settings.smtp_url)
    context = ssl.create_default_context()
    host, port = server.hostname or "localhost", server.port or 587
    with (
        smtplib.SMTP_SSL(host, port, timeout=20, context=context)
        if server.scheme == "smtps"
        else smtplib.SMTP(host, port, timeout=20)
    ) as smtp:
        if server.scheme == "smtp" and not is_loopback(host):
            smtp.starttls(context=context)  # fails where the server has none: nothing goes in clear over a network
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(message)
