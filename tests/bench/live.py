"""Thousands of open pages and one real claim: how long until all have heard of it, and what they cost."""

from contextlib import closing
from dataclasses import asdict

from tests.bench.clients import race
from tests.bench.data import copied, free_requests, sign_in
from tests.bench.live_clients import LOCALHOST, Subscribers, measure, raise_open_files
from tests.bench.results import Report, at_most, median
from tests.bench.servers import Server, running_background, running_web

#: A claim is two events of the stream (for cards with and without a button) and the number of the log.
MESSAGES_A_CLAIM = 3
TIMEOUT = 20.0


def measure_live(report: Report, clients: tuple[int, ...], claims: int) -> None:
    raise_open_files()
    with copied("city") as instance, running_background(instance) as hub, running_web(instance) as web:
        sessions = sign_in(instance, 1 + len(clients) * claims)
        free = free_requests(instance)

        def claim() -> None:
            (answer,) = race(web.port, [sessions.pop()], free.pop())
            if answer.status != 200:
                raise RuntimeError(f"the claim was answered with {answer.status}")

        measure(LOCALHOST, hub.port, 10, claim, MESSAGES_A_CLAIM, TIMEOUT)  # warm up
        alone = hub.memory().uss
        for count in clients:
            each_page = (memory_with(hub, count) - alone) / count
            found = [measure(LOCALHOST, hub.port, count, claim, MESSAGES_A_CLAIM, TIMEOUT) for _ in range(claims)]
            missed = sum(count * MESSAGES_A_CLAIM - each.received for each in found)
            name = f"live, {count:,} pages"
            report.add(f"{name}: p50 from the click", median(each.p50_ms for each in found), "ms")
            report.add(f"{name}: p95 from the click", median(each.p95_ms for each in found), "ms", at_most(1_000))
            report.add(f"{name}: messages missed", missed, "messages", at_most(0))
            report.add(f"{name}: memory of the hub", each_page / 1024, "KB/page", at_most(5))
            report.raw[name] = [asdict(each) for each in found]


def memory_with(hub: Server, count: int) -> int:
    """Private memory (USS) with so many pages open, for the first time: what they leave behind is used again."""
    with closing(Subscribers(LOCALHOST, hub.port)) as subscribers:
        subscribers.open(count)
        return hub.memory().uss
