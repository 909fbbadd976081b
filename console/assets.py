"""Style sheets, scripts and fonts, all served from here: each under a name that its content makes.

So a browser keeps them for a year, and takes a new one as soon as there is one. Texts are kept
compressed. What others have made comes from its package at set-up (`tools/setup`), into `vendor/`.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request

FOLDER = Path(__file__).with_name("static")
YEAR_S = 365 * 24 * 3600
_TEXT = (".css", ".js", ".svg")
_NAMED = re.compile(rb'url\("asset:([a-z0-9/.-]+)"\)')


class AssetsMissing(Exception):
    """What the pages are made with is not here; the message says how it comes."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: what it is, and as it is sent."""

    content: bytes
    kind: str
    zipped: bytes | None
    mark: str


@cache
def load_assets(folder: Path = FOLDER) -> dict[str, Asset]:
    """Every file by its path under `folder`. Raises AssetsMissing."""
    if not (folder / "vendor").is_dir():
        raise AssetsMissing("console/static/vendor is not here: run `make setup`")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    found: dict[str, Asset] = {}
    for path in sorted(files, key=lambda path: path.suffix == ".css"):  # these name the others
        content = path.read_bytes()
        if path.suffix == ".css":
            content = _NAMED.sub(lambda name: _address(name[1].decode(), found), content)
        found[path.relative_to(folder).as_posix()] = _asset(path, content)
    return found


def _address(name: str, found: Mapping[str, Asset]) -> bytes:
    """What a style sheet writes as `url("asset:<name>")`."""
    return f'url("/static/{found[name].mark}/{name}")'.encode()


def _asset(path: Path, content: bytes) -> Asset:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix == ".woff2":
        kind = "font/woff2"
    zipped = gzip.compress(content, 9, mtime=0) if path.suffix in _TEXT else None
    return Asset(content, kind, zipped, hashlib.sha256(content).hexdigest()[:12])


def asset_url(name: str) -> str:
    """The address of a file, whose name changes with its content. Raises KeyError for none such."""
    return f"/static/{load_assets()[name].mark}/{name}"


def blueprint() -> Blueprint:
    """Serves them. A mark that is not the content's own finds nothing."""
    made = Blueprint("assets", __name__)

    @made.get("/static/<mark>/<path:name>")
    def asset(mark: str, name: str) -> Response:
        found = load_assets().get(name)
        if found is None or found.mark != mark:
            return Response(status=404)
        zips = found.zipped is not None and request.accept_encodings.quality("gzip") > 0
        answer = Response(found.zipped if zips else found.content, content_type=found.kind)
        if found.zipped is not None:
            answer.headers["Vary"] = "Accept-Encoding"
        if zips:
            answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        return answer

    return made
