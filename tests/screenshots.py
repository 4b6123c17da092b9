"""The README's pictures: a demonstration of its own, photographed by a real browser. ``make screenshots``."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from accelerator.config import ROOT
from tests.browser.server import Server
from tests.chromium import running_chromium

OUT = ROOT / "static" / "screenshots"
#: name, path, language, theme, width, height
PICTURES = (
    ("board", "/requests", "kk", "light", 390, 844),
    ("home", "/", "ru", "dark", 1280, 800),
)


def photograph(browser: Browser, base: str) -> None:
    for name, path, language, theme, width, height in PICTURES:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, device_scale_factor=2
        )
        context.add_cookies([{"name": "lang", "value": language, "url": base}])
        page = context.new_page()
        page.goto(base + path)
        page.wait_for_load_state("load")
        page.screenshot(path=OUT / f"{name}.png")
        context.close()


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="good-pictures-") as folder:
        server = Server(Path(folder))
        server.start()
        try:
            with running_chromium() as browser:
                photograph(browser, server.url)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
