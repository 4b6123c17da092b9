"""What messengers show beside links to the site's own pages: words, a picture, and the address that people use."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from webtest import TestResponse

from tests.cast import Cast
from tests.routes import running_app
from tests.site import Site

ADDRESS = "https://good.example.org"


@pytest.fixture
def app(database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    yield from running_app(database_kind, tmp_path, AOG_SITE_URL=ADDRESS)


def tags_of(page: TestResponse) -> dict[str, str]:
    tags = page.html.find_all("meta", content=True)
    return {tag.get("property") or tag.get("name"): tag["content"] for tag in tags}


@pytest.mark.parametrize("path", ["/", "/requests", "/requests?minutes=30", "/deeds"])
def test_the_sites_own_pages_have_a_picture(site: Site, path: str) -> None:
    for _ in range(2):  # drawn, then from memory
        tags = tags_of(site.get(path))
        assert tags["og:url"] == ADDRESS + path.partition("?")[0]
        assert tags["og:image"] == f"{ADDRESS}/share.png"
        assert tags["twitter:card"] == "summary_large_image"
        assert tags["og:title"]
        assert tags["og:description"] == tags["description"]
    picture = site.get(tags["og:image"].removeprefix(ADDRESS))
    size = (int(tags["og:image:width"]), int(tags["og:image:height"]))
    assert Image.open(io.BytesIO(picture.body)).size == size


def test_the_board_of_people_with_an_account_has_it_too(site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    ben.web.set_cookie("__Host-session", ben.web.cookies["session"])
    for _ in range(2):
        tags = tags_of(ben.get("/requests"))
        assert (tags["og:url"], tags["og:image"]) == (f"{ADDRESS}/requests", f"{ADDRESS}/share.png")
