"""Third-party files are exactly what the list beside them says."""

import hashlib
import tomllib

import pytest

from accelerator.assets import BUNDLES
from accelerator.config import ROOT

FOLDER = ROOT / "static" / "vendor"
FILES = {entry["name"]: entry for entry in tomllib.loads((FOLDER / "MANIFEST.toml").read_text("utf-8"))["file"]}


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_file_is_unchanged(name: str) -> None:
    found = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
    assert found == FILES[name]["sha256"], f"{name} was changed: copy {FILES[name]['package']} again, never edit it"


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_list_says_where_it_comes_from(name: str) -> None:
    assert {"name", "package", "version", "source", "licence", "sha256"} <= set(FILES[name])


def test_no_file_is_missing_from_the_list() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(FILES) | {"MANIFEST.toml"}


def test_every_listed_file_is_used() -> None:
    used = {part.removeprefix("vendor/") for parts in BUNDLES.values() for part in parts if part.startswith("vendor/")}
    assert used == set(FILES), "take out what no page loads"


def test_htmx_is_of_the_second_major_version() -> None:
    assert FILES["htmx.min.js"]["version"].startswith("2."), "htmx 4 swaps and inherits differently; see the README"
