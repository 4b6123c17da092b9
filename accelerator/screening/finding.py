"""Finding private things in a text. Pure: a text in, findings out, each at its place in the text."""

import enum
from dataclasses import dataclass

from accelerator.screening.folding import Folded, Span, fold
from accelerator.screening.handles import find_handles
from accelerator.screening.houses import find_houses
from accelerator.screening.mails import find_mails
from accelerator.screening.money import find_money
from accelerator.screening.numbers import find_cards, find_ibans, find_iins
from accelerator.screening.phones import find_phones
from accelerator.screening.runs import read_runs

#: More than a form takes; what is beyond is not read, and nothing beyond may be published.
LONGEST_TEXT = 20_000


class Kind(enum.StrEnum):
    """What was found."""

    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    IIN = "iin"
    EMAIL = "email"
    HANDLE = "handle"
    HOUSE = "house"
    MONEY = "money"


#: Must go before anybody reads the text.
HARD = frozenset({Kind.PHONE, Kind.CARD, Kind.IBAN, Kind.IIN, Kind.EMAIL})
#: Must be looked at: a coordinator may say that it is fine.
SOFT = frozenset({Kind.HANDLE, Kind.HOUSE, Kind.MONEY})
ALL = HARD | SOFT
#: What those who promised must not be told either; their meeting point and a phone at the gate they may know.
IN_BRIEFING = frozenset({Kind.CARD, Kind.IBAN, Kind.IIN, Kind.MONEY})


@dataclass(frozen=True)
class Finding:
    """One place in a text: ``text`` is what stands from ``start`` to ``end``."""

    kind: Kind
    start: int
    end: int
    text: str


def find_private(text: str, kinds: frozenset[Kind] = ALL) -> list[Finding]:
    """Everything private in a text, in its order, without overlaps.

    Where two overlap the surer one counts: a number with a checksum before a phone, a phone before an address.
    """
    folded = fold(text[:LONGEST_TEXT])
    found: list[tuple[Span, Kind]] = []
    taken = bytearray(len(folded.text))
    for kind, spans in _all_spans(folded):
        for start, end in spans:
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(((start, end), kind))
    places = sorted((*folded.place(span), kind) for span, kind in found if kind in kinds)
    return [Finding(kind, start, end, text[start:end]) for start, end, kind in places]


def _all_spans(folded: Folded) -> list[tuple[Kind, list[Span]]]:
    runs = read_runs(folded.text)
    return [
        (Kind.EMAIL, find_mails(folded.text)),
        (Kind.IBAN, find_ibans(folded.text)),
        (Kind.IIN, find_iins(folded.words, runs)),
        (Kind.CARD, find_cards(folded.words, runs)),
        (Kind.PHONE, find_phones(folded.text, runs)),
        (Kind.HANDLE, find_handles(folded.text)),
        (Kind.HOUSE, find_houses(folded)),
        (Kind.MONEY, find_money(folded.words)),
    ]
