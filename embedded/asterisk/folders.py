"""Folders for two users: us, who make them, and Asterisk, who is no root."""

import os
import stat
from pathlib import Path

_OPEN = 0o755
_PRIVATE = 0o2770
"""Owner and group alone; what is made in it belongs to the group too."""


def open_folder(folder: Path) -> bool:
    """Have a folder that everybody may enter and read; True when it was not so."""
    if not folder.is_dir():
        if folder.parent != folder and not folder.parent.is_dir():
            open_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(_OPEN)  # whatever the umask took away
        return True
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o055 == 0o055:
        return False
    folder.chmod(mode | _OPEN)
    return True


def private_folder(folder: Path, user: int, group: int) -> bool:
    """Have a folder for these two alone; True when it was not so."""
    made = not folder.is_dir()
    if made:
        open_folder(folder)
    found = folder.stat()
    if (found.st_uid, found.st_gid) != (user, group):
        os.chown(folder, user, group)
        made = True
    if stat.S_IMODE(folder.stat().st_mode) != _PRIVATE:
        folder.chmod(_PRIVATE)  # after chown(), which takes the bit of the group away
        made = True
    return made
