"""A new password: the mail, the link, once, for half an hour, the same answer for everybody."""

import logging
import re
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import select
from webtest import TestResponse

from accelerator import mail
from accelerator.accounts.models import PasswordReset, User
from accelerator.board.models import HelpRequest
from accelerator.extensions import db
from accelerator.mail import OutboxMail
from tests.accounts.conftest import MORNING, Clock, Tables
from tests.cast import PASSWORD, Cast
from tests.factories import make_request
from tests.site import Site, text_of

NEW = "five loud yellow birds"


def ask(site: Site, email: str = "ben@example.org") -> str:
    """Ask for the link as somebody would; the words of the answer."""
    return text_of(site.press(site.get("/password-reset"), "Send the link", 200, email=email))


def link_of(mail: OutboxMail) -> str:
    found = re.search(r"^http://127\.0\.0\.1:8000(/password-reset/[\w-]{43})$", mail.body, re.MULTILINE)
    assert found is not None, mail.body
    return found[1]


def test_the_link_from_the_mail_lets_choose_a_new_password(site: Site, cast: Cast, tables: Tables) -> None:
    assert "a link is on its way" in ask(site)
    (sent,) = tables.mails()
    assert sent.recipient == "ben@example.org"
    assert "Ben" in sent.body
    page = site.follow(site.press(site.get(link_of(sent)), "Keep this password", 303, password=NEW))
    assert "The new password counts from now on" in text_of(page)
    site.get("/me/settings")
    other = Site(site.app)
    other.post("/login", {"email": "ben@example.org", "password": PASSWORD}, 422)
    other.post("/login", {"email": "ben@example.org", "password": NEW}, 303)


def reset_from(sign_in: TestResponse, site: Site, tables: Tables) -> str:
    """Go from signing in to "I forgot my password"; the address in the mail."""
    forgot = site.get(str(sign_in.html.find("a", string="I forgot my password")["href"]))
    site.press(forgot, "Send the link", 200, email="ben@example.org")
    return link_with(tables.mails()[0])


def link_with(mail: OutboxMail) -> str:
    (link,) = re.findall(r"^http://127\.0\.0\.1:8000(/password-reset/\S+)$", mail.body, re.MULTILINE)
    return str(link)


def test_a_claim_begun_before_is_finished_with_the_new_password(
    context: Flask, site: Site, cast: Cast, tables: Tables
) -> None:
    request_id = make_request()
    sign_in = site.follow(site.press(site.get("/requests"), "I'll help"))
    page = site.get(reset_from(sign_in, site, tables))
    again = site.press(page, "Keep this password", 422, password="short")
    done = site.follow(site.press(again, "Keep this password", 303, password=NEW))
    assert "The place is yours" in text_of(done)
    assert done.request.path == f"/requests/{request_id}"
    assert db.read.get_one(HelpRequest, request_id).taken == 1


def test_the_link_opened_in_another_browser_leads_to_the_request_and_takes_no_place(
    context: Flask, site: Site, cast: Cast, tables: Tables
) -> None:
    request_id = make_request()
    link = reset_from(site.follow(site.press(site.get("/requests"), "I'll help")), site, tables)
    other = Site(site.app)
    done = other.follow(other.press(other.get(link), "Keep this password", 303, password=NEW))
    assert "The new password counts from now on" in text_of(done)
    assert done.request.path == f"/requests/{request_id}"
    assert db.read.get_one(HelpRequest, request_id).taken == 0


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example/",
        "//evil.example",
        "/" + "a" * 501,
        "/Your-account-is-blocked.Call-8-701-123-45-67",
        "/requests?q=call+8+701+123+45+67",
        "call 8 701 123 45 67",
    ],
)
def test_nobody_writes_a_word_of_theirs_into_the_mail(site: Site, cast: Cast, tables: Tables, page: str) -> None:
    asked = {"email": "ben@example.org", "next": page, "claim": page}
    site.post("/password-reset", asked, 200)
    assert link_of(tables.mails()[0])


def test_only_a_hash_of_the_link_is_kept(site: Site, cast: Cast, tables: Tables) -> None:
    ask(site)
    token = link_of(tables.mails()[0]).rpartition("/")[2]
    assert token.encode() not in bytes(tables.one(select(PasswordReset.token_hash)))


def test_the_link_works_once(site: Site, cast: Cast, tables: Tables) -> None:
    ask(site)
    link = link_of(tables.mails()[0])
    page = site.get(link)
    site.press(page, "Keep this password", 303, password=NEW)
    assert "This link is over" in text_of(Site(site.app).get(link, 410))
    assert "This link is over" in text_of(site.post(link, {"password": "another one entirely"}, 410))


def test_looking_at_the_link_does_not_use_it_up(site: Site, cast: Cast, tables: Tables) -> None:
    ask(site)
    link = link_of(tables.mails()[0])
    for _ in range(3):
        Site(site.app).get(link)
        Site(site.app).web.head(link)
    site.press(site.get(link), "Keep this password", 303, password=NEW)


