"""The URL table of the board."""

from flask import Blueprint

from accelerator.access import Access, UrlTable
from accelerator.board import views
from accelerator.board.transitions import ClaimRefused

blueprint = Blueprint("board", __name__)
urls = UrlTable(blueprint)

urls.page("/requests", views.show_board, Access.ANYONE)
urls.page("/requests/back", views.return_to_board, Access.ANYONE)
urls.page("/requests/<int:request_id>", views.show_request, Access.ANYONE)
urls.page("/requests/<int:request_id>/picture.png", views.share_picture, Access.ANYONE)
urls.action("/requests/<int:request_id>/claim", views.claim_request, Access.SIGNED_IN)
urls.action("/requests/<int:request_id>/release", views.release_request, Access.SIGNED_IN)
urls.action("/requests/<int:request_id>/start", views.start_request, Access.SIGNED_IN)
urls.page("/requests/<int:request_id>/standing", views.show_standing, Access.SIGNED_IN)
urls.form("/requests/<int:request_id>/report", views.report_request, Access.SIGNED_IN)

blueprint.register_error_handler(ClaimRefused, views.refuse_claim)
