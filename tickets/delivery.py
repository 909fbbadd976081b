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
from tickets.circuit import GONE_OUT, disable
from tickets.destination import Destination, PushResult
from tickets.health import Change, left_alone, note_answer, note_failure, tell_health
from tickets.lease import UNSURE, Lease, take
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
        if destination is None:  # or not yet: this worker may not have taken up the newest file
            result = PushResult("retry", error="this destination is not configured", asked=False)
        else:
            result = _pushed(destination, lease)
        return settle(self._engine, lease, result)


def _pushed(destination: Destination, lease: Lease) -> PushResult:
    try:
        return destination.push(lease.message)
    except Exception as error:  # a fault of ours: it must not look like a worker that died
        log.exception("push_failed", destination=lease.destination, delivery_id=lease.delivery_id)
        return PushResult("retry", error=f"{type(error).__name__} in this house", unsure=True)


def settle(engine: sa.Engine, lease: Lease, result: PushResult) -> Outcome:
    """Write down what came of the attempt and what follows from it.

    What it says of the destination as a whole is written after that, by itself: others that settle
    theirs meanwhile wait for nothing that this one holds.
    """
    spent = lease.spent
    if _counts(result):
        unsure = lease.policy.unsure_weight if result.blind else lease.weight
        spent += unsure if result.unsure else min(lease.weight, 1)
    error = result.error[:_MOST_TOLD] if result.error else None
    may_have = result.unsure or lease.message.unsure_at is not None
    not_taken = result.verdict not in ("acknowledged", "accepted")
    if not_taken and may_have and (lease.once or result.blind):
        error = f"{error or ''}{GONE_OUT}"
    with engine.begin() as connection:
        now = database_now(connection)
        outcome = _outcome(result, lease, spent, now)
        alone = left_alone(connection, lease.destination)
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
            if lease.kept_for is not None and _counts(result) and not alone:
                later["early"] = False  # its destination does well: it is at fault itself
            connection.execute(_LATER.values(later), settled)
    _tell(lease, result, outcome, (now - lease.committed_at).total_seconds())
    if result.verdict in ("retry", "gone") or alone is not None:
        with engine.begin() as connection:
            health = _note(connection, lease.destination, result, database_now(connection))
        if health is not None:
            tell_health(lease.destination, health, result)
    return outcome


def _counts(result: PushResult) -> bool:
    """Whether it was an attempt at the ticket: no look for it, and no word of who wants no more."""
    return result.again_s is None and result.verdict != "gone"


def _waits(
    result: PushResult, lease: Lease, outcome: Outcome, spent: int, now: datetime
) -> dict[str, object]:
    """What a row keeps that is not settled: until when it waits, and by what it is asked."""
    waits = _until(result, lease, outcome, spent, now)
    if not _counts(result):
        counted = lease.kept_for is None or lease.once
        waits["attempts_before_retry"] = deliveries.c.attempts_before_retry + int(counted)
    if result.token is not None:
        waits["token"] = result.token or None
        if not result.token:  # what the destination gave before is worth nothing
            waits["accepted_at"] = None
    return waits


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
        return {"next_attempt_at": now + timedelta(seconds=result.again_s), "waits_from": now}
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
        return note_answer(connection, destination, now)
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
