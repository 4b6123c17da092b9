"""Sentences of the board: why a place cannot be taken, and what can be done instead."""

from flask_babel import gettext

from accelerator.policy import ClaimBar


def bar_sentence(bar: ClaimBar, other_title: str = "") -> str:
    """The reason in the reader's language."""
    return {
        ClaimBar.FULL: gettext("The last place was taken a moment ago. You can join the waiting list."),
        ClaimBar.CLOSED: gettext("This one is closed. Others on the board still need help."),
        ClaimBar.PAUSED: gettext("This one is paused. Look in again later, or choose another."),
        ClaimBar.YOURS: gettext("You already have a place here."),
        ClaimBar.OVERLAP: gettext(
            "At that time you promised to be here: %(title)s. Let go of it first, or choose another time.",
            title=other_title,
        ),
        ClaimBar.TOO_YOUNG: gettext("This one is for adults only. Others on the board fit your age."),
        ClaimBar.TOO_MANY: gettext("You have as many promises as one person can keep. Finish one or let one go first."),
        ClaimBar.TOO_FEW_PLACES: gettext("There are fewer places than people you bring. Choose a smaller number."),
    }[bar]
