"""Pages and actions of the board. A view reads the request, asks one thing, and answers."""

from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext

from accelerator import notices, policy
from accelerator.accounts import sessions, tell
from accelerator.accounts.sessions import current_viewer
from accelerator.accounts.viewer import MyClaim
from accelerator.board import cards, lists, queries, transitions
from accelerator.board.fast_lane import DEPOSIT
from accelerator.board.forms import ClaimForm, FilterForm, ReportForm
from accelerator.board.last_filters import COOKIE, address, has_blanks
from accelerator.board.models import Claim, ClaimState, Credit, HelpRequest
from accelerator.board.stencils import draw_board
from accelerator.clock import utcnow
from accelerator.compression import make_packed_response
from accelerator.current import me, settings
from accelerator.deeds import uploads
from accelerator.errors import NotAllowed, NotFound
from accelerator.extensions import db
from accelerator.forms import tidy
from accelerator.help import spoken
from accelerator.help.contacts.cards import make_offer
from accelerator.htmx import no_content, redirect_to, respond, wants_partial
from accelerator.i18n import current_language, switched_to
from accelerator.integrity.queries import list_events
from accelerator.page_cache import LONGEST_QUERY, PUBLIC
from accelerator.paging import Cursor
from accelerator.reference import places
from accelerator.safe_next import safe_next
from accelerator.security import private
from accelerator.sharing import picture_response

#: A promise in one of these states is told of; in the last, once more.
TO_REPORT = (ClaimState.CLAIMED, ClaimState.STARTED, ClaimState.DISPUTED)


def public(response: Response) -> Response:
    """Mark a page that is the same for every visitor, so that it is served from memory."""
    if current_viewer() is None:
        response.headers[PUBLIC] = "1"
    response.headers["Vary"] = "HX-Request, Accept-Language, Cookie, Accept-Encoding"
    return response


def show_board() -> Response:
    asked = request.query_string.decode("ascii", "ignore")
    if has_blanks(asked) and not wants_partial():
        return redirect_to(address(asked))
    now, viewer = utcnow(), current_viewer()
    is_usual = not wants_partial() and not notices.are_waiting() and len(request.query_string) <= LONGEST_QUERY
    if viewer and is_usual:
        pieces, shared = draw_board(viewer, now)
        request.environ.setdefault(DEPOSIT, []).append(shared)
        return public(make_packed_response(pieces))
    form = FilterForm.asked().offer(places(db.read), current_language(), lists.home_of(viewer))
    page = lists.board_page(form, viewer, now=now, after=Cursor.parse(request.args.get("after", "")))
    if wants_partial() and "after" in request.args:
        return public(make_response(render_template("board/_more.html", page=page, form=form)))
    if wants_partial():
        found = public(make_response(render_template("board/_found.html", page=page, form=form)))
        found.headers["HX-Push-Url"] = address(asked)  # the form's address, without its blanks
        return found
    deeds = lists.draw_latest_deeds(now=now)
    return public(make_response(render_template("board/index.html", page=page, form=form, deeds=deeds, active="needs")))


def return_to_board() -> Response:
    """The board with the filters last used."""
    return redirect_to(address(request.cookies.get(COOKIE)))


def show_request(request_id: int) -> Response:
    now, viewer = utcnow(), current_viewer()
    found = queries.get_request(db.read, request_id)
    if not policy.can_see_request(viewer, found):
        raise NotFound
    mine = queries.find_active_claim(db.read, request_id, viewer.id) if viewer else None
    position = queries.waiting_position(db.read, mine) if mine and mine.state == ClaimState.WAITING else 0
    context: dict[str, Any] = {
        "card": cards.make_card(found, places(db.read), now),
        "step": cards.make_next_step(found, places(db.read), now),
        "stance": cards.stance_of(found, viewer, settings(), now, position=position),
        "request_": found,
        "mine": mine,
        "offer": make_offer(viewer, mine, found, places(db.read), now) if viewer and mine else None,
        "region": places(db.read).regions[found.region_code],
        "history": list_events(db.read, f"request:{request_id}"),
        "fit": cards.fit_line(found, viewer),
        "active": "needs",
    }
    return make_response(render_template("board/request.html", **context))


def claim_request(request_id: int) -> Response:
    form = ClaimForm.posted()
    if not form.validate():
        page = url_for(".show_request", request_id=request_id)
        return redirect_to(page, notice=str(form.people.errors[0]), tone="sun")
    viewer = me()
    taken = transitions.claim(request_id, by=viewer, at=utcnow(), people=form.people.data or 1, may_wait=form.wait.data)
    db.session.commit()
    sessions.replace_viewer(viewer.with_claim(request_id, taken.claim))
    return answer_with_card(taken.request, cards.Said(taken.sentence(), "leaf"))


