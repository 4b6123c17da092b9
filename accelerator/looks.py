"""What every look at somebody's contact keeps to: a reason at the desk, and so many a day."""

from datetime import timedelta

from flask_babel import gettext

from accelerator.errors import DomainError, NotAllowed

#: Another look of the same person at the same contact within this time is recorded, but not counted.
SAME_LOOK = timedelta(hours=1)
LONGEST_REASON = 200


class TooManyLooks(DomainError):
    """More contacts on one day than a day's help needs."""

    status = 429

    def __init__(self, *, at_desk: bool) -> None:
        super().__init__("too_many_looks")
        self.at_desk = at_desk

    def sentence(self) -> str:
        if self.at_desk:
            return gettext(
                "You have looked at many contacts today, and that is all for one day. "
                "If it cannot wait until tomorrow, ask a colleague of your region."
            )
        return gettext(
            "You have looked at many contacts today, and that is all for one day. "
            "If somebody waits for you now, call your coordinator: they tell you the address."
        )


def read_reason(given: str) -> str:
    """Why a contact is looked at, on one line. Raises `NotAllowed` when nothing is said."""
    reason = " ".join(given.split())[:LONGEST_REASON]
    if not reason:
        raise NotAllowed("no_reason")
    return reason
