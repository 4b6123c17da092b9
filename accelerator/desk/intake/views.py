"""One page with all questions; after it the code and the pair to read out, once."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request

from accelerator.accounts.viewer import Viewer
from accelerator.clock import utcnow
from accelerator.codes import group_code
from accelerator.config import LANGUAGES
from accelerator.current import me, settings
from accelerator.desk.cases.views import describe_related
from accelerator.desk.intake.forms import IntakeForm
from accelerator.desk.queries import find_same_phone
from accelerator.extensions import db
from accelerator.forms import tidy_lines
from accelerator.help import transitions as help_
from accelerator.help.models import Channel
from accelerator.help.transitions import Received, contact_of
from accelerator.i18n import OTHER_LANGUAGE, current_language, switched_to
from accelerator.questionnaire.consent import consent_hash, consent_text
from accelerator.questionnaire.forms import QuestionForm, make_form_for_desk
from accelerator.questionnaire.models import QuestionnaireVersion
from accelerator.questionnaire.queries import document_of, find_current, list_versions
from accelerator.reference import places
from accelerator.security import TOKEN_FIELD, private

#: The name of the buttons that show another version of the questionnaire; a question's name has no hyphen.
OTHER_VERSION = "other-version"


def take_in() -> Response:
    version = version_at_hand()
    document = document_of(version)
    is_posted = request.method == "POST"
    questions = make_form_for_desk(document, {}, places(db.read), current_language(), is_posted)
    if not is_posted:
        return show_intake(questions, IntakeForm.blank(today()).on(version.id))
    frame = IntakeForm.posted().on(version.id)
    if OTHER_VERSION in request.form:
        frame.consent.data = False  # whoever agreed has heard the text of the version that stood here before
    if OTHER_VERSION in request.form or switched_to():
        return show_intake(questions, frame)
    is_fit = frame.is_fit(today())
    if not questions.validate() or not is_fit:
        return show_intake(questions, frame, 422)
    if is_known(questions, frame, me()):
        return show_intake(questions, frame, 422)
    return keep(questions, frame, version.id, consent_hash(document, language_of(questions), settings()))


def version_at_hand() -> QuestionnaireVersion:
    """The version that stands on the paper or on the page that was sent; else the one that is asked now."""
    named = request.form.get(OTHER_VERSION) or request.form.get("version", "")
    found = db.read.get(QuestionnaireVersion, int(named)) if named.isdecimal() and len(named) < 19 else None
    return found if found and found.published_at else find_current(db.read)


def keep(questions: QuestionForm, frame: IntakeForm, version_id: int, hash_: bytes) -> Response:
    at = utcnow()
    received = help_.receive(
        {id_: answer for id_, answer in questions.answers.items() if answer},
        version_id=version_id,
        channel=Channel(frame.channel.data),
        form_key=frame.form_key.data,
        consent_hash=hash_,
        by=me(),
        at=at,
        consent_at=day_of_consent(frame, at),
    )
    db.session.commit()
    return show_code(received)


def day_of_consent(frame: IntakeForm, at: datetime) -> datetime:
    """The day that stands on the paper; on the phone it is now."""
    zone = zone_here()
    is_today = frame.consent_on.data == at.astimezone(zone).date()
    return at if is_today else datetime.combine(frame.consent_on.data, time(12), zone)


def is_known(questions: QuestionForm, frame: IntakeForm, viewer: Viewer) -> bool:
    """Whether this phone asked before, and the coordinator has not been told yet. Told once, they may go on."""
    phone = contact_of(questions.answers).phone
    if not phone or frame.shown.data == phone or help_.is_sent(frame.form_key.data, by=viewer):
        return False
    earlier = find_same_phone(db.read, phone, viewer)
    if not earlier.requests and not earlier.elsewhere:
        return False
    frame.shown.data = phone
    return True


def language_of(questions: QuestionForm) -> str:
    return str(questions.answers.get("language") or current_language())


def today() -> date:
    return utcnow().astimezone(zone_here()).date()


def zone_here() -> ZoneInfo:
    return places(db.read).zone(settings().default_region)


def show_intake(questions: QuestionForm, frame: IntakeForm, status: int = 200) -> Response:
    document = questions.document
    phone = frame.shown.data or ""
    earlier = find_same_phone(db.read, phone, me()) if phone else None
    html = render_template(
        "desk/intake.html",
        questions=questions,
        frame=frame,
        earlier=[describe_related(row) for row in earlier.requests] if earlier else [],
        elsewhere=earlier.elsewhere if earlier else 0,
        consents={code: consent_text(document, code, settings()) for code in LANGUAGES},
        versions=[version.id for version, _ in list_versions(db.read)],
        carried=answers_of_other_versions(questions, frame),
        active="desk",
    )
    return private(make_response(html, status))


def answers_of_other_versions(questions: QuestionForm, frame: IntakeForm) -> list[tuple[str, str]]:
    """What was typed into questions that this version does not ask: whoever goes back to the other finds it again."""
    known = {*questions.data, *frame.data, TOKEN_FIELD, OTHER_VERSION, OTHER_LANGUAGE}
    others = [(name, value) for name, value in request.form.items(multi=True) if name not in known]
    return [(name, tidy_lines(value)) for name, value in others if name.isidentifier()]  # as questions are named


def show_code(received: Received) -> Response:
    """The code and the pair, in the answer to a POST and nowhere else."""
    html = render_template(
        "desk/taken_in.html",
        code=group_code(received.code),
        pair=received.pair,
        where=f"{settings().site_url}/help/status",
        request_=received.request,
        may_open=received.request.region_code in me().regions,
        active="desk",
    )
    return private(make_response(html))
