"""Reads the forms out of a page as a browser does: what they hold, what can be chosen, what is told beside a field."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from webtest import TestResponse

VOID = frozenset(
    ("area", "base", "br", "circle", "col", "embed", "hr", "img", "input", "link", "meta", "path", "rect", "use", "wbr")
)
#: Kinds of `<input>` that a person writes words into; browsers that know no other kinds show these, too.
WRITTEN = frozenset({"text", "textarea", "search", "tel", "email", "url", "number", "date", "time", "datetime-local"})
CHOSEN = frozenset({"radio", "checkbox", "select"})
#: What a browser never sends along.
SILENT = frozenset({"submit", "button", "reset", "image"})

Attributes = dict[str, str | None]


@dataclass(frozen=True)
class Field:
    """Everything of one name in a form."""

    name: str
    kind: str
    #: What would be sent if nobody touched it.
    values: tuple[str, ...]
    #: What can be chosen.
    offered: tuple[str, ...] = ()
    #: How many letters a browser lets in.
    most: int | None = None
    is_required: bool = False
    low: int | None = None
    high: int | None = None

    @property
    def is_seen(self) -> bool:
        """Whether a person can fill it in."""
        return self.kind not in ("hidden", "unseen")


@dataclass(frozen=True)
class Form:
    """One form with the address that one of its buttons sends it to."""

    action: str
    method: str
    is_multipart: bool
    #: Whether the browser looks at the fields before it sends them.
    is_checked_first: bool
    fields: tuple[Field, ...]
    #: Name and value of the button, where it has them.
    button: tuple[str, str] | None = None

    def find(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    @property
    def path(self) -> str:
        return urlsplit(self.action).path


@dataclass
class Page:
    """What `read_page` found."""

    language: str = ""
    forms: list[Form] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    #: Sentences beside fields: the id of the paragraph → its words.
    errors: dict[str, str] = field(default_factory=dict)
    #: Sentences without an id: nothing can point to them.
    loose_errors: list[str] = field(default_factory=list)
    #: What fields name as their description.
    described: set[str] = field(default_factory=set)
    #: Where the list at the head of a form leads.
    links: list[str] = field(default_factory=list)
    #: All words of the page, and those in its text areas.
    text: str = ""


@dataclass
class _Raw:
    attributes: Attributes
    controls: list[tuple[str, Attributes, list[tuple[str, bool]], str]] = field(default_factory=list)
    buttons: list[Attributes] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.raw: list[_Raw] = []
        self.words: list[str] = []
        #: Controls and buttons that name their form: (its id, what, attributes).
        self.elsewhere: list[tuple[str, str, Attributes]] = []
        self._open: list[tuple[str, Attributes]] = []
        self._options: list[tuple[str, bool]] = []
        self._option: tuple[str | None, bool] | None = None
        self._text: list[str] | None = None

    @property
    def _form(self) -> _Raw | None:
        return self.raw[-1] if any(tag == "form" for tag, _ in self._open) else None

    def _is_inside(self, id: str) -> bool:
        return any(attributes.get("id") == id for _, attributes in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes: Attributes = dict(attrs)
        self._note(tag, attributes)
        if tag == "form":
            self.raw.append(_Raw(attributes))
        elif tag in ("input", "button"):
            self._keep(tag, attributes)
        elif tag == "select":
            self._options = []
        elif tag == "option":
            self._option, self._text = (attributes.get("value"), "selected" in attributes), []
        elif tag == "textarea" or (tag == "p" and "error" in (attributes.get("class") or "").split()):
            self._text = []
        if tag not in VOID:
            self._open.append((tag, attributes))

    def _note(self, tag: str, attributes: Attributes) -> None:
        if tag == "html":
            self.page.language = attributes.get("lang") or ""
        if attributes.get("id"):
            self.page.ids.add(str(attributes["id"]))
        self.page.described |= set((attributes.get("aria-describedby") or "").split())
        if tag == "a" and self._is_inside("errors"):
            self.page.links.append(attributes.get("href") or "")

    def _keep(self, tag: str, attributes: Attributes) -> None:
        if attributes.get("form"):
            self.elsewhere.append((str(attributes["form"]), tag, attributes))
        elif self._form and tag == "button":
            self._form.buttons.append(attributes)
        elif self._form:
            self._form.controls.append((tag, attributes, [], attributes.get("value") or ""))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not any(tag == open_ for open_, _ in self._open):
            return
        while True:
            closed, attributes = self._open.pop()
            self._close(closed, attributes)
            if closed == tag:
                return

    def _close(self, tag: str, attributes: Attributes) -> None:
        text = "".join(self._text or [])
        if tag == "option" and self._option:
            value, is_selected = self._option
            self._options.append((text if value is None else value, is_selected))
            self._option = self._text = None
        elif tag == "select" and self._form:
            self._form.controls.append((tag, attributes, self._options, ""))
        elif tag == "textarea" and self._form:
            kept = text.removeprefix("\r").removeprefix("\n")  # a first line end is not part of it
            self._form.controls.append((tag, attributes, [], kept))
            self._text = None
        elif tag == "p" and "error" in (attributes.get("class") or "").split():
            self._note_error(attributes, " ".join(text.split()))
            self._text = None

    def _note_error(self, attributes: Attributes, text: str) -> None:
        if attributes.get("id"):
            self.page.errors[str(attributes["id"])] = text
        else:
            self.page.loose_errors.append(text)


def read_page(response: TestResponse) -> Page:
    """The forms and sentences of a page."""
    reader = _Reader()
    reader.feed(response.text)
    reader.close()
    by_id = {str(raw.attributes.get("id")): raw for raw in reader.raw if raw.attributes.get("id")}
    for id, tag, attributes in reader.elsewhere:
        if id not in by_id:
            continue
        if tag == "button":
            by_id[id].buttons.append(attributes)
        else:
            by_id[id].controls.append((tag, attributes, [], attributes.get("value") or ""))
    here = response.request.path_qs
    reader.page.forms = [form for raw in reader.raw for form in _forms_of(raw, here)]
    reader.page.text = "".join(reader.words)
    return reader.page


def _forms_of(raw: _Raw, here: str) -> Iterator[Form]:
    """The form once for each of its buttons that is not like the one before."""
    fields = tuple(_fields_of(raw))
    action = raw.attributes.get("action")
    base = Form(
        action=urljoin(here, action) if action else here,
        method=(raw.attributes.get("method") or "get").lower(),
        is_multipart=raw.attributes.get("enctype") == "multipart/form-data",
        is_checked_first="novalidate" not in raw.attributes,
        fields=fields,
    )
    seen = []
    for button in raw.buttons or [{}]:
        target = button.get("formaction")
        name = button.get("name")
        form = replace(
            base,
            action=urljoin(here, target) if target else base.action,
            button=(name, button.get("value") or "") if name else None,
        )
        if form not in seen:
            seen.append(form)
            yield form


def _fields_of(raw: _Raw) -> Iterator[Field]:
    names = list(dict.fromkeys(str(c[1]["name"]) for c in raw.controls if c[1].get("name")))
    for name in names:
        controls = [control for control in raw.controls if control[1].get("name") == name]
        kind = _kind_of(*controls[0][:2])
        if kind not in SILENT:
            yield _field_of(name, kind, controls)


def _kind_of(tag: str, attributes: Attributes) -> str:
    if attributes.get("tabindex") == "-1":
        return "unseen"
    return (attributes.get("type") or "text") if tag == "input" else tag


def _field_of(name: str, kind: str, controls: list[tuple[str, Attributes, list[tuple[str, bool]], str]]) -> Field:
    _, first, options, text = controls[0]
    offered: tuple[str, ...] = ()
    values: tuple[str, ...] = (text,)
    if kind == "select":
        offered = tuple(value for value, _ in options)
        values = tuple(value for value, is_selected in options if is_selected) or offered[:1]
    elif kind in ("radio", "checkbox"):
        offered = tuple(attributes.get("value") or "on" for _, attributes, _, _ in controls)
        values = tuple(a.get("value") or "on" for _, a, _, _ in controls if "checked" in a)
    elif kind == "file":
        values = ()
    elif len(controls) > 1:
        values = tuple(control[3] for control in controls)
    return Field(
        name,
        kind,
        values,
        offered,
        most=_number(first.get("maxlength")),
        is_required="required" in first,
        low=_number(first.get("min")),
        high=_number(first.get("max")),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.lstrip("-").isdecimal() else None
