"""The URL table of accounts."""

from flask import Blueprint

from accelerator.access import Access, UrlTable
from accelerator.accounts import signed_out, views
from accelerator.errors import OutOfDate, SignInNeeded

blueprint = Blueprint("accounts", __name__)
urls = UrlTable(blueprint)

urls.form("/login", views.sign_in, Access.ANYONE)
urls.action("/logout", views.sign_out, Access.SIGNED_IN)
urls.form("/register", views.register, Access.ANYONE)
urls.form("/password-reset", views.ask_for_reset, Access.ANYONE)
urls.form("/password-reset/<token>", views.choose_password, Access.ANYONE)
urls.action("/lang/<code>", views.set_language, Access.ANYONE)
urls.form("/me/settings", views.edit_profile, Access.SIGNED_IN)
urls.form("/me/delete", views.delete_account, Access.SIGNED_IN)

blueprint.before_app_request(views.switch_language)
blueprint.app_errorhandler(SignInNeeded)(signed_out.ask_to_sign_in)
blueprint.app_errorhandler(OutOfDate)(signed_out.offer_again)
