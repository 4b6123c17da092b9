"""People in need of the demonstration: each case walks from the questionnaire to where its file says it stands."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from accelerator.board import transitions as board
from accelerator.board.models import Claim, Credit, HelpRequest, Outcome
from accelerator.board.search import search_text_of
from accelerator.demonstration.stories import Act, Cast, Step, Story, steps_of
from accelerator.desk.cases import transitions as cases
from accelerator.extensions import db
from accelerator.help import reveals
from accelerator.help import transitions as help_
from accelerator.help.models import CallOutcome, Channel, Requester
from accelerator.questionnaire.answers import asked_only
from accelerator.questionnaire.consent import consent_hash
from accelerator.questionnaire.queries import document_of, find_current
from accelerator.reference import mask_of, places


def steps_of_cases(rows: list[dict[str, Any]], cast: Cast, *, at: datetime) -> Iterable[Step]:
    for row in rows:
        yield from steps_of(Story(row, cast, at), ACTS)


def moment_of(row: dict[str, Any], region: str, at: datetime) -> datetime | None:
    """The row's day and hour in its region's zone; what is nearly over today is tomorrow, an hour earlier.

    So what is to be done within a day still is, whatever the hour of the start.
    """
    if "at" not in row:
        return None
    hour, minute = map(int, row["at"].split(":"))
    there = at.astimezone(places(db.session).zone(region)) + timedelta(days=row["in_days"])
    found = there.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if row["in_days"] >= 0 and found < at + timedelta(minutes=30):
        found += timedelta(hours=23)
    return found


# ---- the person ----


def answers_of(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    """What the person answers; the day is counted from today."""
    region = row["answers"]["place"].partition("/")[0]
    answers = row["answers"] | {"place": {"region": region, "district": row["answers"]["place"]}}
    if "in_days" in row:
        there = at.astimezone(places(db.session).zone(region)) + timedelta(days=row["in_days"])
        moment = moment_of(row, region, at) or there
        answers |= {"day": moment.date().isoformat(), "time": moment.strftime("%H:%M") if "at" in row else ""}
    return asked_only(document_of(find_current(db.session)), answers)


def receive(story: Story, _: dict[str, Any], at: datetime) -> None:
    version, row = find_current(db.session), story.row
    language = row["answers"]["language"]
    received = help_.receive(
        answers_of(row, story.now),
        version_id=version.id,
        channel=Channel(row["channel"]),
        form_key=story.form_key,
        consent_hash=consent_hash(document_of(version), language, db.settings),
        by=story.cast.viewer(row["typed_by"], at=at) if "typed_by" in row else None,
        at=at,
    )
    story.id = received.request.id


def person_of(story: Story) -> Requester:
    return db.session.get_one(Requester, db.session.get_one(HelpRequest, story.id).requester_id)


def say_word(story: Story, step: dict[str, Any], at: datetime) -> None:
    help_.add_word(story.id, step["text"], by=person_of(story), at=at)


def say_they_came(story: Story, step: dict[str, Any], at: datetime) -> None:
    help_.say_they_came(claim_of(story), was_asked=step["was_asked"], by=person_of(story), at=at)


# ---- the desk ----


def look_at_desk(story: Story, step: dict[str, Any], at: datetime) -> None:
    by = story.cast.viewer(step["by"], at=at)
    reveals.reveal_to_coordinator(story.id, by=by, at=at, reason=step["reason"])


def call(story: Story, step: dict[str, Any], at: datetime) -> None:
    by = story.cast.viewer(step["by"], at=at)
    cases.call(story.id, CallOutcome(step["outcome"]), step["text"], by=by, at=at)


def note(story: Story, step: dict[str, Any], at: datetime) -> None:
    cases.note(story.id, step["text"], by=story.cast.viewer(step["by"], at=at), at=at)


def ask(story: Story, step: dict[str, Any], at: datetime) -> None:
    cases.ask(story.id, step["text"], by=story.cast.viewer(step["by"], at=at), at=at)


def read_words(story: Story, step: dict[str, Any], at: datetime) -> None:
    cases.read_words(story.id, by=story.cast.viewer(step["by"], at=at), at=at)


def write(story: Story, step: dict[str, Any], at: datetime) -> None:
    """The public text, as the desk's form writes it into the request."""
    request, text = board.lock_request(story.id), story.row["text"]
    request.title, request.story, request.briefing = text["title"], text["story"], text["briefing"]
    request.search_text = search_text_of(request, places(db.session))
    request.minutes, request.needs, request.min_age = text["minutes"], mask_of(text["needs"]), text["min_age"]
    if request.starts_at:
        request.ends_at = request.starts_at + timedelta(minutes=request.minutes)
    by = story.cast.viewer(step["by"], at=at)
    board.edit(request, seen_version=request.version, by=by, at=at)


def publish(story: Story, step: dict[str, Any], at: datetime) -> None:
    seen = board.lock_request(story.id).version
    board.publish(story.id, seen_version=seen, by=story.cast.viewer(step["by"], at=at), at=at)


def confirm(story: Story, step: dict[str, Any], at: datetime) -> None:
    claim_, _ = board.lock_claim(claim_of(story))
    by = story.cast.viewer(step["by"], at=at)
    board.confirm(claim_.id, seen=claim_.state, by=by, at=at, minutes=step["minutes"])


def dispute(story: Story, step: dict[str, Any], at: datetime) -> None:
    board.dispute(claim_of(story), by=story.cast.viewer(step["by"], at=at), at=at, reason=step["reason"])


def close(story: Story, step: dict[str, Any], at: datetime) -> None:
    by = story.cast.viewer(step["by"], at=at)
    seen = board.lock_request(story.id).version
    cases.close(story.id, Outcome(step["outcome"]), step["text"], seen_version=seen, by=by, at=at)


# ---- the volunteer ----


def claim_of(story: Story) -> int:
    return db.session.scalars(select(Claim.id).where(Claim.request_id == story.id)).one()


def claim(story: Story, step: dict[str, Any], at: datetime) -> None:
    board.claim(story.id, by=story.cast.viewer(step["by"], at=at), at=at)


def look_as_volunteer(story: Story, step: dict[str, Any], at: datetime) -> None:
    reveals.reveal(story.id, by=story.cast.viewer(step["by"], at=at), at=at)


def report(story: Story, step: dict[str, Any], at: datetime) -> None:
    by = story.cast.viewer(step["by"], at=at)
    told = {"minutes": step["minutes"], "word": step["text"], "credit": Credit(step["credit"])}
    board.report(story.id, by=by, at=at, photo_keys=[], **told)


ACTS: dict[str, Act] = {
    "receive": receive,
    "word": say_word,
    "came": say_they_came,
    "reveal": look_at_desk,
    "call": call,
    "note": note,
    "ask": ask,
    "read": read_words,
    "write": write,
    "publish": publish,
    "confirm": confirm,
    "dispute": dispute,
    "close": close,
    "claim": claim,
    "reveal_own": look_as_volunteer,
    "report": report,
}
