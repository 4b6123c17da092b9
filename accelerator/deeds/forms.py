"""Forms of deeds: telling of one, reporting one."""

from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from accelerator.board.models import Credit
from accelerator.forms import Form, TimeTaken, at_most, between, choices, chosen, required, tidy, tidy_lines
from accelerator.reference import Places
from accelerator.screening.hints import nothing_private

REPORT_REASONS = (
    ("untrue", _l("It did not happen like this")),
    ("private", _l("It shows someone's private life")),
    ("money", _l("It asks for money")),
    ("offensive", _l("It is offensive")),
    ("other", _l("Something else")),
)


class TellForm(TimeTaken):
    """A deed done outside the board."""

    title = StringField(_l("What was done"), [required(), at_most(120), nothing_private], filters=[tidy])
    story = TextAreaField(_l("How it went"), [at_most(2000), nothing_private], filters=[tidy_lines])
    kind = SelectField(_l("Kind of help"), validate_choice=False)
    district = SelectField(_l("Where"), validate_choice=False)
    day = DateField(_l("When"), [InputRequired(_l("Please give a date."))])
    helpers = IntegerField(_l("How many people took part"), [chosen(), between(1, 1000)], default=1)
    helped = IntegerField(_l("How many people were helped"), [Optional(), between(0, 10000)], default=0)
    photos = MultipleFileField(
        _l("Photos"), description=_l("Up to four. No faces of people in need, no children, no house numbers, please.")
    )
    kept_photos = HiddenField()
    left_out = SelectMultipleField(choices=[], validate_choice=False)
    credit = RadioField(
        _l("How shall we show you?"),
        [chosen()],
        choices=choices([(Credit.NAME.value, _l("By my name")), (Credit.SOMEONE.value, _l('As "someone good"'))]),
    )

    def offer(self, places: Places, language: str) -> Any:
        """Fill the choices; what is not offered counts as not chosen."""
        self.kind.choices = [("", gettext("Choose")), *places.kind_choices(language)]
        groups: dict[str, list[tuple[str, str]]] = {"": [("", gettext("Choose"))]}
        for code, name in places.region_choices(language):
            groups[name] = [(code, name), *places.district_choices(code, language)]
        self.district.choices = groups
        if self.district.data not in places.regions:
            self.district.data = ""
        if self.kind.data not in places.kinds:
            self.kind.data = ""
        return self

    def validate(self, extra_validators: Any = None, *, today: date | None = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        for field in (self.kind, self.district):
            if not field.data:
                self.add_error(field.name, gettext("Please choose one."))
                is_valid = False
        if self.day.data and today and not date(today.year - 1, 1, 1) <= self.day.data <= today:
            self.add_error("day", gettext("A day of this year or last year that is not in the future, please."))
            is_valid = False
        return is_valid

    def noon(self, zone: Any) -> datetime:
        """The day as a moment: its noon in the region's zone."""
        return datetime(self.day.data.year, self.day.data.month, self.day.data.day, 12, tzinfo=zone)


class DeedReportForm(Form):
    """A reader's word that something is wrong."""

    reason = RadioField(_l("What is wrong?"), [chosen()], choices=choices(REPORT_REASONS))
    note = TextAreaField(_l("In your own words"), [at_most(1000)], filters=[tidy_lines])
