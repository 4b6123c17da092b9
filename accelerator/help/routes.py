"""The URL table of people in need. Addresses are printed on posters; a code never stands in one."""

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from accelerator.access import Access, UrlTable
from accelerator.errors import Forged, NotAllowed
from accelerator.help import views


class PageName(BaseConverter):
    """The name of a page with questions, as a questionnaire may give it."""

    regex = "[a-z][a-z0-9_]{0,30}"


def know_page_names(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]
    app.url_map.converters["page_name"] = PageName


blueprint = Blueprint("help", __name__)
blueprint.record_once(know_page_names)
urls = UrlTable(blueprint)

urls.page("/help", views.start, Access.ANYONE)
urls.form("/help/<page_name:page_id>", views.fill_page, Access.ANYONE)
urls.action("/help/start-anew", views.forget_draft, Access.ANYONE)
urls.form("/help/check", views.check, Access.ANYONE)
urls.form("/help/done", views.done, Access.ANYONE)
urls.page("/help/done.txt", views.save_code, Access.ANYONE)
urls.form("/help/status", views.show_status, Access.ANYONE)
urls.action("/help/status/close", views.close_status, Access.ANYONE)
urls.form("/help/status/requests/<int:request_id>/word", views.add_word, Access.ANYONE)
urls.form("/help/status/requests/<int:request_id>/time", views.move_time, Access.ANYONE)
urls.form("/help/status/requests/<int:request_id>/helped", views.say_helped, Access.ANYONE)
urls.form("/help/status/requests/<int:request_id>/withdraw", views.withdraw, Access.ANYONE)
urls.form("/help/status/claims/<int:claim_id>/came", views.say_they_came, Access.ANYONE)
urls.form("/help/status/erase", views.erase, Access.ANYONE)

blueprint.register_error_handler(Forged, views.ask_again)
blueprint.register_error_handler(NotAllowed, views.tell_refusal)
blueprint.register_error_handler(views.NoVisit, views.ask_for_code)
