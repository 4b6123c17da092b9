"""Open pages follow what happens, without a reload; and what they do when the stream cannot be reached."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accelerator.accounts.models import Role
from accelerator.board import transitions as board
from accelerator.board.models import Credit, Outcome
from accelerator.clock import utcnow
from accelerator.deeds import transitions as deeds
from tests.browser.conftest import Browse
from tests.browser.relay import Relay
from tests.browser.server import Server
from tests.browser.tabs import Tab
from tests.browser.world import World, unique
from tests.cast import viewer_of


def wait_for_stream(tab: Tab) -> None:
    """Until the page's stream is open: before that, nothing can arrive at once."""
    expect(tab.page.locator("html[data-stream=open]")).to_be_attached()


def open_live(tab: Tab, path: str) -> None:
    """Open a page and wait until its stream is open, so that what happens next can come through it."""
    tab.context.add_init_script(
        "addEventListener('htmx:sseOpen', () => document.documentElement.dataset.stream = 'open');"
        "addEventListener('htmx:sseError', () => document.documentElement.dataset.stream = 'cut');"
    )
    tab.open(path)
    wait_for_stream(tab)


def forbid_asking(tab: Tab) -> None:
    """What arrives must have come through the stream. How long that takes is measured by ``make bench``."""
    tab.context.route("**/live/changes?*", lambda route: route.abort())


def test_places_and_button_change_on_the_pages_of_others(world: World, browse: Browse) -> None:
    word = unique()
    request_id = world.request(title=f"Bread for {word}", capacity=1)
    ben, cy = browse(world.person()), browse(width=1280)
    forbid_asking(cy)
    open_live(ben, f"/requests?q={word}")
    open_live(cy, f"/requests?q={word}")
    card = cy.card(request_id)
    for _ in range(3):
        ben.press("I'll help", ben.card(request_id))
        expect(card).to_contain_text(cy.words("No places left"))
        expect(card.get_by_role("button", name=cy.words("Join the waiting list"))).to_be_visible()
        ben.press("Let go", ben.card(request_id))
        expect(card).to_contain_text(cy.words.plural("%(num)s place free", "%(num)s places free", 1))
        expect(card.get_by_role("button", name=cy.words("I'll help"))).to_be_visible()


@pytest.mark.parametrize("path", ["/requests/{}", "/requests?q={}", "/me"], ids=["page", "board", "me"])
def test_who_waits_sees_the_place_that_came_free(world: World, browse: Browse, path: str) -> None:
    word, cy, ben = unique(), world.person(), world.person()
    request_id = world.request(title=f"Bread for {word}", capacity=1)
    world.claim(request_id, cy)
    world.claim(request_id, ben)
    tab = browse(ben)
    forbid_asking(tab)
    open_live(tab, path.format(word if "?" in path else request_id))
    expect(tab.main.get_by_role("button", name=tab.words("Leave the list"))).to_be_visible()
    world.release(request_id, cy)
    expect(tab.main.get_by_role("button", name=tab.words("Let go"))).to_be_visible()
    if path == "/me":
        expect(tab.main).to_contain_text(tab.words("News for you"))
    expect(tab.page.locator("#open-count")).to_have_text("1")


def test_nothing_on_ones_own_page_moves_when_it_concerns_others(world: World, browse: Browse) -> None:
    """Who reads a telephone number there, or is about to press something, keeps it."""
    word, cy, ben = unique(), world.person(), world.person()
    full, other = world.request(title=f"Full {word}", capacity=2), world.request(title=f"Bread {word}", capacity=3)
    for person in (cy, world.person()):
        world.claim(full, person)
    world.claim(full, ben)
    world.claim(other, ben)
    tab = browse(ben)
    forbid_asking(tab)
    open_live(tab, "/me")
    tab.page.evaluate("document.querySelector('main .timeline').dataset.kept = 'yes'")
    world.claim(other, world.person())
    world.claim(full, world.person())
    title = f"Seen {word}"
    watcher = browse()
    open_live(watcher, "/deeds")
    world.deed(title=title)
    expect(watcher.page.locator("#arrivals")).to_contain_text(title)
    expect(tab.page.locator("main .timeline[data-kept=yes]")).to_be_visible()
    assert tab.page.evaluate("document.activeElement === document.body")
    with world.acting():
        board.close(full, by=viewer_of(world.person(Role.COORDINATOR)), at=utcnow(), outcome=Outcome.WITHDRAWN)
    expect(tab.main.get_by_role("button", name=tab.words("Leave the list"))).to_have_count(0)


