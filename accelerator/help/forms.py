"""Forms of people in need, beside the questionnaire's own pages."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, StringField, TextAreaField

from accelerator.forms import Form, at_most, choices, chosen, required, tidy, tidy_lines


class CheckForm(Form):
    """The last page: agree, and send."""

    consent = BooleanField(
        _l("I have read this and agree"),
        [chosen(_l("Please tick that you agree. Without it we may not keep what you wrote."))],
    )
    #: People do not see it; programs fill it in.
    website = StringField(_l("Leave this empty"))


class CodeForm(Form):
    """ "How do things stand?" """

    code = StringField(_l("Your code"), [required(_l("Please type the code that you were given."))], filters=[tidy])


class WordForm(Form):
    """A word to the coordinators."""

    word = TextAreaField(
        _l("Your word"), [required(_l("Please write something.")), at_most(2000)], filters=[tidy_lines]
    )


class CameForm(Form):
    """The volunteer came. Whether anything was asked in return is asked each time."""

    asked = RadioField(
        _l("Were you asked for anything in return?"),
        [chosen(_l("Please choose one: it protects you and others."))],
        choices=choices([("no", _l("No")), ("yes", _l("Yes"))]),
        description=_l("Money, a gift, a favour, a signature, a vote: anything."),
    )


class SureForm(Form):
    """Something that cannot be taken back."""

    sure = BooleanField(
        _l("Yes, delete everything"), [chosen(_l("Please tick it, so that nothing is deleted by mistake."))]
    )
