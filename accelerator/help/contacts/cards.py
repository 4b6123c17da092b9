"""What a volunteer and the desk see of a contact, in words and links."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from flask_babel import gettext

from accelerator import formatting, policy
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import Claim, HelpRequest
from accelerator.help.contact import Contact
from accelerator.help.models import Step
from accelerator.help.reveals import Revealed, bar_sentence
from accelerator.i18n import current_language
from accelerator.phones import spaced
from accelerator.policy import ContactBar
from accelerator.reference import Places

#: The house in "12, flat 4" or "дом 12/3, кв. 4": what a map needs, without the flat and the code of the entrance.
HOUSE = re.compile(r"\d+\s?[А-Яа-яA-Za-z]?\b(?:\s?/\s?\d+\s?[А-Яа-яA-Za-z]?\b)?")
MAP = "https://2gis.kz/search/"


@dataclass(frozen=True)
class Offer:
    """What a volunteer can ask to see now: the words of the button (empty: none), and a sentence beside it."""

    request_id: int
    button: str
    text: str


@dataclass(frozen=True)
class ContactCard:
    """A contact as ``help/_contact.html`` wants it."""

    request_id: int
    contact: Contact
    is_whole: bool
    phone: str
    map_url: str
    #: From when on the rest is shown.
    later: str
    #: At the desk: numbers that coordinators' own questions asked for, each under its question.
    others: list[tuple[str, str]] = field(default_factory=list)


def make_offer(viewer: Viewer, claim: Claim | None, request: HelpRequest, places: Places, at: datetime) -> Offer | None:
    """What stands on the page of a promise; nothing where there is no contact, or nothing to say of it."""
    bar = policy.contact_bar(viewer, claim, request, at)
    if bar in (ContactBar.NOBODY, ContactBar.NOT_YOURS, ContactBar.WAITING):
        return None
    if bar:
        return Offer(request.id, "", bar_sentence(bar))
    if policy.contact_step(viewer, claim, request, at) is Step.DOOR:
        return Offer(request.id, gettext("Show name, phone and door"), gettext("Each look is written down."))
    return Offer(request.id, gettext("Show the street"), later_sentence(request, places, at))


def make_contact_card(revealed: Revealed, places: Places, at: datetime) -> ContactCard:
    request, contact = revealed.request, revealed.contact
    is_whole = revealed.step is Step.DOOR
    return ContactCard(
        request_id=request.id,
        contact=contact,
        is_whole=is_whole,
        phone=spaced(contact.phone),
        map_url=map_url(contact, places.place(request.region_code, request.district_code, current_language())),
        later="" if is_whole else later_sentence(request, places, at),
    )


def later_sentence(request: HelpRequest, places: Places, at: datetime) -> str:
    opens = policy.door_opens(request)
    if opens is None:
        return ""
    moment = formatting.day_and_time(opens, at, places.zone(request.region_code))
    return gettext("Name, phone and door: from %(time)s, a day before you meet.", time=moment)


def map_url(contact: Contact, place: str) -> str:
    """A search on the map for street and house; the flat is nobody's business there."""
    if not contact.street:
        return ""
    house = HOUSE.search(contact.door)
    parts = (place, contact.street, house[0] if house else "")
    return MAP + quote(" ".join(part for part in parts if part), safe="")
