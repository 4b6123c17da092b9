"""Taking places: never one too many with a hundred at once, how many a second, and what one costs."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import event

from accelerator import create_app
from accelerator.config import Settings
from accelerator.extensions import db
from tests.bench.clients import TOKEN, Answer, claim_all, race
from tests.bench.data import copied, free_requests, places_taken, set_capacity, sign_in
from tests.bench.results import Report, at_least, at_most
from tests.bench.servers import Server, environment, running_web

PEOPLE = 100
CAPACITIES = (1, 10)
MANY_PROMISES = "50"


def measure_claims(report: Report, races: int) -> None:
    with copied("city") as instance:
        sessions = sign_in(instance, PEOPLE)
        free = free_requests(instance)
        with running_web(instance, AOG_MAX_OPEN_CLAIMS=MANY_PROMISES) as web:
            for capacity in CAPACITIES:
                chosen = [free.pop() for _ in range(races)]
                measure_races(report, instance, web, sessions, chosen, capacity)
            count_statements(report, instance, sessions[0], free.pop())
            measure_rate(report, web, sessions, free)


def measure_races(
    report: Report, instance: Path, web: Server, sessions: list[str], chosen: list[int], capacity: int
) -> None:
    """A hundred people for one place, then for ten, several times; all requests must end exactly full."""
    statuses: Counter[int] = Counter()
    wrong, slowest, raw = 0, 0.0, []
    for request_id in chosen:
        set_capacity(instance, request_id, capacity)
        answers = race(web.port, sessions, request_id)
        found = Counter(answer.status for answer in answers)
        taken, held = places_taken(instance, request_id)
        wrong += not (taken == held == capacity == found[200])
        slowest = max(slowest, *(answer.milliseconds for answer in answers))
        statuses += found
        raw.append({"statuses": found, "taken": taken, "held": held})
    name = f"{PEOPLE} people for {capacity} {'place' if capacity == 1 else 'places'}"
    report.add(f"{name}: races not ended exactly full", wrong, f"of {len(chosen)}", at_most(0))
    report.add(f"{name}: errors (5xx)", sum(statuses[code] for code in statuses if code >= 500), "answers", at_most(0))
    others = sum(statuses.values()) - statuses[200] - statuses[409]
    report.add(f"{name}: answers other than 200 and 409", others, "answers", at_most(0))
    report.add(f"{name}: slowest answer", slowest, "ms")
    report.raw[f"race for {capacity}"] = raw


def measure_rate(report: Report, web: Server, sessions: list[str], request_ids: list[int]) -> None:
    """Distinct requests, each claimed once; every answer is on the disk (synchronous=FULL)."""
    cpu = web.cpu()
    answers, seconds = claim_all(web.port, sessions, request_ids)
    cpu = web.cpu() - cpu
    times = sorted(answer.milliseconds for answer in answers)
    good = sum(answer.status == 200 for answer in answers)
    report.add("claims: distinct requests", good / seconds, "/s", at_least(600))
    report.add("claims: server CPU", 1e6 * cpu / len(answers), "us/claim")
    report.add("claims: p99", times[int(0.99 * (len(times) - 1))], "ms")
    report.add("claims: refused or failed", len(answers) - good, f"of {len(answers)}", at_most(0))
    tell_sizes(report, answers)
    report.raw["claims"] = [asdict(answer) for answer in answers]


def tell_sizes(report: Report, answers: list[Answer]) -> None:
    """Head and body over plain http with gzip, as a phone's browser sends and gets them."""
    report.add("claim, request: head and body", max(answer.sent for answer in answers), "bytes", at_most(1536))
    report.add("claim, response: head and body", max(answer.received for answer in answers), "bytes", at_most(1536))


def count_statements(report: Report, instance: Path, session: str, request_id: int) -> None:
    """SQL statements of one claim, without BEGIN and COMMIT, after the process has warmed up."""
    app = create_app(Settings.from_env(environment(instance, AOG_MAX_OPEN_CLAIMS=MANY_PROMISES)))
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(" ".join(statement.split()))

    client = app.test_client()
    client.set_cookie("session", session)
    found = TOKEN.search(client.get("/requests").data)
    assert found
    with app.app_context():
        engines = {id(engine): engine for engine in (db.read_engine, db.write_engine)}.values()
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        answer = client.post(
            f"/requests/{request_id}/claim", headers={"X-CSRF-Token": found[1].decode(), "HX-Request": "true"}
        )
        assert answer.status_code == 200, answer.status
        db.dispose()
    report.add("claim: SQL statements", len(seen), "statements", at_most(6))
    report.raw["claim statements"] = seen
