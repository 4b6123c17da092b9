"""What happens to a case as a whole: split, merged, handed over, closed with a reason; a willing volunteer put down."""

import pytest
from bs4 import Tag
from flask import Flask

from accelerator.accounts.models import Role
from accelerator.board import transitions as board
from accelerator.board.models import Claim, ClaimState, HelpRequest, RequestStatus
from accelerator.clock import utcnow
from accelerator.desk.cases import transitions
from accelerator.extensions import db
from accelerator.help.models import CaseEntry
from accelerator.help.queries import list_talk
from accelerator.reference import forget_places
from accelerator.regions.models import Region
from tests.cast import ALMATY, ASTANA, Cast, Person, viewer_of
from tests.desk.cases import asked, call, changed_in, colleague, erase, write
from tests.factories import make_request
from tests.races.invariants import check_everything
from tests.site import Site, form_values, text_of
from tests.steps import (
    claim_now,
    count_events,
    events_of,
    last_event,
    mails_to,
    request_now,
    take,
    take_and_report,
    wait,
)


@pytest.fixture
def dee(context: Flask, site: Site, cast: Cast) -> Site:
    return site.as_(cast.dee)


def parts_of(request_id: int) -> list[HelpRequest]:
    return list(
        db.read.query(HelpRequest).filter_by(split_from_id=request_id).order_by(HelpRequest.id).populate_existing()
    )


def hand_over(request_id: int, region: str, person: Person) -> None:
    with db.transaction():
        seen = request_now(request_id).version
        transitions.hand_over(request_id, region, "They moved.", seen_version=seen, by=viewer_of(person), at=utcnow())


def everything_fits() -> None:
    with db.transaction() as session:
        check_everything(session)


def kept(form: Tag, name: str) -> list[str]:
    """What a form that came back holds of a field."""
    values = form_values(form).get(name, [])
    return [value.strip() for value in (values if isinstance(values, list) else [values])]


def same_person(one: int, other: int) -> None:
    with db.transaction() as session:
        session.get_one(HelpRequest, other).requester_id = session.get_one(HelpRequest, one).requester_id


# ---- split ----


def test_a_need_is_split_into_several_each_verified_as_the_first(dee: Site, cast: Cast) -> None:
    request_id = asked()
    call(request_id, cast.dee)
    page = dee.get(f"/desk/requests/{request_id}")
    after = dee.follow(dee.press(page, "Split", kinds=["repair", "digital"]))
    assert "Split: 2 more to be written and published." in text_of(after)
    first = request_now(request_id)
    for part in parts_of(request_id):
        assert part.status == RequestStatus.RECEIVED
        assert (part.requester_id, part.verified_at) == (first.requester_id, first.verified_at)
        assert (part.region_code, part.timing, part.created_by_id) == (first.region_code, first.timing, cast.dee.id)
        assert (part.title, part.story, part.briefing) == ("", "", "")
        assert events_of(f"request:{part.id}") == ["request.created"]
    assert [part.kind_code for part in parts_of(request_id)] == ["repair", "digital"]
    assert "To publish 3" in text_of(dee.get("/desk"))
    assert "Small repairs" in text_of(after)  # the parts are named on the page of the whole


def test_pressing_split_twice_splits_once_and_keeps_what_was_ticked(dee: Site) -> None:
    request_id = asked()
    page = dee.get(f"/desk/requests/{request_id}")
    dee.press(page, "Split", kinds=["repair"], status=303)
    again = dee.press(page, "Split", kinds=["repair"], status=409)
    assert "changed since you opened it, so nothing was done" in text_of(again)
    assert changed_in(again) == {"Split off": ("0", "1")}
    assert again.html.select_one("#split[open] input[value=repair][checked]")
    assert len(parts_of(request_id)) == 1
    dee.press(again, "Split", status=303)  # looked at, and meant
    assert len(parts_of(request_id)) == 2


