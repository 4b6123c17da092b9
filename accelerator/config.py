"""Settings: read from the environment once, checked at start, then frozen.

Nothing else in the package reads the environment. A setting that is unsafe or unknown stops the
start with a sentence that says what to do.
"""

import base64
import difflib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE_NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
LANGUAGES = tuple(LANGUAGE_NAMES)

#: Settings with our own prefix; any other name that starts so is taken for a slip of the pen.
PREFIX = "AOG_"
AUDITORS_KEY_BYTES = 32
KNOWN = frozenset(
    PREFIX + name
    for name in (
        "MODE", "SITE_URL", "LIVE_URL", "LANGUAGE", "REGION", "SMTP_URL", "MAIL_FROM",
        "TRUSTED_PROXIES", "WORKERS", "MIN_AGE", "MAX_OPEN_CLAIMS", "KEYS_PATH",
        "APPEAL_DAYS", "KEEP_APPEALS_DAYS", "AUDITORS_KEY",
        "OPERATOR", "OPERATOR_BIN", "OPERATOR_ADDRESS", "KEEP_CONTACT_DAYS", "KEEP_UNVERIFIED_DAYS",
    )
)  # fmt: skip


class SettingsError(Exception):
    """A setting is missing, unsafe or unknown; the message says which one and what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything the operator can choose. Times are in seconds, sizes in bytes."""

    instance_path: Path
    #: Where the keys of people's contact data are: apart from the database, and backed up apart from it.
    keys_path: Path
    database_url: str
    secret_key: bytes
    host: str
    port: int
    live_port: int
    #: Where browsers find the live stream; empty: the host they came to, at ``live_port``.
    live_url: str
    site_url: str
    is_demonstration: bool
    default_language: str
    default_region: str
    smtp_url: str
    mail_from: str
    trusted_proxies: int
    workers: int
    #: Youngest age that may hold an account (Law 42-VI asks consent under 14, practice under 16).
    min_age: int
    max_open_claims: int
    #: Within how many working days an appeal is answered, and how many days it is kept after that.
    appeal_days: int
    keep_appeals_days: int
    #: The auditors' public key, to which integrity reports are sealed; empty: none are taken.
    auditors_key: bytes
    #: Who answers for people's data: named with its number (BIN) in every consent; where paper forms are brought.
    operator: str
    operator_bin: str
    operator_address: str
    #: How long contact data outlives the last of a person's requests; the consent names it.
    keep_contact_days: int
    #: How long a request that nobody could verify waits after its last sign of life.
    keep_unverified_days: int

    @property
    def has_secure_cookies(self) -> bool:
        """Whether cookies carry ``Secure`` and the ``__Host-`` prefix: exactly when the site is https."""
        return self.site_url.startswith("https://")

    @property
    def consent_gap(self) -> str:
        """What the start says while the consent names nobody; empty when all is well."""
        if self.is_demonstration or (self.operator and self.operator_bin):
            return ""
        return (
            "Set AOG_OPERATOR and AOG_OPERATOR_BIN (name and BIN of who runs this portal): the consent of people who "
            "ask for help has to name them (Law 94-V, article 8), and now it names nobody."
        )

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check the settings; raise `SettingsError` with what to do about a wrong one."""
        refuse_unknown(environ)
        instance = Path(environ.get("INSTANCE_PATH") or ROOT / "instance").resolve()
        instance.mkdir(parents=True, exist_ok=True)
        port = read_int(environ, "PORT", 8000, low=1, high=65534)
        host = environ.get("HOST") or "127.0.0.1"
        return cls(
            instance_path=instance,
            keys_path=read_keys_path(environ, instance),
            database_url=read_database_url(environ, instance),
            secret_key=read_secret_key(environ, instance),
            host=host,
            port=port,
            live_port=read_int(environ, "LIVE_PORT", port + 1, low=1, high=65535),
            live_url=read_live_url(environ),
            site_url=read_site_url(environ, host, port),
            is_demonstration=read_choice(environ, "AOG_MODE", ("production", "demonstration")) == "demonstration",
            default_language=read_choice(environ, "AOG_LANGUAGE", LANGUAGES),
            default_region=environ.get("AOG_REGION") or "KZ-75",
            smtp_url=read_smtp_url(environ),
            mail_from=read_mail_from(environ),
            trusted_proxies=read_int(environ, "AOG_TRUSTED_PROXIES", 0, low=0, high=3),
            workers=read_int(environ, "AOG_WORKERS", os.cpu_count() or 1, low=1, high=64),
            min_age=read_int(environ, "AOG_MIN_AGE", 16, low=14, high=18),
            max_open_claims=read_int(environ, "AOG_MAX_OPEN_CLAIMS", 5, low=1, high=50),
            appeal_days=read_int(environ, "AOG_APPEAL_DAYS", 15, low=1, high=60),
            keep_appeals_days=read_int(environ, "AOG_KEEP_APPEALS_DAYS", 1095, low=30, high=36500),
            auditors_key=read_auditors_key(environ),
            operator=read_line(environ, "AOG_OPERATOR"),
            operator_bin=read_bin(environ),
            operator_address=read_line(environ, "AOG_OPERATOR_ADDRESS"),
            keep_contact_days=read_int(environ, "AOG_KEEP_CONTACT_DAYS", 90, low=1, high=3650),
            keep_unverified_days=read_int(environ, "AOG_KEEP_UNVERIFIED_DAYS", 30, low=1, high=3650),
        )


def refuse_unknown(environ: Mapping[str, str]) -> None:
    for name in environ:
        if name.startswith(PREFIX) and name not in KNOWN:
            near = difflib.get_close_matches(name, KNOWN, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(sorted(KNOWN))}."
            raise SettingsError(f"The setting {name} does not exist. {hint}")


def read_int(environ: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 10) or not low <= int(text) <= high:
        raise SettingsError(f"{name} is {text!r}; give a whole number from {low} to {high}.")
    return int(text)


def read_choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    text = environ.get(name) or choices[0]
    if text not in choices:
        raise SettingsError(f"{name} is {text!r}; give one of: {', '.join(choices)}.")
    return text


def read_database_url(environ: Mapping[str, str], instance: Path) -> str:
    url = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'accelerator.sqlite3'}"
    scheme = url.partition(":")[0]
    if scheme == "postgresql":
        return "postgresql+psycopg" + url.removeprefix("postgresql")
    if scheme not in ("sqlite", "postgresql+psycopg"):
        raise SettingsError(
            f"DATABASE_URL starts with {scheme!r}; give postgresql://USER:PASSWORD@HOST/NAME, "
            "or leave it out to keep SQLite in the instance folder."
        )
    return url


def read_keys_path(environ: Mapping[str, str], instance: Path) -> Path:
    given = environ.get("AOG_KEYS_PATH")
    path = Path(given or instance / "keys")
    if not path.is_absolute() or "\0" in str(path) or path.resolve() in (instance, Path("/")):
        raise SettingsError(
            f"AOG_KEYS_PATH is {given!r}; give the whole path of a folder for the keys alone, apart from the "
            "database and its backups, such as /var/lib/accelerator-keys"
        )
    return path.resolve()


def read_site_url(environ: Mapping[str, str], host: str, port: int) -> str:
    url = (environ.get("AOG_SITE_URL") or f"http://{host}:{port}").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or not is_one_word(url):
        raise SettingsError(f"AOG_SITE_URL is {url!r}; give an address such as https://good.example.org")
    return url


def read_live_url(environ: Mapping[str, str]) -> str:
    url = environ.get("AOG_LIVE_URL", "")
    parts = urlsplit(url)
    if url == "/live":  # behind a proxy that maps it to LIVE_PORT
        return url
    if url and (parts.scheme not in ("http", "https") or not parts.netloc or not is_one_word(url)):
        raise SettingsError(
            f"AOG_LIVE_URL is {url!r}; give the address of the live stream: /live when the proxy maps it "
            "to LIVE_PORT, or a whole one, "
            "or leave it out when browsers reach LIVE_PORT."
        )
    return url


def read_mail_from(environ: Mapping[str, str]) -> str:
    address = environ.get("AOG_MAIL_FROM") or "good@localhost"
    if "@" not in address or not address.isprintable():
        raise SettingsError(f"AOG_MAIL_FROM is {address!r}; give an e-mail address such as good@example.org")
    return address


def read_line(environ: Mapping[str, str], name: str) -> str:
    text = environ.get(name, "").strip()
    if not text.isprintable() or len(text) > 200 or set(text) & set("{}"):
        raise SettingsError(f"{name} stands in the consent and on paper forms: give one line of at most 200 letters.")
    return text


def read_bin(environ: Mapping[str, str]) -> str:
    text = environ.get("AOG_OPERATOR_BIN", "")
    if text and not (text.isascii() and text.isdigit() and len(text) == 12):
        raise SettingsError(f"AOG_OPERATOR_BIN is {text!r}; give the operator's BIN, 12 digits.")
    return text


def read_auditors_key(environ: Mapping[str, str]) -> bytes:
    text = environ.get("AOG_AUDITORS_KEY", "")
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if text and len(key) != AUDITORS_KEY_BYTES:
        raise SettingsError(
            "AOG_AUDITORS_KEY is not a public key. Give the line that `flask --app wsgi appeals keypair FOLDER` "
            "prints on the auditors' machine (44 characters), or leave it out: then no integrity reports are taken."
        )
    return key


def is_one_word(text: str) -> bool:
    """Whether nothing in it could end a header or begin another rule in one."""
    return text.isascii() and text.isprintable() and not set(text) & set(" ;,'\"")


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine and nothing goes over a network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_smtp_url(environ: Mapping[str, str]) -> str:
    url = environ.get("AOG_SMTP_URL", "")
    if url and urlsplit(url).scheme not in ("smtp", "smtps"):
        raise SettingsError(
            "AOG_SMTP_URL must look like smtps://USER:PASSWORD@mail.example.org:465 (or smtp://HOST:587)."
        )
    return url


def read_secret_key(environ: Mapping[str, str], instance: Path) -> bytes:
    """The key that signs what browsers hand back: ``SECRET_KEY``, or a file made once, readable by us only."""
    given = environ.get("SECRET_KEY")
    if given is not None:
        if len(given) < 32:
            raise SettingsError(
                "SECRET_KEY is shorter than 32 characters. Leave it out and a key file is made in the "
                'instance folder, or make one: python3 -c "import secrets; print(secrets.token_hex(32))"'
            )
        return given.encode()
    return key_file(instance / "secret.key")


def key_file(path: Path) -> bytes:
    """The contents of ``path``, created with fresh randomness when missing; safe when two processes race."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # the other process was first: its key counts
        finally:
            draft.unlink()
    key = path.read_bytes()
    if len(key) < 32:
        raise SettingsError(
            f"{path} is shorter than 32 bytes: it was cut off. Delete it, and a new one is made at the next start "
            "(everybody signs in again), or bring it back from the backup."
        )
    return key