@pytest.mark.parametrize("with_stream", [True, False])
def test_the_page_of_a_deed_says_that_it_is_hidden(world: World, browse: Browse, with_stream: bool) -> None:
    shown, dee = world.deed(title=f"Bread for {unique()}"), world.person(Role.COORDINATOR)
    reader = browse()
    reader.allow(404)
    if with_stream:
        forbid_asking(reader)
        open_live(reader, f"/deeds/{shown}")
    else:
        reader.cut_stream()
        reader.page.clock.install()
        reader.open(f"/deeds/{shown}")
    title = f"Another for {unique()}"
    world.deed(title=title)
    with world.acting():
        deeds.hide(shown, by=viewer_of(dee), at=utcnow(), reason="Not so.")
    if not with_stream:
        reader.page.clock.fast_forward(16_000)
    expect(reader.main).to_contain_text(reader.words("This good deed is not shown any more."))
    expect(reader.main).not_to_contain_text(title)


def test_the_counter_in_the_header_follows_ones_own_promises(world: World, browse: Browse) -> None:
    word = unique()
    request_id = world.request(title=f"Bread for {word}")
    tab = browse(world.person())
    tab.open(f"/requests?q={word}")
    counter = tab.page.locator("#open-count")
    expect(counter).to_have_text("")
    tab.press("I'll help", tab.card(request_id))
    expect(counter).to_have_text("1")
    tab.press("Let go", tab.card(request_id))
    expect(counter).to_have_text("")


def test_a_confirmed_deed_arrives_on_every_open_page(world: World, browse: Browse) -> None:
    dee = browse(world.person(Role.COORDINATOR), width=1280)
    readers = [browse(), browse(width=1280), browse()]
    for reader, path in zip(readers, ("/", "/requests", "/deeds"), strict=True):
        forbid_asking(reader)
        open_live(reader, path)
    for _ in range(3):
        title, request_id, claim_id = reported_claim(world)
        dee.open(f"/desk/requests/{request_id}")
        dee.press("Confirm", dee.page.locator(f"#claim-{claim_id}"))
        dee.expect_notice("Confirmed. The hours are credited.")
        for reader in readers:
            expect(reader.page.locator("#arrivals article").first).to_contain_text(title)


def reported_claim(world: World) -> tuple[str, int, int]:
    """A promise that was kept and reported, waiting at the desk: the request's title and number, and the claim's."""
    title = f"Bread for {unique()}"
    request_id, ben = world.request(title=title), world.person()
    claim_id = world.claim(request_id, ben)
    with world.acting():
        board.report(request_id, by=viewer_of(ben), at=utcnow(), minutes=30, word="", credit=Credit.NAME, photo_keys=[])
    return title, request_id, claim_id


def test_nothing_moves_under_a_finger(world: World, browse: Browse) -> None:
    reader = browse()
    open_live(reader, "/deeds")
    reader.page.mouse.wheel(0, 900)
    reader.page.wait_for_function("() => scrollY > 300")
    landmark = reader.page.locator("#deeds article").nth(4)
    before = landmark.bounding_box()
    first, second = f"Bread for {unique()}", f"Bread for {unique()}"
    bar = reader.page.locator("#new-deeds")
    world.deed(title=first)
    expect(bar).to_contain_text(reader.words("1 new good deed"))
    world.deed(title=second)
    expect(bar).to_contain_text(f"{reader.words('New good deeds:')} 2")
    assert landmark.bounding_box() == before
    expect(reader.main.get_by_text(first)).to_be_hidden()
    reader.tap(bar.get_by_role("button"))
    expect(reader.main.get_by_text(first)).to_be_visible()
    expect(reader.main.get_by_text(second)).to_be_visible()
    expect(bar).to_be_hidden()


def test_a_hidden_deed_goes_from_every_open_page(world: World, browse: Browse) -> None:
    title, new = f"Bread for {unique()}", f"Bread for {unique()}"
    dee, shown = world.person(Role.COORDINATOR), world.deed(title=title)
    readers = [browse(), browse(width=1280)]
    for reader, path in zip(readers, ("/", "/deeds"), strict=True):
        open_live(reader, path)
        expect(reader.main.get_by_text(title)).to_be_visible()
    with world.acting():
        deeds.hide(shown, by=viewer_of(dee), at=utcnow(), reason="Not so.")
    for reader in readers:
        expect(reader.main.get_by_text(title)).to_have_count(0)
    reader.page.mouse.wheel(0, 900)
    reader.page.wait_for_function("() => scrollY > 300")
    kept_back, bar = world.deed(title=new), reader.page.locator("#new-deeds")
    expect(bar).to_be_visible()
    with world.acting():
        deeds.hide(kept_back, by=viewer_of(dee), at=utcnow(), reason="Not so.")
    expect(bar).to_be_hidden()


