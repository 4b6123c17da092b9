"""The way of a volunteer, from the first page to hours in the book, and of the coordinator who confirms them."""

import pytest
from playwright.sync_api import Locator, expect

from accelerator.accounts.models import Role
from accelerator.board.models import Timing
from tests.browser.conftest import Browse
from tests.browser.pictures import jpeg
from tests.browser.tabs import Tab
from tests.browser.world import World, soon, unique
from tests.cast import PASSWORD, Person

with_and_without_script = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])


#: The others of the six walks are in the long run.
WALKS = [("kk", True), ("ru", False), ("en", True)]
LONG_WALKS = [pytest.param(*walk, marks=pytest.mark.slow) for walk in (("kk", False), ("ru", True), ("en", False))]


@pytest.mark.parametrize(("language", "script"), [*WALKS, *LONG_WALKS])
def test_a_newcomer_helps_and_it_is_seen(world: World, browse: Browse, language: str, script: bool) -> None:
    word = unique()
    request_id = world.request(title=f"Bread for {word}", timing=Timing.BY, ends_at=soon(), capacity=2)
    volunteer = browse(language=language, script=script)
    claim_as_a_newcomer(volunteer, request_id, name=f"Aru {word}")
    keep_the_promise(volunteer, request_id, word=f"It was a fine walk, {word}.")
    coordinator = world.person(Role.COORDINATOR, locale=language)
    confirm_at_the_desk(browse(width=1280, language=language, script=script), coordinator, word)
    say_thanks(browse(language=language, script=script), f"Aru {word}")
    find_the_hours_and_leave(volunteer, word, world.duration(90, language))


def claim_as_a_newcomer(tab: Tab, request_id: int, name: str) -> None:
    tab.open("/")
    tab.follow("I want to help")
    tab.expect_path("/requests")
    tab.follow("I have 30 minutes")
    chosen = tab.main.get_by_role("link", name=tab.words("I have 30 minutes"))
    expect(chosen).to_have_attribute("aria-current", "true")
    tab.press("I'll help", tab.card(request_id))
    tab.expect_path("/login")
    tab.follow("Create an account")
    tab.expect_path("/register")
    expect(tab.main).to_contain_text(tab.words("One more step and the place is yours."))
    tab.fill("Your name", name)
    tab.fill("E-mail", f"{unique()}@example.org")
    tab.fill("Password", PASSWORD)
    tab.choose("18 or older")
    tab.press("Create an account")
    tab.expect_path(f"/requests/{request_id}")
    tab.expect_notice("The place is yours. Thank you!")
    assert tab.taps <= 10, "a newcomer taps too often"
    tab.look()


def keep_the_promise(tab: Tab, request_id: int, word: str) -> None:
    tab.follow("Mine", tab.page.get_by_role("navigation"))
    promise = tab.main.locator("[id^=promise-]")
    expect(promise.locator(f"a[href='/requests/{request_id}']")).to_be_visible()
    tab.look()
    tab.press("I have started", promise)
    tab.expect_notice("Good luck! When it is done, tell us here.")
    tab.follow("It is done", promise)
    tab.expect_path(f"/requests/{request_id}/report")
    tab.fill("Hours", "1")
    tab.fill("Minutes", "30")
    tab.fill("A word about how it went", word)
    tab.field("Photos").set_input_files(jpeg())
    tab.choose("By my name")
    tab.look()
    tab.press("Tell of it")
    tab.expect_path("/me")
    tab.expect_notice("Thank you! A coordinator will confirm it soon.")
    waiting = tab.page.get_by_role("region", name=tab.words("Waits for confirmation"))
    expect(waiting.locator(f"a[href='/requests/{request_id}']")).to_be_visible()


def confirm_at_the_desk(tab: Tab, coordinator: Person, word: str) -> None:
    tab.open("/login?next=/desk")
    tab.fill("E-mail", coordinator.email)
    tab.fill("Password", PASSWORD)
    tab.press("Sign in")
    tab.expect_path("/desk")
    queue = f"/desk?q={word}"  # other tests have filled the queue
    tab.open(queue)
    row = tab.main.locator("[data-row]").filter(has_text=f"Aru {word}")
    expect(row).to_contain_text(f"It was a fine walk, {word}.")
    tab.tap(row.get_by_role("link").first)
    claim = tab.main.get_by_role("article", name=f"Aru {word}")
    expect(claim).to_contain_text(f"It was a fine walk, {word}.")
    expect(tab.field("Hours", claim)).to_have_value("1")
    expect(tab.field("Minutes", claim)).to_have_value("30")
    expect_loaded(tab, claim)
    tab.press("Confirm", claim)
    tab.expect_notice("Confirmed. The hours are credited.")
    tab.look()
    tab.open(queue)
    expect(row).to_have_count(0)


def say_thanks(tab: Tab, name: str) -> None:
    tab.open("/deeds")
    deed = tab.main.get_by_role("article").filter(has_text=name)
    expect_loaded(tab, deed)
    tab.tap(deed.get_by_role("link", name=name))
    expect(tab.main.get_by_role("heading", level=1)).to_contain_text("It was a fine walk")
    expect(tab.main).to_contain_text("Bread for")
    expect_loaded(tab, tab.main)
    tab.press("Say thanks")
    expect(tab.main).to_contain_text(tab.words("You said thanks"))
    expect(tab.main).to_contain_text(tab.words.plural("%(num)s thanks", "%(num)s thanks", 1))
    tab.expect_notice("Thank you for saying thanks!")
    tab.page.reload()
    expect(tab.main).to_contain_text(tab.words("You said thanks"))
    expect(tab.main.get_by_role("button", name=tab.words("Say thanks"))).to_have_count(0)
    tab.look()


def find_the_hours_and_leave(tab: Tab, word: str, hours: str) -> None:
    tab.open("/me")
    numbers = tab.main.get_by_role("complementary").locator("dl.numbers")
    expect(numbers).to_contain_text(hours)
    expect(tab.main).to_contain_text(f"It was a fine walk, {word}.")
    tab.press("Sign out")
    tab.expect_path("/")
    tab.expect_notice("You are signed out. See you!")
    tab.open("/me")
    tab.expect_path("/login")


def expect_loaded(tab: Tab, where: Locator) -> None:
    """The first photo there has come and can be seen."""
    photo = where.locator("img[src^='/photos/']").first
    photo.scroll_into_view_if_needed()
    expect(photo).to_be_visible()
    expect(photo).to_have_js_property("complete", value=True)
    assert photo.evaluate("photo => photo.naturalWidth") > 0, "the photo is broken"


@with_and_without_script
def test_someone_signed_in_claims_with_at_most_four_taps(world: World, browse: Browse, script: bool) -> None:
    request_id = world.request(title=f"Bread for {unique()}", starts_at=soon())
    tab = browse(world.person(), script=script)
    tab.open("/")
    tab.follow("I want to help")
    tab.follow("I have 30 minutes")
    tab.press("I'll help", tab.card(request_id))
    tab.expect_notice("The place is yours. Thank you!")
    assert tab.taps <= 4
    tab.look()
