"""Rows of the ways of seeded tickets: delivered, refused, given up, and waiting.

What still waits is for an office that no file names: should workers run on such a database, they
send nothing of it to anybody.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from lab.seeding.plan import Plan
from lab.seeding.ticket_rows import MadeTicket
from store.bulk import BulkInsert
from tickets.model import OPENED, UPDATED
from tickets.open import BACKOFFICE
from tickets.schema import deliveries, delivery_attempts

NOBODY = "office_of_nobody"
"""The destination of what waits."""
_NAMES = (
    *("id", "ticket_id", "destination", "event", "ticket_version", "state", "attempts"),
    *("created_at", "next_attempt_at", "last_status", "last_error", "acknowledged_at"),
    *("remote_id", "waits_from"),
)
_ALIKE = {"attempts_before_retry": 0, "queue_count": 1}
_TRIES = ("delivery_id", "number", "started_at", "ended_at", "outcome", "status", "error", "answer")
_DEAD, _WAITS = 0.002, 0.03
_FRESH = timedelta(days=2)
_GIVEN_UP_AFTER = 10


class DeliveryRows:
    """Makes and writes deliveries and their attempts."""

    def __init__(self, dialect: sa.Dialect, plan: Plan) -> None:
        self._insert = BulkInsert(dialect, deliveries, _NAMES, _ALIKE)
        self._tries = BulkInsert(dialect, delivery_attempts, _TRIES, {})
        self._rng = Random(f"deliveries {plan.seed} {plan.first}")  # noqa: S311  # a seeded history
        self._now = plan.now

    def write(self, connection: sa.Connection, opened: Iterable[MadeTicket]) -> None:
        """Insert the ways of these tickets: that each is there, and that some have changed."""
        rows: list[dict[str, Any]] = []
        for ticket in opened:
            rows.append(self._row(ticket, OPENED, 1, ticket.opened))
            if ticket.version > 1:
                rows.append(self._row(ticket, UPDATED, ticket.version, ticket.changed))
        if not rows:
            return
        tries = [one for row in rows for one in self._attempts(row)]
        self._insert(connection, _columns(_NAMES, rows))
        if tries:
            self._tries(connection, _columns(_TRIES, tries))

    def _row(self, ticket: MadeTicket, event: str, version: int, at: datetime) -> dict[str, Any]:
        rng, fresh = self._rng, self._now - at < _FRESH
        draw = rng.random()
        dead, waits = draw < _DEAD, fresh and draw > 1 - _WAITS
        untried = waits and draw > 1 - _WAITS / 3
        state = "dead" if dead else "pending" if untried else "failed" if waits else "acknowledged"
        number = {"dead": _GIVEN_UP_AFTER, "pending": 0, "failed": rng.randint(1, 6)}.get(state, 1)
        done = at + timedelta(seconds=rng.uniform(0.2, 9))
        told = state == "acknowledged"
        return {
            "id": uuid.UUID(int=rng.getrandbits(128), version=4).hex,
            "ticket_id": ticket.key,
            "destination": NOBODY if waits else BACKOFFICE,
            "event": event,
            "ticket_version": version,
            "state": state,
            "attempts": number,
            "created_at": at,
            "next_attempt_at": self._now + timedelta(minutes=rng.uniform(1, 50)) if waits else done,
            "last_status": 201 if told else None if untried else 503,
            "last_error": None,
            "acknowledged_at": done if told else None,
            "remote_id": f"BO-{ticket.reference}" if told else None,
            "waits_from": at,
        }

    def _attempts(self, row: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        for number in range(1, row["attempts"] + 1):
            begun = row["created_at"] + timedelta(seconds=1 + 600 * (number - 1))
            yield {
                "delivery_id": row["id"],
                "number": number,
                "started_at": begun,
                "ended_at": begun + timedelta(milliseconds=120),
                "outcome": row["state"] if number == row["attempts"] else "failed",
                "status": row["last_status"],
                "error": None,
                "answer": None,
            }


def _columns(names: Iterable[str], rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in names}
