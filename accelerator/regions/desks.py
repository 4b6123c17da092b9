"""The telephones of regions, for pages that say whom to call."""

from accelerator.extensions import db
from accelerator.i18n import current_language
from accelerator.regions.queries import list_coordinated, list_with_desk


def list_desks(language: str | None = None) -> list[tuple[str, str]]:
    """Regions that can be called, in the reader's language or in ``language``, and their telephones."""
    return [(region.name(language or current_language()), region.desk_phone) for region in list_with_desk(db.read)]


def desks_instead(region_code: str) -> list[tuple[str, str]] | None:
    """The telephones that there are, where nobody coordinates the region that should answer; else `None`."""
    return None if region_code in list_coordinated(db.read) else list_desks()
