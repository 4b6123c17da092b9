"""The URL table of deeds and of the first page."""

from flask import Blueprint

from accelerator.access import Access, UrlTable
from accelerator.deeds import views

blueprint = Blueprint("deeds", __name__)
urls = UrlTable(blueprint)

urls.page("/", views.show_home, Access.ANYONE)
urls.page("/share.png", views.share_site, Access.ANYONE)
urls.page("/deeds", views.show_feed, Access.ANYONE)
urls.page("/deeds.atom", views.show_atom, Access.ANYONE)
urls.form("/deeds/new", views.tell_of_deed, Access.SIGNED_IN)
urls.page("/deeds/<int:deed_id>", views.show_deed, Access.ANYONE)
urls.page("/deeds/<int:deed_id>/picture.png", views.share_picture, Access.ANYONE)
urls.action("/deeds/<int:deed_id>/thank", views.thank_for_deed, Access.ANYONE)
urls.form("/deeds/<int:deed_id>/report", views.report_deed, Access.ANYONE)
urls.page("/photos/<string(length=32):key>-<any(small, large):size>.webp", views.show_photo, Access.ANYONE)
