"""For each address that a form is sent to: whose browser, on which page, sees that form.

A form that stands on a page of the same address needs no line here. One that is sent elsewhere does:
`test_every_form.test_every_form_is_tried` fails until its page stands in `SCENES`.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import update
from webtest import TestResponse

from accelerator.accounts.tell import tell_person
from accelerator.appeals.forms import new_form_key
from accelerator.appeals.models import Kind
from accelerator.board.models import Claim, ClaimState, HelpRequest, RequestStatus
from accelerator.clock import utcnow
from accelerator.codes import make_code
from accelerator.deeds.models import DeedStatus
from accelerator.extensions import db
from accelerator.help import drafts
from accelerator.help import transitions as help_
from accelerator.help.models import Requester
from accelerator.questionnaire.queries import document_of, find_current
from tests.appeals import letters
from tests.factories import make_request, make_requester
from tests.forms.rendered import read_page
from tests.questionnaire.documents import ANSWERS
from tests.routes import BUILTIN, ROUTES, Actor, World
from tests.site import Site, alone

Open = Callable[[World, Site], TestResponse]


@dataclass(frozen=True)
class Scene:
    """A page with a form in the browser of ``who``."""

    who: Actor
    open: Open
    #: Statuses of "yes" that only who has typed a code gets.
    yes: tuple[int, ...] = ()


def shown(path: Callable[[World], str]) -> Open:
    """A page that opens by its address."""
    return lambda world, site: fetch(site, path(world))


def fetch(site: Site, path: str) -> TestResponse:
    answer = alone(site.web.get, path, status="*")
    assert answer.status_int == 200, f"{path} answered {answer.status}"
    return answer


def send(site: Site, path: str, **typed: str) -> TestResponse:
    """Fill in the form of the page at ``path`` that is sent to itself."""
    form = next(form for form in read_page(fetch(site, path)).forms if form.path == path)
    fields = {field.name: field.values[0] for field in form.fields if field.values} | typed
    return alone(site.web.post, path, fields, status="*")


def hold_draft(site: Site, requester_id: int | None = None, **changes: object) -> None:
    """The browser has filled in the questionnaire or, for somebody who has sent it, holds their code."""
    token = secrets.token_urlsafe(32)
    with site.app.app_context(), db.transaction() as session:
        version = find_current(session)
        draft = drafts.begin(session, token, version_id=version.id, at=utcnow())
        draft.filled.answers = ANSWERS | changes
        draft.filled.done = [page.id for page in document_of(version).pages]
        if requester_id:
            draft.row.requester_id, draft.filled = requester_id, drafts.Filled(code=make_code(), pair="алма 0417")
        draft.keep(at=utcnow())
    site.web.set_cookie("help", token)


def filled_in(path: str) -> Open:
    def open_(_world: World, site: Site) -> TestResponse:
        hold_draft(site)
        return fetch(site, path)

    return open_


def sent(world: World, site: Site) -> TestResponse:
    request_id = world.request(RequestStatus.RECEIVED)
    with site.app.app_context():
        requester_id = make_requester(request_id=request_id)[0]
    hold_draft(site, requester_id)
    return fetch(site, "/help/done")


def show_code(site: Site, code: str) -> None:
    answer = send(site, "/help/status", code=code)
    assert answer.status_int == 303, answer.status


def behind_code(path: str, state: ClaimState = ClaimState.CLAIMED) -> Open:
    """A page behind the code of somebody who asked for help and to whom somebody promised to come."""

    def open_(world: World, site: Site) -> TestResponse:
        request_id, claim_id = world.claimed(state)
        with site.app.app_context():
            code = make_requester(request_id=request_id)[1]
        show_code(site, code)
        return fetch(site, path.format(request=request_id, claim=claim_id))

    return open_


def written_code(_world: World, site: Site) -> TestResponse:
    """The browser has just sent an appeal."""
    form_key = new_form_key()
    with site.app.app_context():
        letters.send(form_key=form_key)
    site.web.set_cookie("appeal", form_key)
    return fetch(site, "/appeals/code")


def thread(*, is_decided: bool = False, kind: Kind = Kind.COMPLAINT) -> Open:
    """The page behind the code of an appeal."""

    def open_(world: World, site: Site) -> TestResponse:
        with site.app.app_context():
            appeal = letters.send(kind)
            if is_decided:
                letters.decide(appeal.id, world.cast.dee)
        answer = send(site, "/appeals/status", code=appeal.code)
        assert answer.status_int == 200, answer.status
        return answer

    return open_


def with_news(world: World, site: Site) -> TestResponse:
    request_id = world.request()
    with site.app.app_context(), db.transaction() as session:
        tell_person(session, world.me.id if world.me else 0, "moved", request_id=request_id, at=utcnow())
    return fetch(site, "/me")


def with_word(world: World, site: Site) -> TestResponse:
    """A case with a word that nobody has read yet."""
    request_id = world.asked()
    with site.app.app_context(), db.transaction() as session:
        request = session.get_one(HelpRequest, request_id)
        by = session.get_one(Requester, request.requester_id)
        help_.add_word(request_id, "Please knock.", by=by, at=utcnow())
    return fetch(site, f"/desk/requests/{request_id}")


def ready(world: World) -> str:
    """The case of somebody whom the desk has called."""
    request_id = world.asked()
    with world.app.app_context(), db.transaction() as session:
        session.execute(update(HelpRequest).where(HelpRequest.id == request_id).values(verified_at=utcnow()))
    return f"/desk/requests/{request_id}"


def case(world: World) -> str:
    return f"/desk/requests/{world.asked(RequestStatus.OPEN)}"


def case_with(state: ClaimState) -> Callable[[World], str]:
    return lambda world: f"/desk/requests/{world.claimed(state)[0]}"


def confirmed_case(world: World) -> str:
    claim_id = world.confirmed()
    with world.app.app_context():
        return f"/desk/requests/{db.read.get_one(Claim, claim_id).request_id}"


def queue(make: Callable[[World], object], reason: str) -> Callable[[World], str]:
    def path(world: World) -> str:
        make(world)
        return f"/desk?reason={reason}"

    return path


def kept_views(world: World) -> str:
    world.kept_filter()
    return "/desk"


def changed_draft(world: World) -> str:
    return world.draft()


def appeal(world: World) -> str:
    return f"/desk/appeals/{world.appeal()}"


def card(world: World) -> str:
    """The board with one card: what other tests have put there may be full or fill the page."""
    word = secrets.token_hex(4)
    with world.app.app_context():
        make_request(title=f"Bread for {word}", capacity=3)
    return f"/requests?q={word}"


def sealed(world: World) -> str:
    return f"/desk/appeals/{world.sealed()}"


V, D, A, E, N = Actor.VOLUNTEER, Actor.COORDINATOR, Actor.AUDITOR, Actor.EDITOR, Actor.VISITOR
STATUS = "/help/status/requests/<int:request_id>"
CASE = "/desk/requests/<int:request_id>"
CLAIM = "/desk/claims/<int:claim_id>"
LETTER = "/desk/appeals/<int:appeal_id>"
SEALED = "/desk/appeals/sealed/<int:appeal_id>"
DRAFT = "/desk/questionnaire/draft"

SCENES: dict[str, tuple[Scene, ...]] = {
    # --- everybody ---
    "/lang/<code>": (Scene(N, shown(lambda _: "/requests")), Scene(V, shown(lambda _: "/deeds"))),
    "/logout": (Scene(V, shown(lambda _: "/me")),),
    "/deeds/<int:deed_id>/thank": tuple(Scene(who, shown(lambda w: f"/deeds/{w.deed()}")) for who in (N, V)),
    # --- people in need ---
    "/help/<page_name:page_id>": tuple(
        Scene(N, filled_in(f"/help/{page.id}")) for page in BUILTIN.pages_asked(ANSWERS)
    ),
    "/help/start-anew": (Scene(N, filled_in("/help")),),
    "/help/check": (Scene(N, filled_in("/help/check")),),
    "/help/done": (Scene(N, sent),),
    "/help/status/close": (Scene(N, behind_code("/help/status")),),
    f"{STATUS}/word": (Scene(N, behind_code("/help/status/requests/{request}/word")),),
    f"{STATUS}/time": (Scene(N, behind_code("/help/status/requests/{request}/time")),),
    f"{STATUS}/helped": (Scene(N, behind_code("/help/status/requests/{request}/helped")),),
    f"{STATUS}/withdraw": (Scene(N, behind_code("/help/status/requests/{request}/withdraw")),),
    "/help/status/claims/<int:claim_id>/came": (
        Scene(N, behind_code("/help/status/claims/{claim}/came")),
        Scene(N, behind_code("/help/status/claims/{claim}/came", ClaimState.REPORTED)),
    ),
    "/help/status/erase": (Scene(N, behind_code("/help/status/erase"), (200,)),),
    # --- appeals ---
    "/appeals/code": (Scene(N, written_code),),
    "/appeals/status/word": (Scene(N, thread(), (200,)), Scene(V, thread(kind=Kind.INTEGRITY), (200,))),
    "/appeals/status/reopen": (Scene(N, thread(is_decided=True), (200,)),),
    "/appeals/status/withdraw": (Scene(N, thread(), (200,)), Scene(N, thread(is_decided=True), (200,))),
    f"{LETTER}/reopen": (Scene(D, shown(lambda w: f"/desk/appeals/{w.decided_appeal()}")),),
    **{f"{LETTER}/{verb}": (Scene(D, shown(appeal)),) for verb in ("assign", "answer", "transfer", "close", "contact")},
    **{f"{SEALED}/{verb}": (Scene(A, shown(sealed)),) for verb in ("answer", "close")},
    f"{SEALED}/reopen": (Scene(A, shown(lambda w: f"/desk/appeals/{w.decided_appeal(Kind.INTEGRITY)}")),),
    # --- mine ---
    "/requests/<int:request_id>/claim": (
        Scene(V, shown(lambda w: f"/requests/{w.request()}")),
        Scene(V, shown(card)),
    ),
    "/requests/<int:request_id>/release": (Scene(V, shown(lambda w: f"/requests/{w.my_request()}")),),
    "/requests/<int:request_id>/start": (Scene(V, shown(lambda w: f"/requests/{w.my_request()}")),),
    "/requests/<int:request_id>/contact": (Scene(V, shown(lambda w: f"/requests/{w.my_errand()}")),),
    "/me/news": (Scene(V, with_news),),
    # --- the desk ---
    "/desk/filters": (Scene(D, shown(lambda _: "/desk?mine=1")),),
    "/desk/filters/<int:filter_id>/forget": (Scene(D, shown(kept_views)),),
    "/desk/claims/confirm": (Scene(D, shown(queue(lambda w: w.claim(), "reported"))),),
    "/desk/claims/unconfirm": (Scene(D, shown(lambda w: f"/desk/confirmed?claim={w.confirmed()}")),),
    f"{CASE}/note": (Scene(D, shown(case)),),
    f"{CASE}/call": (Scene(D, shown(case)), Scene(D, shown(lambda w: f"/desk/requests/{w.asked()}"))),
    f"{CASE}/ask": (Scene(D, shown(case)),),
    f"{CASE}/read": (Scene(D, with_word),),
    f"{CASE}/contact": (Scene(D, shown(case)),),
    f"{CASE}/split": (Scene(D, shown(case)),),
    f"{CASE}/merge": (Scene(D, shown(case)),),
    f"{CASE}/hand-over": (Scene(D, shown(case)),),
    f"{CASE}/assign": (Scene(D, shown(lambda w: f"{case(w)}?who=Ben")),),
    f"{CASE}/publish": (Scene(D, shown(ready)),),
    f"{CASE}/pause": (Scene(D, shown(case)),),
    f"{CASE}/resume": (Scene(D, shown(lambda w: f"/desk/requests/{w.request(RequestStatus.PAUSED)}")),),
    f"{CASE}/close": (Scene(D, shown(case)),),
    f"{CLAIM}/confirm": (Scene(D, shown(case_with(ClaimState.REPORTED))),),
    f"{CLAIM}/unconfirm": (Scene(D, shown(confirmed_case)),),
    f"{CLAIM}/dispute": (Scene(D, shown(case_with(ClaimState.REPORTED))),),
    f"{CLAIM}/remove": (Scene(D, shown(case_with(ClaimState.CLAIMED))),),
    f"{CLAIM}/no-show": (Scene(D, shown(case_with(ClaimState.CLAIMED))),),
    f"{CLAIM}/came": (Scene(D, shown(case_with(ClaimState.NO_SHOW))),),
    "/desk/deeds/<int:deed_id>/publish": (Scene(D, shown(queue(lambda w: w.deed(DeedStatus.PENDING), "deed"))),),
    "/desk/deeds/<int:deed_id>/hide": (Scene(D, shown(queue(lambda w: w.deed(DeedStatus.PENDING), "deed"))),),
    "/desk/deeds/<int:deed_id>/keep": (Scene(D, shown(queue(lambda w: w.reported_deed(), "report"))),),
    # --- the questionnaire ---
    DRAFT: (Scene(E, shown(lambda w: w.no_draft().removesuffix("/draft"))),),
    **{f"{DRAFT}/{verb}": (Scene(E, shown(changed_draft)),) for verb in ("move", "remove", "discard", "publish")},
    f"{DRAFT}/questions/<question_id>": tuple(
        Scene(E, shown(lambda w, name=name: f"{w.draft()}/questions/{name}"), (200,))  # a row of answers was moved
        for name in ("words", "circumstances", "timing")
    ),
    f"{DRAFT}/pages/<page_id>/questions/new": (
        Scene(E, shown(lambda w: f"{w.draft()}/pages/what/questions/new"), (200,)),
    ),
}

#: Forms that only look: the filters of a page stand in its address.
SEARCHES: dict[str, tuple[Scene, ...]] = {
    "/requests": (Scene(N, shown(lambda _: "/requests")), Scene(V, shown(lambda _: "/requests?fits=1"))),
    "/desk": (Scene(D, shown(lambda _: "/desk?mine=1")), Scene(A, shown(lambda _: "/desk"))),
    CASE: (Scene(D, shown(lambda w: f"{case(w)}?who=B")),),
}


def scenes_of(rule: str) -> tuple[Scene, ...]:
    """Where the form that is sent to ``rule`` is seen."""
    if rule in SCENES:
        return SCENES[rule]
    page = ROUTES.get(("GET", rule))
    return (Scene(ROUTES["POST", rule].victim, shown(page.path)),) if page else ()
