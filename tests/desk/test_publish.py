"""Publishing: one press, four eyes for a particular person, and only in one's own region."""

import pytest
from flask import Flask

from accelerator.accounts.models import Role
from accelerator.board.models import RequestStatus
from tests.cast import ALMATY, Cast
from tests.desk.cases import colleague
from tests.factories import make_request
from tests.site import Site, alone, text_of
from tests.steps import events_of, request_now


def test_one_press_puts_it_on_the_board(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread", status=RequestStatus.RECEIVED, created_by=cast.dee.id)
    dee = site.as_(cast.dee)
    case = dee.follow(dee.press(dee.get(f"/desk/requests/{request_id}"), "Publish"))
    assert "It is on the board." in text_of(case)
    assert "Bread" in text_of(site.get("/requests"))
    assert request_now(request_id).published_at is not None


def test_publishing_again_changes_nothing(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED)
    dee = site.as_(cast.dee)
    for _ in range(3):
        dee.post(f"/desk/requests/{request_id}/publish", {"seen_version": "1"}, status=303)
    assert events_of(f"request:{request_id}")[1:] == ["request.published"]


def test_for_a_particular_person_another_coordinator_publishes(context: Flask, site: Site, cast: Cast) -> None:
    zhan = cast.add("zhan", role=Role.COORDINATOR, regions=[ALMATY])
    request_id = make_request(status=RequestStatus.RECEIVED, for_person=True, created_by=cast.dee.id)
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}")
    assert "so another coordinator publishes it" in text_of(page)
    assert not page.html.find("form", action=f"/desk/requests/{request_id}/publish")
    refused = dee.post(f"/desk/requests/{request_id}/publish", status=409)
    assert "so another coordinator publishes it" in text_of(refused)
    assert request_now(request_id).status == RequestStatus.RECEIVED
    other = site.as_(zhan)
    other.press(other.get(f"/desk/requests/{request_id}"), "Publish", status=303)
    assert request_now(request_id).status == RequestStatus.OPEN


@pytest.mark.parametrize("verb", ["publish", "pause", "resume", "close"])
def test_nobody_else_moves_a_request(context: Flask, site: Site, cast: Cast, verb: str) -> None:
    request_id = make_request(status=RequestStatus.PAUSED if verb == "resume" else RequestStatus.RECEIVED)
    before = request_now(request_id).status
    for person, status in ((cast.ben, 403), (cast.fay, 403), (cast.gus, 403), (cast.eve, 404)):
        site.as_(person).post(f"/desk/requests/{request_id}/{verb}", {"outcome": "fulfilled"}, status=status)
    site.as_(cast.dee).post(f"/desk/requests/999/{verb}", {"outcome": "fulfilled"}, status=404)
    assert request_now(request_id).status == before


def test_the_desk_lists_what_waits_by_state(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="Written", status=RequestStatus.RECEIVED)
    make_request(title="On it")
    make_request(title="Resting", status=RequestStatus.PAUSED)
    make_request(title="Far away", region="KZ-71", district=None)
    dee = site.as_(cast.dee)
    for query, title in (("", "On it"), ("?status=received", "Written"), ("?status=paused", "Resting")):
        page = text_of(dee.get(f"/desk/requests{query}"))
        assert [word for word in ("Written", "On it", "Resting", "Far away") if word in page] == [title]
    assert "On it" in text_of(dee.get("/desk/requests?status=nonsense&before=abc"))
    assert "Far away" in text_of(site.as_(cast.fay).get("/desk/requests"))


def test_a_long_list_is_paged(context: Flask, site: Site, cast: Cast) -> None:
    for number in range(53):
        make_request(title=f"Case {number:02}")
    dee = site.as_(cast.dee)
    first = dee.get("/desk/requests")
    second = dee.get(first.html.find("a", string="Show more")["href"])
    titles = [a.find("span").get_text() for page in (first, second) for a in page.html.select("ul.queue a")]
    assert titles == [f"Case {number:02}" for number in reversed(range(53))]


def test_the_writer_cannot_take_the_particular_person_away(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED, for_person=True, created_by=cast.dee.id)
    dee = site.as_(cast.dee)
    form = dee.get(f"/desk/requests/{request_id}/edit").forms
    edit = next(f for f in form.values() if "for_person" in f.fields)
    edit["for_person"] = False
    answer = dee.checked(alone(edit.submit, status="*", headers={"Origin": "http://127.0.0.1:8000"}))
    assert answer.status_int in (409, 422)
    assert request_now(request_id).for_person
    assert request_now(request_id).status == RequestStatus.RECEIVED


def test_who_changed_the_draft_of_another_is_its_writer(context: Flask, site: Site, cast: Cast) -> None:
    zhan = cast.add("zhan", role=Role.COORDINATOR, regions=[ALMATY])
    request_id = make_request(status=RequestStatus.RECEIVED, for_person=True, created_by=cast.dee.id)
    other = site.as_(zhan)
    edit = next(f for f in other.get(f"/desk/requests/{request_id}/edit").forms.values() if "for_person" in f.fields)
    edit["title"] = "In other words"
    alone(edit.submit, status=303, headers={"Origin": "http://127.0.0.1:8000"})
    other.post(f"/desk/requests/{request_id}/publish", status=409)
    dee = site.as_(cast.dee)
    dee.press(dee.get(f"/desk/requests/{request_id}"), "Publish", status=303)


def test_a_draft_that_was_closed_is_never_seen(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="A private need", status=RequestStatus.RECEIVED)
    site.as_(cast.dee).post(
        f"/desk/requests/{request_id}/close", {"outcome": "duplicate", "seen_version": "1"}, status=303
    )
    for who in (site, site.as_(cast.ben)):
        who.get(f"/requests/{request_id}", status=404)
        who.get(f"/requests/{request_id}/picture.png", status=404)


def test_what_was_changed_since_the_page_was_opened_is_not_published_unseen(
    context: Flask, site: Site, cast: Cast
) -> None:
    request_id = make_request(
        title="Bread", story="On foot.", status=RequestStatus.RECEIVED, for_person=True, created_by=cast.dee.id
    )
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    page = zhan.get(f"/desk/requests/{request_id}")
    dee.press(dee.get(f"/desk/requests/{request_id}/edit"), "Save", status=303, title="Bread and ten sacks of flour")
    refused = zhan.press(page, "Publish", status=409)
    assert request_now(request_id).status == RequestStatus.RECEIVED
    assert "This request has changed since you opened it." in text_of(refused)
    changes = [" ".join(row.get_text(" ").split()) for row in refused.html.select(".differs tbody tr")]
    assert changes == ["What is needed Bread Bread and ten sacks of flour"]
    after = zhan.follow(zhan.press(refused, "Publish", status=303))  # read, and meant
    assert "It is on the board." in text_of(after)
    assert after.request.path == f"/desk/requests/{request_id}"
    zhan.press(page, "Publish", status=303)  # it is there already: pressing again is harmless
    assert events_of(f"request:{request_id}")[1:] == ["request.edited", "request.published"]


@pytest.mark.parametrize("fields", [{}, {"seen_version": "x"}, {"seen_version": "1", "shown": "[]"}])
def test_a_form_that_names_no_version_or_another_publishes_nothing(
    context: Flask, site: Site, cast: Cast, fields: dict[str, str]
) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED)
    dee = site.as_(cast.dee)
    dee.press(dee.get(f"/desk/requests/{request_id}/edit"), "Save", status=303, title="In other words")
    dee.post(f"/desk/requests/{request_id}/publish", fields, status=409)
    assert request_now(request_id).status == RequestStatus.RECEIVED
