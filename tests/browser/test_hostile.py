"""Hostile text typed into every field, then every page that shows it: nothing runs, nothing is blocked."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Dialog
from sqlalchemy import select

from accelerator.accounts.models import Role
from accelerator.board.models import HelpRequest, RequestStatus
from accelerator.deeds.models import Deed, DeedStatus
from accelerator.extensions import db
from tests.browser.conftest import Browse
from tests.browser.pages import PAGES, Page
from tests.browser.planted import planted
from tests.browser.tabs import Tab
from tests.browser.world import World, soon, unique
from tests.cast import PASSWORD, Person

#: Short enough for a title; what would show that a template read it is 49zq.
TEXTS = {
    "markup": "\"'></textarea><svg onload=alert(1)><script>alert(2)</script>{{7*7}}zq",
    "address": "javascript:alert(3)//<a href=javascript:alert(4)>x</a>${7*7}zq #{7*7}zq",
    "direction": "\u202e\u2066gnol\u2069\u202c \0\0 {% raw %}{{7*7}}zq \u200b\ufeff\ufffe",
    "one word": "Ж" * 78,
    "endless": "Щ" * 10_000,
}
#: Fills a form as no person would, and opens whatever is folded up around it; returns how many fields took the text.
FILL = """
(form, [text, email, password]) => {
  for (let e = form; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  form.noValidate = true;
  let hostile = 0;
  const names = new Set();
  for (const field of form.elements) {
    if (field.disabled || field.type === "hidden" || field.type === "file" || field.type === "submit") continue;
    if (field.type === "radio") {
      if (names.has(field.name)) continue;
      names.add(field.name);
      const group = [...form.elements].filter((f) => f.type === "radio" && f.name === field.name);
      if (!group.some((f) => f.checked)) group[field.name === "age_group" ? group.length - 1 : 0].checked = true;
    } else if (field.tagName === "SELECT") {
      if (!field.value) field.value = [...field.options].map((o) => o.value).filter(Boolean)[0] || "";
    } else if (field.type === "checkbox") continue;
    else if (field.type === "password") field.value = password;
    else if (field.type === "tel") field.value = "8 701 000 00 24";
    else if (field.type === "number") field.value = field.value || "1";
    else if (field.type === "email") { field.value = email; hostile += email === text; }
    else if (["date", "datetime-local", "time"].includes(field.type)) continue;
    else { field.value = text; hostile += 1; }
  }
  return hostile;
}
"""
#: What a form may answer to such a text: taken, something to mend, somebody was faster, too many tries.
ANSWERS = (400, 403, 404, 409, 410, 422, 429)


class Attacker:
    """A browser that types one text everywhere and watches whether it comes alive."""

    def __init__(self, tab: Tab, text: str) -> None:
        self.tab, self.text = tab, text
        self.dialogs: list[str] = []
        self.sent = 0
        tab.allow(*ANSWERS)
        tab.page.on("dialog", self._note_dialog)

    def _note_dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def send_forms(self, *paths: str, email: str = "") -> None:
        """Fill and send each form of these pages that has a field for words; addresses too, unless one is given."""
        for path in paths:
            self.look(path)
            for number in range(self.tab.page.locator("main form[method=post]").count()):
                self._send_form(path, number, email or self.text)

    def _send_form(self, path: str, number: int, email: str) -> None:
        self.tab.page.goto(self.tab.server.url + path)
        form = self.tab.page.locator("main form[method=post]").nth(number)
        if not form.count() or not form.evaluate(FILL, [self.text, email, PASSWORD]):
            return
        with self.tab.page.expect_navigation():
            form.evaluate("(form) => form.submit()")  # as a browser without the script sends it
        self.sent += 1
        self.check(f"{path} form {number}")

    def look(self, *paths: str) -> None:
        for path in paths:
            answer = self.tab.page.goto(self.tab.server.url + path)
            assert answer is not None
            assert answer.status < 500, f"{path} answered {answer.status}"
            self.check(path)

    def check(self, where: str) -> None:
        assert not self.dialogs, f"{where}: a dialog opened"
        assert "49zq" not in self.tab.page.content(), f"{where}: a template was read out of a text"
        assert not self.tab.page.locator("main svg[onload], main script, main [href^='javascript:' i]").count(), where
        self.tab.look()


def shows_words(page: Page) -> bool:
    """Whether people's words can stand on a page: it is about something, lists things, or is somebody's own."""
    is_list = page.path in ("/", "/requests", "/deeds") or page.who not in ("visitor", "new coordinator", "newcomer")
    return page.status == 200 and bool("{" in page.path or page.bring or is_list)


#: Pages that show what people wrote, as everybody sees them; those that only a typed code opens come with it.
SHOWN = tuple({(page.who, page.path): replace(page, act=None) for page in PAGES if shows_words(page)}.values())
#: Forms of those pages: people's own words, and the desk's.
TYPED = {
    "asker": ("/help/status/requests/{asked}/word", "/help/status/requests/{asked}/time"),
    "coordinator": ("/desk/requests/{asking}", "/desk/intake", "/desk/appeals/{appeal}", "/desk?mine=1"),
    "editor": tuple(
        f"/desk/questionnaire/draft/{path}"
        for path in ("questions/{own_question}", "pages/where", "pages/where/questions/new", "pages/new", "consent")
    ),
}


def newest(world: World, kind: type[Any], *where: Any) -> int:
    with world.app.app_context():
        return int(db.read.scalars(select(kind.id).where(*where).order_by(kind.id.desc()).limit(1)).one())


@pytest.fixture
def coordinator(world: World) -> Person:
    return world.person(Role.COORDINATOR)


EACH_TEXT = pytest.mark.parametrize(
    "name", [name if name == "markup" else pytest.param(name, marks=pytest.mark.slow) for name in TEXTS]
)


@EACH_TEXT
@pytest.mark.timeout(600)
def test_hostile_text_stays_text_on_every_page_that_shows_it(world: World, browse: Browse, name: str) -> None:
    """Everybody has said it everywhere; everybody looks at every page, also behind codes, and types it once more."""
    with planted(world, TEXTS[name]) as stage:
        readers = {who: Attacker(browse(person), TEXTS[name]) for who, person in stage.people.items()}
        for page in SHOWN:
            page.show(readers[page.who].tab, stage)
            readers[page.who].check(str(page))
        for who, paths in TYPED.items():
            readers[who].send_forms(*(path.format(**stage.names) for path in paths))
            assert readers[who].sent >= len(paths) - 1, f"{who}: the forms were not found"
        for who, paths in TYPED.items():
            readers[who].look(*(path.format(**stage.names) for path in paths))
        readers["asker"].look("/help/status")
        readers["editor"].look("/desk/questionnaire/draft", f"/desk/questionnaire/{stage.names['version']}?lang=kk")


@EACH_TEXT
def test_hostile_text_stays_text(world: World, browse: Browse, coordinator: Person, name: str) -> None:
    text, short = TEXTS[name], TEXTS[name][:70]
    volunteer = world.person()
    done, doubted = world.request(starts_at=None), world.request(starts_at=soon())
    dropped, draft = world.request(), world.request(status=RequestStatus.RECEIVED, created_by=coordinator.id)
    pending, shown = world.told_deed(title=short, story=short), world.deed(title=short, story=short, doer_name=short)
    for request_id in (done, dropped, doubted):
        world.claim(request_id, volunteer)

    reader = Attacker(browse(), text)
    reader.send_forms("/login", "/password-reset", f"/deeds/{shown}/report", "/help/status", "/appeals")
    reader.send_forms("/help/who", "/help/what", "/help/where", "/help/contact", "/help/telephone")
    reader.look("/help/check", "/help", f"/login?next={quote(short)}")
    reader.look("/requests?" + urlencode(dict.fromkeys(("q", "kind", "region", "district", "when", "after"), short)))
    reader.send_forms("/register", email=f"{unique()}@example.org")
    reader.look("/me")

    doer = Attacker(browse(volunteer), text)
    doer.send_forms("/me/settings", "/deeds/new", f"/requests/{done}/report", f"/requests/{dropped}", "/me/delete")
    doer.look("/me", "/me/settings", "/", f"/requests/{done}")

    desk = Attacker(browse(coordinator), text)
    desk.send_forms("/desk/requests/new", f"/desk/requests/{draft}/edit", f"/desk/requests/{draft}")
    desk.send_forms(f"/desk/requests/{done}", f"/desk/requests/{doubted}", "/desk")
    made = newest(world, HelpRequest, HelpRequest.created_by_id == coordinator.id)
    assert desk.tab.page.request.get(f"{desk.tab.server.url}/desk/requests/{made}").status == 200
    told = newest(world, Deed)
    desk.look("/desk", "/desk/appeals", "/desk/requests", "/desk/requests?status=received", "/desk/day")
    desk.look(*(f"/desk/requests/{number}" for number in (made, draft, done)), f"/deeds/{pending}", f"/deeds/{told}")

    with world.acting():
        board_ready(made, short)
        db.session.get_one(Deed, told).status = DeedStatus.PUBLISHED.value
    everyone = [
        "/",
        "/requests",
        "/deeds",
        f"/requests/{made}",
        f"/requests/{done}",
        f"/deeds/{shown}",
        f"/deeds/{told}",
    ]
    for attacker in (reader, doer, desk):
        attacker.look(*everyone)
    assert reader.sent >= 8, "the forms were not found"
    assert doer.sent >= 3
    assert desk.sent >= 8


def board_ready(request_id: int, title: str) -> None:
    """What the desk wrote, on the board as it is: past the rules that would keep it from there."""
    request = db.session.get_one(HelpRequest, request_id)
    request.status, request.title, request.story, request.briefing = RequestStatus.OPEN.value, title, title, title
    request.published_at = request.created_at
