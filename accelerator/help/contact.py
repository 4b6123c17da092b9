"""A person's contact, and the only place where it is sealed and opened."""

import json
from dataclasses import asdict, dataclass

from accelerator.extensions import vault
from accelerator.help.models import Requester


@dataclass(frozen=True)
class Contact:
    """Who to ask for, where and how. Every field may be empty."""

    name: str = ""
    #: The number to call, in E.164.
    phone: str = ""
    #: What was written beside it: "daughter", "after six", one more number.
    phone_words: str = ""
    #: Whose phone it is, when it is not the person's own: of whoever speaks for them, a neighbour or a relative.
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
