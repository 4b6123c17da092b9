"""The desk's queue at a thousand cases and at a hundred thousand: what is not on the page costs nothing."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench.data import connect, copied, sign_in_as
from tests.bench.load import Load, Target
from tests.bench.results import Report, at_most
from tests.bench.servers import running_web

SIZES = {"1,000 cases": "desk-small", "100,000 cases": "desk-large"}
PAGES = {
    "desk, all regions": "/desk?x=@",
    "desk, one region": "/desk?region=KZ-75&x=@",
    "desk, number in the header": "/desk/count?x=@",
}
GOAL = at_most(1.2)
#: The seeded coordinator.
COORDINATOR = 1

#: What makes a share of everything burn, in all regions alike; ``{…}`` are moments.
BURN = (
    # Nobody has come: a tenth of what is open begins soon, half of the rest has waited for long.
    "UPDATE help_requests SET taken = 0 WHERE status = 'open' AND id % 2 = 0 AND id NOT IN "
    "(SELECT request_id FROM claims WHERE state IN ('reported', 'disputed', 'confirmed'))",
    "DELETE FROM claims WHERE request_id IN (SELECT id FROM help_requests WHERE status = 'open' AND taken = 0)",
    "UPDATE help_requests SET due_at = '{soon}' WHERE status = 'open' AND taken = 0 AND id % 10 = 0",
    "UPDATE help_requests SET published_at = '{long_ago}' WHERE status = 'open' AND taken = 0 AND id % 4 = 0",
    "UPDATE help_requests SET due_at = '{past}' WHERE status = 'open' AND taken > 0 AND id % 7 = 0",
    # Somebody asked; half of them were called.
    "UPDATE help_requests SET status = 'received', outcome = NULL, closed_at = NULL, title = '', requester_id = 1, "
    "verified_at = CASE WHEN id % 2 THEN NULL ELSE '{past}' END WHERE status = 'closed' AND taken = 0",
    "UPDATE claims SET state = 'reported', reported_at = '{past}' WHERE state = 'claimed' AND id % 3 = 0",
    "UPDATE claims SET state = 'disputed', reported_at = '{past}' WHERE state = 'claimed' AND id % 7 = 0",
    "UPDATE deeds SET status = 'pending' WHERE claim_id IS NULL AND id % 10 = 0",
    "INSERT INTO deed_reports (deed_id, region_code, reader, reason, note, created_at) "
    "SELECT id, region_code, 'reader', 'other', '', '{past}' FROM deeds WHERE status = 'published' AND id % 20 = 0",
    "INSERT INTO case_entries (request_id, region_code, kind, outcome, created_at) "
    "SELECT id, region_code, 'word', '', '{past}' FROM help_requests WHERE status = 'received' AND id % 3 = 0",
    "ANALYZE",
)
REQUESTER = (
    "INSERT INTO requesters (id, public_ref, channel, locale, is_for_other, version_id, code_hash, pair_hash, "
    "sent_key, consent_version, consent_hash, consent_channel, consent_at, created_at, key_name) "
    "VALUES (1, 'r_1', 'web', 'ru', 0, 1, x'00', x'00', x'00', 1, x'00', 'web', '{past}', '{past}', 'none')"
)


def measure_desk(report: Report, load: Load) -> None:
    with ExitStack() as stack:
        targets = []
        for name, size in SIZES.items():
            instance = stack.enter_context(burning(size))
            web = stack.enter_context(running_web(instance))
            cookie = f"session={sign_in_as(instance, COORDINATOR)}"
            targets += [Target(f"{page} at {name}", web, path, cookie) for page, path in PAGES.items()]
            report.add(f"desk at {name}: cases", count(instance), "cases")
        targets.sort(key=lambda target: target.name.partition(" at ")[0])
        found = load.measure(targets)
    small, large = SIZES
    for page in PAGES:
        for size in SIZES:
            name = f"{page} at {size}"
            report.add(f"{name}: server CPU", found[name].cpu_us, "us/request")
            report.add(f"{name}: failed", found[name].bad, "requests", at_most(0))
        report.add(
            f"{page}: {large} against {small}", load.ratio(f"{page} at {large}", f"{page} at {small}"), "times", GOAL
        )
    report.raw["desk"] = load.raw


@contextmanager
def burning(size: str) -> Iterator[Path]:
    """A copy of the seeded instance in which much waits for every reason."""
    with copied(size) as instance, closing(connect(instance)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in (REQUESTER, *BURN):
            connection.execute(statement.format(**moments()))
        connection.execute("COMMIT")
        yield instance


def moments() -> dict[str, str]:
    now = datetime.now(UTC).replace(tzinfo=None)
    away = {"soon": timedelta(hours=9), "long_ago": timedelta(days=-5), "past": timedelta(hours=-30)}
    return {name: (now + distance).isoformat(" ", "microseconds") for name, distance in away.items()}


def count(instance: Path) -> int:
    with closing(connect(instance)) as connection:
        (found,) = connection.execute("SELECT count(*) FROM help_requests").fetchone()
    number: Any = found
    return int(number)
