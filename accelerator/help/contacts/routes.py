"""The URL table of contacts."""

from flask import Blueprint

from accelerator.access import Access, UrlTable
from accelerator.help.contacts import views

blueprint = Blueprint("contacts", __name__)
urls = UrlTable(blueprint)

urls.action("/requests/<int:request_id>/contact", views.show_contact, Access.SIGNED_IN)
