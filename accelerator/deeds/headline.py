"""What leads a deed: the doer's own word where it was told in one, what was asked for behind it."""

import re
from typing import Any, NamedTuple

from flask_babel import gettext

LONGEST = 120
#: The end of a sentence, before the next one or a new line.
END = re.compile(r"(?<=[.!?…])\s+|\n+")


class Headline(NamedTuple):
    """A title, the rest of the story, and the title of the request that it answered ('' for none)."""

    title: str
    rest: str
    request: str


def headline(deed: Any) -> Headline:
    """``deed`` has ``claim_id``, ``title`` (the request's, when it came of a claim) and ``story``."""
    if deed.claim_id is None:
        return Headline(deed.title, deed.story, "")
    if not deed.story:
        return Headline(gettext("Help was given"), "", deed.title)
    return Headline(*first_sentence(deed.story), deed.title)


def first_sentence(story: str) -> tuple[str, str]:
    """The story's first sentence and the rest; a long one is cut between words."""
    first, *others = END.split(story, maxsplit=1)
    if len(first) <= LONGEST:
        return first, others[0] if others else ""
    cut = story.rfind(" ", 0, LONGEST) if " " in story[:LONGEST] else LONGEST - 1
    return f"{story[:cut]}…", f"…{story[cut:].lstrip()}"
