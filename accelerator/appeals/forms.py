"""Forms of appeals: writing one, the code, a word, a decision."""

import re
import secrets
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, MultipleFileField, RadioField, SelectField, StringField
from wtforms import TextAreaField as TextArea
from wtforms.validators import Optional

from accelerator import phones
from accelerator.appeals.models import Kind, Outcome
from accelerator.appeals.sealing import Contact
from accelerator.appeals.words import kind_label, outcome_label
from accelerator.codes import read_code
from accelerator.forms import Form, at_most, between, choices, chosen, files_of, required, tidy, tidy_lines
from accelerator.reference import Places

LONGEST_TEXT = 4000
OPEN_KINDS = (Kind.APPLICATION, Kind.COMPLAINT, Kind.SUGGESTION, Kind.THANKS)
ABOUT = (
    ("", _l("Nothing in particular")),
    ("request", _l("A request for help")),
    ("deed", _l("A good deed")),
)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
FORM_KEY = re.compile(r"[0-9a-f]{32}")


def new_form_key() -> str:
    return secrets.token_hex(16)


class KeyedForm(Form):
    """A form that is taken once, however often it is sent."""

    form_key = HiddenField()

    @property
    def key(self) -> str:
        """The key that came with the form, or a new one where somebody tampered with it."""
        given = self.form_key.data or ""
        return given if FORM_KEY.fullmatch(given) else new_form_key()

    def with_key(self) -> Any:
        self.form_key.data = self.key
        return self


class LetterForm(KeyedForm):
    """What all appeals ask for."""

    region = SelectField(_l("Region"), [chosen()], validate_choice=False)
    about = SelectField(_l("What it is about"), choices=choices(ABOUT), default="")
    number = IntegerField(
        _l("Its number"),
        [Optional(), between(1, 10**15)],
        description=_l("The last figures of its address, such as 17 in /requests/17."),
    )
    words = TextArea(_l("Your words"), [required(_l("Please write what it is about.")), at_most(LONGEST_TEXT)])
    name = StringField(_l("Your name"), [at_most(120)], filters=[tidy])
    phone = StringField(_l("Phone"), [at_most(phones.LONGEST)], filters=[tidy])
    email = StringField(_l("E-mail"), [at_most(120)], filters=[tidy])

    def offer(self, places: Places, language: str) -> Any:
        self.region.choices = [("", gettext("Choose")), *places.region_choices(language)]
        return self.with_key()

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        self.words.data = tidy_lines(self.words.data)
        if not self.words.errors and not self.words.data:
            self.add_error("words", gettext("Please write what it is about."))
        known = dict(self.region.choices or [])
        if not self.region.errors and self.region.data not in known:
            self.add_error("region", gettext("Please choose one."))
        if self.about.data and self.number.data is None and not self.number.errors:
            self.add_error("number", gettext("Please give its number, or choose “Nothing in particular”."))
        self._check_contact()
        return is_valid and not self.errors

    def _check_contact(self) -> None:
        refusal = phones.refusal(self.phone.data) if self.phone.data and not self.phone.errors else ""
        if refusal:
            self.add_error("phone", refusal)
        if self.email.data and not self.email.errors and not EMAIL.fullmatch(self.email.data):
            self.add_error("email", gettext("This is not an e-mail address. Write it like name@example.org."))

    @property
    def contact(self) -> Contact:
        phone = phones.read_phone(self.phone.data) if self.phone.data else ""
        return Contact(name=self.name.data or "", phone=phone or "", email=self.email.data or "")


class AppealForm(LetterForm):
    """To the coordinators of a region."""

    kind = RadioField(_l("What would you like to write?"), [chosen()])
    kind.creation_counter = 0  # asked first, so mended first
    about_desk = BooleanField(_l("It is about the coordinators of this region"))

    def offer(self, places: Places, language: str) -> Any:
        self.kind.choices = [(kind.value, kind_label(kind.value)) for kind in OPEN_KINDS]
        return super().offer(places, language)

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if not self.name.data and not self.name.errors:
            self.add_error("name", gettext("Please write your name: the law lets us answer signed appeals only."))
        return not self.errors


