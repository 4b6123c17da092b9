"""The queue put together: for each reason its number and its first rows, each case once, under the hottest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from accelerator.accounts.viewer import Viewer
from accelerator.appeals.models import Appeal
from accelerator.appeals.queries import list_pressing
from accelerator.deeds.forms import REPORT_REASONS
from accelerator.deeds.queries import photos_by_claim, photos_by_deed
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
        depth = MOST if asked.reason == reason else 0 if asked.reason else FIRST
        count, first = _read(session, asked, maker, reason, depth, at)
        rows = [row for row in first if row.about not in shown]
        if reason is Reason.ENDED:  # its promises are above, one by one: settling them settles it
            rows = [row for row in rows if row.about not in settled]
        shown |= {row.about for row in rows}
        settled |= {row.within for row in rows}
        found.append(Group(reason.value, reason_label(reason), count, rows))
    return found


def _read(
    session: Session, asked: Asked, maker: RowMaker, reason: Reason, depth: int, at: datetime
) -> tuple[int, list[QueueRow]]:
    """How much waits for this reason, and the first ``depth`` of it."""
    if reason is Reason.APPEAL:
        appeals = _appeals(session, asked, at)
        return len(appeals), [maker.of_appeal(appeal) for appeal in appeals[:depth]]
    ids = queries.list_ids(session, reason, asked.regions, asked.narrow, at=at)
    made = MAKERS.get(reason, _of_requests)(session, maker, reason, ids[:depth])
    return len(ids), [made[id_] for id_ in ids[:depth] if id_ in made]


def _appeals(session: Session, asked: Asked, at: datetime) -> Sequence[Appeal]:
    """Those of the chosen regions; the filters are about requests and leave no appeal."""
    if asked.narrow != Narrow():
        return []
    return list_pressing(session, replace(asked.viewer, regions=frozenset(asked.regions)), at, MOST)


Made = dict[int, QueueRow]


def _of_requests(session: Session, maker: RowMaker, reason: Reason, ids: Sequence[int]) -> Made:
    return {id_: maker.of_request(reason, *row) for id_, row in queries.requests_by_id(session, ids).items()}


def _before_board(session: Session, maker: RowMaker, reason: Reason, ids: Sequence[int]) -> Made:
    talks = queries.talks_by_request(session, ids)
    rows = queries.requests_by_id(session, ids)
    return {id_: maker.before_board(reason, *row, talk=talks.get(id_)) for id_, row in rows.items()}


def _of_claims(session: Session, maker: RowMaker, reason: Reason, ids: Sequence[int]) -> Made:
    photos, unread = photos_by_claim(session, ids), queries.unread_among(session, ids)
    rows = queries.claims_by_id(session, ids)
    return {
        id_: maker.of_claim(reason, *row, photos=photos.get(id_, []), has_words=id_ in unread)
        for id_, row in rows.items()
    }


def _of_words(session: Session, maker: RowMaker, _: Reason, ids: Sequence[int]) -> Made:
    return {id_: maker.of_word(*row) for id_, row in queries.words_by_id(session, ids).items()}


def _of_deeds(session: Session, maker: RowMaker, _: Reason, ids: Sequence[int]) -> Made:
    photos = photos_by_deed(session, ids)
    rows = queries.deeds_by_id(session, ids)
    return {id_: maker.of_deed(*row, photos=photos.get(id_, [])) for id_, row in rows.items()}


def _of_reports(session: Session, maker: RowMaker, _: Reason, ids: Sequence[int]) -> Made:
    words = dict(REPORT_REASONS)
    rows = queries.reports_by_id(session, ids)
    photos = photos_by_deed(session, [deed.id for _, deed in rows.values()])
    return {
        id_: maker.of_report(report, deed, str(words[report.reason]), photos=photos.get(deed.id, []))
        for id_, (report, deed) in rows.items()
    }


MAKERS: dict[Reason, Callable[[Session, RowMaker, Reason, Sequence[int]], Made]] = {
    Reason.URGENT: _before_board,
    Reason.VERIFY: _before_board,
    Reason.PUBLISH: _before_board,
    Reason.REPORTED: _of_claims,
    Reason.DISPUTED: _of_claims,
    Reason.WORD: _of_words,
    Reason.DEED: _of_deeds,
    Reason.REPORT: _of_reports,
}
