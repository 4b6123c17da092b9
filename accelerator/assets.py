"""Style, script and pictures: read once at start, named by their content, compressed once, kept for a year."""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import brotli

#: The script of every page is one file: htmx, its live extension, and our own few lines.
BUNDLES = {
    "app.js": ("vendor/htmx.min.js", "vendor/htmx-ext-sse.min.js", "js/app.js"),
    "app.css": ("css/app.css",),
    # Only on their own pages: a first visit to the board need not carry them.
    "help.css": ("css/questionnaire.css", "css/help.css"),
    "help.js": ("js/help.js",),
    "desk.css": ("css/questionnaire.css", "css/desk.css"),
    "desk.js": ("js/desk.js",),
    "photos.js": ("js/photos.js",),
}
#: Comments are for us; compressed they weigh 1.5 KB of a first visit's 40. (In scripts: whole lines only.)
COMMENTS = {".css": re.compile(rb"/\*.*?\*/", re.DOTALL), ".js": re.compile(rb"^ *//.*\n", re.MULTILINE)}
#: Line ends, spaces around braces and semicolons, and those behind commas and colons say nothing to a browser.
SPACES = re.compile(rb"\s*([{};])\s*|(?<=[,:]) ")
PREFIX = "/static/"
KEPT = ("icons.svg", "favicon.svg")
FOREVER = "public, max-age=31536000, immutable"
#: For whoever opens a file by itself: it loads nothing and stands in nobody's frame. Drawings carry their own style.
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
DRAWING_POLICY = f"{POLICY}; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Asset:
    """One file as browsers get it."""

    name: str
    body: bytes

    @cached_property
    def path(self) -> str:
        stem, dot, ending = self.name.rpartition(".")
        return f"{PREFIX}{stem}.{hashlib.sha256(self.body).hexdigest()[:12]}{dot}{ending}"

    @cached_property
    def encodings(self) -> dict[str, bytes]:
        return {"br": brotli.compress(self.body), "gzip": gzip.compress(self.body, 9, mtime=0), "": self.body}

    @cached_property
    def content_type(self) -> str:
        guessed = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed

    @property
    def policy(self) -> str:
        return DRAWING_POLICY if self.name.endswith(".svg") else POLICY


class Assets:
    """All files under ``static/`` that pages name, by plain name and by hashed path."""

    def __init__(self, folder: Path) -> None:
        bodies = {name: join_files(folder, parts) for name, parts in BUNDLES.items()}
        bodies |= {name: (folder / name).read_bytes() for name in KEPT}
        self.by_name = {name: Asset(name, body) for name, body in bodies.items()}
        self.by_path = {asset.path: asset for asset in self.by_name.values()}

    def url(self, name: str) -> str:
        """The hashed address of a file; a name that does not exist is an error at the first rendering."""
        return self.by_name[name].path

    def serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes] | None:
        """Answer a request for a hashed file, or `None` when the path is not one."""
        asset = self.by_path.get(environ["PATH_INFO"])
        if asset is None:
            return None
        encoding = pick_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        body = asset.encodings[encoding]
        headers = [
            ("Content-Type", asset.content_type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", FOREVER),
            ("Vary", "Accept-Encoding"),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", asset.policy),
        ]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        start_response("200 OK", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def join_files(folder: Path, parts: tuple[str, ...]) -> bytes:
    return b"\n".join(read_part(folder / part) for part in parts)


def read_part(path: Path) -> bytes:
    """A file as it is sent: our own ones without their comments, styles without their spaces."""
    body = path.read_bytes()
    if path.parent.name == "vendor":
        return body
    plain = COMMENTS[path.suffix].sub(b"", body)
    return SPACES.sub(rb"\1", plain) if path.suffix == ".css" else plain


def pick_encoding(accept_encoding: str) -> str:
    """br, gzip or nothing; the header is short and browsers send no weights that matter here."""
    if "br" in accept_encoding:
        return "br"
    return "gzip" if "gzip" in accept_encoding else ""
