"""What is done again and again about recordings: brought home, and destroyed in time."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
import structlog

from outbox.periodic import THOROUGH_S, Periodic
from recordings.collect import UNWATCHED_SECONDS, collect_recordings, spool_here
from recordings.retention import remove_old_recordings

log = structlog.get_logger()

COLLECT_S = 30.0
REMOVE_S = 3600.0


def collecting(prefix: str, kept: Path, room: Callable[[], bool]) -> Periodic:
    """Bring home what an Asterisk of this machine has recorded, as far as the disk has `room`.

    `prefix` is where Asterisk is told to record, `kept` the folder where recordings are kept.
    """

    def run() -> None:
        spool = spool_here(prefix, kept)
        if spool is None:
            return
        if not room():
            log.error("recordings_not_collected", spool=str(spool), error="no room on the disk")
            return
        try:
            collect_recordings(spool, kept, settled_s=UNWATCHED_SECONDS)
        except OSError as error:  # a full disk, or a folder that is not ours
            log.error("recordings_not_collected", spool=str(spool), error=error.strerror)

    return Periodic("recordings", COLLECT_S, run, THOROUGH_S)


def destroying(engine: sa.Engine, kept: Path, *, days: int) -> Periodic:
    """Destroy the recordings in `kept` that are older than `days`."""

    def run() -> None:
        remove_old_recordings(engine, kept, days=days, now=datetime.now(UTC))

    return Periodic("retention", REMOVE_S, run, THOROUGH_S)
