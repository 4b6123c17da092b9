"""Appeals in a real browser: in Kazakh on a phone without script, and with hostile words that must stay words."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from accelerator.accounts.models import Role
from accelerator.appeals.models import Appeal
from accelerator.extensions import db
from tests.appeals.letters import CODE
from tests.browser.conftest import Browse
from tests.browser.pictures import jpeg
from tests.browser.tabs import Tab
from tests.browser.world import World, unique

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{7*7}}"


def send_appeal(tab: Tab, words: str) -> str:
    """Write an appeal as a person does; the code."""
    tab.open("/appeals")
    tab.choose("Complaint")
    tab.page.locator("#region").select_option("KZ-75")
    tab.fill("Your words", words)
    tab.fill("Your name", "Айгүл")
    tab.press("Send")
    tab.expect_path("/appeals/code")
    found = CODE.search(re.sub(r"\s", "", tab.main.locator(".code").inner_text()))
    assert found
    return found[0]


def look(tab: Tab, code: str) -> None:
    tab.open("/appeals/status")
    tab.fill("Your code", code.lower())
    tab.press("Show")
    expect(tab.main.locator(".thread")).to_be_visible()


def open_newest(desk: Tab, world: World) -> None:
    """The appeal that came last, from the desk's list; their numbers are in no order."""
    with world.app.app_context():
        newest = db.read.scalars(select(Appeal.id).order_by(Appeal.created_at.desc()).limit(1)).one()
    desk.open("/desk/appeals")
    desk.tap(desk.main.locator(f".queue a[href='/desk/appeals/{newest}']"))


def test_a_person_writes_in_kazakh_without_script_and_gets_an_answer(world: World, browse: Browse) -> None:
    words = f"Орындық сынған {unique()}"
    person = browse(language="kk", script=False)
    code = send_appeal(person, words)
    person.look()
    person.press("I have written it down")
    person.expect_path("/appeals/status")
    look(person, code)
    expect(person.main.locator(".thread")).to_contain_text(words)
    person.look()

    desk = browse(world.person(Role.COORDINATOR), language="kk", script=False)
    open_newest(desk, world)
    expect(desk.main.locator(".thread")).to_contain_text(words)
    desk.fill("Answer", "Жұмысшыларға айттық.")
    desk.press("Send the answer")
    desk.choose("done as asked")
    desk.fill("Reasons", "Дүйсенбіде жөнделді.", desk.page.locator("form[action$=close]"))
    desk.press("Decide")
    expect(desk.main.locator(".thread")).to_contain_text("Дүйсенбіде жөнделді.")
    desk.look()

    look(person, code)
    expect(person.main.locator(".thread")).to_contain_text("Жұмысшыларға айттық.")
    expect(person.main.locator(".thread")).to_contain_text("Дүйсенбіде жөнделді.")
    person.fill("Your words", "Қайта сынды.")
    person.press("Open it again")
    expect(person.main).to_contain_text(person.words("It is open again. You get a new answer."))
    person.look()


def test_a_report_without_a_name_and_without_script(world: World, browse: Browse) -> None:
    tab = browse(language="kk", script=False)
    tab.open("/appeals/integrity")
    tab.page.locator("#region").select_option("KZ-75")
    tab.fill("Your words", HOSTILE)
    tab.choose("I do not want to give my name")
    tab.page.locator("#photos").set_input_files([jpeg()])
    tab.press("Seal and send")
    tab.expect_path("/appeals/code")
    tab.look()
    names = {cookie["name"] for cookie in tab.context.cookies()}
    assert names <= {"appeal", "visit", "lang"}
    tab.press("I have written it down")
    tab.expect_path("/appeals/status")
    assert "appeal" not in {cookie["name"] for cookie in tab.context.cookies()}


def test_hostile_words_stay_words_on_every_page_that_shows_them(world: World, browse: Browse) -> None:
    """A dialog, a blocked script or a page that is too wide fails the test (see `Tab`)."""
    tab = browse()
    tab.page.on("dialog", lambda dialog: tab.problems.append(f"dialog: {dialog.message}"))
    code = send_appeal(tab, HOSTILE + "w" * 300)
    look(tab, code)
    expect(tab.main.locator(".thread")).to_contain_text("<script>alert(1)</script>")
    desk = browse(world.person(Role.COORDINATOR), width=1280)
    desk.page.on("dialog", lambda dialog: desk.problems.append(f"dialog: {dialog.message}"))
    open_newest(desk, world)
    expect(desk.main.locator(".thread")).to_contain_text("<script>alert(1)</script>")
    desk.fill("Answer", HOSTILE)
    desk.press("Send the answer")
    look(tab, code)
    expect(tab.main.locator(".from-us")).to_contain_text("<script>alert(1)</script>")


def test_pressed_twice_without_a_network_it_is_sent_once(world: World, browse: Browse) -> None:
    tab = browse()
    tab.allow_offline()
    tab.open("/appeals")
    tab.choose("Thanks")
    tab.page.locator("#region").select_option("KZ-75")
    tab.fill("Your words", "Рахмет!")
    tab.fill("Your name", "Айгүл")
    tab.context.set_offline(True)
    tab.press("Send")
    expect(tab.main.locator(".keep-line")).to_be_visible()
    expect(tab.field("Your words")).to_have_value("Рахмет!")
    tab.context.set_offline(False)
    tab.expect_path("/appeals/code")


@pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
def test_another_language_loses_nothing_of_an_appeal(browse: Browse, script: bool) -> None:
    tab = browse(language="kk", script=script)
    tab.open("/appeals")
    tab.choose("Thanks")
    tab.page.locator("#region").select_option("KZ-75")
    tab.fill("Your words", "Рахмет!")
    tab.speak("ru")
    expect(tab.field("Your words")).to_have_value("Рахмет!")
    expect(tab.page.locator("#region")).to_have_value("KZ-75")
    tab.speak("kk")
    tab.fill("Your name", "Айгүл")
    tab.field("Your name").press("Enter")
    tab.expect_path("/appeals/code")
