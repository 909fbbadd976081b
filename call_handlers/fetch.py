"""Fetching a recording from Twilio: authenticated, from its host alone, kept once it is audio.

The address is made from the configured API base and the recording's identifier; redirects are not
followed. What arrives is bounded in bytes and in time, must be a WAVE file that decodes, and only
then gets its name. Then it is removed at Twilio. A worker that dies in between leaves a lease that
runs out; the next attempt goes on where it stopped.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import sqlalchemy as sa
import structlog
from structlog.contextvars import bound_contextvars

from call_handlers import metrics
from call_handlers.recordings import NAME
from call_handlers.schema import recordings
from call_handlers.sound import NotAudio, seconds_of
from tickets.delivery import RetryPolicy
from tickets.provider import AddressRefused, TwilioAccount
from tickets.schema import database_now
from tickets.work import Work, take_row

log = structlog.get_logger()

FETCH = "call_handlers.fetch.fetch"
RECORDINGS = Work("recording", recordings, ("pending", "failed", "stored"), FETCH)
"""Recordings that wait to be fetched, or (`stored`) to be removed at Twilio."""

Outcome = Literal["kept", "stored", "failed", "dead", "skipped"]


def fetch(recording_id: str) -> None:
    """The name on the queue. A plain `rq worker` has no account to fetch with: it is told so."""
    raise RuntimeError(f"recording {recording_id}: start the worker with `hotline worker`")


class FetchFailed(Exception):
    """This attempt came to nothing; the message says why, without personal data."""


@dataclass(frozen=True, slots=True)
class KeepPolicy:
    """How recordings are fetched and how many days they are kept. `max_bytes` bounds one."""

    retry: RetryPolicy
    days: int
    max_bytes: int = 20_000_000


class RecordingFetcher:
    """What a worker needs to fetch recordings, for its lifetime.

    `client` follows no redirects. Raises ValueError where a request may outlast the lease.
    """

    def __init__(
        self,
        engine: sa.Engine,
        client: httpx.Client,
        account: TwilioAccount,
        folder: Path,
        policy: KeepPolicy,
    ) -> None:
        if account.timeout_s + 2.0 > policy.retry.lease_s:
            raise ValueError("a request to Twilio must end two seconds before its lease does")
        self._engine = engine
        self._client = client
        self._account = account
        self._folder = folder
        self._policy = policy

    def jobs(self) -> Mapping[str, Any]:
        """What this worker runs, by its name on the queue."""
        return {FETCH: self.fetch}

    def fetch(self, recording_id: str) -> Outcome:
        """Make one attempt. Called any number of times, also at once, it does no harm.

        Raises SQLAlchemyError when the database is away; the lease then runs out.
        """
        with self._engine.begin() as connection:
            now = database_now(connection)
            lease_s = self._policy.retry.lease_s
            token = take_row(connection, RECORDINGS, recording_id, now, lease_s)
            if token is None:
                log.info("recording_skipped", recording_id=recording_id)
                return "skipped"
            row = connection.execute(
                sa.select(recordings).where(recordings.c.id == recording_id)
            ).one()
        with bound_contextvars(recording_id=recording_id, call_id=row.call_id):
            return self._attempt(row, token)

    def _attempt(self, row: sa.Row[Any], token: str) -> Outcome:
        deadline = time.monotonic() + self._account.timeout_s
        try:
            self._account.check_address()
            if row.state != "stored":
                self._keep(row, token, deadline)
        except (FetchFailed, AddressRefused, NotAudio) as error:
            return self._settle(row, token, "failed", str(error))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return self._settle(row, token, "failed", type(error).__name__)
        try:
            self._remove_there(row, deadline)
        except FetchFailed as error:
            return self._settle(row, token, "stored", str(error))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return self._settle(row, token, "stored", type(error).__name__)
        return self._settle(row, token, "kept", None)

    def _keep(self, row: sa.Row[Any], token: str, deadline: float) -> None:
        """Fetch, check, name, and write down that it is here."""
        if not NAME.fullmatch(row.name):
            raise FetchFailed("the name is not one of ours")
        partial = self._folder / f".{row.name}.{token}.part"
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
        url = self._account.url(f"Recordings/{sid}.wav")
        size = 0
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(opened, "wb") as file,
            self._client.stream(
                "GET",
                url,
                auth=self._account.auth,
                headers={"accept-encoding": "identity"},
                timeout=self._account.timeout_s,
                follow_redirects=False,
            ) as response,
        ):
            if response.is_redirect:
                raise FetchFailed("answers with a redirect, which is not followed")
            if response.status_code != 200:
                raise FetchFailed(f"HTTP {response.status_code}")
            for chunk in response.iter_raw():
                size += len(chunk)
                if size > self._policy.max_bytes:
                    raise FetchFailed(f"larger than {self._policy.max_bytes} bytes")
                if time.monotonic() > deadline:
                    raise FetchFailed("the answer took too long")
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        return size

    def _remove_there(self, row: sa.Row[Any], deadline: float) -> None:
        """Remove it at Twilio; what is not there any more is removed."""
        left = max(1.0, deadline - time.monotonic())
        response = self._client.delete(
            self._account.url(f"Recordings/{row.provider_sid}.json"),
            auth=self._account.auth,
            timeout=left,
            follow_redirects=False,
        )
        if response.status_code not in (204, 404):
            raise FetchFailed(f"not removed at Twilio: HTTP {response.status_code}")

    def _settle(self, row: sa.Row[Any], token: str, state: Outcome, error: str | None) -> Outcome:
        policy = self._policy.retry
        if state != "kept" and row.attempts >= policy.max_attempts:
            state = "dead"
        with self._engine.begin() as connection:
            wait = timedelta(seconds=policy.wait_s(row.attempts))
            connection.execute(
                recordings.update()
                .where(recordings.c.id == row.id, recordings.c.lease_token == token)
                .values(
                    state=state,
                    last_error=error[:100] if error else None,
                    lease_token=None,
                    lease_until=None,
                    next_attempt_at=database_now(connection) + wait,
                )
            )
        metrics.RECORDINGS.labels(state).inc()
        if state == "kept":
            log.info("recording_kept", recording=row.name)
        elif state == "dead":
            log.error("recording_given_up", recording=row.name, error=error)
        else:
            log.warning("recording_waits", recording=row.name, state=state, error=error)
        return state
