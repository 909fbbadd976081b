"""Files that tell of processes: each holds a lock on its own for as long as it lives."""

import fcntl
import os
import re
from pathlib import Path

_NAME = re.compile(r"(?P<role>.+?)(?:-(?P<namespace>[0-9]+))?-(?P<pid>[0-9]+)")
"""Without a namespace it is of an earlier release."""


def hold(folder: Path, role: str) -> int:
    """Make and hold the file of this process, of `role`; its descriptor.

    Files of who has ended are taken away. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{role}-{_namespace()}-{os.getpid()}"
    for old in held_files(folder):
        if not is_held(old):
            old.unlink(missing_ok=True)
    unlocked = path.with_name(f".{path.name}")  # none is to be seen that is not locked
    file = os.open(unlocked, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    unlocked.rename(path)
    return file


def held_files(folder: Path) -> list[Path]:
    """The files in this folder, held or not."""
    return sorted(folder.glob("[!.]*"))


def role_of(path: Path) -> tuple[str, int, bool] | None:
    """The role and the number of a file's process, and whether it can be signalled by that here.

    None for a file that is none of ours.
    """
    found = _NAME.fullmatch(path.name)
    if found is None:
        return None
    return found["role"], int(found["pid"]), found["namespace"] == str(_namespace())


def _namespace() -> int:
    """Of process numbers: in another container the same number is another process. 0: unknown."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


def is_held(path: Path) -> bool:
    """Whether the process that made this file is there."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
