"""The outbox of a ticket: one delivery row for each destination and each thing that happened."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store.bulk import RowsInsert
from tickets.model import Ticket
from tickets.schema import deliveries

_HAND_OUT = RowsInsert(deliveries.insert())


def hand_out(
    connection: sa.Connection,
    ticket: Ticket,
    event: str,
    destinations: Iterable[str],
    moment: datetime,
    *,
    wait_s: float = 0,
    version: int | None = None,
) -> list[str]:
    """Write down that `destinations` are to be told of `event`, `wait_s` after `moment`.

    That is a moment by the database's clock, which the workers go by, not the caller's. `version`
    orders what one destination is told; left out, it is the ticket's. The deliveries' ids.
    """
    rows: list[dict[str, Any]] = [
        {
            "id": uuid.uuid4().hex,
            "ticket_id": ticket.idempotency_key,
            "destination": name,
            "event": event,
            "ticket_version": ticket.version if version is None else version,
            "state": "pending",
            "attempts": 0,
            "attempts_before_retry": 0,
            "created_at": moment,
            "next_attempt_at": moment + timedelta(seconds=wait_s),
            "queue_count": 0,
        }
        for name in dict.fromkeys(destinations)
    ]
    _HAND_OUT(connection, rows)
    return [row["id"] for row in rows]
