"""Measures the product with real processes on 127.0.0.1:  python -m tests.bench [--quick] [--country] [--only NAME]

Prints a table and writes ``instance/bench/latest.json`` and, with every single run, ``raw.json``.
The machine need not be quiet: each round measures everything once beside a bare Flask page, the server's CPU
time per request is counted, and medians are told. Seeded data is kept in ``instance/bench`` for the next time.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.claims import measure_claims
from tests.bench.data import FOLDER
from tests.bench.desk import measure_desk
from tests.bench.hostile import measure_hostile
from tests.bench.live import measure_live
from tests.bench.load import Load
from tests.bench.memory import measure_memory
from tests.bench.pages import measure_growth, measure_pages
from tests.bench.results import Report
from tests.bench.weight import measure_weight


@dataclass(frozen=True)
class Plan:
    """How long to measure, and how much data to measure with."""

    rounds: int
    seconds: int
    sizes: tuple[str, ...]
    live_clients: tuple[int, ...]
    is_quick: bool

    def load(self) -> Load:
        return Load(self.rounds, self.seconds)


PARTS: dict[str, Callable[[Report, Plan], None]] = {
    "pages": lambda report, plan: measure_pages(report, plan.load()),
    "growth": lambda report, plan: measure_growth(report, plan.load(), plan.sizes),
    "desk": lambda report, plan: measure_desk(report, plan.load()),
    "claims": lambda report, plan: measure_claims(report, races=1 if plan.is_quick else 3),
    "hostile": lambda report, plan: measure_hostile(report),
    "weight": lambda report, plan: measure_weight(report),
    "live": lambda report, plan: measure_live(report, plan.live_clients, claims=1 if plan.is_quick else 5),
    "memory": lambda report, plan: measure_memory(report, plan.load()),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round of each")
    parser.add_argument("--country", action="store_true", help="grow to two million deeds (seeding takes minutes)")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part (may be given again)")
    options = parser.parse_args()
    plan = Plan(
        rounds=1 if options.quick else 5,
        seconds=1 if options.quick else 2,
        sizes=("small", "city", "country") if options.country else ("small", "city"),
        live_clients=(200,) if options.quick else (1_000, 5_000),
        is_quick=options.quick,
    )
    report = Report()
    for name in options.only or PARTS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        PARTS[name](report, plan)
        report.write(FOLDER)
    print(*report.table(), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
