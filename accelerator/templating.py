"""What every template can use: addresses of files, the frame's variables, a few filters."""

import time
from datetime import datetime
from typing import Any

from flask import Flask, current_app, request

from accelerator import formatting, i18n, notices, security
from accelerator.accounts.sessions import current_viewer
from accelerator.board import last_filters
from accelerator.clock import utcnow
from accelerator.config import LANGUAGE_NAMES
from accelerator.extensions import db
from accelerator.page_cache import PATHS
from accelerator.reference import places
from accelerator.safe_next import safe_next


def init_app(app: Flask) -> None:
    app.jinja_env.globals["asset"] = lambda name: app.extensions["assets"].url(name)
    app.jinja_env.globals["language_names"] = LANGUAGE_NAMES
    app.jinja_env.globals["site_url"] = app.config["SETTINGS"].site_url
    app.jinja_env.filters["number"] = formatting.number
    app.jinja_env.filters["excerpt"] = formatting.excerpt
    app.jinja_env.filters["duration"] = formatting.duration
    app.jinja_env.filters["event_words"] = formatting.event_words
    app.jinja_env.filters["moment"] = moment
    app.context_processor(frame)


def moment(value: datetime, region_code: str) -> str:
    """A moment in the region's zone: "today 17:00"."""
    return formatting.day_and_time(value, utcnow(), places(db.read).zone(region_code))


def frame() -> dict[str, Any]:
    """Variables of the page frame (``page.html``); outside a request only the language."""
    if not request:
        return {"locale": i18n.current_language()}
    viewer = current_viewer()
    seq = current_app.extensions["public_version"](time.monotonic())
    return {
        "locale": i18n.current_language(),
        "here": here(),
        "board_url": board_url(),
        "viewer": viewer,
        "csrf_token": security.csrf_token() if viewer or request.path not in PATHS else None,
        "notices": notices.take_notices(),
        "live_seq": seq,
        "live_url": f"{security.live_url()}?lang={i18n.current_language()}&last-event-id={seq}",
    }


def board_url() -> str:
    """The board as this reader left it; what is kept for everybody names the way there."""
    if request.path in PATHS:
        return last_filters.WAY_BACK
    return last_filters.address(request.cookies.get(last_filters.COOKIE))


def here() -> str:
    """The address of this page, for forms that come back to it."""
    if request.method == "GET":
        return safe_next(request.full_path.rstrip("?")) or "/"
    return request.path if request.url_rule and "GET" in (request.url_rule.methods or ()) else "/"
