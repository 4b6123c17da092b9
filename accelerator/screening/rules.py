"""What may be published: nothing hard ever, something soft only after a coordinator has looked at it."""

from flask_babel import gettext

from accelerator.errors import DomainError
from accelerator.screening.finding import HARD, IN_BRIEFING, Finding, find_private
from accelerator.screening.words import list_kinds


class PrivateTextFound(DomainError):
    """The text shows something private, or something that nobody has looked at yet."""

    status = 422

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(", ".join(sorted({finding.kind.value for finding in findings})))  # never the words themselves
        self.findings = findings

    def sentence(self) -> str:
        hard = [finding.kind for finding in self.findings if finding.kind in HARD]
        if hard:
            return gettext(
                "Everyone would read something private here: %(what)s. Take it out of the text, then try again.",
                what=list_kinds(hard),
            )
        return gettext(
            "Please look at the marked places once more (%(what)s) and tick that you have looked.",
            what=list_kinds(finding.kind for finding in self.findings),
        )


def check_public(*texts: str, briefing: str = "", accepted: frozenset[str] = frozenset()) -> dict[str, str]:
    """Refuse texts that show something private; what the event says of those that were looked at.

    ``briefing`` is read by those who promised: it may name a house or a phone at the gate, but no card. What is
    for a particular person has none: all its texts are checked alike.
    """
    findings = [finding for text in texts for finding in find_private(text)]
    findings += find_private(briefing, IN_BRIEFING)
    left = [finding for finding in findings if finding.kind in HARD or finding.kind not in accepted]
    if left:
        raise PrivateTextFound(left)
    return {"accepted": ",".join(sorted({finding.kind.value for finding in findings}))} if findings else {}


def is_private(*texts: str) -> bool:
    """Whether a coordinator must look before these texts are published."""
    return any(find_private(text) for text in texts)