def test_who_splits_a_need_off_does_not_publish_it_alone(dee: Site, cast: Cast) -> None:
    request_id = asked()
    call(request_id, cast.dee)
    dee.press(dee.get(f"/desk/requests/{request_id}"), "Split", status=303, kinds=["repair"])
    (part,) = parts_of(request_id)
    with db.transaction() as session:
        found = session.get_one(HelpRequest, part.id)
        found.title, found.story = "Mend a tap", "It drips."
    assert "another coordinator publishes it" in text_of(dee.post(f"/desk/requests/{part.id}/publish", status=409))
    with db.transaction():
        board.publish(part.id, seen_version=1, by=viewer_of(colleague(cast)), at=utcnow())
    assert request_now(part.id).status == RequestStatus.OPEN


def test_the_parts_of_one_need_are_not_offered_as_the_same(dee: Site, cast: Cast) -> None:
    request_id, again = asked(), asked()
    same_person(request_id, again)
    dee.press(dee.get(f"/desk/requests/{request_id}"), "Split", status=303, kinds=["repair", "digital"])
    parts = [part.id for part in parts_of(request_id)]
    for one in (request_id, *parts):
        related = dee.get(f"/desk/requests/{one}").html.find("section", {"aria-labelledby": "related-title"})
        links = {link["href"].rsplit("/", 1)[1] for link in related.select("a")}
        assert links == {str(id_) for id_ in (request_id, again, *parts) if id_ != one}
        assert [button["value"] for button in related.select("button")] == [str(again)]


@pytest.mark.parametrize("kinds", [[], ["nonsense"]])
def test_a_split_into_nothing_is_refused(dee: Site, kinds: list[str]) -> None:
    request_id = asked()
    answer = dee.post(f"/desk/requests/{request_id}/split", {"kinds": kinds, "seen_version": "1"}, status=422)
    assert "Please choose one." in text_of(answer)
    assert parts_of(request_id) == []


# ---- merge ----


def test_duplicates_are_merged_and_who_promised_is_told(dee: Site, cast: Cast) -> None:
    stays, goes = make_request(title="Bread"), make_request(title="Bread again", capacity=1)
    held, waiting = take(goes, cast.ben), wait(goes, cast.cy)
    after = dee.follow(dee.press(dee.get(f"/desk/requests/{goes}"), "Merge", other=str(stays)))
    assert "Merged. This is the one that stays." in text_of(after)
    gone = request_now(goes)
    assert (gone.status, gone.outcome, gone.duplicate_of_id) == ("closed", "duplicate", stays)
    assert claim_now(held).state == claim_now(waiting).state == ClaimState.REMOVED
    assert len(mails_to(cast.ben)) == 1
    assert request_now(stays).status == RequestStatus.OPEN
    before = count_events()
    dee.post(f"/desk/requests/{goes}/merge", {"other": str(stays), "seen_version": "1"}, status=303)
    assert count_events() == before
    everything_fits()
    assert f"Dee: № {goes}, the same need, was merged into this" in text_of(dee.get(f"/desk/requests/{stays}"))
    assert f"Dee: merged into № {stays}" in text_of(dee.get(f"/desk/requests/{goes}"))
    assert events_of(f"request:{stays}").count("request.joined") == 1


def test_what_was_merged_before_goes_along(dee: Site) -> None:
    first, second, third = asked(), asked(), asked()
    for goes, into in ((first, second), (second, third)):
        dee.press(dee.get(f"/desk/requests/{goes}"), "Merge", other=str(into))
    assert request_now(first).duplicate_of_id == request_now(second).duplicate_of_id == third


def test_whose_need_it_is_goes_with_the_merge(dee: Site, cast: Cast) -> None:
    stays, goes = make_request(title="Bread", status=RequestStatus.RECEIVED, created_by=cast.dee.id), asked()
    requester = request_now(goes).requester_id
    dee.post(f"/desk/requests/{goes}/merge", {"other": str(stays), "seen_version": "1"}, status=303)
    merged = request_now(stays)
    assert (merged.requester_id, merged.for_person, merged.verified_at) == (requester, True, None)
    assert "Call the person first" in text_of(dee.post(f"/desk/requests/{stays}/publish", status=409))


