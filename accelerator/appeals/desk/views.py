"""Pages and actions of appeals at the desk. Who may do what is decided in the transitions; buttons only follow."""

from datetime import date
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext

from accelerator import policy
from accelerator.accounts.models import User
from accelerator.accounts.viewer import Viewer
from accelerator.appeals import cards, queries, transitions
from accelerator.appeals.forms import (
    AnswerForm,
    AssignForm,
    DecideForm,
    ReopenForm,
    SeenForm,
    TransferForm,
)
from accelerator.appeals.models import Appeal, Outcome, Status
from accelerator.appeals.sealing import Contact
from accelerator.appeals.transitions import MOVES, AppealChanged, Verb
from accelerator.clock import utcnow
from accelerator.current import me
from accelerator.errors import NotAllowed
from accelerator.extensions import db
from accelerator.forms import RevealForm
from accelerator.htmx import redirect_to
from accelerator.i18n import current_language
from accelerator.integrity.queries import list_events
from accelerator.looks import TooManyLooks
from accelerator.paging import Cursor
from accelerator.phones import spaced, split_phone
from accelerator.reference import places
from accelerator.regions.queries import list_coordinated
from accelerator.security import private

#: What the operator runs for the auditors.
EXPORT_COMMAND = "flask --app wsgi appeals export-sealed FILE.jsonl"
SHOWS = ("open", "mine", "closed")


def count_open_appeals(viewer: Viewer) -> int:
    """For the desk's tabs."""
    return queries.count_open(db.read, viewer)


def list_appeals() -> Response:
    viewer, now, known = me(), utcnow(), places(db.read)
    show = request.args.get("show", "open")
    show = show if show in SHOWS else "open"
    after = request.args.get("after", "")
    if show == "closed":
        rows, following = queries.list_closed(db.read, viewer, after=Cursor.parse(after))
    else:
        rows, following = queries.list_open(db.read, viewer, only_own=show == "mine", after=read_place(after))
    html = render_template(
        "appeals/desk_list.html",
        cards=[cards.make_card(appeal, known, now, assignee=name) for appeal, name in rows],
        show=show,
        next=following,
        active="desk",
    )
    return make_response(html)


def read_place(text: str) -> tuple[date, int] | None:
    """Where the page before ended: its last date and number; anything else means the beginning."""
    day, _, number = text.partition(".")
    try:
        return (date.fromisoformat(day), int(number)) if number.isdecimal() and len(number) < 19 else None
    except ValueError:
        return None


def show_case(appeal_id: int) -> Response:
    return draw_case(queries.get_appeal(db.read, appeal_id, me()))


def draw_case(
    appeal: Appeal,
    forms: dict[str, Any] | None = None,
    *,
    status: int = 200,
    contact: Contact | None = None,
    is_changed: bool = False,
) -> Response:
    """One appeal with its thread; ``forms`` holds the one that came back with something to mend."""
    viewer, known = me(), places(db.read)
    may = policy.can_handle_appeal(viewer, appeal)
    people = [] if appeal.for_auditors or not may else queries.list_coordinators(db.read, appeal.region_code)
    html = render_template(
        "appeals/desk_case.html",
        appeal=appeal,
        card=cards.make_card(appeal, known, utcnow(), assignee=name_of(appeal)),
        words=cards.thread_for_desk(appeal, queries.list_entries(db.read, appeal.id), with_sender=may),
        verbs={verb.value for state, verb in MOVES if state == Status(appeal.status)} if may else set(),
        forms=blank_forms(appeal) | (forms or {}),
        people=[(person.id, person.name) for person in people],
        export_command=EXPORT_COMMAND,
        base=f"/desk/appeals/{'sealed/' if appeal.for_auditors else ''}{appeal.id}",
        may=may,
        contact=contact,
        **phone_of(contact),
        has_contact=may and appeal.sealed_contact is not None,
        looks=queries.count_looks(db.read, appeal.id),
        reasons=cards.looks_for_desk(appeal, queries.list_looks(db.read, appeal.id)) if may else [],
        sizes=queries.photo_sizes(db.read, appeal.id) if appeal.for_auditors else [],
        history=list_events(db.read, f"appeal:{appeal.id}"),
        is_changed=is_changed,
        active="desk",
    )
    return private(make_response(html, status))


def phone_of(contact: Contact | None) -> dict[str, str]:
    """The number to call, as it is dialled and as it is read, and what the sender wrote beside it."""
    number, beside = split_phone(contact.phone) if contact else ("", "")
    return {"number": number, "number_shown": spaced(number), "beside_number": beside}


def mend(appeal: Appeal, verb: Verb, name: str, form: Any) -> Response:
    """The page with what is wrong in a form, as long as that form still stands on it."""
    if (Status(appeal.status), verb) not in MOVES or not policy.can_handle_appeal(me(), appeal):
        raise NotAllowed("moved_on")
    return draw_case(appeal, {name: form}, status=422)


def name_of(appeal: Appeal) -> str:
    """Who answers it."""
    found = db.read.get(User, appeal.assignee_id) if appeal.assignee_id else None
    return found.name if found else ""


