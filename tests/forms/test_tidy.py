"""What people type is kept as they see it; what nobody sees goes."""

import pytest

from accelerator.forms import tidy, tidy_lines


@pytest.mark.parametrize(
    "text",
    [
        "👨‍👩‍👧 отбасы",
        "می‌خواهم",
        "क्‍ष",
        "🫨",
        "❤️",
        "+",
        "12",
        "Ә́",
    ],
)
def test_what_is_seen_stays(text: str) -> None:
    assert tidy(text) == tidy_lines(text) == text


@pytest.mark.parametrize(
    "text", ["\u3164", "\u200d", " \u200b\u00ad", "\u2800\ufe0f", "\u0301", "\U0001d159", "\uffff", ""]
)
def test_what_nobody_sees_is_nothing(text: str) -> None:
    assert tidy(text) == tidy_lines(text) == ""


def test_a_joiner_with_nothing_to_join_goes() -> None:
    assert tidy("\u200dнан \u200d") == "нан"
    assert tidy_lines("нан\u200d\nсүт") == "нан\nсүт"
