"""The queue, its number for the header, kept views, confirming many at once, and the sheet of the day."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from accelerator import formatting, policy
from accelerator.board import transitions as board
from accelerator.board.cards import make_card
from accelerator.board.models import Claim, ClaimState, HelpRequest, Timing
from accelerator.clock import utcnow
from accelerator.current import me
from accelerator.desk.queue import queries, transitions
from accelerator.desk.queue.forms import DAYS, KeepForm, QueueForm, TickedForm, regions_of
from accelerator.desk.queue.groups import Asked, Group, list_groups
from accelerator.desk.queue.queries import MOST
from accelerator.desk.queue.rows import RowMaker
from accelerator.errors import DomainError, NotAllowed
from accelerator.extensions import db
from accelerator.htmx import redirect_to
from accelerator.i18n import current_language
from accelerator.policy import UNDO_WITHIN
from accelerator.reference import places
from accelerator.safe_next import safe_next


def show_desk() -> Response:
    return draw_desk(QueueForm.asked(), {})


def draw_desk(form: QueueForm, sent: dict[str, Any], status: int = 200) -> Response:
    """The queue; ``sent`` is what did not go through: a form of one of its rows, or the name of a view."""
    now, viewer, known = utcnow(), me(), places(db.read)
    regions = regions_of(viewer, known)
    form.offer(known, current_language(), regions)
    asked = Asked(viewer, form.regions, form.narrow(viewer), form.reason.data)
    groups = list_groups(db.read, asked, RowMaker(viewer, known, now), at=now)
    html = render_template(
        "desk/index.html",
        form=form,
        groups=groups,
        regions=[(code, known.name(code, current_language())) for code in regions],
        filters=queries.list_filters(db.read, viewer.id),
        chosen=form.as_query(),
        most=MOST,
        keep=sent.get("keep") or KeepForm(),
        sent_back=find_row(groups, sent) if "reason" in sent else None,
        here=form.href(),  # also when it is the answer to a form
        active="desk",
    )
    return make_response(html, status)


def find_row(groups: list[Group], sent: dict[str, Any]) -> dict[str, Any]:
    """A form with a reason, and the row that it belongs to; none when that has left the queue meanwhile."""
    rows = (row.id for group in groups for row in group.rows if row.other == sent["action"])
    row = next(rows, "")
    sent["reason"].reason.id = f"reason-{row}"
    return {"row": row, "action": sent["action"], "form": sent["reason"]}


def is_from_queue() -> bool:
    return urlsplit(safe_next(request.form.get("next")) or "").path == url_for(".show_desk")


def refuse_in_queue(form: Any) -> Response:
    """The queue again, as it was filtered, with the reason as it was typed."""
    filters = urlsplit(safe_next(request.form.get("next")) or "").query
    return draw_desk(QueueForm(MultiDict(parse_qsl(filters))), {"reason": form, "action": request.path}, 422)


def count_desk() -> Response:
    """What waits, as the small number on the header's link; htmx asks for it after the page is there."""
    count = queries.count_all(db.read, regions_of(me(), places(db.read)), at=utcnow())
    return make_response(render_template("desk/_count.html", count=count, most=MOST))


def keep_filter() -> Response:
    form = KeepForm.posted()
    query = tidy_query(request.args)
    if not form.validate():
        return draw_desk(QueueForm.asked(), {"keep": form}, 422)
    try:
        transitions.keep_filter(form.name.data, query, by=me(), at=utcnow())
    except NotAllowed as refused:
        db.session.rollback()
        form.add_error("name", refused.sentence())
        return draw_desk(QueueForm.asked(), {"keep": form}, 422)
    db.session.commit()
    return redirect_to(f"/desk?{query}", notice=gettext("Kept. You find it above the queue."))


def tidy_query(args: Any) -> str:
    """The filters of an address, without what is none."""
    known = places(db.read)
    form = QueueForm(MultiDict(args)).offer(known, current_language(), regions_of(me(), known))
    return urlencode(form.as_query())[:300]


def forget_filter(filter_id: int) -> Response:
    transitions.forget_filter(filter_id, by=me())
    db.session.commit()
    return redirect_to("/desk", notice=gettext("The view is gone; the cases are still there."))


# ---- many at once ----


