"""Pages of the questionnaire's editor, and the form on paper."""

import re
import secrets
from typing import Any

from flask import Response, current_app, make_response, render_template, request, url_for
from flask_babel import force_locale, gettext
from markupsafe import Markup

from accelerator.clock import utcnow
from accelerator.config import LANGUAGES
from accelerator.current import me
from accelerator.errors import DomainError, NotFound
from accelerator.extensions import db
from accelerator.htmx import redirect_to
from accelerator.i18n import current_language
from accelerator.questionnaire import editing, paper, queries, transitions
from accelerator.questionnaire.changes import changes
from accelerator.questionnaire.consent import consent_text
from accelerator.questionnaire.document import (
    Document,
    Kind,
    Page,
    Question,
    fingerprint,
    is_name,
    page_as_dict,
    question_as_dict,
)
from accelerator.questionnaire.editor import (
    ConsentForm,
    EditQuestionForm,
    TitleForm,
    as_fields,
    compare,
    filled_from,
    in_words,
    kind_label,
    say_condition,
    words_of,
)
from accelerator.questionnaire.forms import make_form_for_preview
from accelerator.questionnaire.models import QuestionnaireVersion
from accelerator.questionnaire.problems import problems
from accelerator.reference import places
from accelerator.regions.desks import list_desks

#: What the form of a new part says it was drawn from.
NEW = re.compile(r"new:((?:page|q)_[0-9a-f]{8})", re.ASCII)
#: Stands before the mark of a form whose draft is gone, once its editor has been told.
ANEW = "anew:"
PARTS = {
    TitleForm: "questionnaire/page.html",
    EditQuestionForm: "questionnaire/question.html",
    ConsentForm: "questionnaire/consent.html",
}