def test_nobody_comes_near_a_contact_by_a_merge(dee: Site, cast: Cast) -> None:
    """What is on the board has promises already: a person behind it would show them a contact that nobody verified."""
    asar, goes = make_request(title="Asar in the park"), asked()
    take(asar, cast.ben)
    refused = dee.post(f"/desk/requests/{goes}/merge", {"other": str(asar), "seen_version": "1"}, status=409)
    assert "Merge it into this one instead." in text_of(refused)
    assert request_now(asar).requester_id is None
    assert request_now(goes).status == RequestStatus.RECEIVED


def test_what_is_not_there_is_no_place_to_merge_into(context: Flask, site: Site, cast: Cast) -> None:
    dee, request_id = site.as_(cast.dee), asked()
    closed = make_request(status=RequestStatus.CLOSED)
    far = make_request(region=ASTANA, district=None)
    for other, status in (
        (request_id, 409),
        (closed, 409),
        (far, 409),
        (9999, 409),
        ("", 422),
        ("x", 422),
        (10**30, 422),
    ):
        page = dee.post(f"/desk/requests/{request_id}/merge", {"other": str(other), "seen_version": "1"}, status=status)
        form = page.html.find(id="merge")
        assert form.find(class_="notice" if status == 409 else "error"), "on a phone the open form hides the page"
        assert form.find("input", {"name": "other"})["value"] == str(other)
    assert request_now(request_id).status == RequestStatus.RECEIVED
    site.as_(cast.eve).post(f"/desk/requests/{request_id}/merge", {"other": str(far)}, status=404)


# ---- hand over ----


def test_another_region_takes_the_case_on_with_its_promises_and_words(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread")
    claim_id = take(request_id, cast.ben)
    dee, eve = site.as_(cast.dee), site.as_(cast.eve)
    page = dee.get(f"/desk/requests/{request_id}")
    after = dee.follow(dee.press(page, "Hand over", region=ASTANA, reason="The family moved."))
    assert "Handed over: Astana. Its desk sees it now." in text_of(after)
    dee.get(f"/desk/requests/{request_id}", status=404)
    there = text_of(eve.get(f"/desk/requests/{request_id}"))
    assert "Dee: noted The family moved." in there
    assert (claim_now(claim_id).state, claim_now(claim_id).region_code) == (ClaimState.CLAIMED, ASTANA)
    assert request_now(request_id).district_code is None
    assert last_event()["type"] == "request.handed_over"
    assert "The family moved." not in str(last_event())
    everything_fits()


def test_unread_words_go_with_it(context: Flask, site: Site, cast: Cast) -> None:
    request_id = asked()
    write(request_id, "I am in Astana now.")
    site.as_(cast.dee).post(
        f"/desk/requests/{request_id}/hand-over",
        {"region": ASTANA, "reason": "Moved.", "seen_version": "1"},
        status=303,
    )
    assert "Words from people 1" in text_of(site.as_(cast.eve).get("/desk"))
    assert "Words from people" not in text_of(site.as_(cast.dee).get("/desk"))
    assert {entry.region_code for entry in db.read.query(CaseEntry).populate_existing()} == {ASTANA}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"region": ""}, "Please choose one."),
        ({"region": ALMATY}, "Please choose one."),
        ({"region": "KZ-75/medeu"}, "Please choose one."),
        ({"region": "KZ-79"}, "Please choose one."),  # nobody coordinates it
        ({"reason": " "}, "Please fill this in."),
    ],
)
def test_handing_over_needs_a_place_and_a_reason(dee: Site, wrong: dict[str, str], sentence: str) -> None:
    request_id = asked()
    fields = {"region": ASTANA, "reason": "They moved.", "seen_version": "1"} | wrong
    answer = dee.post(f"/desk/requests/{request_id}/hand-over", fields, status=422)
    assert sentence in text_of(answer)
    kept = answer.html.select_one("#hand-over[open] textarea[name=reason]")
    assert kept.get_text().strip() == fields["reason"].strip()
    assert request_now(request_id).region_code == ALMATY


