"""Fixtures of the races: one pair of web workers for all tests of a file."""

from collections.abc import Iterator

import pytest
from flask import Flask

from accelerator import create_app
from accelerator.extensions import db
from accelerator.reference import forget_places
from tests.databases import fresh_database
from tests.races.invariants import check_everything
from tests.races.servers import Servers, running


@pytest.fixture(scope="module")
def servers(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Two web workers with a fresh database."""
    folder = tmp_path_factory.mktemp("instance")
    with running(folder, fresh_database(database_kind, folder)) as started:
        yield started


@pytest.fixture
def house(servers: Servers) -> Iterator[Flask]:
    """A context to prepare and to look in. At the end everything in the database fits together.

    An application for each test: others of the file make theirs, and the newest one has the database.
    """
    forget_places()
    app = create_app(servers.settings)
    with app.app_context():
        yield app
        with db.transaction() as session:
            check_everything(session)
    db.dispose()
    forget_places()


@pytest.fixture
def only_postgres(database_kind: str) -> None:
    """For what only PostgreSQL's locks can do."""
    if database_kind != "postgres":
        pytest.skip("about PostgreSQL's row locks; SQLite has one writer")
