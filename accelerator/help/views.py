"""Pages of people in need: the questionnaire, what comes after sending, and the page behind their code."""

from datetime import datetime, timedelta
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext

from accelerator import limits
from accelerator.board.models import CAME, HelpRequest, Outcome
from accelerator.clock import utcnow
from accelerator.codes import group_code, read_code
from accelerator.current import settings
from accelerator.errors import Forged, NotAllowed, NotFound, TooManyTries
from accelerator.extensions import db
from accelerator.help import drafts, queries, status, transitions, visits
from accelerator.help.drafts import Draft, Filled
from accelerator.help.forms import CameForm, CheckForm, CodeForm, SureForm, WordForm
from accelerator.help.models import Channel, Requester
from accelerator.htmx import redirect_to
from accelerator.i18n import current_language, switched_to
from accelerator.once_more import Typed, show_again, what_was_typed
from accelerator.questionnaire import queries as questionnaire
from accelerator.questionnaire.answers import asked_only, describe_pages
from accelerator.questionnaire.consent import consent_hash, consent_text
from accelerator.questionnaire.document import Document
from accelerator.questionnaire.document import Page as Questions
from accelerator.questionnaire.forms import QuestionForm, build, make_form
from accelerator.reference import places
from accelerator.regions.desks import desks_instead, list_desks
from accelerator.security import client_address, is_same_origin, private, private_file

#: Nobody reads and fills in all pages faster than this; programs do.
FASTEST = timedelta(seconds=3)
CHECK = "check"


def draw(template: str, status_code: int = 200, **values: Any) -> Response:
    return make_response(render_template(template, active="ask", **values), status_code)


# ---- the questionnaire ----


def start() -> Response:
    draft = drafts.find(db.read, visits.draft_token(), at=utcnow())
    go_on = ""
    if draft and not draft.is_sent:
        go_on = next_path(draft_document(draft), draft.filled)
    document = questionnaire.document_of(questionnaire.find_current(db.read))
    first = url_for(".fill_page", page_id=document.pages[0].id)
    return draw("help/start.html", first=first, go_on=go_on, is_sent=bool(draft and draft.is_sent), desks=list_desks())


def draft_document(draft: Draft) -> Document:
    """The questions of the version that this draft was begun with."""
    return questionnaire.document_of(questionnaire.get_version(db.read, draft.row.version_id))


def next_path(document: Document, filled: Filled) -> str:
    """Where the way goes on: the next page to fill in, or the check of all answers."""
    page = drafts.next_page(document, filled, places=places(db.read), language=current_language())
    return url_for(".fill_page", page_id=page.id) if page else url_for(".check")


def fill_page(page_id: str) -> Response:
    """A page of questions. What was typed is kept, also when something is to be mended, and on the way back."""
    at, token = utcnow(), visits.draft_token()
    draft = drafts.find(db.read, token, at=at)
    if draft and draft.is_sent:
        return redirect_to(url_for(".done"))
    version = draft.row.version_id if draft else questionnaire.find_current(db.read).id
    document = questionnaire.document_of(questionnaire.get_version(db.read, version))
    filled = draft.filled if draft else Filled()
    page = document.find_page(page_id)
    if page is None:
        raise NotFound
    if page not in document.pages_asked(filled.answers):
        return redirect_to(next_path(document, filled))
    form = form_of(page, document, filled, posted=request.method == "POST")
    if request.method == "GET":
        return show_page(document, filled, page, form)
    is_valid = form.validate()
    token = token or visits.new_token()
    if draft or any(form.answers.values()):  # nobody goes on with an empty draft
        filled = keep_page(token, version, page, form, is_valid=is_valid, at=at)
        db.session.commit()
    if page not in document.pages_asked(filled.answers):  # an answer in another tab has just ruled it out
        return visits.keep_token(redirect_to(next_path(document, filled)), token)
    if switched_to():
        return visits.keep_token(show_page(document, filled, page, form_of(page, document, filled, posted=True)), token)
    if not is_valid and not may_leave_unfinished():
        return visits.keep_token(show_page(document, filled, page, form, 422), token)
    return visits.keep_token(redirect_to(after_page(document, filled, page)), token)


