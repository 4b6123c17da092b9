"""The look itself. What is shown is in the answer to a POST and nowhere else: no address leads back to it."""

from flask import Response, make_response, render_template

from accelerator.clock import utcnow
from accelerator.current import me
from accelerator.extensions import db
from accelerator.help import reveals
from accelerator.help.contacts.cards import make_contact_card
from accelerator.htmx import wants_partial
from accelerator.reference import places
from accelerator.security import private


def show_contact(request_id: int) -> Response:
    now = utcnow()
    revealed = reveals.reveal(request_id, by=me(), at=now)
    db.session.commit()  # first: nobody sees what was not written down
    card = make_contact_card(revealed, places(db.read), now)
    template = "help/_contact.html" if wants_partial() else "help/contact.html"
    return private(make_response(render_template(template, card=card, request_=revealed.request, active="me")))
