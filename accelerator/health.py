"""``/healthz``: whether this process can read and write its database; and the design page while developing."""

import threading
import time

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template
from sqlalchemy import select

from accelerator.access import Access, UrlTable
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityHead

blueprint = Blueprint("health", __name__)
urls = UrlTable(blueprint)

#: The lock of writers is asked for once in so many seconds, however often somebody looks: nobody is slowed down by it.
EVERY = 1.0
#: Writers who hold it at every look for so many seconds, and write nothing, are stuck.
STUCK = 60.0


class WritersStuck(Exception):
    """Somebody holds the lock of writers and does nothing with it."""


class WriteWatch:
    """What one process knows about writing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._busy_since: float | None = None
        self._events = 0
        self._broken: Exception | None = None

    def check(self, events: int) -> None:
        """Look whether a write could begin. A busy database is healthy. Raises what keeps everybody from writing."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked_at >= EVERY:
                self._look(events, now)
            if self._broken:
                raise self._broken

    def _look(self, events: int, now: float) -> None:
        self._looked_at, self._broken = now, None
        try:
            is_alive = db.is_free() or events != self._events
        except Exception as error:
            self._broken = error
            return
        self._events = events
        self._busy_since = None if is_alive else self._busy_since or now
        if self._busy_since and now - self._busy_since > STUCK:
            self._broken = WritersStuck()


def check_health() -> tuple[Response, int]:
    """200 when the database can be read and a write could begin, else 503 and the reason."""
    try:
        seq = db.read.scalars(select(IntegrityHead.seq)).one()
        current_app.extensions.setdefault("write_watch", WriteWatch()).check(seq)
    except Exception as error:
        current_app.logger.exception("The database cannot be written")
        return jsonify(ok=False, reason=name_reason(error)), 503
    return jsonify(ok=True, events=seq), 200


def name_reason(error: Exception) -> str:
    """Kinds of the error, ours and the driver's: ``InternalError: ReadOnlySqlTransaction``. No addresses."""
    driver = getattr(error, "orig", None)
    if driver is None:
        return type(error).__name__
    code = getattr(driver, "sqlite_errorname", "") or type(driver).__name__
    return f"{type(error).__name__}: {code}"


def show_design() -> Response:
    return make_response(render_template("design.html"))


urls.page("/healthz", check_health, Access.ANYONE)
urls.page("/design", show_design, Access.DEMONSTRATION)
