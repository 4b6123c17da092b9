"""Forms: what was typed is never lost, errors are told where the reader is, photos included."""

import pytest
from playwright.sync_api import expect

from accelerator.accounts.models import Role
from accelerator.photos import DEFAULT_LIMITS
from tests.browser.conftest import PATIENCE_MS, Browse
from tests.browser.pictures import jpeg, large_jpeg, text_called_jpeg
from tests.browser.tabs import Tab
from tests.browser.world import World, unique
from tests.cast import PASSWORD

pytestmark = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])


def expect_errors(tab: Tab, count: int) -> None:
    """The summary names each error, has the focus, and leads to the fields."""
    summary = tab.page.locator("#errors")
    expect(summary.get_by_role("link")).to_have_count(count)
    expect(summary).to_be_focused()
    for link in summary.get_by_role("link").all():
        field = tab.page.locator(str(link.get_attribute("href")))
        expect(field).to_be_attached()
        expect(field).to_be_visible()
    tab.look()


def test_register(world: World, browse: Browse, script: bool) -> None:
    tab, word = browse(script=script), unique()
    tab.allow(422)
    tab.open("/register?next=/deeds")
    tab.fill("Your name", f"Aru {word}")
    tab.fill("E-mail", "aru at example")
    tab.fill("Password", "short")
    tab.choose("I have a car")
    tab.press("Create an account")
    expect_errors(tab, 3)  # e-mail, password, age
    expect(tab.field("Your name")).to_have_value(f"Aru {word}")
    expect(tab.field("E-mail")).to_have_value("aru at example")
    expect(tab.field("E-mail")).to_have_attribute("aria-invalid", "true")
    expect(tab.field("Password")).to_have_value("")
    expect(tab.main.get_by_role("checkbox", name=tab.words("I have a car"))).to_be_checked()
    tab.fill("E-mail", f"{word}@example.org")
    tab.fill("Password", PASSWORD)
    tab.choose("18 or older")
    tab.press("Create an account")
    tab.expect_path("/deeds")


def test_report_keeps_words_and_photos(world: World, browse: Browse, script: bool) -> None:
    ben, word = world.person(), unique()
    request_id = world.request(title=f"Bread for {word}")
    world.claim(request_id, ben)
    tab = browse(ben, script=script)
    tab.allow(422)
    tab.open(f"/requests/{request_id}/report")
    tab.fill("Hours", "0")
    tab.fill("Minutes", "0")
    tab.fill("A word about how it went", f"Good talk, {word}")
    tab.field("Photos").set_input_files([jpeg(), text_called_jpeg()])
    tab.choose('As "someone good"')
    tab.press("Tell of it")
    expect_errors(tab, 2)  # the length, the second file
    expect(tab.main).to_contain_text(
        tab.words("%(name)s is not a picture. Choose a JPEG, PNG or WebP file.", name="notes.jpg")
    )
    expect(tab.field("A word about how it went")).to_have_value(f"Good talk, {word}")
    expect(tab.main.locator("input[name=credit][value=someone]")).to_be_checked()
    expect_one_kept_photo(tab)
    tab.fill("Minutes", "25")
    tab.press("Tell of it")
    tab.expect_path("/me")
    assert world.count_photos(request_id) == 1


def test_a_large_photo_is_made_smaller_on_the_phone(world: World, browse: Browse, script: bool) -> None:
    ben = world.person()
    request_id = world.request()
    world.claim(request_id, ben)
    tab = browse(ben, script=script)
    tab.allow(422)
    tab.open(f"/requests/{request_id}/report")
    tab.choose("By my name")
    tab.field("Photos").set_input_files([large_jpeg()])
    if script:
        wait_until_small(tab)
    tab.press("Tell of it")
    if script:
        tab.expect_path("/me")
        assert world.photo_sizes(request_id) == [(1200, 1600)]
    else:
        expect(tab.main).to_contain_text(
            tab.words("%(name)s is larger than 12 MB. Choose a smaller one.", name="large.jpg")
        )


