"""A person's contact, and the only place where it is sealed and opened."""

import json
from dataclasses import asdict, dataclass

import phonenumbers

from accelerator.extensions import vault
from accelerator.help.models import Requester

#: The country whose way of writing phones is understood without a prefix: 8 701 …, 701 …, +7 701 ….
HOME = "KZ"


@dataclass(frozen=True)
class Contact:
    """Who to ask for, where and how. Phones are E.164; every field may be empty."""

    name: str = ""
    phone: str = ""
    #: Whose phone it is, when it is a neighbour's or a relative's.
    phone_owner: str = ""
    #: Who speaks for the person, and who they are to them.
    speaker: str = ""
    street: str = ""
    #: House, flat, entrance, how to come in.
    door: str = ""


def seal_contact(requester: Requester, contact: Contact) -> None:
    """Write a contact into its row, which has its number and its key already."""
    if requester.key_name is None:
        raise ValueError("an erased requester keeps nothing")
    text = json.dumps(asdict(contact), ensure_ascii=False)
    requester.sealed_contact = vault.seal(requester.key_name, text, requester, "sealed_contact")
    requester.phone_hash = vault.fingerprint("phone", contact.phone) if contact.phone else None


def open_contact(requester: Requester) -> Contact:
    """The contact of a row. Raises `KeyGone` after erasure. Whoever shows it records a reveal in one transaction."""
    if requester.key_name is None or requester.sealed_contact is None:
        return Contact()
    return Contact(**json.loads(vault.open(requester.key_name, requester.sealed_contact, requester, "sealed_contact")))


def read_phone(text: str) -> str | None:
    """A phone in any spelling usual in Kazakhstan as E.164 (``+77011234567``); `None` when it is none."""
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
