"""The language: chosen, the account's, the browser's, the configured one, in this order."""

import pytest
from sqlalchemy import select

from accelerator.accounts.models import User
from tests.accounts.conftest import Tables
from tests.cast import Cast
from tests.site import HTMX, Site, alone


def language_of(site: Site, accept: str = "", path: str = "/help") -> str:
    page = site.get(path, headers={"Accept-Language": accept} if accept else {})
    return str(page.html.find("html")["lang"])


def test_one_press_changes_the_language_and_stays_on_the_page(site: Site) -> None:
    answer = site.press(site.get("/requests?kind=errands"), "Қазақша", 303)
    assert answer.headers["Location"] == "/requests?kind=errands"
    assert language_of(site) == "kk"


def test_the_choice_is_kept_for_the_account_too(site: Site, cast: Cast, tables: Tables) -> None:
    ben = site.as_(cast.ben)
    ben.press(ben.get("/me"), "Русский", 303)
    assert tables.one(select(User.locale).where(User.id == cast.ben.id)) == "ru"
    assert language_of(site.as_(cast.ben)) == "ru"
    assert language_of(site.as_(cast.cy)) == "en"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("ru-RU,ru;q=0.9", "ru"),
        ("kk-KZ", "kk"),
        ("de, kk;q=0.5, ru;q=0.9", "ru"),
        ("de", "en"),
        ("", "en"),
        ("*", "kk"),
        ("," * 500, "en"),
        ("ru;q=nonsense", "en"),
        ("\x00ru", "en"),
        ("r" * 3000, "en"),
    ],
    ids=lambda value: value[:20],
)
def test_without_a_choice_the_browsers_language_counts(site: Site, accept: str, language: str) -> None:
    found = language_of(site, accept)
    assert found in ("kk", "ru", "en")
    if accept[:1] not in ("*", "\x00", ",") and "nonsense" not in accept:
        assert found == language


def test_the_choice_goes_before_the_account_and_the_browser(site: Site, cast: Cast) -> None:
    kazakh = cast.add("aizhan", locale="kk")
    assert language_of(site.as_(kazakh), "ru") == "kk"
    assert language_of(site.as_(kazakh).language("en"), "ru") == "en"


@pytest.mark.parametrize("code", ["xx", "KK", "kk-KZ", "en%0d%0aX", "%00"])
def test_a_language_that_we_do_not_speak_is_not_found(site: Site, code: str) -> None:
    site.post(f"/lang/{code}", status=404)


@pytest.mark.parametrize("cookie", ["xx", "", '"', "kk;ru", "%00", "e" * 3000])
def test_a_cookie_of_nonsense_is_not_a_choice(site: Site, cookie: str) -> None:
    for path in ("/help", "/requests"):
        page = site.web.get(path, headers={"Cookie": f"lang={cookie}", "Accept-Language": "ru"})
        assert page.html.find("html")["lang"] in ("ru", "kk")


def test_htmx_gets_the_whole_page_in_the_new_language(site: Site) -> None:
    answer = site.post("/lang/ru", {"next": "/deeds"}, 204, headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/deeds"


@pytest.mark.parametrize("cookie", ["lang=en; lang=kk", "lang=en; a b c", "a=b c; lang=en", 'lang="en"'])
def test_an_odd_cookie_gives_nobody_else_its_language(site: Site, cookie: str) -> None:
    for _ in range(3):
        alone(site.web.get, "/", headers={"Cookie": cookie, "Accept-Language": "kk"})
    page = alone(Site(site.app).web.get, "/", headers={"Accept-Language": "kk"})
    assert 'lang="kk"' in page.text[:100]
