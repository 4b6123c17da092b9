"""Appeals are tested with auditors who have set their key."""

from dataclasses import replace

import pytest
from flask import Flask

from accelerator.config import Settings
from accelerator.extensions import db
from tests.appeals.letters import AUDITORS


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, auditors_key=bytes(AUDITORS.public_key))


@pytest.fixture
def without_auditors(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has set a key."""
    without = replace(settings, auditors_key=b"")
    monkeypatch.setitem(app.config, "SETTINGS", without)
    monkeypatch.setattr(db, "settings", without)
