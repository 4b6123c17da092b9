"""The board: filters in the address, search by words, pages by key, and cards that fit their viewer."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from webtest import TestResponse

from accelerator.board import search
from accelerator.board import transitions as board
from accelerator.board.lists import end_of_day
from accelerator.board.models import HelpRequest, Outcome, RequestStatus, Timing
from accelerator.board.queries import Filters, list_open
from accelerator.board.search import normalise
from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.reference import Capability, forget_places
from accelerator.regions.models import Region
from tests.cast import ASTANA, Cast, viewer_of
from tests.factories import MEDEU, make_request
from tests.site import HTMX, Site, alone, text_of
from tests.steps import counted_statements, take, take_and_report

ZONE = ZoneInfo("Asia/Almaty")


def titles(page: TestResponse) -> list[str]:
    """The titles of the cards, in the order of the page."""
    soup = page.html
    return [card.find(["h2", "h3"]).get_text(strip=True) for card in soup.select("article[id^=request-]")]


def found(site: Site, **filters: str) -> set[str]:
    return set(titles(site.get("/requests", params=filters)))


@pytest.fixture
def mixed(context: Flask) -> None:
    """Requests that differ in one thing each."""
    now = utcnow()
    make_request(title="Bread", kind="errands", minutes=30)
    make_request(title="Dogs", kind="animals", minutes=240, district="KZ-75/turksib")
    make_request(title="Snow", kind="seniors", minutes=60, region=ASTANA, district="KZ-71/esil")
    make_request(title="Month", minutes=15, starts_at=now + timedelta(days=30))
    make_request(title="Far deadline", minutes=15, timing=Timing.BY, ends_at=now + timedelta(days=20))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"Bread", "Dogs", "Month", "Far deadline"}),  # visitors begin in the configured region
        ({"region": "all"}, {"Bread", "Dogs", "Snow", "Month", "Far deadline"}),
        ({"region": ASTANA}, {"Snow"}),
        ({"district": "KZ-75/turksib"}, {"Dogs"}),
        ({"q": "dog"}, {"Dogs"}),
        ({"kind": "seniors"}, set()),
        ({"kind": "seniors", "region": "all"}, {"Snow"}),
        ({"region": "KZ-75"}, {"Bread", "Dogs", "Month", "Far deadline"}),
        ({"region": "KZ-75", "district": "KZ-75/turksib"}, {"Dogs"}),
        ({"when": "anytime"}, {"Bread", "Dogs", "Far deadline"}),
        ({"when": "week", "region": "all"}, {"Bread", "Dogs", "Snow", "Far deadline"}),
        ({"minutes": "15"}, {"Month", "Far deadline"}),
        ({"minutes": "30"}, {"Bread", "Month", "Far deadline"}),
        ({"minutes": "60", "region": "all"}, {"Bread", "Snow", "Month", "Far deadline"}),
        ({"region": "KZ-75", "minutes": "30", "when": "anytime", "kind": "errands", "q": "brea"}, {"Bread"}),
        ({"region": ASTANA, "kind": "animals"}, set()),
    ],
)
@pytest.mark.usefixtures("mixed")
def test_each_filter_leaves_what_it_names(site: Site, filters: dict[str, str], expected: set[str]) -> None:
    assert found(site, **filters) == expected


UNKNOWN = (
    "kind=nonsense", "region=KZ-99", "region=KZ-75/medeu",
    "when=yesterday", "minutes=17", "minutes=-1", "minutes=9999999999999999999999",
    "district=KZ-71/esil",  # of another region
    "fits=1",  # nobody is signed in
    "after=nonsense", "after=1-", "after=-1", "after=99999999999999999999-1", "after=%D9%A1-%D9%A1", "unknown=1",
    "kind=errands%00",
)  # fmt: skip


@pytest.mark.usefixtures("mixed")
def test_unknown_values_are_ignored(site: Site) -> None:
    for query in UNKNOWN:
        assert len(titles(site.get(f"/requests?{query}"))) == 4, query
    assert found(site, region=ASTANA, district="KZ-75/medeu") == {"Snow"}


@pytest.mark.usefixtures("mixed")
def test_filters_stay_in_the_form_and_in_the_links(site: Site) -> None:
    page = site.get("/requests?kind=animals&region=KZ-75&q=dogs&minutes=240")
    form = page.html.find("form", id="filters")
    assert form.find("input", {"name": "q"})["value"] == "dogs"
    for name, value in (("kind", "animals"), ("region", "KZ-75"), ("minutes", "240")):
        assert form.find("select", {"name": name}).find("option", selected=True)["value"] == value
    today = page.html.find("a", string=lambda text: text and "Today" in text)
    assert parse_qs(urlsplit(today["href"]).query) == {
        "kind": ["animals"],
        "region": ["KZ-75"],
        "q": ["dogs"],
        "minutes": ["240"],
        "when": ["today"],
    }


@pytest.mark.usefixtures("mixed")
def test_a_chip_that_is_on_leads_back(site: Site) -> None:
    page = site.get("/requests?minutes=30&kind=errands")
    on = next(a for a in page.html.find_all("a", {"aria-current": "true"}) if "30 minutes" in a.get_text())
    assert parse_qs(urlsplit(on["href"]).query) == {"kind": ["errands"]}


@pytest.mark.usefixtures("mixed")
def test_the_form_without_javascript_is_the_same_page(site: Site) -> None:
    page = site.get("/requests")
    form = page.forms["filters"]
    form["q"] = "dogs"
    answer = alone(form.submit)
    assert answer.headers["Location"] == "/requests?q=dogs&region=KZ-75"  # no blank fields
    assert titles(site.follow(answer)) == ["Dogs"]


@pytest.mark.usefixtures("mixed")
def test_htmx_gets_the_list_as_the_page_has_it(site: Site) -> None:
    whole = site.get("/requests?kind=animals").html.find(id="results")
    part = site.get("/requests?kind=animals", headers=HTMX).html
    assert part.find(recursive=False).name == "section"  # chips and districts ride along
    assert part.find(id="results").prettify() == whole.prettify()


def test_nothing_open_says_so_and_leads_on(context: Flask, site: Site) -> None:
    page = site.get("/requests")
    assert "Nobody is waiting here right now" in text_of(page)
    assert page.html.find(id="results").find("a", href="/requests?region=all")
    assert "Nobody is waiting right now" in text_of(site.get("/requests?region=all"))


@pytest.mark.usefixtures("mixed")
def test_nothing_that_fits_says_so_and_leads_back(site: Site) -> None:
    page = site.get("/requests?q=elephant")
    assert "Nothing fits these filters" in text_of(page)
    assert page.html.find("a", href="/requests?q=elephant&region=all", string="The whole country")
    page = site.get("/requests?q=elephant&region=all")
    assert page.html.find("a", href="/requests?region=all", string="See everything")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_places_and_kinds_speak_the_readers_language(context: Flask, site: Site, language: str) -> None:
    make_request(title="Нан", locale="kk", kind="errands")
    page = site.language(language).get("/requests?region=KZ-75")
    assert page.html.html["lang"] == language
    district = {"kk": "Медеу ауданы", "ru": "Медеуский район", "en": "Medeu District"}[language]
    assert district in text_of(page)
    assert page.html.find("h2", string="Нан")["lang"] == "kk"  # the text keeps its own


# Search


FOUND_BY = [
    ("ДӘРІ", {"Дәріханадан дәрі әкелу"}),
    ("дәріхана", {"Дәріханадан дәрі әкелу"}),
    ("Ғарыш", {"ҒАРЫШ туралы оқу"}),
    ("ғарыш ту", {"ҒАРЫШ туралы оқу"}),
    ("ёлк", {"Ёлки для двора"}),
    ("ЕЛКИ", {"Ёлки для двора"}),
    ("двор елк", {"Ёлки для двора"}),
    ("майский", {"Майский день"}),
    ("маиский", set()),
    ("ёлки дәрі", set()),
    ("арыш", set()),  # the beginning of a word, not its middle
    ("bread,", {"Bread & butter"}),
    ("bread butter", {"Bread & butter"}),
    ("нан-сүт", {"Нан-сүт"}),
]


def test_search_knows_kazakh_and_russian_whatever_the_case(context: Flask, site: Site) -> None:
    for title in (
        "Дәріханадан дәрі әкелу",
        "ҒАРЫШ туралы оқу",
        "Ёлки для двора",
        "Майский день",
        "Bread & butter",
        "Нан-сүт",
    ):
        make_request(title=title, story="")
    for query, expected in FOUND_BY:
        assert found(site, q=query) == expected, query


def test_search_finds_words_of_the_story_too(context: Flask, site: Site) -> None:
    make_request(title="Help", story="Четвёртый этаж, лифта нет.")
    assert found(site, q="ЧЕТВЕРТЫЙ лифт") == {"Help"}


def test_rare_and_common_words_are_found_in_the_same_order(
    context: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utcnow()
    for hours in (30, 2, 50, 7, 26):
        make_request(title=f"Bread in {hours}", timing=Timing.BY, ends_at=now + timedelta(hours=hours))
    filters = Filters(words=("bread",))
    orders = []
    for few in (0, 200):
        monkeypatch.setattr(search, "FEW", few)
        with counted_statements() as asked:
            rows, _ = list_open(db.read, filters, now=now, day_ends=now)
        orders.append([row.title for row in rows])
        assert any("+help_requests.status" in statement for statement in asked) is (few > 0 and db.settings.is_sqlite)
    assert orders == [[f"Bread in {hours}" for hours in (2, 7, 26, 30, 50)]] * 2


HOSTILE = [
    '"', "'", '"bread', "bread*", "*", "-bread", "title:bread", "body : bread", "bread AND", "AND", "OR", "NOT",
    "NEAR(bread butter)", "NEAR", "bread^2", "(bread", "bread)", "{bread}", "+bread", "bread | butter",
    "bread & !butter", "bread:*", "!", "<->", "%", "_", "__", "%bread%", "\\", "\\'", "';--",
    "🍎", "🍎 bread", "\x00bread", "bread\x1f",
    "ªº²³①𝟘", "ـ", "a\u0301", "\u200bbread", "\ufffd", "＂bread＂", "ﬁsh", "İstanbul", "ẞ", "x" * 10_000, "\u0301",
    "1,2", "0x1F", "-1", "bread.kz/a?b=c", "a@b.kz", "…",
]  # fmt: skip


def test_signs_of_query_languages_are_harmless(context: Flask, site: Site) -> None:
    make_request(title="Bread & butter")
    for query in HOSTILE:
        page = site.get(f"/requests?q={quote(query)}")
        if "bread" in query and "AND" not in query and "NEAR" not in query and ":" not in query and "^" not in query:
            assert titles(page) in (["Bread & butter"], []), query
    assert found(site, q='"bread"*') == found(site, q="-bread") == found(site, q="(bread)") == {"Bread & butter"}


def test_bytes_that_are_no_text_are_harmless(context: Flask, site: Site) -> None:
    make_request(title="Bread")
    for raw in ("%ff", "%ed%a0%80", "%00", "bread%ff"):
        site.get(f"/requests?q={raw}&kind={raw}&after={raw}")


def test_a_very_long_query_is_cut_and_does_not_swell_the_page(context: Flask, site: Site) -> None:
    make_request()
    usual = len(site.get("/requests?q=x").text)
    assert len(site.get(f"/requests?q={'x' * 10_000}").text) < usual + 20_000


def test_search_follows_an_edit_at_once(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread")
    assert found(site, q="bread") == {"Bread"}
    with db.transaction():
        request = board.lock_request(request_id)
        request.title, request.search_text = "Milk", normalise("Milk")
        board.edit(request, seen_version=1, by=viewer_of(cast.dee), at=utcnow())
    assert found(site, q="bread") == set()
    assert found(site, q="milk") == {"Milk"}


def test_search_follows_every_change_of_state_at_once(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(title="Bread", status=RequestStatus.RECEIVED)
    dee, at = viewer_of(cast.dee), utcnow()
    assert found(site, q="bread") == set()
    for change, expected in (
        (lambda: board.publish(request_id, seen_version=1, by=dee, at=at), {"Bread"}),
        (lambda: board.pause(request_id, by=dee, at=at), set()),
        (lambda: board.resume(request_id, by=dee, at=at), {"Bread"}),
        (lambda: board.close(request_id, by=dee, at=at, outcome=Outcome.WITHDRAWN), set()),
    ):
        with db.transaction():
            change()
        assert found(site, q="bread") == found(site) == expected


# Pages


def walk(site: Site, path: str = "/requests") -> list[str]:
    """All titles, page after page, by the link that people press."""
    seen: list[str] = []
    while path:
        page = site.get(path)
        seen += titles(page)
        link = page.html.find("a", string="Show more")
        path = link["href"] if link else ""
    return seen


def test_every_request_is_shown_exactly_once(context: Flask, site: Site) -> None:
    at = utcnow() + timedelta(days=3)
    for number in range(65):  # many at the very same moment
        make_request(title=f"Task {number:02}", starts_at=at + timedelta(hours=number // 30))
    assert walk(site) == [f"Task {number:02}" for number in range(65)]
    assert len(walk(site, "/requests?q=task&region=KZ-75")) == 65


def test_pages_stay_whole_while_new_requests_arrive(context: Flask, site: Site) -> None:
    at = utcnow() + timedelta(days=3)
    for number in range(45):
        make_request(title=f"Task {number:02}", starts_at=at)
    first = site.get("/requests")
    make_request(title="Earlier", starts_at=at - timedelta(hours=1))
    make_request(title="Later", starts_at=at + timedelta(hours=1))
    rest = walk(site, first.html.find("a", string="Show more")["href"])
    assert titles(first) + rest == [*(f"Task {number:02}" for number in range(45)), "Later"]


def test_htmx_appends_the_next_page(context: Flask, site: Site) -> None:
    for number in range(25):
        make_request(title=f"Task {number:02}")
    link = site.get("/requests?kind=errands").html.find("a", string="Show more")
    assert "kind=errands" in link["href"]
    part = site.get(link["hx-get"], headers=HTMX)
    soup = part.html
    assert soup.find(attrs={"hx-swap-oob": "beforeend:#requests"}).find_all("article").__len__() == 5
    assert not soup.find("a", string="Show more")
    assert titles(part) == titles(site.get(link["href"]))


def test_a_page_costs_the_same_at_any_length(context: Flask, site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    ben.get("/requests")  # warms the copy of regions and kinds
    counts = {}
    for rows in (5, 60):
        for number in range(rows - (5 if rows == 60 else 0)):
            make_request(title=f"Task {number}")
        take(make_request(capacity=9), cast.cy)
        with counted_statements() as by_visitor:
            site.get("/requests?minutes=30")
        with counted_statements() as by_ben:
            ben.get("/requests?minutes=60")
        counts[rows] = (len(by_visitor), len(by_ben))
    assert counts[5] == counts[60]
    assert counts[60][0] <= 3
    assert counts[60][1] <= 4  # who is it (asked twice when nothing is kept), the list, the latest deeds


# The viewer's own


def test_the_cards_of_ones_own_promises_say_so(context: Flask, site: Site, cast: Cast) -> None:
    held = make_request(title="Held", capacity=3)
    told = make_request(title="Told", capacity=3)
    full = make_request(title="Waited for", capacity=1)
    take(held, cast.ben)
    take_and_report(told, cast.ben)
    take(full, cast.cy)
    take(full, cast.ben, may_wait=True)
    page = site.as_(cast.ben).get("/requests")
    assert "promised" in text_of_card(page, held)
    assert "Let go" in text_of_card(page, held)
    assert "waits for confirmation" in text_of_card(page, told)
    assert "on the waiting list Leave the list" in text_of_card(page, full)
    for request_id in (held, told, full):
        assert "I'll help" not in text_of_card(page, request_id)


def text_of_card(page: TestResponse, request_id: int) -> str:
    card = page.html.find(id=f"request-{request_id}")
    assert card is not None
    return " ".join(card.get_text(" ").split())


def test_no_ones_standing_leaks_into_the_cards_of_others(context: Flask, site: Site, cast: Cast) -> None:
    """Cards are kept in memory for everybody; whoever looks first must not matter."""
    request_id = make_request(capacity=5, min_age=18, district=MEDEU)
    neighbour = cast.add("nur", district=MEDEU)
    take(request_id, cast.ben)
    viewers = {
        "ben": site.as_(cast.ben),
        "kim": site.as_(cast.kim),
        "nur": site.as_(neighbour),
        "cy": site.as_(cast.cy),
        "": site,
    }
    expected = {
        "ben": ("Let go", "I'll help"),
        "kim": ("adults only", "I'll help"),
        "nur": ("in your district", "Let go"),
        "cy": ("I'll help", "in your district"),
        "": ("I'll help", "in your district"),
    }
    for order in (list(viewers), list(reversed(viewers))):
        for name in order:
            card = text_of_card(viewers[name].get("/requests"), request_id)
            said, unsaid = expected[name]
            assert said in card, name
            assert unsaid not in card, name


def test_why_it_fits_is_said(context: Flask, site: Site, cast: Cast) -> None:
    near = make_request(title="Near", district=MEDEU, minutes=30)
    skilled = make_request(title="Skilled", district=None, needs=int(Capability.CAR), minutes=60)
    other = make_request(title="Other", district="KZ-75/auezov")
    nur = cast.add("nur", district=MEDEU, capabilities=int(Capability.CAR | Capability.PETS))
    page = site.as_(nur).get("/requests")
    assert "in your district · 30 min" in text_of_card(page, near)
    assert "you have what it takes" in text_of_card(page, skilled)
    assert "your district" not in text_of_card(page, other)


def test_fits_me_leaves_what_i_can_do_where_i_live(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="Simple")
    make_request(title="By car", needs=int(Capability.CAR))
    make_request(title="By car and strong", needs=int(Capability.CAR | Capability.STRENGTH))
    make_request(title="For adults", min_age=18)
    make_request(title="Astana", region=ASTANA, district=None)
    driver = cast.add("driver", capabilities=int(Capability.CAR | Capability.COOKING))
    assert found(site.as_(driver), fits="1") == {"Simple", "By car", "For adults"}
    assert found(site.as_(cast.kim), fits="1") == {"Simple"}
    assert len(found(site, fits="1", region="all")) == 5
    assert found(site.as_(driver), fits="1", q="car") == {"By car"}


# Days


def open_at(now: datetime, when: str, zone: ZoneInfo = ZONE) -> set[str]:
    rows, _ = list_open(db.read, Filters(when=when), now=now, day_ends=end_of_day(now, zone))
    return {row.title for row in rows}


def local(day: int, hour: int, minute: int = 0, zone: ZoneInfo = ZONE) -> datetime:
    """A moment of November 2026, whose 20th is a Friday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=zone).astimezone(UTC)


