"""Pages and actions of the desk. What may be done is decided in the transitions; buttons only follow."""

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext

from accelerator import formatting
from accelerator.board import transitions as board
from accelerator.board.cards import make_card
from accelerator.board.models import HelpRequest, RequestStatus
from accelerator.clock import utcnow
from accelerator.current import me
from accelerator.deeds import transitions as deeds
from accelerator.desk import queries
from accelerator.desk.cases import queries as cases
from accelerator.desk.cases.private import show_private
from accelerator.desk.cases.queries import get_case
from accelerator.desk.cases.views import describe_related, heading_of, refuse_claim
from accelerator.desk.changes import Difference, reconcile, snapshot
from accelerator.desk.forms import ConfirmForm, FindCaseForm, NoShowForm, ReasonForm, RequestForm, filled_from
from accelerator.desk.queue.views import is_from_queue, refuse_in_queue
from accelerator.errors import DomainError, NotAllowed
from accelerator.extensions import db
from accelerator.htmx import redirect_to
from accelerator.i18n import current_language
from accelerator.reference import places
from accelerator.safe_next import safe_next
from accelerator.screening.looking import look_at
from accelerator.screening.rules import PrivateTextFound
from accelerator.security import private


def list_requests() -> Response:
    status = request.args.get("status", RequestStatus.OPEN.value)
    if status not in queries.STATUSES:
        status = RequestStatus.OPEN.value
    before = request.args.get("before", "")
    rows, following = queries.list_requests(
        db.read, me(), status, before=int(before) if before.isdecimal() and len(before) < 19 else None
    )
    now = utcnow()
    html = render_template(
        "desk/requests.html",
        rows=[(*heading_of(row), make_card(row, places(db.read), now)) for row in rows],
        statuses=[(s, formatting.request_status_label(s)) for s in queries.STATUSES],
        status=status,
        next=following,
        active="desk",
    )
    return make_response(html)


def find_request() -> Response:
    """Whoever calls says their number or their phone: the case itself, or the cases to choose from."""
    form = FindCaseForm.posted() if request.method == "POST" else FindCaseForm()
    if request.method == "GET" or not form.validate():
        return show_found(form, None)
    if form.number is None:
        return show_found(form, queries.find_same_phone(db.read, form.phone, me()))
    if queries.has_request(db.read, form.number, me()):
        return redirect_to(url_for(".show_case", request_id=form.number))
    form.add_error("what", gettext("There is no request with this number in your regions."))
    return show_found(form, None)


def show_found(form: FindCaseForm, found: queries.SamePhone | None) -> Response:
    html = render_template(
        "desk/find.html",
        form=form,
        is_asked=found is not None,
        rows=[describe_related(row) for row in found.requests] if found else [],
        elsewhere=found.elsewhere if found else 0,
        active="desk",
    )
    return private(make_response(html, 422 if form.errors else 200))


def write_request() -> Response:
    blank = {"locale": current_language(), "timing": "any", "minutes": 60, "capacity": 1, "min_age": 0}
    form = RequestForm.posted() if request.method == "POST" else RequestForm(data=blank)
    form.offer(places(db.read), current_language(), me())
    if request.method == "GET" or not form.validate(now=utcnow()):
        return show_request_form(form, None)
    at = utcnow()
    created = board.create(form.apply(HelpRequest(), at=at), by=me(), at=at)
    db.session.commit()
    notice = gettext("Written down. Look at it once more, then publish it.")
    return redirect_to(url_for(".show_case", request_id=created.id), notice=notice)


def edit_request(request_id: int) -> Response:
    found = get_case(db.read, request_id, me())
    known = places(db.read)
    if request.method == "GET":
        shown = filled_from(found, known)
        form = RequestForm(data=shown | {"seen": snapshot(shown)})
        return show_request_form(form.offer(known, current_language(), me()), found)
    form = RequestForm.posted().offer(known, current_language(), me())
    now = None if found.starts_at and found.starts_at < utcnow() else utcnow()
    if not form.validate(now=now):
        return show_request_form(form, found)
    at, locked = utcnow(), board.lock_request(request_id)
    form.apply(locked, at=locked.published_at or at)
    try:
        board.edit(locked, seen_version=form.seen_number, by=me(), at=at, accepted=form.accepted_kinds)
    except DomainError as refused:
        db.session.rollback()
        return show_refused(form, request_id, refused)
    db.session.commit()
    return redirect_to(url_for(".show_case", request_id=request_id), notice=gettext("Saved."))


def show_refused(form: RequestForm, request_id: int, refused: DomainError) -> Response:
    """The form as it was typed, why it was not saved and, if somebody was faster, what they changed."""
    now_there = get_case(db.read, request_id, me())
    reason = getattr(refused, "reason", "")
    changed = reconcile(form, filled_from(now_there, places(db.read))) if reason == "edited" else []
    form.seen_version.data = str(now_there.version)
    form.add_error("capacity" if reason == "capacity" else "title", refused.sentence())
    return show_request_form(form, now_there, changed=changed)