def test_the_link_is_over_after_half_an_hour(clock: Clock, site: Site, cast: Cast, tables: Tables) -> None:
    ask(site)
    link = link_of(tables.mails()[0])
    clock.turn(minutes=29)
    site.get(link)
    clock.turn(minutes=2)
    site.get(link, 410)
    site.post(link, {"password": NEW}, 410)


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 5000, "%00", "%0d%0aX-Evil:1", "%D0%B6"])
def test_a_link_that_nobody_sent_is_over(site: Site, cast: Cast, token: str) -> None:
    assert "Ask for a new one" in text_of(site.get(f"/password-reset/{token}", 410))


@pytest.mark.parametrize("password", ["", "short", "p" * 201])
def test_a_bad_password_is_told_beside_the_field_and_the_link_stays_good(
    site: Site, cast: Cast, tables: Tables, password: str
) -> None:
    ask(site)
    link = link_of(tables.mails()[0])
    page = site.press(site.get(link), "Keep this password", 422, password=password)
    assert page.html.find(id="password-error") is not None
    site.press(page, "Keep this password", 303, password=NEW)


def test_every_session_ends_with_the_old_password(site: Site, cast: Cast, tables: Tables) -> None:
    thief, phone = site.as_(cast.ben), site.as_(cast.ben)
    cy = site.as_(cast.cy)
    ask(site)
    site.press(site.get(link_of(tables.mails()[0])), "Keep this password", 303, password=NEW)
    for browser in (thief, phone):
        browser.get("/me", 303)
    for browser in (site, cy):
        browser.get("/me")


def test_all_links_end_when_one_is_used(site: Site, cast: Cast, tables: Tables) -> None:
    ask(site)
    ask(site)
    first, second = (link_of(sent) for sent in tables.mails())
    site.press(site.get(second), "Keep this password", 303, password=NEW)
    site.get(first, 410)


def test_somebody_elses_asking_does_not_spoil_the_link_just_mailed(site: Site, cast: Cast, tables: Tables) -> None:
    ask(site)
    ask(Site(site.app))
    site.get(link_of(tables.mails()[0]))


def test_an_unknown_address_gets_the_same_answer_and_no_mail(site: Site, cast: Cast, tables: Tables) -> None:
    known, unknown = ask(site), ask(site, "zen@example.org")
    assert known.replace("ben@", "zen@") == unknown
    assert [sent.recipient for sent in tables.mails()] == ["ben@example.org"]


def test_mail_is_written_in_the_language_of_its_reader(site: Site, cast: Cast, tables: Tables) -> None:
    person = cast.add("aizhan", locale="kk")
    ask(site, person.email)
    (sent,) = tables.mails()
    link_of(sent)
    assert "Aizhan" in sent.body


def test_an_account_gets_three_links_an_hour_and_nobody_can_tell(
    clock: Clock, site: Site, cast: Cast, tables: Tables
) -> None:
    answers = {ask(site) for _ in range(5)}
    assert len(answers) == 1
    assert len(tables.mails()) == 3
    clock.turn(hours=1)
    ask(site)
    assert len(tables.mails()) == 4


def test_one_address_asks_for_twenty_accounts_an_hour(clock: Clock, site: Site, cast: Cast, tables: Tables) -> None:
    for number in range(22):
        cast.add(f"p{number}")
        site.post("/password-reset", {"email": f"p{number}@example.org"}, 200)
    assert len(tables.mails()) == 20


@pytest.mark.parametrize("email", ["", "e" * 255, "nobody@", "nobody", "a@b@example.org"])
def test_an_address_is_asked_for(site: Site, cast: Cast, email: str) -> None:
    page = site.press(site.get("/password-reset"), "Send the link", 422, email=email)
    assert page.html.find(id="email-error") is not None


@pytest.mark.parametrize(
    "email",
    ["ben@example.org\r\nBcc: all@example.org", "ben@example.org\nX: y", "ben@example.org,cy@example.org", "ben@*"],
)
def test_no_mail_goes_to_a_doctored_address(site: Site, cast: Cast, tables: Tables, email: str) -> None:
    site.post("/password-reset", {"email": email}, 422)
    assert tables.mails() == []


