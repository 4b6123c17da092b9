"""A site by https: cookies that only travel so, and browsers that remember it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.cast import Cast
from tests.routes import running_app
from tests.site import Site
from tests.test_security_headers import cookies_of_a_life


@pytest.fixture
def app(database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    yield from running_app(database_kind, tmp_path, AOG_SITE_URL="https://good.example.org")


@pytest.fixture
def site(app: Flask, cast: Cast) -> Site:
    site = Site(app)
    site.web.extra_environ["HTTP_HOST"] = "good.example.org"
    return site


def test_every_cookie_is_for_https_only(site: Site) -> None:
    found = cookies_of_a_life(site)
    assert any(cookie.startswith("__Host-session=") for cookie in found)
    for cookie in found:
        for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert word in cookie, cookie
        assert "Domain" not in cookie


def test_browsers_are_told_to_stay_with_https(site: Site) -> None:
    assert site.web.get("/help").headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_session_cookie_without_its_prefix_is_nobody(site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    answer = site.web.get("/me", headers={"Cookie": f"session={ben.web.cookies['session']}"}, status="*")
    assert answer.status_int == 303
