"""Sign in and out, register, a new password, language, profile, leaving for good."""

from flask import Response, abort, after_this_request, current_app, g, make_response, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError

from accelerator import limits
from accelerator.accounts import passwords, queries, sessions, transitions
from accelerator.accounts.forms import (
    UNDER_AGE,
    DeleteForm,
    NewPasswordForm,
    ProfileForm,
    RegisterForm,
    ResetRequestForm,
    SignInForm,
    WithNext,
)
from accelerator.accounts.models import AgeGroup, User
from accelerator.accounts.sessions import current_viewer
from accelerator.accounts.viewer import Viewer
from accelerator.board import transitions as board
from accelerator.clock import utcnow
from accelerator.config import LANGUAGES
from accelerator.current import me, settings
from accelerator.deeds import uploads
from accelerator.errors import DomainError, TooManyTries
from accelerator.extensions import db
from accelerator.htmx import redirect_to
from accelerator.i18n import COOKIE, current_language, switched_to
from accelerator.once_more import Typed, show_again
from accelerator.photos import delete_photo
from accelerator.reference import codes_of, mask_of, places
from accelerator.safe_next import safe_next
from accelerator.security import client_address, private


def sign_in() -> Response:
    if request.method == "GET":
        if current_viewer():
            return redirect_to(safe_next(request.args.get("next")) or first_page())
        return show_sign_in(SignInForm.asked())
    form = SignInForm.posted()
    if not form.validate():
        return show_sign_in(form, 422)
    at = utcnow()
    if not may_try_to_sign_in(form.email.data):
        form.add_error("password", TooManyTries().sentence())
        return show_sign_in(form, 429)
    user = queries.find_by_email(db.read, form.email.data)
    if not passwords.is_password(form.password.data, user.password_hash if user else None) or user is None:
        form.add_error(
            "password", gettext("E-mail and password do not fit together. Try again, or ask for a new password.")
        )
        return show_sign_in(form, 422)
    for limit, key in tries_of(form.email.data):
        limits.spend(db.session, limit, key, at=at, amount=-1)
    sessions.begin(user, at=at)
    db.session.commit()
    typed = Typed.load(request.form.get("typed"))
    if typed is None:
        return go_on(form)
    sessions.new_viewer()  # its token is the one that the page carries
    return show_again(typed)


def may_try_to_sign_in(email: str) -> bool:
    """Counted by account and by address, and most strictly by both together."""
    allowed = spend_all(*tries_of(email))
    db.session.commit()
    return allowed


def tries_of(email: str) -> tuple[tuple[limits.Limit, str], ...]:
    """What a try to sign in counts for; a right password gives it back."""
    return (
        (limits.LOGIN_BY_PAIR, f"{email} {client_address()}"),
        (limits.LOGIN_BY_ACCOUNT, email),
        (limits.LOGIN_BY_ADDRESS, client_address()),
    )


def spend_all(*spent: tuple[limits.Limit, str]) -> bool:
    """Count a try under each of these, up to the first for which it is too much; then False.

    So whoever has used up their own tries does not use up those of others.
    """
    return all(limits.spend(db.session, limit, key, at=utcnow()) for limit, key in spent)


def show_sign_in(form: SignInForm, status: int = 200, typed: str = "") -> Response:
    """The page; ``typed`` (`Typed.dump`) is what they were writing when their session ended, never from an address."""
    typed = typed or request.form.get("typed", "")
    html = render_template("accounts/sign_in.html", form=form, typed=typed, active="me")
    return private(make_response(html, status)) if typed else make_response(html, status)


def go_on(form: WithNext, notice: str = "") -> Response:
    """After signing in: finish the claim that was begun, then go where the person was going.

    ``notice`` is said where there is no claim to speak of.
    """
    viewer = sessions.new_viewer()
    target = safe_next(form.next.data) or first_page(viewer)
    wanted = form.wanted
    if viewer is None or wanted is None:
        return redirect_to(target, notice=notice)
    try:
        taken = board.claim(wanted.request_id, by=viewer, at=utcnow(), people=wanted.people, may_wait=wanted.may_wait)
    except DomainError as refused:
        db.session.rollback()
        return redirect_to(target, notice=refused.sentence(), tone="sun", link=refused.link())
    db.session.commit()
    return redirect_to(target, notice=taken.sentence())


def first_page(viewer: Viewer | None = None) -> str:
    """Where the day begins: at the desk for those who have one, else on one's own page."""
    viewer = viewer or current_viewer()
    return "/desk" if viewer and viewer.reads_desk else url_for("dashboard.show_dashboard")


def register() -> Response:
    form = (RegisterForm.posted() if request.method == "POST" else RegisterForm.asked()).offer(
        places(db.read), current_language(), settings().default_region
    )
    form.offer_ages(settings().min_age)
    if request.method == "GET" or switched_to():
        return show_register(form)
    is_valid = form.validate()
    if form.website.data:
        form.add_error("website", gettext("Leave this empty"))
    if not is_valid or form.website.data:
        return show_register(form, 422)
    if form.age.data == UNDER_AGE:
        form.add_error(
            "age",
            gettext("Come with your class, family or club: the teacher or a parent takes the place for all of you."),
        )
        return show_register(form, 422)
    if not may_register():
        form.add_error("email", TooManyTries().sentence())
        return show_register(form, 429)
    user = add_account(form)
    if user is None:
        form.add_error(
            "email", gettext("There is an account with this address already. Sign in, or ask for a new password.")
        )
        return show_register(form, 422)
    return go_on(form)


