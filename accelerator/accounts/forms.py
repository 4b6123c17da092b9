"""Forms of accounts: register, sign in, a new password, the profile."""

import re
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from accelerator.accounts.models import AgeGroup
from accelerator.accounts.pending_claim import Wanted, unseal
from accelerator.forms import Form, at_most, chosen, required, tidy
from accelerator.reference import Places, capability_choices
from accelerator.safe_next import safe_next

UNDER_AGE = "under"
SHORTEST_PASSWORD = 10
#: A page whose address holds nothing that somebody could have made up.
PLAIN_PAGE = re.compile(r"/(requests|deeds|desk|me)(/new|/settings|/[0-9]{1,18})?")


def tidy_email(text: str | None) -> str:
    """The form in which addresses are kept and compared."""
    return tidy(text).casefold()


def check_email(_form: Any, field: Any) -> None:
    try:
        validate_email(field.data, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValidationError(gettext("This does not look like an e-mail address. Example: aigerim@mail.kz")) from None


class WithNext(Form):
    """Where to go afterwards, and the place that the person was about to take."""

    next = HiddenField(filters=[tidy])
    claim = HiddenField(filters=[tidy])

    @property
    def wanted(self) -> Wanted | None:
        return unseal(self.claim.data)

    @property
    def onward(self) -> dict[str, str]:
        """What an address has to carry, so that the form behind it goes on to the same place."""
        page = safe_next(self.next.data)
        return ({"next": page} if page else {}) | ({"claim": self.claim.data} if self.wanted else {})

    @property
    def mailed(self) -> dict[str, str]:
        """The same for an address in a mail: anybody can send one to anybody, but no word of theirs stands in it."""
        return {name: value for name, value in self.onward.items() if name == "claim" or PLAIN_PAGE.fullmatch(value)}


class SignInForm(WithNext):
    email = StringField(_l("E-mail"), [required(), at_most(254)], filters=[tidy_email])
    password = PasswordField(_l("Password"), [required(), at_most(200)])


class CapabilitiesField(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class PersonFields(Form):
    """What an account says about a person; choices come from the database."""

    name = StringField(
        _l("Your name"),
        [required(), at_most(80)],
        filters=[tidy],
        description=_l("As others may see it: first name and a letter is enough."),
    )
    region = SelectField(_l("Region"), validate_choice=False)
    district = SelectField(_l("District"), validate_choice=False)
    capabilities = CapabilitiesField(_l("What I can bring"))

    def offer(self, places: Places, language: str, default_region: str) -> Any:
        """Fill the choices. Districts of every region are offered, so that no script is needed."""
        regions = places.region_choices(language)
        self.region.choices = regions
        if self.region.data not in dict(regions):
            self.region.data = default_region
        self.district.choices = {
            "": [("", gettext("I would rather not say"))],
        } | {
            name: places.district_choices(code, language)
            for code, name in regions
            if places.district_choices(code, language)
        }
        self.capabilities.choices = capability_choices(language)
        self.capabilities.data = [c for c in self.capabilities.data or [] if c in dict(self.capabilities.choices)]
        if self.district.data not in places.regions:
            self.district.data = ""
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        if self.district.data and self.district_code is None:
            region = dict(self.region.choices)[self.region.data]
            self.add_error("district", gettext("This district is not in the region above: %(region)s.", region=region))
            return False
        return is_valid

    @property
    def district_code(self) -> str | None:
        """The district, if it lies in the region."""
        code = self.district.data or ""
        return code if code.startswith(f"{self.region.data}/") else None


class RegisterForm(PersonFields, WithNext):
    email = StringField(_l("E-mail"), [required(), at_most(254), check_email], filters=[tidy_email])
    password = PasswordField(
        _l("Password"),
        [
            required(),
            Length(min=SHORTEST_PASSWORD, max=200, message=_l("Please make it longer: 10 characters at least.")),
        ],
        description=_l("10 characters or more. A few words in a row are easy to remember."),
    )
    age = RadioField(_l("How old are you?"), [chosen()], choices=[])
    #: People never see this field; programs that fill every field give themselves away.
    website = StringField()

    def offer_ages(self, min_age: int) -> "RegisterForm":
        self.age.choices = [
            (AgeGroup.ADULT.value, gettext("18 or older")),
            (AgeGroup.YOUNG.value, f"{min_age}–17"),
            (UNDER_AGE, gettext("Under %(age)d", age=min_age)),
        ]
        return self


class ProfileForm(PersonFields):
    """The profile; the age group can only grow up."""

    age = RadioField(_l("How old are you?"), [chosen()], choices=[])


class ResetRequestForm(WithNext):
    email = StringField(_l("E-mail"), [required(), at_most(254), check_email], filters=[tidy_email])


class NewPasswordForm(WithNext):
    password = PasswordField(
        _l("New password"),
        [
            required(),
            Length(min=SHORTEST_PASSWORD, max=200, message=_l("Please make it longer: 10 characters at least.")),
        ],
        description=_l("10 characters or more. A few words in a row are easy to remember."),
    )


class DeleteForm(Form):
    password = PasswordField(_l("Your password, to be sure"), [required(), at_most(200)])
