"""Nothing private goes on the board: not at publishing, not by an edit, not by an import."""

from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from accelerator.board import transitions as board
from accelerator.board.importing import RequestDraft, load_mapping, read_drafts
from accelerator.board.models import RequestStatus
from accelerator.clock import utcnow
from accelerator.errors import NotFound
from accelerator.extensions import db
from accelerator.screening.finding import Kind, find_private
from accelerator.screening.rules import PrivateTextFound
from tests.cast import Cast, Person, viewer_of
from tests.factories import make_request
from tests.site import Site, text_of
from tests.steps import last_event, request_now

PHONE = "Call 8 701 000 00 24."
HOUSE = "Come to Abay street 12, apt 4."
MONEY = "Please donate."
CARD = "4111 1111 1111 1111"


def publish(request_id: int, person: Person, *accepted: str) -> None:
    with db.transaction():
        seen = board.lock_request(request_id).version
        board.publish(request_id, seen_version=seen, by=viewer_of(person), at=utcnow(), accepted=frozenset(accepted))


def edit(request_id: int, person: Person, *accepted: str, **words: str | bool) -> None:
    with db.transaction():
        request = board.lock_request(request_id)
        seen = request.version
        for name, text in words.items():
            setattr(request, name, text)
        board.edit(request, seen_version=seen, by=viewer_of(person), at=utcnow(), accepted=frozenset(accepted))


@pytest.mark.parametrize("place", ["title", "story"])
@pytest.mark.parametrize(
    "private",
    [PHONE, f"Card {CARD}", "KZ86 125K ZT50 0410 0100", "IIN 850101300005", "apa@example.kz"],
    ids=["phone", "card", "iban", "iin", "email"],
)
def test_what_must_never_be_public_cannot_be_accepted(context: Flask, cast: Cast, place: str, private: str) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED, **{place: private})  # type: ignore[arg-type]
    for accepted in ((), tuple(kind.value for kind in Kind)):
        with pytest.raises(PrivateTextFound):
            publish(request_id, cast.dee, *accepted)
    assert request_now(request_id).status == RequestStatus.RECEIVED


@pytest.mark.parametrize(("text", "kind"), [(HOUSE, "house"), (MONEY, "money")])
def test_what_was_looked_at_is_published_and_the_event_says_so(
    context: Flask, cast: Cast, text: str, kind: str
) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED, story=text)
    with pytest.raises(PrivateTextFound):
        publish(request_id, cast.dee, {"house": "money", "money": "house"}[kind])
    publish(request_id, cast.dee, kind)
    assert request_now(request_id).status == RequestStatus.OPEN
    assert (last_event()["type"], last_event()["accepted"]) == ("request.published", kind)


def test_a_clean_text_needs_no_tick_and_the_event_tells_of_none(context: Flask, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED)
    publish(request_id, cast.dee, "house", "money")
    assert "accepted" not in last_event()
    publish(request_id, cast.dee)  # repeating it is harmless
    assert request_now(request_id).status == RequestStatus.OPEN


def test_the_briefing_may_name_a_door_but_no_card_and_no_collection(context: Flask, cast: Cast) -> None:
    door = make_request(status=RequestStatus.RECEIVED, briefing=f"{HOUSE} {PHONE}")
    publish(door, cast.dee)
    card = make_request(status=RequestStatus.RECEIVED, briefing=CARD)
    with pytest.raises(PrivateTextFound) as refused:
        publish(card, cast.dee, "card")
    assert [finding.kind for finding in refused.value.findings] == [Kind.CARD]
    money = make_request(status=RequestStatus.RECEIVED, briefing=MONEY)
    with pytest.raises(PrivateTextFound):
        publish(money, cast.dee)
    publish(money, cast.dee, "money")


def test_only_coordinators_of_the_region_learn_what_was_found(context: Flask, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED, story=PHONE)
    for person in (cast.eve, cast.ben, cast.fay, cast.gus):
        with pytest.raises(NotFound):
            publish(request_id, person)


def test_the_refusal_and_its_log_never_repeat_the_words(context: Flask, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED, story=PHONE)
    with pytest.raises(PrivateTextFound) as refused:
        publish(request_id, cast.dee)
    assert str(refused.value) == "phone"
    assert "701" not in refused.value.sentence()


@pytest.mark.parametrize(
    ("language", "hard", "soft"),
    [("en", "a phone number", "a house or flat number"), ("ru", "телефон", "номер дома"), ("kk", "телефон", "үй")],
)
def test_it_is_told_in_three_languages(context: Flask, language: str, hard: str, soft: str) -> None:
    with context.test_request_context(), force_locale(language):
        assert hard in PrivateTextFound(find_private(PHONE + HOUSE)).sentence()
        assert soft not in PrivateTextFound(find_private(PHONE + HOUSE)).sentence()  # first what must go
        assert soft in PrivateTextFound(find_private(HOUSE)).sentence()


# ---- edits


def test_an_edit_on_the_board_is_checked_and_changes_nothing_when_refused(context: Flask, cast: Cast) -> None:
    request_id = make_request(story="Second floor.")
    with pytest.raises(PrivateTextFound):
        edit(request_id, cast.dee, "phone", story=PHONE)
    with pytest.raises(PrivateTextFound):
        edit(request_id, cast.dee, title=HOUSE)
    assert (request_now(request_id).story, request_now(request_id).version) == ("Second floor.", 1)
    edit(request_id, cast.dee, "house", title=HOUSE)
    assert last_event()["accepted"] == "house"


