"""The queue put together: for each reason its number and its first rows, each case once, under the hottest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from accelerator.accounts.viewer import Viewer
from accelerator.appeals.queries import list_near_deadline
from accelerator.deeds.forms import REPORT_REASONS
from accelerator.desk.queue import queries
from accelerator.desk.queue.queries import MOST, Narrow
from accelerator.desk.queue.reasons import Reason
from accelerator.desk.queue.rows import QueueRow, RowMaker, reason_label

#: Rows of each reason while all of them are on the page.
FIRST = 6


@dataclass(frozen=True)
class Asked:
    """Whose queue, of which regions, and what of it."""

    viewer: Viewer
    regions: tuple[str, ...]
    narrow: Narrow
    reason: str = ""


@dataclass(frozen=True)
class Group:
    """What waits for one reason."""

    reason: str
    label: str
    #: Up to `MOST`.
    count: int
    rows: list[QueueRow]

    @property
    def count_text(self) -> str:
        return f"{MOST - 1}+" if self.count >= MOST else str(self.count)


def list_groups(session: Session, asked: Asked, maker: RowMaker, *, at: datetime) -> list[Group]:
    """Each reason with its number; rows only of the chosen one, or the first of each."""
    found: list[Group] = []
    shown: set[str] = set()
    settled: set[str] = set()
    for reason in Reason:
        ids = _ids(session, asked, reason, at)
        depth = MOST if asked.reason == reason else 0 if asked.reason else FIRST
        rows = [row for row in _rows(session, asked, maker, reason, ids[:depth], at) if row.about not in shown]
        if reason is Reason.ENDED:  # its promises are above, one by one: settling them settles it
            rows = [row for row in rows if row.about not in settled]
        shown |= {row.about for row in rows}
        settled |= {row.within for row in rows}
        found.append(Group(reason.value, reason_label(reason), len(ids), rows))
    return found


def _ids(session: Session, asked: Asked, reason: Reason, at: datetime) -> Sequence[int]:
    if reason is Reason.APPEAL:
        is_about_requests = asked.narrow != Narrow()
        return [] if is_about_requests else [appeal.id for appeal in list_near_deadline(session, _of(asked), at, MOST)]
    return queries.list_ids(session, reason, asked.regions, asked.narrow, at=at)


def _of(asked: Asked) -> Viewer:
    """The viewer as a coordinator of the chosen regions only."""
    return replace(asked.viewer, regions=frozenset(asked.regions))


def _rows(
    session: Session, asked: Asked, maker: RowMaker, reason: Reason, ids: Sequence[int], at: datetime
) -> list[QueueRow]:
    if not ids:
        return []
    if reason is Reason.APPEAL:
        return [maker.of_appeal(appeal) for appeal in list_near_deadline(session, _of(asked), at, len(ids))]
    made = MAKERS.get(reason, _of_requests)(session, maker, reason, ids)
    return [made[id_] for id_ in ids if id_ in made]


Made = dict[int, QueueRow]


def _of_requests(session: Session, maker: RowMaker, reason: Reason, ids: Sequence[int]) -> Made:
    return {id_: maker.of_request(reason, row) for id_, row in queries.requests_by_id(session, ids).items()}


def _of_claims(session: Session, maker: RowMaker, reason: Reason, ids: Sequence[int]) -> Made:
    return {id_: maker.of_claim(reason, *row) for id_, row in queries.claims_by_id(session, ids).items()}


def _of_words(session: Session, maker: RowMaker, _: Reason, ids: Sequence[int]) -> Made:
    return {id_: maker.of_word(*row) for id_, row in queries.words_by_id(session, ids).items()}


def _of_deeds(session: Session, maker: RowMaker, _: Reason, ids: Sequence[int]) -> Made:
    return {id_: maker.of_deed(deed) for id_, deed in queries.deeds_by_id(session, ids).items()}


def _of_reports(session: Session, maker: RowMaker, _: Reason, ids: Sequence[int]) -> Made:
    words = dict(REPORT_REASONS)
    rows = queries.reports_by_id(session, ids)
    return {id_: maker.of_report(report, deed, str(words[report.reason])) for id_, (report, deed) in rows.items()}


MAKERS: dict[Reason, Callable[[Session, RowMaker, Reason, Sequence[int]], Made]] = {
    Reason.REPORTED: _of_claims,
    Reason.DISPUTED: _of_claims,
    Reason.WORD: _of_words,
    Reason.DEED: _of_deeds,
    Reason.REPORT: _of_reports,
}