def test_a_deed_that_is_revealed_comes_into_view_with_the_focus(world: World, browse: Browse) -> None:
    reader = browse(width=1280)
    open_live(reader, "/deeds")
    reader.page.mouse.wheel(0, 900)
    reader.page.wait_for_function("() => scrollY > 300")
    title = f"Bread for {unique()}"
    world.deed(title=title)
    button = reader.page.locator("#show-new")
    expect(button).to_be_visible()
    button.press("Enter")
    deed = reader.page.locator("#arrivals article").first
    expect(deed.get_by_role("link", name=title)).to_be_focused()
    expect(deed).to_be_in_viewport(ratio=1)


def test_after_a_cut_the_stream_goes_on_where_it_was(world: World, browse: Browse, server: Server) -> None:
    word = unique()
    request_id, ben = world.request(title=f"Bread for {word}"), world.person()
    with Relay() as relay:
        reader = browse(proxy=relay.proxy)
        reader.allow_offline()
        asked = resumptions(reader)
        open_live(reader, f"/requests?q={word}")
        arrivals = reader.page.locator("#arrivals article")
        world.deed(title=f"Seen {word}")
        expect(arrivals).to_have_count(1)

        relay.cut(server.live_port)
        expect(reader.page.locator("html[data-stream=cut]")).to_be_attached()
        world.deed(title=f"Missed {word}")
        world.claim(request_id, ben)
        relay.mend(server.live_port)
        expect(arrivals).to_have_count(2)
        expect(arrivals.first).to_contain_text(f"Missed {word}")
        expect(arrivals.last).to_contain_text(f"Seen {word}")
        expect(reader.card(request_id)).to_contain_text(reader.words("No places left"))
        assert asked(), "the browser did not say what it had seen last"


def test_a_new_stream_repeats_nothing(world: World, browse: Browse, server: Server) -> None:
    """A browser gives a stream up when it is refused; the page opens another, from where the page began."""
    word = unique()
    with Relay() as relay:
        reader = browse(proxy=relay.proxy)
        reader.allow_offline()
        reader.allow(503)
        open_live(reader, f"/requests?q={word}")
        arrivals = reader.page.locator("#arrivals article")
        world.deed(title=f"Seen {word}")
        expect(arrivals).to_have_count(1)

        reader.context.route(f"{server.live_url}/**", lambda route: route.fulfill(status=503))
        relay.cut(server.live_port)
        relay.mend(server.live_port)
        expect(reader.page.locator("html[data-stream=cut]")).to_be_attached()
        world.deed(title=f"Missed {word}")
        reader.context.unroute_all()
        wait_for_stream(reader)
        expect(arrivals).to_have_count(2)
        expect(arrivals.first).to_contain_text(f"Missed {word}")
        world.deed(title=f"Next {word}")
        expect(arrivals.first).to_contain_text(f"Next {word}")
        expect(arrivals).to_have_count(3)


def test_what_was_asked_for_is_not_told_again(world: World, browse: Browse, server: Server) -> None:
    """The page asks while the stream is cut; the stream, back again, repeats what the page has from asking."""
    word = unique()
    with Relay() as relay:
        reader = browse(proxy=relay.proxy)
        reader.allow_offline()
        reader.page.clock.install()
        open_live(reader, f"/requests?q={word}")
        arrivals = reader.page.locator("#arrivals article")
        relay.cut(server.live_port)
        expect(reader.page.locator("html[data-stream=cut]")).to_be_attached()
        world.deed(title=f"Missed {word}")
        reader.page.clock.fast_forward(16_000)
        expect(arrivals).to_have_count(1)
        relay.mend(server.live_port)
        wait_for_stream(reader)
        world.deed(title=f"Next {word}")
        expect(arrivals.first).to_contain_text(f"Next {word}")
        expect(arrivals).to_have_count(2)


def resumptions(tab: Tab) -> Callable[[], list[str]]:
    """The Last-Event-ID of each try to open the stream again, as it left the browser."""
    session = tab.context.new_cdp_session(tab.page)
    session.send("Network.enable")
    found: list[str] = []

    def note(event: dict[str, object]) -> None:
        headers = {name.lower(): value for name, value in dict(event["headers"]).items()}  # type: ignore[call-overload]
        if "last-event-id" in headers:
            found.append(str(headers["last-event-id"]))

    session.on("Network.requestWillBeSentExtraInfo", note)
    return lambda: list(found)


