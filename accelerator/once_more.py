"""What was typed into a page that has become void (its session is over), to be sent once more by its writer.

It travels in the pages themselves and is kept nowhere.
"""

import json
from dataclasses import dataclass

from flask import Response, current_app, make_response, render_template, request

from accelerator import incoming
from accelerator.safe_next import safe_next
from accelerator.security import TOKEN_FIELD, comes_from_our_page, private

#: What a page of the desk sends along of what it showed: nobody typed it.
CARRIED = frozenset({"seen", "shown"})


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
        return [value for name, value in self.fields if name not in CARRIED and len(value.split()) > 1]


def sound(value: object) -> str:
    """Text that a page can hold."""
    return str(value).encode("utf-8", "ignore").decode("utf-8")


def what_was_typed() -> Typed | None:
    """What this request brings, when our own page sent it and there is something to lose.

    A single button is nothing: whoever presses it again should see how things stand. Passwords are not sent back.
    Where htmx sent it the page with the words stays; a form that waits for the network (``help.js``) sends it again
    as a browser does when no address comes back.
    """
    is_large = (request.content_length or 0) > incoming.WITHOUT_PHOTOS
    if request.url_rule is None or is_large or not comes_from_our_page() or "password" in request.form:
        return None
    fields = [(name, sound(value)) for name, value in request.form.items(multi=True) if name != TOKEN_FIELD]
    typed = Typed(request.path, fields, any(file.filename for file in request.files.values()))
    return typed if typed.words or (has_page() and fields) else None


def has_page() -> bool:
    """Whether the form has a page at its own address."""
    return "GET" in current_app.url_map.bind("").allowed_methods(request.path)


def show_again(typed: Typed, status: int = 200) -> Response:
    """The page with the button that sends it once more, with the token of the session that counts now."""
    return private(make_response(render_template("errors/once_more.html", typed=typed), status))
