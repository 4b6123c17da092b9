"""Short runs of wrk, interleaved: every round measures each page once, so that noise falls on all alike."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.results import median
from tests.bench.servers import HOST, Server

CONNECTIONS = 32
WARM_UP_SECONDS = 1
#: So many at once wait their turn for seconds; wrk would call that a failure after two. p99 tells how long it was.
PATIENCE = "10s"

#: ``@`` in the path becomes a number that grows with each request, so that no cache has the page.
SCRIPT = """
local number = @START
local headers = {@HEADERS}
request = function()
  number = number + 1
  return wrk.format("GET", (string.gsub("@PATH", "@", string.format("%.0f", number))), headers)
end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %d, "micros": %d, "bytes": %d, "bad": %d, "p50": %d, "p99": %d}\\n',
    summary.requests, summary.duration, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Target:
    """A page to measure. ``start``: the first number for the ``@`` in ``path``."""

    name: str
    server: Server
    path: str
    cookie: str = ""
    start: int = 0


@dataclass(frozen=True)
class Run:
    """One short run."""

    rps: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    bytes_each: float
    bad: int


@dataclass(frozen=True)
class Measured:
    """The medians of a target's runs, and the sum of its failures."""

    rps: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    bytes_each: float
    bad: int


class Load:
    """Measures targets in rounds and keeps every run."""

    def __init__(self, rounds: int, seconds: int) -> None:
        self._rounds = rounds
        self._seconds = seconds
        self._asked = 0
        self.raw: dict[str, list[dict[str, Any]]] = {}

    def measure(self, targets: Sequence[Target]) -> dict[str, Measured]:
        runs: dict[str, list[Run]] = {target.name: [] for target in targets}
        for target in targets:
            self._run(target, WARM_UP_SECONDS)
        for number in range(self._rounds):
            # There and back: whoever runs second in one round, on a warmer or a busier machine, runs first in the next.
            for target in targets if number % 2 == 0 else targets[::-1]:
                runs[target.name].append(self._run(target, self._seconds))
        self.raw |= {name: [asdict(run) for run in found] for name, found in runs.items()}
        return {name: summarise(found) for name, found in runs.items()}

    def ratio(self, name: str, other: str) -> float:
        """The CPU of one target against another: the median over rounds, because a round's noise falls on both."""
        pairs = zip(self.raw[name], self.raw[other], strict=True)
        return median(one["cpu_us"] / two["cpu_us"] for one, two in pairs)

    def _run(self, target: Target, seconds: int) -> Run:
        cpu = target.server.cpu()
        told = self._wrk(target, seconds)
        cpu = target.server.cpu() - cpu
        requests = max(1, told["requests"])
        self._asked += requests
        return Run(
            rps=requests * 1e6 / told["micros"],
            cpu_us=cpu * 1e6 / requests,
            p50_ms=told["p50"] / 1000,
            p99_ms=told["p99"] / 1000,
            bytes_each=told["bytes"] / requests,
            bad=told["bad"],
        )

    def _wrk(self, target: Target, seconds: int) -> dict[str, int]:
        headers = {"Accept-Encoding": "gzip, br", "Accept-Language": "ru"}
        if target.cookie:
            headers["Cookie"] = target.cookie
        lines = ", ".join(f'["{name}"] = "{value}"' for name, value in headers.items())
        script = SCRIPT.replace("@PATH", target.path).replace("@HEADERS", lines)
        script = script.replace("@START", str(target.start + self._asked))
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            Path(file.name).write_text(script, "utf-8")
            output = subprocess.run(
                ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "--timeout", PATIENCE, "-s", file.name,
                 f"http://{HOST}:{target.server.port}/"],
                stdout=subprocess.PIPE, text=True, check=True,
            ).stdout  # fmt: skip
        found: dict[str, int] = json.loads(output.strip().splitlines()[-1])
        return found


def summarise(runs: Sequence[Run]) -> Measured:
    return Measured(
        rps=median(run.rps for run in runs),
        cpu_us=median(run.cpu_us for run in runs),
        p50_ms=median(run.p50_ms for run in runs),
        p99_ms=median(run.p99_ms for run in runs),
        bytes_each=median(run.bytes_each for run in runs),
        bad=sum(run.bad for run in runs),
    )
