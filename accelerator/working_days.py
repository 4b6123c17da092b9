"""Working days: what we promise to answer by. Public holidays come from the `holidays` package."""

from datetime import date, timedelta
from functools import cache

import holidays

COUNTRY = "KZ"
SATURDAY = 5
DAY = timedelta(days=1)


@cache
def holidays_of(country: str) -> holidays.HolidayBase:
    """The public holidays of a country, with the days off that follow one at a weekend; years are added as needed."""
    return holidays.country_holidays(country)


def is_working_day(day: date, country: str = COUNTRY) -> bool:
    return day.weekday() < SATURDAY and day not in holidays_of(country)


def add_working_days(start: date, n: int, country: str = COUNTRY) -> date:
    """The n-th working day after ``start``, which itself does not count."""
    day = start
    while n > 0:
        day += DAY
        n -= is_working_day(day, country)
    return day


def count_working_days(start: date, end: date, country: str = COUNTRY) -> int:
    """Working days after ``start`` up to and with ``end``; negative when ``end`` is the earlier one."""
    if end < start:
        return -count_working_days(end, start, country)
    return sum(is_working_day(start + DAY * n, country) for n in range(1, (end - start).days + 1))
