"""What tests of accounts share: a clock that can be turned, and a look into the tables."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accelerator.extensions import db
from accelerator.mail import OutboxMail

MORNING = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)


class Clock:
    """The product's clock, standing still until a test turns it."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Every module of the product reads this clock; it begins five minutes into an hour."""
    clock = Clock()
    for name, module in list(sys.modules.items()):
        if name.startswith("accelerator.") and hasattr(module, "utcnow"):
            monkeypatch.setattr(module, "utcnow", clock)
    monkeypatch.setattr("tests.site.utcnow", clock)
    monkeypatch.setattr("tests.cast.utcnow", clock)
    monkeypatch.setattr("tests.factories.utcnow", clock)
    return clock


class Tables:
    """What the database holds right now."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def all(self, statement: Any) -> list[Any]:
        with self.app.app_context():
            return list(db.read.scalars(statement).all())

    def one(self, statement: Any) -> Any:
        (found,) = self.all(statement)
        return found

    def mails(self) -> list[OutboxMail]:
        return self.all(select(OutboxMail).order_by(OutboxMail.id))


@pytest.fixture
def tables(app: Flask) -> Tables:
    return Tables(app)
