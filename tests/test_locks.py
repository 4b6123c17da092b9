"""The lock files: every dependency pinned, with hashes, and no address of any registry."""

import re
import tomllib

import pytest

from accelerator.config import ROOT

LOCKS = sorted(ROOT.glob("requirements*.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def packages(text: str) -> dict[str, tuple[str, int]]:
    """What a lock file installs: version and number of hashes by name."""
    found = {}
    for block in re.split(r"\n(?=\S)", text.replace("\\\n", " ")):
        head = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", block)
        if head:
            found[head[1].lower().replace("_", "-")] = (head[2], block.count("--hash=sha256:"))
    return found


def names(requirements: list[str]) -> dict[str, str]:
    """The pinned version (or nothing) of each requirement by name."""
    found = {}
    for line in requirements:
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?(?:==(\S+))?", line)
        assert match is not None
        found[match[1].lower().replace("_", "-")] = match[2] or ""
    return found


def test_there_is_a_lock_for_use_and_one_for_development() -> None:
    assert [path.name for path in LOCKS] == ["requirements-dev.lock", "requirements.lock"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_it_names_no_registry(lock: object) -> None:
    text = lock.read_text("utf-8")  # type: ignore[attr-defined]
    assert "://" not in text, "make it with: uv pip compile --generate-hashes --no-emit-index-url --no-header"
    assert "index-url" not in text


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_line_is_pinned_with_hashes(lock: object) -> None:
    text = lock.read_text("utf-8")  # type: ignore[attr-defined]
    found = packages(text)
    assert len(found) > 10
    for name, (version, hashes) in found.items():
        assert hashes, f"{name}=={version} has no hash"
    pinned = set(found)
    for line in text.splitlines():
        if line and not line.startswith((" ", "#", "-")):
            assert re.split(r"[=\[]", line.lower().replace("_", "-"))[0] in pinned, f"not pinned: {line}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_it_holds_what_the_project_asks_for(lock: object) -> None:
    found = packages(lock.read_text("utf-8"))  # type: ignore[attr-defined]
    wanted = names(PROJECT["dependencies"])
    if "dev" in str(lock):
        wanted |= names(PROJECT["optional-dependencies"]["dev"])
    for name, version in wanted.items():
        assert name in found, f"{name} is not locked: make the lock files again"
        assert not version or found[name][0] == version, f"{name}: asked for {version}, locked {found[name][0]}"


def test_both_locks_agree() -> None:
    dev, use = (packages(path.read_text("utf-8")) for path in LOCKS)
    assert {name: dev.get(name, ("",))[0] for name in use} == {name: version for name, (version, _) in use.items()}