@pytest.fixture
def week(context: Flask) -> None:
    for title, moment in {
        "Friday evening": local(20, 19),
        "Saturday 00:00": local(21, 0),
        "Saturday noon": local(21, 12),
        "Sunday 23:59": local(22, 23, 59),
        "Monday 00:00": local(23, 0),
        "Saturday after": local(28, 10),
    }.items():
        make_request(title=title, starts_at=moment)
    make_request(title="Any time")
    with db.transaction() as session:  # as if written before that week
        session.query(HelpRequest).filter_by(title="Any time").update({"due_at": local(30, 0)})
    make_request(title="By Saturday noon", timing=Timing.BY, ends_at=local(21, 12))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (local(19, 12), {"Saturday 00:00", "Saturday noon", "Sunday 23:59", "By Saturday noon"}),
        (local(20, 23, 59), {"Saturday 00:00", "Saturday noon", "Sunday 23:59", "By Saturday noon"}),
        (local(21, 0), {"Saturday noon", "Sunday 23:59", "By Saturday noon"}),
        (local(21, 13), {"Sunday 23:59"}),
        (local(22, 23, 30), {"Sunday 23:59"}),
        (local(23, 0, 1), {"Saturday after"}),
    ],
    ids=["Thursday", "Friday night", "Saturday 00:00", "Saturday", "Sunday night", "Monday"],
)
@pytest.mark.usefixtures("week")
def test_the_weekend_is_this_one_or_the_next(now: datetime, expected: set[str]) -> None:
    assert open_at(now, "weekend") == expected | {"Any time"}


