"""What a delivery waits for, in a line: a moment, a version before it, or its destination."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from tickets.ahead import Ahead, ahead
from tickets.health import Health
from tickets.outbox import Delivery

Local = Callable[[datetime | None], str]
"""A moment as people of the hotline read it."""


def told_ahead(
    row: Delivery, ways: Iterable[Delivery], health: Mapping[str, Health], local: Local
) -> str:
    """What comes next of `row`; `ways` are all deliveries of its ticket, `health` is by name."""
    found = ahead(row, ways, health)
    if found.waits == "taken":
        return f"taken {local(found.at)}"
    if found.waits == "given_up":
        return f"given up: `hotline deliveries retry {row.id}` begins anew"
    held = _held(row, found, local)
    if found.accepted_at is not None:
        return f"accepted {local(found.accepted_at)}; {held or f'asked again {local(found.at)}'}"
    sooner = ", sooner where its destination is well again before" if found.hurries else ""
    return held or f"next try {local(found.at)}{sooner}"


def _held(row: Delivery, found: Ahead, local: Local) -> str | None:
    """Why it is not tried when its time has come."""
    name = row.destination
    if found.waits == "disabled":
        return f"not tried: {name} is disabled, until `hotline destinations enable {name}`"
    if found.behind is not None:
        return f"waits for version {found.behind.ticket_version} before it ({found.behind.id})"
    if found.waits == "left_alone":
        after = "it goes" if found.hurries else f"not before {local(row.next_attempt_at)}"
        one = local(found.at)
        return f"waits: {name} is left alone, but for one try {one}; with its answer {after}"
    return None
