"""From when on a promise can be started and told of: what has an hour of its own waits for it."""

from datetime import datetime, timedelta
from typing import Any

from accelerator.board.models import Timing

#: People set out before the hour: the way is a part of the help.
SET_OUT = timedelta(hours=2)


def begins_at(request: Any) -> datetime | None:
    """The hour of a request that has one."""
    hour: datetime | None = request.starts_at if request.timing in (Timing.AT, Timing.REPEATING) else None
    return hour


def start_opens(request: Any) -> datetime | None:
    """From when on "I have started" is true; `None`: at any time."""
    hour = begins_at(request)
    return hour - SET_OUT if hour else None


def is_before(at: datetime, opens: datetime | None) -> bool:
    return opens is not None and at < opens
