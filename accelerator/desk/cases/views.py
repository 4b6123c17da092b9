"""The page of a case and everything that is sent from it. What is refused comes back with what was typed."""

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext

from accelerator import formatting, policy
from accelerator.accounts.viewer import Viewer
from accelerator.board import transitions as board
from accelerator.board.cards import make_card
from accelerator.board.models import Claim, ClaimState, HelpRequest, Outcome, RequestStatus
from accelerator.board.transitions import REQUEST_MOVES, ClaimRefused
from accelerator.clock import utcnow
from accelerator.current import me
from accelerator.desk.cases import queries, transitions
from accelerator.desk.cases.claims import describe_claims
from accelerator.desk.cases.forms import (
    AskForm,
    AssignForm,
    CallForm,
    CloseForm,
    FindForm,
    HandOverForm,
    MergeForm,
    NoteForm,
    PublishForm,
    SplitForm,
    Versioned,
)
from accelerator.desk.cases.history import list_past
from accelerator.desk.cases.private import other_phones, show_private
from accelerator.desk.cases.transitions import Part
from accelerator.desk.cases.words import assign_bar_sentence, heading
from accelerator.desk.changes import Difference, list_changes, snapshot, standing_of
from accelerator.desk.forms import RequestForm, filled_from
from accelerator.errors import DomainError, NotAllowed
from accelerator.extensions import db
from accelerator.forms import RevealForm
from accelerator.help import reveals
from accelerator.help.contacts.cards import make_contact_card
from accelerator.help.models import CallOutcome
from accelerator.htmx import redirect_to
from accelerator.i18n import current_language
from accelerator.looks import TooManyLooks
from accelerator.reference import needs_words, places
from accelerator.regions.queries import list_coordinated
from accelerator.safe_next import safe_next
from accelerator.screening.looking import look_at
from accelerator.security import private

Sent = dict[str, Any]


@dataclass(frozen=True)
class SentBack:
    """A form about one promise that did not go through."""

    claim_id: int
    verb: str
    form: Any
    #: What the promise was on the page that sent it, when it is something else by now.
    was: str


def show_case(request_id: int) -> Response:
    return draw_case(queries.get_case(db.read, request_id, me()), {})


def draw_case(found: HelpRequest, sent: Sent, status: int = 200) -> Response:
    """The page of a case; ``sent`` are the forms that were refused, with what was typed, and a sentence why."""
    viewer, now = me(), utcnow()
    may = policy.can_coordinate(viewer, found.region_code)
    title, title_locale = heading_of(found)
    html = render_template(
        "desk/case.html",
        request_=found,
        card=make_card(found, places(db.read), now),
        title=title,
        title_locale=title_locale,
        may_read=policy.can_read_draft(viewer, found),
        status_label=formatting.request_status_label(found.status),
        outcome_label=formatting.outcome_label(found.outcome) if found.outcome else "",
        claims=describe_claims([(c, found, n) for c, n in queries.list_claims(db.read, found.id)], viewer, now),
        past=list_past(db.read, found, with_words=may),
        refused=sent.get("refused", ""),
        sent_back=sent.get("claim"),
        here=url_for(".show_case", request_id=found.id),  # also when it is the answer to a form
        active="desk",
        **(what_can_be_done(found, viewer, sent) if may else {"may": False}),
    )
    return private(make_response(html, status))


def heading_of(found: HelpRequest) -> tuple[str, str]:
    """See `heading`, for whoever is signed in."""
    return heading(found, places(db.read).kind(found.kind_code, current_language()), me())


def what_can_be_done(found: HelpRequest, viewer: Viewer, sent: Sent) -> dict[str, Any]:
    """For a coordinator of the region: verbs, forms, the private part, related cases."""
    requester = queries.find_requester(db.read, found)
    seen = seen_of(found)
    find = sent.get("find") or FindForm.asked()
    return {
        "may": True,
        "verbs": {verb for state, verb in REQUEST_MOVES if state == found.status},
        "is_closed": found.status == RequestStatus.CLOSED,
        "publish_bar": policy.publish_bar(viewer, found) if found.status == RequestStatus.RECEIVED else None,
        "look": look_at_words(found) if found.status == RequestStatus.RECEIVED else None,
        "private": show_private(found, requester, viewer, utcnow()),
        "related": [describe_mergeable(row, found) for row in queries.list_related(db.read, found, requester, viewer)],
        "elsewhere": queries.count_elsewhere(db.read, found, requester, viewer),
        "unread": queries.count_unread(db.read, found.id),
        "volunteers": describe_volunteers(found, find),
        "contact": sent.get("contact"),
        "changed": sent.get("changed", []),
        "opened": sent.get("form", ""),
        "forms": {
            "publish": PublishForm(data=seen),
            "call": sent.get("call") or CallForm().offer(),
            "note": sent.get("note") or NoteForm(),
            "ask": sent.get("ask") or AskForm(),
            "close": sent.get("close") or CloseForm(data=seen).offer(),
            "split": sent.get("split") or SplitForm(data=seen).offer(places(db.read), current_language()),
            "merge": sent.get("merge") or MergeForm(data=seen),
            "merge_related": MergeForm(data=seen),
            "hand_over": sent.get("hand_over")
            or HandOverForm(data=seen).offer(places(db.read), current_language(), found, list_coordinated(db.read)),
            "reveal": sent.get("reveal") or RevealForm(),
            "find": find,
        },
    }


