"""Files and folders that are for their owner alone, whatever the umask is.

They hold what citizens have said and their numbers.
"""

import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def close_to_others(path: Path) -> None:
    """Take from everybody else what they may do with `path`, where it is there and ours.

    A folder that is for everybody (`/tmp`, named by mistake) is left as it is: it is sticky.
    The file is not opened: who closes a file gives up all locks on it that the process has
    (fcntl(2)), and SQLite keeps its own in that way.
    """
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_mode & stat.S_ISVTX:
            return
        if found.st_mode & OTHERS and found.st_uid == os.geteuid():
            path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
    except OSError:  # not there, or a disk that is read only: it stays as it is
        return


def make_closed_folder(path: Path) -> None:
    """A folder for us alone. Raises OSError."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    close_to_others(path)


def make_closed_file(path: Path) -> None:
    """An empty file for us alone, unless there is one: then that is closed."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:  # it is there, or whoever opens it will say why it cannot be made
        close_to_others(path)