class ReportForm(LetterForm):
    """To the auditors, sealed; with a name or without."""

    is_anonymous = BooleanField(_l("I do not want to give my name"))
    photos = MultipleFileField(_l("Photos"), description=_l("Up to three. What a camera writes into them is removed."))

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if not self.is_anonymous.data and not self.name.data and not self.name.errors:
            self.add_error("name", gettext("Please write your name, or tick that you do not want to give it."))
        return not self.errors

    @property
    def uploads(self) -> list[Any]:
        return files_of(self.photos)

    @property
    def contact(self) -> Contact:
        return Contact() if self.is_anonymous.data else super().contact


class CodeForm(Form):
    """The code that opens an appeal."""

    code = StringField(
        _l("Your code"),
        [required(_l("Please type the code that you wrote down."))],
        description=_l("Four groups of four, such as 7K3M-9PQR-2XVT-H4WN. Capital or small, with or without hyphens."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        if is_valid and read_code(self.code.data or "") is None:
            self.add_error("code", gettext("This code has a slip in it. Compare it with what you wrote down."))
            return False
        return is_valid

    @property
    def read(self) -> str | None:
        return read_code(self.code.data or "")


class WordForm(KeyedForm):
    """A word in the thread, or words with which the sender opens it again."""

    words = TextArea(_l("Your words"), [required(_l("Please write something first.")), at_most(LONGEST_TEXT)])

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        self.words.data = tidy_lines(self.words.data)
        if is_valid and not self.words.data:
            self.add_error("words", gettext("Please write something first."))
            return False
        return is_valid


class SeenForm(KeyedForm):
    """A form of the desk: it names the version of the appeal that its page showed."""

    seen_version = HiddenField()

    @property
    def seen(self) -> int:
        text = self.seen_version.data or ""
        return int(text) if text.isdecimal() and len(text) < 10 else 0


class AnswerForm(SeenForm, WordForm):
    words = TextArea(_l("Answer"), [required(_l("Please write something first.")), at_most(LONGEST_TEXT)])


class ReopenForm(SeenForm, WordForm):
    words = TextArea(_l("Reason"), [required(_l("Please give the reason.")), at_most(LONGEST_TEXT)])


class DecideForm(SeenForm, WordForm):
    """How it ends, and why."""

    outcome = RadioField(_l("What came of it?"), [chosen()])
    words = TextArea(
        _l("Reasons"),
        [required(_l("Please give the reasons: the sender reads them.")), at_most(LONGEST_TEXT)],
        description=_l("The sender reads them."),
    )

    def offer(self) -> Any:
        self.outcome.choices = [(outcome.value, outcome_label(outcome.value)) for outcome in Outcome]
        return self


class TransferForm(SeenForm, WordForm):
    """To another region."""

    region = SelectField(_l("Region"), [chosen()], validate_choice=False)
    words = TextArea(
        _l("Reason"),
        [required(_l("Please give the reason.")), at_most(500)],
        description=_l("The sender reads it, and so do the coordinators there."),
    )

    def offer(self, places: Places, language: str, own: str, coordinated: frozenset[str]) -> Any:
        """``coordinated``: the regions with somebody who answers."""
        others = [pair for pair in places.region_choices(language) if pair[0] in coordinated - {own}]
        self.region.choices = [("", gettext("Choose")), *others]
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = super().validate(extra_validators)
        if not self.region.errors and self.region.data not in dict(self.region.choices or []):
            self.add_error("region", gettext("Please choose one."))
            return False
        return is_valid


class AssignForm(SeenForm):
    assignee = SelectField(_l("Who answers it"), coerce=int, validate_choice=False)
