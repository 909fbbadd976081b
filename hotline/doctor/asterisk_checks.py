"""What a call needs of Asterisk, looked at from its side: `hotline doctor --asterisk`.

We may see every prompt while the user whom Asterisk runs as may enter none of the folders above it:
so each file is opened, and a recording tried, as that user.
"""

import os
import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from embedded.asterisk.conf_files import system_name_in
from embedded.asterisk.install import find_asterisk
from embedded.asterisk.installer import CannotInstall, tree_of
from embedded.asterisk.look import NO_ENTRY, CannotLook, Seen, look
from embedded.asterisk.places import (
    ETC_INSIDE,
    HOME_INSIDE,
    RECORDINGS_INSIDE,
    SOUNDS_INSIDE,
    Owner,
    Places,
    find_owner,
)
from embedded.asterisk.sounds import is_music
from files.written import MANIFEST, read_manifest
from hotline.bootstrap import Services
from hotline.doctor.check import Check
from hotline.doctor.dialplan_checks import dialplan_checks
from hotline.installation.rights import as_steward
from hotline.settings import PREFIX
from hotline.stack import asterisk_instance


def asterisk_checks(services: Services, folder: Path | None) -> Iterator[Check]:
    """Check the Asterisk whose tree is `folder`; None: this machine's, or else the embedded one."""
    settings = services.settings.agi
    try:
        places = _places(services, folder)
    except CannotInstall as error:
        yield Check("asterisk installation", False, str(error))
        return
    owner = _running_as(places) or find_owner(places.root)
    again = "start `hotline serve`, which lays all of it"
    if places.etc == ETC_INSIDE:
        again = f"run `hotline asterisk install --to {places.root}`"
    yield from _configuration(places, again)
    yield from dialplan_checks(places.outside(places.etc))
    sounds = sorted(f"{places.sounds}/{audio}.wav" for audio in services.catalogue.sources)
    etc = [f"{places.etc}/{name}" for name in _conf_names(places)]
    try:
        seen = look(
            places.root,
            owner,
            read=[*etc, *sounds],
            list_=[places.music],
            write=[places.recordings],
        )
        music = [f"{places.music}/{name}" for name in seen.listed.get(places.music, ())]
        music = [path for path in music if is_music(Path(path))]
        heard = look(places.root, owner, read=music)
    except CannotLook as error:
        yield Check("asterisk's side", False, str(error), "run `hotline doctor --asterisk` as root")
        return
    as_user = f"user {owner.name}"
    yield _readable("asterisk reads its configuration", etc, seen, as_user, again)
    set_sounds = _unset(settings.sounds_prefix, places.sounds, "SOUNDS", SOUNDS_INSIDE)
    yield _readable("asterisk reads prompts", sounds, seen, as_user, again + set_sounds)
    yield _music(places.music, music, seen, heard, as_user, again)
    set_recordings = _unset(
        settings.recordings_prefix, places.recordings, "RECORDINGS", RECORDINGS_INSIDE
    )
    state = services.settings.state_dir if services.settings.home else None
    yield _recordings(places, seen, as_user, again + set_recordings, state)


def _unset(prefix: str, used: str, name: str, inside: str) -> str:
    """What is to be set besides, where the servers send Asterisk to a folder of our own."""
    return "" if prefix or used == inside else f", and set {PREFIX}AGI__{name}_PREFIX={inside}"


def _places(services: Services, folder: Path | None) -> Places:
    """Where an Asterisk's things are, and where our servers send it. Raises CannotInstall."""
    settings = services.settings
    if folder is None:
        installed = Path("/etc/asterisk", MANIFEST).exists()
        if not installed and find_asterisk(settings.cache_dir) is not None:
            return asterisk_instance(settings).places
    return Places(
        tree_of(folder or Path("/")),
        sounds=settings.agi.sounds_prefix or str(settings.sounds.absolute()),
        recordings=settings.agi.recordings_prefix or str(settings.recordings.absolute()),
    )


def _running_as(places: Places) -> Owner | None:
    """The user as whom the Asterisk of this tree runs now."""
    try:
        conf = places.outside(f"{places.etc}/asterisk.conf").read_text(encoding="utf-8")
        found = re.search(r"^astrundir\s*=>?\s*(\S+)", conf, re.MULTILINE)
        pid = int(places.outside(f"{found[1] if found else ''}/asterisk.pid").read_text())
        command = Path(f"/proc/{pid}/comm").read_text().strip()
        status = Path(f"/proc/{pid}/status").read_text()
    except (OSError, ValueError):
        return None
    numbers = [
        re.search(rf"^{name}:\s+\d+\s+(\d+)", status, re.MULTILINE) for name in ("Uid", "Gid")
    ]
    if command != "asterisk" or None in numbers:
        return None
    user, group = (int(number[1]) for number in numbers if number)
    known = find_owner(places.root)
    return Owner(known.name if known.user == user else f"{user}:{group}", user, group)


def _conf_names(places: Places) -> list[str]:
    manifest = read_manifest(places.outside(places.etc))
    return sorted(manifest.files) if manifest else ["asterisk.conf", "extensions.conf"]


def _configuration(places: Places, again: str) -> Iterator[Check]:
    etc = places.outside(places.etc)
    missing = [name for name in _conf_names(places) if not (etc / name).is_file()]
    found = f"{etc}: {missing[0] + ' is missing' if missing else 'complete'}"
    yield Check("asterisk installation", not missing, found, again)
    if missing:
        return
    name = system_name_in((etc / "asterisk.conf").read_text(encoding="utf-8"))
    shown = f"{name} stands before its calls' ids" if name else f"{etc}/asterisk.conf sets none"
    yield Check("asterisk systemname", bool(name), shown, again)


def _readable(name: str, paths: list[str], seen: Seen, as_user: str, again: str) -> Check:
    refused = [path for path in paths if path in seen.refused]
    if not refused:
        return Check(name, True, f"{len(paths)} files, as {as_user}")
    first = f"{refused[0]}: {seen.refused[refused[0]]}"
    return Check(
        name, False, f"{as_user} cannot read {len(refused)} of {len(paths)}: {first}", again
    )


def _mend(why: str, again: str) -> str:
    """The installer opens what is ours, and nothing else."""
    closed = why.removeprefix(NO_ENTRY)
    if closed == why or closed.startswith(HOME_INSIDE):
        return again
    return f"let it in (chmod o+x {closed}), or choose another folder"


def _music(
    folder: str, music: list[str], seen: Seen, heard: Seen, as_user: str, again: str
) -> Check:
    name = "asterisk reads music"
    if folder in seen.refused:
        why = seen.refused[folder]
        return Check(name, False, f"{as_user} cannot list {folder}: {why}", _mend(why, again))
    if not music:
        return Check(name, False, f"{folder}: nothing that can be played", again)
    return _readable(name, music, heard, as_user, again)


def _recordings(places: Places, seen: Seen, as_user: str, again: str, state: Path | None) -> Check:
    name, folder = "asterisk writes recordings", places.recordings
    if folder in seen.refused:
        return Check(
            name, False, f"{as_user} cannot write to {folder}: {seen.refused[folder]}", again
        )
    outside = places.outside(folder)
    with as_steward(state) if state else nullcontext():
        fetched = os.access(outside, os.R_OK | os.W_OK | os.X_OK, effective_ids=True)
    if not fetched:
        return Check(name, False, f"{outside}: we cannot fetch from it", again)
    return Check(name, True, f"into {folder}, as {as_user}")