def test_without_the_stream_the_page_asks_for_the_same_pieces(world: World, browse: Browse) -> None:
    word = unique()
    request_id, ben = world.request(title=f"Bread for {word}"), world.person()
    reader = browse()
    reader.cut_stream()
    reader.page.clock.install()
    reader.open(f"/requests?q={word}")
    title = f"Seen by asking {word}"
    world.claim(request_id, ben)
    shown = world.deed(title=title)
    with reader.page.expect_response(re.compile("/live/changes")) as answer:
        reader.page.clock.fast_forward(16_000)
    assert answer.value.status == 200
    expect(reader.card(request_id)).to_contain_text(reader.words("No places left"))
    expect(reader.card(request_id).get_by_role("button", name=reader.words("Join the waiting list"))).to_be_visible()
    expect(reader.page.locator("#arrivals article")).to_have_count(1)
    expect(reader.page.locator("#arrivals")).to_contain_text(title)

    with reader.page.expect_response(re.compile("/live/changes")) as answer:
        reader.page.clock.fast_forward(16_000)
    assert answer.value.status == 204, "what was told once is not told again"
    world.release(request_id, ben)
    with reader.page.expect_response(re.compile("/live/changes")):
        reader.page.clock.fast_forward(16_000)
    expect(reader.card(request_id).get_by_role("button", name=reader.words("I'll help"))).to_be_visible()
    expect(reader.page.locator("#arrivals article")).to_have_count(1)

    dee = world.person(Role.COORDINATOR)
    with world.acting():
        deeds.hide(shown, by=viewer_of(dee), at=utcnow(), reason="Not so.")
        board.pause(request_id, by=viewer_of(dee), at=utcnow())
    reader.page.clock.fast_forward(16_000)
    expect(reader.page.locator("#arrivals article")).to_have_count(0)
    expect(reader.card(request_id)).to_contain_text(
        reader.words("This one is paused. Look in again later, or choose another.")
    )
    expect(reader.card(request_id).get_by_role("button")).to_have_count(0)


def test_a_promise_of_ones_own_stays_when_the_places_change(world: World, browse: Browse) -> None:
    """The stream's pieces are the same for all; they must not put "I'll help" on a card that is one's own."""
    word = unique()
    request_id = world.request(title=f"Bread for {word}", capacity=3)
    tab = browse(world.person())
    open_live(tab, f"/requests?q={word}")
    tab.press("I'll help", tab.card(request_id))
    card = tab.card(request_id)
    expect(card).to_contain_text(tab.words.plural("%(num)s place free", "%(num)s places free", 2))
    world.claim(request_id, world.person())
    expect(card).to_contain_text(tab.words.plural("%(num)s place free", "%(num)s places free", 1))
    expect(card.get_by_role("button", name=tab.words("Let go"))).to_be_visible()
    expect(card.get_by_role("button", name=tab.words("I'll help"))).to_have_count(0)


def test_when_the_next_in_line_gets_the_place(world: World, browse: Browse) -> None:
    """Cy waits; Ben lets go; Cy's next page says that the place is theirs."""
    word = unique()
    request_id, ben, cy = world.request(title=f"Bread for {word}"), world.person(), world.person()
    world.claim(request_id, ben)
    tab = browse(cy)
    tab.open(f"/requests?q={word}")
    tab.press("Join the waiting list", tab.card(request_id))
    tab.expect_notice("You are on the waiting list. We will tell you when a place is free.")
    expect(tab.card(request_id)).to_contain_text(
        tab.words("You are number %(position)s on the waiting list", position=1)
    )
    world.release(request_id, ben)
    tab.open("/me")
    expect(tab.page.get_by_role("region", name=tab.words("News for you"))).to_contain_text(word)
    expect(tab.main.get_by_role("button", name=tab.words("I have started"))).to_be_visible()


def test_a_tap_without_connection_loses_nothing(world: World, browse: Browse) -> None:
    word = unique()
    request_id = world.request(title=f"Bread for {word}")
    tab = browse(world.person())
    tab.allow_offline()
    tab.open(f"/requests?q={word}")
    tab.page.locator("#q").fill(f"{word} and more")
    tab.context.set_offline(True)
    tab.press("I'll help", tab.card(request_id))
    tab.expect_notice("No connection. Nothing is lost: try again in a moment.")
    expect(tab.page.locator("#q")).to_have_value(f"{word} and more")
    tab.context.set_offline(False)
    tab.press("I'll help", tab.card(request_id))
    tab.expect_notice("The place is yours. Thank you!")