def seen_of(found: HelpRequest) -> dict[str, str]:
    """What a form about a case says that its page showed."""
    shown = snapshot(filled_from(found, places(db.read)), standing_of(found, queries.count_parts(db.read, found.id)))
    return {"seen_version": str(found.version), "shown": shown}


def look_at_words(found: HelpRequest) -> Any:
    public = {gettext("What is needed"): found.title, gettext("Text"): found.story}
    return look_at(public, (gettext("What those who promised should know"), found.briefing), found.for_person)


def describe_related(row: HelpRequest) -> dict[str, Any]:
    known, (title, locale) = places(db.read), heading_of(row)
    return {
        "id": row.id,
        "title": title,
        "is_titled": title == row.title,
        "locale": locale,
        "status": formatting.outcome_label(row.outcome) if row.outcome else formatting.request_status_label(row.status),
        "when": formatting.day(row.created_at, utcnow(), known.zone(row.region_code)),
    }


def describe_mergeable(row: HelpRequest, found: HelpRequest) -> dict[str, Any]:
    return describe_related(row) | {"may_merge": may_merge(found, row)}


def may_merge(found: HelpRequest, other: HelpRequest) -> bool:
    """Whether they may be the same need: both are open, and no split has said that they are different ones."""
    is_split = found.id == other.split_from_id or found.split_from_id in (other.id, other.split_from_id or other.id)
    return RequestStatus.CLOSED not in (found.status, other.status) and not is_split


def describe_volunteers(found: HelpRequest, find: FindForm) -> list[dict[str, Any]]:
    """Who was found to be put down: enough to tell namesakes apart, and what they can."""
    known, language = places(db.read), current_language()
    rows = queries.find_volunteers(db.read, found.region_code, find.spellings, find.email)
    return [
        {
            "id": row.id,
            "name": row.name,
            "email": f"{row.email[:2]}…@{row.email.partition('@')[2]}",
            "place": known.place(found.region_code, row.district_code, language),
            "fits": needs_words(row.capabilities & found.needs, language),
            "is_young": not policy.is_old_enough(row.age_group, 18, min_age=0),
        }
        for row in rows
    ]


def refuse(request_id: int, form_name: str, form: Any, refused: DomainError | None = None) -> Response:
    """The page again, with the form as it was sent and why it did not go through."""
    db.session.rollback()
    found = queries.get_case(db.read, request_id, me())
    sent: Sent = {form_name: form, "form": form_name, "refused": refused.sentence() if refused else ""}
    if refused and isinstance(form, Versioned):
        sent["changed"] = changes_since(form, found)  # on the page now, so it counts as seen
        for name, value in seen_of(found).items():
            form[name].data = value
    return draw_case(found, sent, refused.status if refused else 422)


def refuse_claim(claim_id: int, verb: str, form: Any, refused: DomainError | None = None) -> Response:
    """The page of the case again, with the form about this promise as it was sent and what has become of it."""
    db.session.rollback()
    claim = queries.get_claim(db.read, claim_id)
    found = queries.get_case(db.read, claim.request_id, me())
    for field in form:
        field.id = f"{field.name}-{verb}-{claim_id}"
    sent = {
        "claim": SentBack(claim_id, verb, form, tell_former(form, claim)),
        "refused": refused.sentence() if refused else "",
    }
    return draw_case(found, sent, refused.status if refused else 422)


def tell_former(form: Any, claim: Claim) -> str:
    seen = (form.seen.data or "") if "seen" in form else ""
    is_former = seen in set(ClaimState) and seen != claim.state
    return formatting.claim_state_label(seen) if is_former else ""


def back(request_id: int, notice: str, tone: str = "leaf") -> Response:
    target = safe_next(request.form.get("next")) or url_for(".show_case", request_id=request_id)
    return redirect_to(target, notice=notice, tone=tone)


def add_note(request_id: int) -> Response:
    form = NoteForm.posted()
    if not form.validate():
        return refuse(request_id, "note", form)
    try:
        transitions.note(request_id, form.note.data, by=me(), at=utcnow())
    except NotAllowed as refused:
        return refuse(request_id, "note", form, refused)
    db.session.commit()
    return back(request_id, gettext("Noted."))


def add_call(request_id: int) -> Response:
    form = CallForm.posted().offer()
    if not form.validate():
        return refuse(request_id, "call", form)
    outcome = CallOutcome(form.outcome.data)
    try:
        transitions.call(request_id, outcome, form.said.data, by=me(), at=utcnow())
        has_words = bool(queries.get_case(db.session, request_id, me()).title)
    except NotAllowed as refused:
        return refuse(request_id, "call", form, refused)
    db.session.commit()
    notice = {
        CallOutcome.CONFIRMED: gettext("Verified.") if has_words else gettext("Verified. Now write the public text."),
        CallOutcome.NOT_NEEDED: gettext("Noted. If help is no longer needed, close the request."),
    }.get(outcome, gettext("Noted. It stays in the queue until somebody reaches the person."))
    return back(request_id, notice)


