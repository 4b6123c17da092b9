"""The sheet of the day: what has its hour, where, who comes; nothing private, nothing of other regions."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Flask

from accelerator.board.models import Timing
from accelerator.clock import utcnow
from tests.cast import ASTANA, Cast
from tests.desk.cases import asked
from tests.factories import make_request
from tests.site import Site, text_of
from tests.steps import take

ZONE = ZoneInfo("Asia/Almaty")


def tomorrow_at(hour: int) -> datetime:
    return datetime.combine((utcnow().astimezone(ZONE) + timedelta(days=1)).date(), time(hour), ZONE)


def rows(site: Site, path: str) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in site.get(path).html.select("tbody tr")]


def test_what_has_its_hour_tomorrow_in_order_with_first_names(context: Flask, site: Site, cast: Cast) -> None:
    late = make_request(title="Evening", starts_at=tomorrow_at(18), capacity=3)
    make_request(title="Morning", starts_at=tomorrow_at(9))
    make_request(title="Deadline", timing=Timing.BY, ends_at=tomorrow_at(12))
    make_request(title="Day after", starts_at=tomorrow_at(9) + timedelta(days=1))
    make_request(title="Any time")
    make_request(title="Far", region=ASTANA, district=None, starts_at=tomorrow_at(9))
    take(late, cast.ben, people=2)
    dee = site.as_(cast.dee)
    found = rows(dee, "/desk/day?day=tomorrow")
    assert [next(t for t in ("Morning", "Deadline", "Evening") if t in row) for row in found] == [
        "Morning",
        "Deadline",
        "Evening",
    ]
    assert "nobody yet" in found[0]
    assert "Ben (+1)" in found[2]
    assert "2/3" in found[2]
    assert rows(dee, "/desk/day?day=today") == []


def test_hours_stand_there_without_their_day(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="Morning", starts_at=tomorrow_at(9))
    make_request(title="Deadline", timing=Timing.BY, ends_at=tomorrow_at(12))
    page = site.as_(cast.dee).get("/desk/day?day=tomorrow").html
    assert [hour.get_text() for hour in page.select(".hour")] == ["09:00", "until 12:00"]


def test_nothing_private_stands_on_it(context: Flask, site: Site, cast: Cast) -> None:
    request_id = asked(title="Bread")
    make_request(title="Bread", briefing="Door code 77", starts_at=tomorrow_at(9))
    page = site.as_(cast.dee).get("/desk/day?day=tomorrow").text
    for secret in ("Door code", "+7701", "Abay", "Apa Bota", f'/desk/requests/{request_id}"'):
        assert secret not in page


def test_a_region_that_is_not_ones_own_is_not_shown(context: Flask, site: Site, cast: Cast) -> None:
    make_request(title="Far", region=ASTANA, district=None, starts_at=tomorrow_at(9))
    assert rows(site.as_(cast.dee), f"/desk/day?day=tomorrow&region={ASTANA}") == []
    assert len(rows(site.as_(cast.fay), f"/desk/day?day=tomorrow&region={ASTANA}")) == 1
    assert "Nothing has its hour on this day." in text_of(site.as_(cast.dee).get("/desk/day?day=never"))
