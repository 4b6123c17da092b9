"""What a page costs beside bare Flask on the same server: from memory, signed in, and at growing size."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from tests.bench.data import copied, like_person, middle_of, seeded, sign_in, sign_in_as
from tests.bench.load import Load, Measured, Target
from tests.bench.results import Report, at_least, at_most
from tests.bench.servers import Server, running_hello, running_web

ANONYMOUS = {"home": "/", "board": "/requests", "feed": "/deeds"}
#: The least share of bare Flask's requests a second, in percent, that this stage asks.
SIGNED_IN_GOAL = at_least(35)
ANONYMOUS_GOAL = at_least(100)
ANONYMOUS_CPU_GOAL = at_least(500)
GROWTH_GOAL = at_most(1.1)
RARE, COMMON = quote("телескоп"), quote("для")


def measure_pages(report: Report, load: Load) -> None:
    """Anonymous and signed-in pages at ``city``, interleaved with bare Flask."""
    with copied("city") as instance, running_hello(instance) as hello, running_web(instance) as web:
        cookie = f"session={sign_in(instance, 1)[0]}"
        targets = [Target("bare Flask", hello, "/")]
        targets += [Target(f"{name}, anonymous", web, path) for name, path in ANONYMOUS.items()]
        targets += [
            Target("board, signed in", web, "/requests", cookie),
            Target("feed, signed in", web, "/deeds", cookie),
            Target("own page, signed in", web, "/me", cookie),
            Target("board, not in memory", web, "/requests?x=@"),
        ]
        found = load.measure(targets)
    bare = found["bare Flask"]
    for name, page in found.items():
        tell(report, name, page)
        if page is not bare:
            compare(report, name, page, bare)
    report.raw["pages"] = load.raw


def tell(report: Report, name: str, page: Measured) -> None:
    report.add(f"{name}: server CPU", page.cpu_us, "us/request")
    report.add(f"{name}: requests", page.rps, "/s")
    report.add(f"{name}: p50", page.p50_ms, "ms")
    report.add(f"{name}: p99", page.p99_ms, "ms")
    report.add(f"{name}: failed", page.bad, "requests", at_most(0))


def compare(report: Report, name: str, page: Measured, bare: Measured) -> None:
    """Requests a second and CPU against bare Flask; both in percent, more is better."""
    rps_goal, cpu_goal = None, None
    if name.endswith("anonymous"):
        rps_goal, cpu_goal = ANONYMOUS_GOAL, ANONYMOUS_CPU_GOAL
    elif name == "board, signed in":
        rps_goal, cpu_goal = SIGNED_IN_GOAL, SIGNED_IN_GOAL
    report.add(f"{name}: requests/s against bare Flask", 100 * page.rps / bare.rps, "%", rps_goal)
    report.add(f"{name}: by CPU against bare Flask", 100 * bare.cpu_us / page.cpu_us, "%", cpu_goal)


def measure_growth(report: Report, load: Load, sizes: Sequence[str]) -> None:
    """Lists that no cache has, at each size, interleaved; the ratio of CPU to ``small``."""
    with ExitStack() as stack:
        targets = []
        for size in sizes:
            instance = seeded(size)
            targets += list(lists_of(size, instance, stack.enter_context(running_web(instance))))
        # The same page at each size comes one after the other.
        targets.sort(key=lambda target: target.name.partition(" at ")[0])
        found = load.measure(targets)
    for target in targets:
        name, _, size = target.name.partition(" at ")
        page = found[target.name]
        report.add(f"{target.name}: server CPU", page.cpu_us, "us/request")
        report.add(f"{target.name}: failed", page.bad, "requests", at_most(0))
        if size != "small":
            ratio = load.ratio(target.name, f"{name} at small")
            report.add(f"{name}: {size} against small", ratio, "times", GROWTH_GOAL)
    report.raw["growth"] = load.raw


def lists_of(size: str, instance: Path, web: Server) -> Iterator[Target]:
    """First pages, deep pages and searches; the number in each address keeps caches out and changes nothing else."""
    board, feed = middle_of(instance, "board"), middle_of(instance, "feed")
    paths = {
        "board": ("/requests?after=@-0", 0),
        "feed": ("/deeds?after=@-0", 4_000_000_000_000_000),
        "board, deep page": ("/requests?after=@-0", board),
        "feed, deep page": ("/deeds?after=@-0", feed),
        "search, common word": (f"/requests?q={COMMON}&after=@-0", 0),
        "search, rare word": (f"/requests?q={RARE}&after=@-0", 0),
    }
    for name, (path, start) in paths.items():
        yield Target(f"{name} at {size}", web, path, start=start)
    cookie = f"session={sign_in_as(instance, like_person(instance))}"
    yield Target(f"own page at {size}", web, "/me", cookie)