def test_only_regions_with_a_desk_are_offered(context: Flask, site: Site, cast: Cast) -> None:
    request_id, dee = asked(), site.as_(cast.dee)

    def offered() -> set[str]:
        options = dee.get(f"/desk/requests/{request_id}").html.select("#hand-over select[name=region] option")
        return {option["value"] for option in options} - {""}

    assert offered() == {ASTANA}
    cast.add("former", regions=["KZ-79"])  # no coordinator any more
    assert offered() == {ASTANA}
    cast.add("sho", role=Role.COORDINATOR, regions=["KZ-79", ASTANA])
    assert offered() == {ASTANA, "KZ-79"}


def test_who_hands_over_second_sees_that_it_changed_and_keeps_the_reason(
    context: Flask, site: Site, cast: Cast
) -> None:
    request_id = asked()
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    page = dee.get(f"/desk/requests/{request_id}")
    zhan.post(f"/desk/requests/{request_id}/call", {"outcome": "confirmed"}, status=303)
    late = dee.press(page, "Hand over", region=ASTANA, reason="They moved.", status=409)
    assert "Zhan: called" in text_of(late)
    assert changed_in(late) == {"Verified": ("no", "yes")}
    assert late.html.select_one("#hand-over[open] textarea").get_text().strip() == "They moved."
    assert request_now(request_id).region_code == ALMATY
    dee.press(late, "Hand over", status=303)
    assert request_now(request_id).region_code == ASTANA


@pytest.mark.parametrize(("form", "fields"), [("note", {"note": "Deaf."}), ("close", {"outcome": "not_needed"})])
def test_who_writes_after_it_was_handed_over_reads_where_it_is_and_what_they_wrote(
    context: Flask, site: Site, cast: Cast, form: str, fields: dict[str, str]
) -> None:
    request_id, dee = asked(), site.as_(cast.dee)
    hand_over(request_id, ASTANA, colleague(cast))
    with db.transaction() as session:
        session.get_one(Region, ASTANA).desk_phone = "+77172000000"
    forget_places()
    late = dee.post(f"/desk/requests/{request_id}/{form}", fields | {"seen_version": "1"}, status=404)
    assert "This was handed over: Astana" in text_of(late)
    assert late.html.select_one("main a.tel")["href"] == "tel:+77172000000"
    shown = [panel.get_text() for panel in late.html.select("main .panel.story")]
    assert shown == ([fields["note"]] if form == "note" else [])
    assert "This was handed over: Astana" in text_of(dee.get(f"/desk/requests/{request_id}", status=404))
    notice = dee.htmx(f"/desk/requests/{request_id}/{form}", fields, status=404)
    assert "This was handed over: Astana" in text_of(notice)
    assert "handed" not in text_of(site.as_(cast.ben).get(f"/desk/requests/{request_id}", status=403))
    shy = site.as_(cast.add("shy", role=Role.COORDINATOR, regions=["KZ-79"]))
    assert "handed" not in text_of(shy.get(f"/desk/requests/{request_id}", status=404))
    assert "Deaf." not in text_of(site.as_(cast.eve).get(f"/desk/requests/{request_id}"))


def test_who_hands_over_twice_reads_twice_that_it_is_done(context: Flask, site: Site, cast: Cast) -> None:
    request_id, dee = asked(), site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}")
    for _ in range(2):
        told = dee.follow(dee.press(page, "Hand over", region=ASTANA, reason="They moved.", status=303))
        assert "Handed over: Astana. Its desk sees it now." in text_of(told)
    assert "This was handed over: Astana" in text_of(dee.get(f"/desk/requests/{request_id}", status=404))


