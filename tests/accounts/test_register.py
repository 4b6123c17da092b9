"""Creating an account: works, repeated, wrong entries, under-age, a claim begun before, limits."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator.accounts.models import AuthSession, User
from accelerator.board.models import HelpRequest
from accelerator.extensions import db
from tests.accounts.conftest import Clock, Tables
from tests.cast import Cast
from tests.factories import make_request
from tests.site import Site, text_of

ENTRIES = {
    "name": "Aigerim S.",
    "email": "Aigerim@Mail.kz",
    "password": "four slow green pears",
    "age": "adult",
    "region": "KZ-71",
    "district": "",
}
COUNT = select(func.count()).select_from(User)


def test_a_newcomer_gets_an_account_and_is_signed_in(site: Site, tables: Tables) -> None:
    page = site.follow(site.press(site.get("/register"), "Create an account", 303, **ENTRIES, capabilities=["car"]))
    assert "Mine" in text_of(page)
    user = tables.one(select(User))
    assert (user.name, user.email, user.role) == ("Aigerim S.", "aigerim@mail.kz", "volunteer")
    assert (user.region_code, user.district_code, user.age_group, user.capabilities) == ("KZ-71", None, "adult", 1)
    assert user.password_hash.startswith("$argon2id$")
    assert "pears" not in user.password_hash
    assert tables.one(select(AuthSession)).user_id == user.id


def test_the_language_of_the_page_becomes_the_accounts(site: Site, tables: Tables) -> None:
    site.language("ru").press(site.get("/register"), "Создать", 303, **ENTRIES)
    assert tables.one(select(User.locale)) == "ru"


def test_the_same_address_again_is_refused_however_it_is_written(app: Flask, site: Site, tables: Tables) -> None:
    site.press(site.get("/register"), "Create an account", 303, **ENTRIES)
    other = Site(app)
    for email in ("aigerim@mail.kz", " AIGERIM@MAIL.KZ ", "Aigerim@mail.KZ"):
        page = other.press(other.get("/register"), "Create an account", 422, **ENTRIES | {"email": email})
        assert "There is an account with this address already" in text_of(page)
    assert tables.one(COUNT) == 1


WRONG = {
    "name": ("", {"en": "Please fill this in.", "ru": "Заполните", "kk": "толтыр"}),
    "email": ("not an address", {"en": "does not look like an e-mail", "ru": "электронн", "kk": "мекенжай"}),
    "password": ("short", {"en": "10 characters at least", "ru": "10", "kk": "10"}),
}


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_entry_gets_a_sentence_beside_it_and_the_rest_is_kept(
    site: Site, tables: Tables, name: str, language: str
) -> None:

    wrong, sentences = WRONG[name]
    button = {"kk": "тіркел", "ru": "Создать", "en": "Create an account"}[language]
    blank = site.language(language).get("/register")
    soup = blank.html
    main_button = soup.select_one("form[action='/register'] button[type=submit], form[action='/register'] .btn-primary")
    button = main_button.get_text(" ", strip=True) if main_button else button
    page = site.press(blank, button, 422, **ENTRIES | {name: wrong})
    soup = page.html
    field = soup.find(id=name)
    assert field is not None
    assert field["aria-invalid"] == "true"
    beside = soup.find(id=f"{name}-error")
    assert beside is not None
    assert f"{name}-error" in str(field["aria-describedby"])
    said = beside.get_text(" ", strip=True)
    if language == "en":
        assert sentences["en"] in said
    elif has_translations(language):
        assert sentences["en"] not in said, f"not translated to {language}: {said}"
    for other, value in ENTRIES.items():
        if other not in (name, "password", "age", "region", "district"):
            kept = soup.find(id=other)
            assert kept is not None
            assert str(kept["value"]).casefold() == value.casefold()
    assert soup.select_one("input[name=age][value=adult]").has_attr("checked")  # type: ignore[union-attr]
    assert soup.select_one("select[name=region] option[selected]")["value"] == "KZ-71"  # type: ignore[index]
    assert soup.select_one("input[name=password]").get("value", "") == ""  # type: ignore[union-attr]
    assert tables.one(COUNT) == 0


def has_translations(language: str) -> bool:
    from pathlib import Path

    return (Path("accelerator/translations") / language / "LC_MESSAGES" / "messages.mo").exists()


@pytest.mark.parametrize(
    "entries",
    [
        {"email": ""},
        {"email": "a@b@c.kz"},
        {"email": "a b@mail.kz"},
        {"email": "x" * 250 + "@mail.kz"},
        {"name": "n" * 81},
        {"name": " \t\u200b\u202e "},
        {"password": ""},
        {"password": "123456789"},
        {"password": "p" * 201},
        {"age": ""},
        {"age": "child"},
        {"website": "https://spam.example"},
    ],
    ids=lambda entries: next(iter(entries)) + ":" + str(next(iter(entries.values())))[:12],
)
def test_nothing_is_made_of_entries_that_are_not_good(site: Site, tables: Tables, entries: dict[str, str]) -> None:
    page = site.post("/register", ENTRIES | entries, 422)
    assert 'role="alert"' in page.text, "the page does not say what is wrong"
    assert tables.one(COUNT) == 0


def test_many_kinds_of_names_are_welcome(site: Site, app: Flask, tables: Tables) -> None:
    names = [
        "Ә. Қасымов",
        "Ёлка-Мария",
        "O'Brien",
        "李",
        "A" * 80,
        "<b>Bold</b>",
        "{{ 7*7 }}",
        "Robert'); DROP TABLE x",
    ]
    for number, name in enumerate(names):
        browser = Site(app)
        browser.post("/register", ENTRIES | {"name": name, "email": f"n{number}@mail.kz"}, 303)
        assert name in browser.get("/me/settings").html.find(id="name")["value"]
    assert tables.all(select(User.name).order_by(User.id)) == names


def test_a_child_is_shown_a_friendly_way_and_nothing_is_kept(site: Site, tables: Tables) -> None:
    page = site.press(site.get("/register"), "Create an account", 422, **ENTRIES | {"age": "under"})
    assert "Come with your class, family or club" in text_of(page)
    assert tables.one(COUNT) == 0


def test_a_young_volunteer_is_kept_as_young(site: Site, tables: Tables) -> None:
    site.press(site.get("/register"), "Create an account", 303, **ENTRIES | {"age": "young"})
    assert tables.one(select(User.age_group)) == "young"


def test_a_claim_begun_before_registering_is_finished_after_it(context: Flask, site: Site) -> None:
    request_id = make_request(title="Read a letter aloud")
    sign_in = site.follow(site.press(site.get("/requests"), "I'll help"))
    register = site.get(sign_in.html.find("a", string="Create an account")["href"])
    assert "One more step and the place is yours" in text_of(register)
    wrong = site.press(register, "Create an account", 422, **ENTRIES | {"password": "short"})
    page = site.follow(site.press(wrong, "Create an account", 303, **ENTRIES))
    assert "The place is yours" in text_of(page)
    assert page.request.path == f"/requests/{request_id}"
    assert db.read.get_one(HelpRequest, request_id).taken == 1


def test_a_claim_that_is_no_longer_possible_is_refused_with_the_reason(context: Flask, cast: Cast, site: Site) -> None:
    request_id = make_request(min_age=18)
    sign_in = site.follow(site.press(site.get("/requests"), "I'll help"))
    register = site.get(sign_in.html.find("a", string="Create an account")["href"])
    page = site.follow(site.press(register, "Create an account", 303, **ENTRIES | {"age": "young"}))
    assert "for adults only" in text_of(page)
    assert db.read.get_one(HelpRequest, request_id).taken == 0


@pytest.mark.parametrize("claim", ["x", "-1", "9" * 40, "999999", "1; DROP TABLE users", "٣"])
def test_a_nonsensical_claim_does_not_stand_in_the_way(site: Site, tables: Tables, claim: str) -> None:
    page = site.post("/register", ENTRIES | {"claim": claim}, 303)
    site.follow(page)
    assert tables.one(COUNT) == 1


def test_nobody_registers_with_a_better_role(site: Site, tables: Tables) -> None:
    extra = {"role": "admin", "status": "open", "region_id": "1", "id": "77", "public_ref": "a_x", "locale": "xx"}
    more = {"confirmed_minutes": "6000", "capabilities": ["car", "admin", "1024", "-1"], "regions": "KZ-71"}
    site.post("/register", ENTRIES | extra | more, 303)
    user = tables.one(select(User))
    assert (user.role, user.locale, user.confirmed_minutes, user.capabilities) == ("volunteer", "en", 0, 1)
    assert user.id != 77
    assert user.public_ref.startswith("a_")
    assert len(user.public_ref) == 34


@pytest.mark.parametrize(
    ("region", "district"), [("KZ-99", ""), ("", ""), ("KZ-71", "KZ-71/nowhere"), ("KZ-75/medeu", "")]
)
def test_a_place_that_does_not_exist_is_not_kept(site: Site, tables: Tables, region: str, district: str) -> None:
    site.post("/register", ENTRIES | {"region": region, "district": district}, 303)
    user = tables.one(select(User))
    assert user.region_code in ("KZ-75", "KZ-71")
    assert user.district_code is None


@pytest.mark.parametrize(("region", "name"), [("KZ-71", "Astana"), ("KZ-79", "Shymkent")])
def test_a_district_of_another_city_is_told(site: Site, tables: Tables, region: str, name: str) -> None:
    page = site.post("/register", ENTRIES | {"region": region, "district": "KZ-75/medeu"}, 422)
    told = page.html.find(id="district-error").get_text(" ", strip=True)
    assert told == f"This district is not in the region above: {name}."
    assert page.html.select_one("#district option[selected]")["value"] == "KZ-75/medeu"
    assert tables.one(COUNT) == 0


def test_one_address_cannot_make_accounts_without_end(clock: Clock, site: Site, app: Flask, tables: Tables) -> None:
    from accelerator import limits

    with app.app_context(), db.transaction() as session:
        limits.spend(session, limits.REGISTER_BY_ADDRESS, "127.0.0.9", at=clock.now, amount=59)
    site.post("/register", ENTRIES, 303)
    other = Site(app)
    page = other.post("/register", ENTRIES | {"email": "second@mail.kz"}, 429)
    assert "Please wait an hour" in text_of(page)
    assert tables.one(COUNT) == 1
    clock.turn(hours=1)
    other.post("/register", ENTRIES | {"email": "second@mail.kz"}, 303)
    assert tables.one(COUNT) == 2
