"""What callers hear and say, laid where an Asterisk may read and write it.

The embedded Asterisk and an installation get it by the same `lay_audio`. Asterisk is no root:
whatever is ours is made readable for everybody, whoever makes it and under whatever umask.
"""

import math
import os
import shutil
import stat
import struct
import wave
from dataclasses import dataclass
from pathlib import Path

from embedded.asterisk.folders import open_folder, private_folder
from embedded.asterisk.places import HOME_INSIDE, Owner, Places

PLAYABLE = frozenset({".wav", ".gsm", ".sln", ".pcm", ".ul", ".ulaw", ".mu", ".al", ".alaw"})
"""Endings of the files that the formats of modules.conf can play."""
CHIME = "chime.wav"


@dataclass(frozen=True, slots=True)
class Laid:
    """What `lay_audio` did: new or mended sounds, whether music was made, folders mended."""

    sounds: int
    music: bool
    folders: tuple[str, ...]


def lay_audio(places: Places, owner: Owner, sounds: Path | None, *, keeper_group: int) -> Laid:
    """Lay the prompts of `sounds`, music for the queue, and the folder that Asterisk records into.

    Recordings are for `owner`, who makes them, and `keeper_group`, which collects them, alone.
    Idempotent. Raises OSError, which names the path.
    """
    mended = [
        inside
        for inside in (HOME_INSIDE, places.sounds, places.music)
        if open_folder(places.outside(inside))
    ]
    laid = 0 if sounds is None else lay_sounds(sounds, places.outside(places.sounds))
    music = lay_waiting_music(places.outside(places.music))
    if private_folder(places.outside(places.recordings), owner.user, keeper_group):
        mended.append(places.recordings)
    return Laid(laid, music, tuple(mended))


def lay_sounds(source: Path, folder: Path) -> int:
    """Make every file under `source` available under `folder`; how many were new or mended.

    Files are hard-linked, or copied where the two are on different disks or the file is not
    readable by everybody. A file that is there with the same size and time stays.
    Quick when all are there, and safe when two do it at once: a file appears whole or not at all.
    """
    laid = 0
    for path in sorted(source.rglob("*")):
        if path.name.startswith("."):  # a sound that is being made: soon it has its name
            continue
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            continue
        target = folder / path.relative_to(source)
        open_folder(target.parent)
        try:
            there = target.stat()
        except FileNotFoundError:
            there = None
        if there and _same(there, found):
            if not there.st_mode & stat.S_IROTH:
                target.chmod(0o644)
                laid += 1
            continue
        _place(path, target, readable=bool(found.st_mode & stat.S_IROTH))
        laid += 1
    return laid


def _same(there: os.stat_result, found: os.stat_result) -> bool:
    return there.st_ino == found.st_ino or (
        there.st_size == found.st_size and there.st_mtime_ns == found.st_mtime_ns
    )


def _place(path: Path, target: Path, *, readable: bool) -> None:
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    linked = False
    if readable:
        try:
            draft.hardlink_to(path)
            linked = True
        except OSError:
            pass
    if not linked:
        shutil.copy2(path, draft)
        draft.chmod(0o644)
    # rename() of two links to one file does nothing and leaves both names.
    draft.replace(target)
    draft.unlink(missing_ok=True)


def is_music(path: Path) -> bool:
    """Whether Asterisk would play this file to those who wait."""
    return path.suffix.lower() in PLAYABLE and not path.name.startswith(".")


def lay_waiting_music(folder: Path) -> bool:
    """A soft two-note chime for the queue, where there is no music of its own; True when laid."""
    chime = folder / CHIME
    if chime.exists() and not chime.stat().st_mode & stat.S_IROTH:
        chime.chmod(0o644)
        return True
    if folder.is_dir() and any(map(is_music, folder.iterdir())):
        return False
    open_folder(folder)
    draft = folder / f".{CHIME}.{os.getpid()}"
    with wave.open(str(draft), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"".join(struct.pack("<h", _chime(n / 8000)) for n in range(8000 * 6)))
    draft.chmod(0o644)
    draft.replace(chime)
    return True


def _chime(at: float) -> int:
    note, pitch = (at, 392.0) if at < 1.5 else (at - 1.5, 330.0)
    return int(2500 * math.exp(-2.2 * note) * math.sin(2 * math.pi * pitch * note))
