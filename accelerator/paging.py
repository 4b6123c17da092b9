"""Pages of a list by key: where one ended is written into the address of the next."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cursor:
    """The place in a list after which the next page begins: moment and id of the last row shown."""

    moment: datetime
    id: int

    def __str__(self) -> str:
        return f"{int(self.moment.timestamp() * 1_000_000)}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """A cursor from the address; anything else means the beginning of the list."""
        micros, dash, number = text.partition("-")
        if not dash or not micros.isdecimal() or not number.isdecimal() or len(micros) > 17 or len(number) > 18:
            return None
        return cls(EPOCH + timedelta(microseconds=int(micros)), int(number))
