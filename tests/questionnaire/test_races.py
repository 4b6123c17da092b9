"""Editors at the same moment: one draft, one new version, and no change that gets lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from accelerator.accounts.models import Role
from accelerator.accounts.viewer import Viewer
from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.questionnaire import editing, queries, transitions
from accelerator.questionnaire.models import QuestionnaireVersion
from tests.cast import ALMATY, Cast, viewer_of
from tests.questionnaire.documents import said
from tests.steps import events_of

EDITORS = 8


def editors(app: Flask, cast: Cast) -> list[Viewer]:
    people = [
        cast.add(f"editor{n}", role=Role.COORDINATOR, regions=[ALMATY], may_edit_questionnaire=True)
        for n in range(EDITORS)
    ]
    with app.app_context():
        return [viewer_of(person) for person in people]


def at_once(app: Flask, act: Callable[[int, Viewer], Any], viewers: list[Viewer]) -> list[Any]:
    """What each got, all starting together: a result, or the refusal."""
    start = Barrier(len(viewers))

    def one(n: int) -> Any:
        with app.app_context():
            start.wait()
            try:
                with db.transaction():
                    return act(n, viewers[n])
            except transitions.DraftChanged as refused:
                return refused

    with ThreadPoolExecutor(len(viewers)) as pool:
        return list(pool.map(one, range(len(viewers))))


def test_all_who_begin_at_once_share_one_draft(app: Flask, cast: Cast) -> None:
    begun = at_once(app, lambda _n, viewer: transitions.start_draft(by=viewer, at=utcnow()).id, editors(app, cast))
    assert len(set(begun)) == 1


def test_only_one_of_many_publishes(app: Flask, cast: Cast) -> None:
    viewers = editors(app, cast)
    with app.app_context(), db.transaction():
        draft = transitions.start_draft(by=viewers[0], at=utcnow())
        transitions.change_draft(
            draft.id,
            lambda document: editing.set_title(document, "who", said("Who?")),
            by=viewers[0],
            is_unchanged=lambda _draft: True,
        )
        draft_id, edits = draft.id, draft.edits
    got = at_once(app, lambda _n, v: transitions.publish(draft_id, seen_edits=edits, by=v, at=utcnow()).id, viewers)
    assert [result for result in got if result == draft_id] == [draft_id]
    assert sum(isinstance(result, transitions.DraftChanged) for result in got) == EDITORS - 1
    with app.app_context():
        assert events_of(f"questionnaire:{draft_id}") == ["questionnaire.published"]


def test_changes_of_different_parts_at_once_are_all_kept(app: Flask, cast: Cast) -> None:
    viewers = editors(app, cast)
    with app.app_context(), db.transaction():
        draft_id = transitions.start_draft(by=viewers[0], at=utcnow()).id

    def add_page(n: int, viewer: Viewer) -> int:
        changed = transitions.change_draft(
            draft_id,
            lambda document: editing.set_title(document, f"page_{n}", said(f"Page {n}")),
            by=viewer,
            is_unchanged=lambda _draft: True,
        )
        return changed.edits

    assert sorted(at_once(app, add_page, viewers)) == list(range(2, EDITORS + 2))
    with app.app_context():
        document = queries.document_of(queries.get_version(db.read, draft_id))
        assert {f"page_{n}" for n in range(EDITORS)} <= {page.id for page in document.pages}
        assert db.read.scalar(select(func.count()).select_from(QuestionnaireVersion)) == 2
