"""Who may see a photo: everybody once its deed is published, before that its owner and the region's desk."""

import io

import pytest
from flask import Flask

from accelerator.clock import utcnow
from accelerator.deeds import transitions as deeds
from accelerator.deeds import uploads
from accelerator.deeds.models import Deed, DeedStatus, Photo
from accelerator.extensions import db
from accelerator.photos import read_photo, save_photo
from tests.cast import ASTANA, Cast, Person
from tests.factories import make_deed, make_request
from tests.site import Site
from tests.steps import picture, take_and_report


def keep(owner: Person) -> str:
    """A photo of ``owner`` that nothing has taken yet."""
    photo = read_photo(io.BytesIO(picture()))
    key = save_photo(uploads.storage(), photo)
    with db.transaction():
        deeds.keep_photo(key, photo.width, photo.height, user_id=owner.id, at=utcnow())
    return key


def give(key: str, deed_id: int) -> None:
    with db.transaction() as session:
        session.get_one(Photo, key).deed_id = deed_id


def who_sees(key: str, site: Site, cast: Cast) -> set[str]:
    people = {"owner": cast.ben, "other": cast.cy, "desk": cast.dee, "far desk": cast.eve, "auditor": cast.fay,
              "admin": cast.gus}  # fmt: skip
    browsers = {name: site.as_(person) for name, person in people.items()} | {"visitor": site}
    return {
        name for name, browser in browsers.items() if browser.get(f"/photos/{key}-small.webp", "*").status_int == 200
    }


EVERYBODY = {"owner", "other", "desk", "far desk", "auditor", "admin", "visitor"}


def test_a_photo_that_nothing_took_is_its_owners(context: Flask, site: Site, cast: Cast) -> None:
    assert who_sees(keep(cast.ben), site, cast) == {"owner"}


@pytest.mark.parametrize(
    ("status", "seen_by"),
    [
        (DeedStatus.PENDING, {"owner", "desk", "auditor"}),
        (DeedStatus.HIDDEN, {"owner", "desk", "auditor"}),
        (DeedStatus.PUBLISHED, EVERYBODY),
    ],
)
def test_a_deeds_photo_follows_its_deed(
    context: Flask, site: Site, cast: Cast, status: DeedStatus, seen_by: set[str]
) -> None:
    key = keep(cast.ben)
    give(key, make_deed(status=status, user_id=cast.ben.id))
    assert who_sees(key, site, cast) == seen_by


def test_a_reports_photo_is_for_the_desk_of_its_region(context: Flask, site: Site, cast: Cast) -> None:
    key = keep(cast.ben)
    take_and_report(make_request(region=ASTANA, district=None), cast.ben, photo_keys=(key,))
    assert who_sees(key, site, cast) == {"owner", "far desk", "auditor"}


def test_hiding_a_deed_hides_its_photos(context: Flask, site: Site, cast: Cast) -> None:
    key = keep(cast.ben)
    deed_id = make_deed(user_id=cast.ben.id)
    give(key, deed_id)
    site.get(f"/photos/{key}-large.webp")
    site.as_(cast.dee).post(f"/desk/deeds/{deed_id}/hide", {"reason": "A face."}, status=303)
    site.get(f"/photos/{key}-large.webp", status=404)
    assert db.read.get_one(Deed, deed_id).status == DeedStatus.HIDDEN


def test_other_names_lead_nowhere(context: Flask, site: Site, cast: Cast) -> None:
    key = keep(cast.ben)
    ben = site.as_(cast.ben)
    for path in (
        f"{key}-huge.webp",
        f"{key}-small.png",
        f"{'0' * 32}-small.webp",
        f"{key[:-1]}-small.webp",
        f"..%2f{key[:28]}-small.webp",
    ):
        ben.get(f"/photos/{path}", status=404)


def test_a_photo_whose_file_is_gone_is_not_found(context: Flask, site: Site, cast: Cast) -> None:
    key = keep(cast.ben)
    for file in (db.settings.instance_path / "uploads").rglob("*.webp"):
        file.unlink()
    site.as_(cast.ben).get(f"/photos/{key}-small.webp", status=404)


def test_a_kept_copy_is_asked_about_soon_and_hidden_with_its_deed(context: Flask, site: Site, cast: Cast) -> None:
    key = keep(cast.ben)
    deed_id = make_deed(user_id=cast.ben.id)
    give(key, deed_id)
    path = f"/photos/{key}-large.webp"
    first = site.get(path)
    assert first.headers["Cache-Control"] == "private, max-age=60, must-revalidate"
    known = {"If-None-Match": first.headers["ETag"]}
    assert not site.get(path, 304, headers=known).body
    assert first.headers["ETag"] != site.get(f"/photos/{key}-small.webp").headers["ETag"]
    site.as_(cast.dee).post(f"/desk/deeds/{deed_id}/hide", {"reason": "A face."}, status=303)
    site.get(path, 404, headers=known)
