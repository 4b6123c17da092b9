"""Settings: each unsafe or unknown one stops the start with a sentence that says what to do; the key file."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from accelerator.config import KNOWN, ROOT, Settings, SettingsError, key_file
from tests.databases import SECRET


def read(folder: Path, **environ: str) -> Settings:
    return Settings.from_env({"INSTANCE_PATH": str(folder), "SECRET_KEY": SECRET, **environ})


WRONG = [
    ("SECRET_KEY", "short", "Leave it out and a key file is made"),
    ("SECRET_KEY", "", "Leave it out and a key file is made"),
    ("PORT", "80a", "give a whole number from 1 to 65534"),
    ("PORT", "0", "give a whole number"),
    ("PORT", "-1", "give a whole number"),
    ("PORT", "65535", "give a whole number"),
    ("PORT", "²", "give a whole number"),
    ("PORT", "9" * 5000, "give a whole number"),
    ("LIVE_PORT", "99999", "give a whole number from 1 to 65535"),
    ("DATABASE_URL", "mysql://x/y", "give postgresql://"),
    ("DATABASE_URL", "nonsense", "give postgresql://"),
    ("AOG_MODE", "demo", "give one of: production, demonstration"),
    ("AOG_LANGUAGE", "de", "give one of: kk, ru, en"),
    ("AOG_SITE_URL", "good.example.org", "give an address such as https://"),
    ("AOG_SITE_URL", "https://good.example.org/path", "give an address such as https://"),
    ("AOG_SITE_URL", "ftp://good.example.org", "give an address such as https://"),
    ("AOG_SITE_URL", "https://good.example.org\r\nX: y", "give an address such as https://"),
    ("AOG_LIVE_URL", "live", "give the address of the live stream"),
    ("AOG_LIVE_URL", "javascript:alert(1)", "give the address of the live stream"),
    ("AOG_LIVE_URL", "https://x; script-src *", "give the address of the live stream"),
    ("AOG_SMTP_URL", "mail.example.org", "must look like smtps://"),
    ("AOG_SMTP_URL", "http://mail.example.org", "must look like smtps://"),
    ("AOG_MAIL_FROM", "nobody", "give an e-mail address"),
    ("AOG_MAIL_FROM", "a@b.kz\nBcc: c@d.kz", "give an e-mail address"),
    ("AOG_TRUSTED_PROXIES", "4", "give a whole number from 0 to 3"),
    ("AOG_WORKERS", "0", "give a whole number from 1 to 64"),
    ("AOG_MIN_AGE", "13", "give a whole number from 14 to 18"),
    ("AOG_MIN_AGE", "sixteen", "give a whole number from 14 to 18"),
    ("AOG_MAX_OPEN_CLAIMS", "0", "give a whole number from 1 to 50"),
    ("AOG_APPEAL_DAYS", "0", "give a whole number from 1 to 60"),
    ("AOG_KEEP_APPEALS_DAYS", "7", "give a whole number from 30 to 36500"),
    ("AOG_AUDITORS_KEY", "secret", "is not a public key"),
    ("AOG_OPERATOR", "Good\nDeeds", "give one line"),
    ("AOG_OPERATOR_BIN", "12345", "12 digits"),
    ("AOG_OPERATOR_ADDRESS", "x" * 201, "give one line"),
    ("AOG_KEYS_PATH", "keys", "give the whole path of a folder for the keys alone"),
    ("AOG_KEYS_PATH", "/", "give the whole path of a folder for the keys alone"),
    ("AOG_KEEP_UNVERIFIED_DAYS", "thirty", "give a whole number from 1 to 3650"),
    ("AOG_KEEP_CONTACT_DAYS", "0", "give a whole number from 1 to 3650"),
]


@pytest.mark.parametrize(("name", "value", "advice"), WRONG, ids=[f"{n}={v[:20]}" for n, v, _ in WRONG])
def test_a_wrong_setting_stops_the_start_and_says_what_to_do(
    tmp_path: Path, name: str, value: str, advice: str
) -> None:
    with pytest.raises(SettingsError) as stopped:
        read(tmp_path, **{name: value})
    assert name in str(stopped.value)
    assert advice in str(stopped.value)
    if value and name == "SECRET_KEY":
        assert value not in str(stopped.value).split(), "a secret does not belong into a message"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("AOG_SITEURL", "Did you mean AOG_SITE_URL?"),
        ("AOG_LANG", "Did you mean AOG_LANGUAGE?"),
        ("AOG_QQQQQQ", "Known are: AOG_"),
    ],
)
def test_a_slip_of_the_pen_is_noticed(tmp_path: Path, name: str, advice: str) -> None:
    with pytest.raises(SettingsError, match=name) as stopped:
        read(tmp_path, **{name: "x"})
    assert advice in str(stopped.value)


def test_every_known_setting_is_tried_here_or_has_no_wrong_value() -> None:
    assert {name for name, _, _ in WRONG} >= KNOWN - {"AOG_REGION"}, "add wrong values of the new setting to WRONG"


def test_without_any_setting_it_starts_at_home(tmp_path: Path) -> None:
    settings = Settings.from_env({"INSTANCE_PATH": str(tmp_path)})
    assert (settings.host, settings.port, settings.live_port) == ("127.0.0.1", 8000, 8001)
    assert settings.database_url == f"sqlite:///{tmp_path}/accelerator.sqlite3"
    assert settings.site_url == "http://127.0.0.1:8000"
    assert not settings.is_demonstration
    assert not settings.has_secure_cookies
    assert (settings.min_age, settings.trusted_proxies) == (16, 0), "the stricter value is the default"
    assert len(settings.secret_key) >= 32


def test_empty_settings_count_as_left_out(tmp_path: Path) -> None:
    left_out = dict.fromkeys((*KNOWN, "PORT", "HOST", "DATABASE_URL"), "")
    assert read(tmp_path, **left_out) == read(tmp_path)


def test_an_https_site_has_secure_cookies(tmp_path: Path) -> None:
    assert read(tmp_path, AOG_SITE_URL="https://good.example.org/").has_secure_cookies


def test_postgresql_is_spoken_to_by_its_newest_driver(tmp_path: Path) -> None:
    settings = read(tmp_path, DATABASE_URL="postgresql://u:p@h/n")
    assert settings.database_url == "postgresql+psycopg://u:p@h/n"
    assert not settings.is_sqlite


def test_settings_cannot_be_changed_later(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        read(tmp_path).port = 1  # type: ignore[misc]


def test_the_key_file_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    first = Settings.from_env({"INSTANCE_PATH": str(tmp_path)}).secret_key
    second = Settings.from_env({"INSTANCE_PATH": str(tmp_path)}).secret_key
    assert first == second
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"], "a draft was left behind"


def test_two_keys_of_two_places_differ(tmp_path: Path) -> None:
    assert key_file(tmp_path / "a") != key_file(tmp_path / "b")


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; sys.stdin.readline(); from pathlib import Path; from accelerator.config import key_file;"
        "sys.stdout.write(key_file(Path(sys.argv[1])).decode())"
    )
    path = tmp_path / "secret.key"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    keys = {child.communicate()[0] for child in children}
    assert keys == {path.read_text()}
    assert [found.name for found in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_bytes(b"")
    with pytest.raises(SettingsError, match="Delete it"):
        Settings.from_env({"INSTANCE_PATH": str(tmp_path)})


def test_nothing_else_reads_the_environment() -> None:
    for path in (ROOT / "accelerator").rglob("*.py"):
        text = path.read_text("utf-8")
        if path.name != "config.py":
            assert "os.getenv" not in text, f"{path}: read it in accelerator/config.py and pass the setting on"
            assert "environ.get(" not in text or "wsgi" in text.lower(), f"{path}: settings come from config.py"


@pytest.mark.parametrize(
    ("environ", "is_told"),
    [
        ({}, True),
        ({"AOG_OPERATOR": "ОО «Көмек»"}, True),
        ({"AOG_OPERATOR": "ОО «Көмек»", "AOG_OPERATOR_BIN": "123456789012"}, False),
        ({"AOG_MODE": "demonstration"}, False),
    ],
)
def test_the_start_says_when_the_consent_names_nobody(tmp_path: Path, environ: dict[str, str], is_told: bool) -> None:
    assert ("AOG_OPERATOR_BIN" in read(tmp_path, **environ).consent_gap) is is_told
