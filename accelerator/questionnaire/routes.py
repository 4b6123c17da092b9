"""The URL table of the questionnaire: its editor at the desk, and the form on paper."""

from flask import Blueprint

from accelerator.access import Access, UrlTable
from accelerator.questionnaire import views
from accelerator.questionnaire.transitions import DraftChanged, NothingNew, NotReady, StaysHere

blueprint = Blueprint("questionnaire", __name__)
urls = UrlTable(blueprint)
for refusal in (DraftChanged, NotReady, NothingNew, StaysHere):
    blueprint.register_error_handler(refusal, views.tell_on_draft)

urls.page("/help/paper.pdf", views.show_paper, Access.ANYONE)
urls.page("/desk/questionnaire", views.show_versions, Access.QUESTIONNAIRE)
urls.page("/desk/questionnaire/<int:version_id>", views.preview_version, Access.QUESTIONNAIRE)
urls.page("/desk/questionnaire/<int:version_id>/paper.pdf", views.preview_paper, Access.QUESTIONNAIRE)
urls.page("/desk/questionnaire/draft", views.show_draft, Access.QUESTIONNAIRE)
urls.action("/desk/questionnaire/draft", views.start_draft, Access.QUESTIONNAIRE)
urls.action("/desk/questionnaire/draft/move", views.move_part, Access.QUESTIONNAIRE)
urls.action("/desk/questionnaire/draft/remove", views.remove_part, Access.QUESTIONNAIRE)
urls.action("/desk/questionnaire/draft/discard", views.discard_draft, Access.QUESTIONNAIRE)
urls.action("/desk/questionnaire/draft/publish", views.publish_draft, Access.QUESTIONNAIRE)
urls.form("/desk/questionnaire/draft/pages/new", views.add_page, Access.QUESTIONNAIRE)
urls.form("/desk/questionnaire/draft/pages/<page_id>", views.edit_page, Access.QUESTIONNAIRE)
urls.form("/desk/questionnaire/draft/pages/<page_id>/questions/new", views.add_question, Access.QUESTIONNAIRE)
urls.form("/desk/questionnaire/draft/questions/<question_id>", views.edit_question, Access.QUESTIONNAIRE)
urls.form("/desk/questionnaire/draft/consent", views.edit_consent, Access.QUESTIONNAIRE)
