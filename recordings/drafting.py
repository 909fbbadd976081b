"""A machine's draft of a recording that a ticket names: made beside everything else, then told.

A row is asked for with its ticket, in one transaction (`ask_for_draft`). It waits for its
recording, which may be fetched hours later; then one attempt holds it while the program runs; what
comes of it is kept with the recording, and told once the receiver has the ticket. Nothing here is
decisive: a program that fails, hangs or understands nothing costs the ticket neither its delivery
nor a second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import sqlalchemy as sa
import structlog
from structlog.contextvars import bound_contextvars

from outbox.retry import RetryPolicy
from outbox.work import CUT_OFF, Work, begin_attempt, give_up, hold_row
from recordings import metrics
from recordings.drafts import remove_draft
from recordings.register import NAME
from recordings.schema import drafts, recordings
from recordings.sound import NotAudio, seconds_of
from recordings.transcriber import Interrupted, Transcriber, TranscriptionFailed
from store.sql import database_now

log = structlog.get_logger()

DRAFT = "recordings.drafting.draft"
LANE = "drafts"
OPEN = ("pending", "failed", "ready")
"""Waits for its recording or an attempt; has failed and is tried again; is made and not told."""
AROUND_S = 30.0
"""What an attempt takes beside the program: so much longer than it is the lease, and a job."""
RETRY = RetryPolicy(base_s=60.0, cap_s=900.0, max_attempts=3)
"""A program that fails twice more, minutes later, fails for good."""
_PATIENCE = timedelta(hours=36)
"""So long is a recording waited for: it is fetched, or given up, within half a day."""
_SOONEST_S, _LATEST_S = 2.0, 1800.0
"""Between two looks at what has not come yet: a quarter of the time that it has been waited for."""
_MOST_TOLD = 100
"""The column's width."""

Outcome = Literal["ready", "told", "empty", "waits", "failed", "dead", "skipped"]
Told = Literal["told", "waits", "gone"]


class Tell(Protocol):
    """Hands a draft on to the receiver of its ticket, in a transaction of ours."""

    def __call__(self, connection: sa.Connection, ticket_id: str, draft_id: str, /) -> Told:
        """`waits`: the receiver has no such ticket yet. `gone`: there is none any more."""


def draft(draft_id: str) -> None:
    """The name on the queue. A plain `rq worker` has no program to run: it is told so."""
    raise RuntimeError(f"draft {draft_id}: start the worker with `hotline worker`")


def draft_work(timeout_s: float) -> Work:
    """Drafts that wait; a program that may take `timeout_s` is left its row for so long."""
    return Work("draft", drafts, OPEN, DRAFT, lease_s=timeout_s + AROUND_S)


