"""The URL table of the volunteer's own page."""

from flask import Blueprint

from accelerator.access import Access, UrlTable
from accelerator.dashboard import views

blueprint = Blueprint("dashboard", __name__)
urls = UrlTable(blueprint)

urls.page("/me", views.show_dashboard, Access.SIGNED_IN)
urls.action("/me/news", views.read_news, Access.SIGNED_IN)
