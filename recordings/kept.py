"""A recording that is kept, by the reference that a ticket gives it.

What asks gives a name and never a path: only what is a call and a turn is looked for.
"""

import os
import re
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from recordings.schema import recordings

REFERENCE = re.compile(r"[0-9a-f]{32}-[0-9]{1,4}")
"""How tickets and records of calls name a recording: the call, the turn."""


def call_of(reference: str) -> str | None:
    """The call that a reference is of; None for what is no reference."""
    return reference.partition("-")[0] if REFERENCE.fullmatch(reference) else None


def opened(folder: Path, reference: str) -> BinaryIO | None:
    """The file (WAVE) of a recording in `folder`, to be read from where the listener wants.

    None when it is not there, or no reference; who has it closes it. Raises OSError when the disk
    refuses.
    """
    if call_of(reference) is None:
        return None
    try:
        descriptor = os.open(folder / f"{reference}.wav", os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    return os.fdopen(descriptor, "rb")


def sound_of(folder: Path, reference: str) -> bytes | None:
    """The whole of a recording, as `opened` finds it. Raises OSError when the disk refuses."""
    file = opened(folder, reference)
    if file is None:
        return None
    with file:
        return file.read()


def is_kept(folder: Path, reference: str) -> bool:
    """Whether its file is in `folder`; a disk that cannot be read has none."""
    return call_of(reference) is not None and os.access(folder / f"{reference}.wav", os.R_OK)


def removed_at(connection: sa.Connection, reference: str) -> datetime | None:
    """When it was destroyed, as far as a row tells: one that Asterisk has made may have none."""
    removed = sa.select(recordings.c.removed_at).where(recordings.c.name == f"{reference}.wav")
    moment: datetime | None = connection.scalar(removed)
    return moment