class Inbox:
    """What a real mail server took."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        from email import message_from_bytes, policy

        message = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((envelope.rcpt_tos, message))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    inbox = Inbox()
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    yield inbox, f"smtp://127.0.0.1:{port}"
    controller.stop()


def send_all(app: Flask, smtp_url: str = "", at: Any = MORNING) -> int:
    """What the background process does, with this mail server configured."""
    with app.app_context():
        db.settings = replace(db.settings, smtp_url=smtp_url)
        return mail.send_due(at=at)


def test_the_mail_arrives(clock: Clock, app: Flask, site: Site, cast: Cast, inbox: Any, tables: Tables) -> None:
    taken, url = inbox
    ask(site)
    assert send_all(app, url) == 1
    ((recipients, message),) = taken.mails
    assert recipients == ["ben@example.org"]
    assert (message["To"], message["From"]) == ("ben@example.org", "good@localhost")
    assert message["Subject"] == "A new password"
    link = re.search(r"/password-reset/[\w-]{43}", message.get_content())
    assert link is not None
    site.press(site.get(link[0]), "Keep this password", 303, password=NEW)
    assert send_all(app, url) == 0
    assert tables.one(select(OutboxMail.sent_at)) == MORNING


@pytest.mark.parametrize("encrypts", [True, False])
def test_nothing_goes_in_clear_to_a_mail_server_elsewhere(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: Tables, encrypts: bool
) -> None:
    """The server asks for no password before STARTTLS; one without it gets neither password nor mail."""
    monkeypatch.setattr("accelerator.mail.is_loopback", lambda _: False)
    inbox = Inbox()
    tls = server_certificate(tmp_path, monkeypatch) if encrypts else None
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    taken = Controller(inbox, hostname="127.0.0.1", port=port, tls_context=tls, require_starttls=encrypts)
    taken.start()
    with app.app_context(), db.transaction() as session:
        mail.post(session, "ben@example.org", "Hello", "Body", at=MORNING)
    send_all(app, f"smtp://127.0.0.1:{port}")
    taken.stop()
    assert len(inbox.mails) == encrypts
    assert (tables.mails()[0].sent_at is not None) is encrypts


def server_certificate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    certificate = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    chain = folder / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def test_names_and_titles_add_no_header_to_a_mail(
    clock: Clock, app: Flask, cast: Cast, inbox: Any, tables: Tables
) -> None:
    taken, url = inbox
    evil = "A title\r\nBcc: all@example.org\n\nEvil body \x00\x0b \u2028 end"
    with app.app_context(), db.transaction() as session:
        mail.post(session, "ben@example.org", evil.replace("\x00", ""), "line\r\n.\r\nQUIT", at=MORNING)
    send_all(app, url)
    ((recipients, message),) = taken.mails
    assert recipients == ["ben@example.org"]
    assert message["Bcc"] is None
    assert message["Subject"].startswith("A title Bcc: all@example.org")
    assert "QUIT" in message.get_content()


def test_one_mail_that_cannot_be_sent_does_not_hold_up_the_others(
    clock: Clock, app: Flask, cast: Cast, inbox: Any, tables: Tables
) -> None:
    taken, url = inbox
    bad = ("x@example.org\r\nBcc: y@example.org", "no address", "жанна@почта.рф", "a@b, c@d", "")
    with app.app_context(), db.transaction() as session:
        for recipient in (*bad, "ben@example.org"):
            mail.post(session, recipient, "Hello", "Body", at=MORNING)
    send_all(app, url)
    assert taken.mails[-1][0] == ["ben@example.org"]
    assert all("y@example.org" not in str(recipients) for recipients, _ in taken.mails)


def test_a_mail_server_that_is_away_is_asked_again_later(
    clock: Clock, app: Flask, site: Site, cast: Cast, inbox: Any, tables: Tables
) -> None:
    taken, url = inbox
    ask(site)
    send_all(app, "smtp://127.0.0.1:1")
    sent = tables.mails()[0]
    assert (sent.tries, sent.sent_at, sent.try_at) == (1, None, MORNING + timedelta(minutes=1))
    assert send_all(app, url, MORNING + timedelta(seconds=59)) == 0
    assert send_all(app, url, MORNING + timedelta(seconds=60)) == 1
    assert len(taken.mails) == 1


def test_without_a_mail_server_the_link_is_in_the_log(
    clock: Clock, app: Flask, site: Site, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    ask(site)
    with caplog.at_level(logging.INFO):
        send_all(app)
    found = re.search(r"/password-reset/[\w-]{43}", caplog.text)
    assert found is not None
    site.get(found[0])


def test_somebody_elsewhere_does_not_use_up_ones_links(site: Site, cast: Cast, app: Flask, tables: Tables) -> None:
    elsewhere = Site(app)
    elsewhere.web.extra_environ["REMOTE_ADDR"] = "198.51.100.7"
    for _ in range(5):
        ask(elsewhere)
    assert len(tables.mails()) == 3
    ask(site)
    assert len(tables.mails()) == 4


def test_staff_choose_new_passwords_in_the_same_way(site: Site, cast: Cast, tables: Tables) -> None:
    ask(site, "dee@example.org")
    site.press(site.get(link_of(tables.mails()[0])), "Keep this password", 303, password=NEW)
    site.get("/desk")
    assert tables.one(select(User.role).where(User.id == cast.dee.id)) == "coordinator"