def may_register() -> bool:
    allowed = limits.spend(db.session, limits.REGISTER_BY_ADDRESS, client_address(), at=utcnow())
    db.session.commit()
    return allowed


def add_account(form: RegisterForm) -> User | None:
    """The new account, signed in; `None` when the address has one already."""
    at = utcnow()
    try:
        user = transitions.register(
            email=form.email.data,
            password=form.password.data,
            name=form.name.data,
            locale=current_language(),
            region_code=form.region.data,
            district_code=form.district_code,
            age_group=form.age.data,
            capabilities=mask_of(form.capabilities.data),
            at=at,
        )
    except IntegrityError:
        db.session.rollback()
        return None
    sessions.begin(user, at=at)
    db.session.commit()
    return user


def show_register(form: RegisterForm, status: int = 200) -> Response:
    return make_response(render_template("accounts/register.html", form=form, active="me"), status)


def sign_out() -> Response:
    sessions.end_current()
    db.session.commit()
    return redirect_to("/", notice=gettext("You are signed out. See you!"), tone="sky")


def ask_for_reset() -> Response:
    form = ResetRequestForm.posted() if request.method == "POST" else ResetRequestForm.asked()
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        return make_response(render_template("accounts/reset.html", form=form, active="me"), status)
    at = utcnow()
    allowed = spend_all(
        (limits.RESET_BY_PAIR, f"{form.email.data} {client_address()}"),
        (limits.RESET_BY_ACCOUNT, form.email.data),
        (limits.RESET_BY_ADDRESS, client_address()),
    )
    user = queries.find_by_email(db.session, form.email.data)
    if allowed and user:
        transitions.ask_for_reset(user, form.mailed, at=at)
    db.session.commit()
    # The same answer whether or not there is such an account.
    return make_response(render_template("accounts/reset_sent.html", email=form.email.data, active="me"))


def choose_password(token: str) -> Response:
    """The link from the mail. Looking at it changes nothing: mail scanners look, too."""
    form = NewPasswordForm.posted() if request.method == "POST" else NewPasswordForm.asked()
    reset = queries.find_reset(db.read, token, at=utcnow())
    if reset is None:
        return make_response(render_template("accounts/reset_over.html", form=form, active="me"), 410)
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        return make_response(render_template("accounts/new_password.html", form=form, active="me"), status)
    user = transitions.choose_password(token, form.password.data, at=utcnow())
    sessions.begin(user, at=utcnow())
    db.session.commit()
    return go_on(form, gettext("The new password counts from now on."))


def set_language(code: str) -> Response:
    if code not in LANGUAGES:
        abort(404)
    keep_language_of_account(code)
    return keep_language(redirect_to(safe_next(request.form.get("next")) or "/"), code)


def switch_language() -> None:
    """The same choice, made where a form came along: this very answer is in the other language (`switched_to`)."""
    code = switched_to() if request.method == "POST" else None
    if code is None:
        return
    keep_language_of_account(code)
    g.language = code
    after_this_request(lambda response: keep_language(response, code))


def keep_language_of_account(code: str) -> None:
    viewer = current_viewer()
    if viewer and viewer.locale != code:
        transitions.set_language(viewer.id, code)
        db.session.commit()


def keep_language(response: Response, code: str) -> Response:
    """Keep the choice in this browser."""
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(COOKIE, code, max_age=31536000, secure=secure, httponly=True, samesite="Lax")
    return response


def edit_profile() -> Response:
    user = db.read.get_one(User, me().id)
    given = {
        "name": user.name,
        "region": user.region_code,
        "district": user.district_code,
        "capabilities": codes_of(user.capabilities),
        "age": user.age_group,
    }
    form = ProfileForm.posted() if request.method == "POST" else ProfileForm(data=given)
    form.offer(places(db.read), current_language(), settings().default_region)
    form.age.choices = ages_to_choose(user.age_group)
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        html = render_template("accounts/profile.html", form=form, email=user.email, active="me")
        return make_response(html, status)
    transitions.update_profile(
        by=me(),
        name=form.name.data,
        region_code=form.region.data,
        district_code=form.district_code,
        age_group=form.age.data,
        capabilities=mask_of(form.capabilities.data),
        at=utcnow(),
    )
    db.session.commit()
    return redirect_to("/me", notice=gettext("Saved."))


def ages_to_choose(age_group: str) -> list[tuple[str, str]]:
    """Nobody gets younger."""
    adult = (AgeGroup.ADULT.value, gettext("18 or older"))
    if age_group == AgeGroup.ADULT:
        return [adult]
    return [adult, (AgeGroup.YOUNG.value, f"{settings().min_age}–17")]


def delete_account() -> Response:
    form = DeleteForm.posted() if request.method == "POST" else DeleteForm.asked()
    if request.method == "GET" or not form.validate():
        return show_delete(form, 200 if request.method == "GET" else 422)
    user = db.read.get_one(User, me().id)
    if not may_try_to_sign_in(user.email):
        raise TooManyTries
    if not passwords.is_password(form.password.data, user.password_hash):
        form.add_error("password", gettext("That is not your password."))
        return show_delete(form, 422)
    photo_keys = transitions.delete_account(by=me(), at=utcnow())
    sessions.end_current()
    db.session.commit()
    db.forget_old_pages()
    for key in photo_keys:
        delete_photo(uploads.storage(), key)
    return redirect_to(
        "/", notice=gettext("Your account and your data are deleted. Thank you for what you did."), tone="sky"
    )


def show_delete(form: DeleteForm, status: int) -> Response:
    return make_response(render_template("accounts/delete.html", form=form, active="me"), status)
