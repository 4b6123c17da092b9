"""What was found and what to do, in the reader's language."""

from collections.abc import Iterable

from flask_babel import gettext

from accelerator.screening.finding import Kind


def kind_label(kind: str) -> str:
    """One kind: "a phone number"."""
    return {
        Kind.PHONE: gettext("a phone number"),
        Kind.CARD: gettext("a bank card number"),
        Kind.IBAN: gettext("a bank account (IBAN)"),
        Kind.IIN: gettext("an identification number (IIN)"),
        Kind.EMAIL: gettext("an e-mail address"),
        Kind.HANDLE: gettext("a name in a messenger"),
        Kind.HOUSE: gettext("a house or flat number"),
        Kind.MONEY: gettext("words that collect money"),
    }[Kind(kind)]


def list_kinds(kinds: Iterable[str]) -> str:
    """Several kinds, each once, in one order: "a phone number, a house or flat number"."""
    wanted = set(kinds)
    return ", ".join(kind_label(kind) for kind in Kind if kind in wanted)


def kind_advice(kind: str) -> str:
    """What to do about one kind."""
    if kind == Kind.HOUSE:
        return gettext("Everyone would know whose door it is. Leave the district, or a place that belongs to all.")
    if kind == Kind.HANDLE:
        return gettext(
            "A person's name in a messenger is their contact: take it out. That of an organisation may stay."
        )
    if kind == Kind.MONEY:
        return gettext("Help here is free: nothing may be collected. Say what is needed instead.")
    if kind in (Kind.PHONE, Kind.EMAIL):
        return gettext("A contact is never public: who comes to help is shown it apart. Take it out of the text.")
    return gettext("It must never be public. Take it out of the text.")
