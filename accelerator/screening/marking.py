"""Findings shown in their text, and taken out of it. Pure."""

from accelerator.screening.finding import ALL, HARD, Kind, find_private

MASK = "…"


def mark(text: str, kinds: frozenset[Kind] = ALL) -> list[tuple[str, str | None]]:
    """The text in parts, each with the kind of what was found in it."""
    parts: list[tuple[str, str | None]] = []
    end = 0
    for finding in find_private(text, kinds):
        parts += [(text[end : finding.start], None), (finding.text, finding.kind.value)]
        end = finding.end
    parts.append((text[end:], None))
    return [(part, kind) for part, kind in parts if part]


def cut_out(text: str, kinds: frozenset[Kind] = HARD) -> str:
    """The text with "…" in place of what was found."""
    return "".join(MASK if kind else part for part, kind in mark(text, kinds))
