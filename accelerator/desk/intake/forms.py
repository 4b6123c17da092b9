"""What the desk adds to the questions: how it came, and that the person agreed, and when."""

import secrets
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, RadioField
from wtforms.validators import InputRequired

from accelerator.forms import Form, choices, chosen
from accelerator.help.models import Channel

CHANNELS = (
    (Channel.PHONE.value, _l("By phone")),
    (Channel.PAPER.value, _l("On paper")),
)


class IntakeForm(Form):
    """The frame around the questions."""

    channel = RadioField(_l("How did it come?"), [chosen()], choices=choices(CHANNELS))
    consent = BooleanField(
        _l("The person has heard or read the consent, and agrees"),
        [chosen(_l("Without their consent we may not keep it. Read it to them and ask."))],
    )
    consent_on = DateField(_l("On which day"), [InputRequired(_l("Please give a date."))])
    #: Of the questionnaire, whose questions and consent stand on this page.
    version = HiddenField()
    #: Random: sent twice, it is kept once.
    form_key = HiddenField()
    #: The phone whose earlier requests the coordinator has already been shown.
    shown = HiddenField()

    @classmethod
    def blank(cls, today: date) -> "IntakeForm":
        return cls(data={"channel": Channel.PHONE.value, "consent_on": today, "form_key": secrets.token_hex(16)})

    def on(self, version_id: int) -> "IntakeForm":
        self.version.data = str(version_id)
        return self

    def is_fit(self, today: date) -> bool:
        is_valid = bool(self.validate())
        if is_valid and self.consent_on.data > today:
            self.add_error("consent_on", gettext("That day is still to come."))
            return False
        if not self.form_key.data or len(self.form_key.data) > 64:
            self.form_key.data = secrets.token_hex(16)
        return is_valid