def release_request(request_id: int) -> Response:
    viewer = me()
    reason, only_waiting = tidy(request.form.get("reason"))[:500], "waits" in request.form
    let_go = transitions.release(request_id, by=viewer, at=utcnow(), reason=reason, only_waiting=only_waiting)
    db.session.commit()
    row = queries.get_card(db.read, request_id)
    if let_go is transitions.LetGo.KEPT:
        sessions.forget_viewer()
        return answer_with_card(row, cards.Said(released_sentence(let_go), "sun"), status=409)
    sessions.replace_viewer(viewer.with_claim(request_id, None))
    return answer_with_card(row, cards.Said(released_sentence(let_go), "leaf"))


def released_sentence(let_go: transitions.LetGo) -> str:
    return {
        transitions.LetGo.FREE: gettext("Let go. Someone else can take the place now."),
        transitions.LetGo.PASSED_ON: gettext("Let go. The place went to the first who was waiting for it."),
        transitions.LetGo.OVER: gettext("Let go."),
        transitions.LetGo.LEFT_LIST: gettext("You are off the waiting list."),
        transitions.LetGo.KEPT: gettext("A place came free and it is yours. If you cannot come, let go of it."),
    }[let_go]


def show_standing(request_id: int) -> Response:
    """For a page of somebody who waits, when places have changed: the seats, or the place that came free."""
    found = queries.get_request(db.read, request_id)
    viewer = me()
    if not policy.can_see_request(viewer, found):
        raise NotFound
    page = url_for(".show_request", request_id=request_id)
    if not wants_partial():
        return redirect_to(page)
    mine = viewer.claims.get(request_id)
    if mine and mine.state == ClaimState.WAITING:
        card = cards.make_card(found, places(db.read), utcnow())
        return make_response(render_template("board/_seats_only.html", card=card, is_mine=False))
    if request.args.get("view") == "page":
        return no_content({"HX-Refresh": "true"})
    said = cards.Said(tell.sentence("promoted", found.title), "leaf") if mine else None
    drawn = draw_own_card(queries.get_card(db.read, request_id), said)
    response = respond(page=page, partial=drawn, notice=said.text if said else "")
    response.headers.update({"HX-Retarget": f"#request-{request_id}", "HX-Reswap": "outerHTML"})
    return response


def start_request(request_id: int) -> Response:
    claim = transitions.start(request_id, by=me(), at=utcnow())
    db.session.commit()
    sessions.replace_viewer(me().with_claim(request_id, MyClaim(claim.id, claim.state)))
    said = cards.Said(gettext("Good luck! When it is done, tell us here."), "leaf")
    return answer_with_card(queries.get_card(db.read, request_id), said)


def answer_with_card(row: Any, said: cards.Said, status: int = 200) -> Response:
    """After an action: the card as it is now for the viewer, or the page without htmx, with what has happened."""
    page = safe_next(request.form.get("next")) or url_for("board.show_request", request_id=row.id)
    if request.form.get("view") == "page":  # more than the card changes on the request's own page
        return redirect_to(page, notice=said.text, tone=said.tone, link=said.link)
    partial = draw_own_card(row, said)
    return respond(page=page, partial=partial, notice=said.text, tone=said.tone, link=said.link, status=status)


def draw_own_card(row: Any, said: cards.Said | None) -> str:
    """The request's card as it is now for the viewer, with the header's counter beside it."""
    viewer = me()
    position = 0
    if row.id in viewer.claims and viewer.claims[row.id].state == ClaimState.WAITING:
        claim = queries.find_active_claim(db.read, row.id, viewer.id)
        position = queries.waiting_position(db.read, claim) if claim else 0
    card = cards.draw_card(row, viewer, places(db.read), settings(), utcnow(), position=position, said=said)
    return str(card) + render_template("board/_open_count.html", viewer=viewer, is_swap=True)


def refuse_claim(error: transitions.ClaimRefused) -> Response:
    """A place could not be taken: the card as it is now, and the reason beside it."""
    db.session.rollback()
    row = queries.get_card(db.read, error.request_id)
    return answer_with_card(row, cards.Said(error.sentence(), "sun", error.link()), status=409)


