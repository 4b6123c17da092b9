"""Numbers with their goals: a table for people, JSON for machines."""

import json
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Goal:
    """A bound that a value must keep."""

    bound: float
    is_least: bool = False

    def __str__(self) -> str:
        return f"{'>=' if self.is_least else '<='} {self.bound:g}"

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.is_least else value <= self.bound


def at_least(bound: float) -> Goal:
    return Goal(bound, is_least=True)


def at_most(bound: float) -> Goal:
    return Goal(bound)


@dataclass(frozen=True)
class Result:
    """One number. ``goal`` and ``met`` are empty for numbers that are only told."""

    name: str
    value: float
    unit: str
    goal: str | None
    met: bool | None


@dataclass
class Report:
    """All results of a run, and the runs that they were made from."""

    results: list[Result] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, value: float, unit: str, goal: Goal | None = None) -> None:
        value = round(value, 3 if abs(value) < 10 else 1)
        met = goal.is_met(value) if goal else None
        self.results.append(Result(name, value, unit, str(goal) if goal else None, met))

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        dump(folder / "latest.json", [asdict(result) for result in self.results])
        dump(folder / "raw.json", self.raw)

    def table(self) -> Iterable[str]:
        width = max((len(result.name) for result in self.results), default=0)
        marks = {True: "met", False: "MISSED", None: ""}
        for result in self.results:
            number = f"{result.value:,.3f}" if abs(result.value) < 10 else f"{result.value:,.1f}"
            yield f"{result.name:{width}}  {number:>12} {result.unit:14} {result.goal or '':>10}  {marks[result.met]}"


def dump(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def median(values: Iterable[float]) -> float:
    return statistics.median(list(values))