def test_an_edit_asks_only_about_the_words_it_changes(context: Flask, cast: Cast) -> None:
    request_id = make_request(story=HOUSE)
    edit(request_id, cast.dee, title="Bread and milk")
    assert request_now(request_id).title == "Bread and milk"


def test_a_draft_may_be_edited_as_it_is(context: Flask, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED)
    edit(request_id, cast.dee, story=PHONE)
    assert request_now(request_id).story == PHONE


# ---- at the desk


def test_the_desk_sees_it_marked_and_takes_it_out(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED, story=f"Bread. {PHONE} {HOUSE}", created_by=cast.dee.id)
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}")
    assert [mark.get_text() for mark in page.html.select("#found mark")] == ["8 701 000 00 24", "Abay street 12, apt 4"]
    assert "Take this out before everyone reads it" in text_of(page)
    assert not page.html.select("#found input")
    refused = dee.press(page, "Publish", status=422)
    assert "Everyone would read something private here: a phone number" in text_of(refused)
    assert request_now(request_id).status == RequestStatus.RECEIVED


def test_the_desk_ticks_that_it_has_looked(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED, story=HOUSE, created_by=cast.dee.id)
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}")
    assert "Please look at the marked places once more" in text_of(dee.press(page, "Publish", status=422))
    dee.press(page, "Publish", status=303, accepted=page.html.select_one("#found input")["value"])
    assert request_now(request_id).status == RequestStatus.OPEN


def test_the_tick_is_for_the_kinds_that_were_shown(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(status=RequestStatus.RECEIVED, story=HOUSE, created_by=cast.dee.id)
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}")
    edit(request_id, cast.dee, story=f"{HOUSE} {MONEY}")  # somebody else, meanwhile
    again = dee.press(page, "Publish", status=409, accepted="house")
    assert not again.html.select("#found input[checked]")
    dee.press(again, "Publish", status=422, accepted="house")
    assert request_now(request_id).status == RequestStatus.RECEIVED


def test_an_edit_form_shows_it_and_loses_nothing(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread")
    dee = site.as_(cast.dee)
    page = dee.get(f"/desk/requests/{request_id}/edit")
    refused = dee.press(page, "Save", status=422, story=f"Kept words. {HOUSE}", briefing=MONEY)
    assert [mark.get_text() for mark in refused.html.select("#found mark")] == ["Abay street 12, apt 4", "donate"]
    assert "Kept words." in refused.html.find("textarea", {"name": "story"}).get_text()
    assert request_now(request_id).version == 1
    dee.press(refused, "Save", status=303, accepted=refused.html.select_one("#found input")["value"])
    assert "Kept words." in request_now(request_id).story


def test_hostile_marks_are_text(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(
        status=RequestStatus.RECEIVED, story=f"<b>{PHONE}</b><script>alert(1)</script>", created_by=cast.dee.id
    )
    page = site.as_(cast.dee).get(f"/desk/requests/{request_id}")
    assert "<script>alert" not in page.text
    assert "<b>Call" not in page.text


# ---- imports


def test_nothing_private_is_imported(tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        'source = "s"\n[fields.source_id]\ncolumn = "id"\n[fields.title]\ncolumn = "title"\n[fields.story]\n'
        'column = "story"\n[fields.lang]\nvalue = "ru"\n[fields.kind]\nvalue = "errands"\n[fields.region]\n'
        'value = "KZ-75"\n',
        "utf-8",
    )
    text = (
        "Звоните восемь семьсот один ноль ноль ноль ноль ноль 24 или 8 7О1 ООО ОО 24, дом 5, кв. 12, ИИН 850101 300 005"
    )
    rows = tmp_path / "rows.csv"
    rows.write_text(f'id,title,story\n1,Хлеб,"{text}"\n', "utf-8")
    known = {"kind": {"errands"}, "needs": set(), "region": {"KZ-75"}, "district": set()}
    (draft,) = read_drafts(rows, load_mapping(mapping), now=utcnow(), known=known)
    assert isinstance(draft, RequestDraft)
    assert not find_private(draft.story)
    assert draft.story.startswith("Звоните … или …")


# ---- what those who promised are told


def test_what_is_for_a_person_tells_no_contact_to_those_who_promised(context: Flask, cast: Cast) -> None:
    """Anybody who takes a place reads it at once; a person's contact opens in steps."""
    written = make_request(status=RequestStatus.RECEIVED, for_person=True, briefing=PHONE)
    with pytest.raises(PrivateTextFound):
        publish(written, cast.dee, "phone")
    published = make_request(for_person=True)
    with pytest.raises(PrivateTextFound):
        edit(published, cast.dee, "phone", briefing=PHONE)
    with pytest.raises(PrivateTextFound):
        edit(published, cast.dee, briefing=HOUSE)
    edit(published, cast.dee, "house", briefing=HOUSE)


def test_a_request_that_becomes_a_persons_is_checked_anew(context: Flask, cast: Cast) -> None:
    request_id = make_request(briefing=PHONE)
    with pytest.raises(PrivateTextFound):
        edit(request_id, cast.dee, for_person=True)


def test_an_auditor_does_not_read_it_at_the_desk(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(briefing="Meet at the chess tables.")
    assert "chess tables" in text_of(site.as_(cast.dee).get(f"/desk/requests/{request_id}"))
    assert "chess tables" not in text_of(site.as_(cast.fay).get(f"/desk/requests/{request_id}"))