def test_where_it_is_now_counts_and_not_where_it_once_was(context: Flask, site: Site, cast: Cast) -> None:
    request_id, shym = asked(), "KZ-79"
    sho = cast.add("sho", role=Role.COORDINATOR, regions=[shym])
    both = cast.add("both", role=Role.COORDINATOR, regions=[ALMATY, ASTANA])
    hand_over(request_id, ASTANA, cast.dee)
    hand_over(request_id, shym, cast.eve)
    for person in (cast.dee, cast.eve, both):
        assert "This was handed over: Shymkent" in text_of(
            site.as_(person).get(f"/desk/requests/{request_id}", status=404)
        )
    hand_over(request_id, ALMATY, sho)
    site.as_(cast.dee).get(f"/desk/requests/{request_id}")
    nothing = site.as_(cast.dee).post(f"/desk/claims/{10**6}/confirm", status=404)
    assert "handed over" not in text_of(nothing)
    assert "This was handed over: Almaty" in text_of(site.as_(cast.eve).get(f"/desk/requests/{request_id}", status=404))


def test_an_edit_that_moves_it_is_a_handing_over(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="A park", capacity=3)
    claim_id = take_and_report(request_id, cast.ben)
    both = cast.add("both", role=Role.COORDINATOR, regions=[ALMATY, ASTANA])
    browser = site.as_(both)
    browser.press(browser.get(f"/desk/requests/{request_id}/edit"), "Save", place=ASTANA, status=303)
    assert request_now(request_id).region_code == ASTANA
    late = site.as_(cast.dee).post(f"/desk/claims/{claim_id}/dispute", {"reason": "How many hours?"}, status=404)
    assert "This was handed over: Astana" in text_of(late)
    assert "How many hours?" in text_of(late)


# ---- close ----


def test_a_reason_to_close_is_read_behind_the_code_and_needs_no_answer(dee: Site) -> None:
    request_id = asked()
    page = dee.get(f"/desk/requests/{request_id}")
    dee.press(page, "Close", outcome="out_of_scope", reason="The city's service does it: 109.", status=303)
    assert request_now(request_id).outcome == "out_of_scope"
    (said,) = list_talk(db.read, request_id)
    assert said.text == "The city's service does it: 109."
    assert said.entry.seen_at is not None
    assert "city's service" not in str(last_event())


# ---- two coordinators ----

ACTS = {
    "Close": {"outcome": "out_of_scope", "reason": "The city's service does it: 109."},
    "Split": {"kinds": ["repair"]},
    "Merge": {"other": "9999"},
    "Hand over": {"region": ASTANA, "reason": "They moved."},
}


@pytest.mark.parametrize("button", ACTS)
def test_who_acts_on_what_a_colleague_published_is_shown_it_and_nothing_is_done(
    context: Flask, site: Site, cast: Cast, button: str
) -> None:
    fields = ACTS[button] | ({"other": str(make_request(title="Bread again"))} if button == "Merge" else {})
    request_id = make_request(title="Bread", status=RequestStatus.RECEIVED)
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    page = dee.get(f"/desk/requests/{request_id}")
    zhan.press(zhan.get(f"/desk/requests/{request_id}"), "Publish", status=303)
    refused = dee.press(page, button, status=409, **fields)
    assert "changed since you opened it, so nothing was done" in text_of(refused)
    assert changed_in(refused) == {"State": ("not yet on the board", "on the board")}
    form = refused.html.select_one("details.dialog[open] form")
    for name, value in fields.items():
        assert kept(form, name) == (value if isinstance(value, list) else [value])
    found = request_now(request_id)
    assert (found.status, found.outcome, found.region_code, found.duplicate_of_id) == ("open", None, ALMATY, None)
    assert parts_of(request_id) == []
    dee.press(refused, button, status=303)  # looked at, and meant


