"""What can go wrong in the domain, and how it is told: a page, or a notice on the page that is open."""

from flask import Flask, Response, current_app, make_response, render_template
from flask_babel import gettext
from sqlalchemy.exc import InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from accelerator.extensions import db
from accelerator.htmx import is_htmx
from accelerator.i18n import current_language


class DomainError(Exception):
    """Something that a person can be told about. ``status`` is the HTTP status of the answer."""

    status = 400

    def sentence(self) -> str:
        """What happened and what to do, in the reader's language."""
        return gettext("That did not work. Please go back and try again.")

    def link(self) -> str:
        """A page that shows what the sentence speaks of, where there is one."""
        return ""


class NotFound(DomainError):
    """No such thing, or not for this person to know that it exists."""

    status = 404

    def sentence(self) -> str:
        return gettext("There is nothing at this address. It may have been closed or moved.")


class SignInNeeded(DomainError):
    """The page needs an account; after signing in the person goes on where they were."""

    status = 401

    def sentence(self) -> str:
        return gettext("Please sign in first.")


class Forged(DomainError):
    """A POST that did not come from our own page, as far as the browser says."""

    status = 403

    def sentence(self) -> str:
        return gettext("This page was open for too long or in another window. Open it again and repeat the step.")


class OutOfDate(Forged):
    """A POST without the token of this session: from a page that was opened in another one, or forged."""


class TooManyTries(DomainError):
    """A limit was reached; it opens again by itself."""

    status = 429

    def sentence(self) -> str:
        return gettext("Too many tries from here. Please wait an hour and try again.")


class NotAllowed(DomainError):
    """A rule of the product stands in the way; the sentence names it."""

    status = 409

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def sentence(self) -> str:
        return {
            "moved_on": gettext("Somebody was faster: this has changed in the meantime. Here is how it stands now."),
            "unread_words": gettext("The person has written: read it first, then confirm."),
            "they_came": gettext("The helped person says that you came. Please tell how it went."),
            "promise_over": gettext("Your promise here has ended; your own page says why."),
            "let_go": gettext("You have let go of your place here. If you can come after all, take one again."),
            "too_early": gettext("It has not begun yet. Look again when its time has come."),
            "own": gettext("Nobody confirms their own deed. Ask another coordinator to look at it."),
            "own_thanks": gettext("This is your own deed: others say thanks for it."),
            "four_eyes": gettext("You wrote this request for someone, so another coordinator publishes it."),
            "not_your_region": gettext("This belongs to another region. Its coordinators decide."),
            "edited": gettext(
                "Another coordinator changed this request while you were writing. Compare and save again."
            ),
            "closed_otherwise": gettext(
                "A colleague has closed this already, in another way than you: the history says how. What you wrote is "
                "still in the form."
            ),
            "changed_since": gettext(
                "This request has changed since you opened it. Read it as it stands now; if it is right, publish it."
            ),
            "look_again": gettext(
                "This request has changed since you opened it, so nothing was done. Look at what is different; if it "
                "is still right, press again."
            ),
            "reopened_once": gettext(
                "This appeal has been opened again once already. Write a new one, and name this one in it."
            ),
            "unverified": gettext("Call the person first: only what has been verified goes on the board."),
            "no_words": gettext("Write the public title and text first; then it can go on the board."),
            "no_reason": gettext("Say in a word or two why you look: it is kept with your role."),
            "undo_over": gettext("Only who confirmed takes it back, and within ten minutes."),
            "no_show_stays": gettext(
                "It can be taken back for a week only, while the request is open at the same hour and has a free place."
            ),
            "not_again": gettext(
                "They cannot have the place again: they are too young for it, are promised elsewhere at that hour, or "
                "have as many promises as one person may have."
            ),
            "not_there": gettext("Choose one that is still open, in a region of yours, and not this one."),
            "on_board": gettext(
                "That one is on the board already and is nobody's in particular. Merge it into this one instead."
            ),
            "many_filters": gettext("Eight kept views are the most. Let go of one first."),
            "erased": gettext("This person's data have been erased: no words to them or about them are kept any more."),
            "nobody_asked": gettext("Nobody in particular asked for this: there is nobody to write to."),
            "capacity": gettext("More people have already promised to come than that. Remove a promise first."),
        }[self.reason]


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, lambda error: tell(error.status, error.sentence()))
    app.register_error_handler(HTTPException, tell_http_error)
    app.register_error_handler(OperationalError, tell_busy)
    app.register_error_handler(PoolTimeout, tell_busy)
    app.register_error_handler(InternalError, tell_busy)  # PostgreSQL while it may only be read
    app.register_error_handler(Exception, tell_broken)


def tell(status: int, sentence: str) -> Response:
    """The error as a notice (htmx) or a page of its own, the transaction rolled back."""
    db.session.rollback()
    if is_htmx():
        response = make_response(draw("errors/_notice.html", text=sentence), status)
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    return make_response(draw("errors/page.html", status=status, text=sentence), status)


def draw(template: str, **values: str | int) -> str:
    """The error in the frame of every page or, where the frame itself cannot ask the database, without it."""
    try:
        return render_template(template, **values)
    except SQLAlchemyError:
        plain = template if is_htmx() else "errors/plain.html"
        return current_app.jinja_env.get_template(plain).render(locale=current_language(), **values)


def tell_http_error(error: HTTPException) -> Response:
    sentences = {
        403: gettext("This page is for coordinators. If you should see it, ask the administrator."),
        404: NotFound().sentence(),
        405: gettext("This address only takes what a form sends. Go back and use the button."),
        413: gettext("That is too large to send. Choose smaller or fewer photos."),
    }
    code = error.code or 500
    response = tell(code, sentences.get(code, gettext("That did not work. Please go back and try again.")))
    if code == 405 and error.response is None:
        response.headers.extend(error.get_headers())  # keeps Allow
        response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


def tell_busy(_error: Exception) -> Response:
    """The database does not answer in time: say so, and when to come back."""
    current_app.logger.exception("The database did not answer")
    response = tell(503, gettext("We are very busy right now. Nothing is lost: please try again in a few seconds."))
    response.headers["Retry-After"] = "5"
    return response


def tell_broken(_error: Exception) -> Response:
    current_app.logger.exception("A page failed")
    return tell(500, gettext("Something broke on our side. We have written it down. Please try again in a minute."))
