"""Configuration files written beside others' files, and which of them are ours.

A manifest in the same folder keeps what we wrote. So a later run knows a file that nobody touched
since (it may be renewed) from one that somebody edited, and from one that was never ours.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from embedded.asterisk.conf_files import SITE_FILES
from embedded.asterisk.places import Owner

MANIFEST = "hotline.manifest.json"
BEFORE = "before-hotline"
_MODE = 0o640


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one file: `made`, `renewed`, `replaced` (a copy is kept), `yours`, `same`.

    `yours` is a file for the site to edit, and edited: it is left as it is. `copy` is the name of
    the copy of what was replaced.
    """

    name: str
    what: str
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Digests of what we wrote, by file name."""

    files: Mapping[str, str] = field(default_factory=dict)

    def is_as_written(self, name: str, text: bytes) -> bool:
        """Whether this is what we wrote into that file last."""
        return self.files.get(name) == _digest(text)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in this folder; None where nothing of ours was installed."""
    try:
        read = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Manifest({str(name): str(digest) for name, digest in read["files"].items()})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Manifest()  # unreadable: every file counts as somebody else's, and is kept


def write_files(folder: Path, files: Mapping[str, str], owner: Owner) -> Iterator[Written]:
    """Bring these files into the folder for `owner`, and tell of each. Raises OSError.

    No other file is touched. One that is not as we wrote it is kept as a copy beside it, or, where
    it is the site's to edit, left alone.
    """
    known = read_manifest(folder) or Manifest()
    digests = dict(known.files)
    for name, text in sorted(files.items()):
        wanted = text.encode()
        written = _write_one(folder, name, wanted, known, owner)
        if written.what != "yours" and digests.get(name) != _digest(wanted):
            digests[name] = _digest(wanted)
            # At once: a run that is cut short has not forgotten what it wrote.
            _replace(folder / MANIFEST, _manifest_text(digests), owner)
        yield written


def _write_one(folder: Path, name: str, wanted: bytes, known: Manifest, owner: Owner) -> Written:
    path = folder / name
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        _replace(path, wanted, owner)
        return Written(name, "made")
    if there == wanted:
        return Written(name, "same")
    if known.is_as_written(name, there):
        _replace(path, wanted, owner)
        return Written(name, "renewed")
    # Nobody else has files of the first kind; Debian has an rtp.conf of its own.
    if name in SITE_FILES and (name.startswith("hotline_") or name in known.files):
        return Written(name, "yours")
    copy = _free_name(folder, name)
    (folder / copy).hardlink_to(path)
    _replace(path, wanted, owner)
    return Written(name, "replaced", copy)


def _free_name(folder: Path, name: str) -> str:
    copy, number = f"{name}.{BEFORE}", 1
    while (folder / copy).exists():
        number += 1
        copy = f"{name}.{BEFORE}.{number}"
    return copy


def _replace(path: Path, text: bytes, owner: Owner) -> None:
    """Write a file that is whole or not there, for its owner and group alone."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
    os.chown(draft, owner.user, owner.group)
    draft.chmod(_MODE)
    draft.replace(path)


def _manifest_text(digests: Mapping[str, str]) -> bytes:
    return (json.dumps({"files": dict(sorted(digests.items()))}, indent=1) + "\n").encode()


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
