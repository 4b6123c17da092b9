"""Fills in the questionnaire in a browser without a screen, as somebody would who reads one page at a time."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import Tag
from webtest import TestResponse

from accelerator.clock import utcnow
from accelerator.help import views
from tests.site import Site

#: What an old neighbour says. Each page takes what it asks for.
SAID: dict[str, Any] = {
    "for_whom": "self",
    "words": "I cannot walk to the shop. Please bring bread.",
    "kind": "errands",
    "place": "KZ-75/medeu",
    "street": "Abay avenue",
    "door": "house 12, flat 417",
    "timing": "any",
    "name": "Bota Secret",
    "contact_way": "phone",
    "phone": "8 (701) 123-45-67",
    "language": "en",
}


def first_page(site: Site) -> TestResponse:
    """The first page with questions."""
    door = site.get("/help")
    link = door.html.select_one("main a.btn-primary")
    assert isinstance(link, Tag)
    return site.get(str(link["href"]))


def asked_on(page: TestResponse) -> set[str]:
    """The names of the questions of a page."""
    form = main_form(page)
    names = {str(field["name"]) for field in form.find_all(["input", "select", "textarea"]) if field.get("name")}
    return names - {"csrf_token", "then"}


def main_form(page: TestResponse) -> Tag:
    form = page.html.select_one("main form[data-keep]")
    assert isinstance(form, Tag), f"no form on {page.request.path}"
    return form


def answer(site: Site, page: TestResponse, **said: Any) -> TestResponse:
    """Press "Continue" with these answers; what the button leads to, not followed."""
    fields = {name: value for name, value in (SAID | said).items() if name in asked_on(page)}
    return site.press(page, "Continue", **fields)


def fill_in(site: Site, **said: Any) -> TestResponse:
    """All pages, up to the check."""
    page = first_page(site)
    for _ in range(20):
        if page.request.path == "/help/check":
            return page
        page = site.follow(answer(site, page, **said))
    raise AssertionError("the questionnaire has no end")


def send(site: Site, check: TestResponse, **fields: Any) -> TestResponse:
    """Agree and press "Send"."""
    return site.press(check, "Send", consent="y", **fields)


def ask_for_help(site: Site, **said: Any) -> tuple[str, str]:
    """The whole way: (the code, the spoken pair)."""
    done = site.follow(send(site, fill_in(site, **said)))
    return code_on(done), pair_on(done)


def code_on(page: TestResponse) -> str:
    found = page.html.select_one(".code")
    assert isinstance(found, Tag), "no code on the page"
    return found.get_text()


def pair_on(page: TestResponse) -> str:
    found = page.html.select_one(".spoken")
    assert isinstance(found, Tag), "no pair on the page"
    return found.get_text()


def show_code(site: Site, code: str, status: int | None = None) -> TestResponse:
    """Type a code at the door; the page behind it when it is right."""
    site.web.set_cookie("help-visit", "")  # whatever was open is closed
    answer_ = site.press(site.get("/help/status"), "Show", code=code)
    if status:
        assert answer_.status_int == status, answer_.status
        return answer_
    return site.follow(answer_)


def be_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests fill in faster than people; a test of that very rule leaves this out."""
    monkeypatch.setattr(views, "FASTEST", timedelta(0))


def later(**time: float) -> Any:
    """A clock that is ahead."""
    return lambda: utcnow() + timedelta(**time)
