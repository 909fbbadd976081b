"""What comes next of a delivery, and what it waits for; as the outbox decides (`tickets.circuit`).

It is said in data: a command and a page have words of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tickets.circuit import GONE_OUT, OPEN_STATES, UNGATED
from tickets.health import Health
from tickets.outbox import Delivery

Waits = Literal["taken", "given_up", "disabled", "behind", "left_alone", "due"]
"""It waits for nothing any more; for a destination that is enabled; for a version of its ticket
that goes before; for the end of its destination's trouble; or for its own moment."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a delivery waits for.

    `at` (UTC) is when it was taken, when it is tried next, or when one delivery is tried at a
    destination that is left alone; None where nobody knows. `accepted_at`: its destination has it,
    and is only asked what became of it. `hurries`: it goes before its time when its destination is
    well again. `behind` is the delivery that goes before it.
    """

    waits: Waits
    at: datetime | None
    accepted_at: datetime | None = None
    hurries: bool = False
    behind: Delivery | None = None


def ahead(row: Delivery, ways: Iterable[Delivery], health: Mapping[str, Health]) -> Ahead:
    """What comes next of `row`; `ways` are all deliveries of its ticket, `health` is by name."""
    if row.state == "acknowledged":
        return Ahead("taken", row.acknowledged_at)
    if row.state == "dead":
        return Ahead("given_up", None)
    accepted, hurries = row.accepted_at, _may_hurry(row)
    gate = None if row.destination in UNGATED else health.get(row.destination)
    if gate is not None and gate.disabled_at is not None:
        return Ahead("disabled", None, accepted)
    first = _first_before(row, ways)
    if first is not None:
        return Ahead("behind", None, accepted, behind=first)
    if gate is not None and gate.open_until is not None and not row.early:
        return Ahead("left_alone", gate.open_until, accepted, hurries)
    return Ahead("due", row.next_attempt_at, accepted, hurries)


def _may_hurry(row: Delivery) -> bool:
    """Whether it goes before its time when its destination is well again."""
    if row.destination in UNGATED or row.attempts == 0 or row.early is False:
        return False
    return not (row.last_error or "").endswith(GONE_OUT)


def _first_before(row: Delivery, ways: Iterable[Delivery]) -> Delivery | None:
    earlier = (
        one
        for one in ways
        if one.destination == row.destination
        and one.ticket_version < row.ticket_version
        and one.state in OPEN_STATES
    )
    return min(earlier, key=lambda one: one.ticket_version, default=None)