def form_of(page: Questions, document: Document, filled: Filled, *, posted: bool) -> QuestionForm:
    language = current_language()
    return make_form(page, document, filled.answers, places=places(db.read), language=language, posted=posted)


def keep_page(
    token: str, version_id: int, page: Questions, form: QuestionForm, *, is_valid: bool, at: datetime
) -> Filled:
    """Write a page's answers into the draft, whose row is locked meanwhile: two tabs do not undo each other."""
    draft = drafts.begin(db.session, token, version_id=version_id, at=at)
    if draft.is_sent:
        return draft.filled
    draft.filled.answers |= form.answers
    draft.filled.done = [name for name in draft.filled.done if name != page.id] + [page.id] * is_valid
    draft.keep(at=at)
    return draft.filled


def may_leave_unfinished() -> bool:
    """On the way back everybody may; not to the check, where only what is right can stand."""
    return request.form.get("go") == "back" and request.form.get("then") != CHECK


def after_page(document: Document, filled: Filled, page: Questions) -> str:
    """The page before, or the next one; whoever came from the check goes back there when nothing is left to do."""
    asked = document.pages_asked(filled.answers)
    at = asked.index(page)
    if request.form.get("then") == CHECK:
        return next_path(document, filled)
    if request.form.get("go") == "back":
        return url_for(".fill_page", page_id=asked[at - 1].id) if at else url_for(".start")
    if at + 1 == len(asked):
        return next_path(document, filled)
    return url_for(".fill_page", page_id=asked[at + 1].id)


def show_page(
    document: Document, filled: Filled, page: Questions, form: QuestionForm, status_code: int = 200, again: str = ""
) -> Response:
    before, number, of = drafts.progress(document, filled, page)
    then = CHECK if CHECK in (request.args.get("then"), request.form.get("then")) else ""
    title = page.title.get(current_language(), "")
    has_just_named_place = before is not None and any(question.id == "place" for question in before.questions)
    values = {"form": form, "title": title, "number": number, "of": of, "then": then, "again": again}
    return draw("help/page.html", status_code, desks=desks_of(filled) if has_just_named_place else None, **values)


def desks_of(filled: Filled) -> list[tuple[str, str]] | None:
    """Whom to call, where nobody coordinates the region that was named: told before sending, too."""
    region = filled.answers.get("place", {}).get("region", "")
    return desks_instead(region) if region else None


def ask_again(error: Forged) -> Response:
    """The page was open so long that its token is void: what was typed stands there still, to be sent once more."""
    page_id = str((request.view_args or {}).get("page_id"))
    draft = drafts.find(db.read, visits.draft_token(), at=utcnow())
    filled = draft.filled if draft else Filled()
    document = draft_document(draft) if draft else questionnaire.document_of(questionnaire.find_current(db.read))
    page = document.find_page(page_id)
    is_ours = request.endpoint == "help.fill_page" and is_same_origin()
    typed = what_was_typed()
    if not is_ours and typed and typed.words:
        return show_again(typed, error.status)
    if not is_ours or page not in document.pages_asked(filled.answers):
        return draw("help/again.html", error.status, text=error.sentence())
    sentence = gettext("This page was open for long. Everything you typed is still here: press the button again.")
    return show_page(document, filled, page, form_of(page, document, filled, posted=True), error.status, sentence)


def forget_draft() -> Response:
    drafts.forget(db.session, visits.draft_token())
    db.session.commit()
    return visits.drop_token(redirect_to(url_for(".start"), notice=gettext("What was typed here is deleted.")))


# ---- checking and sending ----


def check() -> Response:
    """All answers once more, the consent, and the button that sends."""
    at = utcnow()
    draft = drafts.find(db.read, visits.draft_token(), at=at)
    if draft is None:
        lost = gettext("There is nothing to send on this phone or computer yet. Please begin here.")
        return redirect_to(url_for(".start"), notice=lost, tone="sky")
    if draft.is_sent:
        return redirect_to(url_for(".done"))
    document = draft_document(draft)
    path = next_path(document, draft.filled)
    if path != url_for(".check"):
        return redirect_to(path)
    if request.method == "GET":
        return show_check(document, draft, CheckForm())
    form = CheckForm.posted()
    if not is_fit_to_send(form, draft, at=at):
        return show_check(document, draft, form, 422)
    is_sent = send(document, draft, at=at)
    db.session.commit()
    if not is_sent:
        return draw("help/too_many.html", TooManyTries.status, desks=list_desks())
    return redirect_to(url_for(".done"))


