"""Tables of places: regions, and districts inside them."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from accelerator.database import Base


class Region(Base):
    """A region (``parent_code`` empty) or a district of one; codes as in ISO 3166-2, e.g. ``KZ-75/medeu``."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"), index=True)
    name_kk: Mapped[str] = mapped_column(String(120))
    name_ru: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    timezone: Mapped[str] = mapped_column(String(40), default="Asia/Almaty")
    #: The coordinators' telephone, shown to people who ask for help and to volunteers with a task.
    desk_phone: Mapped[str] = mapped_column(String(20), default="")

    def name(self, language: str) -> str:
        """The name in ``language`` (kk, ru or en)."""
        names: dict[str, Any] = {"kk": self.name_kk, "ru": self.name_ru, "en": self.name_en}
        return str(names[language])