def wait_until_small(tab: Tab) -> None:
    """The script has put a smaller photo in the place of the chosen one."""
    for _ in range(PATIENCE_MS // 100):
        if tab.field("Photos").evaluate("input => input.files[0].size") < DEFAULT_LIMITS.max_bytes / 4:
            return
        tab.page.wait_for_timeout(100)
    raise AssertionError("the photo is as large as before")


def test_telling_of_a_deed_keeps_words_and_photos(world: World, browse: Browse, script: bool) -> None:
    word = unique()
    tab = browse(world.person(), script=script)
    tab.allow(422)
    tab.open("/deeds/new")
    tab.fill("What was done", f"Planted a tree {word}")
    tab.fill("How it went", "One line.\nAnother line.")
    tab.main.get_by_label(tab.words("Where")).select_option("KZ-75/medeu")
    tab.fill("When", "2001-01-01")
    tab.fill("Minutes", "40")
    tab.field("Photos").set_input_files([jpeg(), text_called_jpeg()])
    tab.press("Tell of it")
    expect_errors(tab, 4)  # kind, day, the second file, how to be shown
    expect(tab.field("What was done")).to_have_value(f"Planted a tree {word}")
    expect(tab.field("How it went")).to_have_value("One line.\nAnother line.")
    expect(tab.main.get_by_label(tab.words("Where"))).to_have_value("KZ-75/medeu")
    expect(tab.field("When")).to_have_value("2001-01-01")
    expect(tab.field("Minutes")).to_have_value("40")
    expect_one_kept_photo(tab)
    tab.main.get_by_label(tab.words("Kind of help")).select_option("errands")
    tab.fill("When", world.today())
    tab.choose("By my name")
    tab.press("Tell of it")
    tab.expect_path("/me")
    expect(tab.main).to_contain_text(f"Planted a tree {word}")


def expect_one_kept_photo(tab: Tab) -> None:
    kept = tab.page.locator("#kept-photos")
    expect(kept).to_contain_text(tab.words.plural("%(num)s photo is kept.", "%(num)s photos are kept.", 1))
    assert kept.get_by_role("img").evaluate("photo => photo.decode().then(() => photo.naturalWidth)") > 0


def test_a_request_at_the_desk(world: World, browse: Browse, script: bool) -> None:
    tab, word = browse(world.person(Role.COORDINATOR), width=1280, script=script), unique()
    tab.allow(422)
    tab.open("/desk/requests/new")
    tab.fill("What is needed", f"Bread for {word}")
    tab.fill("What those who promised should know", "Third entrance.")
    tab.choose("At a fixed time")
    tab.fill("How many people", "3")
    tab.choose("Two adults go together")
    tab.main.locator("input[name=needs][value=car]").check()
    tab.press("Save")
    expect_errors(tab, 4)  # story, kind, place, the moment
    expect(tab.field("What is needed")).to_have_value(f"Bread for {word}")
    expect(tab.field("What those who promised should know")).to_have_value("Third entrance.")
    expect(tab.main.locator("input[name=timing][value=at]")).to_be_checked()
    expect(tab.field("How many people")).to_have_value("3")
    expect(tab.main.get_by_role("checkbox", name=tab.words("Two adults go together"))).to_be_checked()
    expect(tab.main.locator("input[name=needs][value=car]")).to_be_checked()


def test_two_coordinators_write_at_the_same_time(world: World, browse: Browse, script: bool) -> None:
    """The second sees what the first saved, and keeps what they typed."""
    word = unique()
    request_id = world.request(title=f"Bread for {word}")
    tabs = [browse(world.person(Role.COORDINATOR), width=1280, script=script) for _ in range(2)]
    for tab in tabs:
        tab.allow(422)
        tab.open(f"/desk/requests/{request_id}/edit")
    for tab, thing in zip(tabs, ("Milk", "Honey"), strict=True):
        tab.fill("What is needed", f"{thing} for {word}")
        tab.press("Save")
    first, second = tabs
    first.expect_notice("Saved.")
    expect_errors(second, 1)
    expect(second.main).to_contain_text(f"Milk for {word}")
    expect(second.field("What is needed")).to_have_value(f"Honey for {word}")
    second.press("Save")
    second.expect_notice("Saved.")
    expect(second.main.get_by_role("heading", level=1)).to_have_text(f"Honey for {word}")
