"""Rows of hours and dates, whose digits may look like a number of another kind."""

import re

HOUR = r"(?:[01]?\d|2[0-4])[:.\-][0-5]\d"
DAY = r"(?:(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])(?:[./](?:19|20)?\d\d)?|(?:19|20)\d\d-\d\d-\d\d|(?:19|20)\d\d)"
ROW = re.compile(rf"(?:{HOUR}|{DAY})(?:[\s,;–—\-]{{1,3}}(?:{HOUR}|{DAY})){{1,12}}")


def are_times(written: str) -> bool:
    """Whether a text is nothing but hours, dates and years: "8.30-12.30, 14.00"."""
    return ROW.fullmatch(written) is not None