def show_check(document: Document, draft: Draft, form: CheckForm, status_code: int = 200) -> Response:
    language = current_language()
    pages = describe_pages(document, draft.filled.answers, language, places(db.read))
    text = consent_text(document, language, settings(), name=str(draft.filled.answers.get("name", "")))
    values = {"pages": pages, "consent": text.strip(), "language": language, "desks": desks_of(draft.filled)}
    return draw("help/check.html", status_code, form=form, **values)


def is_fit_to_send(form: CheckForm, draft: Draft, *, at: datetime) -> bool:
    """Whether a person agreed and pressed: not a program that fills in what nobody sees, or everything at once."""
    if not form.validate():
        return False
    if form.website.data or at - draft.row.created_at < FASTEST:
        form.website.data = ""
        form.add_error(
            "consent", gettext("That was very quick. Please look at your answers and press the button again.")
        )
        return False
    return True


def may_send(*, at: datetime) -> bool:
    return limits.spend(db.session, limits.HELP_BY_ADDRESS, client_address(), at=at)


def send(document: Document, seen: Draft, *, at: datetime) -> bool:
    """Keep the request, and in the draft nothing but the code, until it is written down. False: too many today.

    Everything was checked before the lock is taken, so that a crowd waits for as little as possible; what is sent
    is what the person saw. Another tab may have been faster: then it is sent already.
    """
    draft = drafts.find(db.session, seen.token, at=at, locked=True)
    if draft is None or draft.is_sent:
        return True
    if not may_send(at=at):
        return False
    received = transitions.receive(
        asked_only(document, seen.filled.answers),
        version_id=draft.row.version_id,
        channel=Channel.WEB,
        form_key=draft.row.form_key,
        consent_hash=consent_hash(document, current_language(), settings()),
        by=None,
        at=at,
    )
    draft.row.requester_id = received.requester.id
    draft.filled = Filled(code=received.code, pair=received.pair)
    draft.keep(at=at)
    return True


def find_sent(*, at: datetime) -> tuple[Draft, Requester] | None:
    """What this browser has sent and not yet written down."""
    draft = drafts.find(db.read, visits.draft_token(), at=at)
    if draft is None or draft.row.requester_id is None:
        return None
    requester = queries.find_requester(db.read, draft.row.requester_id)
    return (draft, requester) if requester else None


def done() -> Response:
    """The code and the pair, shown again to this browser until the person has written them down."""
    at = utcnow()
    if request.method == "POST":
        drafts.forget(db.session, visits.draft_token())
        db.session.commit()
        kept = gettext("Good. With your code you see at any time how things stand.")
        return visits.drop_token(redirect_to(url_for(".start"), notice=kept))
    sent = find_sent(at=at)
    if sent is None:
        return redirect_to(url_for(".show_status"))
    return private(draw("help/done.html", **code_sheet(*sent, at=at)))


def save_code() -> Response:
    """The same as a text file."""
    sent = find_sent(at=utcnow())
    if sent is None:
        return redirect_to(url_for(".show_status"))
    return private_file(render_template("help/done.txt", **code_sheet(*sent, at=utcnow())), "code.txt")


def code_sheet(draft: Draft, requester: Requester, *, at: datetime) -> dict[str, Any]:
    """What is printed, saved and shown after sending."""
    own = queries.list_requests(db.read, requester.id)
    case = case_of(own[-1], at=at)
    return {
        "where": f"{settings().site_url}/help/status",
        "code": group_code(draft.filled.code),
        "pair": draft.filled.pair,
        "case": case,
        "language": requester.locale,
    }


# ---- behind the code ----


def show_status() -> Response:
    """The door (a code) or, for twenty minutes after it was opened, what is behind it."""
    at = utcnow()
    if request.method == "POST":
        return open_status(at=at)
    visit = visits.visitor_id(at=at)
    requester = queries.find_requester(db.read, visit[0]) if visit else None
    if visit is None or requester is None:
        return show_code(CodeForm())
    if requester.erased_at:
        return visits.end_visit(draw("help/erased.html", on=status.format_day(requester.erased_at)))
    own = queries.list_requests(db.read, requester.id)
    reveals = queries.list_reveals(db.read, requester.id)
    page = draw(
        "help/status.html",
        cases=[case_of(found, at=at) for found in own],
        reveals=[(reveal.at, status.reveal_words(reveal)) for reveal in reveals],
        reveals_line=status.reveals_line(len(reveals)),
    )
    return visits.keep_visit(page, requester.id, began=visit[1], at=at)


