"""People in need and their letters in the demonstration: every stage of the desk, by the rules of the product."""

import re
import tomllib

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator import create_app
from accelerator.accounts.models import User
from accelerator.appeals.models import Appeal, AppealEntry, Kind, Status
from accelerator.board.models import Claim, HelpRequest
from accelerator.clock import utcnow
from accelerator.config import Settings
from accelerator.demonstration.cases import answers_of
from accelerator.demonstration.commands import HERE, fill_if_empty, read
from accelerator.desk.queue.queries import Narrow, list_ids
from accelerator.desk.queue.reasons import Reason
from accelerator.extensions import db, vault
from accelerator.help.contact import open_contact
from accelerator.help.models import CaseEntry, Channel, ContactReveal, Requester
from accelerator.integrity.models import IntegrityEvent
from accelerator.questionnaire.forms import first_page_to_mend
from accelerator.questionnaire.queries import document_of, find_current
from accelerator.reference import places
from accelerator.running import checks, commands
from tests.alone import run_alone
from tests.cast import ALMATY
from tests.databases import make_settings
from tests.demonstration.test_demonstration import count
from tests.site import Site, text_of

CASES = [row["key"] for row in read("cases.toml", "case")]


def sign_in(app: Flask, email: str) -> Site:
    browser = Site(app).language("en")
    browser.follow(browser.press(browser.get("/login"), "Sign in", email=email, password="adal-jurek-2026"))
    return browser


def find_title(words: str) -> int:
    return db.read.scalars(select(HelpRequest.id).where(HelpRequest.title.startswith(words))).one()


def test_every_group_of_the_queue_has_something_in_it(context: Flask) -> None:
    fill_if_empty(lambda _: None)
    for reason in set(Reason) - {Reason.APPEAL, Reason.URGENT}:  # nobody asks for today: whatever the hour is
        assert list_ids(db.read, reason, (ALMATY,), Narrow(), at=utcnow()), reason
    queue = sign_in(context, "gulnar@example.org").get("/desk")
    for group in ("To verify", "Soon, and nobody comes", "To clear up", "Words from people", "Appeals"):
        assert group in text_of(queue)


@pytest.mark.parametrize("clock", ["12:55", "18:30"])
def test_something_is_soon_whatever_the_hour(context: Flask, monkeypatch: pytest.MonkeyPatch, clock: str) -> None:
    hour, minute = map(int, clock.split(":"))
    then = utcnow().replace(hour=hour, minute=minute)
    monkeypatch.setattr("accelerator.demonstration.commands.utcnow", lambda: then)
    fill_if_empty(lambda _: None)
    assert list_ids(db.read, Reason.SOON, (ALMATY,), Narrow(), at=then)


def test_people_came_by_every_way_and_in_three_languages(context: Flask) -> None:
    fill_if_empty(lambda _: None)
    people = db.read.scalars(select(Requester)).all()
    assert {person.channel for person in people} == set(Channel)
    assert {person.locale for person in people} == {"kk", "ru", "en"}
    phones = [open_contact(person).phone for person in people]
    assert all(re.fullmatch(r"\+77000000\d\d\d", phone) for phone in phones)
    assert len(set(phones)) == len(phones) - 1  # one of them wrote twice
    kinds = {appeal.kind for appeal in db.read.scalars(select(Appeal))}
    assert kinds == set(Kind) - {Kind.INTEGRITY}  # nobody's key is here, so no report can be sealed
    assert {Status.RECEIVED, Status.ASSIGNED, Status.CLOSED} == set(db.read.scalars(select(Appeal.status)))
    assert {"word", "answer", "outcome", "reopen"} == set(db.read.scalars(select(AppealEntry.kind)))


