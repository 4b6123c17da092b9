"""Two people press the last place at the same moment."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.tabs import Tab
from tests.browser.world import World, unique

CLICK_AT = """([selector, moment]) => {
  const button = document.querySelector(selector);
  setTimeout(() => button.click(), moment - Date.now());
}"""
LEAD_MS = 400


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_one_gets_it_and_the_other_sees_why(world: World, browse: Browse, script: bool) -> None:
    word = unique()
    request_id = world.request(title=f"Bread for {word}", capacity=1)
    tabs = [browse(world.person(), script=script), browse(world.person(), script=script, width=1280)]
    for tab in tabs:
        tab.allow(409)
        tab.cut_stream()  # or it may tell the loser before they press
        tab.open(f"/requests?q={word}")
    press = press_together if script else press_in_turn
    press(tabs, request_id)
    winner, loser = sort_out(tabs)
    winner.expect_notice("The place is yours. Thank you!")
    loser.expect_notice("The last place was taken a moment ago. You can join the waiting list.")
    expect(loser.main).to_contain_text(loser.words("No places left"))
    loser.press("Join the waiting list")
    expect(loser.main).to_contain_text(loser.words("You are number %(position)s on the waiting list", position=1))
    loser.look()


def press_together(tabs: list[Tab], request_id: int) -> None:
    """Both pages press their button in the same millisecond."""
    moment = max(tab.page.evaluate("() => Date.now()") for tab in tabs) + LEAD_MS
    for tab in tabs:
        tab.page.evaluate(CLICK_AT, [f"#claim-{request_id}", moment])


def press_in_turn(tabs: list[Tab], request_id: int) -> None:
    """Without script a page knows nothing of the others: its button is still there, and pressed too late."""
    for tab in tabs:
        tab.press("I'll help", tab.card(request_id))


def sort_out(tabs: list[Tab]) -> tuple[Tab, Tab]:
    """Winner and loser, once both know."""
    for tab in tabs:
        expect(tab.messages).not_to_be_empty()
    won = [tab.words("The place is yours. Thank you!") in tab.messages.inner_text() for tab in tabs]
    assert sorted(won) == [False, True], "there was one place"
    return tabs[won.index(True)], tabs[won.index(False)]
