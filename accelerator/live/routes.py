"""The URL table of live pages. The stream itself, ``/live``, has a listener of its own (``hub.py``)."""

from flask import Blueprint

from accelerator.access import Access, UrlTable
from accelerator.live import views

blueprint = Blueprint("live", __name__)
urls = UrlTable(blueprint)

urls.page("/live/changes", views.show_changes, Access.ANYONE)
