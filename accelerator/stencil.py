"""Pages drawn once for many readers, with gaps where each reader's own words go.

A template is rendered with `gap` values in the place of what differs between readers; the outcome is kept,
compressed, and only the gaps are filled for each request. Deflate allows that: a piece that ends with a full
flush refers to nothing before it, so pieces can be put one after the other; words of one reader go between
them as they are (a form's token is better not compressed anyway).
"""

import struct
import zlib
from collections.abc import Iterable, Mapping

from markupsafe import Markup

#: Never part of a text: forms take it out.
EDGE = "\x00"
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
DEFLATE_END = b"\x03\x00"


def gap(name: str) -> Markup:
    """What stands in the template for something that differs between readers."""
    return Markup(f"{EDGE}{name}{EDGE}")  # noqa: S704 (a constant)


class Piece:
    """A part of a page that many get: as it is, and compressed so that it can stand between others."""

    def __init__(self, html: str, level: int = 9) -> None:
        self.plain = html.encode()
        deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        self.packed = deflate.compress(self.plain) + deflate.flush(zlib.Z_FULL_FLUSH)


class OwnWords:
    """A few bytes for one reader: not worth compressing."""

    def __init__(self, html: str) -> None:
        self.plain = html.encode()
        size = len(self.plain)
        self.packed = struct.pack("<BHH", 0, size, size ^ 0xFFFF) + self.plain  # a stored block


class Stencil:
    """A drawn page with gaps."""

    def __init__(self, html: str) -> None:
        parts = html.split(EDGE)
        #: Every second part is the name of a gap.
        self._parts = [part if place % 2 else Piece(part) for place, part in enumerate(parts)]

    def fill(self, given: Mapping[str, Piece]) -> "Filled":
        """The page with ``given`` in the gaps of these names; other gaps stay open."""
        return Filled([given.get(part, part) if isinstance(part, str) else part for part in self._parts])


class Filled:
    """A drawn page in which only the gaps of a single reader are open."""

    def __init__(self, parts: list[Piece | str]) -> None:
        self._parts = parts

    def finish(self, own: Mapping[str, OwnWords]) -> list[Piece | OwnWords]:
        """The page of one reader."""
        return [own[part] if isinstance(part, str) else part for part in self._parts]


def join_plain(pieces: Iterable[Piece | OwnWords]) -> bytes:
    return b"".join([piece.plain for piece in pieces])


def join_gzip(pieces: Iterable[Piece | OwnWords]) -> bytes:
    """The pieces as one gzip file."""
    parts, checksum, size = [GZIP_HEAD], 0, 0
    for piece in pieces:
        parts.append(piece.packed)
        checksum = zlib.crc32(piece.plain, checksum)
        size += len(piece.plain)
    parts += (DEFLATE_END, struct.pack("<II", checksum, size))
    return b"".join(parts)
