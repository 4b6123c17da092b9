"""What a first visit costs on mobile data: an empty cache, gzip, plain http."""

from typing import Any

from tests.browser.conftest import Browse
from tests.browser.tabs import Tab
from tests.browser.world import QUIET, World, unique

MOST_REQUESTS = 6
MOST_BYTES = 40 * 1024


class Meter:
    """Counts what comes over the wire, heads of answers included. ``keep``: with the browser's own store of files."""

    def __init__(self, tab: Tab, *, keep: bool = False) -> None:
        self.addresses: dict[str, str] = {}
        self.bytes: dict[str, float] = {}
        session = tab.context.new_cdp_session(tab.page)
        session.on("Network.requestWillBeSent", self._begin)
        session.on("Network.dataReceived", self._receive)
        session.on("Network.loadingFinished", self._finish)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": not keep})
        tab.context.set_extra_http_headers({"Accept-Encoding": "gzip"})

    def _begin(self, event: dict[str, Any]) -> None:
        self.addresses[event["requestId"]] = event["request"]["url"]

    def _receive(self, event: dict[str, Any]) -> None:
        """Of the live stream this is all there is: it never finishes."""
        self.bytes[event["requestId"]] = self.bytes.get(event["requestId"], 0) + event["encodedDataLength"]

    def _finish(self, event: dict[str, Any]) -> None:
        self.bytes[event["requestId"]] = event["encodedDataLength"]

    def report(self) -> str:
        return "\n".join(f"{self.bytes.get(key, 0):>8.0f} {url}" for key, url in self.addresses.items())


def test_the_first_visit_of_the_board(world: World, browse: Browse) -> None:
    """A whole page of cards, in a region of its own: what other tests put on the board weighs nothing here."""
    for _ in range(25):
        world.request(title=f"Дәріханадан дәрі әкеліп беру, {unique()}", locale="kk", region=QUIET, district=None)
    tab = browse(language="kk")
    meter = Meter(tab)
    with tab.page.expect_response(lambda answer: "/live" in answer.url):
        tab.open(f"/requests?region={QUIET}")
    tab.page.wait_for_load_state("load")
    assert len(meter.addresses) <= MOST_REQUESTS, meter.report()
    assert sum(meter.bytes.values()) <= MOST_BYTES, meter.report()
    assert sum(meter.bytes.values()) > 10_000, f"measured too little:\n{meter.report()}"


def test_the_second_page_brings_its_own_words_only(browse: Browse) -> None:
    """Style, script and drawings are kept for a year."""
    tab = browse(language="kk")
    tab.open("/requests")
    tab.page.wait_for_load_state("load")
    meter = Meter(tab, keep=True)
    tab.open("/deeds")
    tab.page.wait_for_load_state("load")
    fetched = [url for key, url in meter.addresses.items() if meter.bytes.get(key) and "favicon" not in url]
    assert not [url for url in fetched if "/static/" in url], meter.report()
