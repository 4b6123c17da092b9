"""Views of the queue kept under a name: one's own, a few, found again above the queue."""

import pytest
from flask import Flask

from accelerator.desk.queue.models import DeskFilter
from accelerator.desk.queue.transitions import MOST_FILTERS
from accelerator.extensions import db
from tests.cast import Cast
from tests.desk.cases import asked
from tests.site import Site, text_of


@pytest.fixture
def dee(context: Flask, site: Site, cast: Cast) -> Site:
    return site.as_(cast.dee)


def kept() -> dict[str, str]:
    return {row.name: row.query for row in db.read.query(DeskFilter).populate_existing()}


def test_a_view_is_kept_found_again_and_let_go(dee: Site) -> None:
    asked(title="Bread")
    page = dee.get("/desk?kind=errands&q=bre")
    after = dee.follow(dee.press(page, "Keep", name="Bread"))
    assert kept() == {"Bread": "q=bre&kind=errands"}
    link = after.html.find("a", string="Bread", class_="chip")
    assert "Bread" in text_of(dee.get(link["href"]))
    dee.press(dee.get("/desk"), "Let go", status=303)
    assert kept() == {}


def test_the_same_name_means_the_new_view(dee: Site) -> None:
    dee.post("/desk/filters?kind=errands", {"name": "Mine"}, status=303)
    dee.post("/desk/filters?mine=1&nonsense=1&region=KZ-71&kind=nothing", {"name": " Mine "}, status=303)
    assert kept() == {"Mine": "mine=1"}


def test_a_name_is_needed_and_eight_are_the_most(dee: Site) -> None:
    page = dee.get("/desk?mine=1")
    for typed, told in ((" ", "Please fill this in."), ("v" * 41, "40 characters at most")):
        answer = dee.press(page, "Keep", name=typed, status=422)
        dialog = answer.html.select_one("#keep[open]")
        assert told in dialog.select_one(".error").get_text()
        assert dialog.find("input", {"name": "name"})["value"].strip() == typed.strip()
    for number in range(MOST_FILTERS):
        dee.press(answer, "Keep", name=f"View {number}", status=303)
    answer = dee.press(page, "Keep", name="One more", status=422)
    assert "Eight kept views are the most." in text_of(answer)
    assert answer.html.select_one("#keep[open] input[name=name]")["value"] == "One more"
    assert set(kept().values()) == {"mine=1"}
    assert len(kept()) == MOST_FILTERS


def test_everybody_has_their_own(context: Flask, site: Site, cast: Cast) -> None:
    site.as_(cast.dee).post("/desk/filters?mine=1", {"name": "Dees"}, status=303)
    number = db.read.query(DeskFilter).one().id
    eve = site.as_(cast.eve)
    assert "Dees" not in text_of(eve.get("/desk"))
    eve.post(f"/desk/filters/{number}/forget", status=303)
    assert kept() == {"Dees": "mine=1"}
    site.as_(cast.fay).post("/desk/filters?mine=1", {"name": "x"}, status=403)
