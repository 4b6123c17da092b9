"""The operator's and the auditors' commands: keys, export, and opening on a machine without the portal."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from accelerator.appeals.models import Kind
from accelerator.appeals.opening import write_private
from accelerator.config import ROOT, Settings, SettingsError
from tests.appeals.letters import AUDITORS, decide, report, send
from tests.cast import Cast
from tests.databases import make_settings
from tests.site import Site
from tests.steps import picture

SECRET = "Zebrafish wants nine apples"


def run(app: Flask, *args: object) -> str:
    """What a command says; the words of its error where it failed."""
    result = app.test_cli_runner().invoke(args=[str(arg) for arg in args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return f"{result.exit_code} {result.output}"


def test_a_pair_is_made_and_its_private_key_is_for_its_owner_only(app: Flask, tmp_path: Path) -> None:
    said = run(app, "appeals", "keypair", tmp_path / "usb")
    path = tmp_path / "usb" / "auditors.key"
    assert said.startswith("0 ")
    assert path.stat().st_mode & 0o777 == 0o600
    public = said.partition("AOG_AUDITORS_KEY=")[2].strip()
    assert len(make_settings(tmp_path / "other", AOG_AUDITORS_KEY=public).auditors_key) == 32
    assert public not in path.read_text()
    again = run(app, "appeals", "keypair", tmp_path / "usb")
    assert again.startswith("1 ")
    assert "is there already" in again


@pytest.mark.parametrize("inside", [".", "keys", "uploads/deep"])
def test_the_private_key_is_never_put_beside_the_servers_data(app: Flask, settings: Settings, inside: str) -> None:
    said = run(app, "appeals", "keypair", settings.instance_path / inside)
    assert said.startswith("1 ")
    assert "belongs to the server's own data" in said
    assert not list(settings.instance_path.rglob("auditors.key"))


@pytest.mark.parametrize("key", ["x", "aGVsbG8=", "А" * 44])
def test_a_key_that_is_none_stops_the_start(tmp_path: Path, key: str) -> None:
    with pytest.raises(SettingsError, match="AOG_AUDITORS_KEY"):
        make_settings(tmp_path, AOG_AUDITORS_KEY=key)


@pytest.mark.usefixtures("context")
def test_an_export_opens_without_the_portal_and_without_a_database(
    app: Flask, site: Site, cast: Cast, tmp_path: Path
) -> None:
    site.follow(report(site, words=SECRET, is_anonymous="", name="Aigul", photos=[("a.jpg", picture())]))
    sent = send(Kind.INTEGRITY, text="Another one")
    decide(sent.id, cast.fay)
    send(Kind.COMPLAINT, text="For the coordinators")
    file, key = tmp_path / "sealed.jsonl", tmp_path / "auditors.key"
    assert run(app, "appeals", "export-sealed", file) == f"0 4 envelopes in {file}.\n"
    for private in (SECRET, "Another one", "Aigul", "It was mended", "For the coordinators"):
        assert private not in file.read_text()
    write_private(key, AUDITORS)
    alone = tmp_path / "opening.py"
    alone.write_text((ROOT / "accelerator" / "appeals" / "opening.py").read_text())
    command = [sys.executable, "-P", str(alone), str(file), "--key", str(key), "--photos", str(tmp_path / "photos")]
    found = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    for words in (SECRET, "name: Aigul", "Another one", "It was mended."):
        assert words in found
    assert len(list((tmp_path / "photos").glob("*.webp"))) == 1
    assert run(app, "appeals", "open", file, "--key", key).count("=== appeal") == 4


def test_a_wrong_key_or_a_changed_line_is_told(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        send(Kind.INTEGRITY, text=SECRET)
    file, key, other = tmp_path / "sealed.jsonl", tmp_path / "auditors.key", tmp_path / "no.key"
    run(app, "appeals", "export-sealed", file)
    write_private(key, AUDITORS)
    run(app, "appeals", "keypair", tmp_path / "other")
    assert "sealed to another key" in run(app, "appeals", "open", file, "--key", tmp_path / "other" / "auditors.key")
    other.write_text("nothing\n")
    assert "holds no private key" in run(app, "appeals", "open", file, "--key", other)
    line = file.read_text()
    file.write_text(line.replace('"box": "', '"box": "AAAA', 1) + line[:40] + "\n")
    said = run(app, "appeals", "open", file, "--key", key)
    assert "changed by somebody" in said
    assert "cut off" in said
    assert SECRET not in said


def test_a_demonstration_makes_a_pair_and_says_what_it_is(tmp_path: Path) -> None:
    from accelerator.appeals.sealing import auditors_key, has_demonstration_key

    settings = make_settings(tmp_path, AOG_MODE="demonstration")
    key = auditors_key(settings)
    assert len(key) == 32
    assert auditors_key(settings) == key
    assert has_demonstration_key(settings)
    assert (tmp_path / "demonstration-auditors.key").stat().st_mode & 0o777 == 0o600
    production = make_settings(tmp_path)
    assert not auditors_key(production)
    assert not has_demonstration_key(production)
