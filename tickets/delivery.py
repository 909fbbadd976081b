"""One attempt at a delivery: take the lease, push, settle. At least once; never beside another."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import httpx
import sqlalchemy as sa
import structlog

from tickets import metrics
from tickets.lease import Lease, take
from tickets.schema import database_now, deliveries, delivery_attempts
from tickets.sms import SmsDestination, send_sms
from tickets.webhook import Destination, PushResult, push
from tickets.work import LONGEST_WAIT

log = structlog.get_logger()

Outcome = Literal["acknowledged", "failed", "dead", "skipped"]
_LEASE_MARGIN_S = 2.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a failed push is tried again: full jitter over an exponential back-off, in seconds.

    With the defaults the last of 60 attempts comes about six hours after the first. `lease_s` is
    how long a worker that died keeps a delivery from others.
    """

    base_s: float = 1.0
    cap_s: float = 900.0
    max_attempts: int = 60
    lease_s: float = 14.0

    def __post_init__(self) -> None:
        """Raises ValueError for a policy that could not work."""
        if not 0 < self.base_s <= self.cap_s <= LONGEST_WAIT.total_seconds():
            raise ValueError("retry policy: 0 < base_s <= cap_s <= 3600 (an hour) is needed")
        if self.max_attempts < 1 or self.lease_s <= 0:
            raise ValueError("retry policy: max_attempts and lease_s must be positive")

    def wait_s(self, attempts: int, asked_s: float | None = None) -> float:
        """Seconds to wait after attempt number `attempts`; `asked_s` is the receiver's wish."""
        ceiling = min(self.cap_s, self.base_s * 2.0 ** min(attempts - 1, 40))
        jitter = random.uniform(0, ceiling)  # noqa: S311 - spreads load, guards nothing
        return min(self.cap_s, max(jitter, asked_s or 0.0))


class Deliverer:
    """What a worker needs to deliver, for its lifetime: the database, the network, the addresses.

    Raises ValueError where a destination's time-out does not end before its lease does: a push
    still under way would then run beside its own repetition.
    """

    def __init__(
        self,
        engine: sa.Engine,
        client: httpx.Client,
        destinations: Mapping[str, Destination | SmsDestination],
        policy: RetryPolicy,
    ) -> None:
        for destination in destinations.values():
            if destination.timeout_s + _LEASE_MARGIN_S > policy.lease_s:
                raise ValueError(
                    f"destination {destination.name}: timeout_s {destination.timeout_s} must be at "
                    f"least {_LEASE_MARGIN_S} s shorter than lease_s {policy.lease_s}"
                )
        self._engine = engine
        self._client = client
        self._destinations = dict(destinations)
        self._policy = policy

    def deliver(self, delivery_id: str) -> Outcome:
        """Make one attempt. Called any number of times, also at once, it does no harm.

        Raises sqlalchemy.exc.SQLAlchemyError when the database is away; the lease then runs out
        and the relay queues the delivery again.
        """
        lease = take(self._engine, delivery_id, self._policy.lease_s)
        if lease is None:
            log.info("delivery_skipped", delivery_id=delivery_id)
            return "skipped"
        destination = self._destinations.get(lease.destination)
        if destination is None:
            result = PushResult("refused", error="this destination is not configured")
        elif isinstance(destination, SmsDestination):
            result = send_sms(self._client, lease.ticket, destination)
        else:
            result = push(self._client, lease.ticket, lease.event, destination)
        return settle(self._engine, lease, result, self._policy)


def settle(engine: sa.Engine, lease: Lease, result: PushResult, policy: RetryPolicy) -> Outcome:
    """Write down what came of the attempt and what follows from it."""
    outcome = _outcome(lease, result, policy)
    error = result.error[:500] if result.error else None
    with engine.begin() as connection:
        now = database_now(connection)
        connection.execute(
            delivery_attempts.update()
            .where(
                delivery_attempts.c.delivery_id == lease.delivery_id,
                delivery_attempts.c.number == lease.number,
            )
            .values(ended_at=now, outcome=outcome, status=result.status, error=error)
        )
        change = deliveries.update().where(deliveries.c.id == lease.delivery_id)
        values: dict[str, object] = {
            "state": outcome,
            "last_status": result.status,
            "last_error": error,
            "lease_token": None,
            "lease_until": None,
        }
        if outcome == "acknowledged":
            # True whoever holds the lease by now: the receiver has the ticket.
            change = change.where(deliveries.c.state != "acknowledged")
            values |= {"acknowledged_at": now, "remote_id": result.remote_id}
        else:
            change = change.where(deliveries.c.lease_token == lease.token)
            wait = policy.wait_s(lease.tries, result.retry_after_s)
            values["next_attempt_at"] = now + timedelta(seconds=wait)
        connection.execute(change.values(values))
    _tell(lease, result, outcome, (now - lease.committed_at).total_seconds())
    return outcome


def _outcome(lease: Lease, result: PushResult, policy: RetryPolicy) -> Outcome:
    if result.verdict == "acknowledged":
        return "acknowledged"
    if result.verdict == "refused" or lease.tries >= policy.max_attempts:
        return "dead"
    return "failed"


def _tell(lease: Lease, result: PushResult, outcome: Outcome, age_s: float) -> None:
    metrics.ATTEMPTS.labels(lease.destination, outcome).inc()
    facts = {
        "delivery_id": lease.delivery_id,
        "reference": lease.ticket.service_request_id,
        "call_id": lease.ticket.call_id,
        "destination": lease.destination,
        "attempt": lease.number,
        "status": result.status,
    }
    if outcome == "acknowledged":
        metrics.SECONDS_TO_ACKNOWLEDGE.labels(lease.destination).observe(max(0.0, age_s))
        log.info("delivery_acknowledged", **facts)
    elif outcome == "dead":
        metrics.DEAD.labels(lease.destination).inc()
        log.error("delivery_dead", error=result.error, **facts)
    else:
        log.warning("delivery_failed", error=result.error, **facts)
