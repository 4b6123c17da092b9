"""Public pages of appeals: writing one, its code, its thread. A sender's account, if any, is never looked at."""

from typing import Any

from flask import Response, current_app, make_response, render_template, request
from flask_babel import gettext

from accelerator import limits
from accelerator.appeals import cards, queries, transitions
from accelerator.appeals.dates import hour_of
from accelerator.appeals.forms import AppealForm, CodeForm, LetterForm, ReportForm, WordForm
from accelerator.appeals.models import Appeal, Kind, Status
from accelerator.appeals.photos import MOST_PHOTOS, keep_sealed
from accelerator.appeals.sealing import auditors_key, code_of_form, has_demonstration_key
from accelerator.appeals.transitions import MOVES, Letter, Verb
from accelerator.appeals.words import kind_label, kind_note
from accelerator.clock import utcnow
from accelerator.codes import group_code
from accelerator.current import settings
from accelerator.deeds.uploads import refusal
from accelerator.errors import NotAllowed, TooManyTries
from accelerator.extensions import db, vault
from accelerator.htmx import redirect_to
from accelerator.i18n import current_language, switched_to
from accelerator.photos import Photo, PhotoRefused, read_photo
from accelerator.reference import places
from accelerator.regions.desks import desks_instead, list_desks
from accelerator.security import client_address, private, private_file

#: Holds the form's key, from which the code is made again, until the sender has written it down.
COOKIE = "appeal"
SHOWN_SECONDS = {True: 3600, False: 24 * 3600}


# ---- writing ----


def write_appeal() -> Response:
    if request.method == "GET":
        return show_blank()
    form = AppealForm.posted().offer(places(db.read), current_language())
    if switched_to():
        return show_form("appeals/write.html", form)
    is_valid = form.validate()
    check_about(form)
    if form.about_desk.data and not auditors_key(settings()):
        form.add_error("about_desk", gettext("There are no auditors here yet who could take it. Call them instead."))
    if not is_valid or form.errors:
        return show_form("appeals/write.html", form)
    if not may_send(form):
        return show_form("appeals/write.html", form, TooManyTries.status)
    kind, is_sealed = Kind(form.kind.data), bool(form.about_desk.data)
    sent = transitions.receive(letter_of(form, kind, is_sealed=is_sealed), form_key=form.key, at=utcnow())
    db.session.commit()
    return after_sending(form.key, sent)


def show_blank() -> Response:
    kind = request.args.get("kind", "")
    about, _, number = request.args.get("about", "").partition(":")
    start: dict[str, Any] = {"about": about if about in ("request", "deed") else "", "kind": kind}
    if start["about"] and number.isdecimal() and len(number) < 16:
        start["number"] = int(number)
    form = (ReportForm if kind == Kind.INTEGRITY else AppealForm)(data=start).offer(places(db.read), current_language())
    return show_form("appeals/report.html" if kind == Kind.INTEGRITY else "appeals/write.html", form)


def write_report() -> Response:
    """An integrity report, sealed for the auditors; nothing about its sender is kept."""
    posted = request.method == "POST"
    form = (ReportForm.posted() if posted else ReportForm()).offer(places(db.read), current_language())
    if not posted or not auditors_key(settings()):
        return show_form("appeals/report.html", form, 409 if posted else None)
    if switched_to():
        return show_form("appeals/report.html", form)
    is_valid = form.validate()
    check_about(form)
    if not is_valid or form.errors:
        return show_form("appeals/report.html", form)
    if not may_send(form):
        return show_form("appeals/report.html", form, TooManyTries.status)
    photos = read_photos(form)
    if form.errors:
        return show_form("appeals/report.html", form)
    at = utcnow()
    known = queries.find_by_form(db.session, form.key)
    kept = [] if known else keep_sealed(photos, auditors_key(settings()), hour=hour_of(at))
    letter = letter_of(form, Kind.INTEGRITY, is_sealed=True)
    sent = transitions.receive(letter, form_key=form.key, at=at, photos=kept)
    db.session.commit()
    return after_sending(form.key, sent)


def check_about(form: LetterForm) -> None:
    """Whether what it is about exists, as far as everybody may know."""
    is_asked = form.about.data and form.number.data and not form.number.errors and not form.about.errors
    if is_asked and not queries.is_there(db.read, form.about.data, form.number.data):
        form.add_error("number", gettext("There is none with this number. Look at its address once more."))


