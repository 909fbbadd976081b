"""Lists of a day's tickets on their way: written down once a day, sent by a worker.

The relay knows no password: it writes a row for each destination and day, and queues it. A worker
takes the row's lease and sends the list; what fails is tried again as tickets are. Where a server
takes it for some of its recipients, the row has a token that names the others.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from outbox.lanes import Lane
from outbox.periodic import Periodic
from outbox.retry import Retry
from outbox.work import CUT_OFF, Work, begin_attempt, give_up, hold_row
from store.sql import database_now, reading
from tickets.destination import PushResult
from tickets.destinations.mail import metrics
from tickets.destinations.mail.destination import EmailDestination, is_patient
from tickets.destinations.mail.digest import send_digest
from tickets.schema import digests

log = structlog.get_logger()

SEND = "tickets.digests.send"
_LEASE_S = 180.0
"""Of an attempt: the tables of ten thousand tickets are made within it, and sent."""
DIGESTS = Work(
    "digest", digests, ("pending", "failed"), SEND, lease_s=_LEASE_S, since=digests.c.created_at
)
LANE = Lane("digests", DIGESTS)
EVERY_S = 60.0
_MOST_DAYS = 7
"""After an outage so many days are made up for."""
_MOST_TOLD = 400
_NEVER = ("not configured any more", "has no digest any more")
Outcome = Literal["sent", "failed", "dead", "skipped"]
Times = Mapping[str, time]
"""The destinations that want a list, and at which local time."""


def send(digest_id: str) -> None:
    """The name on the queue. A plain `rq worker` has no database to read from: it is told so."""
    raise RuntimeError(f"digest {digest_id}: start the worker with `hotline worker`")


def digesting(engine: sa.Engine, zone: ZoneInfo, times: Callable[[], Times]) -> Periodic:
    """For the process that runs the relay: writes down the lists that are due."""
    return Periodic("digests", EVERY_S, lambda: hand_out_digests(engine, zone, times()))


def hand_out_digests(engine: sa.Engine, zone: ZoneInfo, times: Times) -> list[str]:
    """Write down which lists are due and not there yet; their ids. Raises SQLAlchemyError.

    However many relays do so at once, there is one of a destination and day.
    """
    made = []
    for name, at in times.items():
        with reading(engine) as connection:
            now = database_now(connection)
            its = digests.c.destination == name
            last = connection.scalar(sa.select(sa.func.max(digests.c.day)).where(its))
        for day in _due(now.astimezone(zone), at, last):
            row_id = f"{name}-{day.isoformat()}"
            try:
                with engine.begin() as connection:
                    connection.execute(digests.insert(), _row(row_id, name, day, now))
            except IntegrityError:  # another relay was first
                continue
            made.append(row_id)
            log.info("digest_due", destination=name, day=day.isoformat())
    return made


def _due(local: datetime, at: time, last: date | None) -> list[date]:
    """The days that are over and whose time has come, beginning after `last`."""
    come = local.time() >= at
    newest = local.date() - timedelta(days=1 if come else 2)
    if last is None:
        return [newest] if come else []
    missed = range(min((newest - last).days, _MOST_DAYS))
    return sorted(newest - timedelta(days=back) for back in missed)


def _row(row_id: str, name: str, day: date, now: datetime) -> dict[str, object]:
    return {
        "id": row_id,
        "destination": name,
        "day": day,
        "state": "pending",
        "attempts": 0,
        "created_at": now,
        "next_attempt_at": now,
        "queue_count": 0,
    }


class Digester:
    """What a worker needs to send lists, for its lifetime. `policy` as in deliveries."""

    def __init__(
        self, engine: sa.Engine, destinations: Mapping[str, EmailDestination], policy: Retry
    ) -> None:
        self._engine = engine
        self._destinations = dict(destinations)
        self._policy = policy

    def jobs(self) -> Mapping[str, Any]:
        """What this worker runs, by the names on the queue."""
        return {SEND: self.send}

    def send(self, digest_id: str) -> Outcome:
        """Make one attempt. Called any number of times, also at once, it does no harm.

        Raises SQLAlchemyError when the database is away; the lease then runs out.
        """
        with self._engine.begin() as connection:
            now = database_now(connection)
            row = hold_row(connection, DIGESTS, digest_id, now, _LEASE_S)
            if row is None:
                return "skipped"
            destination = self._destinations.get(row.destination)
            retry = self._retry(destination)
            if row.attempts >= retry.max_attempts:
                give_up(connection, DIGESTS, digest_id, CUT_OFF)
                return _tell(row, "dead", PushResult("refused", error=CUT_OFF))
            wait = timedelta(seconds=retry.wait_s(row.attempts + 1))
            begin_attempt(connection, DIGESTS, digest_id, now + wait)
            last = row.attempts + 1 >= retry.max_attempts
            patient = is_patient(row.accepted_at, now) and not last
        if destination is None or destination.digest is None:
            error = _NEVER[0 if destination is None else 1]
            return self._settle(row, PushResult("refused", error=error), retry)
        result = send_digest(self._engine, destination, row.day, row.token, patient=patient)
        return self._settle(row, result, retry)

    def _retry(self, destination: EmailDestination | None) -> Retry:
        own = None if destination is None else destination.retry
        return self._policy if own is None else own

    def _settle(self, row: sa.Row[Any], result: PushResult, retry: Retry) -> Outcome:
        attempts = row.attempts + 1
        state = _outcome(result, attempts >= retry.max_attempts)
        with self._engine.begin() as connection:
            now = database_now(connection)
            change = digests.update().where(digests.c.id == row.id, digests.c.state != "sent")
            if state != "sent":  # true whoever holds the lease by now: they have it
                change = change.where(digests.c.lease_token == row.lease_token)
            wait = timedelta(seconds=retry.wait_s(attempts, result.retry_after_s))
            if result.verdict == "accepted":  # some have it: the rest are tried by themselves
                its = {"token": result.token, "accepted_at": row.accepted_at or now}
                change = change.values(its)
            connection.execute(
                change.values(
                    state=state,
                    last_status=result.status,
                    last_error=result.error[:_MOST_TOLD] if result.error else None,
                    lease_token=None,
                    lease_until=None,
                    next_attempt_at=now + wait,
                    sent_at=now if state == "sent" else None,
                )
            )
        return _tell(row, state, result)


def _outcome(result: PushResult, last: bool) -> Outcome:
    if result.verdict == "acknowledged":
        return "sent"
    return "dead" if last or result.verdict == "refused" else "failed"


def _tell(row: sa.Row[Any], state: Outcome, result: PushResult) -> Outcome:
    metrics.DIGESTS.labels(row.destination, state).inc()
    facts = {"destination": row.destination, "day": row.day.isoformat(), "status": result.status}
    if state == "sent":
        log.info("digest_sent", **facts)
    elif state == "dead":
        log.error("digest_dead", error=result.error, **facts)
    else:
        log.warning("digest_failed", error=result.error, **facts)
    return state
