"""Moments, durations and numbers in words; moments in the region's zone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask_babel import force_locale

from accelerator import formatting
from accelerator.board.models import ClaimState, Outcome, RequestStatus, Timing
from accelerator.deeds.models import DeedStatus, Level
from accelerator.integrity.record import EventType

ALMATY = ZoneInfo("Asia/Almaty")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=ALMATY).astimezone(UTC)  # a Friday
CATALOGUES = Path(__file__).parents[1] / "accelerator" / "translations"
has_words = pytest.mark.skipif(
    not all((CATALOGUES / language / "LC_MESSAGES" / "messages.mo").exists() for language in ("kk", "ru")),
    reason="the catalogues are not compiled",
)

pytestmark = pytest.mark.usefixtures("context")


def there(day: int, hour: int = 12, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ALMATY).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (there(20, 0), "today"),
        (there(20, 23, 59), "today"),
        (there(21, 0), "tomorrow"),
        (there(19, 23, 59), "yesterday"),
        (there(22), "Sunday"),
        (there(26), "Thursday"),
        (there(27), "27 November"),
        (there(18), "18 November"),
        (there(1, month=1, year=2027), "1 January 2027"),
        (there(31, month=12, year=2025), "31 December 2025"),
    ],
)
def test_days_are_named_as_people_name_them(moment: datetime, expected: str) -> None:
    assert formatting.day(moment, NOW, ALMATY) == expected


def test_the_day_is_that_of_the_zone() -> None:
    moment = there(21, 0, 30)
    assert formatting.day_and_time(moment, NOW, ALMATY) == "tomorrow 00:30"
    assert formatting.day_and_time(moment, NOW, ZoneInfo("America/New_York")) == "today 14:30"


def test_weekdays_and_months_speak_the_readers_language() -> None:
    for language, weekday, date in (("kk", "жексенбі", "27 қараша"), ("ru", "воскресенье", "27 ноября")):
        with force_locale(language):
            assert formatting.day(there(22), NOW, ALMATY).casefold() == weekday
            assert formatting.day(there(27), NOW, ALMATY).casefold() == date


@pytest.mark.parametrize(
    ("timing", "starts", "ends", "expected"),
    [
        (Timing.ANY, None, None, "any time"),
        (Timing.BY, None, there(20, 17), "until today 17:00"),
        (Timing.AT, there(21, 9, 5), there(21, 10), "tomorrow 09:05"),
        (Timing.REPEATING, there(22, 10), there(22, 11), "every week, next Sunday 10:00"),
        (Timing.REPEATING, None, None, "regularly"),
    ],
)
def test_when_help_is_needed(timing: Timing, starts: datetime | None, ends: datetime | None, expected: str) -> None:
    assert formatting.when(timing, starts, ends, NOW, ALMATY) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(1, "1 min"), (59, "59 min"), (60, "1 h"), (61, "1 h 1 min"), (150, "2 h 30 min"), (1440, "24 h"), (0, "0 min")],
)
def test_durations(minutes: int, expected: str) -> None:
    assert formatting.duration(minutes) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (119, "1 minute ago"),
        (120, "2 minutes ago"),
        (3599, "59 minutes ago"),
        (3600, "today 11:00"),
        (86400, "yesterday 12:00"),
    ],
)
def test_how_long_ago(seconds: int, expected: str) -> None:
    assert formatting.ago(NOW - timedelta(seconds=seconds), NOW, ALMATY) == expected


def test_numbers_are_grouped_as_the_language_does() -> None:
    for language, expected in (("en", "1,234,567"), ("ru", "1\xa0234\xa0567"), ("kk", "1\xa0234\xa0567")):
        with force_locale(language):
            assert formatting.number(1234567) == expected
            assert formatting.number(0) == "0"


@has_words
def test_plurals_follow_the_language() -> None:
    with force_locale("ru"):
        passed = [formatting.ago(NOW - timedelta(minutes=n), NOW, ALMATY) for n in (1, 2, 5, 11, 21, 22)]
        one, few, many = "минуту назад", "минуты назад", "минут назад"
        assert [text.split(" ", 1)[1] for text in passed] == [one, few, many, many, one, few]
    with force_locale("kk"):
        assert formatting.ago(NOW - timedelta(minutes=5), NOW, ALMATY) == "5 минут бұрын"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_code_has_words(language: str) -> None:
    with force_locale(language):
        for label, codes in (
            (formatting.level_label, Level),
            (formatting.claim_state_label, ClaimState),
            (formatting.request_status_label, RequestStatus),
            (formatting.outcome_label, Outcome),
            (formatting.deed_status_label, DeedStatus),
        ):
            said = [label(code.value) for code in codes]  # type: ignore[attr-defined]
            assert all(said)
            assert len(set(said)) == len(said)
        about_requests = [kind for kind in EventType if kind.startswith(("request.", "claim."))]
        assert all(formatting.event_words(kind) != kind.value for kind in about_requests)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("Bread and milk", "Bread and milk"),
        ("Bread, milk and tea", "Bread, milk and tea"),  # a few letters too many
        ("Two stops away. Bread and tea.", "Two stops away…"),
        ("Two stops away, bread and tea.", "Two stops away…"),
        ("Two steps off... Bread and tea.", "Two steps off…"),
        ("Two stops\naway from the bakery", "Two stops away…"),
        ("Can you come? Bread and tea, please", "Can you come?…"),
        ("Bbbbbrrrrreeeeeaaaaaddddd", "Bbbbbrrrrreeeeea…"),
    ],
)
def test_a_text_that_is_cut_says_so_in_one_sign(text: str, begins: str) -> None:
    assert " ".join(formatting.excerpt(text, 16).split()) == begins
