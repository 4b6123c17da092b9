"""Memory of everything that ``flask serve`` starts, itself included, at rest and while pages are asked for."""

import threading
import time

from tests.bench.data import copied, sign_in
from tests.bench.load import Load, Target
from tests.bench.results import Report, at_most
from tests.bench.servers import Server, running_everything

MEGABYTE = 1024 * 1024
LOOK_EVERY = 0.3


def measure_memory(report: Report, load: Load) -> None:
    """The sum of PSS: what processes share is counted once."""
    with copied("city") as instance, running_everything(instance) as all_of_it:
        cookie = f"session={sign_in(instance, 1)[0]}"
        targets = [
            Target("board", all_of_it, "/requests?x=@"),
            Target("board, signed in", all_of_it, "/requests", cookie),
            Target("feed", all_of_it, "/deeds?after=@-0", start=1_000_000_000_000_000),
            Target("own page", all_of_it, "/me", cookie),
        ]
        time.sleep(2)
        rest = all_of_it.memory().pss
        with Watch(all_of_it) as watch:
            load.measure(targets)
    report.add("memory at rest (PSS of all processes)", rest / MEGABYTE, "MB", at_most(200))
    report.add("memory under load (most PSS of all processes)", watch.most / MEGABYTE, "MB", at_most(300))


class Watch(threading.Thread):
    """Looks again and again and keeps the most that it saw."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._stopping = threading.Event()
        self.most = 0

    def run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            self.most = max(self.most, self._server.memory().pss)

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.join()
