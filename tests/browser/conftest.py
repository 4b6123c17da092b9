"""A server and a browser for each test process; browsers of their own for each test."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.server import Server
from tests.browser.stage import Stage, set_stage
from tests.browser.tabs import Tab
from tests.browser.world import World
from tests.cast import Person
from tests.chromium import running_chromium

#: Long, because the tests share two processors with whatever else is running.
PATIENCE_MS = 20_000
LOCALES = {"kk": "kk-KZ", "ru": "ru-RU", "en": "en-GB"}

Browse = Callable[..., Tab]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def world(server: Server) -> Iterator[World]:
    world = World(server)
    yield world
    world.close()


@pytest.fixture(scope="session")
def stage(server: Server) -> Stage:
    world = World(server)
    stage = set_stage(world)
    world.close()
    return stage


@pytest.fixture
def browse(chromium: Browser, server: Server, world: World) -> Iterator[Browse]:
    """Opens browsers: ``browse(language="kk")``, ``browse(person)``, ``browse(script=False, width=1280)``.

    At the end of the test each of them must have had nothing to complain about.
    """
    tabs: list[Tab] = []

    def open_tab(
        person: Person | None = None,
        *,
        language: str = "en",
        script: bool = True,
        width: int = 360,
        theme: Literal["light", "dark"] = "light",
        **options: Any,
    ) -> Tab:
        is_phone = width < 600
        context = chromium.new_context(
            viewport={"width": width, "height": 780},
            is_mobile=is_phone,
            has_touch=is_phone,
            locale=LOCALES[language],
            timezone_id="Asia/Almaty",
            color_scheme=theme,
            java_script_enabled=script,
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        cookies = {"lang": language} if person else {}
        if person:
            cookies["session"] = world.session_of(person)
        context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in cookies.items()])
        tabs.append(Tab(context, server, language, script=script))
        return tabs[-1]

    yield open_tab
    for tab in tabs:
        tab.context.close()
    for tab in tabs:
        tab.check()
