"""Forms of the desk: a request, hours, a reason, an outcome."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from accelerator import formatting, phones
from accelerator.accounts.forms import CapabilitiesField
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import HelpRequest, Timing
from accelerator.board.search import search_text_of
from accelerator.board.transitions import due_at
from accelerator.config import LANGUAGE_NAMES
from accelerator.forms import Form, TimeTaken, at_most, between, choices, chosen, required, tidy, tidy_lines
from accelerator.reference import Places, codes_of, mask_of, need_choices

DURATIONS = (15, 30, 60, 240, 480)
#: Slips of the finger lie outside; near the ends of the calendar no zone can be reckoned.
YEARS = range(2000, 2100)
TIMINGS = (
    (Timing.ANY.value, _l("At any time")),
    (Timing.BY.value, _l("Until a moment")),
    (Timing.AT.value, _l("At a fixed time")),
    (Timing.REPEATING.value, _l("Every week")),
)


class RequestForm(Form):
    """A request for help as the board shows it. Nothing private belongs here."""

    title = StringField(_l("What is needed"), [required(), at_most(120)], filters=[tidy])
    story = TextAreaField(
        _l("For whom and how, in a few sentences"),
        [required(), at_most(2000)],
        filters=[tidy_lines],
        description=_l("Everyone reads this: no names, phones or house numbers."),
    )
    briefing = TextAreaField(
        _l("What those who promised should know"),
        [at_most(2000)],
        filters=[tidy_lines],
        description=_l(
            "Where to meet, what to bring. Only those who took a place see it. For a particular person name no phone "
            "and no house: both are shown to them when it is time."
        ),
    )
    locale = RadioField(_l("Language of the text"), [chosen()], choices=choices(LANGUAGE_NAMES.items()))
    kind = SelectField(_l("Kind of help"), validate_choice=False)
    place = SelectField(_l("Where"), validate_choice=False)
    timing = RadioField(_l("When"), [chosen()], choices=choices(TIMINGS))
    moment = DateTimeLocalField(
        _l("Day and time"),
        [Optional()],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],  # the first is how older browsers read it back
        description=_l("The beginning, or the latest moment. Leave it empty for any time."),
    )
    minutes = SelectField(_l("How long it takes"), coerce=int, validate_choice=False)
    capacity = IntegerField(_l("How many people"), [InputRequired(_l("Please fill this in.")), between(1, 500)])
    needs = CapabilitiesField(_l("What it takes"), validate_choice=False)
    min_age = RadioField(_l("Who can come"), [chosen()], coerce=int)
    two_adults = BooleanField(_l("Two adults go together"))
    is_asar = BooleanField(_l("Asar: many hands together"))
    for_person = BooleanField(_l("This is for a particular person (another coordinator publishes it)"))
    seen_version = HiddenField()
    #: The values that the page showed (`accelerator.desk.changes`), and the findings that were looked at.
    seen = HiddenField()
    accepted = HiddenField()

    @property
    def seen_number(self) -> int:
        text = self.seen_version.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0

    @property
    def accepted_kinds(self) -> frozenset[str]:
        return frozenset(part for part in (self.accepted.data or "").split(",") if part)

    def offer(self, places: Places, language: str, viewer: Viewer) -> Any:
        """Fill the choices; places are those of the coordinator's own regions."""
        self.kind.choices = [("", gettext("Choose")), *places.kind_choices(language)]
        groups: dict[str, list[tuple[str, str]]] = {"": [("", gettext("Choose"))]}
        for code, name in places.region_choices(language):
            if code in viewer.regions:
                groups[name] = [(code, name), *places.district_choices(code, language)]
        self.place.choices = groups
        self.minutes.choices = [(m, formatting.duration(m)) for m in DURATIONS]
        self.needs.choices = need_choices(language)
        self.needs.data = [code for code in self.needs.data or [] if code in dict(self.needs.choices)]
        self.min_age.choices = [
            (0, gettext("Anyone")),
            (16, gettext("16 and older")),
            (18, gettext("Adults only (heavy or risky work, emergencies)")),
        ]
        self._places = places
        self._allowed = {code for group in groups.values() for code, _ in group if code}
        return self

    def validate(self, extra_validators: Any = None, *, now: datetime | None = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        for name, ok in (
            ("kind", self.kind.data in self._places.kinds),
            ("place", self.place.data in self._allowed),
            ("minutes", self.minutes.data in DURATIONS),
        ):
            if not ok:
                self[name].errors = []
                self.add_error(name, gettext("Please choose one."))
                is_valid = False
        return self._is_timely(now) and is_valid

    def _is_timely(self, now: datetime | None) -> bool:
        if self.timing.data == Timing.ANY:
            self.moment.data = None
            return True
        if self.moment.data is None:
            self.moment.errors = [gettext("Please give a day and a time.")]
            return False
        if self.moment.data.year not in YEARS:
            self.add_error("moment", gettext("Please check the year."))
            return False
        if now and self.place.data in self._allowed and self._moment() <= now:
            self.add_error("moment", gettext("That is in the past. Please give a time to come."))
            return False
        return True

    @property
    def region_code(self) -> str:
        return self._places.regions[self.place.data].parent_code or self.place.data

    def _moment(self) -> datetime:
        zone = self._places.zone(self.region_code)
        return self.moment.data.replace(tzinfo=zone).astimezone(UTC)

    def apply(self, request: HelpRequest, *, at: datetime) -> HelpRequest:
        """Write the form's values into a request."""
        region = self.region_code
        request.title, request.story, request.briefing = self.title.data, self.story.data, self.briefing.data
        request.locale, request.kind_code = self.locale.data, self.kind.data
        request.region_code = region
        request.district_code = self.place.data if self.place.data != region else None
        request.minutes, request.capacity = self.minutes.data, self.capacity.data
        request.needs, request.min_age = mask_of(self.needs.data), self.min_age.data
        request.two_adults, request.is_asar = self.two_adults.data, self.is_asar.data
        request.for_person = self.for_person.data or request.requester_id is not None
        self._apply_time(request, at=at)
        request.search_text = search_text_of(request, self._places)
        return request

    def _apply_time(self, request: HelpRequest, *, at: datetime) -> None:
        request.timing = self.timing.data
        request.starts_at = request.ends_at = None
        if self.timing.data == Timing.BY:
            request.ends_at = self._moment()
        elif self.timing.data != Timing.ANY:
            request.starts_at = self._moment()
            request.ends_at = request.starts_at + timedelta(minutes=request.minutes)
        request.due_at = due_at(request.timing, request.starts_at, request.ends_at, at=at)


def filled_from(request: HelpRequest, places: Places) -> dict[str, Any]:
    """The form's data for an existing request."""
    zone = places.zone(request.region_code)
    moment = request.starts_at or request.ends_at
    return {
        "title": request.title,
        "story": request.story,
        "briefing": request.briefing,
        "locale": request.locale,
        "kind": request.kind_code,
        "place": request.district_code or request.region_code,
        "timing": request.timing,
        "moment": moment.astimezone(zone).replace(tzinfo=None) if moment else None,
        "minutes": request.minutes,
        "capacity": request.capacity,
        "needs": codes_of(request.needs),
        "min_age": request.min_age,
        "two_adults": request.two_adults,
        "is_asar": request.is_asar,
        "for_person": request.for_person,
        "seen_version": str(request.version),
    }


class StandingForm(Form):
    """About one promise: the state in which its page showed it."""

    seen = HiddenField()


class NoShowForm(StandingForm):
    """Nobody came."""


class ConfirmForm(TimeTaken, StandingForm):
    """The hours that count, proposed as the volunteer reported them."""


class ReasonForm(Form):
    """Why; the person concerned reads it."""

    reason = StringField(_l("Reason"), [required(), at_most(500)], filters=[tidy])


#: As pages and people write the number of a request, in Latin and Cyrillic letters: "№ 17", "No. 17", "#17".
NUMBER = re.compile(r"(?:№+|#|n[or°º]?\.?|н(?:омер)?\.?|нөмірі?)?\s*([0-9]{1,9})", re.I)


class FindCaseForm(Form):
    """A request by its number, or all requests of a phone. It is posted: no phone stands in an address or a log."""

    what = StringField(
        _l("Number of the request, or a phone"),
        [required(), at_most(phones.LONGEST)],
        filters=[tidy],
        description=_l("Such as 17, or 8 701 123 45 67. Names are kept encrypted and cannot be searched."),
    )

    @property
    def number(self) -> int | None:
        """The number of a request; `None` when it is a phone."""
        number = NUMBER.fullmatch(self.what.data or "")
        return int(number[1]) if number else None

    @property
    def phone(self) -> str:
        """In E.164."""
        return phones.split_phone(self.what.data or "")[0]

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        if is_valid and self.number is None and not self.phone:
            self.add_error(
                "what", gettext("This is neither a number nor a phone. Write it like 17 or 8 701 123 45 67.")
            )
        return not self.errors
