"""Prompts brought to where Asterisk can read them."""

import math
import os
import shutil
import stat
import struct
import wave
from pathlib import Path

SOUNDS_INSIDE = "/var/lib/hotline/p"
MUSIC_INSIDE = "/var/lib/hotline/moh"


def lay_sounds(source: Path, folder: Path) -> int:
    """Make every file under `source` available under `folder`; how many were new.

    Files are hard-linked, or copied where the two are on different disks or the file is not
    readable by everybody. A file that is there with the same size and time stays.
    Quick when all are there, and safe when two do it at once: a file appears whole or not at all.
    """
    laid = 0
    for path in sorted(source.rglob("*")):
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            continue
        target = folder / path.relative_to(source)
        try:
            there = target.stat()
        except FileNotFoundError:
            there = None
        if there and (
            there.st_ino == found.st_ino
            or (there.st_size == found.st_size and there.st_mtime_ns == found.st_mtime_ns)
        ):
            continue
        _place(path, target, readable=bool(found.st_mode & stat.S_IROTH))
        laid += 1
    return laid


def _place(path: Path, target: Path, *, readable: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
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


def lay_waiting_music(folder: Path) -> None:
    """A soft two-note chime for the queue, where the installation has no music of its own."""
    if folder.is_dir() and any(folder.glob("*.wav")):
        return
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".chime.{os.getpid()}"
    with wave.open(str(draft), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"".join(struct.pack("<h", _chime(n / 8000)) for n in range(8000 * 6)))
    draft.replace(folder / "chime.wav")


def _chime(at: float) -> int:
    note, pitch = (at, 392.0) if at < 1.5 else (at - 1.5, 330.0)
    return int(2500 * math.exp(-2.2 * note) * math.sin(2 * math.pi * pitch * note))
