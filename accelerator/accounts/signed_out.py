"""When somebody is not signed in, or not any more: they sign in and go on with what they were at."""

from urllib.parse import urlencode

from flask import Response, request, url_for

from accelerator.accounts.forms import SignInForm
from accelerator.accounts.pending_claim import Wanted, seal
from accelerator.accounts.sessions import current_viewer
from accelerator.accounts.views import show_sign_in
from accelerator.errors import OutOfDate, SignInNeeded, tell
from accelerator.htmx import is_htmx, redirect_to
from accelerator.once_more import Typed, has_page, show_again, what_was_typed
from accelerator.safe_next import safe_next
from accelerator.security import comes_from_our_page


def ask_to_sign_in(error: SignInNeeded) -> Response:
    """Send the person to sign in, and remember where they were going, what they wrote and which place they wanted."""
    wanted = {"next": request.path}
    if request.method != "GET":
        wanted["next"] = safe_next(request.form.get("next")) or (request.path if has_page() else "/me")
        if request.endpoint == "board.claim_request" and request.view_args:
            wanted = {
                "next": url_for("board.show_request", **request.view_args),
                "claim": seal(Wanted.read(request.view_args["request_id"], request.form)),
            }
        elif not is_htmx() and (typed := what_was_typed()):
            return show_sign_in(SignInForm(data=wanted), error.status, typed.dump())
    elif request.query_string:
        wanted["next"] = request.full_path
    return redirect_to(f"{url_for('accounts.sign_in')}?{urlencode(wanted)}")


def offer_again(error: OutOfDate) -> Response:
    """The page belongs to a session that is over, but not what was written on it."""
    if is_htmx():
        return tell(error.status, error.sentence())
    carried = Typed.load(request.form.get("typed")) if comes_from_our_page() else None
    if carried and not current_viewer():
        return show_sign_in(SignInForm(data={"next": "/me"}), error.status, carried.dump())
    typed = carried or what_was_typed()
    return show_again(typed, error.status) if typed else tell(error.status, error.sentence())
