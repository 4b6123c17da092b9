"""Forms of the board: the filters in the address, a claim, a report."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional

from accelerator import policy
from accelerator.accounts.viewer import Viewer
from accelerator.board.models import Credit
from accelerator.board.queries import Filters, Fit
from accelerator.board.search import words_of
from accelerator.forms import (
    Form,
    SearchField,
    TimeTaken,
    at_most,
    between,
    choices,
    chosen,
    required,
    tidy,
    tidy_lines,
)
from accelerator.reference import Places
from accelerator.screening.hints import nothing_private

WHENS = (
    ("today", _l("Today")),
    ("tomorrow", _l("Tomorrow")),
    ("weekend", _l("At the weekend")),
    ("week", _l("Within a week")),
    ("anytime", _l("At any hour")),
)
MINUTES = (
    ("15", _l("I have 15 minutes")),
    ("30", _l("I have 30 minutes")),
    ("60", _l("I have an hour")),
    ("240", _l("I have half a day")),
)


#: What is longer than this is no search, and would stand in every link of the page.
MOST_LETTERS = 200


#: The whole country, for those to whom one region is the natural choice.
EVERYWHERE = "all"


#: Choices that have a quick filter of their own.
QUICK = frozenset({"30", "today", "weekend", "anytime"})


class FilterForm(Form):
    """The board's filters; their names are part of the product's addresses."""

    #: Whether the address names the region, or the reader's own one stands in.
    names_region = False
    #: Whether it names one that there is not.
    names_unknown_region = False

    q = SearchField(_l("Words"), MOST_LETTERS)
    kind = SelectField(_l("Kind of help"), validate_choice=False)
    region = SelectField(_l("Region"), validate_choice=False)
    district = SelectField(_l("District"), validate_choice=False)
    when = SelectField(_l("When"), validate_choice=False)
    minutes = SelectField(_l("How much time I have"), validate_choice=False)
    fits = BooleanField(_l("Fits me"))

    def offer(self, places: Places, language: str, home: str) -> "FilterForm":
        """Fill the choices; whatever the address names that does not exist counts as not named.

        ``home`` is the reader's region: it comes first, and counts while the address names none.
        """
        for code in filter(None, {self.region.data, self.district.data} - {EVERYWHERE}):
            places.regions.look_for(code)  # an import may have added it a moment ago
        everything = [("", _l("All"))]
        self.kind.choices = everything + places.kind_choices(language)
        self.offer_regions(places.region_choices(language), home)
        self.when.choices = everything + list(WHENS)
        self.minutes.choices = everything + list(MINUTES)
        self.district.choices = everything + places.district_choices(self.region.data, language)
        for field in (self.kind, self.district, self.when, self.minutes):
            drop_unknown(field)
        return self

    def offer_regions(self, regions: list[tuple[str, str]], home: str) -> None:
        first = [region for region in regions if region[0] == home]
        others = [region for region in regions if region[0] != home]
        self.region.choices = [*first, (EVERYWHERE, _l("The whole country")), *others]
        self.names_region = self.region.data in {value for value, _ in self.region.choices}
        if not self.names_region:
            self.names_unknown_region = bool(self.region.data)
            self.region.data = self.region.choices[0][0]

    @property
    def is_everywhere(self) -> bool:
        return bool(self.region.data == EVERYWHERE)

    @property
    def has_no_words(self) -> bool:
        """Whether nothing but signs was typed, which nothing can be found by."""
        return bool(self.q.data) and not words_of(self.q.data)

    @property
    def region_name(self) -> str:
        """The chosen region, or the one to come back to from the whole country."""
        names = dict(self.region.choices)
        names.pop(EVERYWHERE)
        return str(names.get(self.region.data) or next(iter(names.values()), ""))

    @property
    def others(self) -> list[tuple[str, str]]:
        """What is chosen and stands on no quick filter: names of fields with the words of the choice."""
        return [
            (field.name, str(dict(field.choices)[field.data]))
            for field in (self.kind, self.district, self.when, self.minutes)
            if field.data and field.data not in QUICK
        ]

    def filters(self, viewer: Viewer | None, min_age: int) -> Filters:
        """The filters as the query wants them; "fits me" is for people we know."""
        fit = None
        if viewer and self.fits.data:
            fit = Fit(viewer.capabilities, policy.age_floor(viewer.age_group, min_age), viewer.region_code)
        return Filters(
            words=words_of(self.q.data),
            kind=self.kind.data,
            region="" if self.is_everywhere else self.region.data,
            district=self.district.data,
            when=self.when.data,
            minutes=int(self.minutes.data or 0),
            fit=fit,
        )

    def as_query(self, **changes: Any) -> dict[str, str]:
        """The filters as parameters of an address, with some changed; empty ones left out, and an unnamed region."""
        values = {field.name: field.data for field in self if field.name != "fits"}
        if not self.names_region:
            del values["region"]
        values["fits"] = "1" if self.fits.data else ""
        return {name: str(value) for name, value in (values | changes).items() if value}


def drop_unknown(field: SelectField) -> None:
    if field.data not in {value for value, _ in field.choices}:
        field.data = ""


class ClaimForm(Form):
    """Take places. ``wait``: join the waiting list if there is none."""

    people = IntegerField(validators=[Optional(), between(1, 100)], default=1)
    wait = BooleanField()


class ReportForm(TimeTaken):
    """ "Done": how long it took, a word, photos, and how to be shown."""

    #: There only where a coordinator has asked something; everything else that is written here may become public.
    answer = TextAreaField(
        _l("Your answer to the coordinator"),
        [required(), at_most(1000)],
        filters=[tidy_lines],
        description=_l("Only coordinators read it."),
    )
    word = TextAreaField(_l("A word about how it went"), [at_most(1000), nothing_private], filters=[tidy_lines])
    photos = MultipleFileField(
        _l("Photos"), description=_l("Up to four. No faces of people in need, no children, no house numbers, please.")
    )
    kept_photos = HiddenField()
    left_out = SelectMultipleField(choices=[], validate_choice=False)
    #: There only where somebody asked for help and could tell it.
    pair = StringField(_l("The word and four digits that they told you"), [at_most(60)], filters=[tidy])
    credit = RadioField(
        _l("How shall we show you?"),
        [chosen()],
        choices=choices(
            [
                (Credit.NAME.value, _l("By my name")),
                (Credit.SOMEONE.value, _l('As "someone good"')),
                (Credit.HIDDEN.value, _l("Not at all")),
            ]
        ),
    )