def read_photos(form: ReportForm) -> list[Photo]:
    """The photos without anything but pixels; sentences about refused ones stand beside the field."""
    if len(form.uploads) > MOST_PHOTOS:
        form.add_error("photos", gettext("Three photos at most. Please choose again."))
        return []
    photos = []
    for upload in form.uploads:
        try:
            photos.append(read_photo(upload.stream))
        except PhotoRefused as refused:
            form.add_error("photos", refusal(refused.reason, upload.filename[-60:]))
    return photos


def letter_of(form: LetterForm, kind: Kind, *, is_sealed: bool) -> Letter:
    number = form.number.data if form.about.data else None
    return Letter(
        kind=kind,
        region_code=form.region.data,
        text=form.words.data,
        locale=current_language(),
        contact=form.contact,
        about_request_id=number if form.about.data == "request" else None,
        about_deed_id=number if form.about.data == "deed" else None,
        is_sealed=is_sealed,
    )


def show_form(template: str, form: LetterForm, status: int | None = None) -> Response:
    language = current_language()
    total, by_region, by_kind = queries.read_figures(db.read)
    known = places(db.read)
    html = render_template(
        template,
        form=form,
        notes={kind.value: kind_note(kind.value) for kind in Kind},
        days=settings().appeal_days,
        kept_days=settings().keep_appeals_days,
        has_auditors=bool(auditors_key(settings())),
        is_only_looking=has_demonstration_key(settings()),
        desks=list_desks(),
        total=total,
        regions=[(known.name(code, language), figures) for code, figures in by_region.items()],
        kinds=[(kind_label(kind), figures) for kind, figures in by_kind.items()],
        active="ask",
    )
    return private(make_response(html, status or (422 if form.errors else 200)))


# ---- the code ----


