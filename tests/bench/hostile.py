"""What the worst input costs: texts that are made to be slow, and pictures that promise too much."""

import tempfile
import time
from pathlib import Path

from accelerator.screening.finding import find_private
from tests.bench.results import Report, at_most
from tests.screening.test_finding import LONGEST, PIECES
from tests.test_photos import many_scans, measured, png_header

TRIES = 5


def measure_hostile(report: Report) -> None:
    took = {piece: seconds_to_read((piece * LONGEST)[:LONGEST]) for piece in PIECES}
    report.add(f"hostile text of {LONGEST} characters: slowest of {len(PIECES)}", 1000 * max(took.values()), "ms CPU")
    report.raw["hostile texts"] = took
    bombs = {"50,000 x 50,000 pixels": png_header(50_000, 50_000), "20,000 scans": many_scans(20_000)}
    with tempfile.TemporaryDirectory(prefix="aog-bench-") as folder:
        for name, data in bombs.items():
            _, seconds, mebibytes = measured(data, Path(folder))
            report.add(f"picture of {name}: refused within", seconds, "s CPU", at_most(1))
            report.add(f"picture of {name}: most memory", mebibytes, "MB", at_most(200))


def seconds_to_read(text: str) -> float:
    """Processor seconds, the least of a few tries."""
    least = float("inf")
    for _ in range(TRIES):
        begun = time.process_time()
        find_private(text)
        least = min(least, time.process_time() - begun)
    return least
