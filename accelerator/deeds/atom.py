"""The feed for feed readers (RFC 4287)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from flask_babel import gettext

from accelerator.deeds.headline import headline

NAMESPACE = "http://www.w3.org/2005/Atom"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def make_feed(rows: Sequence[Any], *, site_url: str, language: str) -> bytes:
    """The newest deeds as an Atom document."""
    ET.register_namespace("", NAMESPACE)
    feed = ET.Element(f"{{{NAMESPACE}}}feed", {LANG: language})
    updated = rows[0].published_at if rows else datetime(2019, 10, 7, tzinfo=UTC)
    add(feed, "id", f"{site_url}/deeds")
    add(feed, "title", gettext("Good deeds"))
    add(feed, "subtitle", gettext("Accelerator of Good"))
    add(feed, "updated", updated.isoformat())
    add(feed, "link", rel="self", href=f"{site_url}/deeds.atom")
    add(feed, "link", rel="alternate", href=f"{site_url}/deeds")
    for row in rows:
        add_entry(feed, row, site_url)
    return ET.tostring(feed, encoding="utf-8", xml_declaration=True)


def add_entry(feed: ET.Element, row: Any, site_url: str) -> None:
    entry = add(feed, "entry")
    add(entry, "id", f"{site_url}/deeds/{row.id}")
    entry.set(LANG, row.locale)
    title, rest, request = headline(row)
    add(entry, "title", title)
    add(entry, "updated", row.published_at.isoformat())
    add(entry, "link", rel="alternate", href=f"{site_url}/deeds/{row.id}")
    add(add(entry, "author"), "name", row.doer_name or gettext("Someone good"))
    about = gettext("For the request: %(title)s", title=request) if request else ""
    text = "\n\n".join(part for part in (about, rest) if part)
    if text:
        add(entry, "content", text).set("type", "text")


def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    if text:
        child.text = text
    return child
