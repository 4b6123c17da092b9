"""Days and hours of appeals: by when an answer is owed, and how much of a moment is kept."""

from datetime import date, datetime, timedelta

from accelerator.extensions import db
from accelerator.reference import places
from accelerator.working_days import add_working_days

HOUR = timedelta(hours=1)


def hour_of(at: datetime) -> datetime:
    """The beginning of the hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def due_on(region_code: str, at: datetime) -> date:
    """The day by which an appeal is answered: so many working days after the one on which it came."""
    return add_working_days(day_of(region_code, at), db.settings.appeal_days)


def day_of(region_code: str, at: datetime) -> date:
    return at.astimezone(places(db.session).zone(region_code)).date()
