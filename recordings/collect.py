"""Callers' recordings, brought from where Asterisk writes them to where they are kept.

Asterisk writes a recording into its own spool. What is kept is named by us and readable by its
owner only; a ticket refers to it by that name. In the spool it stays a while: the caller may want
to hear it again before they send the report, and Asterisk plays it from there.
"""

import re
import shutil
import time
from pathlib import Path

import structlog

log = structlog.get_logger()

SETTLED_SECONDS = 2.0
"""A file that has not grown for this long is whole."""
UNWATCHED_SECONDS = 120.0
"""Likewise where nobody is in a hurry: longer than the longest recording, silences and all."""
HEARD_WITHIN_SECONDS = 600.0
"""For how long after it was made a recording stays where Asterisk can play it."""
_NAME = re.compile(r"[0-9a-f]{32}-[0-9]{1,4}\.wav")
_HEADER_BYTES = 44


def collect_recordings(
    spool: Path,
    kept: Path,
    *,
    settled_s: float = SETTLED_SECONDS,
    heard_s: float = HEARD_WITHIN_SECONDS,
) -> int:
    """Bring whole recordings from `spool` to `kept`; how many came.

    They leave the spool `heard_s` after they were made. A file whose name is not one of ours is
    left where it is; one without a sound is removed. Raises OSError when the disk refuses.
    """
    came = 0
    now = time.time()
    newest, heard = now - settled_s, now - heard_s
    for path in sorted(spool.glob("*.wav")) if spool.is_dir() else ():
        found = path.lstat()
        if not _NAME.fullmatch(path.name) or path.is_symlink() or found.st_mtime > newest:
            continue
        if found.st_size <= _HEADER_BYTES:
            log.warning("recording_empty", recording=path.stem)
            path.unlink()
            continue
        if not _is_there(kept / path.name, found.st_size):
            partial = kept / f".{path.name}.part"
            shutil.copyfile(path, partial)
            partial.chmod(0o600)
            partial.replace(kept / path.name)
            came += 1
            log.info("recording_kept", recording=path.stem, bytes=found.st_size)
        if found.st_mtime <= heard:
            path.unlink()
    return came


def _is_there(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def spool_here(prefix: str, kept: Path) -> Path | None:
    """Where an Asterisk of this machine leaves recordings for us; None when it is none of ours.

    `prefix` is where Asterisk is told to record, empty when nobody said so. It is a folder that
    Asterisk and we may write to (`hotline asterisk install` makes it); what is `kept` is for us
    alone.
    """
    spool = Path(prefix)
    if not prefix or not spool.is_dir():
        return None
    return None if spool.samefile(kept) else spool
