"""A folder of keys of its own for each test, without an application."""

from pathlib import Path

import pytest

from accelerator.vault import keys as keys_module
from accelerator.vault.keys import KeyStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(folder: Path) -> KeyStore:
    return KeyStore(folder)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rotations of several steps, without thousands of keys."""
    monkeypatch.setattr(keys_module, "BATCH", 5)
