"""Photos that come with a form: good ones are kept at once, a bad one gets its sentence, words are never lost."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext
from sqlalchemy import or_, select

from accelerator import limits
from accelerator.accounts.viewer import Viewer
from accelerator.deeds import transitions
from accelerator.deeds.models import Photo
from accelerator.errors import TooManyTries
from accelerator.extensions import db
from accelerator.forms import files_of
from accelerator.photos import Photo as ReadPhoto
from accelerator.photos import PhotoProblem, PhotoRefused, read_photo, save_photo
from accelerator.storage import FolderStorage

MOST_PHOTOS = 4


@cache
def storage_at(root: Path) -> FolderStorage:
    return FolderStorage(root)


def storage() -> FolderStorage:
    """Where uploads are kept."""
    return storage_at(current_app.config["SETTINGS"].instance_path / "uploads")


def refusal(problem: PhotoProblem, name: str) -> str:
    """Why a photo was not taken and what to do, naming the file."""
    return {
        PhotoProblem.not_a_picture: gettext("%(name)s is not a picture. Choose a JPEG, PNG or WebP file.", name=name),
        PhotoProblem.heic: gettext(
            "%(name)s is in a format that only some phones show. Send a screenshot of it, or set the camera to JPEG.",
            name=name,
        ),
        PhotoProblem.too_many_bytes: gettext("%(name)s is larger than 12 MB. Choose a smaller one.", name=name),
        PhotoProblem.too_many_pixels: gettext("%(name)s has too many pixels. Choose a smaller one.", name=name),
        PhotoProblem.broken: gettext("%(name)s is damaged or was cut short. Please send it again.", name=name),
    }[problem]


def take_photos(form: Any, *, by: Viewer, at: datetime, claim_id: int | None = None) -> list[str]:
    """Store the form's new photos; return the keys of all good ones, those kept from the last try first.

    Photos that came with an earlier report on ``claim_id`` may be among those kept.
    Sentences about refused photos are put beside the field. Decoding takes a while, so it happens before
    the rows are written: nobody else waits for it. The caller commits.
    """
    left_out = form.left_out.data or []
    keys = [key for key in own_keys(form.kept_photos.data or "", by, claim_id) if key not in left_out]
    uploads = files_of(form.photos)
    room = MOST_PHOTOS - len(keys)
    if len(uploads) > room:
        form.add_error("photos", gettext("Four photos are enough; the rest was left out."))
    photos = [photo for upload in uploads[:room] if (photo := read_upload(form, upload, by=by, at=at))]
    for photo in photos:
        key = save_photo(storage(), photo)
        transitions.keep_photo(key, photo.width, photo.height, user_id=by.id, at=at)
        keys.append(key)
    return keys


def read_upload(form: Any, upload: Any, *, by: Viewer, at: datetime) -> ReadPhoto | None:
    """One photo, or `None` and a sentence beside the field. Tries are counted before anything is decoded."""
    is_allowed = limits.spend(db.session, limits.UPLOADS_BY_PERSON, str(by.id), at=at)
    db.session.commit()
    if not is_allowed:
        form.add_error("photos", TooManyTries().sentence())
        return None
    try:
        return read_photo(upload.stream)
    except PhotoRefused as refused:
        form.add_error("photos", refusal(refused.reason, upload.filename[-60:]))
        return None


def own_keys(text: str, by: Viewer, claim_id: int | None) -> list[str]:
    """The keys of a hidden field that really are this person's photos and belong to nothing yet, or to this claim."""
    asked = text.split(",")[:MOST_PHOTOS] if text else []
    own = set(
        db.read.scalars(
            select(Photo.key).where(
                Photo.key.in_(asked),
                Photo.user_id == by.id,
                or_(Photo.claim_id.is_(None), Photo.claim_id == claim_id),
                Photo.deed_id.is_(None),
            )
        )
    )
    return [key for key in asked if key in own]


def keys_of_claim(claim_id: int) -> list[str]:
    """The photos that came with the report on a claim."""
    return list(db.read.scalars(select(Photo.key).where(Photo.claim_id == claim_id).order_by(Photo.key)))
