"""Forms of a case: a note, a call, a question, and what happens to the case as a whole."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, IntegerField, RadioField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from accelerator import formatting
from accelerator.board.models import HelpRequest, Outcome
from accelerator.board.search import normalise
from accelerator.desk.cases.words import call_outcome_label
from accelerator.forms import Form, SearchField, at_most, between, chosen, required, tidy_lines
from accelerator.help.models import CallOutcome
from accelerator.reference import Places

MOST_PARTS = 5
#: The largest number that a row can have.
LARGEST = 2**63 - 1
#: Ends that turn somebody away: they are told why.
TURNED_AWAY = (Outcome.DECLINED.value, Outcome.OUT_OF_SCOPE.value)


class Versioned(Form):
    """A form that names the version of the case that its page showed, so that nobody acts on what they did not read."""

    seen_version = HiddenField()
    #: The values that the page showed (`accelerator.desk.changes`).
    shown = HiddenField()

    @property
    def seen(self) -> int:
        text = self.seen_version.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


class NoteForm(Form):
    """A word for colleagues."""

    note = TextAreaField(_l("Note"), [required(), at_most(2000)], filters=[tidy_lines], id="note-text")


class CallForm(Form):
    """What came of a call."""

    outcome = RadioField(_l("What came of the call?"), [chosen()], id="call-outcome")
    said = TextAreaField(_l("What was said"), [at_most(2000)], filters=[tidy_lines])

    def offer(self) -> Any:
        self.outcome.choices = [(outcome.value, call_outcome_label(outcome.value)) for outcome in CallOutcome]
        return self


class AskForm(Form):
    """A question that the person finds behind their code."""

    question = TextAreaField(
        _l("Your question"),
        [required(), at_most(1000)],
        filters=[tidy_lines],
        description=_l("They read it when they look up their code. For what is urgent, call."),
    )


class CloseForm(Versioned):
    """How a request ended, and why."""

    outcome = RadioField(_l("How did it end?"), [chosen()])
    reason = TextAreaField(
        _l("In a few words"),
        [at_most(1000)],
        filters=[tidy_lines],
        description=_l("Who asked for help reads it behind their code."),
        id="close-reason",
    )

    def offer(self) -> Any:
        self.outcome.choices = [(o.value, formatting.outcome_label(o.value)) for o in Outcome]
        return self

    def validate_reason(self, field: Field) -> None:
        if self.outcome.data in TURNED_AWAY and not field.data:
            raise ValidationError(gettext("Please give the reason: who asked for help reads it."))


class PublishForm(Versioned):
    """The findings that were looked at."""

    accepted = HiddenField()

    @property
    def accepted_kinds(self) -> frozenset[str]:
        return frozenset(part for part in (self.accepted.data or "").split(",") if part)


class SplitForm(Versioned):
    """The kinds of the further needs: one request for each."""

    kinds = SelectMultipleField(
        _l("What else is needed?"),
        [required(_l("Please choose one."))],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_l("Each becomes a request of its own, with the same person, place and time."),
    )

    def offer(self, places: Places, language: str) -> Any:
        self.kinds.choices = places.kind_choices(language)
        known = dict(self.kinds.choices)
        self.kinds.data = [code for code in self.kinds.data or [] if code in known][:MOST_PARTS]
        return self


class MergeForm(Versioned):
    """The request that lives on."""

    other = IntegerField(
        _l("Number of the request that stays"), [InputRequired(_l("Please fill this in.")), between(1, LARGEST)]
    )


class HandOverForm(Versioned):
    """Where to, and why."""

    region = SelectField(_l("To which region?"), validate_choice=False)
    reason = TextAreaField(
        _l("Why"),
        [required(), at_most(500)],
        filters=[tidy_lines],
        description=_l("The coordinators there read it."),
        id="hand-over-reason",
    )

    def offer(self, places: Places, language: str, request: HelpRequest, coordinated: frozenset[str]) -> Any:
        """``coordinated``: the regions with a desk that sees what comes."""
        open_to = coordinated - {request.region_code}
        others = [pair for pair in places.region_choices(language) if pair[0] in open_to]
        self.region.choices = [("", _l("Choose")), *others]
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        if self.region.data in dict(self.region.choices) and self.region.data:
            return is_valid
        self.add_error("region", str(_l("Please choose one.")))
        return False


class FindForm(Form):
    """The beginning of a volunteer's name, or their e-mail."""

    who = SearchField(_l("Name or e-mail"), 254)

    @property
    def spellings(self) -> list[str]:
        """The beginning as names may be written: names are kept as people wrote them."""
        typed = self.who.data or ""
        return sorted({typed, typed.capitalize(), typed.title(), typed.lower()}) if typed else []

    @property
    def email(self) -> str:
        return normalise(self.who.data or "")


class AssignForm(Form):
    """Who was found."""

    user_id = IntegerField(validators=[InputRequired(), between(1, LARGEST)])
