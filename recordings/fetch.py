"""Fetching a recording from Twilio: authenticated, from its host alone, kept once it is audio.

The address is made from the configured API base and the recording's identifier; redirects are not
followed. What arrives is bounded in bytes and in time, must be a WAVE file that decodes, and only
then gets its name. Then it is removed at Twilio. A worker that dies in between leaves a lease that
runs out; the next attempt goes on where it stopped.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import sqlalchemy as sa
import structlog
from structlog.contextvars import bound_contextvars

from carriers.exchange import AddressRefused, ExchangeFailed, asked
from carriers.twilio_account import TwilioAccount
from outbox.retry import RetryPolicy
from outbox.work import CUT_OFF, Work, begin_attempt, give_up, hold_row
from recordings import metrics
from recordings.register import NAME
from recordings.schema import recordings
from recordings.sound import NotAudio, seconds_of
from store.sql import database_now

log = structlog.get_logger()

FETCH = "recordings.fetch.fetch"
_FETCH_BEFORE = "call_handlers.fetch.fetch"
"""Its name in 0.1.0: such jobs may stand on the queue, and a relay of that release makes them."""
RECORDINGS = Work("recording", recordings, ("pending", "failed", "stored"), FETCH)
"""Recordings that wait to be fetched, or (`stored`) to be removed at Twilio."""

Outcome = Literal["kept", "stored", "failed", "dead", "skipped"]


def fetch(recording_id: str) -> None:
    """The name on the queue. A plain `rq worker` has no account to fetch with: it is told so."""
    raise RuntimeError(f"recording {recording_id}: start the worker with `hotline worker`")


class FetchFailed(Exception):
    """This attempt came to nothing; the message says why, without personal data.

    `retry_after_s` is the server's own wish.
    """

    def __init__(self, why: str, retry_after_s: float | None = None) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


_TROUBLE = (FetchFailed, AddressRefused, ExchangeFailed, NotAudio, httpx.InvalidURL, OSError)
_HEADERS_BYTES = 262_144
"""What the answer may have beside the sound."""
_MOST_TOLD = 100
"""The column's width."""


@dataclass(frozen=True, slots=True)
class KeepPolicy:
    """How recordings are fetched and how many days they are kept. `max_bytes` bounds one."""

    retry: RetryPolicy
    days: int
    max_bytes: int = 20_000_000


