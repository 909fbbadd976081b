"""The folder of recordings, exchanged as a whole: who reads it finds the old ones or the new."""

import ctypes
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Nobody else exchanges `folder` meanwhile: of two the second waits, and builds on the first.

    The lock is on the folder around it, whose name outlives every exchange. Raises OSError.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    held = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


@contextmanager
def staged(folder: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder beside `folder` with all that it has, and `files` (by their paths) in its place.

    Begun within `one_at_a_time`. It is gone afterwards, whether it was put in place or not.
    Raises OSError when the disk refuses.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        stage.chmod(_FOLDER_MODE)
        for path in sorted(folder.glob("*/*")) if folder.is_dir() else ():
            _same(path, stage / path.relative_to(folder))
        for name, content in files.items():
            path = stage / name
            _readable(path.parent)
            path.unlink(missing_ok=True)
            path.write_bytes(content)
            path.chmod(_FILE_MODE)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def put_in_place(stage: Path, folder: Path) -> None:
    """Exchange the two: in one step where the system has one, else file by file, each whole.

    Whoever `folder` belongs to, and its rights, stay as they are.
    Raises OSError when the disk refuses; then `folder` is as it was, or, file by file, has some.
    """
    if not folder.exists():
        stage.rename(folder)
        return
    found = folder.stat()
    for made in (stage, *(path for path in stage.iterdir() if path.is_dir())):
        _like(made, found)
    stage.chmod(stat.S_IMODE(found.st_mode))
    if _exchanged(stage, folder):
        return
    for path in sorted(stage.glob("*/*")):
        target = folder / path.relative_to(stage)
        if not target.parent.is_dir():
            _readable(target.parent)
        path.replace(target)


def _readable(folder: Path) -> None:
    """A folder that the roles can read, whatever the umask of who imports."""
    folder.mkdir(exist_ok=True)
    folder.chmod(_FOLDER_MODE)


def _like(folder: Path, found: os.stat_result) -> None:
    """Have it belong to whom the other belongs, as far as we may give it away."""
    if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(PermissionError):
            os.chown(folder, found.st_uid, found.st_gid)


def _same(path: Path, copy: Path) -> None:
    _readable(copy.parent)
    try:
        copy.hardlink_to(path)
    except OSError:
        shutil.copy2(path, copy)


def _exchanged(one: Path, other: Path) -> bool:
    """renameat2(2) with RENAME_EXCHANGE; False where this system or its disk has none."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    names = (os.fsencode(one), os.fsencode(other))
    return bool(call(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0)
