"""Files that tell of processes: each holds a lock on its own for as long as it lives."""

import fcntl
import os
from pathlib import Path


def hold(path: Path) -> int:
    """Make this file and hold it; its descriptor. Files of who has ended are taken away.

    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in held_files(path.parent):
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