def ask_person(request_id: int) -> Response:
    form = AskForm.posted()
    if not form.validate():
        return refuse(request_id, "ask", form)
    try:
        transitions.ask(request_id, form.question.data, by=me(), at=utcnow())
    except NotAllowed as refused:
        return refuse(request_id, "ask", form, refused)
    db.session.commit()
    return back(request_id, gettext("They will find it behind their code."))


def read_words(request_id: int) -> Response:
    transitions.read_words(request_id, by=me(), at=utcnow())
    db.session.commit()
    return back(request_id, gettext("Read. It is out of the queue."))


def reveal_contact(request_id: int) -> Response:
    """The contact, in the answer to a POST and nowhere else; each look is written down with its reason."""
    form = RevealForm.posted()
    if not form.validate():
        return refuse(request_id, "reveal", form)
    now = utcnow()
    try:
        shown = reveals.reveal_to_coordinator(request_id, by=me(), at=now, reason=form.why.data)
    except (reveals.ContactRefused, TooManyLooks) as refused:
        return refuse(request_id, "reveal", form, refused)
    db.session.commit()
    found = queries.get_case(db.read, request_id, me())
    requester = queries.find_requester(db.read, found)
    card = make_contact_card(shown, places(db.read), now)
    return draw_case(found, {"contact": replace(card, others=other_phones(requester) if requester else [])})


def publish_request(request_id: int) -> Response:
    form = PublishForm.posted()
    try:
        board.publish(request_id, seen_version=form.seen, by=me(), at=utcnow(), accepted=form.accepted_kinds)
    except DomainError as refused:
        db.session.rollback()
        found = queries.get_case(db.read, request_id, me())
        sent = {"refused": refused.sentence(), "changed": changes_since(form, found)}
        return draw_case(found, sent, refused.status)
    db.session.commit()
    return back(request_id, gettext("It is on the board."))


def changes_since(form: Versioned, found: HelpRequest) -> list[Difference]:
    """What is not as the page showed it from which somebody sent this."""
    known = places(db.read)
    now = RequestForm(data=filled_from(found, known)).offer(known, current_language(), me())
    return list_changes(now, standing_of(found, queries.count_parts(db.read, found.id)), form.shown.data)


def close_request(request_id: int) -> Response:
    form = CloseForm.posted().offer()
    if not form.validate():
        return refuse(request_id, "close", form)
    try:
        transitions.close(
            request_id, Outcome(form.outcome.data), form.reason.data, seen_version=form.seen, by=me(), at=utcnow()
        )
    except NotAllowed as refused:
        return refuse(request_id, "close", form, refused)
    db.session.commit()
    return back(request_id, gettext("Closed."))


def split_request(request_id: int) -> Response:
    known = places(db.read)
    form = SplitForm.posted().offer(known, current_language())
    if not form.validate():
        return refuse(request_id, "split", form)
    parts = [Part(kind, known.kinds[kind].min_age) for kind in form.kinds.data]
    try:
        made = transitions.split(request_id, parts, seen_version=form.seen, by=me(), at=utcnow())
    except DomainError as refused:
        return refuse(request_id, "split", form, refused)
    db.session.commit()
    return back(request_id, gettext("Split: %(count)s more to be written and published.", count=len(made)))


def merge_request(request_id: int) -> Response:
    form = MergeForm.posted()
    if not form.validate():
        return refuse(request_id, "merge", form)
    try:
        transitions.merge(request_id, form.other.data, seen_version=form.seen, by=me(), at=utcnow())
    except DomainError as refused:
        return refuse(request_id, "merge", form, refused)
    db.session.commit()
    return back(form.other.data, gettext("Merged. This is the one that stays."))


def hand_over_request(request_id: int) -> Response:
    found, known = queries.get_case(db.read, request_id, me()), places(db.read)
    form = HandOverForm.posted().offer(known, current_language(), found, list_coordinated(db.read))
    if not form.validate():
        return refuse(request_id, "hand_over", form)
    region = form.region.data
    try:
        transitions.hand_over(request_id, region, form.reason.data, seen_version=form.seen, by=me(), at=utcnow())
    except DomainError as refused:
        return refuse(request_id, "hand_over", form, refused)
    db.session.commit()
    name = known.name(region, current_language())
    return redirect_to("/desk", notice=gettext("Handed over: %(region)s. Its desk sees it now.", region=name))


def assign_volunteer(request_id: int) -> Response:
    form = AssignForm.posted()
    if not form.validate():
        return refuse(request_id, "assign", form)
    try:
        taken = transitions.assign(request_id, form.user_id.data, by=me(), at=utcnow())
    except ClaimRefused as refused:
        db.session.rollback()
        return back(request_id, assign_bar_sentence(refused.bar), "sun")
    db.session.commit()
    notice = gettext("Put down, and told. One tap, and they can let go of it.")
    return back(request_id, notice if taken.is_new else gettext("They have promised this already."))