def confirm_ticked() -> Response:
    """Each in a transaction of its own: one that cannot be confirmed stops none of the others."""
    ids = TickedForm.posted().ids
    if not ids:
        return redirect_to("/desk", notice=gettext("Tick the reports that you want to confirm."), tone="sun")
    done = sum(settle(confirm_as_told, claim_id) for claim_id in ids)
    notice = gettext("%(done)s of %(all)s confirmed.", done=done, all=len(ids))
    return redirect_to(address_of(ids), notice=notice, tone="leaf" if done == len(ids) else "sun")


def take_back_ticked() -> Response:
    form = TickedForm.posted()
    ids = form.ids
    done = sum(settle(board.unconfirm, claim_id) for claim_id in ids)
    notice = gettext("%(done)s of %(all)s taken back. They wait again.", done=done, all=len(ids))
    return redirect_to(address_of(form.told_ids), notice=notice, tone="sky" if done else "sun")


def settle(act: Any, claim_id: int) -> bool:
    """One claim, committed by itself; False when it could not be."""
    try:
        act(claim_id, by=me(), at=utcnow())
    except DomainError:
        db.session.rollback()
        return False
    db.session.commit()
    return True


def confirm_as_told(claim_id: int, **who: Any) -> Claim:
    """With the hours as they were reported. Only what waits for it can be ticked, and what the person wrote is read."""
    if queries.unread_among(db.session, [claim_id]):
        raise NotAllowed("unread_words")
    told = board.confirm(claim_id, seen=ClaimState.REPORTED, minutes=queries.minutes_told(db.read, claim_id), **who)
    if told.confirmed_by_ref != me().public_ref:  # a colleague was faster
        raise NotAllowed("moved_on")
    return told


def address_of(ids: list[int]) -> str:
    return f"{url_for('.show_confirmed')}?{urlencode([('claim', id_) for id_ in ids])}"


def show_confirmed() -> Response:
    """What came of each that was ticked, and the way back while it is open."""
    now, viewer = utcnow(), me()
    rows = [
        row
        for row in queries.list_confirmed(db.read, TickedForm.asked().ids)
        if policy.can_read_desk(viewer, row[1].region_code)
    ]
    results = [tell_result(*row, now=now) for row in rows]
    html = render_template("desk/confirmed.html", results=results, active="desk")
    return make_response(html)


def tell_result(claim: Claim, found: HelpRequest, name: str, *, now: datetime) -> dict[str, Any]:
    zone = places(db.read).zone(found.region_code)
    is_confirmed = claim.state == ClaimState.CONFIRMED
    is_own = claim.user_id == me().id
    until = claim.settled_at + UNDO_WITHIN if is_confirmed and claim.settled_at else now
    return {
        "claim": claim,
        "title": found.title,
        "locale": found.locale,
        "href": f"/desk/requests/{found.id}#claim-{claim.id}",
        "name": name or gettext("Someone who has left"),
        "duration": formatting.duration(claim.minutes or found.minutes),
        "is_confirmed": is_confirmed,
        "state": NotAllowed("own").sentence() if is_own else formatting.claim_state_label(claim.state),
        "reason": claim.reason if claim.state == ClaimState.DISPUTED else "",
        "may_undo": is_confirmed and policy.can_take_back(me(), claim, now) and not is_own,
        "until": formatting.clock_time(until, zone),
    }


# ---- the day on paper ----


def show_day() -> Response:
    now, viewer, known = utcnow(), me(), places(db.read)
    regions = regions_of(viewer, known)
    region = request.args.get("region", "")
    region = region if region in regions else (viewer.region_code if viewer.region_code in regions else regions[0])
    day = request.args.get("day") if request.args.get("day") in DAYS else DAYS[0]
    begins = now.astimezone(known.zone(region)).replace(hour=0, minute=0, second=0, microsecond=0)
    begins += timedelta(days=DAYS.index(str(day)))
    rows = queries.list_day(db.read, region, begins, begins + timedelta(days=1))
    html = render_template(
        "desk/day.html",
        rows=[(row, make_card(row, known, now), hour_of(row, known.zone(region))) for row in rows],
        names=queries.names_by_request(db.read, [row.id for row in rows]),
        regions=[(code, known.name(code, current_language())) for code in regions],
        region=region,
        day=day,
        title=formatting.long_day(begins),
        phone=known.regions[region].desk_phone,
        active="desk",
    )
    return make_response(html)


def hour_of(row: HelpRequest, zone: ZoneInfo) -> str:
    """When it begins, or until when it can be done: the day stands above the table."""
    if row.timing == Timing.BY:
        return gettext("until %(day)s", day=formatting.clock_time(row.due_at, zone))
    return formatting.clock_time(row.due_at, zone)
