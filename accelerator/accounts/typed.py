"""What was typed into a page that has become void (its session is over), to be sent once more by its writer.

It travels in the pages themselves and is kept nowhere.
"""

import json
from dataclasses import dataclass

from accelerator.safe_next import safe_next


@dataclass(frozen=True)
class Typed:
    """The fields of a form, and the path that they were sent to. Files cannot be sent back to a browser."""

    path: str
    fields: list[tuple[str, str]]
    had_files: bool

    @classmethod
    def load(cls, text: str | None) -> "Typed | None":
        """What `dump` gave to a page of ours, come back from it."""
        try:
            path, fields, had_files = json.loads(text or "")
            typed = cls(str(path), [(sound(name), sound(value)) for name, value in fields], bool(had_files))
        except (ValueError, TypeError, RecursionError):
            return None
        return typed if safe_next(typed.path) else None

    def dump(self) -> str:
        return json.dumps([self.path, self.fields, self.had_files], ensure_ascii=False)

    @property
    def words(self) -> list[str]:
        """What a person wrote in words, to be read again before it is sent: codes and numbers have no spaces."""
        return [value for _, value in self.fields if len(value.split()) > 1]


def sound(value: object) -> str:
    """Text that a page can hold."""
    return str(value).encode("utf-8", "ignore").decode("utf-8")
