"""The queue: what burns, why, in which order; only of one's own regions; bounded, at any size."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import insert, text, update
from webtest import TestResponse

from accelerator.accounts.models import Role
from accelerator.board import transitions as board
from accelerator.board.models import Credit, HelpRequest, Timing
from accelerator.clock import utcnow
from accelerator.deeds.models import Deed, DeedStatus, Photo
from accelerator.desk.queue import queries
from accelerator.desk.queue.queries import MOST, Narrow, list_ids, moments
from accelerator.desk.queue.reasons import Reason
from accelerator.extensions import db
from accelerator.help.models import CallOutcome, Channel
from tests.cast import ALMATY, ASTANA, Cast, viewer_of
from tests.desk.cases import asked, call, write
from tests.factories import MEDEU, make_deed, make_request
from tests.site import Site, text_of
from tests.steps import confirm, counted_statements, take, take_and_report

RU_LONG = "Очень" + "длинноеслово" * 8


@pytest.fixture
def dee(context: Flask, site: Site, cast: Cast) -> Site:
    return site.as_(cast.dee)


def titles(page: TestResponse, group: str = "") -> list[str]:
    """The titles of the queue, or of one of its groups."""
    place = page.html.find(id=f"group-{group}").find_parent("section") if group else page.html
    return [link.get_text() for link in place.select("[data-row] [data-open]")]


def groups(page: TestResponse) -> list[str]:
    return [str(head["id"]).removeprefix("group-") for head in page.html.select("section.burns > h2")]


def published(request_id: int, ago: timedelta) -> int:
    with db.transaction() as session:
        session.execute(update(HelpRequest).where(HelpRequest.id == request_id).values(published_at=utcnow() - ago))
    return request_id


def past(request_id: int) -> int:
    with db.transaction() as session:
        session.execute(
            update(HelpRequest).where(HelpRequest.id == request_id).values(due_at=utcnow() - timedelta(hours=1))
        )
    return request_id


def test_everything_that_burns_is_there_with_its_reason_and_its_next_step(
    context: Flask, site: Site, cast: Cast
) -> None:
    asked()
    make_request(title="Soon", starts_at=utcnow() + timedelta(hours=3), minutes=60)
    published(make_request(title="Old"), timedelta(days=3))
    take_and_report(make_request(title="Told"), cast.ben, minutes=90)
    claim_id = take_and_report(make_request(title="Odd"), cast.cy)
    with db.transaction():
        board.dispute(claim_id, by=viewer_of(cast.dee), at=utcnow(), reason="?")
    spoken = asked()
    call(spoken, cast.dee)
    write(spoken, "On Sunday, please.")
    make_deed(title="Planted", status=DeedStatus.PENDING, user_id=cast.ben.id)
    gone = make_request(title="Gone by")
    take(gone, cast.cy)
    past(gone)
    page = site.as_(cast.dee).get("/desk")
    assert groups(page) == ["verify", "soon", "unclaimed", "reported", "disputed", "word", "deed", "ended"]
    words = text_of(page)
    assert "New: we promised a call by" in words
    assert "nobody comes yet" in words
    assert "nobody has taken it" in words
    assert "Ben reported 1 h 30 min" in words
    assert "Being cleared up with Cy, who reported today" in words
    assert "The person wrote to you: just now" in words
    assert "settle what is left and close it" in words
    assert "On Sunday, please." not in words  # read on the page of the case, not over a shoulder
    for row in page.html.select("[data-row]"):
        assert row.select(".burn-acts .btn"), row["id"]


@pytest.mark.parametrize(
    ("outcome", "words"), [(CallOutcome.NO_ANSWER, "No answer"), (CallOutcome.CALL_BACK, "Asked to call back")]
)
def test_what_was_called_is_told_from_what_was_not(dee: Site, cast: Cast, outcome: CallOutcome, words: str) -> None:
    called, new = asked(), asked()
    call(called, cast.dee, CallOutcome.WRONG_NUMBER)
    call(called, cast.dee, outcome)
    page = dee.get("/desk")
    why = {row["id"]: row.select_one(".burn-why").get_text() for row in page.html.select("[data-row]")}
    assert why[f"case-verify-{called}"].strip().endswith(f": {words}")
    assert "Last call" not in why[f"case-verify-{new}"]


def test_what_is_not_needed_any_more_is_closed_not_called(dee: Site, cast: Cast) -> None:
    call(asked(), cast.dee, CallOutcome.NOT_NEEDED)
    page = dee.get("/desk")
    assert "that help is no longer needed: close it" in text_of(page)
    assert [button.get_text(strip=True) for button in page.html.select(".burn-acts .btn")] == ["Close"]


def test_what_was_verified_and_is_not_needed_after_all_is_not_published(dee: Site, cast: Cast) -> None:
    request_id = asked(title="Bread")
    call(request_id, cast.dee)
    call(request_id, cast.dee, CallOutcome.NOT_NEEDED)
    assert "that help is no longer needed: close it" in text_of(dee.get("/desk?reason=publish"))


def test_whoever_thought_better_of_it_is_read_not_closed(dee: Site, cast: Cast) -> None:
    request_id = asked()
    call(request_id, cast.dee, CallOutcome.NOT_NEEDED)
    write(request_id, "I do need it after all.")
    page = dee.get("/desk")
    assert "that nothing is needed, and wrote since" in text_of(page)
    (button,) = page.html.select(".burn-acts .btn")
    assert button["href"] == f"/desk/requests/{request_id}#talk"


def test_auditors_do_not_read_what_was_asked_and_answered(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request()
    claim_id = take_and_report(request_id, cast.ben)
    with db.transaction():
        board.dispute(claim_id, by=viewer_of(cast.dee), at=utcnow(), reason="Who opened?")
        board.report(
            request_id, by=viewer_of(cast.ben), at=utcnow(), minutes=30, word="It went well.", credit=Credit.HIDDEN,
            photo_keys=[], answer="Flat 12 did.",
        )  # fmt: skip
    for path in ("/desk", f"/desk/requests/{request_id}"):
        assert "Flat 12 did." in text_of(site.as_(cast.dee).get(path))
        words = text_of(site.as_(cast.fay).get(path))
        assert "It went well." in words
        assert "Flat 12" not in words
        assert "Who opened?" not in words


def test_what_is_over_stands_there_once_while_its_reports_wait(context: Flask, site: Site, cast: Cast) -> None:
    told = make_request(title="Told and over")
    take_and_report(told, cast.ben)
    past(told)
    dee = site.as_(cast.dee)
    assert groups(dee.get("/desk")) == ["reported"]
    assert titles(dee.get("/desk?reason=ended"), "ended") == ["Told and over"]


def test_what_is_done_and_what_nobody_came_for_wait_to_be_closed(dee: Site, cast: Cast) -> None:
    done, left = make_request(title="Done"), make_request(title="One still to come", capacity=2)
    for request_id in (done, left):
        confirm(take_and_report(request_id, cast.ben), cast.dee)
    missed = make_request(title="Missed", starts_at=utcnow() + timedelta(minutes=5))
    with db.transaction() as session:
        request = session.get_one(HelpRequest, missed)
        request.starts_at = request.due_at = utcnow() - timedelta(minutes=1)
    page = dee.get("/desk?reason=ended")
    assert sorted(titles(page, "ended")) == ["Done", "Missed"]
    assert "nobody came: give it a new time, or close it" in text_of(page)
    board_now = text_of(dee.get("/requests"))
    assert "One still to come" in board_now
    assert "Missed" not in board_now
    assert "This one is closed" in text_of(dee.get(f"/requests/{missed}"))


def test_a_confirmation_taken_back_moves_no_deadline(context: Flask, cast: Cast) -> None:
    request_id = make_request(title="One still to come", capacity=2)
    before = db.read.get_one(HelpRequest, request_id).due_at
    claim_id = take_and_report(request_id, cast.ben)
    confirm(claim_id, cast.dee)
    with db.transaction():
        board.unconfirm(claim_id, by=viewer_of(cast.dee), at=utcnow())
    assert db.read.get_one(HelpRequest, request_id, populate_existing=True).due_at == before


def test_a_confirmation_taken_back_brings_it_back_to_the_board(dee: Site, cast: Cast) -> None:
    request_id = make_request(title="Done")
    claim_id = take_and_report(request_id, cast.ben)
    confirm(claim_id, cast.dee)
    with db.transaction():
        board.unconfirm(claim_id, by=viewer_of(cast.dee), at=utcnow())
    assert "ended" not in groups(dee.get("/desk"))
    assert "Done" in text_of(dee.get("/requests"))


def test_what_is_missing_until_it_is_published_is_said(dee: Site, cast: Cast) -> None:
    verified = asked()
    call(verified, cast.dee)
    own = asked(title="Hers", channel=Channel.PHONE, typed_by=cast.dee)
    call(own, cast.dee)
    ready = asked(title="Ready")
    call(ready, cast.dee)
    rows = [" ".join(row.get_text(" ").split()) for row in dee.get("/desk?reason=publish").html.select("[data-row]")]
    assert rows[0].startswith("Verified: write the public text")
    assert rows[1].startswith("Yours: another coordinator publishes it")
    assert rows[2].startswith("Written, not published yet")


def test_a_told_deed_that_shows_a_phone_is_published_without_it_only(dee: Site, cast: Cast) -> None:
    make_deed(title="Started a car", story="Call 8 701 123 45 67.", status=DeedStatus.PENDING, user_id=cast.ben.id)
    row = dee.get("/desk").html.select_one("[data-row]")
    assert row.select_one("mark").get_text() == "8 701 123 45 67"
    assert [button.get_text(strip=True) for button in row.select(".burn-acts > form button")] == ["Publish without it"]
    assert not row.select(".burn-told")  # once is enough


def test_what_is_needed_before_the_call_that_was_promised_comes_first(dee: Site) -> None:
    for number in range(8):
        asked(title=f"Older {number}", at=utcnow() - timedelta(days=1, minutes=number))
    urgent = asked(title="Today")
    with db.transaction() as session:
        request = session.get_one(HelpRequest, urgent)
        request.timing, request.ends_at = Timing.BY.value, utcnow() + timedelta(hours=5)
        request.due_at = request.ends_at
    page = dee.get("/desk")
    assert titles(page)[0] == "Today"
    assert "Today" not in titles(dee.get("/desk?reason=verify"))
    assert "New, and needed already" in text_of(page)


def test_photos_are_seen_before_they_are_published(dee: Site, cast: Cast) -> None:
    told = make_deed(title="Told", status=DeedStatus.PENDING, user_id=cast.ben.id)
    with db.transaction() as session:
        for key, deed in (("t" * 32, told), ("r" * 32, None)):
            session.add(Photo(key=key, user_id=cast.ben.id, deed_id=deed, width=4, height=3, created_at=utcnow()))
    take_and_report(make_request(title="Reported"), cast.ben, photo_keys=("r" * 32,))
    rows = {row.select_one("[data-open]").get_text(): row for row in dee.get("/desk").html.select("[data-row]")}
    for title, key, alt in (("Told", "t" * 32, "of this deed"), ("Reported", "r" * 32, "of this report")):
        (photo,) = rows[title].select(".photo img")
        assert photo["src"] == f"/photos/{key}-small.webp"
        assert photo["alt"].endswith(alt)


def test_new_requests_come_the_oldest_first_and_what_we_promised_is_marked_when_it_is_over(dee: Site) -> None:
    asked(title="Newer")
    asked(title="Oldest", at=utcnow() - timedelta(days=8))
    asked(title="Older", at=utcnow() - timedelta(hours=5))
    page = dee.get("/desk")
    assert titles(page, "verify") == ["Oldest", "Older", "Newer"]
    late = [row.select_one("[data-open]").get_text() for row in page.html.select(".burn-late")]
    assert late == ["Oldest"]
    assert "Overdue: we promised a call by" in text_of(page)


def test_a_call_is_promised_within_two_working_days(context: Flask, site: Site, cast: Cast) -> None:
    from accelerator.desk.queue.rows import RowMaker
    from accelerator.reference import places

    friday = datetime(2026, 11, 20, 6, tzinfo=UTC)
    request_id = asked(title="Bread", at=friday)
    with context.test_request_context():
        for day, late in ((20, False), (23, False), (24, False), (25, True)):
            now = datetime(2026, 11, day, 7, tzinfo=UTC)
            row = RowMaker(viewer_of(cast.dee), places(db.read), now).before_board(
                Reason.VERIFY, db.read.get_one(HelpRequest, request_id), talk=None
            )
            assert row.is_late is late, day


def test_a_case_stands_once_under_the_hottest_reason_and_is_counted_under_each(dee: Site) -> None:
    request_id = make_request(title="Both", timing=Timing.BY, ends_at=utcnow() + timedelta(hours=5))
    published(request_id, timedelta(days=3))
    page = dee.get("/desk")
    assert titles(page) == ["Both"]
    assert groups(page) == ["soon"]
    assert "Nobody for two days 1" in text_of(page)
    assert titles(dee.get("/desk?reason=unclaimed")) == ["Both"]


def test_whoever_takes_it_puts_the_fire_out(context: Flask, site: Site, cast: Cast) -> None:
    request_id = published(make_request(title="Bread"), timedelta(days=3))
    dee = site.as_(cast.dee)
    assert titles(dee.get("/desk")) == ["Bread"]
    take(request_id, cast.ben)
    assert titles(dee.get("/desk")) == []
    assert "Everything is done" in text_of(dee.get("/desk"))


def test_only_ones_own_regions_burn(context: Flask, site: Site, cast: Cast) -> None:
    both = cast.add("aliya", role=Role.COORDINATOR, regions=[ALMATY, ASTANA])
    for region, name in ((ALMATY, "Here"), (ASTANA, "There")):
        asked(title=f"Ask {name}", region=region)
        published(make_request(title=f"Old {name}", region=region, district=None), timedelta(days=3))
        take_and_report(make_request(title=f"Told {name}", region=region, district=None), cast.ben)
        make_deed(title=f"Deed {name}", region=region, status=DeedStatus.PENDING)
    seen = {person.name: set(titles(site.as_(person).get("/desk"))) for person in (cast.dee, cast.eve, both, cast.fay)}
    assert all("Here" in title for title in seen["Dee"])
    assert all("There" in title for title in seen["Eve"])
    assert len(seen["Dee"]) == len(seen["Eve"]) == 4
    assert seen["Aliya"] == seen["Dee"] | seen["Eve"]
    drafts = {title for title in seen["Aliya"] if title.startswith("Ask")}
    assert seen["Aliya"] - drafts < seen["Fay"]  # what is not on the board yet stands there as a kind and a number
    assert not drafts & seen["Fay"]
    page = site.as_(both).get("/desk")
    chip = next(a for a in page.html.select(".chips a") if a.get_text() == "Astana")
    assert set(titles(site.as_(both).get(chip["href"]))) == seen["Eve"]
    assert set(titles(site.as_(cast.dee).get(f"/desk?region={ASTANA}"))) == seen["Dee"]  # not hers: all of hers


def test_an_auditor_finds_no_button_in_the_queue(context: Flask, site: Site, cast: Cast) -> None:
    asked(title="Bread")
    take_and_report(make_request(title="Told"), cast.ben)
    make_deed(title="Planted", status=DeedStatus.PENDING)
    page = site.as_(cast.fay).get("/desk")
    assert {"Told", "Planted"} < set(titles(page))
    assert not page.html.select(".burn-acts, [data-tick], #ticked")


def test_filters_narrow_the_queue_and_stay_in_its_links(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="Ёлка for a yard", kind="errands", starts_at=utcnow() + timedelta(hours=2))
    make_request(title="Water", kind="springs", district=None, starts_at=utcnow() + timedelta(hours=3))
    noted = make_request(title="Mine", kind="springs", starts_at=utcnow() + timedelta(hours=4))
    make_deed(title="елка told", status=DeedStatus.PENDING)
    dee = site.as_(cast.dee)
    dee.post(f"/desk/requests/{noted}/note", {"note": "I look after it."}, status=303)
    assert titles(dee.get("/desk?kind=errands")) == ["Ёлка for a yard"]
    assert titles(dee.get(f"/desk?district={MEDEU}")) == ["Ёлка for a yard", "Mine"]
    assert titles(dee.get("/desk?q=" + quote("ЕЛКА"))) == ["Ёлка for a yard", "елка told"]
    assert titles(dee.get("/desk?mine=1")) == ["Mine"]
    assert titles(dee.get("/desk?q=%25")) == titles(dee.get("/desk"))  # no word in it
    page = dee.get("/desk?kind=springs&mine=1")
    assert all("kind=springs&mine=1" in a["href"] for a in page.html.select(".counts a"))
    assert titles(dee.get("/desk?kind=nonsense&reason=nonsense&district=KZ-71&region=XX")) == titles(dee.get("/desk"))
    nothing = dee.get("/desk?q=nothing")
    assert "With these filters nothing is left to do." in text_of(nothing)


def test_a_group_says_how_many_more_there_are(dee: Site) -> None:
    for number in range(8):
        asked(title=f"Case {number}")
    page = dee.get("/desk")
    assert len(titles(page, "verify")) == 6
    link = page.html.find("a", string=lambda s: s and s.startswith("All of these"))
    assert len(titles(dee.get(link["href"]))) == 8


def fill(count: int) -> None:
    """Many requests to verify, unclaimed and told deeds, written straight into the tables."""
    now = utcnow()
    first = asked(title="First", at=now - timedelta(days=90))
    requester = db.read.get_one(HelpRequest, first).requester_id
    with db.transaction() as session:
        plain = {
            "story": "s", "briefing": "", "locale": "en", "kind_code": "errands", "region_code": ALMATY,
            "timing": "any", "due_at": now + timedelta(days=30), "minutes": 30, "capacity": 1, "needs": 0,
            "min_age": 0, "search_text": "", "version": 1, "created_at": now - timedelta(days=40),
            "taken": 0, "waiting": 0, "two_adults": False, "is_asar": False, "for_person": True,
        }  # fmt: skip
        session.execute(
            insert(HelpRequest),
            [plain | {"title": f"New {n}", "status": "received", "requester_id": requester} for n in range(count)],
        )
        old = {"status": "open", "published_at": now - timedelta(days=5)}
        session.execute(insert(HelpRequest), [plain | old | {"title": f"Unclaimed {n}"} for n in range(count)])
        deed = {
            "story": "", "doer_name": "", "locale": "en", "kind_code": "springs", "region_code": ALMATY,
            "happened_at": now, "minutes": 5, "helpers": 1, "helped": 0, "level": "told", "status": "pending",
            "hidden_reason": "", "thanks": 0, "created_at": now,
        }  # fmt: skip
        session.execute(insert(Deed), [deed | {"title": f"Deed {n}"} for n in range(count)])


def test_ten_thousand_rows_are_told_as_99_and_cost_no_more_statements(context: Flask, site: Site, cast: Cast) -> None:
    dee = site.as_(cast.dee)
    fill(10)
    dee.get("/desk")  # regions and kinds of help are read once in half a minute
    with counted_statements() as few:
        dee.get("/desk")
    fill(3_400)
    with counted_statements() as many:
        page = dee.get("/desk")
    assert len(many) == len(few)
    assert text_of(page).count("99+") >= 3
    assert len(titles(page)) <= 18
    whole = dee.get("/desk?reason=verify")
    assert len(titles(whole)) == MOST
    assert titles(whole)[0] == "First"
    assert "the others come up as you work" in text_of(whole)
    assert "99+" in text_of(dee.get("/desk/count"))


def plan(reason: Reason, regions: Sequence[str]) -> str:
    """How the database finds what burns."""
    statement = queries._ask(reason, tuple(regions))
    sql = statement.compile(db.read_engine, compile_kwargs={"literal_binds": False})
    values = sql.construct_params(moments(utcnow()))
    explain = "EXPLAIN QUERY PLAN " if db.settings.is_sqlite else "EXPLAIN "
    literal = str(statement.params(**moments(utcnow())).compile(db.read_engine, compile_kwargs={"literal_binds": True}))
    assert values
    return "\n".join(str(tuple(row)) for row in db.read.execute(text(explain + literal.replace(":", r"\:"))))


#: (What is urgent is a day of the board, which SQLite reads by either of its indexes.)
INDEXES = {
    Reason.VERIFY: ["ix_help_requests_to_verify"],
    Reason.SOON: ["ix_help_requests_soon"],
    Reason.UNCLAIMED: ["ix_help_requests_unclaimed"],
    Reason.REPORTED: ["ix_claims_to_settle", "ix_claims_vouched"],
    Reason.DISPUTED: ["ix_claims_to_settle"],
    Reason.WORD: ["ix_case_entries_words"],
    Reason.PUBLISH: ["ix_help_requests_to_publish"],
    Reason.DEED: ["ix_deeds_pending"],
    Reason.REPORT: ["ix_deed_reports_waiting"],
    Reason.ENDED: ["ix_help_requests_region_board"],
}


@pytest.mark.parametrize("reason", INDEXES)
def test_each_reason_reads_the_index_that_holds_only_what_it_is_about(context: Flask, reason: Reason) -> None:
    if not db.settings.is_sqlite:
        pytest.skip("PostgreSQL chooses by what is in the tables; here they are empty")
    for regions in ([ALMATY], [ALMATY, ASTANA]):
        found = plan(reason, regions)
        assert [found.count(index) for index in INDEXES[reason]] == [len(regions)] * len(INDEXES[reason]), found
        assert "TEMP B-TREE" not in found, found  # read in order, nothing to sort


def test_nobody_without_regions_asks_for_anything(context: Flask, site: Site, cast: Cast) -> None:
    lone = cast.add("lone", role=Role.COORDINATOR)
    asked(title="Bread")
    assert titles(site.as_(lone).get("/desk")) == []
    assert text_of(site.as_(lone).get("/desk/count")) == ""
    assert list_ids(db.read, Reason.VERIFY, (), Narrow(), at=utcnow()) == []


def test_the_number_in_the_header_is_that_of_the_queue(context: Flask, site: Site, cast: Cast) -> None:
    asked(title="Bread")
    asked(title="Far", region=ASTANA)
    make_deed(status=DeedStatus.PENDING)
    dee = site.as_(cast.dee)
    assert text_of(dee.get("/desk/count")).split()[0] == "2"
    link = dee.get("/requests").html.select_one("a.to-desk")
    assert link.get_text(strip=True) == "Desk"
    assert link.select_one("[hx-get='/desk/count']")
    for person in (cast.ben, cast.gus):
        assert not site.as_(person).get("/requests").html.select("a.to-desk")
        site.as_(person).get("/desk/count", status=403)


def test_coordinators_begin_at_the_desk(context: Flask, site: Site, cast: Cast) -> None:
    from tests.cast import PASSWORD

    for person, target in ((cast.dee, "/desk"), (cast.fay, "/desk"), (cast.ben, "/me"), (cast.gus, "/me")):
        browser = Site(context)
        page = browser.get("/login")
        answer = browser.press(page, "Sign in", email=person.email, password=PASSWORD, status=303)
        assert answer.headers["Location"].endswith(target), person.name


def test_long_names_and_no_words_break_nothing(context: Flask, site: Site, cast: Cast) -> None:
    long = cast.add("n" * 60)
    take_and_report(make_request(title=RU_LONG[:120]), long, word="x" * 500)
    asked()
    page = site.as_(cast.dee).language("kk").get("/desk")
    assert len(titles(page)) == 2


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_it_speaks_three_languages(context: Flask, site: Site, cast: Cast, language: str) -> None:
    asked()
    page = site.as_(cast.dee).language(language).get("/desk")
    assert ("we promised a call" in text_of(page)) is (language == "en")


def test_confirming_from_the_queue_offers_the_way_back(context: Flask, site: Site, cast: Cast) -> None:
    claim_id = take_and_report(make_request(title="Walk"), cast.ben)
    dee = site.as_(cast.dee)
    after = dee.follow(dee.press(dee.get("/desk"), "Confirm"))
    assert f"/desk/confirmed?claim={claim_id}" in after.text
    confirm(claim_id, cast.dee)  # once more: nothing more
