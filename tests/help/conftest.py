"""Fixtures of people in need."""

import pytest

from tests.help.filling import be_patient


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    be_patient(monkeypatch)
