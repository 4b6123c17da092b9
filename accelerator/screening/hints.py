"""A word to the writer of a text that everyone will read, beside its field."""

from typing import Any

from flask_babel import gettext
from wtforms.validators import ValidationError

from accelerator.screening.finding import HARD, find_private
from accelerator.screening.words import list_kinds


def nothing_private(_form: Any, field: Any) -> None:
    """A validator: no phones, cards, accounts, identification numbers or e-mail addresses."""
    found = [finding.kind for finding in find_private(field.data or "", HARD)]
    if found:
        raise ValidationError(
            gettext("Everyone will read this. Please leave out what is private: %(what)s.", what=list_kinds(found))
        )
