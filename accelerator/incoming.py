"""Requests as they come in: a file that is too large is read to its end and not kept, so the words beside it arrive."""

from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from flask import Request

from accelerator.photos import DEFAULT_LIMITS

#: Four short films taken for photos, and the words around them. What is longer is not read at all.
MAX_REQUEST_BYTES = 256 * 1024 * 1024
#: Bytes of a file that stay in memory; the rest goes to disk.
IN_MEMORY = 500 * 1024


class FileWithinLimit(SpooledTemporaryFile[bytes]):
    """A file that keeps one byte more than a photo may have, by which it is known to be too large."""

    def __init__(self) -> None:
        super().__init__(max_size=IN_MEMORY)
        self.room = DEFAULT_LIMITS.max_bytes + 1

    def write(self, data: Any) -> int:
        self.room -= super().write(data[: self.room])
        return len(data)


class IncomingRequest(Request):
    def _get_file_stream(self, *_about_the_file: object, **_more: object) -> IO[bytes]:
        return cast(IO[bytes], FileWithinLimit())
