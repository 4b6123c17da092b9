"""What messengers show beside a link: a picture drawn by the server."""

import hashlib
from collections.abc import Callable
from threading import Lock

from flask import Response, make_response, request
from flask_babel import gettext

from accelerator.kept import Kept
from accelerator.pictures import share_picture

#: Drawing takes a third of a second of a processor: one at a time, and the last ones are kept.
_drawing = Lock()
_kept: Kept[bytes] = Kept(256)


def _drawn(tag: str, draw: Callable[[], bytes]) -> bytes:
    with _drawing:
        return _kept.get(tag) or _kept.put(tag, draw())


def picture_response(title: str, line: str, apples: tuple[int, int] | None) -> Response:
    """The share picture as a PNG, kept by messengers for an hour."""
    name = gettext("Accelerator of Good")
    tag = hashlib.sha256(repr((title, line, apples, name)).encode()).hexdigest()[:20]
    if tag in request.if_none_match:
        response = Response(status=304)
    else:
        response = make_response(_drawn(tag, lambda: share_picture(title, line, apples=apples, name=name)))
        response.content_type = "image/png"
    response.set_etag(tag)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
