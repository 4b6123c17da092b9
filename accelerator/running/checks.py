"""What refuses a start that would be unsafe, with a sentence that says what to do."""

import socket
from difflib import get_close_matches

from accelerator.config import LANGUAGES, Settings, is_loopback
from accelerator.demonstration.marker import holds_demonstration
from accelerator.extensions import db, vault
from accelerator.reference import places
from accelerator.vault.files import KeysDamaged
from accelerator.vault.rows import has_sealed_rows


class CannotStart(Exception):
    """The message says what stands in the way and what to do."""


def check_start(settings: Settings) -> None:
    """Refuse a production start with demonstration data or without an address, and a port that is taken."""
    if not settings.is_demonstration:
        if holds_demonstration():
            raise CannotStart(
                "This database holds demonstration data. Start for real with a folder of its own: "
                "INSTANCE_PATH=/var/lib/accelerator (or another DATABASE_URL)."
            )
        if not settings.has_secure_cookies:
            raise CannotStart(
                "Set AOG_SITE_URL to the address that people will use, such as https://good.example.org. "
                "Over plain http passwords could be read on the way. (To look around first: make run.)"
            )
    for port in (settings.port, settings.live_port):
        if is_taken(settings.host, port):
            raise CannotStart(f"Port {port} is in use. Stop what uses it, or choose another: PORT={settings.port + 10}")


def check_region(code: str) -> None:
    """Refuse a region that is not in the tables, and name those that may be meant."""
    tops = [region for region in places(db.read).regions.values() if region.parent_code is None]
    if any(region.code == code for region in tops):
        return
    words = {word.casefold(): region for region in tops for word in (region.code, *map(region.name, LANGUAGES))}
    near = {words[word].code: words[word] for word in get_close_matches(code.casefold(), words, n=5, cutoff=0.5)}
    meant = " or ".join(f"{region.code} ({region.name_en})" for region in list(near.values())[:3])
    raise CannotStart(
        f"AOG_REGION is {code!r}, which is no region. "
        + (f"Did you mean {meant}? " if meant else "")
        + "See: flask --app wsgi regions list"
    )


def check_keys() -> None:
    """Refuse to serve people whose contacts nobody could read: a start would make new keys, and hide the loss."""
    try:
        if not vault.keys.exists and has_sealed_rows(db.read):
            raise CannotStart(
                f"The database holds contacts of people, and {db.settings.keys_path} holds no keys to them. Bring the "
                "keys back from the newest backup of the keys, or set AOG_KEYS_PATH to where they are. "
                "If they are lost for good: flask --app wsgi keys accept-loss"
            )
        vault.keys.prepare()
        vault.keys.count()
    except KeysDamaged as damaged:
        raise CannotStart(str(damaged)) from None


def warning(settings: Settings) -> str:
    """What a start does not refuse and the operator should know; empty: nothing."""
    if settings.trusted_proxies or is_loopback(settings.host):
        return ""
    return (
        f"Warning: this listens on {settings.host} without a proxy in front. A few people who send very slowly "
        "can hold every web thread, and then nobody gets a page. Put Caddy in front as the README shows, with "
        "HOST=127.0.0.1 and AOG_TRUSTED_PROXIES=1."
    )


def is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
