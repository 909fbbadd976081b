"""Screening as this house has it: the script on its Redis, its policy, its record for bad times."""

from collections.abc import Iterator
from datetime import UTC, datetime

import redis
import sqlalchemy as sa

from blacklist.decision import hold
from blacklist.policy import Policy
from blacklist.record.entries import standing_entries
from blacklist.screening import RedisScreening
from blacklist.snapshot import Kept, Snapshot
from hotline.setting_groups import ScreeningSettings
from store.breaker import Breaker
from store.sql import reading


def make_screening(
    client: redis.Redis,
    policy: Policy,
    breaker: Breaker,
    snapshot: Snapshot,
    settings: ScreeningSettings,
) -> RedisScreening:
    """Screening, and the snapshot that it falls back on; it has not asked for anything yet."""
    return RedisScreening(
        client,
        policy,
        breaker=breaker,
        snapshot=snapshot,
        exempt=frozenset(settings.exempt),
        counts_bytes=settings.counts_mb * 2**20,
    )


def recorded_holds(engine: sa.Engine) -> Iterator[Kept]:
    """What people decided and is in force. Raises SQLAlchemyError."""
    now = datetime.now(UTC)
    with reading(engine) as connection:
        for entry in standing_entries(connection, now):
            if entry.understood and entry.kind != "allow" and entry.in_effect:
                yield Kept(entry.subject, hold(entry.as_measure()), entry.kind == "prefix")
