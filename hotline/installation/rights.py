"""Whose the parts of an installation are, and to whom else they are open."""

import errno
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from files.written import Owned
from hotline.settings import Settings

USER = "hotline"
"""Whom the roles run as where nobody else is named; the Debian package makes it."""


class NoUser(Exception):
    """Nobody of that name, or nobody that the roles should run as; the message has the mend."""


@dataclass(frozen=True, slots=True)
class Steward:
    """Whom the roles run as."""

    name: str
    user: int
    group: int

    @property
    def theirs(self) -> Owned:
        """What the roles write."""
        return Owned(self.user, self.group)

    @property
    def for_them(self) -> Owned:
        """What people edit and the roles read: root's, where root makes it."""
        return Owned(os.geteuid(), self.group)


def steward(name: str | None) -> Steward:
    """The user of this name; without one `hotline` for root, and for all others themselves.

    Raises NoUser.
    """
    mine = os.geteuid()
    if name is None and mine != 0:
        found = pwd.getpwuid(mine)
        return Steward(found.pw_name, mine, os.getegid())
    wanted = name or USER
    try:
        found = pwd.getpwnam(wanted)
    except KeyError:
        raise NoUser(
            f"there is no user {wanted}: adduser --system --group --no-create-home {wanted}, "
            "or name another one by --user"
        ) from None
    if mine not in (0, found.pw_uid):
        raise NoUser(f"only root can make an installation for {wanted}: run it as root")
    return Steward(found.pw_name, found.pw_uid, found.pw_gid)


def folder_for(folder: Path, owned: Owned, mode: int) -> str:
    """Have a folder of theirs with these rights: `made`, `mended` or `same`. Raises OSError."""
    made = not folder.is_dir()
    if made:
        folder.mkdir(parents=True)
    what = "made" if made else "same"
    found = folder.stat()
    if (found.st_uid, found.st_gid) != (owned.user, owned.group):
        os.chown(folder, owned.user, owned.group)
        what = "made" if made else "mended"
    if stat.S_IMODE(folder.stat().st_mode) != mode:
        folder.chmod(mode)
        what = "made" if made else "mended"
    return what


def file_for(path: Path, owned: Owned, mode: int) -> bool:
    """Give a file that is there these rights; True when it had others. Raises OSError.

    A link, or what has another name besides, is left alone: it may lead to what is not ours to give
    away. Looked at and given by one descriptor, for whoever owns the folder may swap names between.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link, a socket
            return False
        raise
    try:
        found = os.fstat(descriptor)
        known = (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))
        plain = stat.S_ISREG(found.st_mode) and found.st_nlink == 1
        if not plain or known == (owned.user, owned.group, mode):
            return False
        os.fchown(descriptor, owned.user, owned.group)
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)
    return True


def become_steward(state: Path) -> None:
    """From root become whoever `state` belongs to, for the rest of this process.

    What root leaves there (a journal, a folder) would be closed to the roles, which then could keep
    nothing. Nothing happens where the folder is root's, or not there. Raises OSError.
    """
    theirs = _of_others(state)
    if theirs is None:
        return
    os.setgroups(_groups(theirs))
    os.setgid(theirs.group)
    os.setuid(theirs.user)


@contextmanager
def as_steward(state: Path) -> Iterator[None]:
    """As `become_steward`, for what is done inside: then root again (setresuid(2), effective)."""
    theirs = _of_others(state)
    if theirs is None:
        yield
        return
    groups, group = os.getgroups(), os.getegid()
    os.setgroups(_groups(theirs))
    os.setegid(theirs.group)
    os.seteuid(theirs.user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def for_the_roles(settings: Settings) -> AbstractContextManager[None]:
    """What is made in an installation's own folders is its roles', whoever makes it."""
    return nullcontext() if settings.home is None else as_steward(settings.state_dir)


def _of_others(state: Path) -> Owned | None:
    """Whose the folder is, where root looks and it is not root's."""
    if os.geteuid() != 0 or not state.is_dir():
        return None
    found = state.stat()
    try:
        group = pwd.getpwuid(found.st_uid).pw_gid
    except KeyError:  # of a container, where the number alone is known
        group = found.st_gid
    return Owned(found.st_uid, group) if found.st_uid != 0 else None


def _groups(theirs: Owned) -> list[int]:
    try:
        name = pwd.getpwuid(theirs.user).pw_name
    except KeyError:
        return []
    return os.getgrouplist(name, theirs.group)
