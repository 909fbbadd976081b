"""Files of ours written into a folder where people edit them, and which of them are still ours.

A manifest in the same folder keeps what we wrote. So a later run knows a file that nobody touched
since (it may be renewed) from one that somebody edited, and from one that was never ours.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MANIFEST = "hotline.manifest.json"
BEFORE = "before-hotline"
RELEASE = "release"
FILE_MODE = 0o640


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one file: `made`, `renewed`, `replaced` (a copy is kept), `yours`, `same`.

    `yours` is a file for the site to edit, and edited: it is left as it is. `copy` is the name of
    the copy of what was replaced, or of the release's file beside one of yours.
    """

    name: str
    what: str
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose files and folders are, by number."""

    user: int
    group: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Digests of what we wrote, by file name."""

    files: Mapping[str, str] = field(default_factory=dict)

    def is_as_written(self, name: str, text: bytes) -> bool:
        """Whether this is what we wrote into that file last."""
        return self.files.get(name) == _digest(text)


Edited = Callable[[str, Manifest], bool]
"""Whether a file that is not as we wrote it is the site's to edit, and so left alone."""


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in this folder; None where nothing of ours was installed."""
    try:
        read = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Manifest({str(name): str(digest) for name, digest in read["files"].items()})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Manifest()  # unreadable: every file counts as somebody else's, and is kept


def write_files(
    folder: Path,
    files: Mapping[str, bytes],
    owned: Owned,
    *,
    edited: Edited,
    release_beside: bool = False,
) -> Iterator[Written]:
    """Bring these files into the folder for that owner, and tell of each. Raises OSError.

    Names may have folders before them, which are there. No other file is touched. One that is not
    as we wrote it is kept as a copy beside it, or, where it is the site's to edit, left alone; with
    `release_beside` what a newer release has in its place is then laid beside it.
    """
    known = read_manifest(folder) or Manifest()
    digests = dict(known.files)
    for name, wanted in sorted(files.items()):
        written = _write_one(folder, name, wanted, known, owned, edited)
        new = digests.get(name) != _digest(wanted)
        if written.what == "yours" and release_beside and new:
            copy = f"{name}.{RELEASE}"
            replace_file(folder / copy, wanted, owned)
            written = Written(name, "yours", Path(copy).name)
        if new and (written.what != "yours" or release_beside):
            digests[name] = _digest(wanted)
            # At once: a run that is cut short has not forgotten what it wrote.
            replace_file(folder / MANIFEST, _manifest_text(digests), owned)
        yield written


def _write_one(
    folder: Path, name: str, wanted: bytes, known: Manifest, owned: Owned, edited: Edited
) -> Written:
    path = folder / name
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        replace_file(path, wanted, owned)
        return Written(name, "made")
    if there == wanted:
        return Written(name, "same")
    if known.is_as_written(name, there):
        replace_file(path, wanted, owned)
        return Written(name, "renewed")
    if edited(name, known):
        return Written(name, "yours")
    copy = _free_name(path)
    path.with_name(copy).hardlink_to(path)
    replace_file(path, wanted, owned)
    return Written(name, "replaced", copy)


def _free_name(path: Path) -> str:
    copy, number = f"{path.name}.{BEFORE}", 1
    while path.with_name(copy).exists():
        number += 1
        copy = f"{path.name}.{BEFORE}.{number}"
    return copy


def replace_file(path: Path, text: bytes, owned: Owned, mode: int = FILE_MODE) -> None:
    """Write a file that is whole or not there, for its owner and group alone. Raises OSError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fchown(file.fileno(), owned.user, owned.group)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _manifest_text(digests: Mapping[str, str]) -> bytes:
    return (json.dumps({"files": dict(sorted(digests.items()))}, indent=1) + "\n").encode()


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
