"""Where an Asterisk's files are, and who it is."""

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ETC_INSIDE = "/etc/asterisk"
HOME_INSIDE = "/srv/hotline"
"""All that is ours and Asterisk's together. Not the hotline's own state, which is its alone."""
SOUNDS_INSIDE = f"{HOME_INSIDE}/p"
MUSIC_INSIDE = f"{HOME_INSIDE}/moh"
RECORDINGS_INSIDE = f"{HOME_INSIDE}/recordings"
USER = "asterisk"
_MOST_LINKS = 40
"""As many as Linux follows (path_resolution(7))."""
_NUMBERS = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")
_MODULES = ("usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules", "usr/lib64/asterisk/modules")


@dataclass(frozen=True, slots=True)
class Places:
    """What is ours at one Asterisk: paths as it sees them, and `root`, the folder it sees as /."""

    root: Path
    etc: str = ETC_INSIDE
    sounds: str = SOUNDS_INSIDE
    music: str = MUSIC_INSIDE
    recordings: str = RECORDINGS_INSIDE

    def outside(self, inside: str) -> Path:
        """A path of Asterisk's as the machine sees it: links on the way lead within its tree.

        Debian's /var/run is a link to /run: of that tree, and not of ours. Raises OSError where
        links lead in a circle.
        """
        return self.root / _followed(self.root, PurePosixPath(inside.lstrip("/")), _MOST_LINKS)


def _followed(root: Path, inside: PurePosixPath, links: int) -> PurePosixPath:
    """The path below `root` that `inside` is, for who sees `root` as /."""
    walked = PurePosixPath()
    for number, part in enumerate(inside.parts):
        if part == "..":
            walked = walked.parent
            continue
        walked /= part
        if not (root / walked).is_symlink():
            continue
        if not links:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(root / inside))
        target = PurePosixPath((root / walked).readlink())
        from_here = walked.parent / target  # an absolute one begins anew
        begun = PurePosixPath(str(from_here).lstrip("/"))
        return _followed(root, begun.joinpath(*inside.parts[number + 1 :]), links - 1)
    return walked


def places_of(root: Path, sounds: str, recordings: str) -> Places:
    """The places of an installation; where our servers name other folders, those."""
    return Places(root, sounds=sounds or SOUNDS_INSIDE, recordings=recordings or RECORDINGS_INSIDE)


@dataclass(frozen=True, slots=True)
class Owner:
    """A user of Asterisk's machine, by name and number. Root where none has the name."""

    name: str
    user: int
    group: int


class NoSuchUser(Exception):
    """The user that was named is not known to Asterisk's machine."""


def find_owner(root: Path, name: str | None = None) -> Owner:
    """The user whom Asterisk runs as: `name`, else `asterisk`, else root, by `root`'s etc/passwd.

    `name` may be two numbers as well, `user:group`. Raises NoSuchUser when it is not there.
    """
    wanted = name or USER
    if numbers := _NUMBERS.fullmatch(wanted):
        return Owner(wanted, int(numbers[1]), int(numbers[2]))
    try:
        lines = (root / "etc/passwd").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        found, _, user, group, *_ = [*line.split(":"), "", "", ""]
        if found == wanted and user.isdigit() and group.isdigit():
            return Owner(found, int(user), int(group))
    if name:
        raise NoSuchUser(f"{name}: not in {root / 'etc/passwd'}")
    return Owner("root", 0, 0)


def find_modules(root: Path) -> str | None:
    """The folder of Asterisk's modules, as it sees it; None where no Asterisk is."""
    for pattern in _MODULES:
        for found in sorted(root.glob(pattern)):
            return "/" + str(found.relative_to(root))
    return None
