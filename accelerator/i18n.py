"""Which language a reader gets, and the words for codes that the database keeps.

Without a choice: the account's language, then the browser's, then the configured one.
"""

from functools import lru_cache

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from accelerator.config import LANGUAGES
from accelerator.extensions import babel

COOKIE = "lang"
#: The name of the language menu's buttons where they send the page's own form along (``words_form`` in ``page.html``).
#: No question and no field can have a name with a hyphen.
OTHER_LANGUAGE = "other-language"


def init_app(app: Flask) -> None:
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "UTC"
    babel.init_app(app, locale_selector=select_language)


def select_language() -> str:
    """The reader's language, decided once per request."""
    if not has_request_context():
        return str(current_app.config["LANGUAGE"])
    if "language" not in g:
        viewer = g.get("viewer")
        g.language = choose(
            request.cookies.get(COOKIE),
            viewer.locale if viewer else None,
            request.headers.get("Accept-Language", ""),
            current_app.config["LANGUAGE"],
        )
    return str(g.language)


def choose(cookie: str | None, account: str | None, accept: str, default: str) -> str:
    """The first of: the reader's choice, the account's, the browser's, the configured language."""
    if cookie in LANGUAGES:
        return cookie
    if account in LANGUAGES:
        return account
    return best_of(accept) or default


@lru_cache(maxsize=512)
def best_of(accept_language: str) -> str | None:
    """The best language of an ``Accept-Language`` header; `None` when we speak none of them."""
    wanted = parse_accept_header(accept_language[:200], LanguageAccept)
    return wanted.best_match(LANGUAGES)


def switched_to() -> str | None:
    """The language that a form came along into: its view shows it again with what was typed, and takes nothing yet."""
    code = request.form.get(OTHER_LANGUAGE)
    return code if code in LANGUAGES else None


def current_language() -> str:
    """kk, ru or en. Outside of a request (the hub, mail) it is the one that `force_locale` says."""
    return select_language() if has_request_context() else str(get_locale())
