"""Fixtures that every test may use. ``--on postgres`` runs the same tests on a real PostgreSQL."""

import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from hypothesis import Phase
from jinja2 import FileSystemBytecodeCache, StrictUndefined, Undefined
from sqlalchemy import Engine
from werkzeug.routing import Rule

from accelerator import assets, database
from accelerator.config import Settings
from accelerator.extensions import db
from accelerator.reference import forget_places
from tests.cast import Cast
from tests.databases import at_the_end, drop_database, fresh_database, make_app, make_settings
from tests.site import Site

#: A failing case is told as it was found: making it small takes minutes with a database behind it.
hypothesis.settings.register_profile("found", derandomize=True, phases=[Phase.explicit, Phase.generate])
hypothesis.settings.load_profile("found")


def remember_addresses() -> None:
    """An application is made for each test; most of that time went into compiling the same hundred addresses."""
    compile_anew, known = Rule.compile, {}

    def compile_once(rule: Rule) -> None:
        key = (rule.rule, rule.subdomain, rule.merge_slashes, repr(rule.defaults))
        if key not in known:
            compile_anew(rule)
            known[key] = rule
            return
        first = known[key]
        for name in ("_parts", "_trace", "_converters", "arguments"):
            setattr(rule, name, getattr(first, name))
        for name in ("_build", "_build_unknown"):
            setattr(rule, name, getattr(first, name).__func__.__get__(rule, None))

    Rule.compile = compile_once  # type: ignore[method-assign]


def remember_statements() -> None:
    """Each application has engines of its own; a fifth of a test went into compiling the same statements for them."""
    create, known = database.create_engine, {}

    def create_alike(url: str, **options: Any) -> Engine:
        engine = create(url, **options)
        first = known.get((engine.dialect.name, options.get("isolation_level")))
        if first is None or first.dialect.server_version_info is None:  # it has never been connected
            known[engine.dialect.name, options.get("isolation_level")] = engine
        else:
            engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        return engine

    database.create_engine = create_alike


remember_addresses()
remember_statements()
assets.read_part = cache(assets.read_part)  # nor do style sheets and scripts change between two tests


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--on", choices=("sqlite", "postgres"), default="sqlite", help="the database to test on")
    parser.addoption("--once", action="store_true", help="each test with one of its parameters; races with all")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, leave out what uses no database: it ran on SQLite already and would do the same again."""
    chosen = list(items)
    if config.getoption("--on") == "postgres":
        chosen = [item for item in chosen if "database_kind" in item.fixturenames]  # type: ignore[attr-defined]
    if config.getoption("--once"):
        one_each = one_of_each(chosen)
        chosen = [item for item in chosen if "races" in item.path.parts or item.nodeid in one_each]
    config.hook.pytest_deselected(items=list(set(items) - set(chosen)))
    items[:] = chosen


def one_of_each(items: list[pytest.Item]) -> set[str]:
    """For each test the same one in every run, in whatever order they were shuffled."""
    chosen: dict[str, str] = {}
    for item in items:
        name = item.nodeid.partition("[")[0]
        chosen[name] = min(chosen.get(name, item.nodeid), item.nodeid)
    return set(chosen.values())


def pytest_collection_finish() -> None:
    """Thousands of collected tests live until the end: the garbage collector need not look at them each time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    at_the_end.close()


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """``sqlite`` or ``postgres``."""
    return str(request.config.getoption("--on"))


@pytest.fixture
def only_sqlite(database_kind: str) -> None:
    """For faults of SQLite's files, and for thousands of cases in which no database has a part."""
    if database_kind != "sqlite":
        pytest.skip("on SQLite only")


@pytest.fixture
def settings(database_kind: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings with a fresh, migrated database."""
    folder = tmp_path / "instance"
    url = fresh_database(database_kind, folder)
    yield make_settings(folder, url)
    drop_database(url)


class Unwritten(Undefined):
    """A name that nothing was given to: templates may ask whether it is there, and never write it."""

    __str__ = StrictUndefined.__str__
    __iter__ = StrictUndefined.__iter__


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates are compiled once per test process, not once per test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(settings: Settings, compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    forget_places()
    app = make_app(settings)
    app.jinja_env.bytecode_cache = compiled_templates
    app.jinja_env.undefined = Unwritten
    yield app
    db.dispose()
    forget_places()


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """An application context, for tests that call transitions and queries directly."""
    with app.app_context():
        yield app


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The people of the tests: Ben, Cy, Kim, Dee, Eve, Fay, Gus."""
    return Cast(app)


@pytest.fixture
def site(app: Flask) -> Site:
    """A visitor's browser; ``site.as_(cast.ben)`` is somebody's."""
    return Site(app)
