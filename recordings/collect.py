"""Callers' recordings, brought from where Asterisk writes them to where they are kept.

Asterisk writes a recording into its own spool and is done with it when the caller goes on. What is
kept is named by us and readable by its owner only; a ticket refers to it by that name.
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
_NAME = re.compile(r"[0-9a-f]{32}-[0-9]{1,4}\.wav")
_HEADER_BYTES = 44


def collect_recordings(spool: Path, kept: Path, *, settled_s: float = SETTLED_SECONDS) -> int:
    """Move whole recordings from `spool` to `kept`; how many were moved.

    A file whose name is not one of ours is left where it is; one without a sound is removed.
    Raises OSError when the disk refuses.
    """
    moved = 0
    newest = time.time() - settled_s
    for path in sorted(spool.glob("*.wav")) if spool.is_dir() else ():
        found = path.lstat()
        if not _NAME.fullmatch(path.name) or path.is_symlink() or found.st_mtime > newest:
            continue
        if found.st_size <= _HEADER_BYTES:
            log.warning("recording_empty", recording=path.stem)
            path.unlink()
            continue
        partial = kept / f".{path.name}.part"
        shutil.copyfile(path, partial)
        partial.chmod(0o600)
        partial.replace(kept / path.name)
        path.unlink()
        moved += 1
        log.info("recording_kept", recording=path.stem, bytes=found.st_size)
    return moved


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