def report_request(request_id: int) -> Response:
    claim = queries.find_active_claim(db.read, request_id, me().id)
    if claim is None or claim.state not in TO_REPORT:
        return tell_no_report(request_id, claim)
    found = queries.get_request(db.read, request_id)
    step = cards.make_next_step(found, places(db.read), utcnow())
    if not step.can_report:
        return redirect_to(url_for(".show_request", request_id=request_id), notice=step.wait, tone="sun")
    if request.method == "GET":
        form = only_what_is_asked(ReportForm(data=proposed_report(found, claim)), found, claim)
        return show_report(found, claim, form, uploads.keys_of_claim(claim.id))
    form = only_what_is_asked(ReportForm.posted(), found, claim)
    is_valid = not switched_to() and form.validate()  # first: it would wipe the sentences about photos
    photo_keys = uploads.take_photos(form, by=me(), at=utcnow(), claim_id=claim.id)
    if not is_valid or form.photos.errors or not hear_pair(form, found, claim):
        db.session.commit()  # keeps the good photos
        return show_report(found, claim, form, photo_keys, status=422 if form.errors else 200)
    told = transitions.report(
        request_id,
        by=me(),
        at=utcnow(),
        minutes=form.total_minutes,
        word=form.word.data,
        credit=Credit(form.credit.data),
        photo_keys=photo_keys,
        answer=form.answer.data if "answer" in form else "",
    )
    thanks = gettext("Thank you! A coordinator will confirm it soon.")
    if "pair" in form and form.pair.data:
        spoken.note(told, by=me(), at=utcnow())
        thanks = gettext("Thank you! The word and the number were right. A coordinator will confirm it soon.")
    db.session.commit()
    return redirect_to(url_for("dashboard.show_dashboard"), notice=thanks)


def tell_no_report(request_id: int, claim: Claim | None) -> Response:
    """There is nothing to tell of. If that came about while a report was written: why, and the words."""
    form = ReportForm.posted()
    words = [said for said in (form.answer.data, form.word.data) if said]
    text = why_no_report(request_id, claim, words) if request.method == "POST" else ""
    if not text:
        return redirect_to(url_for(".show_request", request_id=request_id))
    help_request = queries.get_request(db.read, request_id)
    values = {"text": text, "words": words, "request_": help_request, "is_told": claim is not None}
    return private(make_response(render_template("board/too_late.html", active="me", **values), 409))


def why_no_report(request_id: int, claim: Claim | None, words: list[str]) -> str:
    """Empty where nothing is lost: pressed twice, the words are there."""
    if end := queries.end_of_promise(db.read, request_id, me().id):
        return NotAllowed(end).sentence()
    if claim is None or claim.state != ClaimState.REPORTED or not set(words) - {claim.word, claim.answer}:
        return ""
    return gettext("This has been told already, and waits for a coordinator.")


def only_what_is_asked(form: ReportForm, help_request: HelpRequest, claim: Claim) -> ReportForm:
    """The form without an answer where nothing was asked, and without the spoken pair where nobody could tell one."""
    if claim.state != ClaimState.DISPUTED:
        del form.answer
    if spoken.find_speaker(help_request, me()) is None or spoken.is_known(help_request, claim):
        del form.pair
    return form


def hear_pair(form: ReportForm, help_request: HelpRequest, claim: Claim) -> bool:
    """Whether the pair is right, or left empty; if not, the form says so."""
    if "pair" not in form or not form.pair.data:
        return True
    heard = spoken.hear(help_request, claim, form.pair.data, by=me(), at=utcnow())
    if heard is not spoken.Heard.RIGHT:
        form.add_error("pair", spoken.heard_sentence(heard))
    return heard is spoken.Heard.RIGHT


def proposed_report(help_request: HelpRequest, claim: Claim) -> dict[str, Any]:
    """What the form starts with: the time the task was announced with, or what was told and asked about."""
    is_asked = claim.state == ClaimState.DISPUTED
    hours, minutes = divmod((is_asked and claim.minutes) or help_request.minutes, 60)
    return {"hours": hours, "minutes": minutes} | ({"word": claim.word, "credit": claim.credit} if is_asked else {})


def show_report(
    help_request: HelpRequest, claim: Claim, form: ReportForm, photo_keys: list[str], status: int = 200
) -> Response:
    form.kept_photos.data = ",".join(photo_keys)
    html = render_template(
        "board/report.html",
        form=form,
        request_=help_request,
        photo_keys=photo_keys,
        pair_is_known="pair" not in form and spoken.find_speaker(help_request, me()) is not None,
        question=claim.reason if claim.state == ClaimState.DISPUTED else "",
        active="me",
    )
    return make_response(html, status)


def share_picture(request_id: int) -> Response:
    """The picture that messengers show beside a link."""
    found = queries.get_request(db.read, request_id)
    if not policy.can_see_request(None, found):
        raise NotFound
    card = cards.make_card(found, places(db.read), utcnow())
    return picture_response(card.title, f"{card.place} · {card.when}", (card.taken, card.capacity))
