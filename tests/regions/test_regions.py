"""``flask regions``, and the page for people who ask for help."""

import pytest
from flask import Flask

from accelerator.reference import forget_places
from accelerator.regions.models import Region
from tests.alone import run_alone
from tests.site import Site, text_of
from tests.steps import count_events, row

NAMES = ("--kk", "Көкшетау", "--ru", "Кокшетау", "--en", "Kokshetau")


def test_a_region_is_added_and_offered_everywhere(context: Flask, site: Site) -> None:
    saved = run_alone(context, "regions", "save", "KZ-X", *NAMES, "--timezone", "Asia/Qostanay")
    assert saved.output == "Saved KZ-X.\n"
    assert run_alone(context, "regions", "save", "KZ-X/old", "--parent", "KZ-X", *NAMES).exit_code == 0
    forget_places()
    page = site.get("/requests?region=KZ-X")
    assert page.html.find("option", value="KZ-X", selected=True)
    assert page.html.find("option", value="KZ-X/old")
    assert "Kokshetau" in run_alone(context, "regions", "list").output


def test_a_region_is_changed_by_saving_it_again(context: Flask) -> None:
    for _ in range(2):
        assert run_alone(context, "regions", "save", "KZ-75", *NAMES).exit_code == 0
    assert row(Region, "KZ-75").name_en == "Kokshetau"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("KZ-X", "--timezone", "Mars/Olympus"), "no time zone Mars/Olympus"),
        (("KZ-X", "--parent", "KZ-99"), "no region KZ-99"),
        (("KZ-X", "--parent", "KZ-75"), "has a code like KZ-75/medeu"),
        (("KZ-75/one",), "and --parent KZ-75"),
        (("KZ-75/one", "--parent", "KZ-71"), "and --parent KZ-75"),
        (("bad code",), "“bad code” is no code"),
        (("kz-75",), "is no code"),
    ],
)
def test_what_would_break_pages_is_refused(context: Flask, options: tuple[str, ...], sentence: str) -> None:
    before = count_events()
    result = run_alone(context, "regions", "save", *options, *NAMES)
    assert result.exit_code == 1
    assert sentence in result.output
    assert count_events() == before


def test_the_desks_telephone_is_shown_to_people_who_ask(context: Flask, site: Site) -> None:
    assert run_alone(context, "regions", "phone", "KZ-75", "+7 727 000 00 00").output == "KZ-75: +7 727 000 00 00\n"
    for language, name in (("kk", "Алматы"), ("en", "Almaty")):
        page = site.language(language).get("/help")
        assert f"{name}" in text_of(page)
        assert page.html.find("a", href="tel:+77270000000")
    missing = run_alone(context, "regions", "phone", "KZ-99", "109")
    assert missing.exit_code == 1
    assert "There is no region KZ-99" in missing.output
    assert "+7 727 000 00 00" in run_alone(context, "regions", "list").output


def test_a_telephone_that_cannot_be_dialled_is_refused(context: Flask) -> None:
    before = count_events()
    for phone in ("12", "the desk", "+7 727 000 00 00 000 000"):
        result = run_alone(context, "regions", "phone", "KZ-75", phone)
        assert result.exit_code == 1
        assert "cannot be dialled" in result.output
    assert count_events() == before
    assert run_alone(context, "regions", "phone", "KZ-75", "109").exit_code == 0


def test_without_a_desk_the_page_still_helps(context: Flask, site: Site) -> None:
    assert site.get("/help").html.h1
