"""What a first visit to the board weighs on a phone, in a real Chromium with an empty cache."""

import urllib.request
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser

from tests.bench.data import copied
from tests.bench.results import Report, at_most
from tests.bench.servers import running_web
from tests.chromium import running_chromium

SETTLE_MS = 1_500
FIRST_VISIT = {"board": "/requests", "home": "/", "feed": "/deeds"}


@dataclass(frozen=True)
class Fetched:
    """One file of a visit: its address, kind, and the bytes that came, head and body."""

    url: str
    kind: str
    bytes: int


def measure_weight(report: Report) -> None:
    with copied("city") as instance, running_web(instance) as web, running_chromium() as browser:
        for name, path in FIRST_VISIT.items():
            fetched = visit(browser, f"{web.url}{path}")
            brotli = sum(weigh(each.url, "br") for each in fetched)
            gzip = sum(weigh(each.url, "gzip") for each in fetched)
            is_goal = name == "board"
            report.add(f"first visit, {name}: files", len(fetched), "requests", at_most(6) if is_goal else None)
            report.add(f"first visit, {name}: bodies, br", brotli / 1024, "KB", at_most(40) if is_goal else None)
            report.add(f"first visit, {name}: bodies, gzip", gzip / 1024, "KB", at_most(40) if is_goal else None)
            total = sum(each.bytes for each in fetched)
            report.add(f"first visit, {name}: as Chromium counts, with heads", total / 1024, "KB")
            report.raw[f"first visit, {name}"] = [
                [each.url, each.kind, each.bytes, weigh(each.url, "br"), weigh(each.url, "gzip")] for each in fetched
            ]


def visit(browser: Browser, url: str) -> list[Fetched]:
    """Everything that one page view fetched, but the live stream, which stays open."""
    context = browser.new_context(viewport={"width": 412, "height": 915}, device_scale_factor=2.6, is_mobile=True)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    kinds: dict[str, tuple[str, str]] = {}
    sizes: dict[str, int] = {}

    def asked(told: dict[str, Any]) -> None:
        kinds[told["requestId"]] = (told["request"]["url"], told.get("type", ""))

    def finished(told: dict[str, Any]) -> None:
        sizes[told["requestId"]] = int(told["encodedDataLength"])

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", finished)
    page.goto(url)
    page.wait_for_timeout(SETTLE_MS)
    context.close()
    return [
        Fetched(address, kind, sizes.get(number, 0))
        for number, (address, kind) in kinds.items()
        if kind != "EventSource" and not address.startswith("data:")
    ]


def weigh(url: str, encoding: str) -> int:
    """The length of the body of ``url`` in this encoding."""
    asked = urllib.request.Request(url, headers={"Accept-Encoding": encoding, "Accept-Language": "ru"})  # noqa: S310
    with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 (our own server)
        return len(answer.read())