@pytest.mark.usefixtures("week")
def test_today_and_tomorrow_end_at_midnight() -> None:
    friday = local(20, 18)
    flexible = {"Any time", "By Saturday noon"}
    assert open_at(friday, "today") == flexible | {"Friday evening"}
    assert open_at(friday, "tomorrow") == flexible | {"Saturday 00:00", "Saturday noon"}
    assert open_at(local(20, 19, 1), "today") == flexible  # it has begun
    assert open_at(local(21, 13), "tomorrow") == {"Any time", "Sunday 23:59"}


@pytest.mark.usefixtures("week")
def test_a_week_is_seven_days_with_today() -> None:
    assert open_at(local(22, 12), "week") == {"Any time", "Sunday 23:59", "Monday 00:00", "Saturday after"}
    assert open_at(local(21, 12, 1), "week") == {"Any time", "Sunday 23:59", "Monday 00:00"}
    assert open_at(local(22, 12), "anytime") == {"Any time"}


def test_days_are_those_of_the_region(context: Flask, site: Site) -> None:
    """New York's tomorrow has not begun when Almaty's has."""
    with db.transaction() as session:
        for code, zone in (("US-NY", "America/New_York"), ("NZ", "Pacific/Auckland")):
            session.add(
                Region(code=code, name_kk="Алыс", name_ru="Далеко", name_en=f"Far {code}", timezone=zone, desk_phone="")
            )
    forget_places()
    now = utcnow()
    for code, name in (("US-NY", "America/New_York"), ("NZ", "Pacific/Auckland")):
        zone = ZoneInfo(name)
        midnight = end_of_day(now, zone)
        make_request(title=f"Late {code}", region=code, district=None, starts_at=midnight - timedelta(seconds=30))
        make_request(title=f"Early {code}", region=code, district=None, starts_at=midnight + timedelta(seconds=30))
        if midnight - now > timedelta(minutes=1):
            assert found(site, region=code, when="today") == {f"Late {code}"}
        assert f"Early {code}" in found(site, region=code, when="tomorrow")
        card = text_of(site.get(f"/requests?region={code}&when=tomorrow"))
        assert "tomorrow 00:00" in card