def test_two_coordinators_make_four_eyes(context: Flask) -> None:
    """What Gulnar wrote after a call waits for Marat, and the other way round."""
    fill_if_empty(lambda _: None)
    gulnar, marat = sign_in(context, "gulnar@example.org"), sign_in(context, "marat@example.org")
    hers, his = find_title("Шетелдегі немересіне"), find_title("Повесить карниз")
    assert "another coordinator publishes it" in text_of(gulnar.get(f"/desk/requests/{hers}"))
    assert "another coordinator publishes it" in text_of(marat.get(f"/desk/requests/{his}"))
    for browser, request_id in ((marat, hers), (gulnar, his)):
        browser.press(browser.get(f"/desk/requests/{request_id}"), "Publish", status=303)
        browser.get(f"/requests/{request_id}")


def test_the_volunteer_sees_contacts_in_steps(context: Flask) -> None:
    """What can be done any day shows the door at once, what has an hour in three days only the street."""
    fill_if_empty(lambda _: None)
    aigerim = sign_in(context, "aigerim@example.org")
    at_once = aigerim.press(aigerim.get(f"/requests/{find_title('Көзі нашар')}"), "Show", status=200)
    assert "950" in text_of(at_once)
    in_three_days = aigerim.press(aigerim.get(f"/requests/{find_title('Научить записываться')}"), "Show", status=200)
    assert "Жандосова" in text_of(in_three_days)
    assert "926" not in text_of(in_three_days)


def test_the_log_of_the_stories_runs_forward(context: Flask) -> None:
    fill_if_empty(lambda _: None)
    asked = {f"request:{id_}" for id_ in db.read.scalars(select(HelpRequest.id).where(HelpRequest.requester_id > 0))}
    events = db.read.execute(select(IntegrityEvent.at, IntegrityEvent.subject).order_by(IntegrityEvent.seq))
    moments = [at for at, subject in events if subject in asked]
    assert moments == sorted(moments)
    assert len(moments) > 60


@pytest.mark.parametrize("row", read("cases.toml", "case"), ids=CASES)
def test_the_questionnaire_takes_each_answer(context: Flask, row: dict[str, object]) -> None:
    coming = row | ({"in_days": 1} if "in_days" in row else {})
    answers = answers_of(coming, utcnow())
    document = document_of(find_current(db.session))
    with context.test_request_context():
        page = first_page_to_mend(document, answers, places=places(db.session), language="en")
    assert page is None, page


def test_it_can_be_begun_at_any_hour(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours of the clock and hours before now are mixed: also just before and after midnight one follows the other."""
    monkeypatch.setattr("accelerator.demonstration.commands.utcnow", lambda: utcnow().replace(hour=19, minute=1))
    assert fill_if_empty(lambda _: None)  # 00:01 in Almaty


def test_with_an_auditors_key_there_is_a_sealed_report(settings: Settings) -> None:
    looking = make_settings(settings.instance_path, None if settings.is_sqlite else settings.database_url,
                            AOG_MODE="demonstration")  # fmt: skip
    app = create_app(looking)
    with app.app_context():
        fill_if_empty(lambda _: None)
        sealed = db.read.scalars(select(Appeal).where(Appeal.for_auditors)).one()
        assert sealed.key_name is None
    db.dispose()


def test_a_production_start_writes_nothing_of_it(
    settings: Settings, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "check_start", lambda _: None)
    monkeypatch.setattr(commands, "become_supervisor", lambda *_: None)
    app = create_app(settings)
    result = run_alone(app, "serve")
    assert result.exit_code == 0, result.output
    with app.app_context():
        for table in (User, HelpRequest, Claim, Requester, CaseEntry, ContactReveal, Appeal):
            assert count(table) == 0, table
        assert vault.keys.count() == 0
    db.dispose()
    for word in ("DEMONSTRATION", "example.org", "/help/status"):
        assert word not in result.output


def test_no_phone_in_our_files_can_be_somebodys() -> None:
    for name in ("cases.toml", "appeals.toml", "told.toml", "people.toml"):
        text = (HERE / name).read_text("utf-8")
        tomllib.loads(text)
        for digits in re.findall(r"(?:\+7|8)[ \d()-]{9,}", text):
            assert re.sub(r"\D", "", digits)[1:].startswith("70000000"), digits
