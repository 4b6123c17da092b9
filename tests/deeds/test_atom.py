"""The feed for feed readers: well-formed, escaped, in the reader's language (RFC 4287)."""

from datetime import datetime
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from webtest import TestResponse

from accelerator.deeds.models import DeedStatus
from tests.factories import make_deed
from tests.site import Site

ATOM = "{http://www.w3.org/2005/Atom}"


def read(response: TestResponse) -> ET.Element:
    assert response.content_type == "application/atom+xml"
    return ET.fromstring(response.body)  # noqa: S314 (our own answer)


def text(element: ET.Element, path: str) -> str:
    found = element.findtext("/".join(ATOM + part for part in path.split("/")))
    assert found, path
    return found


def test_it_has_what_readers_need(context: Flask, site: Site) -> None:
    first, second = make_deed(title="First", doer_name=""), make_deed(title="Second")
    feed = read(site.get("/deeds.atom"))
    entries = feed.findall(f"{ATOM}entry")
    assert [text(entry, "title") for entry in entries] == ["Second", "First"]
    assert [text(entry, "author/name") for entry in entries] == ["Ben", "Someone good"]
    assert [text(entry, "id").rpartition("/")[2] for entry in entries] == [str(second), str(first)]
    for element in (feed, *entries):
        assert datetime.fromisoformat(text(element, "updated")).tzinfo
        assert text(element, "id").startswith("http")
    assert {link.get("rel") for link in feed.findall(f"{ATOM}link")} == {"self", "alternate"}
    site.get(entries[0].find(f"{ATOM}link").get("href", "").removeprefix("http://127.0.0.1:8000"))  # type: ignore[union-attr]


def test_what_people_wrote_is_escaped(context: Flask, site: Site) -> None:
    hostile = "<b>&amp; ]]> \"'</entry>🍎"
    make_deed(title=hostile, story=hostile, doer_name=hostile)
    (entry,) = read(site.get("/deeds.atom")).findall(f"{ATOM}entry")
    assert text(entry, "title") == text(entry, "content") == text(entry, "author/name") == hostile


def test_empty_it_is_still_a_feed(context: Flask, site: Site) -> None:
    make_deed(status=DeedStatus.HIDDEN)
    feed = read(site.get("/deeds.atom"))
    assert feed.findall(f"{ATOM}entry") == []
    assert text(feed, "updated")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_it_names_its_language(context: Flask, site: Site, language: str) -> None:
    feed = read(site.language(language).get("/deeds.atom"))
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == language
