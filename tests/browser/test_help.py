"""An old neighbour's phone: 360 px, Kazakh, no script; and with script, a network that goes away in the middle."""

import time
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from accelerator.codes import read_code
from accelerator.extensions import db, vault
from accelerator.help.contact import open_contact
from accelerator.help.models import Requester
from accelerator.help.views import FASTEST
from tests.browser.conftest import Browse
from tests.browser.tabs import Tab
from tests.browser.world import World

ANSWERS: dict[str, Any] = {
    "for_whom": "self",
    "words": "Дүкенге бара алмаймын, нан керек.",
    "kind": "errands",
    "place": "KZ-75/medeu",
    "street": "Абай даңғылы",
    "door": "12-үй",
    "timing": "any",
    "name": "Бота Сейітқызы",
    "contact_way": "phone",
    "phone": "8 (701) 765-43-21",
    "language": "kk",
}

OFFLINE = (
    "There is no connection right now. Everything you typed is still here. It is sent by itself as soon as the "
    "connection is back; leave this page open."
)


def fill_page(tab: Tab) -> None:
    """Answer what this page asks."""
    for name, value in ANSWERS.items():
        fields = tab.main.locator(f'form [name="{name}"]')
        if fields.count() == 0:
            continue
        kind = fields.first.get_attribute("type")
        if kind == "radio":
            tab.main.locator(f'form [name="{name}"][value="{value}"]').check()
        elif fields.first.evaluate("field => field.tagName") == "SELECT":
            fields.first.select_option(value)
        else:
            fields.first.fill(value)


def fill_all(tab: Tab, door: str = "Ask for help now") -> None:
    """From the door to the check, page after page."""
    tab.open("/help")
    tab.follow(door)
    for _ in range(15):
        expect(tab.main.locator("form[data-keep]")).to_be_visible()
        here = tab.page.url
        if here.endswith("/help/check"):
            return
        fill_page(tab)
        tab.press("Continue")
        expect(tab.page).not_to_have_url(here)
        tab.look()
    raise AssertionError("the questionnaire has no end")


def wait_like_a_person() -> None:
    """The server holds whoever is faster for a machine; it counts from the first answer that it kept."""
    time.sleep(FASTEST.total_seconds())


def send(tab: Tab) -> str:
    """Agree and send, no faster than a person; the code."""
    wait_like_a_person()
    tab.choose("I have read this and agree")
    tab.press("Send")
    tab.expect_path("/help/done")
    tab.look()
    return tab.main.locator(".code").inner_text().replace("\n", "")


def find_asker(world: World, code: str) -> Requester:
    with world.app.app_context():
        asked = Requester.code_hash == vault.fingerprint("code", read_code(code) or "")
        return db.read.scalars(select(Requester).where(asked)).one()


@pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
def test_somebody_asks_in_kazakh_and_looks_how_things_stand(world: World, browse: Browse, script: bool) -> None:
    tab = browse(language="kk", script=script)
    fill_all(tab)
    expect(tab.main).to_contain_text("+7 701 765 43 21")
    code = send(tab)
    asker = find_asker(world, code)
    assert asker.locale == "kk"
    with world.app.app_context():
        assert open_contact(asker).phone == "+77017654321"
    tab.press("I have written it down")
    tab.expect_notice("Good. With your code you see at any time how things stand.")
    tab.follow("How do things stand?")
    tab.fill("Your code", code.lower())
    tab.press("Show")
    expect(tab.main).to_contain_text(tab.words("We have received what you wrote."))
    tab.look()
    tab.follow("Add a word")
    tab.fill("Your word", "Есікті қатты қағыңыз.")
    tab.press("Send")
    expect(tab.main.locator(".thread")).to_contain_text("Есікті қатты қағыңыз.")
    write_for_longer_than_the_page_is_open(tab, code)
    tab.press("Close")
    tab.expect_notice("Closed. Your code opens it again.")


def write_for_longer_than_the_page_is_open(tab: Tab, code: str) -> None:
    """The words go on behind the code."""
    tab.allow(401)
    tab.follow("Add a word")
    tab.fill("Your word", "Домофон істемейді.")
    tab.context.clear_cookies(name="help-visit")
    tab.press("Send")
    expect(tab.main).to_contain_text(
        tab.words("That page has closed by now. Type your code, and what you wrote goes on.")
    )
    tab.look()
    tab.fill("Your code", code)
    tab.press("Show")
    expect(tab.main).to_contain_text("Домофон істемейді.")
    tab.look()
    tab.press("Send it once more")
    expect(tab.main.locator(".thread")).to_contain_text("Домофон істемейді.")


def test_a_network_that_goes_away_loses_nothing(world: World, browse: Browse) -> None:
    tab = browse(language="kk")
    tab.allow_offline()
    tab.open("/help/what")
    fill_page(tab)
    tab.context.set_offline(True)
    tab.press("Save and go back")  # a slip of the thumb: the last button counts
    line = tab.main.locator(".keep-line")
    expect(line).to_contain_text(tab.words(OFFLINE))
    expect(tab.main.locator('[name="words"]')).to_have_value(ANSWERS["words"])
    tab.press("Continue")  # an impatient second press
    tab.context.set_offline(False)
    tab.expect_path("/help/where")
    tab.open("/help/what")
    expect(tab.main.locator('[name="words"]')).to_have_value(ANSWERS["words"])
    fill_all(tab, "Go on where I was")
    # Once more at the last button: it is sent once.
    wait_like_a_person()
    tab.choose("I have read this and agree")
    tab.context.set_offline(True)
    tab.press("Send")
    expect(line).to_be_visible()
    tab.context.set_offline(False)
    tab.expect_path("/help/done")
    code = tab.main.locator(".code").inner_text().replace("\n", "")
    assert find_asker(world, code).channel == "web"


@pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
def test_another_language_in_the_middle_of_a_page_loses_nothing(browse: Browse, script: bool) -> None:
    tab = browse(language="kk", script=script)
    tab.open("/help/where")
    fill_page(tab)
    tab.speak("ru")
    tab.look()
    tab.expect_path("/help/where")
    expect(tab.main.locator('[name="place"]')).to_have_value(ANSWERS["place"])
    street = tab.main.locator('[name="street"]')
    expect(street).to_have_value(ANSWERS["street"])
    street.press("Enter")  # goes on: the menu's buttons are the form's, too, and stand before its own
    tab.expect_path("/help/when")
    expect(tab.page.locator("html[lang=ru]")).to_have_count(1)


@pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
def test_back_at_the_head_of_a_page_keeps_what_stands_in_it(browse: Browse, script: bool) -> None:
    tab = browse(script=script)
    tab.open("/help/where")
    tab.main.locator('[name="street"]').fill("Abay")
    tab.press("Back")
    tab.expect_path("/help/what")
    tab.open("/help/where")
    expect(tab.main.locator('[name="street"]')).to_have_value("Abay")