def blank_forms(appeal: Appeal) -> dict[str, Any]:
    """The forms of an appeal as they start; each names the version that this page shows."""
    known, language, seen = places(db.read), current_language(), {"seen_version": str(appeal.version)}
    return {
        "answer": AnswerForm(prefix="answer-", data=seen).with_key(),
        "decide": DecideForm(prefix="decide-", data=seen).offer().with_key(),
        "transfer": TransferForm(prefix="transfer-", data=seen)
        .offer(known, language, appeal.region_code, list_coordinated(db.read))
        .with_key(),
        "reopen": ReopenForm(prefix="reopen-", data=seen).with_key(),
        "reveal": RevealForm(),
    }


def back(appeal_id: int, notice: str) -> Response:
    return redirect_to(url_for(".show_case", appeal_id=appeal_id), notice=notice)


def assign_appeal(appeal_id: int) -> Response:
    viewer = me()
    form = AssignForm.posted()
    to = form.assignee.data or viewer.id
    transitions.assign(appeal_id, assignee_id=to, seen_version=form.seen, by=viewer, at=utcnow())
    db.session.commit()
    is_mine = to == viewer.id
    return back(appeal_id, gettext("It is yours now.") if is_mine else gettext("Your colleague has it now."))


def answer_appeal(appeal_id: int) -> Response:
    appeal, form = queries.get_appeal(db.read, appeal_id, me()), AnswerForm.posted(prefix="answer-")
    if not form.validate():
        return mend(appeal, Verb.ANSWER, "answer", form)
    transitions.answer(appeal_id, form.words.data, form_key=form.key, seen_version=form.seen, by=me(), at=utcnow())
    db.session.commit()
    return back(appeal_id, gettext("Sent. The sender reads it with their code."))


def close_appeal(appeal_id: int) -> Response:
    appeal, form = queries.get_appeal(db.read, appeal_id, me()), DecideForm.posted(prefix="decide-").offer()
    if not form.validate():
        return mend(appeal, Verb.CLOSE, "decide", form)
    transitions.close(
        appeal_id,
        Outcome(form.outcome.data),
        form.words.data,
        form_key=form.key,
        seen_version=form.seen,
        by=me(),
        at=utcnow(),
    )
    db.session.commit()
    return back(appeal_id, gettext("Decided. The sender reads the reasons with their code."))


def transfer_appeal(appeal_id: int) -> Response:
    appeal = queries.get_appeal(db.read, appeal_id, me())
    form = TransferForm.posted(prefix="transfer-").offer(
        places(db.read), current_language(), appeal.region_code, list_coordinated(db.read)
    )
    if not form.validate():
        return mend(appeal, Verb.TRANSFER, "transfer", form)
    transitions.transfer(
        appeal_id,
        form.region.data,
        form.words.data,
        form_key=form.key,
        seen_version=form.seen,
        by=me(),
        at=utcnow(),
    )
    db.session.commit()
    return redirect_to(url_for(".list_appeals"), notice=gettext("Handed over. The coordinators there have it now."))


def reopen_appeal(appeal_id: int) -> Response:
    appeal, form = queries.get_appeal(db.read, appeal_id, me()), ReopenForm.posted(prefix="reopen-")
    if not form.validate():
        return mend(appeal, Verb.REOPEN, "reopen", form)
    transitions.reopen_at_desk(
        appeal_id, form.words.data, form_key=form.key, seen_version=form.seen, by=me(), at=utcnow()
    )
    db.session.commit()
    return back(appeal_id, gettext("It is open again."))


def show_contact(appeal_id: int) -> Response:
    """The contact stands on this answer only; that it was looked at stands in the log, and why beside the thread."""
    form = RevealForm.posted()
    if not form.validate():
        return draw_case(queries.get_appeal(db.read, appeal_id, me()), {"reveal": form}, status=422)
    try:
        contact = transitions.reveal_contact(appeal_id, form.why.data, by=me(), at=utcnow())
    except TooManyLooks as refused:
        db.session.rollback()
        form.add_error("why", refused.sentence())
        return draw_case(queries.get_appeal(db.read, appeal_id, me()), {"reveal": form}, status=refused.status)
    db.session.commit()
    return draw_case(queries.get_appeal(db.read, appeal_id, me()), contact=contact)


def answer_sealed(appeal_id: int) -> Response:
    return answer_appeal(appeal_id)


def close_sealed(appeal_id: int) -> Response:
    return close_appeal(appeal_id)


def reopen_sealed(appeal_id: int) -> Response:
    return reopen_appeal(appeal_id)


FORMS: dict[str, tuple[str, type[SeenForm]]] = {
    "answer": ("answer", AnswerForm),
    "close": ("decide", DecideForm),
    "transfer": ("transfer", TransferForm),
    "reopen": ("reopen", ReopenForm),
}


def tell_changed(error: AppealChanged) -> Response:
    """Somebody was faster: the appeal as it is now, with what was typed still in its form."""
    db.session.rollback()
    appeal = queries.get_appeal(db.read, error.appeal_id, me())
    name, kind = FORMS.get(request.path.rpartition("/")[2], ("", SeenForm))
    if not name:
        return draw_case(appeal, status=409, is_changed=True)
    form: Any = kind.posted(prefix=f"{name}-")
    form.seen_version.data = str(appeal.version)
    if isinstance(form, DecideForm):
        form.offer()
    if isinstance(form, TransferForm):
        form.offer(places(db.read), current_language(), appeal.region_code, list_coordinated(db.read))
    return draw_case(appeal, {name: form}, status=409, is_changed=True)
