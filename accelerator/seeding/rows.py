"""Made-up rows as dictionaries for bulk inserts. The same size, batch and moment always give the same rows."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from accelerator.accounts.models import AgeGroup, Role
from accelerator.board.models import ClaimState, Credit, Outcome, RequestStatus, Timing
from accelerator.board.search import normalise
from accelerator.config import LANGUAGES
from accelerator.deeds.models import DeedStatus, Level
from accelerator.integrity.record import SYSTEM, EventType, write_body
from accelerator.reference import Places
from accelerator.seeding.texts import make_deed_text, make_name, make_request_text

Rows = list[dict[str, Any]]

#: The coordinator has the first number, then come those who can sign in.
COORDINATOR_ID = 1
KNOWN_VOLUNTEERS = 200
PAST = timedelta(days=730)
HOME_REGION = "KZ-75"
#: A hash that no password fits.
NO_PASSWORD = "!"  # noqa: S105
#: Three open requests, at any size, have a word that no other has: a search for something rare.
RARE_REQUESTS = 3
LEVELS = (Level.TOLD.value, Level.TOLD.value, Level.WITNESSED.value, Level.CONFIRMED.value)


@dataclass(frozen=True)
class Size:
    """How much to make. ``open`` of the requests, the newest, are on the board; the others are past."""

    name: str
    volunteers: int
    requests: int
    open: int
    deeds: int

    @property
    def batch(self) -> int:
        """Deeds in one transaction."""
        return max(1, min(5000, self.deeds // 20))

    @property
    def batches(self) -> int:
        return math.ceil(self.deeds / self.batch)

    @property
    def coordinator_email(self) -> str:
        """Names the size, so that a second run knows what the first one began."""
        return f"coordinator-{self.name}@example.org"

    def share(self, batch: int, amount: int) -> range:
        """Which of ``amount`` things, numbered from 0, belong to a batch."""
        return range(batch * amount // self.batches, (batch + 1) * amount // self.batches)


SIZES = {
    size.name: size
    for size in (
        Size("small", volunteers=500, requests=400, open=100, deeds=1_000),
        Size("city", volunteers=20_000, requests=10_000, open=2_000, deeds=100_000),
        Size("country", volunteers=300_000, requests=130_000, open=5_000, deeds=2_000_000),
        # Of a thousand and of a hundred thousand cases, for the desk's queue.
        Size("desk-small", volunteers=500, requests=1_000, open=500, deeds=1_000),
        Size("desk-large", volunteers=20_000, requests=100_000, open=50_000, deeds=100_000),
    )
}


def known_email(number: int) -> str:
    """The address of a volunteer who can sign in, from 1 to `KNOWN_VOLUNTEERS`."""
    return f"volunteer{number}@example.org"


def make_coordinator(size: Size, password_hash: str, at: datetime) -> dict[str, Any]:
    person = _person(Random(size.name), size.coordinator_email, at)  # noqa: S311 (made-up rows)
    return person | {"id": COORDINATOR_ID, "role": Role.COORDINATOR.value, "password_hash": password_hash}


def make_volunteers(size: Size, numbers: range, password_hash: str, at: datetime) -> Iterator[dict[str, Any]]:
    """Volunteers by number from 1; the first `KNOWN_VOLUNTEERS` can sign in."""
    chance = Random(f"{size.name} volunteers {numbers.start}")  # noqa: S311
    for number in numbers:
        person = _person(chance, known_email(number), at - timedelta(days=chance.random() * PAST.days))
        person["id"] = COORDINATOR_ID + number
        if number <= KNOWN_VOLUNTEERS:
            person["password_hash"] = password_hash
        yield person


def _person(chance: Random, email: str, at: datetime) -> dict[str, Any]:
    return {
        "public_ref": f"a_{chance.getrandbits(128):032x}",
        "email": email,
        "password_hash": NO_PASSWORD,
        "name": make_name(chance),
        "role": Role.VOLUNTEER.value,
        "locale": chance.choice(LANGUAGES),
        "region_code": HOME_REGION,
        "district_code": None,
        "age_group": AgeGroup.ADULT.value,
        "capabilities": chance.getrandbits(10),
        "confirmed_minutes": 0,
        "may_edit_questionnaire": False,
        "created_at": at,
    }


@dataclass
class Batch:
    """Rows of one stretch of time, with the totals and the events that they lead to."""

    size: Size
    number: int
    at: datetime
    places: Places
    next_claim_id: int
    requests: Rows = field(default_factory=list)
    claims: Rows = field(default_factory=list)
    deeds: Rows = field(default_factory=list)
    #: (moment, type, subject), in the order of the rows.
    events: list[tuple[datetime, EventType, str]] = field(default_factory=list)
    #: Deeds and confirmed minutes by (day, region).
    day_deeds: Counter[tuple[date, str]] = field(default_factory=Counter)
    day_minutes: Counter[tuple[date, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = Random(f"{self.size.name} batch {self.number}")  # noqa: S311
        self.span = PAST / self.size.batches
        self.begins = self.at - PAST + self.number * self.span
        tops = sorted(code for code, region in self.places.regions.items() if region.parent_code is None)
        self.regions = tops + [HOME_REGION] * len(tops)
        self.districts = {top: ["", *self._inside(top)] for top in tops}
        self.zones = {top: ZoneInfo(self.places.regions[top].timezone) for top in tops}
        self.place_words = {
            code: " ".join(self.places.name(code, language) for language in LANGUAGES) for code in self.places.regions
        }
        self.deed_ids = iter(self.size.share(self.number, self.size.deeds))

    def _inside(self, top: str) -> list[str]:
        return sorted(code for code, region in self.places.regions.items() if region.parent_code == top)

    def fill(self) -> "Batch":
        """Requests with their claims and deeds, then told deeds up to the batch's number of them."""
        for number in self.size.share(self.number, self.size.requests):
            self._add_request(number)
        for number in self.deed_ids:
            self._add_told_deed(number)
        return self

    def event_rows(self, seq: int) -> Rows:
        """The events in the order of time, numbered from ``seq`` + 1."""
        self.events.sort(key=lambda event: event[0])
        return [
            {
                "seq": number,
                "at": at,
                "type": type_.value,
                "subject": subject,
                "body": write_body(number, type_, subject, by=SYSTEM, at=at),
            }
            for number, (at, type_, subject) in enumerate(self.events, seq + 1)
        ]

    def _moment(self, first: float, last: float) -> datetime:
        """A moment of this batch's stretch, between two parts of it; whole seconds."""
        moment = self.begins + self.span * self.chance.uniform(first, last)
        return moment.replace(microsecond=0)

    def _add_request(self, number: int) -> None:
        published = self._moment(0, 0.5)
        status = self._status(number)
        row = self._request(number, status, published)
        self.requests.append(row)
        if status == RequestStatus.RECEIVED:
            row["published_at"] = None
            self.events.append((published, EventType.REQUEST_CREATED, f"request:{row['id']}"))
            return
        self.events.append((published, EventType.REQUEST_PUBLISHED, f"request:{row['id']}"))
        if status == RequestStatus.OPEN:
            self._promise_places(number, row)
        if status == RequestStatus.CLOSED:
            self._close(row)

    def _status(self, number: int) -> str:
        if number >= self.size.requests - self.size.open:
            return RequestStatus.OPEN
        if number % 400 == 7:
            return RequestStatus.RECEIVED
        return RequestStatus.PAUSED if number % 500 == 11 else RequestStatus.CLOSED

    def _request(self, number: int, status: str, published: datetime) -> dict[str, Any]:
        chance = self.chance
        text = make_request_text(chance, is_rare=self.size.requests - number <= RARE_REQUESTS)
        region = chance.choice(self.regions)
        district = chance.choice(self.districts[region]) or None
        minutes = chance.choice((15, 30, 30, 45, 60, 60, 90, 120, 240))
        timing, starts, ends, due = self._hours(status, published, minutes)
        return {
            "id": number + 1,
            "title": text.title,
            "story": text.story,
            "briefing": "",
            "locale": text.locale,
            "kind_code": text.kind,
            "region_code": region,
            "district_code": district,
            "timing": timing,
            "starts_at": starts,
            "ends_at": ends,
            "due_at": due,
            "minutes": minutes,
            "capacity": chance.choice((1, 1, 2, 2, 3, 4, 6, 10, 20)),
            "taken": 0,
            "waiting": 0,
            "needs": 1 << chance.randrange(10) if chance.random() < 0.3 else 0,
            "min_age": max(self.places.kinds[text.kind].min_age, chance.choice((0, 0, 0, 18))),
            "two_adults": chance.random() < 0.1,
            "is_asar": chance.random() < 0.1,
            "for_person": chance.random() < 0.5,
            "status": status,
            "outcome": None,
            "source": None,
            "source_id": None,
            "search_text": normalise(f"{text.title} {text.story} {self.place_words[district or region]}"),
            "version": 1,
            "created_by_id": COORDINATOR_ID,
            "created_at": published,
            "published_at": published,
            "closed_at": None,
        }

    def _hours(
        self, status: str, published: datetime, minutes: int
    ) -> tuple[str, datetime | None, datetime | None, datetime]:
        """(timing, starts, ends, due): open requests lie one to ninety days ahead, others soon after publication."""
        chance = self.chance
        if status == RequestStatus.OPEN:
            due = self.at + timedelta(hours=chance.randint(24, 90 * 24), minutes=15 * chance.randrange(4))
        else:
            due = published + timedelta(hours=chance.randint(1, 200))
        timing = chance.choice((Timing.ANY.value, Timing.BY.value, Timing.AT.value, Timing.AT.value))
        if timing == Timing.AT:
            return timing, due, due + timedelta(minutes=minutes), due
        return timing, None, due if timing == Timing.BY else None, due

    def _promise_places(self, number: int, row: dict[str, Any]) -> None:
        """Some places of an open request are taken, by volunteers other than those who can sign in."""
        row["taken"] = self.chance.randrange(min(row["capacity"], 4))
        others = self.size.volunteers - KNOWN_VOLUNTEERS
        for place in range(row["taken"]):
            user_id = COORDINATOR_ID + KNOWN_VOLUNTEERS + 1 + (4 * number + place) % others
            self._add_claim(row, user_id, ClaimState.CLAIMED, row["published_at"], None)

    def _close(self, row: dict[str, Any]) -> None:
        """A past request: confirmed claims, and a deed for each whose doer wished to be seen."""
        closed = self._moment(0.5, 1)
        row["taken"] = self.chance.randint(0, min(row["capacity"], 4))
        row["status"], row["closed_at"] = RequestStatus.CLOSED.value, closed
        row["outcome"] = (Outcome.FULFILLED if row["taken"] else Outcome.EXPIRED).value
        self.events.append((closed, EventType.REQUEST_CLOSED, f"request:{row['id']}"))
        first = self.chance.randrange(self.size.volunteers)
        for place in range(row["taken"]):
            user_id = COORDINATOR_ID + 1 + (first + place) % self.size.volunteers
            credit = self.chance.choice((Credit.SOMEONE, Credit.SOMEONE, Credit.SOMEONE, Credit.HIDDEN))
            claim = self._add_claim(row, user_id, ClaimState.CONFIRMED, closed, credit)
            self.day_minutes[self._day(row["region_code"], closed), row["region_code"]] += row["minutes"]
            if credit == Credit.SOMEONE:
                self._add_deed_of(claim, row, closed)

    def _add_claim(
        self, row: dict[str, Any], user_id: int, state: ClaimState, at: datetime, credit: Credit | None
    ) -> dict[str, Any]:
        claim = {
            "id": self.next_claim_id,
            "request_id": row["id"],
            "region_code": row["region_code"],
            "user_id": user_id,
            "people": 1,
            "state": state.value,
            "minutes": row["minutes"] if credit else None,
            "word": "",
            "credit": credit.value if credit else None,
            "reason": "",
            "answer": "",
            "created_at": row["published_at"],
            "started_at": None,
            "reported_at": at if credit else None,
            "settled_at": at if credit else None,
        }
        self.next_claim_id += 1
        self.claims.append(claim)
        return claim

    def _add_deed_of(self, claim: dict[str, Any], row: dict[str, Any], at: datetime) -> None:
        number = next(self.deed_ids, None)
        if number is None:
            return
        told = make_deed_text(self.chance)
        self._add_deed(
            number,
            at,
            claim_id=claim["id"],
            user_id=claim["user_id"],
            title=row["title"],
            story=told.story if told.locale == row["locale"] else "",
            locale=row["locale"],
            kind_code=row["kind_code"],
            region_code=row["region_code"],
            district_code=row["district_code"],
            minutes=row["minutes"],
            helpers=1,
            level=Level.WITNESSED.value,
        )

    def _add_told_deed(self, number: int) -> None:
        chance = self.chance
        text, region = make_deed_text(chance), chance.choice(self.regions)
        self._add_deed(
            number,
            self._moment(0, 1),
            claim_id=None,
            user_id=COORDINATOR_ID + 1 + chance.randrange(self.size.volunteers),
            title=text.title,
            story=text.story,
            locale=text.locale,
            kind_code=text.kind,
            region_code=region,
            district_code=chance.choice(self.districts[region]) or None,
            minutes=chance.choice((15, 30, 45, 60, 120)),
            helpers=chance.choice((1, 1, 1, 2, 3, 8)),
            level=chance.choice(LEVELS),
        )

    def _add_deed(self, number: int, at: datetime, **told: Any) -> None:
        self.deeds.append(
            told
            | {
                "id": number + 1,
                "doer_name": make_name(self.chance) if self.chance.random() < 0.4 else "",
                "happened_at": at,
                "helped": self.chance.choice((0, 1, 1, 2, 10)),
                "status": DeedStatus.PUBLISHED.value,
                "hidden_reason": "",
                "thanks": self.chance.choice((0, 0, 1, 3, 12)),
                "created_at": at,
                "published_at": at,
            }
        )
        self.events.append((at, EventType.DEED_PUBLISHED, f"deed:{number + 1}"))
        self.day_deeds[self._day(told["region_code"], at), told["region_code"]] += 1

    def _day(self, region: str, moment: datetime) -> date:
        return moment.astimezone(self.zones[region]).date()