def test_a_region_that_an_import_has_just_added_is_known(context: Flask, site: Site) -> None:
    """Another process wrote it, so this one's copy of the regions does not know it yet."""
    site.get("/requests")
    with db.transaction() as session:
        session.add(Region(code="US-NY", name_kk="Нью-Йорк", name_ru="Нью-Йорк", name_en="New York"))
        session.add(
            Region(code="US-NY/queens", parent_code="US-NY", name_kk="Квинс", name_ru="Квинс", name_en="Queens")
        )
    alone = site.get("/requests?region=US-NY&district=US-NY/queens")
    assert "Nothing fits these filters" in text_of(alone)
    request_id = make_request(title="Paint the school", region="US-NY", district="US-NY/queens")
    assert found(site, region="US-NY", district="US-NY/queens") == {"Paint the school"}
    assert "Queens" in text_of(site.get("/requests?region=all"))
    assert "Queens" in text_of(site.get(f"/requests/{request_id}"))
    assert "New York" in text_of(site.get("/requests"))  # among the filters


def test_a_search_without_a_find_goes_on_in_the_whole_country(context: Flask, site: Site) -> None:
    make_request(title="Carry the piano", region="KZ-71", district=None)
    empty = site.get("/requests?q=piano&kind=other&district=KZ-75/medeu&minutes=60&region=KZ-75")
    wider = empty.html.find(id="results").find("a", string=lambda text: "whole country" in (text or ""))
    assert wider["href"] == "/requests?q=piano&kind=other&region=all&minutes=60"
    assert "Carry the piano" in text_of(site.get("/requests?q=piano&region=all"))
    nowhere = site.get("/requests?q=nothing&region=all").html.find(id="results")
    assert nowhere.find("a")["href"] == "/requests?region=all"


