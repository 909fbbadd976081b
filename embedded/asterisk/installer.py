"""940 brought into an Asterisk of one's own: all that a call needs there, by one command.

What the embedded Asterisk gets at each start is got here once: the configuration, the prompts,
music for those who wait, and a folder to record into. Running it again brings what is newer and
mends what is missing.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedded.asterisk.conf_files import (
    SITE_FILES,
    SYSTEM_NAME,
    conf_files,
    machine_name,
    system_name_in,
)
from embedded.asterisk.folders import open_folder
from embedded.asterisk.manager import ManagerAccess
from embedded.asterisk.places import Owner, Places, find_modules, find_owner
from embedded.asterisk.sounds import Laid, lay_audio
from files.written import Manifest, Owned, Written, read_manifest, write_files

_FREEPBX = ("etc/freepbx.conf", "etc/amportal.conf")
_OWN_FOLDERS = ("astdbdir", "astspooldir", "astrundir", "astlogdir")


class CannotInstall(Exception):
    """The wrong words were said; the message says which, and the mend."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be installed where.

    `config` is config/asterisk, `sounds` the rendered prompts. `keeper_group` collects recordings.
    An empty `system_name` is the one that the tree has, or else the machine's host name. `access`
    opens the manager interface; None leaves it shut.
    """

    places: Places
    config: Path
    sounds: Path
    keeper_group: int
    system_name: str = ""
    user: str | None = None
    access: ManagerAccess | None = None


@dataclass(frozen=True, slots=True)
class Installed:
    """What was done. `folders` were made or opened to the user whom Asterisk runs as."""

    system_name: str
    owner: Owner
    files: tuple[Written, ...]
    laid: Laid
    folders: tuple[str, ...]
    has_asterisk: bool

    @property
    def changed(self) -> bool:
        """Whether anything was different before."""
        touched = any(one.what not in ("same", "yours") for one in self.files)
        return bool(touched or self.folders or self.laid.sounds or self.laid.music)


def tree_of(folder: Path) -> Path:
    """The folder that Asterisk sees as /, for that folder or its etc/asterisk.

    Raises CannotInstall when there is no such folder.
    """
    folder = folder.absolute()
    if not folder.is_dir():
        raise CannotInstall(f"{folder}: no such folder; on Asterisk's own machine it is /")
    return folder.parents[1] if folder.parts[-2:] == ("etc", "asterisk") else folder


def install(wish: Wish) -> Installed:
    """Install, or bring an installation to this release. Idempotent.

    Raises CannotInstall, NoSuchUser, and OSError, which names the path that refused.
    """
    places = wish.places
    if any((places.root / name).exists() for name in _FREEPBX):
        raise CannotInstall(
            f"{places.root} has a FreePBX, which writes Asterisk's configuration itself: "
            "give 940 an Asterisk of its own (docs/freepbx.md)"
        )
    owner = find_owner(places.root, wish.user)
    etc = places.outside(places.etc)
    name = wish.system_name or _name_before(etc) or machine_name()
    if not SYSTEM_NAME.fullmatch(name):
        raise CannotInstall(
            f"{name or 'this machine'}: no systemname; give one of letters, digits, - . or _, "
            "at most 40, with --systemname"
        )
    modules = find_modules(places.root)
    files = conf_files(
        wish.config,
        directories={"astmoddir": modules} if modules else {},
        system_name=name,
        access=wish.access,
    )
    folders = [*_make_own_folders(places, files["asterisk.conf"], owner)]
    if not etc.is_dir():
        open_folder(etc)
        folders.append(places.etc)
    texts = {name: text.encode() for name, text in files.items()}
    owned = Owned(owner.user, owner.group)
    written = tuple(write_files(etc, texts, owned, edited=_is_the_sites))
    laid = lay_audio(places, owner, wish.sounds, keeper_group=wish.keeper_group)
    return Installed(
        name, owner, written, laid, (*folders, *laid.folders), has_asterisk=modules is not None
    )


def _is_the_sites(name: str, known: Manifest) -> bool:
    # Nobody else has files of the first kind; Debian has an rtp.conf of its own.
    return name in SITE_FILES and (name.startswith("hotline_") or name in known.files)


def _name_before(etc: Path) -> str:
    """The systemname of an earlier installation: a new one would part calls from their records."""
    if read_manifest(etc) is None:
        return ""
    try:
        return system_name_in((etc / "asterisk.conf").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""


def _make_own_folders(places: Places, asterisk_conf: str, owner: Owner) -> Iterator[str]:
    """Make the folders that Asterisk itself writes to, where its package has not."""
    for name in _OWN_FOLDERS:
        found = re.search(rf"^{name} => (\S+)$", asterisk_conf, re.MULTILINE)
        if found is None or places.outside(found[1]).is_dir():
            continue
        folder = places.outside(found[1])
        open_folder(folder)
        os.chown(folder, owner.user, owner.group)
        folder.chmod(0o750)
        yield found[1]
