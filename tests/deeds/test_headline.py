"""A deed is led by its doer's own word; what was asked for stands behind it."""

from xml.etree import ElementTree as ET

import pytest
from flask import Flask

from accelerator.deeds.headline import LONGEST, first_sentence
from tests.cast import Cast
from tests.factories import make_deed, make_request
from tests.site import Site, text_of
from tests.steps import confirm, deed_of, take_and_report

ATOM = "{http://www.w3.org/2005/Atom}"


def done(cast: Cast, word: str) -> int:
    claim_id = take_and_report(make_request(title="To bring groceries"), cast.ben, word=word)
    confirm(claim_id, cast.dee)
    deed = deed_of(claim_id)
    assert deed
    return deed.id


def test_the_word_leads_everywhere(context: Flask, site: Site, cast: Cast) -> None:
    deed_id = done(cast, "We drank tea together. She told me about Turksib.")
    card = site.get("/deeds").html.find(id=f"deed-{deed_id}")
    assert card.find("h3").get_text() == "Ben We drank tea together."
    assert card.select_one(".deed-request").get_text() == "For the request: To bring groceries"
    assert card.select_one(".deed-text").get_text() == "She told me about Turksib."
    page = site.get(f"/deeds/{deed_id}")
    assert page.html.h1.get_text() == "We drank tea together."
    assert "For the request: To bring groceries" in text_of(page)
    assert page.html.find("meta", property="og:title")["content"] == "Ben: We drank tea together."
    entry = ET.fromstring(site.get("/deeds.atom").body).find(f"{ATOM}entry")  # noqa: S314 (our own answer)
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == "We drank tea together."
    assert entry.findtext(f"{ATOM}content") == "For the request: To bring groceries\n\nShe told me about Turksib."
    assert site.get(f"/deeds/{deed_id}/picture.png").body.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("language", "title", "line"),
    [
        ("en", "Help was given", "For the request: To bring groceries"),
        ("ru", "Помощь оказана", "По заявке: To bring groceries"),
        ("kk", "Көмек көрсетілді", "Өтінім: To bring groceries"),
    ],
)
def test_without_a_word_it_is_no_instruction(
    context: Flask, site: Site, cast: Cast, language: str, title: str, line: str
) -> None:
    deed_id = done(cast, "")
    page = site.language(language).get(f"/deeds/{deed_id}")
    assert page.html.h1.get_text() == title
    assert line in text_of(page)


def test_what_was_told_keeps_its_own_title(context: Flask, site: Site) -> None:
    deed_id = make_deed(title="Cleaned the spring", story="Four bags. And tea.")
    page = site.get(f"/deeds/{deed_id}")
    assert page.html.h1.get_text() == "Cleaned the spring"
    assert "Four bags. And tea." in text_of(page)
    assert "For the request" not in text_of(page)


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("It went well.", ("It went well.", "")),
        ("Good! Very good.", ("Good!", "Very good.")),
        ("One line\n\nanother", ("One line", "another")),
        ("At 17.30 we met. Fine.", ("At 17.30 we met.", "Fine.")),
        ("x" * 150, ("x" * (LONGEST - 1) + "…", "…" + "x" * 31)),
    ],
)
def test_the_first_sentence(story: str, expected: tuple[str, str]) -> None:
    assert first_sentence(story) == expected


def test_a_long_sentence_is_cut_between_words() -> None:
    title, rest = first_sentence("word " * 40)
    assert title == "word " * 23 + "word…"
    assert rest.startswith("…word")
    assert len(title) <= LONGEST