def test_a_region_that_there_is_not_is_said(site: Site) -> None:
    assert "There is no such region here, so this is Almaty." in text_of(site.get("/requests?region=nope"))
    for known in ("", "?region=all", "?region=KZ-71"):
        assert "no such region" not in text_of(site.get(f"/requests{known}"))


def test_what_nobody_knows_is_looked_for_once_a_second(context: Flask, site: Site) -> None:
    site.get("/requests?region=nope")
    with counted_statements() as sent:
        for number in range(5):
            site.get(f"/requests?region=nope{number}")
    assert len([words for words in sent if "FROM regions" in words]) <= 1
    with db.transaction() as session:
        session.add(Region(code="US-NY", name_kk="Нью-Йорк", name_ru="Нью-Йорк", name_en="New York"))
    make_request(title="Paint the school", region="US-NY", district=None)
    assert "New York" in text_of(site.get("/requests?region=all")), "what is in the table is known at once"


@pytest.mark.parametrize("typed", ["***", "🙂", "«…»"])
def test_a_search_without_a_word_says_so(context: Flask, site: Site, typed: str) -> None:
    make_request(title="Carry the piano")
    shown = text_of(site.get("/requests", params={"q": typed}))
    assert f"There is no word in “{typed}”, so nothing was looked for." in shown
    assert "Carry the piano" in shown
    assert "There is no word" not in text_of(site.get("/requests?q=piano"))


def test_what_is_over_is_not_on_the_board(context: Flask, site: Site) -> None:
    make_request(title="Over", starts_at=utcnow() - timedelta(minutes=1))
    make_request(title="Closed", status=RequestStatus.CLOSED)
    make_request(title="Paused", status=RequestStatus.PAUSED)
    make_request(title="Received", status=RequestStatus.RECEIVED)
    assert found(site) == set()


def test_the_soonest_stands_first(context: Flask, site: Site) -> None:
    make_request(title="Any time")
    make_request(title="Tomorrow", starts_at=utcnow() + timedelta(days=1))
    make_request(title="By tonight", timing=Timing.BY, ends_at=utcnow() + timedelta(hours=4))
    assert titles(site.get("/requests")) == ["By tonight", "Tomorrow", "Any time"]


def test_what_people_wrote_is_shown_as_they_wrote_it(context: Flask, site: Site) -> None:
    hostile = "<script>alert(1)</script> {{ 7*7 }} \"'&"
    make_request(title=hostile, story=hostile)
    page = site.get("/requests")
    assert titles(page) == [hostile]
    assert "<script>alert" not in page.text
    assert "{{ 7*7 }}" in text_of_card(page, 1)
