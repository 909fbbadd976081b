"""Keeps the index that calls are screened by as the record says: what the relay does for it.

An emptied Redis is filled again within seconds, and a change whose projection failed is told again.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from blacklist import metrics
from blacklist.record.entries import count_entries, to_review
from blacklist.record.projection import KINDS, synchronise
from blacklist.record.register import BlacklistRegister
from blacklist.record.reviews import list_reviews
from store.sql import reading

SECONDS = 5.0
COUNT_SECONDS = 60.0
"""How often entries are counted for the gauges."""
OVERLAP = timedelta(minutes=2)
"""How far back each round looks: a transaction shows its lines only once it is committed."""
AT_START = timedelta(days=1)
"""How far back the first round looks: for changes while no relay ran."""


class Synchroniser:
    """What one process knows of its rounds. `register` makes the record that it asks."""

    def __init__(self, register: Callable[[], BlacklistRegister]) -> None:
        self._register = register
        self._since = datetime.now(UTC) - AT_START
        self._next_count = 0.0

    def round(self) -> None:
        """Bring the index up to the record. Raises when a store is away."""
        register = self._register()
        now = datetime.now(UTC)
        synchronise(register.engine, register.index, self._since, now, register.policy.strikes)
        self._since = now - OVERLAP
        if time.monotonic() >= self._next_count:
            observe(register.engine, now)
            self._next_count = time.monotonic() + COUNT_SECONDS


def observe(engine: sa.Engine, now: datetime) -> None:
    """Set the gauges of the record. Raises SQLAlchemyError."""
    with reading(engine) as connection:
        counts = count_entries(connection, now)
        waiting = len(list_reviews(connection, now)) + len(to_review(connection, now))
    for kind in KINDS:
        metrics.ENTRIES.labels(kind).set(counts.get(kind, 0))
    metrics.REVIEWS_DUE.set(waiting)
