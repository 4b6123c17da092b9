"""The same as `test_every_form`, thousands of times."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from jinja2 import FileSystemBytecodeCache

from tests.cast import Cast
from tests.forms.drawn import Draws, draws
from tests.forms.scenes import SEARCHES
from tests.forms.trying import ACTIONS, cases, has_words, patient_app, try_form, try_search
from tests.routes import World

#: Buttons need fewer cases than forms with words in them.
CASES = {False: 40, True: 180}
SEARCH_CASES = 300
#: What is sent meets the same code before it meets a database: on PostgreSQL a tenth shows what differs behind it.
SHARE = {"sqlite": 1, "postgres": 10}


@pytest.fixture
def world(database_kind: str, tmp_path: Path, compiled_templates: FileSystemBytecodeCache) -> Iterator[World]:
    """A world for each form: thousands of cases fill a desk."""
    for app in patient_app(database_kind, tmp_path, compiled_templates):
        yield World(app, Cast(app))


def test_ten_thousand_are_tried() -> None:
    assert sum(CASES[has_words(rule)] for rule in ACTIONS) >= 10_000


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("rule", ACTIONS)
def test_thousands_are_taken_or_told(world: World, database_kind: str, rule: str) -> None:
    @cases(CASES[has_words(rule)] // SHARE[database_kind])
    @given(drawn=draws)
    def run(drawn: Draws) -> None:
        try_form(world, rule, drawn)

    run()


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("rule", SEARCHES)
def test_hundreds_of_searches_find_a_page(world: World, database_kind: str, rule: str) -> None:
    @cases(SEARCH_CASES // SHARE[database_kind])
    @given(drawn=draws)
    def run(drawn: Draws) -> None:
        try_search(world, rule, drawn)

    run()
