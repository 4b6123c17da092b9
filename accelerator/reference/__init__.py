"""Words that the board is built from: capabilities, kinds of help, regions, in three languages.

Kinds and regions are rows that the operator may change; each process keeps a copy for half a minute,
because every card on every page names them.
"""

import enum
import threading
import time
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from accelerator.board.models import HelpKind
from accelerator.extensions import db
from accelerator.regions.models import Region

HERE = Path(__file__).parent
KEEP_SECONDS = 30.0
ASK_AGAIN_SECONDS = 1.0


class Capability(enum.IntFlag):
    """What a person can bring; a request lists what it needs. Stored as the sum of the bits."""

    CAR = 1
    STRENGTH = 2
    MEDICAL = 4
    TEACHING = 8
    LEGAL = 16
    LANGUAGES = 32
    PETS = 64
    TOOLS = 128
    DIGITAL = 256
    COOKING = 512

    @property
    def code(self) -> str:
        return str(self.name).lower()


CAPABILITIES = {member.code: member for member in Capability}


def mask_of(codes: list[str] | tuple[str, ...]) -> int:
    """The sum of bits for a list of codes."""
    mask = 0
    for code in codes:
        mask |= CAPABILITIES[code]
    return mask


def codes_of(mask: int) -> list[str]:
    """The codes whose bits are set, in the order of the enumeration."""
    return [code for code, member in CAPABILITIES.items() if mask & member]


@cache
def capability_words() -> dict[str, dict[str, str]]:
    """Labels of capabilities: ``words['car']['ru']`` ("I have a car") and ``['need_ru']`` ("needs a car")."""
    rows = tomllib.loads((HERE / "capabilities.toml").read_text("utf-8"))["capability"]
    return {row["code"]: row for row in rows}


def capability_choices(language: str) -> list[tuple[str, str]]:
    return [(code, capability_words()[code][language]) for code in CAPABILITIES]


def need_choices(language: str) -> list[tuple[str, str]]:
    """What a request can ask for, for the desk's form."""
    return [(code, capability_words()[code][f"need_{language}"]) for code in CAPABILITIES]


def needs_words(mask: int, language: str) -> list[str]:
    """What a request needs, as short phrases."""
    return [capability_words()[code][f"need_{language}"] for code in codes_of(mask)]


#: The Kazakh alphabet; Russian is a part of it. Unicode puts ә, қ and ө after я.
ALPHABET = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"


def by_name(choice: tuple[str, str]) -> list[tuple[int, str]]:
    """The key that sorts (code, name) pairs as a Kazakh or Russian dictionary would."""
    return [(ALPHABET.find(letter), letter) for letter in choice[1].casefold()]


R = TypeVar("R", bound=Region | HelpKind)


class Rows(dict[str, R]):
    """Rows by code. A code that is missing was added since they were read, by an import: they are read once more."""

    def __init__(self, model: type[R], session: Session) -> None:
        super().__init__(self._read(model, session))
        self._model = model
        self._read_at = 0.0

    def __missing__(self, code: str) -> R:
        self._read_again()
        if code not in self:
            raise KeyError(code)
        return self[code]

    def look_for(self, code: str) -> None:
        """Know a code that somebody has typed, if there is such a one; looked for once in `ASK_AGAIN_SECONDS`."""
        if code not in self and time.monotonic() >= self._read_at + ASK_AGAIN_SECONDS:
            self._read_again()

    def _read_again(self) -> None:
        self._read_at = time.monotonic()
        self.update(self._read(self._model, db.read))

    @staticmethod
    def _read(model: type[R], session: Session) -> dict[str, R]:
        rows = session.scalars(select(model)).all()
        for row in rows:
            session.expunge(row)
        return {row.code: row for row in rows}


@dataclass(frozen=True)
class Places:
    """Regions, districts and kinds of help as they are in the database now."""

    regions: Rows[Region]
    kinds: Rows[HelpKind]

    def name(self, code: str, language: str) -> str:
        """The name of a region or district."""
        return self.regions[code].name(language)

    def zone(self, region_code: str) -> ZoneInfo:
        return ZoneInfo(self.regions[region_code].timezone)

    def place(self, region_code: str, district_code: str | None, language: str) -> str:
        """The district where there is one, else the region."""
        return self.name(district_code or region_code, language)

    def kind(self, code: str, language: str) -> str:
        return str(getattr(self.kinds[code], f"name_{language}"))

    def region_choices(self, language: str) -> list[tuple[str, str]]:
        tops = [region for region in self.regions.values() if region.parent_code is None]
        return sorted(((region.code, region.name(language)) for region in tops), key=by_name)

    def district_choices(self, region_code: str, language: str) -> list[tuple[str, str]]:
        inside = [region for region in self.regions.values() if region.parent_code == region_code]
        return sorted(((region.code, region.name(language)) for region in inside), key=by_name)

    def kind_choices(self, language: str) -> list[tuple[str, str]]:
        kinds = sorted(self.kinds.values(), key=lambda kind: kind.position)
        return [(kind.code, self.kind(kind.code, language)) for kind in kinds]


class _Copy(threading.local):
    """Each thread's own copy: detached rows are not shared between threads."""

    places: Places | None = None
    until: float = 0.0


_copy = _Copy()


def places(session: Session) -> Places:
    """The present regions and kinds; at most `KEEP_SECONDS` old."""
    now = time.monotonic()
    if _copy.places is None or now >= _copy.until:
        _copy.places = Places(Rows(Region, session), Rows(HelpKind, session))
        _copy.until = now + KEEP_SECONDS
    return _copy.places


def forget_places() -> None:
    """Read regions and kinds again at the next use (after they were changed by this thread)."""
    _copy.places = None


def load_kinds() -> list[dict[str, Any]]:
    """The built-in kinds of help, as the first start writes them into the table."""
    rows: list[dict[str, Any]] = tomllib.loads((HERE / "kinds.toml").read_text("utf-8"))["kind"]
    return rows