class RecordingFetcher:
    """What a worker needs to fetch recordings, for its lifetime.

    `room` tells whether the disk has any for them: tickets come first. Raises ValueError where a
    request may outlast the lease.
    """

    def __init__(
        self,
        engine: sa.Engine,
        account: TwilioAccount,
        folder: Path,
        policy: KeepPolicy,
        room: Callable[[], bool] = lambda: True,
    ) -> None:
        if account.timeout_s + 2.0 > policy.retry.lease_s:
            raise ValueError("a request to Twilio must end two seconds before its lease does")
        self._engine = engine
        self._account = account
        self._folder = folder
        self._policy = policy
        self._room = room

    def jobs(self) -> Mapping[str, Any]:
        """What this worker runs, by the names on the queue."""
        return {FETCH: self.fetch, _FETCH_BEFORE: self.fetch}

    def fetch(self, recording_id: str) -> Outcome:
        """Make one attempt. Called any number of times, also at once, it does no harm.

        Raises SQLAlchemyError when the database is away; the lease then runs out.
        """
        row = self._begin(recording_id)
        if row is None:
            log.info("recording_skipped", recording_id=recording_id)
            return "skipped"
        with bound_contextvars(recording_id=recording_id, call_id=row.call_id):
            if row.attempts >= self._policy.retry.max_attempts:
                return _tell(row, "dead", CUT_OFF)
            return self._attempt(row)

    def _begin(self, recording_id: str) -> sa.Row[Any] | None:
        """Hold the row and count an attempt, or give it up; as it was before that."""
        retry = self._policy.retry
        with self._engine.begin() as connection:
            now = database_now(connection)
            row = hold_row(connection, RECORDINGS, recording_id, now, retry.lease_s)
            if row is None:
                return None
            if row.attempts >= retry.max_attempts:
                give_up(connection, RECORDINGS, recording_id, CUT_OFF)
            else:
                wait = timedelta(seconds=retry.wait_s(row.attempts + 1))
                begin_attempt(connection, RECORDINGS, recording_id, now + wait)
            return row

    def _attempt(self, row: sa.Row[Any]) -> Outcome:
        deadline = time.monotonic() + self._account.timeout_s
        try:
            if row.state != "stored":
                self._keep(row, deadline)
        except _TROUBLE as error:
            return self._settle(row, "failed", error)
        try:
            self._remove_there(row, deadline)
        except _TROUBLE as error:
            return self._settle(row, "stored", error)
        return self._settle(row, "kept", None)

    def _keep(self, row: sa.Row[Any], deadline: float) -> None:
        """Fetch, check, name, and write down that it is here."""
        if not NAME.fullmatch(row.name):
            raise FetchFailed("the name is not one of ours")
        if not self._room():
            raise FetchFailed("no room on the disk")
        partial = self._folder / f".{row.name}.{row.lease_token}.part"
        try:
            size = self._download(row.provider_sid, partial, deadline)
            seconds = seconds_of(partial)
            partial.replace(self._folder / row.name)
        finally:
            partial.unlink(missing_ok=True)
        with self._engine.begin() as connection:
            now = database_now(connection)
            connection.execute(
                recordings.update()
                .where(recordings.c.id == row.id)
                .values(
                    state="stored",
                    bytes=size,
                    seconds=seconds,
                    fetched_at=now,
                    delete_after=now + timedelta(days=self._policy.days),
                )
            )
        log.info("recording_fetched", recording=row.name, bytes=size)

    def _download(self, sid: str, path: Path, deadline: float) -> int:
        request = self._account.request("GET", f"Recordings/{sid}.wav")
        most = self._policy.max_bytes
        size = 0
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(opened, "wb") as file,
            asked(
                request,
                deadline - time.monotonic(),
                most_bytes=most + _HEADERS_BYTES,
                admits=self._account.admits,
            ) as reply,
        ):
            if 300 <= reply.status < 400:
                raise FetchFailed("answers with a redirect, which is not followed")
            if reply.status != 200:
                raise FetchFailed(f"HTTP {reply.status}", reply.retry_after_s)
            if reply.headers.get("content-encoding", "identity").strip().lower() != "identity":
                raise FetchFailed("is packed, which was not asked for")
            for chunk in reply.chunks():
                size += len(chunk)
                if size > most:
                    raise FetchFailed(f"larger than {most} bytes")
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        return size

    def _remove_there(self, row: sa.Row[Any], deadline: float) -> None:
        """Remove it at Twilio; what is not there any more is removed."""
        request = self._account.request("DELETE", f"Recordings/{row.provider_sid}.json")
        left = max(1.0, deadline - time.monotonic())
        with asked(request, left, admits=self._account.admits) as reply:
            if reply.status not in (204, 404):
                raise FetchFailed(
                    f"not removed at Twilio: HTTP {reply.status}", reply.retry_after_s
                )

    def _settle(self, row: sa.Row[Any], state: Outcome, error: Exception | None) -> Outcome:
        policy, attempts = self._policy.retry, row.attempts + 1
        if error is not None and attempts >= policy.max_attempts:
            state = "dead"
        told = None if error is None else _explain(error)[:_MOST_TOLD]
        asked_s = error.retry_after_s if isinstance(error, FetchFailed) else None
        with self._engine.begin() as connection:
            wait = timedelta(seconds=policy.wait_s(attempts, asked_s))
            connection.execute(
                recordings.update()
                .where(recordings.c.id == row.id, recordings.c.lease_token == row.lease_token)
                .values(
                    state=state,
                    last_error=told,
                    lease_token=None,
                    lease_until=None,
                    next_attempt_at=database_now(connection) + wait,
                )
            )
        return _tell(row, state, told)


def _explain(error: Exception) -> str:
    """Our own sentence; of the system's errors the kind alone."""
    return type(error).__name__ if isinstance(error, OSError | httpx.InvalidURL) else str(error)


def _tell(row: sa.Row[Any], state: Outcome, error: str | None) -> Outcome:
    metrics.RECORDINGS.labels(state).inc()
    if state == "kept":
        log.info("recording_kept", recording=row.name)
    elif state == "dead":
        log.error("recording_given_up", recording=row.name, error=error)
    else:
        log.warning("recording_waits", recording=row.name, state=state, error=error)
    return state
