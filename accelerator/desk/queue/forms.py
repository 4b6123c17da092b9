"""The queue's filters in the address, a name for them, and what was ticked."""

from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField, StringField

from accelerator.accounts.models import Role
from accelerator.accounts.viewer import Viewer
from accelerator.board.search import words_of
from accelerator.desk.queue.queries import MOST, Narrow
from accelerator.desk.queue.reasons import REASONS
from accelerator.forms import Form, SearchField, at_most, required, tidy
from accelerator.reference import Places

DAYS = ("today", "tomorrow")


def regions_of(viewer: Viewer, places: Places) -> tuple[str, ...]:
    """The regions that somebody sees at the desk: their own; auditors see all."""
    if viewer.role == Role.AUDITOR:
        return tuple(code for code, region in sorted(places.regions.items()) if region.parent_code is None)
    return tuple(sorted(viewer.regions))


class QueueForm(Form):
    """The filters of the queue, as they stand in the address. What is not to be had is left out."""

    region = HiddenField()
    reason = HiddenField()
    q = SearchField(_l("Words of the title"), 80)
    kind = SelectField(_l("Kind of help"), validate_choice=False)
    district = SelectField(_l("District"), validate_choice=False)
    mine = BooleanField(_l("Only my cases"))

    def offer(self, places: Places, language: str, regions: tuple[str, ...]) -> Any:
        self._all_regions = regions
        self.region.data = self.region.data if self.region.data in regions else ""
        self.reason.data = self.reason.data if self.reason.data in REASONS else ""
        self.kind.choices = [("", gettext("Any kind")), *places.kind_choices(language)]
        districts = [pair for code in self.regions for pair in places.district_choices(code, language)]
        self.district.choices = [("", gettext("Any district")), *districts]
        for field in (self.kind, self.district):
            known = {value for value, _ in field.choices}
            field.data = field.data if field.data in known else ""
        return self

    @property
    def regions(self) -> tuple[str, ...]:
        """The chosen region, or all."""
        return (self.region.data,) if self.region.data else self._all_regions

    def narrow(self, viewer: Viewer) -> Narrow:
        mine = viewer.id if self.mine.data else 0
        return Narrow(self.kind.data or "", self.district.data or "", words_of(self.q.data or ""), mine)

    def as_query(self, **changes: str) -> dict[str, str]:
        """The filters for an address, some of them changed."""
        chosen = {name: self[name].data or "" for name in ("region", "reason", "q", "kind", "district")}
        chosen["mine"] = "1" if self.mine.data else ""
        return {name: value for name, value in (chosen | changes).items() if value}

    def href(self, **changes: str) -> str:
        query = self.as_query(**changes)
        return f"/desk?{urlencode(query)}" if query else "/desk"


class KeepForm(Form):
    """A name for the filters that are on the page; they come along in the address that the form is sent to."""

    name = StringField(_l("Name of this view"), [required(), at_most(40)], filters=[tidy], id="view-name")


class TickedForm(Form):
    """The claims that were ticked, and all that the page told of."""

    claim = SelectMultipleField(coerce=str, validate_choice=False)
    told = SelectMultipleField(coerce=str, validate_choice=False)

    @property
    def ids(self) -> list[int]:
        """The numbers of those that were ticked."""
        return numbers_in(self.claim.data)

    @property
    def told_ids(self) -> list[int]:
        """The numbers of all that the page told of; those that were ticked are among them."""
        return numbers_in([*(self.told.data or []), *(self.claim.data or [])])


def numbers_in(texts: list[str] | None) -> list[int]:
    """Numbers of claims, each once; what is no number is left out."""
    numbers = [int(text) for text in texts or [] if text.isascii() and text.isdecimal() and len(text) < 19]
    return list(dict.fromkeys(numbers))[:MOST]
