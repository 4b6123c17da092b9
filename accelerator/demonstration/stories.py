"""What happens in the demonstration, step by step, through the product's own transitions.

A story in a TOML file has steps, each so many hours ago. The steps of all stories are made in the order of time, so
that the log reads as it would have been written.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accelerator.accounts.models import User
from accelerator.accounts.viewer import Viewer, as_viewer


@dataclass(frozen=True)
class Step:
    """One thing that happens at a moment."""

    at: datetime
    make: Callable[[], object]


@dataclass(frozen=True)
class Cast:
    """The people of the demonstration by their keys, as those who act."""

    users: dict[str, User]
    regions: dict[str, frozenset[str]]

    def viewer(self, key: str, *, at: datetime) -> Viewer:
        return as_viewer(self.users[key], session_seen_at=at, regions=self.regions[key])


@dataclass
class Story:
    """A row of a file on its way; ``id`` is that of the request or the appeal once it is there."""

    row: dict[str, Any]
    cast: Cast
    now: datetime
    id: int = 0

    @property
    def form_key(self) -> str:
        """What its tracking code is made of, by a hash that each instance keys anew: it can be told again."""
        return form_key_of(self.row)


Act = Callable[[Story, dict[str, Any], datetime], object]


def form_key_of(row: dict[str, Any]) -> str:
    return f"demonstration:{row['key']}"


def steps_of(story: Story, acts: dict[str, Act], *, begins: datetime | None = None) -> Iterable[Step]:
    """The steps of a story; one without hours is made when the story ``begins``."""
    for step in story.row["step"]:
        at = story.now - timedelta(hours=step["hours_ago"]) if "hours_ago" in step else begins or story.now
        yield Step(at, lambda step=step, at=at: acts[step["do"]](story, step, at))  # type: ignore[misc]


def make(steps: Iterable[Step]) -> None:
    for step in sorted(steps, key=lambda step: step.at):
        step.make()
