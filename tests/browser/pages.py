"""Every page of the product, as everybody sees it: empty, full, opened, with errors."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.browser.stage import Stage
from tests.browser.tabs import Tab


@dataclass(frozen=True)
class Page:
    """Who looks at what. ``act`` brings it into the state that ``state`` names."""

    who: str
    path: str
    state: str = ""
    act: Callable[[Tab], None] | None = None
    status: int = 200
    #: What the browser brings along: a code that was typed, a draft.
    bring: Callable[[Tab, Stage], None] | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, (self.who, self.path, self.state)))

    def show(self, tab: Tab, stage: Stage) -> None:
        """Open the page in a browser of the right person."""
        if self.bring:
            self.bring(tab, stage)
        tab.open(self.path.format(**stage.names), status=self.status)
        if self.act:
            self.act(tab)


class Behind(Page):
    """A page that only a sent form shows; ``bring`` ends on it."""

    def show(self, tab: Tab, stage: Stage) -> None:
        if self.bring:
            self.bring(tab, stage)
        if self.act:
            self.act(tab)


def send(button: str, told_in: str = "#errors") -> Callable[[Tab], None]:
    """Send a form that has something to mend."""

    def act(tab: Tab) -> None:
        tab.allow(422)
        tab.press(button)
        expect(tab.page.locator(told_in)).to_be_visible()

    return act


def unfold(selector: str, *, only_with_script: bool = False) -> Callable[[Tab], None]:
    """Open what is folded up, the first of its kind."""

    def act(tab: Tab) -> None:
        if only_with_script and (tab.is_phone or not tab.script):
            return
        tab.page.locator(f"{selector} > summary").first.click()

    return act


def say_thanks(tab: Tab) -> None:
    tab.press("Say thanks")
    tab.expect_notice("Thank you for saying thanks!")


def ask_for_a_link(tab: Tab) -> None:
    tab.fill("E-mail", "nobody@example.org")
    tab.press("Send the link")
    expect(tab.main.get_by_role("heading", level=1)).to_be_visible()


def type_code(tab: Tab, stage: Stage) -> None:
    """Open the page behind the code of somebody who asked for help."""
    tab.context.clear_cookies(name="help-visit")
    tab.open("/help/status")
    tab.fill("Your code", stage.names["code"])
    tab.press("Show")
    expect(tab.main.locator("section.case").first).to_be_visible()


def hold_draft(name: str) -> Callable[[Tab, Stage], None]:
    """A questionnaire that this browser has filled in, or sent."""

    def bring(tab: Tab, stage: Stage) -> None:
        tab.context.add_cookies([{"name": "help", "value": stage.names[name], "url": tab.server.url}])

    return bring


def hold_appeal(tab: Tab, stage: Stage) -> None:
    """The browser has just sent an appeal."""
    tab.context.add_cookies([{"name": "appeal", "value": stage.names["appeal_form"], "url": tab.server.url}])


def open_appeal(code: str) -> Callable[[Tab, Stage], None]:
    """Type the code of an appeal; the page at hand is the one behind it."""

    def bring(tab: Tab, stage: Stage) -> None:
        tab.open("/appeals/status")
        tab.fill("Your code", stage.names[code])
        tab.press("Show")
        expect(tab.main.locator(".thread")).to_be_visible()

    return bring


PAGES = (
    Page("visitor", "/"),
    Page("visitor", "/", "language", unfold("details.menu")),
    Page("visitor", "/requests"),
    Page("visitor", "/requests?minutes=30&region=KZ-75", "filters", unfold("details.more")),
    Page("visitor", "/requests?q={word}"),
    Page("visitor", "/requests?q=nothingissocalled"),
    Page("visitor", "/requests/{open}"),
    Page("visitor", "/requests/{full}"),
    Page("visitor", "/requests/{paused}"),
    Page("visitor", "/requests/{closed}"),
    Page("visitor", "/requests/{received}", status=404),
    Page("visitor", "/deeds"),
    Page("visitor", "/deeds/{deed}"),
    Page("visitor", "/deeds/{deed}", "thanked", say_thanks),
    Page("visitor", "/deeds/{deed}/report"),
    Page("visitor", "/deeds/{deed}/report", "errors", send("Send")),
    Page("visitor", "/help"),
    Page("visitor", "/help/who"),
    Page("visitor", "/help/who", "errors", send("Continue")),
    Page("visitor", "/help/what"),
    Page("visitor", "/help/where"),
    Page("visitor", "/help/contact", "errors", send("Continue")),
    Page("visitor", "/help/status"),
    Page("visitor", "/help/status", "errors", send("Show")),
    Page("asker", "/help", "half filled in", bring=hold_draft("draft_token")),
    Page("asker", "/help/check", bring=hold_draft("draft_token")),
    Page("asker", "/help/check", "errors", send("Send"), bring=hold_draft("draft_token")),
    Page("asker", "/help/done", bring=hold_draft("sent_token")),
    Page("asker", "/help/status", "open", unfold("details.happened"), bring=type_code),
    Page("asker", "/help/status/requests/{asked}/word", "errors", send("Send"), bring=type_code),
    Page("asker", "/help/status/requests/{asked}/time", bring=type_code),
    Page("asker", "/help/status/requests/{asked}/helped", bring=type_code),
    Page("asker", "/help/status/requests/{asked}/withdraw", bring=type_code),
    Page("asker", "/help/status/claims/{asked_claim}/came", bring=type_code),
    Page("asker", "/help/status/claims/{asked_claim}/came", "errors", send("Send"), bring=type_code),
    Page("asker", "/help/status/erase", "errors", send("Delete for good"), bring=type_code),
    Page("visitor", "/appeals"),
    Page("visitor", "/appeals", "errors", send("Send")),
    Page("visitor", "/appeals/integrity"),
    Page("visitor", "/appeals/integrity", "errors", send("Seal and send")),
    Page("visitor", "/appeals/code", bring=hold_appeal),
    Page("visitor", "/appeals/status"),
    Page("visitor", "/appeals/status", "errors", send("Show")),
    Behind("visitor", "/appeals/status", "open", unfold("#withdraw"), bring=open_appeal("appeal_code")),
    Behind("visitor", "/appeals/status", "answered", bring=open_appeal("decided_code")),
    Page("visitor", "/login?next=/requests/{open}&claim={open}"),
    Page("visitor", "/login", "errors", send("Sign in", "#password-error")),
    Page("visitor", "/register"),
    Page("visitor", "/register?claim={open}", "errors", send("Create an account")),
    Page("visitor", "/password-reset"),
    Page("visitor", "/password-reset", "errors", send("Send the link")),
    Page("visitor", "/password-reset", "sent", ask_for_a_link),
    Page("visitor", "/password-reset/{token}"),
    Page("visitor", "/password-reset/{token}", "errors", send("Keep this password")),
    Page("visitor", "/password-reset/nonsense", status=410),
    Page("visitor", "/design"),
    Page("newcomer", "/me"),
    Page("newcomer", "/desk", status=403),
    Page("volunteer", "/me"),
    Page("volunteer", "/requests?q={word}"),
    Page("volunteer", "/requests/{mine}"),
    Page("volunteer", "/requests/{waiting}"),
    Page("volunteer", "/requests/{reported}"),
    Page("volunteer", "/requests/{mine}/report"),
    Page("volunteer", "/deeds/new"),
    Page("volunteer", "/deeds/new", "errors", send("Tell of it")),
    Page("volunteer", "/me/settings"),
    Page("volunteer", "/me/delete"),
    Page("volunteer", "/me/delete", "errors", send("Delete for good")),
    Page("coordinator", "/desk"),
    Page("coordinator", "/desk", "keys", unfold("#keys-list", only_with_script=True)),
    Page("coordinator", "/desk?reason=reported", "ask back", unfold(".burn details.dialog")),
    Page("coordinator", "/desk?reason=deed", "hide", unfold(".burn details.dialog")),
    Page("coordinator", "/desk?kind=errands&mine=1"),
    Page("coordinator", "/desk/confirmed?claim={confirmed_claim}"),
    Page("coordinator", "/desk/day?day=tomorrow"),
    Page("coordinator", "/desk/find"),
    Page("coordinator", "/desk/find", "errors", send("Find")),
    Page("coordinator", "/desk/intake"),
    Page("coordinator", "/desk/intake", "errors", send("Keep")),
    Page("coordinator", "/desk/requests/{asking}"),
    Page("coordinator", "/desk/requests/{asking}", "call", unfold("#call")),
    Page("coordinator", "/desk/requests/{asking}", "split", unfold("#split")),
    Page("coordinator", "/desk/requests/{asking}", "hand over", unfold("#hand-over")),
    Page("coordinator", "/desk/requests/{asking}/edit"),
    Page("coordinator", "/desk/requests/{case}?who=Volun", "find somebody"),
    Page("coordinator", "/desk/requests/{asked}"),
    Page("coordinator", "/desk/requests"),
    Page("coordinator", "/desk/requests?status=closed"),
    Page("coordinator", "/desk/requests/{case}"),
    Page("coordinator", "/desk/requests/{case}", "close", unfold("#close")),
    Page("coordinator", "/desk/requests/{received}"),
    Page("coordinator", "/desk/requests/new"),
    Page("coordinator", "/desk/requests/new", "errors", send("Save")),
    Page("coordinator", "/desk/requests/{case}/edit"),
    Page("editor", "/desk/questionnaire"),
    Page("editor", "/desk/questionnaire/{version}?lang=kk"),
    Page("editor", "/desk/questionnaire/draft"),
    Page("editor", "/desk/questionnaire/draft", "take out", unfold("#remove-relation")),
    Page("editor", "/desk/questionnaire/draft/questions/{own_question}"),
    Page("editor", "/desk/questionnaire/draft/questions/phone"),
    Page("editor", "/desk/questionnaire/draft/pages/{own_page}"),
    Page("editor", "/desk/questionnaire/draft/pages/{own_page}/questions/new"),
    Page("editor", "/desk/questionnaire/draft/pages/{own_page}/questions/new", "errors", send("Save")),
    Page("editor", "/desk/questionnaire/draft/pages/new", "errors", send("Save")),
    Page("editor", "/desk/questionnaire/draft/consent"),
    Page("new coordinator", "/desk"),
    Page("new coordinator", "/desk/requests"),
    Page("coordinator", "/desk/appeals"),
    Page("coordinator", "/desk/appeals/{appeal}", "hand over", unfold("details.fold")),
    Page("coordinator", "/desk/appeals/{appeal}", "errors", send("Decide")),
    Page("coordinator", "/desk/appeals/{decided}"),
    Page("auditor", "/desk/appeals"),
    Page("auditor", "/desk/appeals/{sealed}"),
    Page("auditor", "/desk/appeals/{decided}"),
    Page("auditor", "/desk"),
    Page("auditor", "/desk/requests/{case}"),
)

#: Addresses that are no pages: files, pictures, feeds, pieces for scripts.
NOT_PAGES = frozenset({
    "/appeals/code.txt",
    "/deeds.atom",
    "/desk/count",
    "/desk/questionnaire/<int:version_id>/paper.pdf",
    "/deeds/<int:deed_id>/picture.png",
    "/healthz",
    "/help/<page_name:page_id>",  # its pages stand in the list by their names
    "/help/done.txt",
    "/help/paper.pdf",
    "/live/changes",
    "/photos/<string(length=32):key>-<any(small, large):size>.webp",
    "/requests/<int:request_id>/picture.png",
    "/requests/<int:request_id>/standing",
    "/requests/back",  # only leads elsewhere
    "/share.png",
})  # fmt: skip


def shape(address: str) -> str:
    """``/requests/{open}?q=1`` and ``/requests/<int:request_id>`` have the same one."""
    return re.sub(r"\{\w+\}|<[^>]+>", "*", address.partition("?")[0])
