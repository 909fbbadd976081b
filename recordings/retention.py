"""The end of recordings: all of them, whatever brought them, are removed when their time is over.

The file goes first and its row is marked afterwards, so that a crash in between is made good by the
next round. What is kept of a removed recording is that there was one. A machine's draft of it goes
with it, or at the end that it has itself: also where another machine keeps the files.
"""

from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import structlog

from recordings import metrics
from recordings.drafts import remove_draft, remove_drafts_over
from recordings.register import NAME
from recordings.schema import recordings
from store.sql import reading

log = structlog.get_logger()
_PART_HOURS = 24


def remove_old_recordings(engine: sa.Engine, folder: Path, *, days: int, now: datetime) -> int:
    """Remove the recordings in `folder` that are older than `days`; how many were removed.

    A file's age is that of its content; a row may name an earlier end. Files that are not ours are
    left alone, but for unfinished ones of more than a day. Raises OSError when the disk refuses,
    SQLAlchemyError when the database is away: then the next round goes on.
    """
    names = _old_files(folder, now - timedelta(days=days)) | _over(engine, now)
    for name in sorted(names):
        (folder / name).unlink(missing_ok=True)
        with engine.begin() as connection:
            connection.execute(
                recordings.update()
                .where(recordings.c.name == name)
                .values(state="removed", removed_at=now)
            )
            call_id, _, turn = name.removesuffix(".wav").partition("-")
            remove_draft(connection, call_id, int(turn), now)
        metrics.RECORDINGS.labels("removed").inc()
        log.info("recording_removed", recording=name.removesuffix(".wav"))
    remove_drafts_over(engine, now)
    for path in _unfinished(folder, now - timedelta(hours=_PART_HOURS)):
        path.unlink(missing_ok=True)
    return len(names)


def _old_files(folder: Path, before: datetime) -> set[str]:
    if not folder.is_dir():
        return set()
    return {
        path.name
        for path in folder.iterdir()
        if NAME.fullmatch(path.name) and path.lstat().st_mtime < before.timestamp()
    }


def _over(engine: sa.Engine, now: datetime) -> set[str]:
    statement = sa.select(recordings.c.name).where(
        recordings.c.removed_at.is_(None), recordings.c.delete_after <= now
    )
    with reading(engine) as connection:
        return {name for name in connection.scalars(statement) if NAME.fullmatch(name)}


def _unfinished(folder: Path, before: datetime) -> list[Path]:
    return [path for path in folder.glob(".*.part") if path.lstat().st_mtime < before.timestamp()]