def language_asked() -> str:
    """The language in the address; without one, the reader's."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else current_language()


# ---- versions ----


def show_versions() -> Response:
    html = render_template(
        "questionnaire/versions.html",
        versions=queries.list_versions(db.read),
        draft=queries.find_draft(db.read),
        active="desk",
    )
    return make_response(html)


def preview_version(version_id: int) -> Response:
    """A version as the person will see it, its pages one under the other, in any language."""
    version, language = queries.get_version(db.read, version_id), language_asked()
    document, known = queries.document_of(version), places(db.read)
    with force_locale(language):
        pages = [(page, make_form_for_preview(page, document, known, language)) for page in document.pages]
        consent = consent_text(document, language, current_app.config["SETTINGS"])
        parts = {"pages": pages, "consent": consent, "language": language}
        shown = Markup(render_template("questionnaire/_preview.html", **parts))  # noqa: S704 (our own template)
    html = render_template("questionnaire/preview.html", version=version, shown=shown, language=language, active="desk")
    return make_response(html)


# ---- the draft ----


def get_draft() -> QuestionnaireVersion:
    draft = queries.find_draft(db.read)
    if draft is None:
        raise NotFound
    return draft


def draft_to_write() -> QuestionnaireVersion:
    """The draft. What was typed into one that is gone belongs to the questions that are asked now (see `save`)."""
    draft = queries.find_draft(db.read)
    if draft is None and request.method == "GET":
        raise NotFound
    return draft or queries.find_current(db.read)


def start_draft() -> Response:
    transitions.start_draft(by=me(), at=utcnow())
    db.session.commit()
    return redirect_to(url_for(".show_draft"))


def show_draft() -> Response:
    return draw_draft(get_draft())


def draw_draft(draft: QuestionnaireVersion, refused: str = "") -> Response:
    """The draft with its problems where they are, and what is different from the present version."""
    document, known, language = queries.document_of(draft), places(db.read), current_language()
    found: dict[str, list[str]] = {}
    for problem in problems(document):
        found.setdefault(problem.where, []).append(problem.text)
    current = queries.find_current(db.read)
    html = render_template(
        "questionnaire/draft.html",
        draft=draft,
        document=document,
        problems=found,
        changes=changes(queries.document_of(current), document, language),
        current=current,
        refused=refused,
        kind_label=kind_label,
        can_remove=editing.can_remove,
        said=lambda question: say_condition(question.only_if, document, known, language) if question.only_if else "",
        active="desk",
    )
    return make_response(html, 409 if refused else 200)


def change(step: Any, notice: str = "") -> Response:
    """One step on the draft as the editor saw it: the number of its edits stands in the form."""
    draft_id, edits = seen()
    transitions.change_draft(draft_id, step, by=me(), is_unchanged=lambda draft: draft.edits == edits)
    db.session.commit()
    part = request.form.get("part", "")
    return redirect_to(url_for(".show_draft", _anchor=f"part-{part}"), notice=notice)


def seen() -> tuple[int, int]:
    """The draft and the number of its edits that the form was drawn with."""
    parts = request.form.get("seen", "").split(".")
    is_good = len(parts) == 2 and all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts)
    return (int(parts[0]), int(parts[1])) if is_good else (0, 0)


def move_part() -> Response:
    by = editing.UP if request.form.get("way") == "up" else editing.DOWN
    return change(lambda document: editing.move(document, request.form.get("part", ""), by))


def remove_part() -> Response:
    return change(lambda document: editing.remove(document, request.form.get("part", "")), gettext("Taken out."))


def discard_draft() -> Response:
    draft_id, edits = seen()
    transitions.discard_draft(draft_id, seen_edits=edits, by=me())
    db.session.commit()
    return redirect_to(url_for(".show_versions"), notice=gettext("The draft is gone. Nothing has changed for people."))


def publish_draft() -> Response:
    draft_id, edits = seen()
    transitions.publish(draft_id, seen_edits=edits, by=me(), at=utcnow())
    db.session.commit()
    return redirect_to(url_for(".show_versions"), notice=gettext("Published. From now on everyone is asked this."))


def tell_on_draft(error: DomainError) -> Response:
    """A step that was refused: the draft as it stands now, with the sentence. Without one: the list of versions."""
    db.session.rollback()
    draft = queries.find_draft(db.read)
    if draft is None:
        return redirect_to(url_for(".show_versions"), notice=error.sentence(), tone="sun")
    return draw_draft(draft, refused=error.sentence())


# ---- one page, one question, the consent ----


def add_page() -> Response:
    return write_page(draft_to_write(), Page(new_id("page"), {}, ()))


def edit_page(page_id: str) -> Response:
    draft = draft_to_write()
    page = queries.document_of(draft).find_page(page_id)
    if page is None and not may_be_put_back(draft, page_id):
        raise NotFound
    return write_page(draft, page or Page(page_id, {}, ()))


def may_be_put_back(draft: QuestionnaireVersion, part: str) -> bool:
    """Whether words were typed for a page or question that somebody has taken out in the meantime."""
    document = queries.document_of(draft)
    is_free = document.find_page(part) is None and part not in document.by_id
    return request.method == "POST" and is_free and is_name(part)


def write_page(draft: QuestionnaireVersion, page: Page) -> Response:
    blank = {**as_fields("title", page.title), "seen": mark_of(draft, page.id)}
    form = TitleForm.posted() if request.method == "POST" else TitleForm(data=blank)
    if request.method == "GET" or not form.validate():
        return draw_part(form, page.id)
    return save(draft, page.id, form, lambda document: editing.set_title(document, page.id, form.title()))


def add_question(page_id: str) -> Response:
    draft = draft_to_write()
    page = queries.document_of(draft).find_page(page_id)
    if page is None and not may_be_put_back(draft, page_id):
        raise NotFound
    return write_question(draft, page or last_page(draft), Question(new_id("q"), Kind.TEXT, {}))


def edit_question(question_id: str) -> Response:
    draft = draft_to_write()
    document = queries.document_of(draft)
    question = document.by_id.get(question_id)
    if question:
        return write_question(draft, document.page_of(question_id), question)
    if not may_be_put_back(draft, question_id):
        raise NotFound
    return write_question(draft, last_page(draft), Question(question_id, Kind.TEXT, {}))


def last_page(draft: QuestionnaireVersion) -> Page:
    """Where a question goes whose page is gone."""
    return queries.document_of(draft).pages[-1]


def write_question(draft: QuestionnaireVersion, page: Page, question: Question) -> Response:
    blank = {**filled_from(question), "seen": mark_of(draft, question.id)}
    form = EditQuestionForm.posted() if request.method == "POST" else EditQuestionForm(data=blank)
    form.offer(question, queries.document_of(draft), places(db.read), current_language())
    row = request.form.get("row")
    if row is not None:
        form.rearrange(row)
    if request.method == "GET" or row is not None or not form.validate():
        return draw_part(form, question.id, page=page)
    return save(
        draft, question.id, form, lambda document: editing.put_question(document, form.result(), page.id), page=page
    )


def edit_consent() -> Response:
    draft = draft_to_write()
    blank = {**as_fields("consent", queries.document_of(draft).consent), "seen": mark_of(draft, "consent")}
    form = ConsentForm.posted() if request.method == "POST" else ConsentForm(data=blank)
    if request.method == "GET" or not form.validate():
        return draw_part(form, "consent")
    return save(draft, "consent", form, lambda document: editing.set_consent(document, form.consent()))


def new_id(stem: str) -> str:
    """The id of a new part; a form that is sent twice brings the one that it was drawn with."""
    brought = NEW.fullmatch(request.form.get("seen", "").removeprefix(ANEW))
    return brought[1] if brought else f"{stem}_{secrets.token_hex(4)}"


def mark_of(draft: QuestionnaireVersion, part: str) -> str:
    """What a form says it was drawn from: a mark of this page, question or text alone, not of the whole draft."""
    document = queries.document_of(draft)
    if part == "consent":
        return fingerprint(document.consent)
    page, question = document.find_page(part), document.by_id.get(part)
    if question:
        return fingerprint(question_as_dict(question))
    return fingerprint(page_as_dict(page)["title"]) if page else f"new:{part}"


def part_in_words(document: Document, part: str) -> list[tuple[str, str]]:
    page, question = document.find_page(part), document.by_id.get(part)
    if question:
        return in_words(question, places(db.read), document)
    words = document.consent if part == "consent" else page.title if page else {}
    return words_of(words)


def save(draft: QuestionnaireVersion, part: str, form: Any, step: Any, *, page: Page | None = None) -> Response:
    """Put the form's part into the draft, unless somebody else changed the same part since the form was drawn.

    Where the draft is gone, its editor is told first; whoever saves then begins a new one.
    """
    mark = str(form.seen.data or "")
    if draft.published_at and not mark.startswith(ANEW):
        return draw_conflict(part, form, step, page)
    try:
        draft = transitions.start_draft(by=me(), at=utcnow()) if draft.published_at else draft
        seen_mark = mark.removeprefix(ANEW)
        transitions.change_draft(draft.id, step, by=me(), is_unchanged=lambda now: mark_of(now, part) == seen_mark)
    except transitions.DraftChanged:
        db.session.rollback()
        return draw_conflict(part, form, step, page)
    except transitions.StaysHere as refused:
        db.session.rollback()
        return draw_part(form, part, page=page, refused=refused.sentence())
    db.session.commit()
    return redirect_to(url_for(".show_draft", _anchor=f"part-{part}"), notice=gettext("Saved in the draft."))


def draw_conflict(part: str, form: Any, step: Any, page: Page | None) -> Response:
    """What was typed, beside what stands there now; saving again puts the typed text in its place."""
    draft = queries.find_draft(db.read)
    version = draft or queries.find_current(db.read)
    is_taken_out = mark_of(version, part) == f"new:{part}"
    differences = [] if is_taken_out else find_differences(queries.document_of(version), part, step)
    if not differences and not is_taken_out:
        return nothing_to_save(part, draft)
    form.seen.data = mark_of(version, part) if draft else ANEW + mark_of(version, part)
    return draw_part(form, part, page=page, differences=differences, **tell_conflict(draft, is_taken_out=is_taken_out))


def find_differences(now: Document, part: str, step: Any) -> list[tuple[str, str, str]]:
    try:
        return compare(part_in_words(now, part), part_in_words(step(now), part))
    except editing.CannotDo as refused:
        raise NotFound from refused


def nothing_to_save(part: str, draft: QuestionnaireVersion | None) -> Response:
    """What was typed stands there already: the same form twice, or its draft was published."""
    if draft is None:
        return redirect_to(url_for(".show_versions"), notice=draft_is_gone(), tone="sun")
    return redirect_to(url_for(".show_draft", _anchor=f"part-{part}"), notice=gettext("Saved in the draft."))


def draft_is_gone() -> str:
    return gettext("The draft that you wrote in has been published or thrown away in the meantime.")


def tell_conflict(draft: QuestionnaireVersion | None, *, is_taken_out: bool) -> dict[str, str]:
    """What happened meanwhile, what comes of saving again, and where "Back" leads."""
    if draft is None:
        again = gettext("What you wrote is still in the form. If you save again, a new draft begins with it.")
        return {"refused": draft_is_gone(), "again": again, "back": url_for(".show_versions")}
    if is_taken_out:
        again = gettext("What you wrote is still in the form. If you save again, it is put back.")
        return {"refused": gettext("Another coordinator has taken this out in the meantime."), "again": again}
    again = gettext("What you wrote is still in the form. If you save again, it takes the place of theirs.")
    return {"refused": transitions.DraftChanged().sentence(), "again": again}


def draw_part(form: Any, part: str, **values: Any) -> Response:
    html = render_template(PARTS[type(form)], form=form, part=part, active="desk", **values)
    return make_response(html, 409 if values.get("refused") else 422 if form.errors else 200)


# ---- paper ----


def show_paper() -> Response:
    """The form on paper, made of the version that is asked now."""
    return send_paper(queries.find_current(db.read))


def preview_paper(version_id: int) -> Response:
    return send_paper(queries.get_version(db.read, version_id))


def send_paper(version: QuestionnaireVersion) -> Response:
    language, settings = language_asked(), current_app.config["SETTINGS"]
    with force_locale(language):
        body = paper.draw(version.id, version.body, language, settings, tuple(list_desks(language)), places(db.read))
    response = make_response(body)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="help-{version.id}-{language}.pdf"'
    response.headers["Cache-Control"] = "no-cache" if version.published_at else "no-store"
    return response