def show_request_form(form: RequestForm, found: HelpRequest | None, *, changed: Sequence[Difference] = ()) -> Response:
    requester = cases.find_requester(db.read, found) if found else None
    html = render_template(
        "desk/request_form.html",
        form=form,
        request_=found,
        changed=changed,
        private=show_private(found, requester, me(), utcnow()) if found else None,
        look=look_at(
            {str(form.title.label.text): form.title.data or "", str(form.story.label.text): form.story.data or ""},
            (str(form.briefing.label.text), form.briefing.data or ""),
            bool(form.for_person.data or (found and found.requester_id)),
        ),
        active="desk",
    )
    return private(make_response(html, 422 if form.errors else 200))


def back_to_case(request_id: int, notice: str) -> Response:
    target = safe_next(request.form.get("next")) or url_for(".show_case", request_id=request_id)
    return redirect_to(target, notice=notice)


def pause_request(request_id: int) -> Response:
    board.pause(request_id, by=me(), at=utcnow())
    db.session.commit()
    return back_to_case(request_id, gettext("Paused: nobody can take a place for now."))


def resume_request(request_id: int) -> Response:
    board.resume(request_id, by=me(), at=utcnow())
    db.session.commit()
    return back_to_case(request_id, gettext("It is on the board again."))


def confirm_claim(claim_id: int) -> Response:
    form = ConfirmForm.posted()
    if not form.validate():
        return refuse_claim(claim_id, "confirm", form)
    try:
        claim = board.confirm(claim_id, seen=form.seen.data, by=me(), at=utcnow(), minutes=form.total_minutes)
    except NotAllowed as refused:
        return refuse_claim(claim_id, "confirm", form, refused)
    db.session.commit()
    target = safe_next(request.form.get("next")) or url_for(".show_case", request_id=claim.request_id)
    undo = url_for(".show_confirmed", claim=claim_id)
    return redirect_to(target, notice=gettext("Confirmed. The hours are credited."), link=undo)


def unconfirm_claim(claim_id: int) -> Response:
    claim = board.unconfirm(claim_id, by=me(), at=utcnow())
    db.session.commit()
    return back_to_case(claim.request_id, gettext("Taken back. The report waits again."))


def dispute_claim(claim_id: int) -> Response:
    return settle_with_reason(claim_id, "dispute", board.dispute, gettext("The volunteer is asked about it."))


def remove_claim(claim_id: int) -> Response:
    told = gettext("The promise is taken off, and the person is told.")
    return settle_with_reason(claim_id, "remove", board.remove, told)


def settle_with_reason(claim_id: int, verb: str, transition: Any, notice: str) -> Response:
    form = ReasonForm.posted()
    if not form.validate():
        return refuse_in_queue(form) if is_from_queue() else refuse_claim(claim_id, verb, form)
    try:
        claim = transition(claim_id, by=me(), at=utcnow(), reason=form.reason.data)
    except NotAllowed as refused:
        return refuse_claim(claim_id, verb, form, refused)
    db.session.commit()
    return back_to_case(claim.request_id, notice)


def mark_no_show(claim_id: int) -> Response:
    form = NoShowForm.posted()
    try:
        claim = board.mark_no_show(claim_id, seen=form.seen.data, by=me(), at=utcnow())
    except NotAllowed as refused:
        return refuse_claim(claim_id, "no-show", form, refused)
    db.session.commit()
    return back_to_case(claim.request_id, gettext("Noted: did not come. The person is told."))


def undo_no_show(claim_id: int) -> Response:
    claim = board.undo_no_show(claim_id, by=me(), at=utcnow())
    db.session.commit()
    return back_to_case(claim.request_id, gettext("Taken back: the promise stands again. The person is told."))


def publish_deed(deed_id: int) -> Response:
    accepted = frozenset(part for part in request.form.get("accepted", "").split(",") if part)
    without = request.form.get("without_private") == "1"
    target = safe_next(request.form.get("next")) or "/desk"
    try:
        deeds.publish(deed_id, by=me(), at=utcnow(), accepted=accepted, without_private=without)
    except PrivateTextFound as refused:
        db.session.rollback()
        return redirect_to(target, notice=refused.sentence(), tone="sun")
    db.session.commit()
    return redirect_to(target, notice=gettext("Everyone can see it now."))


def hide_deed(deed_id: int) -> Response:
    form = ReasonForm.posted()
    if not form.validate():
        return refuse_in_queue(form)
    deeds.hide(deed_id, by=me(), at=utcnow(), reason=form.reason.data)
    db.session.commit()
    target = safe_next(request.form.get("next")) or "/desk"
    return redirect_to(target, notice=gettext("Hidden. The reason stays with it."))


def keep_deed(deed_id: int) -> Response:
    deeds.keep_after_reports(deed_id, by=me(), at=utcnow())
    db.session.commit()
    return redirect_to(safe_next(request.form.get("next")) or "/desk", notice=gettext("Looked at. The deed stays."))
