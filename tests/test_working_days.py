"""Working days of Kazakhstan: weekends, public holidays, and the days off that follow them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.working_days import add_working_days, count_working_days, is_working_day

days = st.dates(date(2024, 1, 1), date(2032, 12, 31))


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # over a weekend
        (date(2026, 12, 15), 2, date(2026, 12, 18)),  # over Independence Day
        (date(2026, 12, 31), 2, date(2027, 1, 6)),  # New Year, and a Saturday's day off on Monday
        (date(2026, 3, 20), 1, date(2026, 3, 26)),  # Nauryz
        (date(2026, 11, 2), 15, date(2026, 11, 23)),
    ],
)
def test_the_nth_working_day(start: date, n: int, end: date) -> None:
    assert add_working_days(start, n) == end


@given(days, st.integers(1, 60))
def test_it_ends_on_a_working_day_and_counts_back(start: date, n: int) -> None:
    end = add_working_days(start, n)
    assert is_working_day(end)
    assert count_working_days(start, end) == n
    assert count_working_days(end, start) == -n


def test_another_country_has_other_holidays() -> None:
    assert is_working_day(date(2026, 12, 16), "DE")
    assert not is_working_day(date(2026, 12, 16))
