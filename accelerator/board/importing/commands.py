"""``flask import-requests``: requests from a CSV of somebody else's, by a mapping file."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from click.termui import progressbar
from sqlalchemy import select
from sqlalchemy.orm import Session

from accelerator.board.importing import (
    BadRow,
    Mapping,
    MappingError,
    RequestDraft,
    count_records,
    load_mapping,
    read_drafts,
)
from accelerator.board.models import HelpRequest, Outcome, RequestStatus
from accelerator.board.search import search_text_of
from accelerator.board.transitions import due_at, promote_waiting
from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityEvent
from accelerator.integrity.record import SYSTEM, EventType, record
from accelerator.migrations.commands import with_tables
from accelerator.reference import CAPABILITIES, Places, forget_places, mask_of, places
from accelerator.regions.models import Region
from accelerator.screening.finding import Kind
from accelerator.screening.rules import PrivateTextFound, check_public

#: Rows per transaction: a kill loses no more, and running again goes on where it stopped.
BATCH = 200


@click.command("import-requests")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "mapping_file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@click.option("--bad", "bad_file", type=click.Path(dir_okay=False, path_type=Path), help="Where bad rows go.")
@with_tables
def import_requests(file: Path, mapping_file: Path, dry_run: bool, bad_file: Path | None) -> None:
    """Import requests for help from FILE. Run again, it updates instead of duplicating."""
    now = utcnow()
    try:
        mapping = load_mapping(mapping_file)
        save_regions(mapping)
        drafts = read_drafts(file, mapping, now=now, known=known_codes(mapping))
        total = count_records(file, mapping)
    except (MappingError, OSError) as error:
        raise click.ClickException(str(error)) from None
    tally, bad = run_import(drafts, total, now=now, dry_run=dry_run)
    where = bad_file or (None if dry_run else db.settings.instance_path / f"{file.stem}-bad-rows.csv")
    hint = f" (see {where})" if where else " (name a file for them: --bad rows.csv)"
    if bad and where:
        write_bad_rows(where, bad)
    would = "would be " if dry_run else ""
    click.echo(
        f"{tally['created']} {would}imported, {tally['updated']} {would}updated, "
        f"{tally['unchanged']} unchanged, {len(bad)} bad{hint if bad else ''}."
    )
    if tally["doubtful"]:
        found = ", ".join(f"{kind}: {tally[kind]}" for kind in Kind if tally[kind])
        click.echo(
            f"{tally['doubtful']} of them need a coordinator's look ({found}): "
            "new ones wait at the desk, others keep their old words."
        )


def known_codes(mapping: Mapping) -> dict[str, set[str]]:
    """The codes that exist here, those that the mapping brings included."""
    here = places(db.session)
    tops = {region.code for region in here.regions.values() if region.parent_code is None}
    tops |= {spec.code for spec in mapping.regions if spec.parent is None}
    inside = {region.code for region in here.regions.values() if region.parent_code}
    inside |= {spec.code for spec in mapping.regions if spec.parent}
    return {"kind": set(here.kinds), "needs": set(CAPABILITIES), "region": tops, "district": inside}


def save_regions(mapping: Mapping) -> None:
    """Add the regions that the mapping brings along; existing ones stay as they are."""
    for spec in mapping.regions:
        if db.session.get(Region, spec.code) is not None:
            continue
        db.session.add(
            Region(
                code=spec.code,
                parent_code=spec.parent,
                name_kk=spec.kk,
                name_ru=spec.ru,
                name_en=spec.en,
                timezone=spec.timezone,
            )
        )
        db.session.flush()
        record(db.session, EventType.REGION_SAVED, f"region:{spec.code}", by=SYSTEM, at=utcnow())
    forget_places()


def run_import(
    drafts: Iterator[RequestDraft | BadRow], total: int, *, now: datetime, dry_run: bool
) -> tuple[Counter[str], list[BadRow]]:
    """Write the good rows in batches; return what happened to them and what was found in them, and the bad rows."""
    tally: Counter[str] = Counter()
    bad: list[BadRow] = []
    with progressbar(drafts, length=total, label="Requests", file=sys.stderr) as bar:
        for number, draft in enumerate(bar, start=1):
            if isinstance(draft, BadRow):
                bad.append(draft)
            else:
                doubts = find_doubts(draft)
                tally[save_draft(db.session, draft, is_fit=not doubts, now=now)] += 1
                tally["doubtful"] += bool(doubts)
                tally.update(doubts)
            if number % BATCH == 0 and not dry_run:
                db.session.commit()
                db.session.expunge_all()
    if dry_run:
        db.session.rollback()
        forget_places()
    else:
        db.session.commit()
    return tally, bad


def save_draft(session: Session, draft: RequestDraft, *, is_fit: bool, now: datetime) -> str:
    """Create or update one request; the answer says which: created, updated or unchanged.

    ``is_fit``: whether it may be shown before a coordinator has looked at it.
    """
    request = session.scalars(
        select(HelpRequest)
        .where(HelpRequest.source == draft.source, HelpRequest.source_id == draft.source_id)
        .with_for_update()
    ).first()
    is_new = request is None
    if request is None:
        request = HelpRequest(
            source=draft.source,
            source_id=draft.source_id,
            created_at=now,
            published_at=(draft.published_at or now) if is_fit else None,
            taken=0,
            waiting=0,
            version=1,
        )
    changed = apply_draft(request, draft, places(db.session), is_fit=is_fit, now=now)
    if not is_new and not changed:
        return "unchanged"
    session.add(request)
    session.flush()
    event = EventType.REQUEST_IMPORTED if is_new else EventType.REQUEST_EDITED
    record(session, event, f"request:{request.id}", by=SYSTEM, at=now)
    promote_waiting(request, by=SYSTEM, at=now)  # the list may bring more places
    return "created" if is_new else "updated"


def apply_draft(request: HelpRequest, draft: RequestDraft, known: Places, *, is_fit: bool, now: datetime) -> bool:
    """Write a draft into a request; whether anything changed.

    What a coordinator wrote or closed here is kept, and so are words on the board when the new ones need a look.
    While people hold places it stays open: its coordinator settles it.
    """
    values = values_of(draft, request, known)
    changed = any(getattr(request, name) != value for name, value in values.items())
    if changed and request.id and (is_edited_here(request.id) or (request.published_at and not is_fit)):
        changed = False
    if changed:
        for name, value in values.items():
            setattr(request, name, value)
        request.due_at = due_at(draft.when, draft.starts_at, draft.ends_at, at=request.created_at)
        request.search_text = search_text_of(request, known)
    is_over = (
        request.status in (RequestStatus.OPEN, RequestStatus.RECEIVED) and draft.state == "closed" and not request.taken
    )
    if request.status is None or is_over:
        set_state(request, draft, now=now)
        changed = True
    request.version += int(changed)
    return changed


def values_of(draft: RequestDraft, request: HelpRequest, known: Places) -> dict[str, Any]:
    """The draft as columns; capacity never falls below what is taken."""
    kind = known.kinds[draft.kind]
    return {
        "title": draft.title,
        "story": draft.story,
        "briefing": draft.briefing,
        "locale": draft.lang,
        "kind_code": draft.kind,
        "region_code": draft.region,
        "district_code": draft.district,
        "timing": draft.when,
        "starts_at": draft.starts_at,
        "ends_at": draft.ends_at,
        "minutes": draft.minutes,
        "capacity": max(draft.people, request.taken or 0),
        "needs": mask_of(draft.needs),
        "min_age": max(draft.min_age, kind.min_age),
        "two_adults": draft.two_adults,
    }


def is_edited_here(request_id: int) -> bool:
    """Whether a coordinator has edited the request since it came: then its words are ours."""
    about = select(IntegrityEvent.body).where(
        IntegrityEvent.subject == f"request:{request_id}", IntegrityEvent.type == EventType.REQUEST_EDITED.value
    )
    return any(json.loads(body)["actor"] != SYSTEM.public_ref for body in db.session.scalars(about))


def find_doubts(draft: RequestDraft) -> set[Kind]:
    """What a coordinator must look at before everybody reads it. Contacts are cut out; money and handles are not."""
    try:
        check_public(draft.title, draft.story, briefing=draft.briefing)
    except PrivateTextFound as refused:
        return {finding.kind for finding in refused.findings}
    return set()


def set_state(request: HelpRequest, draft: RequestDraft, *, now: datetime) -> None:
    """Open it or close it; what nobody may read yet waits for a coordinator instead of being open."""
    is_public = request.published_at is not None
    request.status = (RequestStatus.OPEN if is_public else RequestStatus.RECEIVED).value
    if draft.state == "closed":
        request.status = RequestStatus.CLOSED.value
        request.outcome = Outcome.EXPIRED.value
        request.closed_at = min(draft.ends_at or now, now)


def write_bad_rows(path: Path, bad: list[BadRow]) -> None:
    """The bad rows with line and reason, as a CSV that can be mended and imported again."""
    columns = list(dict.fromkeys(name for row in bad for name in row.row))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ["line", "reason", *columns], extrasaction="ignore")
        writer.writeheader()
        for row in bad:
            writer.writerow({"line": row.line, "reason": row.reason, **row.row})
