"""What the log's events become for open pages: seats with and without the button, deeds, in every language."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from accelerator.board import transitions as board
from accelerator.board.models import RequestStatus
from accelerator.clock import utcnow
from accelerator.deeds import transitions as deeds
from accelerator.deeds.models import DeedStatus
from accelerator.extensions import db
from accelerator.integrity.record import SYSTEM, EventType, record
from accelerator.live.hub import Message
from accelerator.live.source import LogSource, changes_since
from tests.cast import Cast, viewer_of
from tests.factories import make_deed, make_request
from tests.steps import confirm, count_events, take, take_and_report


@pytest.fixture
def source(context: Flask) -> LogSource:
    return LogSource(context)


def by_name(messages: list[Message]) -> dict[str, Message]:
    return {message.event: message for message in messages}


def words(message: Message, language: str = "en") -> str:
    return " ".join(BeautifulSoup(message.data[language], "html.parser").get_text(" ").split())


def test_the_newest_number_is_that_of_the_log(source: LogSource) -> None:
    assert source.latest() == 0
    make_request()
    assert source.latest() == count_events() == 1


def test_a_taken_place_reaches_those_who_may_take_one_and_those_who_have(source: LogSource, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    before = source.latest()
    take(request_id, cast.ben)
    found = by_name(list(source.since(before, 100)))
    assert found.keys() == {f"request-{request_id}", f"seats-{request_id}", "seen"}
    assert words(found[f"request-{request_id}"]) == "1 place free I'll help"
    assert words(found[f"seats-{request_id}"]) == "1 place free"
    assert "<button" not in found[f"seats-{request_id}"].data["en"]
    assert {message.id for message in found.values()} == {before + 1}


def test_a_full_request_offers_its_list_and_a_paused_one_nothing(source: LogSource, cast: Cast) -> None:
    request_id = make_request(capacity=1)
    before = source.latest()
    take(request_id, cast.ben)
    assert "Join the waiting list" in words(by_name(list(source.since(before, 100)))[f"request-{request_id}"])
    with db.transaction():
        board.pause(request_id, by=viewer_of(cast.dee), at=utcnow())
    assert "<button" not in by_name(list(source.since(before, 100)))[f"request-{request_id}"].data["en"]


def test_many_changes_of_one_request_are_one_message_with_how_it_stands_now(source: LogSource, cast: Cast) -> None:
    request_id = make_request(capacity=5)
    for person in (cast.ben, cast.cy, cast.kim):
        take(request_id, person)
    found = [message for message in source.since(0, 100) if message.event == f"request-{request_id}"]
    assert [words(message) for message in found] == ["2 places free I'll help"]
    assert found[0].id == source.latest()


def test_every_message_speaks_all_languages(source: LogSource, cast: Cast) -> None:
    confirm(take_and_report(make_request(title="Тай", locale="kk"), cast.ben), cast.dee)
    for message in source.since(0, 100):
        assert message.data.keys() == {"kk", "ru", "en"}
    deed = by_name(list(source.since(0, 100)))["deed"]
    assert "Медеу ауданы" in words(deed, "kk")
    assert "Медеуский район" in words(deed, "ru")
    assert "Medeu District" in words(deed, "en")


def test_deeds_come_in_the_order_in_which_they_appeared(source: LogSource) -> None:
    for title in ("First", "Second", "Third"):
        make_deed(title=title)
    deeds = [message for message in source.since(0, 100) if message.event == "deed"]
    assert [words(message).split()[1] for message in deeds] == ["First", "Second", "Third"]
    assert [message.id for message in deeds] == [1, 2, 3]


def test_an_open_page_is_told_why_no_place_can_be_taken(source: LogSource, cast: Cast) -> None:
    request_id = make_request(capacity=2)
    before = source.latest()
    with db.transaction():
        board.pause(request_id, by=viewer_of(cast.dee), at=utcnow())
    paused = by_name(list(source.since(before, 100)))
    assert "This one is paused." in paused[f"request-{request_id}"].data["en"]
    assert "<button" not in paused[f"request-{request_id}"].data["en"]
    assert "2 places free" in paused[f"seats-{request_id}"].data["en"]


def test_of_what_was_hidden_meanwhile_only_its_going_is_sent(source: LogSource) -> None:
    deed_id = make_deed(title="Secret", status=DeedStatus.HIDDEN)  # the factory records it as published
    gone = by_name(list(source.since(0, 100)))["deed"]
    assert set(gone.data.values()) == {f'<i id="deed-{deed_id}" data-gone></i>'}


def test_what_is_hidden_goes_and_comes_again_when_it_is_published(source: LogSource, cast: Cast) -> None:
    deed_id = make_deed()
    before = source.latest()
    with db.transaction():
        deeds.hide(deed_id, by=viewer_of(cast.dee), at=utcnow(), reason="Not so.")
    assert "data-gone" in by_name(list(source.since(before, 100)))["deed"].data["kk"]
    with db.transaction():
        deeds.publish(deed_id, by=viewer_of(cast.dee), at=utcnow())
    (deed,) = [message for message in source.since(before, 100) if message.event == "deed"]
    assert "data-gone" not in deed.data["kk"]


def test_nothing_private_and_nobodys_standing_is_in_a_message(source: LogSource, cast: Cast) -> None:
    request_id = make_request(title="Secret", status=RequestStatus.RECEIVED)
    other = make_request(briefing="Ring at the blue gate.")
    take(other, cast.ben)
    sent = "".join(html for message in source.since(0, 100) for html in message.data.values())
    for words_ in ("Secret", "blue gate", "Ben", "Let go", "csrf"):
        assert words_ not in sent
    assert f"claim-{request_id}" not in sent


def test_a_long_gap_is_answered_in_pieces(context: Flask, source: LogSource) -> None:
    for _ in range(7):
        make_deed()
    piece = source.since(0, 3)
    assert max(message.id for message in piece) == 3
    assert not changes_since(db.read, 0, 3).is_complete
    assert changes_since(db.read, 3, 100).is_complete
    assert changes_since(db.read, 3, 100).newest == 7
    assert changes_since(db.read, 7, 100).newest == 7


def test_events_about_people_move_the_number_on_and_say_nothing(source: LogSource, cast: Cast) -> None:
    with db.transaction() as session:
        record(session, EventType.ACCOUNT_UPDATED, "account:a_0", by=SYSTEM, at=utcnow())
        record(session, EventType.REGION_SAVED, "region:KZ-75/medeu", by=SYSTEM, at=utcnow())
    (message,) = source.since(0, 100)
    assert (message.id, message.event, set(message.data.values())) == (2, "seen", {""})
