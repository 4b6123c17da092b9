"""The profile: change it, wrong entries, growing up, and nothing that is not in the form."""

import pytest
from sqlalchemy import select

from accelerator.accounts.models import AgeGroup, User
from accelerator.integrity.models import IntegrityEvent
from tests.accounts.conftest import Tables
from tests.cast import Cast
from tests.site import Site, text_of

BEN = select(User).where(User.email == "ben@example.org")
ENTRIES = {"name": "Ben", "age": "adult", "region": "KZ-75", "district": ""}


def test_what_is_changed_is_shown_the_next_time(site: Site, cast: Cast, tables: Tables) -> None:
    ben = site.as_(cast.ben)
    entries = {"name": "Benjamin", "region": "KZ-75", "district": "KZ-75/medeu", "capabilities": ["car", "pets"]}
    done = ben.press(ben.get("/me/settings"), "Save", 303, **entries)
    assert "Saved." in text_of(ben.follow(done))
    form = ben.get("/me/settings").html
    assert form.find(id="name")["value"] == "Benjamin"
    assert form.select_one("#district option[selected]")["value"] == "KZ-75/medeu"
    assert [tick["value"] for tick in form.select("input[name=capabilities][checked]")] == ["car", "pets"]
    user = tables.one(BEN)
    assert (user.name, user.district_code, user.capabilities) == ("Benjamin", "KZ-75/medeu", 1 + 64)
    body = tables.all(select(IntegrityEvent.body).where(IntegrityEvent.type == "account.updated"))[0]
    assert b"Benjamin" not in body


def test_saving_twice_is_harmless(site: Site, cast: Cast, tables: Tables) -> None:
    ben = site.as_(cast.ben)
    for _ in range(2):
        ben.press(ben.get("/me/settings"), "Save", 303, name="Benjamin")
    assert tables.one(BEN).name == "Benjamin"


@pytest.mark.parametrize("name", ["", "   ", "n" * 81, "\u200b"])
def test_a_wrong_name_is_told_beside_the_field_and_the_rest_is_kept(
    site: Site, cast: Cast, tables: Tables, name: str
) -> None:
    ben = site.as_(cast.ben)
    page = ben.press(ben.get("/me/settings"), "Save", 422, name=name, capabilities=["car"])
    assert page.html.find(id="name-error") is not None
    assert page.html.select_one("input[name=capabilities][value=car]").has_attr("checked")
    assert tables.one(BEN).name == "Ben"


def test_the_young_grow_up_and_nobody_gets_younger(site: Site, cast: Cast, tables: Tables) -> None:
    kim = site.as_(cast.kim)
    kim.press(kim.get("/me/settings"), "Save", 303, age="adult")
    age = select(User.age_group).where(User.id == cast.kim.id)
    assert tables.one(age) == AgeGroup.ADULT
    page = kim.post("/me/settings", ENTRIES | {"age": "young"}, 422)
    assert page.html.find(id="age-error") is not None
    assert tables.one(age) == AgeGroup.ADULT


def test_only_what_is_in_the_form_can_be_changed(site: Site, cast: Cast, tables: Tables) -> None:
    before = tables.one(BEN)
    extra = {
        "role": "admin",
        "status": "open",
        "region_id": "KZ-71",
        "regions": "KZ-75",
        "email": "evil@example.org",
        "id": str(cast.cy.id),
        "user_id": str(cast.cy.id),
        "public_ref": "a_x",
        "confirmed_minutes": "99999",
        "password": "a new password",
        "locale": "kk",
        "capabilities": ["car", "1024", "-1", "admin"],
    }
    site.as_(cast.ben).post("/me/settings", ENTRIES | extra, 303)
    after = tables.one(BEN)
    kept = ("id", "email", "role", "public_ref", "confirmed_minutes", "password_hash", "locale")
    assert {key: getattr(after, key) for key in kept} == {key: getattr(before, key) for key in kept}
    assert after.capabilities == 1
    assert tables.one(select(User.name).where(User.id == cast.cy.id)) == "Cy"


@pytest.mark.parametrize("place", ["KZ-99", "'; --", "KZ-75/medeu"])
def test_a_region_that_does_not_exist_is_not_kept(site: Site, cast: Cast, tables: Tables, place: str) -> None:
    site.as_(cast.ben).post("/me/settings", ENTRIES | {"region": place, "district": "KZ-99/x"}, 303)
    user = tables.one(BEN)
    assert (user.region_code, user.district_code) == ("KZ-75", None)


def test_the_name_is_shown_as_text_only(site: Site, cast: Cast) -> None:
    ben = site.as_(cast.ben)
    name = '"><script>alert(1)</script>'
    ben.post("/me/settings", ENTRIES | {"name": name}, 303)
    page = ben.get("/me/settings")
    assert page.html.find(id="name")["value"] == name
    assert "<script>alert" not in page.text


def test_a_district_of_another_region_stays_chosen_while_something_is_mended(site: Site, cast: Cast) -> None:
    page = site.as_(cast.ben).post("/me/settings", ENTRIES | {"name": "", "district": "KZ-71/saryarqa"}, 422)
    chosen = page.html.select_one("#district option[selected]")
    assert chosen
    assert chosen["value"] == "KZ-71/saryarqa"
