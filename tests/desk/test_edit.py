"""Editing a request: two at once lose nothing, and nobody is put out of a place."""

import pytest
from flask import Flask

from accelerator.accounts.models import Role
from accelerator.board.models import RequestStatus
from tests.cast import ALMATY, Cast
from tests.factories import make_request
from tests.site import Site, text_of
from tests.steps import events_of, request_now, take


@pytest.fixture
def dee(context: Flask, site: Site, cast: Cast) -> Site:
    return site.as_(cast.dee)


def test_a_change_is_saved_and_seen(dee: Site, site: Site) -> None:
    request_id = make_request(title="Bread")
    page = dee.get(f"/desk/requests/{request_id}/edit")
    case = dee.follow(dee.press(page, "Save", title="Bread and milk", capacity="3"))
    assert "Saved." in text_of(case)
    assert "Bread and milk" in text_of(site.get("/requests?q=milk"))
    assert "3 places free" in text_of(site.get("/requests"))
    assert events_of(f"request:{request_id}")[-1] == "request.edited"


def test_an_untouched_form_changes_nothing_but_the_version(dee: Site) -> None:
    request_id = make_request(needs=3, min_age=16)
    before = request_now(request_id)
    kept = {name: getattr(before, name) for name in ("title", "story", "briefing", "kind_code", "needs", "due_at")}
    dee.press(dee.get(f"/desk/requests/{request_id}/edit"), "Save", status=303)
    after = request_now(request_id)
    assert {name: getattr(after, name) for name in kept} == kept
    assert after.version == 2


def test_who_comes_second_sees_what_changed_and_loses_nothing(context: Flask, site: Site, cast: Cast) -> None:
    zhan = cast.add("zhan", role=Role.COORDINATOR, regions=[ALMATY])
    request_id = make_request(title="Bread")
    first, second = site.as_(cast.dee), site.as_(zhan)
    page_of_first = first.get(f"/desk/requests/{request_id}/edit")
    page_of_second = second.get(f"/desk/requests/{request_id}/edit")
    first.press(page_of_first, "Save", title="Bread and milk", status=303)
    lost = second.press(page_of_second, "Save", title="Bread and honey", story="From the hives.", status=422)
    assert "Another coordinator changed this request while you were writing" in text_of(lost)
    assert "What is needed Bread and milk (before: Bread) Bread and honey" in text_of(lost)
    assert lost.html.find("input", {"name": "title"})["value"] == "Bread and honey"
    assert "From the hives." in lost.html.find("textarea", {"name": "story"}).get_text()
    assert request_now(request_id).title == "Bread and milk"
    second.press(lost, "Save", status=303)  # compared, and saved again
    assert request_now(request_id).title == "Bread and honey"


def test_what_only_the_other_changed_is_taken_over_and_shown(context: Flask, site: Site, cast: Cast) -> None:
    zhan = cast.add("zhan", role=Role.COORDINATOR, regions=[ALMATY])
    request_id = make_request(title="Bread", story="Third floor.")
    first, second = site.as_(cast.dee), site.as_(zhan)
    page = second.get(f"/desk/requests/{request_id}/edit")
    first.press(
        first.get(f"/desk/requests/{request_id}/edit"),
        "Save",
        story="Fourth floor.",
        capacity="3",
        needs=["car"],
        status=303,
    )
    lost = second.press(page, "Save", title="Bread and milk", status=422)
    words = text_of(lost)
    assert "For whom and how, in a few sentences Fourth floor. (before: Third floor.) taken over below" in words
    assert "How many people 3 (before: 1) taken over below" in words
    assert "needs a car" in words
    second.press(lost, "Save", status=303)
    now = request_now(request_id)
    assert (now.title, now.story, now.capacity, now.needs) == ("Bread and milk", "Fourth floor.", 3, 1)


@pytest.mark.parametrize("seen", ["", "[]", "{", "null", '{"title": 7}', "x" * 9000])
def test_a_page_that_tells_nothing_of_what_it_showed_loses_nothing(dee: Site, seen: str) -> None:
    request_id = make_request(title="Bread")
    page = dee.get(f"/desk/requests/{request_id}/edit")
    lost = dee.press(page, "Save", title="Mine", seen=seen, seen_version="9", status=422)
    assert lost.html.find("input", {"name": "title"})["value"] == "Mine"
    assert "Bread" in text_of(lost)


def test_fewer_places_than_promises_are_refused(dee: Site, cast: Cast) -> None:
    request_id = make_request(capacity=3)
    take(request_id, cast.ben)
    take(request_id, cast.cy)
    page = dee.get(f"/desk/requests/{request_id}/edit")
    answer = dee.press(page, "Save", capacity="1", title="Kept", status=422)
    assert "More people have already promised to come than that" in text_of(answer)
    assert answer.html.find("input", {"name": "title"})["value"] == "Kept"
    assert request_now(request_id).capacity == 3
    dee.press(answer, "Save", capacity="2", status=303)
    assert (request_now(request_id).capacity, request_now(request_id).taken) == (2, 2)


def test_a_mistake_is_said_beside_the_field(dee: Site) -> None:
    request_id = make_request()
    answer = dee.press(dee.get(f"/desk/requests/{request_id}/edit"), "Save", title="", story="Kept.", status=422)
    assert "Please fill this in." in text_of(answer)
    assert "Kept." in answer.html.find("textarea", {"name": "story"}).get_text()
    assert request_now(request_id).version == 1


def test_a_forged_version_is_an_old_one(dee: Site) -> None:
    request_id = make_request()
    page = dee.get(f"/desk/requests/{request_id}/edit")
    for version in ("", "abc", "-1", "99", "²"):
        dee.press(page, "Save", seen_version=version, status=422)
    assert request_now(request_id).version == 1


def test_what_is_closed_is_not_edited(dee: Site) -> None:
    request_id = make_request(status=RequestStatus.CLOSED)
    assert not dee.get(f"/desk/requests/{request_id}").html.find("a", href=f"/desk/requests/{request_id}/edit")
    page = dee.get(f"/desk/requests/{request_id}/edit")
    dee.press(page, "Save", title="Other", status=422)
    assert request_now(request_id).title == "Bring bread to a neighbour"


def test_another_region_has_nothing_here(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    eve = site.as_(cast.eve)
    eve.get(f"/desk/requests/{request_id}/edit", status=404)
    eve.post(f"/desk/requests/{request_id}/edit", {"title": "Mine"}, status=404)
    site.as_(cast.fay).get(f"/desk/requests/{request_id}/edit", status=403)
    assert request_now(request_id).version == 1