def show_code(form: CodeForm, status_code: int = 200, typed: str = "") -> Response:
    """The door; ``typed`` (`Typed.dump`) is what they were writing when it closed, never from an address."""
    typed = typed or request.form.get("typed", "")
    return private(draw("help/code.html", status_code, form=form, desks=list_desks(), typed=typed))


def open_status(*, at: datetime) -> Response:
    """A code was typed. A slip of the pen is told as such and costs nothing; a code that nobody has is counted."""
    form = CodeForm.posted()
    code = read_code(form.code.data or "")
    if not form.validate():
        return show_code(form, 422)
    if code is None:
        form.add_error("code", status.slip_sentence(form.code.data))
        return show_code(form, 422)
    may_try = limits.spend(db.session, limits.CODE_BY_ADDRESS, client_address(), at=at)
    requester = queries.find_by_code(db.session, code) if may_try else None
    if requester:
        limits.spend(db.session, limits.CODE_BY_ADDRESS, client_address(), at=at, amount=-1)
    db.session.commit()
    if requester is None:
        unknown = gettext(
            "We do not know this code. Compare it with your note; or call us. The code of an appeal opens under "
            "“Write to us”."
        )
        form.add_error("code", unknown if may_try else TooManyTries().sentence())
        return show_code(form, 422 if may_try else 429)
    typed = Typed.load(request.form.get("typed"))
    inside = show_again(typed) if typed else redirect_to(url_for(".show_status"))
    return visits.keep_visit(inside, requester.id, began=at, at=at)


def case_of(found: HelpRequest, *, at: datetime) -> status.Case:
    """One request with all that its person sees of it."""
    survivor = db.read.get(HelpRequest, found.duplicate_of_id) if found.duplicate_of_id else None
    return status.make_case(
        found,
        queries.list_claims(db.read, [found.id]),
        queries.list_talk(db.read, found.id),
        queries.list_happened(db.read, found.id),
        places(db.read),
        current_language(),
        survivor=survivor,
        survivor_claims=queries.list_claims(db.read, [survivor.id]) if survivor else (),
        desks=desks_instead((survivor or found).region_code),
        at=at,
    )


class NoVisit(Exception):
    """The twenty minutes are over, or no code was shown in this browser."""


def ask_for_code(_error: NoVisit) -> Response:
    over = gettext("Please type your code: this page closes by itself after twenty minutes.")
    typed = what_was_typed()
    if typed and typed.words:
        return visits.end_visit(show_code(CodeForm(), 401, typed.dump()))
    return visits.end_visit(redirect_to(url_for(".show_status"), notice=over, tone="sky"))


def asker() -> Requester:
    """Whose code is open in this browser."""
    visit = visits.visitor_id(at=utcnow())
    requester = queries.find_requester(db.read, visit[0]) if visit else None
    if requester is None or requester.erased_at:
        raise NoVisit
    return requester


def own_request(request_id: int) -> HelpRequest:
    found = queries.find_own_request(db.read, request_id, asker().id)
    if found is None:
        raise NotFound
    return found


def back_to_status(notice: str) -> Response:
    return private(redirect_to(url_for(".show_status"), notice=notice))


def tell_refusal(error: NotAllowed) -> Response:
    """A rule stands in the way: the page behind the code as it is now, and the reason."""
    db.session.rollback()
    return private(redirect_to(url_for(".show_status"), notice=error.sentence(), tone="sun"))


def close_status() -> Response:
    return visits.end_visit(redirect_to(url_for(".start"), notice=gettext("Closed. Your code opens it again.")))


