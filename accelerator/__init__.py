"""Accelerator of Good: requests for help, volunteers, and good deeds that anyone can check.

`create_app` reads as a table of contents: what the product is made of, in the order a request meets it.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from accelerator import (
    access,
    cli,
    compression,
    errors,
    i18n,
    incoming,
    notices,
    page_cache,
    security,
    templating,
)
from accelerator.accounts import sessions
from accelerator.accounts.routes import blueprint as accounts
from accelerator.appeals.routes import blueprint as appeals
from accelerator.appeals.routes import desk as appeals_desk
from accelerator.assets import Assets
from accelerator.board.fast_lane import FastLane
from accelerator.board.last_filters import KeepFilters
from accelerator.board.routes import blueprint as board
from accelerator.config import ROOT, Settings
from accelerator.dashboard.routes import blueprint as dashboard
from accelerator.database import PublicVersion
from accelerator.deeds.routes import blueprint as deeds
from accelerator.desk.routes import blueprint as desk
from accelerator.extensions import db, vault
from accelerator.health import blueprint as health
from accelerator.help.contacts.routes import blueprint as contacts
from accelerator.help.routes import blueprint as help_
from accelerator.live.routes import blueprint as live
from accelerator.questionnaire.routes import blueprint as questionnaire

FEATURES = (
    board, deeds, accounts, dashboard, desk, help_, contacts, appeals, appeals_desk, questionnaire, live, health,
)  # fmt: skip


class Application(Flask):
    """Flask, told that none of our functions is asynchronous: it would ask each of them on every request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """The application for ``settings``, or for those of the environment."""
    settings = settings or Settings.from_env()
    app = Application(__name__, template_folder=str(ROOT / "templates"), static_folder=None)
    configure(app, settings)

    app.session_interface = sessions.NoFlaskSession()
    db.init_app(app, settings)
    vault.init_app(settings)
    i18n.init_app(app)
    compression.init_app(app)
    incoming.init_app(app)
    access.init_app(app)
    security.init_app(app)
    app.after_request(sessions.set_cookie)
    notices.init_app(app)
    errors.init_app(app)
    templating.init_app(app)
    cli.init_app(app)

    for feature in FEATURES:
        app.register_blueprint(feature)

    put_cache_in_front(app, settings)
    return app


def configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        DEMONSTRATION=settings.is_demonstration,
        LANGUAGE=settings.default_language,
        LIVE_URL=settings.live_url,
        LIVE_PORT=settings.live_port,
        SESSION_COOKIE="__Host-session" if settings.has_secure_cookies else "session",
        SESSION_COOKIE_SECURE=settings.has_secure_cookies,
        MAX_FORM_PARTS=200,
    )
    app.url_map.strict_slashes = False
    app.url_map.converters["int"] = access.RowNumber
    app.jinja_options = {"trim_blocks": False, "lstrip_blocks": True}


def put_cache_in_front(app: Flask, settings: Settings) -> None:
    assets = Assets(ROOT / "static")
    app.extensions["assets"] = assets
    app.extensions["public_version"] = PublicVersion(db)
    version = app.extensions["public_version"]
    lane = FastLane(
        app.wsgi_app,
        version=version,
        session_cookie=app.config["SESSION_COOKIE"],
        default_language=settings.default_language,
        secret=settings.secret_key,
    )
    cache = page_cache.PageCache(
        lane,
        assets=assets,
        version=version,
        session_cookie=app.config["SESSION_COOKIE"],
        default_language=settings.default_language,
    )
    app.wsgi_app = KeepFilters(cache, secure=settings.has_secure_cookies)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
