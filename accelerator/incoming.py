"""Requests as they come in: a photo that is too large is read to its end, not kept, and the words beside it arrive."""

from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from flask import Flask, Request, request

from accelerator.photos import DEFAULT_LIMITS

#: Endpoints of forms with photos.
WITH_PHOTOS = frozenset({"board.report_request", "deeds.tell_of_deed", "appeals.write_report"})
#: Bytes: four short films taken for photos, and the words around them. What is longer is not read at all.
LONGEST = 256 * 1024 * 1024
#: Bytes of any other request.
WITHOUT_PHOTOS = 1024 * 1024
#: Bytes of a file that stay in memory; the rest goes to disk. There can be as many files as parts.
IN_MEMORY = 64 * 1024


class FileWithinLimit(SpooledTemporaryFile[bytes]):
    """A file that keeps one byte more than a photo may have, by which it is known to be too large."""

    def __init__(self) -> None:
        super().__init__(max_size=IN_MEMORY)
        self.room = DEFAULT_LIMITS.max_bytes + 1

    def write(self, data: Any) -> int:
        self.room -= super().write(data[: self.room])
        return len(data)


class IncomingRequest(Request):
    """A request whose files are kept within the limit."""

    def _get_file_stream(self, *_about_the_file: object, **_more: object) -> IO[bytes]:
        return cast(IO[bytes], FileWithinLimit())


def init_app(app: Flask) -> None:
    app.request_class = IncomingRequest
    app.config["MAX_CONTENT_LENGTH"] = WITHOUT_PHOTOS
    app.before_request(make_room)


def make_room() -> None:
    """Where photos may come, more may come."""
    if request.endpoint in WITH_PHOTOS:
        request.max_content_length = LONGEST
