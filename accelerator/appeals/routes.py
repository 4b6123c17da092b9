"""The URL table of appeals: what everybody reaches, and the desk."""

from flask import Blueprint

from accelerator.access import Access, UrlTable
from accelerator.appeals import views
from accelerator.appeals.desk import views as desk_views
from accelerator.appeals.transitions import AppealChanged
from accelerator.desk.elsewhere import tell_where
from accelerator.errors import NotFound

blueprint = Blueprint("appeals", __name__, url_prefix="/appeals")
urls = UrlTable(blueprint)

urls.form("", views.write_appeal, Access.ANYONE)
urls.form("/integrity", views.write_report, Access.ANYONE)
urls.form("/code", views.show_code, Access.ANYONE)
urls.page("/code.txt", views.save_code, Access.ANYONE)
urls.form("/status", views.show_status, Access.ANYONE)
urls.action("/status/word", views.add_word, Access.ANYONE)
urls.action("/status/reopen", views.reopen_appeal, Access.ANYONE)
urls.action("/status/withdraw", views.withdraw_appeal, Access.ANYONE)

desk = Blueprint("appeals_desk", __name__, url_prefix="/desk/appeals")
desk_urls = UrlTable(desk)

desk_urls.page("", desk_views.list_appeals, Access.DESK_READER)
desk_urls.page("/<int:appeal_id>", desk_views.show_case, Access.DESK_READER)
desk_urls.action("/<int:appeal_id>/assign", desk_views.assign_appeal, Access.COORDINATOR)
desk_urls.action("/<int:appeal_id>/answer", desk_views.answer_appeal, Access.COORDINATOR)
desk_urls.action("/<int:appeal_id>/transfer", desk_views.transfer_appeal, Access.COORDINATOR)
desk_urls.action("/<int:appeal_id>/close", desk_views.close_appeal, Access.COORDINATOR)
desk_urls.action("/<int:appeal_id>/reopen", desk_views.reopen_appeal, Access.COORDINATOR)
desk_urls.action("/<int:appeal_id>/contact", desk_views.show_contact, Access.COORDINATOR)
desk_urls.action("/sealed/<int:appeal_id>/answer", desk_views.answer_sealed, Access.AUDITOR)
desk_urls.action("/sealed/<int:appeal_id>/close", desk_views.close_sealed, Access.AUDITOR)
desk_urls.action("/sealed/<int:appeal_id>/reopen", desk_views.reopen_sealed, Access.AUDITOR)

desk.register_error_handler(AppealChanged, desk_views.tell_changed)
desk.register_error_handler(NotFound, tell_where)
desk.app_context_processor(lambda: {"count_open_appeals": desk_views.count_open_appeals})