@dataclass(frozen=True, slots=True)
class Drafter:
    """What a worker needs to make drafts. Recordings are in `folder` and kept for `days`."""

    engine: sa.Engine
    folder: Path
    transcriber: Transcriber
    tell: Tell
    days: int
    retry: RetryPolicy = RETRY

    @property
    def work(self) -> Work:
        """The rows."""
        return draft_work(self.transcriber.timeout_s)

    def jobs(self) -> Mapping[str, Any]:
        """What this worker runs, by the names on the queue."""
        return {DRAFT: self.draft}

    def draft(self, draft_id: str) -> Outcome:
        """Go one step on with a draft. Called any number of times, also at once, it does no harm.

        Raises SQLAlchemyError when the database is away; the lease then runs out.
        """
        row, outcome = self._begin(draft_id)
        if row is None:
            return outcome
        with bound_contextvars(draft_id=draft_id, call_id=row.call_id, turn=row.turn):
            return self._attempt(row)

    def _begin(self, draft_id: str) -> tuple[sa.Row[Any] | None, Outcome]:
        """Hold the row and count an attempt at it; else what became of it without one."""
        work = self.work
        assert work.lease_s is not None
        with self.engine.begin() as connection:
            now = database_now(connection)
            row = hold_row(connection, work, draft_id, now, work.lease_s)
            if row is None:
                return None, "skipped"
            if row.state == "ready":
                return None, self._told(connection, row, now)
            if row.attempts >= self.retry.max_attempts:
                give_up(connection, work, draft_id, CUT_OFF)
                return None, _say(row, "dead", CUT_OFF)
            if not self._is_there(row):
                return None, self._wait(connection, row, now)
            wait = timedelta(seconds=self.retry.wait_s(row.attempts + 1))
            begin_attempt(connection, work, draft_id, now + wait)
            return row, "skipped"

    def _path(self, row: sa.Row[Any]) -> Path:
        name = f"{row.call_id}-{row.turn}.wav"
        assert NAME.fullmatch(name), "asked for by a reference of ours"
        return self.folder / name

    def _is_there(self, row: sa.Row[Any]) -> bool:
        """Whether all of the recording has arrived: one that grows yet is cut off."""
        try:
            return not self._path(row).is_symlink() and seconds_of(self._path(row)) > 0
        except (NotAudio, OSError):
            return False

    def _wait(self, connection: sa.Connection, row: sa.Row[Any], now: datetime) -> Outcome:
        """Look for the recording again later, as long as it may come."""
        of_call = (recordings.c.call_id == row.call_id, recordings.c.turn == row.turn)
        lost = connection.scalar(
            sa.select(recordings.c.state).where(
                *of_call, recordings.c.state.in_(("dead", "removed"))
            )
        )
        if lost or now - row.created_at > _PATIENCE:
            error = "its recording has not come"
            give_up(connection, self.work, row.id, error)
            return _say(row, "dead", error)
        self._again(connection, row, now)
        return "waits"

    def _told(self, connection: sa.Connection, row: sa.Row[Any], now: datetime) -> Outcome:
        told = self.tell(connection, row.ticket_id, row.id)
        if told == "waits":
            self._again(connection, row, now)
            return "waits"
        if told == "gone":
            remove_draft(connection, row.call_id, row.turn, now)
            return "skipped"
        _change(connection, row, state="told", lease_token=None, lease_until=None)
        return _say(row, "told", None)

    def _again(self, connection: sa.Connection, row: sa.Row[Any], now: datetime) -> None:
        waited_s = (now - row.created_at).total_seconds() / 4
        wait = timedelta(seconds=min(max(waited_s, _SOONEST_S), _LATEST_S))
        _change(connection, row, next_attempt_at=now + wait, lease_token=None, lease_until=None)

    def _attempt(self, row: sa.Row[Any]) -> Outcome:
        try:
            text = self.transcriber.text_of(self._path(row), row.language)
        except Interrupted:  # it is another worker's, as if it had not begun
            with self.engine.begin() as connection:
                now = database_now(connection)
                back = {"attempts": row.attempts, "next_attempt_at": now}
                _change(connection, row, **back, lease_token=None, lease_until=None)
            return "waits"
        except (TranscriptionFailed, OSError) as error:
            return self._failed(row, error)
        end = self._end(row)
        if end is None:
            return self._gone(row)
        with self.engine.begin() as connection:
            now = database_now(connection)
            _change(
                connection,
                row,
                state="ready" if text else "empty",
                text=text or None,
                made_by=self.transcriber.name,
                made_at=now,
                delete_after=end,
                last_error=None,
                next_attempt_at=now,
                lease_token=None,
                lease_until=None,
            )
        return _say(row, "ready" if text else "empty", None)

    def _end(self, row: sa.Row[Any]) -> datetime | None:
        """When the recording is over, by its content's age, and its draft too; None: it is gone."""
        try:
            changed = self._path(row).stat().st_mtime
        except FileNotFoundError:
            return None
        return datetime.fromtimestamp(changed, row.created_at.tzinfo) + timedelta(days=self.days)

    def _gone(self, row: sa.Row[Any]) -> Outcome:
        """The recording was destroyed while the program ran: so is what the program made of it."""
        with self.engine.begin() as connection:
            over = {"state": "removed", "removed_at": database_now(connection)}
            _change(connection, row, **over, lease_token=None, lease_until=None)
        return "skipped"

    def _failed(self, row: sa.Row[Any], error: Exception) -> Outcome:
        told = type(error).__name__ if isinstance(error, OSError) else str(error)[:_MOST_TOLD]
        attempts = row.attempts + 1
        state: Outcome = "dead" if attempts >= self.retry.max_attempts else "failed"
        with self.engine.begin() as connection:
            wait = timedelta(seconds=self.retry.wait_s(attempts))
            at = database_now(connection) + wait
            change = {"state": state, "last_error": told, "next_attempt_at": at}
            _change(connection, row, **change, lease_token=None, lease_until=None)
        return _say(row, state, told)


def _change(connection: sa.Connection, row: sa.Row[Any], **values: object) -> None:
    """Write what came of it, unless another holds the row by now, or the draft is destroyed."""
    connection.execute(
        drafts.update()
        .where(drafts.c.id == row.id, drafts.c.lease_token == row.lease_token)
        .values(values)
    )


def _say(row: sa.Row[Any], outcome: Outcome, error: str | None) -> Outcome:
    """Count it, and tell once what became of it: never a word of what was said."""
    metrics.DRAFTS.labels(outcome).inc()
    recording = f"{row.call_id}-{row.turn}"
    if outcome == "dead":
        log.warning("draft_given_up", recording=recording, error=error)
    elif outcome != "failed":
        log.info(f"draft_{outcome}", recording=recording)
    return outcome