@pytest.mark.parametrize("button", set(ACTS) - {"Close"})
def test_what_was_typed_about_a_case_that_is_closed_by_now_is_still_there(
    context: Flask, site: Site, cast: Cast, button: str
) -> None:
    fields = ACTS[button] | ({"other": str(make_request(title="Bread again"))} if button == "Merge" else {})
    request_id = make_request(title="Bread")
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    page = dee.get(f"/desk/requests/{request_id}")
    zhan.press(zhan.get(f"/desk/requests/{request_id}"), "Close", outcome="fulfilled", status=303)
    refused = dee.press(page, button, status=409, **fields)
    assert changed_in(refused) == {"State": ("on the board", "help was given")}
    form = refused.html.select_one("details.dialog[open] form")
    for name, value in fields.items():
        assert kept(form, name) == (value if isinstance(value, list) else [value])
    assert not form.find("button")


def test_one_tap_merges_what_the_page_showed_and_not_what_has_changed(context: Flask, site: Site, cast: Cast) -> None:
    first, again = asked(), asked()
    same_person(first, again)
    dee, zhan = site.as_(cast.dee), site.as_(colleague(cast))
    page = dee.get(f"/desk/requests/{again}")
    zhan.post(f"/desk/requests/{again}/call", {"outcome": "confirmed"}, status=303)
    refused = dee.press(page, "This one is the same", status=409)
    assert changed_in(refused) == {"Verified": ("no", "yes")}
    assert kept(refused.html.select_one("#merge[open] form"), "other") == [str(first)]
    assert request_now(again).status == RequestStatus.RECEIVED
    dee.press(refused, "This one is the same", status=303)
    assert request_now(again).duplicate_of_id == first


# ---- a willing volunteer ----


def test_a_volunteer_who_said_yes_is_put_down_and_told(dee: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread")
    page = dee.get(f"/desk/requests/{request_id}?who=be")
    assert "Ben" in page.html.select_one("#assign[open]").get_text()
    assert "ben@example.org" not in page.text
    after = dee.follow(dee.press(page, "Put down"))
    assert "Put down, and told." in text_of(after)
    (claim,) = db.read.query(Claim).filter_by(request_id=request_id)
    assert (claim.user_id, claim.state) == (cast.ben.id, ClaimState.CLAIMED)
    assert last_event()["actor"] == cast.dee.public_ref
    assert "A coordinator has put you down for: Bread" in mails_to(cast.ben)[0].subject
    dee.press(page, "Put down", status=303)
    assert request_now(request_id).taken == 1
    assert len(mails_to(cast.ben)) == 1
    everything_fits()


def test_the_rules_of_a_promise_hold_for_who_is_put_down(dee: Site, cast: Cast) -> None:
    full, adult, paused = make_request(capacity=1), make_request(min_age=18), make_request(status=RequestStatus.PAUSED)
    take(full, cast.cy)
    for request_id, person, sentence in (
        (full, cast.ben, "All places are taken."),
        (adult, cast.kim, "They are too young for this request."),
        (paused, cast.ben, "This request is paused."),
    ):
        after = dee.follow(dee.post(f"/desk/requests/{request_id}/assign", {"user_id": str(person.id)}, status=303))
        assert sentence in text_of(after)
    assert (request_now(full).taken, request_now(adult).taken, request_now(paused).taken) == (1, 0, 0)
    assert mails_to(cast.ben) == []


def test_nobody_of_another_region_is_found_or_put_down(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(region=ASTANA, district=None)
    eve = site.as_(cast.eve)
    assert "Nobody of this region is called so." in text_of(eve.get(f"/desk/requests/{request_id}?who=Ben"))
    eve.post(f"/desk/requests/{request_id}/assign", {"user_id": str(cast.ben.id)}, status=409)
    site.as_(cast.dee).post(f"/desk/requests/{request_id}/assign", {"user_id": str(cast.ben.id)}, status=404)
    for user_id in ("", "x", "0", str(10**30)):
        eve.post(f"/desk/requests/{request_id}/assign", {"user_id": user_id}, status=422)
    assert request_now(request_id).taken == 0


def test_an_erased_person_has_no_case_to_split(dee: Site) -> None:
    request_id = asked()
    erase(request_id)
    dee.post(f"/desk/requests/{request_id}/split", {"kinds": "repair", "seen_version": "9"}, status=409)
    assert parts_of(request_id) == []
