"""The lanes of deliveries: each destination has its own."""

from collections.abc import Iterable

from outbox.lanes import Lane
from tickets.lease import DELIVERIES
from tickets.open import BACKOFFICE

MAIN_QUEUE = "deliveries"
"""The queue of tickets for the back office, by the name that it has had from the first release."""


def delivery_lanes(destinations: Iterable[str]) -> tuple[Lane, ...]:
    """A lane for each destination.

    On the back office's are also rows whose destination is not there any more: it is quick to say.
    """
    to = DELIVERIES.table.c.destination
    others = tuple(dict.fromkeys(name for name in destinations if name != BACKOFFICE))
    main = Lane(MAIN_QUEUE, DELIVERIES, to.not_in(others) if others else None)
    return main, *(Lane(f"{MAIN_QUEUE}-{name}", DELIVERIES, to == name) for name in others)
