"""The URL table of the desk."""

from flask import Blueprint

from accelerator.access import Access, UrlTable
from accelerator.desk import elsewhere, views
from accelerator.desk.cases import views as cases
from accelerator.desk.intake import views as intake
from accelerator.desk.queue import views as queue
from accelerator.errors import NotFound

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
urls = UrlTable(blueprint)

urls.page("", queue.show_desk, Access.DESK_READER)
urls.page("/count", queue.count_desk, Access.DESK_READER)
urls.page("/day", queue.show_day, Access.DESK_READER)
urls.form("/find", views.find_request, Access.COORDINATOR)
urls.form("/intake", intake.take_in, Access.COORDINATOR)
urls.page("/confirmed", queue.show_confirmed, Access.COORDINATOR)
urls.action("/claims/confirm", queue.confirm_ticked, Access.COORDINATOR)
urls.action("/claims/unconfirm", queue.take_back_ticked, Access.COORDINATOR)
urls.action("/filters", queue.keep_filter, Access.COORDINATOR)
urls.action("/filters/<int:filter_id>/forget", queue.forget_filter, Access.COORDINATOR)
urls.page("/requests", views.list_requests, Access.DESK_READER)
urls.page("/requests/<int:request_id>", cases.show_case, Access.DESK_READER)
urls.form("/requests/new", views.write_request, Access.COORDINATOR)
urls.form("/requests/<int:request_id>/edit", views.edit_request, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/publish", cases.publish_request, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/pause", views.pause_request, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/resume", views.resume_request, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/close", cases.close_request, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/note", cases.add_note, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/call", cases.add_call, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/ask", cases.ask_person, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/read", cases.read_words, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/contact", cases.reveal_contact, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/split", cases.split_request, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/merge", cases.merge_request, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/hand-over", cases.hand_over_request, Access.COORDINATOR)
urls.action("/requests/<int:request_id>/assign", cases.assign_volunteer, Access.COORDINATOR)
urls.action("/claims/<int:claim_id>/unconfirm", views.unconfirm_claim, Access.COORDINATOR)
urls.action("/claims/<int:claim_id>/confirm", views.confirm_claim, Access.COORDINATOR)
urls.action("/claims/<int:claim_id>/dispute", views.dispute_claim, Access.COORDINATOR)
urls.action("/claims/<int:claim_id>/remove", views.remove_claim, Access.COORDINATOR)
urls.action("/claims/<int:claim_id>/no-show", views.mark_no_show, Access.COORDINATOR)
urls.action("/claims/<int:claim_id>/came", views.undo_no_show, Access.COORDINATOR)
urls.action("/deeds/<int:deed_id>/publish", views.publish_deed, Access.COORDINATOR)
urls.action("/deeds/<int:deed_id>/hide", views.hide_deed, Access.COORDINATOR)
urls.action("/deeds/<int:deed_id>/keep", views.keep_deed, Access.COORDINATOR)

blueprint.register_error_handler(NotFound, elsewhere.tell_where)
