"""What a coordinator looks at before something is published: the marked texts, in words, with what to do."""

from dataclasses import dataclass

from accelerator.screening.finding import ALL, HARD, IN_BRIEFING, Kind
from accelerator.screening.marking import mark
from accelerator.screening.words import kind_advice, kind_label


@dataclass(frozen=True)
class MarkedText:
    """A text under its name, in parts: (text, kind) is marked, (text, `None`) is not."""

    name: str
    parts: list[tuple[str, str | None]]


@dataclass(frozen=True)
class Look:
    """What ``screening/_found.html`` shows: marked texts, (kind, what it is, what to do), and what a tick accepts."""

    texts: list[MarkedText]
    kinds: list[tuple[str, str, str]]
    must_go: bool
    accepts: str


def look_at(public: dict[str, str], briefing: tuple[str, str] | None = None, is_somebodys: bool = False) -> Look | None:
    """What a coordinator looks at before publishing; `None` when nothing was found.

    ``public`` maps the name of a text to the text; ``briefing`` is the name and the words for those who promised.
    Where the need is somebody's, the briefing tells no more than the board.
    """
    texts = [MarkedText(name, mark(text)) for name, text in public.items()]
    if briefing:
        texts.append(MarkedText(briefing[0], mark(briefing[1], ALL if is_somebodys else IN_BRIEFING)))
    texts = [text for text in texts if any(kind for _, kind in text.parts)]
    found = {kind for text in texts for _, kind in text.parts if kind}
    if not found:
        return None
    kinds = [(kind.value, kind_label(kind), kind_advice(kind)) for kind in Kind if kind in found]
    return Look(texts, kinds, must_go=bool(HARD & found), accepts=",".join(sorted(found - HARD)))
