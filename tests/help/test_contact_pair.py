"""The word and four digits that a helped person tells the volunteer: typed into the report, it is their own word."""

import threading

import pytest
from flask import Flask
from sqlalchemy import update
from webtest import TestResponse

from accelerator.board.models import Claim, Credit, HelpRequest
from accelerator.clock import utcnow
from accelerator.deeds import transitions as deeds
from accelerator.deeds.models import Deed, Level
from accelerator.extensions import db, vault
from accelerator.help import spoken
from accelerator.help.models import Requester
from accelerator.help.pair import pair_of
from accelerator.help.transitions import erase
from accelerator.integrity.record import SYSTEM
from tests.cast import Cast, Person, viewer_of
from tests.factories import make_request, make_requester
from tests.site import Site, text_of
from tests.steps import claim_now, confirm, deed_of, events_of, row, take

PAIR = "алма 0417"
FIELD = "The word and four digits that they told you"


def promised(cast: Cast) -> tuple[int, int]:
    """A request of somebody with this pair, on which Ben has a place: (its number, the claim's)."""
    request_id = make_request(for_person=True, title="Bring bread")
    requester_id, _ = make_requester(request_id=request_id)
    with db.transaction() as session:
        told = vault.fingerprint("pair", pair_of(requester_id, PAIR))
        session.execute(update(Requester).where(Requester.id == requester_id).values(pair_hash=told))
    return request_id, take(request_id, cast.ben)


@pytest.fixture
def errand(context: Flask, cast: Cast) -> tuple[int, int]:
    return promised(cast)


def send(ben: Site, request_id: int, pair: str, **fields: object) -> TestResponse:
    page = ben.get(f"/requests/{request_id}/report")
    return ben.press(page, "Tell of it", **{"credit": "someone", "word": "We talked long.", "pair": pair, **fields})


