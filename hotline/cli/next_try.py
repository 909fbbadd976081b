"""What a delivery waits for, in a line: a moment, a version before it, or its destination."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from tickets.circuit import GONE_OUT, OPEN_STATES, UNGATED
from tickets.health import Health
from tickets.outbox import Delivery

Local = Callable[[datetime | None], str]
"""A moment as people of the hotline read it."""


def ahead(
    row: Delivery, ways: Iterable[Delivery], health: Mapping[str, Health], local: Local
) -> str:
    """What comes next of `row`; `ways` are all deliveries of its ticket, `health` is by name."""
    if row.state == "acknowledged":
        return f"taken {local(row.acknowledged_at)}"
    if row.state == "dead":
        return f"given up: `hotline deliveries retry {row.id}` begins anew"
    moment = local(row.next_attempt_at)
    held = _held_by(row, ways, health.get(row.destination), local)
    if row.accepted_at is not None:
        return f"accepted {local(row.accepted_at)}; {held or f'asked again {moment}'}"
    sooner = ", sooner where its destination is well again before" if _may_hurry(row) else ""
    return held or f"next try {moment}{sooner}"


def _held_by(
    row: Delivery, ways: Iterable[Delivery], health: Health | None, local: Local
) -> str | None:
    """Why it is not tried when its time has come; as the outbox decides it (`tickets.circuit`)."""
    name = row.destination
    gated = None if name in UNGATED else health
    if gated is not None and gated.disabled_at is not None:
        return f"not tried: {name} is disabled, until `hotline destinations enable {name}`"
    first = _first_before(row, ways)
    if first is not None:
        return f"waits for version {first.ticket_version} before it ({first.id})"
    if gated is not None and gated.open_until is not None and not row.early:
        after = "it goes" if _may_hurry(row) else f"not before {local(row.next_attempt_at)}"
        one = local(gated.open_until)
        return f"waits: {name} is left alone, but for one try {one}; with its answer {after}"
    return None


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
