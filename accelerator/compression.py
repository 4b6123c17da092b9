"""Compression of pages made for one reader; public ones are compressed once, in `accelerator.page_cache`."""

import gzip

import brotli
from flask import Flask, Response, request

from accelerator.assets import pick_encoding
from accelerator.page_cache import PUBLIC
from accelerator.stencil import OwnWords, Piece, join_gzip, join_plain

#: Smaller answers fit one packet anyway.
LEAST_BYTES = 600
#: A page for one reader is compressed for each request: a seventh larger than at 4, in a fifth of the time.
FAST = 1
#: A fragment takes no time either way, and often travels over a slow network.
THOROUGH, SMALL_BYTES = 6, 8_000
KINDS = frozenset({"text/html", "application/json", "application/atom+xml"})


def init_app(app: Flask) -> None:
    app.after_request(compress)


def compress(response: Response) -> Response:
    """Compress text for a browser that takes it. Form tokens are masked anew each time (see BREACH)."""
    encoding = pick_encoding(request.headers.get("Accept-Encoding", ""))
    if not encoding or PUBLIC in response.headers or not is_plain_text(response):
        return response
    body = response.get_data()
    if len(body) < LEAST_BYTES:
        return response
    level = FAST if len(body) > SMALL_BYTES else THOROUGH
    packed = brotli.compress(body, quality=level) if encoding == "br" else gzip.compress(body, level, mtime=0)
    response.set_data(packed)
    response.headers["Content-Encoding"] = encoding
    response.vary.add("Accept-Encoding")
    return response


def is_plain_text(response: Response) -> bool:
    return response.mimetype in KINDS and not response.is_streamed and not response.content_encoding


def make_packed_response(pieces: list[Piece | OwnWords]) -> Response:
    """A page whose pieces were compressed before."""
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return Response(join_plain(pieces), mimetype="text/html")
    return Response(join_gzip(pieces), mimetype="text/html", headers={"Content-Encoding": "gzip"})
