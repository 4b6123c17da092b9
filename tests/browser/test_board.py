"""Finding something on the board: words, filters, more, back; and in another language."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from accelerator.accounts.models import Role
from tests.browser.conftest import Browse
from tests.browser.tabs import Tab
from tests.browser.world import QUIET, World, soon, unique

with_and_without_script = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])


def search(tab: Tab, words: str) -> None:
    tab.page.locator("#q").fill(words)
    tab.page.locator("#q").press("Enter")


@with_and_without_script
def test_words_lead_to_a_request_and_back(world: World, browse: Browse, script: bool) -> None:
    one, two = unique(), unique()
    first, second = world.request(title=f"Bread for {one}"), world.request(title=f"Bread for {two}")
    tab = browse(script=script)
    tab.open("/requests")
    search(tab, one)
    expect(tab.page).to_have_url(re.compile(f"q={one}"))
    expect(tab.card(first)).to_be_visible()
    search(tab, two)
    expect(tab.card(second)).to_be_visible()
    expect(tab.card(first)).to_have_count(0)
    tab.follow(f"Bread for {two}", tab.card(second))
    expect(tab.main.get_by_role("heading", level=1)).to_have_text(f"Bread for {two}")
    tab.page.go_back()
    expect(tab.card(second)).to_be_visible()
    expect(tab.page.locator("#q")).to_have_value(two)
    tab.page.go_back()
    expect(tab.page).to_have_url(re.compile(f"q={one}"))
    expect(tab.card(first)).to_be_visible()
    expect(tab.page.get_by_role("banner")).to_have_count(1)
    expect(tab.main).to_have_count(1)
    tab.look()


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_many_seats_are_told_in_one_line(world: World, browse: Browse, language: str) -> None:
    request_id = world.request(title=f"Plant trees {unique()}", capacity=24)
    tab = browse(language=language)
    for width in (320, 360, 390, 412, 1280):
        tab.page.set_viewport_size({"width": width, "height": 800})
        tab.open(f"/requests/{request_id}")
        told = tab.page.locator(f"#seats-{request_id} .apples-many b").bounding_box()
        assert told, "the number of seats is shown"
        assert told["height"] < 32, f"broken at {width} px: {told}"


@with_and_without_script
def test_more_of_the_board(world: World, browse: Browse, script: bool) -> None:
    """With script the next cards come below the first ones, and are as alive as those."""
    word = unique()
    numbers = [world.request(title=f"Bread for {word}") for _ in range(23)]
    tab = browse(world.person(), script=script)
    tab.open(f"/requests?q={word}")
    cards = tab.page.locator("#requests > article")
    expect(cards).to_have_count(20)
    tab.follow("Show more")
    expect(cards).to_have_count(len(numbers) if script else 3)
    expect(tab.main.get_by_role("link", name=tab.words("Show more"))).to_have_count(0)
    last = tab.page.locator("#requests > article").last
    tab.press("I'll help", last)
    tab.expect_notice("The place is yours. Thank you!")
    tab.look()


def test_back_in_a_long_list_one_stands_where_one_stood(world: World, browse: Browse) -> None:
    word = unique()
    where, first = {"region": QUIET, "district": None}, soon()  # asked once: each call is earlier than the one before
    ids = [world.request(title=f"Read {word}", starts_at=first + timedelta(minutes=n), **where) for n in range(65)]
    tab = browse()
    tab.open(f"/requests?q={word}&region={QUIET}")
    cards = tab.page.locator("#requests article")
    for count in (40, 60, 65):
        tab.follow("Show more")
        expect(cards).to_have_count(count)
    tab.follow(f"Read {word}", tab.card(ids[50]))
    expect(tab.main.get_by_role("heading", level=1)).to_have_text(f"Read {word}")
    tab.page.go_back()
    expect(cards).to_have_count(65)
    expect(tab.card(ids[50])).to_be_in_viewport()
    tab.open(f"/requests?q={word}&region={QUIET}")
    expect(cards).to_have_count(20)


@pytest.mark.parametrize("path", ["/requests?q={}", "/deeds"])
def test_with_the_last_of_more_the_focus_goes_to_the_first_new_card(world: World, browse: Browse, path: str) -> None:
    word = unique()
    for _ in range(23):
        world.request(title=f"Bread for {word}")
    tab = browse(width=1280)
    tab.open(path.format(word))
    more, cards = tab.page.locator("#show-more a"), tab.main.locator("#requests > article, .narrow #deeds > article")
    while more.count():
        shown = cards.count()
        more.press("Enter")
        expect(cards).not_to_have_count(shown)
    expect(cards.nth(shown).get_by_role("link").first).to_be_focused()
    expect(cards.nth(shown).get_by_role("link").first).to_be_in_viewport()


@with_and_without_script
def test_filters_are_chosen_and_cleared(world: World, browse: Browse, script: bool) -> None:
    word = unique()
    short = world.request(title=f"Short {word}", minutes=15, kind="errands")
    long = world.request(title=f"Long {word}", minutes=240, kind="springs")
    tab = browse(script=script)
    tab.open(f"/requests?q={word}")
    filters = tab.page.locator("details.more")
    tab.tap(filters.locator("summary"))
    filters.get_by_label(tab.words("Region")).select_option("KZ-75")
    if not script:
        tab.press("Show")
        tab.tap(filters.locator("summary"))
    filters.get_by_label(tab.words("District")).select_option("KZ-75/medeu")
    if not script:
        tab.press("Show")
    expect(tab.page).to_have_url(re.compile("district=KZ-75(/|%2F)medeu"))
    expect(tab.card(long)).to_be_visible()
    if script:
        tab.page.keyboard.press("Escape")
    tab.follow("I have 30 minutes")
    expect(tab.page).to_have_url(re.compile("minutes=30"))
    expect(tab.card(long)).to_have_count(0)
    expect(tab.card(short)).to_be_visible()
    expect(tab.page.locator("#q")).to_have_value(word)
    expect(filters.get_by_label(tab.words("District"))).to_have_value("KZ-75/medeu")
    tab.tap(filters.locator("summary"))
    tab.follow("Clear all", filters)
    expect(tab.page.locator("#q")).to_have_value("")


def test_chips_change_the_list_and_leave_the_page(world: World, browse: Browse) -> None:
    """Chips, lists of filters and words stay in step, whichever is used; nothing else is loaded or loses its place."""
    word = unique()
    short = world.request(title=f"Short {word}", minutes=15, kind="errands")
    long = world.request(title=f"Long {word}", minutes=240, kind="errands")
    tab = browse(width=1280)
    tab.open(f"/requests?q={word}")
    tab.page.evaluate("window.isTheSame = true")
    filters = tab.page.locator("details.more")
    minutes = filters.locator("#minutes")

    chip = tab.page.locator("#chip-minutes")
    chip.press("Enter")
    expect(tab.card(long)).to_have_count(0)
    expect(tab.card(short)).to_be_visible()
    expect(tab.page).to_have_url(re.compile(f"q={word}&minutes=30$"))
    expect(minutes).to_have_value("30")
    expect(chip).to_have_attribute("aria-current", "true")
    expect(chip).to_be_focused()

    tab.tap(filters.locator("summary"))
    filters.get_by_label(tab.words("Kind of help")).select_option("errands")
    expect(tab.page).to_have_url(re.compile("kind=errands&region=KZ-75&minutes=30$"))
    minutes.select_option("")
    expect(tab.card(long)).to_be_visible()
    expect(chip).not_to_have_attribute("aria-current", "true")

    tab.page.keyboard.press("Escape")
    tab.follow("The whole country")
    expect(tab.page).to_have_url(re.compile("kind=errands&region=all$"))
    expect(filters.locator("#region")).to_have_value("all")
    search(tab, f"Short {word}")
    expect(tab.card(long)).to_have_count(0)
    expect(tab.page).to_have_url(re.compile("kind=errands&region=all$"))
    tab.page.go_back()
    expect(tab.card(long)).to_be_visible()
    expect(tab.page.locator("#chip-country")).to_have_attribute("aria-current", "true")
    assert tab.page.evaluate("window.isTheSame"), "the page was loaded anew"


def test_chips_of_ones_own_stay_in_step_too(world: World, browse: Browse) -> None:
    tab = browse(world.person(), width=1280)
    tab.open("/requests?region=KZ-71")
    fits = tab.page.locator("#fits")
    for is_on in (True, False):
        tab.tap(tab.page.locator("#chip-fits"))
        expect(tab.page).to_have_url(re.compile("region=KZ-71&fits=1$" if is_on else "region=KZ-71$"))
        expect(fits).to_be_checked(checked=is_on)
    expect(tab.page.locator("#region")).to_have_value("KZ-71")


def test_the_language_changes_on_the_board_as_a_chip_left_it(browse: Browse) -> None:
    tab = browse()
    tab.open("/requests")
    tab.follow("I have 30 minutes")
    expect(tab.page).to_have_url(re.compile("minutes=30$"))
    menu = tab.page.locator("details.menu")
    tab.tap(menu.locator("summary"))
    tab.tap(menu.get_by_role("button", name="Русский"))
    expect(tab.page.locator("html")).to_have_attribute("lang", "ru")
    expect(tab.page).to_have_url(re.compile("minutes=30$"))


@with_and_without_script
def test_filters_are_kept_while_one_looks_elsewhere(world: World, browse: Browse, script: bool) -> None:
    word = unique()
    short = world.request(title=f"Short {word}", minutes=15)
    tab = browse(script=script)
    tab.open("/requests")
    tab.follow("I have 30 minutes")
    search(tab, word)
    expect(tab.page).to_have_url(re.compile(f"q={word}"))  # the list comes before the address
    expect(tab.page).to_have_url(re.compile("minutes=30"))
    expect(tab.page).not_to_have_url(re.compile("=(&|$)"))  # no blank fields
    used = tab.page.url
    tab.follow(f"Short {word}", tab.card(short))
    tab.follow("Back to the board")
    expect(tab.page).to_have_url(f"{used}#request-{short}")
    for elsewhere in ("/deeds", "/help"):
        tab.open(elsewhere)
        tab.follow("Help needed", tab.page.get_by_role("navigation"))
        expect(tab.page).to_have_url(used)
        expect(tab.card(short)).to_be_visible()


@with_and_without_script
def test_the_way_back_leads_to_the_card_that_one_came_from(world: World, browse: Browse, script: bool) -> None:
    word, first = unique(), soon()
    ids = [world.request(title=f"Read {word}", starts_at=first + timedelta(minutes=n)) for n in range(12)]
    tab = browse(script=script)
    tab.open(f"/requests?q={word}")
    tab.follow(f"Read {word}", tab.card(ids[-1]))
    tab.follow("Back to the board")
    expect(tab.card(ids[-1])).to_be_in_viewport()
    expect(tab.card(ids[0])).not_to_be_in_viewport()


@with_and_without_script
def test_the_language_is_changed_where_one_is(world: World, browse: Browse, script: bool) -> None:
    ben = world.person()
    tab = browse(ben, script=script)
    tab.open("/requests?minutes=30")
    menu = tab.page.locator("details.menu")
    tab.tap(menu.locator("summary"))
    tab.tap(menu.get_by_role("button", name="Русский"))
    expect(tab.page.locator("html")).to_have_attribute("lang", "ru")
    expect(tab.page).to_have_url(re.compile(r"/requests\?minutes=30$"))
    elsewhere = browse(ben, language="kk", script=script)
    elsewhere.context.clear_cookies(name="lang")
    elsewhere.open("/me")
    expect(elsewhere.page.locator("html")).to_have_attribute("lang", "ru")


@pytest.mark.parametrize("width", [640, 1280])
def test_a_page_opens_at_its_top(world: World, browse: Browse, width: int) -> None:
    """A chip that is on is brought into view only in a row of chips that scrolls by itself."""
    for _ in range(3):
        world.request(minutes=15)
    tab = browse(world.person(Role.COORDINATOR), width=width)
    for path in ("/requests?minutes=30", "/requests?when=anytime", "/desk", "/desk/requests", "/desk/requests/new"):
        tab.open(path)
        assert tab.page.evaluate("scrollY") == 0, f"{path} opens scrolled down"


def test_on_a_phone_the_chip_that_is_on_is_in_view(browse: Browse) -> None:
    tab = browse()
    tab.open("/requests?when=anytime")
    expect(tab.page.locator("#chips [aria-current]").last).to_be_in_viewport(ratio=0.9)
    assert tab.page.evaluate("scrollY") == 0
