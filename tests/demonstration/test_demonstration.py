"""A believable city for looking around; never in a database that is meant for real."""

import re
import socket
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator import create_app
from accelerator.accounts.models import User
from accelerator.board.models import HelpKind, HelpRequest, RequestStatus
from accelerator.config import Settings
from accelerator.deeds.models import Deed, DeedStatus
from accelerator.demonstration.commands import fill_if_empty
from accelerator.demonstration.marker import holds_demonstration
from accelerator.extensions import db
from accelerator.running.checks import CannotStart, check_start
from tests.alone import run_alone
from tests.cast import Cast
from tests.databases import make_settings
from tests.site import Site, text_of


def count(table: type) -> int:
    return db.read.scalars(select(func.count()).select_from(table)).one()


def free_port() -> int:
    """A port whose neighbour is free, too."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            try:
                two.bind(("127.0.0.1", one.getsockname()[1] + 1))
            except OSError:
                continue
            return int(one.getsockname()[1])


def started(settings: Settings, **environ: str) -> Settings:
    """The settings of a start on the same database."""
    url = None if settings.is_sqlite else settings.database_url
    return make_settings(settings.instance_path, url, PORT=str(free_port()), **environ)


def test_an_empty_database_becomes_a_city_once(context: Flask, site: Site, settings: Settings) -> None:
    filled = run_alone(context, "demonstration")
    assert filled.exit_code == 0, filled.output
    assert "invented people" in filled.output
    numbers = [count(table) for table in (User, HelpRequest, Deed)]
    again = run_alone(context, "demonstration")
    assert again.exit_code == 1
    assert "There are accounts in this database already" in again.output
    assert [count(table) for table in (User, HelpRequest, Deed)] == numbers
    assert run_alone(context, "totals", "check").exit_code == 0
    # Every kind of help, three languages, every state, something to do at the desk.
    kinds = set(db.read.scalars(select(HelpRequest.kind_code))) | set(db.read.scalars(select(Deed.kind_code)))
    assert kinds == set(db.read.scalars(select(HelpKind.code)))
    for column in (HelpRequest.locale, Deed.locale):
        assert set(db.read.scalars(select(column))) == {"kk", "ru", "en"}
    assert {RequestStatus.OPEN, RequestStatus.RECEIVED} <= set(db.read.scalars(select(HelpRequest.status)))
    assert DeedStatus.PENDING in set(db.read.scalars(select(Deed.status)))
    assert site.get("/requests").html.find_all("article")
    photo = site.get("/deeds").html.find("img", class_="deed-photo")
    assert site.get(photo["src"]).content_type == "image/webp"
    check_sign_ins(context, filled.output)
    check_codes(context, filled.output)
    check_starts(context, settings)


def check_sign_ins(app: Flask, output: str) -> None:
    """The printed addresses and password work, and lead where the role belongs."""
    found = re.search(r"password (\S+) as", output)
    assert found
    people = dict(re.findall(r"^  (\w[\w ]*\w)\s+(\S+@\S+)$", output, re.M))
    assert people.keys() == {"volunteer", "young volunteer", "coordinator", "second coordinator", "auditor", "admin"}
    for role, email in people.items():
        browser = Site(app).language("en")
        browser.follow(browser.press(browser.get("/login"), "Sign in", email=email, password=found[1]))
        assert "Sign out" in text_of(browser.get("/me")), role
        browser.get("/desk", status=200 if role.endswith(("coordinator", "auditor")) else 403)


def check_codes(app: Flask, output: str) -> None:
    """Each printed code opens the page that stands beside it."""
    codes = re.findall(r"^  (/\w+/status) +(\S+)   ", output, re.M)
    assert sorted({path for path, _ in codes}) == ["/appeals/status", "/help/status"]
    for path, code in codes:
        browser = Site(app).language("en")
        answer = browser.press(browser.get(path), "Show", code=code)
        page = answer if answer.status_int == 200 else browser.follow(answer)
        assert page.html.select(".steps, .thread"), (path, code)


def check_starts(app: Flask, settings: Settings) -> None:
    """A production start refuses the demonstration's data; a demonstration start takes it as it is."""
    assert holds_demonstration()
    with pytest.raises(CannotStart, match="This database holds demonstration data"):
        check_start(started(settings, AOG_SITE_URL="https://good.example.org"))
    check_start(started(settings, AOG_MODE="demonstration"))


def test_a_second_start_adds_nothing_and_shows_the_sign_ins(context: Flask) -> None:
    first: list[str] = []
    second: list[str] = []
    assert fill_if_empty(first.append)
    numbers = [count(table) for table in (User, HelpRequest, Deed)]
    assert not fill_if_empty(second.append)
    assert first == second
    assert [count(table) for table in (User, HelpRequest, Deed)] == numbers


def test_a_database_with_accounts_is_left_alone(context: Flask, cast: Cast) -> None:
    result = run_alone(context, "demonstration")
    assert result.exit_code == 1
    assert "There are accounts in this database already" in result.output
    assert count(HelpRequest) == 0
    assert not holds_demonstration()


def test_a_production_start_needs_an_address_and_free_ports(context: Flask, settings: Settings) -> None:
    with pytest.raises(CannotStart, match="AOG_SITE_URL"):
        check_start(started(settings))
    check_start(started(settings, AOG_SITE_URL="https://good.example.org"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(CannotStart, match=f"Port {port} is in use"):
            check_start(started(settings, AOG_SITE_URL="https://good.example.org", LIVE_PORT=port))


def test_accounts_are_added_and_given_roles(context: Flask, site: Site) -> None:
    added = run_alone(context, "users", "add", "Saule@Example.org", "Saule")
    password = re.search(r"shown this once: (\S+)", added.output)
    assert password
    assert "has an account already" in run_alone(context, "users", "add", "saule@example.org", "Saule").output
    assert "10 characters" in run_alone(context, "users", "add", "b@example.org", "B", "--password", "short").output
    assert "add --region" in run_alone(context, "users", "role", "saule@example.org", "coordinator").output
    district = run_alone(context, "users", "role", "saule@example.org", "coordinator", "--region", "KZ-75/medeu")
    assert "KZ-75/medeu is a district" in district.output
    assert "--region KZ-75\n" in district.output
    unknown = run_alone(context, "users", "role", "saule@example.org", "coordinator", "--region", "KZ-99")
    assert "No such region: KZ-99" in unknown.output
    assert "has no account" in run_alone(context, "users", "role", "nobody@example.org", "admin").output
    done = run_alone(context, "users", "role", "saule@example.org", "coordinator", "--region", "KZ-75")
    assert done.output == "saule@example.org is coordinator now in KZ-75.\n"
    site.follow(site.press(site.get("/login"), "Sign in", email="saule@example.org", password=password[1]))
    assert "Almaty" in text_of(site.get("/desk"))
    assert run_alone(context, "users", "role", "saule@example.org", "volunteer").exit_code == 0
    site.get("/desk", status=303)  # every session of the account has ended


def test_the_demonstration_needs_no_tables_to_be_asked_about(database_kind: str, tmp_path: Path) -> None:
    """`holds_demonstration` answers on a database that is still empty, before the first upgrade."""
    if database_kind != "sqlite":
        pytest.skip("an unmigrated database is made from a file")
    settings = make_settings(tmp_path / "new")
    app = create_app(settings)
    with app.app_context():
        assert not holds_demonstration()
        db.dispose()
