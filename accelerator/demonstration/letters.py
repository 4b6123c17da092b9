"""What people write to the desk in the demonstration: appeals, told deeds, and what readers report of deeds."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from accelerator.appeals import transitions as appeals
from accelerator.appeals.dates import day_of, due_on
from accelerator.appeals.models import Kind, Outcome
from accelerator.appeals.sealing import Contact, auditors_key
from accelerator.appeals.transitions import Letter
from accelerator.deeds import transitions as deeds
from accelerator.deeds.models import Deed
from accelerator.demonstration.stories import Act, Cast, Step, Story, steps_of
from accelerator.extensions import db
from accelerator.integrity.record import READER
from accelerator.working_days import add_working_days


def steps_of_appeals(rows: list[dict[str, Any]], cast: Cast, *, at: datetime) -> Iterable[Step]:
    """Reports to the auditors only where there is a key to seal them with."""
    for row in rows:
        if row["kind"] != Kind.INTEGRITY or auditors_key(db.settings):
            yield from steps_of(Story(row, cast, at), ACTS, begins=begin_of(row, at))


def begin_of(row: dict[str, Any], at: datetime) -> datetime | None:
    """The latest day on which an appeal that is to be answered in ``due_in`` working days can have come."""
    if "due_in" not in row:
        return None
    begins, last_day = at, add_working_days(day_of(row["region"], at), row["due_in"])
    while due_on(row["region"], begins) > last_day:
        begins -= timedelta(days=1)
    return begins


def steps_of_reports(deed_id: int, rows: list[dict[str, Any]], *, at: datetime) -> Iterable[Step]:
    """Readers who say that something is wrong with a deed."""
    for number, row in enumerate(rows):
        moment = at - timedelta(hours=row["hours_ago"])
        yield Step(moment, lambda row=row, number=number, moment=moment: report(deed_id, row, number, moment))  # type: ignore[misc]


def report(deed_id: int, row: dict[str, Any], number: int, at: datetime) -> None:
    reader = f"demonstration:{number}"
    deeds.report_deed(deed_id, reader=reader, reason=row["reason"], note=row["note"], by=READER, at=at)


def steps_of_told(rows: list[dict[str, Any]], cast: Cast, *, at: datetime) -> Iterable[Step]:
    """Deeds that wait for a coordinator."""
    for row in rows:
        moment = at - timedelta(hours=row["hours_ago"])
        yield Step(moment, lambda row=row, moment=moment: tell(row, cast, moment))  # type: ignore[misc]


def tell(row: dict[str, Any], cast: Cast, at: datetime) -> None:
    teller = cast.viewer(row["by"], at=at)
    deed = Deed(
        doer_name=teller.name if row["named"] else "",
        title=row["title"],
        story=row["text"],
        locale=row["lang"],
        kind_code=row["kind"],
        region_code=row["region"],
        district_code=row["district"],
        happened_at=at,
        minutes=row["minutes"],
        helpers=row["helpers"],
        helped=row["helped"],
    )
    deeds.tell(deed, [], by=teller, at=at)


# ---- steps of an appeal ----


def receive(story: Story, _: dict[str, Any], at: datetime) -> None:
    row = story.row
    letter = Letter(
        kind=Kind(row["kind"]),
        region_code=row["region"],
        text=row["text"],
        locale=row["lang"],
        contact=Contact(row.get("name", ""), row.get("phone", ""), row.get("email", "")),
        is_sealed=row["kind"] == Kind.INTEGRITY,
    )
    received = appeals.receive(letter, form_key=story.form_key, at=at)
    appeals.keep_code(received.appeal)
    story.id = received.appeal.id


def assign(story: Story, step: dict[str, Any], at: datetime) -> None:
    to = story.cast.users[step["to"]].id
    appeals.assign(story.id, assignee_id=to, seen_version=version_of(story), by=by(story, step, at), at=at)


def answer(story: Story, step: dict[str, Any], at: datetime) -> None:
    appeals.answer(story.id, step["text"], **from_desk(story, step, at))


def close(story: Story, step: dict[str, Any], at: datetime) -> None:
    appeals.close(story.id, Outcome(step["outcome"]), step["text"], **from_desk(story, step, at))


def say(story: Story, step: dict[str, Any], at: datetime) -> None:
    appeals.say(appeals.lock_appeal(story.id), step["text"], form_key=entry_key(story, at), at=at)


def reopen(story: Story, step: dict[str, Any], at: datetime) -> None:
    appeals.reopen(appeals.lock_appeal(story.id), step["text"], form_key=entry_key(story, at), at=at)


def from_desk(story: Story, step: dict[str, Any], at: datetime) -> dict[str, Any]:
    """What every word from the desk comes with."""
    return {
        "form_key": entry_key(story, at),
        "seen_version": version_of(story),
        "by": by(story, step, at),
        "at": at,
    }


def by(story: Story, step: dict[str, Any], at: datetime) -> Any:
    return story.cast.viewer(step["by"], at=at)


def entry_key(story: Story, at: datetime) -> str:
    return f"{story.form_key}:{at.isoformat()}"


def version_of(story: Story) -> int:
    return appeals.lock_appeal(story.id).version


ACTS: dict[str, Act] = {
    "receive": receive,
    "assign": assign,
    "answer": answer,
    "say": say,
    "close": close,
    "reopen": reopen,
}
