"""One browser as a test uses it. Whatever goes wrong on its pages fails the test at its end."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.browser.server import Server
from tests.browser.words import Words

#: Runs in every page before its own script: tells of what the policy blocked and of pages that are too wide.
WATCH = """
(() => {
  const tell = (text) => console.error("watch: " + text);
  addEventListener("securitypolicyviolation", (e) => tell(`blocked by ${e.violatedDirective}: ${e.blockedURI}`));
  const measure = () => {
    const {scrollWidth, clientWidth} = document.documentElement;
    if (scrollWidth > clientWidth) tell(`${scrollWidth} px wide in ${clientWidth} on ${location.href}`);
  };
  addEventListener("load", measure);
  addEventListener("htmx:afterSettle", measure);
})();
"""
#: htmx writes these when a newer choice takes the place of a request under way; a request that fails says more.
REPLACED = ("htmx:sendAbort", "htmx:afterRequest")
STATUS = re.compile(r"^Failed to load resource: the server responded with a status of (\d+)")


class Tab:
    """A page with its context, the words of its language, and a count of taps."""

    def __init__(self, context: BrowserContext, server: Server, language: str, *, script: bool) -> None:
        self.context = context
        self.server = server
        self.words = Words(language)
        self.script = script
        self.taps = 0
        self.problems: list[str] = []
        #: Statuses and beginnings of console lines that the test brings about on purpose.
        self._statuses: set[int] = set()
        self._expected = REPLACED
        context.add_init_script(WATCH)
        context.on("request", self._note_request)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        self.page: Page = context.new_page()

    # --- what a person does ---

    def open(self, path: str, status: int = 200) -> None:
        """Go to an address as one who types it."""
        if status >= 400:
            self.allow(status)
        response = self.page.goto(self.server.url + path)
        assert response is not None
        assert response.status == status, f"{path} answered {response.status}, not {status}"
        self.look()

    def tap(self, where: Locator) -> None:
        self.taps += 1
        if self.is_phone:
            where.tap()
        else:
            where.click()

    def press(self, text: str, within: Locator | None = None) -> None:
        """Tap the one button that says ``text`` (in English here, in the tab's language on the page)."""
        self.tap((within or self.main).get_by_role("button", name=self.words(text), exact=True))

    def follow(self, text: str, within: Locator | None = None) -> None:
        """Tap the one link that says ``text``, perhaps among other words."""
        self.tap((within or self.main).get_by_role("link", name=self.words(text)))

    def fill(self, label: str, value: str, within: Locator | None = None) -> None:
        """Type into the field with this label; putting the finger there is a tap."""
        self.taps += 1
        self.field(label, within).fill(value)

    def choose(self, text: str, within: Locator | None = None) -> None:
        """Tap a radio button or a checkbox."""
        self.taps += 1
        words = re.compile("^" + re.escape(self.words(text)))
        scope = within or self.main
        scope.get_by_role("radio", name=words).or_(scope.get_by_role("checkbox", name=words)).check()

    def speak(self, language: str) -> None:
        """Choose another language in the menu of this page."""
        menu = self.page.locator("header details.menu")
        self.tap(menu.locator("summary"))
        self.tap(menu.locator(f"button[lang={language}]"))
        expect(self.page.locator(f"html[lang={language}]")).to_have_count(1)
        self.words = Words(language)

    # --- what a person sees ---

    @property
    def is_phone(self) -> bool:
        size = self.page.viewport_size
        return size is not None and size["width"] < 600

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def messages(self) -> Locator:
        return self.page.locator("#messages")

    def field(self, label: str, within: Locator | None = None) -> Locator:
        words = re.compile("^" + re.escape(self.words(label)))
        return (within or self.main).get_by_label(words)

    def card(self, request_id: int) -> Locator:
        return self.page.locator(f"#request-{request_id}")

    def expect_notice(self, text: str) -> None:
        expect(self.messages).to_contain_text(self.words(text))

    def expect_path(self, path: str) -> None:
        """The page's address, without what stands after the question mark."""
        expect(self.page).to_have_url(re.compile(re.escape(self.server.url + path) + r"(\?.*)?$"))

    # --- what must not happen ---

    def allow(self, *statuses: int) -> None:
        """Chromium writes a line for every answer from 400 on; these are meant."""
        self._statuses.update(statuses)

    def allow_offline(self) -> None:
        """The connection will be cut on purpose; Chromium and htmx write about it."""
        self._expected += (
            "Failed to load resource: net::ERR_",
            "[object Event]",
            "htmx:sendError",
        )

    def cut_stream(self) -> None:
        """Nothing behind the live port answers this browser."""
        self.allow_offline()
        self.context.route(f"{self.server.live_url}/**", lambda route: route.abort())

    def look(self) -> None:
        """The page is not wider than the screen (without script nobody else measures it)."""
        script = "(() => { const e = document.documentElement; return [e.scrollWidth, e.clientWidth] })()"
        wide, screen = self.page.evaluate(script)
        assert wide <= screen, f"{self.page.url} is {wide} px wide in {screen}"

    def check(self) -> None:
        assert not self.problems, "\n".join(self.problems)

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("data", "blob", "about"):
            return
        if f"{parts.scheme}://{parts.netloc}" not in (self.server.url, self.server.live_url):
            self.problems.append(f"request to a stranger: {request.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        status = STATUS.match(message.text)
        if status and int(status[1]) in self._statuses:
            return
        if message.text.startswith(self._expected):
            return
        self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")
