"""Keeps the index that calls are screened by as the record says: what the relay does for it.

An emptied Redis is filled again within seconds, and a change whose projection failed is told again.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import structlog

from blacklist import metrics
from blacklist.record.entries import count_entries, to_review
from blacklist.record.projection import KINDS, synchronise
from blacklist.record.reviews import list_reviews
from blacklist.record.schema import reading
from hotline.bootstrap import Services
from hotline.register import make_register

log = structlog.get_logger()

SECONDS = 5.0
COUNT_SECONDS = 60.0
"""How often entries are counted for the gauges."""
OVERLAP = timedelta(minutes=2)
"""How far back each round looks: a transaction shows its lines only once it is committed."""
AT_START = timedelta(days=1)
"""How far back the first round looks: for changes while no relay ran."""


def run_synchroniser(services: Services, stop: threading.Event, seconds: float = SECONDS) -> None:
    """Synchronise until `stop` is set. A store that is away is logged once and waited out."""
    since = datetime.now(UTC) - AT_START
    next_count = 0.0
    trouble: str | None = None
    while not stop.is_set():
        try:
            register = make_register(services)
            now = datetime.now(UTC)
            synchronise(register.engine, register.index, since, now, register.policy.strikes)
            since = now - OVERLAP
            if time.monotonic() >= next_count:
                observe(register.engine, now)
                next_count = time.monotonic() + COUNT_SECONDS
            if trouble is not None:
                log.info("blacklist_synchronised", after=trouble)
            trouble = None
        except Exception as error:  # it outlives whatever is away; the next round tries again
            name = type(error).__name__
            if name != trouble:
                log.error("blacklist_not_synchronised", error=name)
            trouble = name
        stop.wait(seconds)


def observe(engine: sa.Engine, now: datetime) -> None:
    """Set the gauges of the record. Raises SQLAlchemyError."""
    with reading(engine) as connection:
        counts = count_entries(connection, now)
        waiting = len(list_reviews(connection, now)) + len(to_review(connection, now))
    for kind in KINDS:
        metrics.ENTRIES.labels(kind).set(counts.get(kind, 0))
    metrics.REVIEWS_DUE.set(waiting)
