"""Every page for everybody: axe, keyboard, narrow screens, little motion, no script."""

from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.pages import NOT_PAGES, PAGES, Page, shape
from tests.browser.stage import Stage
from tests.browser.tabs import Tab
from tests.browser.world import World, unique

#: All rules of axe-core but those of level AAA.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice", "experimental")
#: Reading the style sheets once more serves one rule (pages that do not turn): in the long run.
RUN = """async ([tags, preload]) => {
  const options = {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"], selectors: false, preload};
  const found = await axe.run(document, options);
  return found.violations.map(({id, impact, nodes}) => [id, impact, nodes.map((node) => node.html.slice(0, 200))]);
}"""
LOOKS: tuple[tuple[int, Any], ...] = ((360, "dark"), (1280, "light"))
#: For the long run.
OTHER_LOOKS: tuple[tuple[int, Any], ...] = ((360, "light"), (1280, "dark"))
#: Narrow in every language: in Kazakh, whose words are the longest, each time; the others are in the long run.
NARROW = [
    pytest.param(who, language, marks=[] if language == "kk" else [pytest.mark.slow])
    for who in sorted({page.who for page in PAGES})
    for language in ("kk", "ru", "en")
]
#: Between a phone and a desk nothing may stick out either.
WIDTHS = (640, 800, 1024)


@cache
def axe_core() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def test_every_address_is_looked_at(world: World) -> None:
    """A new page is added to `pages.PAGES`, or to `pages.NOT_PAGES` if it is none."""
    addresses = {rule.rule for rule in world.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    looked_at = {shape(page.path) for page in PAGES}
    missing = {address for address in addresses - NOT_PAGES if shape(address) not in looked_at}
    assert not missing, f"add to tests/browser/pages.py: {sorted(missing)}"


@pytest.mark.parametrize("looks", [LOOKS, pytest.param(OTHER_LOOKS, marks=pytest.mark.slow)], ids=["", "other"])
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_axe_finds_nothing(stage: Stage, browse: Browse, page: Page, looks: tuple[tuple[int, Any], ...]) -> None:
    tab = browse(stage.people[page.who], reduced_motion="reduce")
    page.show(tab, stage)
    expect(tab.page.locator("h1")).to_have_count(1)
    tab.page.evaluate(axe_core())
    found = []
    for width, theme in looks:
        tab.page.set_viewport_size({"width": width, "height": 780})
        tab.page.emulate_media(color_scheme=theme)
        found += [f"{theme} {width}: {violation}" for violation in tab.page.evaluate(RUN, [TAGS, looks is OTHER_LOOKS])]
        tab.look()
    for width in WIDTHS:
        tab.page.set_viewport_size({"width": width, "height": 780})
        tab.look()
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("who", "language"), NARROW)
def test_pages_fit_the_narrowest_phone_and_need_no_script(
    stage: Stage, browse: Browse, who: str, language: str
) -> None:
    """`Tab.open` measures each page; what counts is there without script, too."""
    tab = browse(stage.people[who], language=language, width=320, script=False)
    for page in PAGES:
        if page.who != who or page.path == "/design":
            continue
        page.show(tab, stage)
        tab.look()
        expect(tab.page.locator("html")).to_have_attribute("lang", language)
        expect(tab.page.locator("h1")).to_be_visible()
        assert tab.main.inner_text().strip()


def test_the_keyboard_reaches_the_first_button(world: World, browse: Browse) -> None:
    word = unique()
    request_id = world.request(title=f"Bread for {word}")
    tab = browse(width=1280)
    tab.open(f"/requests?q={word}")
    tab.page.keyboard.press("Tab")
    expect(tab.page.locator(".skip")).to_be_focused()
    expect(tab.page.locator(".skip")).to_be_in_viewport()
    button = tab.page.locator(f"#claim-{request_id}")
    for _ in range(40):
        assert is_focus_visible(tab), tab.page.evaluate("() => document.activeElement.outerHTML")
        if button.evaluate("button => button === document.activeElement"):
            break
        tab.page.keyboard.press("Tab")
    expect(button).to_be_focused()
    tab.page.keyboard.press("Enter")
    tab.expect_path("/login")


def is_focus_visible(tab: Tab) -> bool:
    """Whether the element with the focus looks different from itself without."""
    return bool(
        tab.page.evaluate("""() => {
          const style = getComputedStyle(document.activeElement);
          return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        }""")
    )


def test_the_skip_link_leads_past_the_menus(browse: Browse) -> None:
    tab = browse(width=1280)
    tab.open("/requests")
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    expect(tab.main).to_be_focused()
    tab.page.keyboard.press("Tab")
    assert tab.main.evaluate("main => main.contains(document.activeElement)")


def test_the_keyboard_is_not_lost_when_a_card_changes(world: World, browse: Browse) -> None:
    """The button that was pressed is gone with the old card; the focus goes on from the new one."""
    word = unique()
    request_id = world.request(title=f"Bread for {word}")
    tab = browse(world.person(), width=1280)
    tab.open(f"/requests?q={word}")
    card = tab.card(request_id)
    for pressed, follows in (("I'll help", "Let go"), ("Let go", "I'll help")):
        card.get_by_role("button", name=tab.words(pressed)).press("Enter")
        expect(card.get_by_role("button", name=tab.words(follows))).to_be_visible()
        tab.page.wait_for_function(f"() => document.activeElement.closest('#request-{request_id}')")


def test_who_wants_little_motion_gets_none(world: World, browse: Browse) -> None:
    word = unique()
    request_id = world.request(title=f"Bread for {word}")
    tab = browse(world.person(), reduced_motion="reduce")
    tab.open(f"/requests?q={word}")
    tab.press("I'll help", tab.card(request_id))
    tab.expect_notice("The place is yours. Thank you!")
    world.deed(title=f"Planted {word}")
    expect(tab.page.locator("#arrivals article")).to_have_count(1)
    moving = tab.page.evaluate("""() => document.getAnimations()
      .filter((it) => it.playState === "running" && it.effect.getComputedTiming().delay === 0)
      .map((it) => it.animationName || it.transitionProperty)
      .filter((name) => name !== "deaf")""")  # nothing moves: a button does not hear the second of two quick taps
    assert moving == []