def test_the_right_pair_counts_as_the_helped_persons_word(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    request_id, claim_id = errand
    assert send(site.as_(cast.ben), request_id, PAIR).status_int == 303
    claim = claim_now(claim_id)
    assert claim.state == "reported"
    assert claim.helped_said_at is not None
    assert events_of(f"request:{request_id}")[-2:] == ["claim.reported", "claim.helped_said"]


def test_who_told_of_it_is_told_that_the_pair_was_right(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    assert "The word and the number were right." in text_of(ben.follow(send(ben, errand[0], PAIR)))


def test_the_desk_sees_whose_word_there_is(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    silent, _ = promised(cast)
    send(site.as_(cast.ben), errand[0], PAIR)
    ben = site.as_(cast.ben)
    assert "were right" not in text_of(ben.follow(send(ben, silent, "")))
    dee = site.as_(cast.dee)
    rows = [row.get_text() for row in dee.get("/desk").html.select("#group-reported ~ ul .burn-why")]
    assert [row.strip().endswith(". The helped person says: they came") for row in rows] == [True, False]
    said = "the helped person says: they came"
    case = dee.get(f"/desk/requests/{errand[0]}")
    assert [badge.get_text() for badge in case.html.select(".claim .tone-leaf")] == [said]
    line = " ".join(case.html.select_one(".past > li").get_text(" ").split())
    assert line.startswith("Ben: typed in the word and the number of the helped person, and they were right volunteer")
    assert said not in text_of(dee.get(f"/desk/requests/{silent}"))


@pytest.mark.parametrize("typed", ["АЛМА0417", "алма-0417", " Алма  04 17 ", "алма, 0417."])
def test_it_may_be_typed_in_any_way(errand: tuple[int, int], site: Site, cast: Cast, typed: str) -> None:
    assert send(site.as_(cast.ben), errand[0], typed).status_int == 303
    assert claim_now(errand[1]).helped_said_at is not None


def test_left_empty_it_is_a_report_as_ever(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    assert send(site.as_(cast.ben), errand[0], "  ").status_int == 303
    assert claim_now(errand[1]).state == "reported"
    assert claim_now(errand[1]).helped_said_at is None


def test_a_wrong_one_is_told_beside_the_field_and_nothing_is_lost(
    errand: tuple[int, int], site: Site, cast: Cast
) -> None:
    ben = site.as_(cast.ben)
    page = send(ben, errand[0], "алма 0418", hours="2", minutes="15")
    assert page.status_int == 422
    field = page.html.find("input", id="pair")
    assert field["value"] == "алма 0418"
    assert field["aria-invalid"] == "true"
    assert "These are not the word and digits" in page.html.find(id="pair-error").get_text()
    assert page.html.find("textarea", id="word").get_text().strip() == "We talked long."
    assert page.html.find("input", {"name": "hours"})["value"] == "2"
    assert claim_now(errand[1]).state == "claimed"
    assert ben.press(page, "Tell of it", pair=PAIR).status_int == 303


def test_after_five_wrong_ones_only_the_coordinator_decides(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    for number in range(5):
        assert "These are not" in text_of(send(ben, errand[0], f"алма 100{number}"))
    for typed in ("алма 1009", PAIR):
        page = send(ben, errand[0], typed)
        assert page.status_int == 422
        assert "Too many tries" in text_of(page), "not even the right one is told from others"
    assert claim_now(errand[1]).helped_said_at is None
    assert send(ben, errand[0], "").status_int == 303, "the report itself is never held up"


def test_letting_go_and_coming_again_gives_no_new_tries(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    for number in range(5):
        send(ben, errand[0], f"алма 100{number}")
    ben.post(f"/requests/{errand[0]}/release", status=303)
    take(errand[0], cast.ben)
    assert "Too many tries" in text_of(send(ben, errand[0], PAIR))


def test_right_ones_are_not_counted(errand: tuple[int, int], cast: Cast) -> None:
    """A report that is sent again and again, for its photos, uses nothing up."""
    request, claim = row(HelpRequest, errand[0]), claim_now(errand[1])
    for _ in range(12):
        with db.transaction():
            assert spoken.hear(request, claim, PAIR, by=viewer_of(cast.ben), at=utcnow()) is spoken.Heard.RIGHT


def another_of_the_same(request_id: int, person: Person) -> tuple[int, int]:
    """Another request of the same person, as a split leaves one, on which somebody has a place."""
    other = make_request(for_person=True, title="Take the dog out")
    with db.transaction() as session:
        session.get_one(HelpRequest, other).requester_id = row(HelpRequest, request_id).requester_id
    return other, take(other, person)


def test_whoever_has_given_it_once_knows_it(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    other, claim_id = another_of_the_same(errand[0], cast.ben)
    old_page = ben.get(f"/requests/{other}/report")
    assert FIELD in text_of(old_page)
    send(ben, errand[0], PAIR)
    page = ben.get(f"/requests/{other}/report")
    assert FIELD not in text_of(page)
    assert "You have given their word and number once already." in text_of(page)
    sent = ben.press(old_page, "Tell of it", credit="someone", word="Walked the dog.", pair=PAIR)
    assert sent.status_int == 303
    assert claim_now(claim_id).state == "reported"
    assert claim_now(claim_id).helped_said_at is None


def test_what_the_person_said_behind_their_code_uses_no_pair_up(
    errand: tuple[int, int], site: Site, cast: Cast
) -> None:
    with db.transaction() as session:
        session.get_one(Claim, errand[1]).helped_said_at = utcnow()
    other, claim_id = another_of_the_same(errand[0], cast.ben)
    assert send(site.as_(cast.ben), other, PAIR).status_int == 303
    assert claim_now(claim_id).helped_said_at is not None


def test_from_somebody_else_it_is_a_word_of_its_own(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    send(site.as_(cast.ben), errand[0], PAIR)
    other, claim_id = another_of_the_same(errand[0], cast.cy)
    send(site.as_(cast.cy), other, PAIR)
    assert claim_now(claim_id).helped_said_at is not None


def test_told_of_two_at_once_it_vouches_for_one(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    other, claim_id = another_of_the_same(errand[0], cast.ben)
    browsers = [site.as_(cast.ben) for _ in range(2)]
    pages = [
        browser.get(f"/requests/{number}/report") for browser, number in zip(browsers, (errand[0], other), strict=True)
    ]

    def press(browser: Site, page: TestResponse) -> None:
        browser.press(page, "Tell of it", credit="someone", word="Done.", pair=PAIR)

    threads = [threading.Thread(target=press, args=pair) for pair in zip(browsers, pages, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spoken_for = [claim_now(number).helped_said_at for number in (errand[1], claim_id)]
    assert spoken_for.count(None) == 1


def test_wrong_tries_are_counted_for_all_that_one_person_asked(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    other, _ = another_of_the_same(errand[0], cast.ben)
    ben = site.as_(cast.ben)
    for number in range(5):
        send(ben, errand[0], f"алма 100{number}")
    assert "Too many tries" in text_of(send(ben, other, PAIR))


def test_other_mistakes_are_told_first_and_cost_no_try(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    for _ in range(7):
        assert send(ben, errand[0], "алма 9999", hours="0", minutes="0").status_int == 422
    assert send(ben, errand[0], PAIR).status_int == 303


def test_somebody_elses_pair_is_wrong(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    """The hash is of the person and the pair: the same word and digits of another person do not open anything."""
    other, _ = promised(cast)
    with db.transaction() as session:
        strange = vault.fingerprint("pair", pair_of(999, PAIR))
        session.execute(
            update(Requester).where(Requester.id == row(HelpRequest, other).requester_id).values(pair_hash=strange)
        )
    assert send(site.as_(cast.ben), other, PAIR).status_int == 422


def test_where_nobody_in_particular_asked_there_is_no_field(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    page = ben.get(f"/requests/{request_id}/report")
    assert FIELD not in text_of(page)
    assert ben.press(page, "Tell of it", credit="someone", pair=PAIR).status_int == 303
    assert claim_now(claim_id).helped_said_at is None


def test_after_an_erasure_there_is_no_field(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    assert FIELD in text_of(ben.get(f"/requests/{errand[0]}/report"))
    requester_id = row(HelpRequest, errand[0]).requester_id
    assert requester_id
    with db.transaction():
        erase(requester_id, by=SYSTEM, at=utcnow())
    with pytest.raises(spoken.PairRefused), db.transaction():
        spoken.hear(row(HelpRequest, errand[0]), claim_now(errand[1]), PAIR, by=viewer_of(cast.ben), at=utcnow())


def test_pressing_twice_at_once_is_one_report_and_one_word(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    browsers = [site.as_(cast.ben) for _ in range(3)]
    pages = [browser.get(f"/requests/{errand[0]}/report") for browser in browsers]
    statuses: list[int] = []

    def press(browser: Site, page: TestResponse) -> None:
        sent = browser.press(page, "Tell of it", credit="someone", word="Done.", pair=PAIR)
        statuses.append(sent.status_int)

    threads = [threading.Thread(target=press, args=pair) for pair in zip(browsers, pages, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 3
    told = events_of(f"request:{errand[0]}")
    assert (told.count("claim.reported"), told.count("claim.helped_said")) == (1, 1)


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_the_sentence_is_in_the_readers_language(
    errand: tuple[int, int], site: Site, cast: Cast, language: str
) -> None:
    ben = site.as_(cast.ben).language(language)
    page = ben.post(
        f"/requests/{errand[0]}/report", {"hours": "1", "minutes": "0", "credit": "someone", "pair": "x 1"}, status=422
    )
    assert page.html.find("html")["lang"] == language
    assert "These are not" not in page.text


# ---- how sure the deed is ----


def test_the_deed_is_confirmed_by_the_one_who_was_helped(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    send(site.as_(cast.ben), errand[0], PAIR)
    confirm(errand[1], cast.dee)
    deed = deed_of(errand[1])
    assert deed is not None
    assert deed.level == Level.CONFIRMED
    assert "confirmed by the one who was helped" in site.get(f"/deeds/{deed.id}").text


def test_without_their_word_it_is_witnessed(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    send(site.as_(cast.ben), errand[0], "")
    confirm(errand[1], cast.dee)
    deed = deed_of(errand[1])
    assert deed is not None
    assert deed.level == Level.WITNESSED
    assert "witnessed by a coordinator" in site.get(f"/deeds/{deed.id}").text


def test_said_later_the_published_deed_rises_at_once(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    send(site.as_(cast.ben), errand[0], "")
    confirm(errand[1], cast.dee)
    deed = deed_of(errand[1])
    assert deed is not None
    assert "witnessed" in site.get("/deeds").text
    for _ in range(2):
        with db.transaction():
            deeds.confirm_by_helped(errand[1], at=utcnow())
    assert row(Deed, deed.id).level == Level.CONFIRMED
    assert events_of(f"deed:{deed.id}").count("deed.confirmed") == 1, "repeating is harmless"
    assert "confirmed by the one who was helped" in site.get("/deeds").text


def test_said_before_there_is_a_deed_changes_nothing_yet(errand: tuple[int, int], cast: Cast) -> None:
    with db.transaction():
        deeds.confirm_by_helped(errand[1], at=utcnow())
    assert deed_of(errand[1]) is None


def test_who_wants_no_deed_has_none(errand: tuple[int, int], site: Site, cast: Cast) -> None:
    send(site.as_(cast.ben), errand[0], PAIR, credit=Credit.HIDDEN.value)
    confirm(errand[1], cast.dee)
    assert deed_of(errand[1]) is None
    assert claim_now(errand[1]).helped_said_at is not None


def test_whoever_typed_the_request_in_knows_the_pair_and_cannot_use_it(
    errand: tuple[int, int], site: Site, cast: Cast
) -> None:
    request_id, claim_id = errand
    with db.transaction() as session:
        session.execute(update(Requester).values(created_by_id=cast.ben.id))
    ben = site.as_(cast.ben)
    assert FIELD not in text_of(ben.get(f"/requests/{request_id}/report"))
    assert send(ben, request_id, PAIR).status_int == 303
    assert claim_now(claim_id).helped_said_at is None