def after_sending(form_key: str, sent: transitions.Received) -> Response:
    """To the page with the code; the browser keeps what the code is made from until it is written down."""
    if sent.appeal.is_code_kept:
        notice = gettext("This was sent already, and you have written down its code.")
        return redirect_to("/appeals/status", notice=notice, tone="sky")
    response = redirect_to("/appeals/code")
    response.set_cookie(
        cookie_name(),
        form_key,
        max_age=SHOWN_SECONDS[sent.appeal.for_auditors],
        secure=is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def cookie_name() -> str:
    return f"__Host-{COOKIE}" if is_secure() else COOKIE


def find_sent() -> Appeal | None:
    """What this browser sent and has not yet written down the code of."""
    form_key = request.cookies.get(cookie_name(), "")
    appeal = queries.find_by_form(db.read, form_key) if form_key else None
    return None if appeal is None or appeal.is_code_kept else appeal


def tell_no_code() -> Response:
    notice = gettext("There is no code to show here. Type yours, if you have one.")
    return redirect_to("/appeals/status", notice=notice, tone="sky")


def show_code() -> Response:
    appeal = find_sent()
    if appeal is None:
        return tell_no_code()
    if request.method == "POST":
        transitions.keep_code(transitions.lock_appeal(appeal.id))
        db.session.commit()
        response = redirect_to("/appeals/status", notice=gettext("Good. With this code you see here how it stands."))
        response.delete_cookie(cookie_name(), secure=is_secure(), httponly=True, samesite="Strict")
        return response
    return private(make_response(render_template("appeals/code.html", **code_sheet(appeal), active="ask")))


def save_code() -> Response:
    """The same as a text file."""
    appeal = find_sent()
    if appeal is None:
        return tell_no_code()
    return private_file(render_template("appeals/code.txt", **code_sheet(appeal)), "code.txt")


def code_sheet(appeal: Appeal) -> dict[str, Any]:
    """What is printed, saved and shown after sending."""
    return {
        "where": f"{settings().site_url}/appeals/status",
        "code": group_code(code_of_form(request.cookies[cookie_name()])),
        "card": cards.make_card(appeal, places(db.read), utcnow()),
        "desks": None if appeal.for_auditors else desks_instead(appeal.region_code),
    }


# ---- behind the code ----


def show_status() -> Response:
    form = CodeForm.posted() if request.method == "POST" else CodeForm()
    if request.method == "GET":
        return show_code_form(form)
    appeal = find_appeal(form)
    return show_appeal(appeal, str(form.read)) if appeal else show_code_form(form)


def find_appeal(form: CodeForm) -> Appeal | None:
    """The appeal of the code that was typed, or `None` and a sentence beside the field."""
    if not form.validate():
        return None
    may_try = spend_code(1)
    appeal = queries.find_by_code(db.read, str(form.read)) if may_try else None
    if appeal is None:
        form.add_error(
            "code",
            gettext("We know no appeal with this code. Compare it with your note.")
            if may_try
            else TooManyTries().sentence(),
        )
        return None
    spend_code(-1)
    return appeal


def add_word() -> Response:
    return act_on_thread(Verb.WORD, transitions.say, gettext("Your words are with us."))


def reopen_appeal() -> Response:
    return act_on_thread(Verb.REOPEN, transitions.reopen, gettext("It is open again. You get a new answer."))


def act_on_thread(verb: Verb, transition: Any, notice: str) -> Response:
    """One of the sender's verbs that need words; the page comes back with them, or with what to mend."""
    code_form, form = CodeForm.posted(), WordForm.posted(prefix=f"{verb.value}-")
    found = find_appeal(code_form)
    if found is None:
        return show_code_form(code_form)
    if switched_to():
        return show_appeal(found, str(code_form.read), {verb.value: form})
    if not form.validate():
        if (Status(found.status), verb) not in MOVES:
            raise NotAllowed("moved_on")
        if verb is Verb.REOPEN and found.reopened_at:
            raise NotAllowed("reopened_once")
        return show_appeal(found, str(code_form.read), {verb.value: form})
    if not limits.spend(db.session, limits.WORDS_BY_APPEAL, str(found.id), at=utcnow()):
        db.session.commit()
        form.add_error("words", TooManyTries().sentence())
        return show_appeal(found, str(code_form.read), {verb.value: form})
    transition(transitions.lock_appeal(found.id), form.words.data, form_key=form.key, at=utcnow())
    db.session.commit()
    return show_appeal(fresh(found.id), str(code_form.read), notice=notice)


def withdraw_appeal() -> Response:
    code_form = CodeForm.posted()
    found = find_appeal(code_form)
    if found is None:
        return show_code_form(code_form)
    transitions.withdraw(transitions.lock_appeal(found.id), at=utcnow())
    db.session.commit()
    notice = gettext("You have taken it back. What you wrote is deleted.")
    return show_appeal(fresh(found.id), str(code_form.read), notice=notice)


def fresh(appeal_id: int) -> Appeal:
    """As it is now, after the change."""
    return db.read.get_one(Appeal, appeal_id, populate_existing=True)


def show_appeal(appeal: Appeal, code: str, forms: dict[str, Any] | None = None, *, notice: str = "") -> Response:
    """The page behind the code; ``forms`` holds the one that came back, to be mended or in another language."""
    verbs = {move.value for status, move in MOVES if status == Status(appeal.status)}
    card = cards.make_card(appeal, places(db.read), utcnow())
    html = render_template(
        "appeals/status.html",
        card=card,
        code=group_code(code),
        words=cards.thread_for_sender(appeal, queries.list_entries(db.read, appeal.id), code),
        verbs=verbs - ({Verb.REOPEN.value} if card.was_reopened else set()),
        forms={name: WordForm(prefix=f"{name}-").with_key() for name in ("word", "reopen")} | (forms or {}),
        days=settings().appeal_days,
        looks=queries.count_looks(db.read, appeal.id),
        desks=None if appeal.for_auditors else desks_instead(appeal.region_code),
        notice=notice,
        active="ask",
    )
    return private(make_response(html, 422 if any(form.errors for form in (forms or {}).values()) else 200))


def show_code_form(form: CodeForm) -> Response:
    html = render_template("appeals/code_form.html", form=form, active="ask")
    return private(make_response(html, 422 if form.errors else 200))


# ---- limits: by a keyed hash of address and hour, which says nothing to anybody once the hour is over ----


def hourly_key() -> str:
    """Stands for the sender's address within this hour only: nothing made of an address outlives it."""
    return vault.fingerprint("appeal-limit", f"{hour_of(utcnow()).isoformat()} {client_address()}").hex()


def may_send(form: AppealForm | ReportForm) -> bool:
    """Whether this address has sent few enough; if not, the form says so, with everything that was typed."""
    at = utcnow()
    limits.forget_old(db.session, at=at)
    is_allowed = limits.spend(db.session, limits.APPEAL_BY_ADDRESS, hourly_key(), at=at)
    db.session.commit()
    if not is_allowed:
        form.add_error("words", TooManyTries().sentence())
    return is_allowed


def spend_code(amount: int) -> bool:
    """Only codes that nobody has are counted: a right one is given back."""
    at = utcnow()
    may_try = limits.spend(db.session, limits.CODE_BY_ADDRESS, f"appeal {hourly_key()}", at=at, amount=amount)
    db.session.commit()
    return may_try
