"""What was typed into a page that has become void (its session is over), to be sent once more by its writer.

It travels in the pages themselves and is kept nowhere.
"""

import json
from dataclasses import dataclass

from flask import Response, make_response, render_template

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
            typed = cls(str(path), [(str(name), str(value)) for name, value in fields], bool(had_files))
        except (ValueError, TypeError):
            return None
        return typed if safe_next(typed.path) else None

    def dump(self) -> str:
        return json.dumps([self.path, self.fields, self.had_files], ensure_ascii=False)

    def offer(self, status: int = 200) -> Response:
        """The page with the button that sends it once more, with the token of the session that counts now."""
        response = make_response(render_template("accounts/once_more.html", typed=self), status)
        response.headers["Cache-Control"] = "no-store"
        return response
