"""One attempt at a delivery: take the lease, push, settle. At least once; never beside another."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
import structlog

from outbox.retry import Retry
from outbox.work import CUT_OFF
from store.sql import UtcDateTime, database_now
from tickets import metrics
from tickets.circuit import disable
from tickets.destination import Destination, PushResult
from tickets.health import Change, note_answer, note_failure, tell_health
from tickets.lease import GONE_OUT, UNSURE, Lease, take
from tickets.schema import deliveries, delivery_attempts

log = structlog.get_logger()

Outcome = Literal["acknowledged", "accepted", "failed", "dead", "skipped"]
LEASE_MARGIN_S = 2.0
"""So much longer than an attempt is its lease, at least."""
_MOST_TOLD = 400
_SOONEST_ASKED_S, _LATEST_ASKED_S = 30.0, 3600.0
"""When it is asked what became of an accepted message: at half of the time that it took so far."""
ACCEPTED_FOR = timedelta(days=14)
"""Who has not said by then what became of it is looked after by a human."""


# Made once: to make such words takes longer than what they do.
_ITS = deliveries.c.id == sa.bindparam("row_id")
_TOLD: Mapping[str, Any] = {
    "state": sa.bindparam("its_state", type_=sa.String()),
    "last_status": sa.bindparam("its_status", type_=sa.Integer()),
    "last_error": sa.bindparam("its_error", type_=sa.String()),
    "lease_token": None,
    "lease_until": None,
}
_NOW = sa.bindparam("now", type_=UtcDateTime())
_ATTEMPT_ENDS = (
    delivery_attempts.update()
    .where(
        delivery_attempts.c.delivery_id == sa.bindparam("row_id"),
        delivery_attempts.c.number == sa.bindparam("attempt"),
    )
    .values(
        ended_at=_NOW,
        outcome=sa.bindparam("came", type_=sa.String()),
        status=_TOLD["last_status"],
        error=_TOLD["last_error"],
        answer=sa.bindparam("its_answer", type_=sa.String()),
    )
)
# True whoever holds the lease by now: the receiver has the ticket.
_ACKNOWLEDGED = (
    deliveries.update()
    .where(_ITS, deliveries.c.state != "acknowledged")
    .values(_TOLD)
    .values(acknowledged_at=_NOW, remote_id=sa.bindparam("remote", type_=sa.String()))
)
_LATER = (
    deliveries.update().where(_ITS, deliveries.c.lease_token == sa.bindparam("lease")).values(_TOLD)
)


class Deliverer:
    """What a worker needs to deliver, for its lifetime: the database and the addresses.

    Raises ValueError where a destination's time-out does not end before its lease does: a push
    still under way would then run beside its own repetition.
    """

    def __init__(
        self,
        engine: sa.Engine,
        destinations: Mapping[str, Destination],
        policy: Retry,
    ) -> None:
        for destination in destinations.values():
            if destination.timeout_s + LEASE_MARGIN_S > policy.lease_s:
                raise ValueError(
                    f"destination {destination.name}: timeout_s {destination.timeout_s} must be at "
                    f"least {LEASE_MARGIN_S} s shorter than lease_s {policy.lease_s}"
                )
        self._engine = engine
        self._destinations = dict(destinations)
        self._policy = policy

    def deliver(self, delivery_id: str) -> Outcome:
        """Make one attempt. Called any number of times, also at once, it does no harm.

        Raises sqlalchemy.exc.SQLAlchemyError when the database is away; the lease then runs out
        and the relay queues the delivery again.
        """
        lease = take(self._engine, delivery_id, self._policy, self._destinations)
        if lease is None:
            log.info("delivery_skipped", delivery_id=delivery_id)
            return "skipped"
        if not lease.left:
            _tell(lease, PushResult("refused", error=CUT_OFF), "dead")
            return "dead"
        destination = self._destinations.get(lease.destination)
        if destination is None:
            result = PushResult("refused", error="this destination is not configured")
        else:
            result = destination.push(lease.message)
        return settle(self._engine, lease, result)


def settle(engine: sa.Engine, lease: Lease, result: PushResult) -> Outcome:
    """Write down what came of the attempt and what follows from it."""
    spent = lease.spent
    if result.again_s is None:
        spent += lease.weight if result.unsure else min(lease.weight, 1)
    error = result.error[:_MOST_TOLD] if result.error else None
    if result.unsure and lease.once:
        error = f"{error}{GONE_OUT}"
    with engine.begin() as connection:
        now = database_now(connection)
        outcome = _outcome(result, lease, spent, now)
        settled = {
            "row_id": lease.delivery_id,
            "lease": lease.token,
            "attempt": lease.number,
            "now": now,
            "came": UNSURE if result.unsure else outcome,
            "its_state": "sent" if outcome == "accepted" else outcome,
            "its_status": result.status,
            "its_error": error,
            "its_answer": result.answer,
            "remote": result.remote_id,
        }
        connection.execute(_ATTEMPT_ENDS, settled)
        if outcome == "acknowledged":
            connection.execute(_ACKNOWLEDGED, settled)
        else:
            later = _waits(result, lease, outcome, spent, now)
            connection.execute(_LATER.values(later), settled)
        health = _note(connection, lease.destination, result, now)
    _tell(lease, result, outcome, (now - lease.committed_at).total_seconds())
    if health is not None:
        tell_health(lease.destination, health, result)
    return outcome


def _waits(
    result: PushResult, lease: Lease, outcome: Outcome, spent: int, now: datetime
) -> dict[str, object]:
    """What a row keeps that is not settled: until when it waits, and by what it is asked."""
    waits = _until(result, lease, outcome, spent, now)
    # An empty token: what the destination gave before is worth nothing.
    return waits if result.token is None else {**waits, "token": result.token or None}


def _until(
    result: PushResult, lease: Lease, outcome: Outcome, spent: int, now: datetime
) -> dict[str, object]:
    if outcome == "accepted":  # it has it: what is counted from now on are questions
        accepted_at = lease.accepted_at or now
        asked_s = max((now - accepted_at).total_seconds() / 2, result.retry_after_s or 0.0)
        wait = timedelta(seconds=min(max(asked_s, _SOONEST_ASKED_S), _LATEST_ASKED_S))
        counted = {"accepted_at": accepted_at, "attempts_before_retry": lease.number}
        return {"next_attempt_at": now + wait, "waits_from": now, **counted}
    if result.again_s is not None:
        uncounted = deliveries.c.attempts_before_retry + int(lease.kept_for is None)
        again = now + timedelta(seconds=result.again_s)
        return {"next_attempt_at": again, "waits_from": now, "attempts_before_retry": uncounted}
    if lease.kept_for is not None and result.retry_after_s is None:
        return {"next_attempt_at": max(lease.kept_for, now), "waits_from": now}
    wait = timedelta(seconds=lease.policy.wait_s(spent, result.retry_after_s))
    return {"next_attempt_at": now + wait, "waits_from": now}


def _note(
    connection: sa.Connection, destination: str, result: PushResult, now: datetime
) -> Change | None:
    """What the attempt says of the destination as a whole."""
    if not result.asked:
        return None
    if result.verdict in ("retry", "gone"):
        change = note_failure(connection, destination, result, now)
        if result.verdict == "gone" and disable(connection, destination, now):
            return "disabled"
        return change
    if result.status is not None or result.verdict in ("acknowledged", "accepted"):
        return note_answer(connection, destination)
    return None


def _outcome(result: PushResult, lease: Lease, spent: int, now: datetime) -> Outcome:
    if result.verdict == "acknowledged":
        return "acknowledged"
    if result.verdict == "accepted":
        since = lease.accepted_at or now
        return "accepted" if now - since < ACCEPTED_FOR else "dead"
    if result.verdict == "gone":
        return "failed"
    if result.verdict == "refused" or spent >= lease.policy.max_attempts:
        return "dead"
    return "failed"


def _tell(lease: Lease, result: PushResult, outcome: Outcome, age_s: float = 0.0) -> None:
    metrics.ATTEMPTS.labels(lease.destination, outcome).inc()
    facts = {
        "delivery_id": lease.delivery_id,
        "reference": lease.message.ticket.service_request_id,
        "call_id": lease.message.ticket.call_id,
        "destination": lease.destination,
        "attempt": lease.number,
        "status": result.status,
    }
    if outcome == "accepted":
        log.info("delivery_accepted", **facts)
    elif outcome == "acknowledged":
        metrics.SECONDS_TO_ACKNOWLEDGE.labels(lease.destination).observe(max(0.0, age_s))
        log.info("delivery_acknowledged", **facts)
    elif outcome == "dead":
        metrics.DEAD.labels(lease.destination).inc()
        log.error("delivery_dead", error=result.error, **facts)
    else:
        log.warning("delivery_failed", error=result.error, **facts)