def add_word(request_id: int) -> Response:
    found, form = own_request(request_id), WordForm()
    if "nobody" in request.args:
        form.word.data = gettext("Nobody came.")
    if request.method == "POST":
        form = WordForm.posted()
    if request.method == "GET" or switched_to() or not form.validate():
        talk = queries.list_talk(db.read, found.id)
        questions = [said.text for said in talk if said.entry.kind == "question" and said.entry.seen_at is None]
        return private(draw("help/word.html", 422 if form.errors else 200, form=form, questions=questions))
    if not limits.spend(db.session, limits.WORDS_BY_REQUESTER, str(found.requester_id), at=utcnow()):
        db.session.commit()
        form.add_error("word", TooManyTries().sentence())
        return private(draw("help/word.html", TooManyTries.status, form=form, questions=[]))
    transitions.add_word(found.id, form.word.data, by=asker(), at=utcnow())
    db.session.commit()
    return back_to_status(gettext("Your word is with the coordinators. Thank you."))


def move_time(request_id: int) -> Response:
    found = own_request(request_id)
    document = questionnaire.document_of(questionnaire.find_current(db.read))
    asked = [document.question(name) for name in ("timing", "day", "time")]
    so_far = status.time_answers(found, places(db.read).zone(found.region_code))
    is_posted = request.method == "POST"
    form = build(asked, document, so_far, places=places(db.read), language=current_language(), posted=is_posted)
    if not is_posted or switched_to() or not form.validate():
        return private(draw("help/time.html", 422 if form.errors else 200, form=form))
    hours = transitions.hours_of(form.answers, places(db.read).zone(found.region_code))
    moved = transitions.move_time(found.id, hours, by=asker(), at=utcnow())
    is_told = bool(moved.taken or moved.waiting)
    db.session.commit()
    told = gettext("The new time stands. Whoever promised to come is told.")
    return back_to_status(told if is_told else gettext("The new time stands."))


def say_they_came(claim_id: int) -> Response:
    claim, form = queries.find_own_claim(db.read, claim_id, asker().id), CameForm()
    if claim is None:
        raise NotFound
    if request.method == "POST":
        form = CameForm.posted()
    if request.method == "GET" or not form.validate():
        return private(draw("help/came.html", 422 if form.errors else 200, form=form))
    was_asked = form.asked.data == "yes"
    transitions.say_they_came(claim_id, was_asked=was_asked, by=asker(), at=utcnow())
    db.session.commit()
    if was_asked:
        return back_to_status(gettext("Thank you for saying so. It is looked into, and we tell nobody who said it."))
    return back_to_status(gettext("Thank you! We pass it on to whoever came."))


def say_helped(request_id: int) -> Response:
    """ "Somebody has already helped": asked once more, then promises end and their people are told."""
    told = gettext("How good! Whoever wanted to come is told.")
    return call_off(request_id, "help/helped.html", told, gettext("How good! The request is closed."))


def withdraw(request_id: int) -> Response:
    told = gettext("Withdrawn. Whoever wanted to come is told.")
    return call_off(request_id, "help/withdraw.html", told, gettext("Withdrawn. The request is closed."))


def call_off(request_id: int, template: str, told: str, closed: str) -> Response:
    """``told`` is said when promises ended with the request, ``closed`` when nobody had promised."""
    found = own_request(request_id)
    at, claims = utcnow(), queries.list_claims(db.read, [found.id])
    if request.method == "GET":
        silent = [claim for claim in claims if claim.helped_said_at is None]
        to_confirm = [number for number, _ in status.list_to_confirm(found, silent, at=at)]
        return private(draw(template, request_=found, to_confirm=to_confirm, has_come=status.has_come(claims)))
    is_told = any(claim.state in CAME for claim in claims)
    came = status.has_come(claims) or (is_told and template == "help/helped.html")
    outcome = Outcome.FULFILLED if came else Outcome.WITHDRAWN
    ended = transitions.call_off(found.id, outcome, by=asker(), at=at)
    db.session.commit()
    return back_to_status(told if ended else closed)


def erase() -> Response:
    """Withdraw the consent: everything that we know of the person is deleted."""
    requester, form = asker(), SureForm()
    if request.method == "POST":
        form = SureForm.posted()
    if request.method == "GET" or not form.validate():
        return private(draw("help/erase.html", 422 if form.errors else 200, form=form))
    at = utcnow()
    transitions.erase(requester.id, by=requester, at=at)
    db.session.commit()
    db.forget_old_pages()
    return visits.end_visit(draw("help/erased.html", on=status.format_day(at)))
