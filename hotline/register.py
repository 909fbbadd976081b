"""The blocklist's register as this house has it: on its database, its Redis and its policy."""

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from blacklist.numbers import normalise
from blacklist.record.prefix_replay import PrefixReplay, RecordUnreadable
from blacklist.record.register import BlacklistRegister
from blacklist.verdict import Disposition
from call_handlers.recorded_calls import met_since, served_calls
from hotline.bootstrap import Services

if TYPE_CHECKING:
    from blacklist.index import RedisIndex
    from call_handlers.prefix_replay import Watch


def make_register(
    services: Services,
    watch: "Watch | None" = None,
    *,
    quick: bool = False,
    beside_calls: bool = False,
) -> BlacklistRegister:
    """The register; it connects when a verb is used. `watch` sees how far replays of prefixes are.

    `quick` is for somebody who waits at a telephone: SQL and Redis answer in time, or a verb fails
    (SQL) or is told to the index later (Redis). `beside_calls` is for a process that leads calls
    too: one prefix is replayed at a time, and none with more than `MOST_BESIDE_CALLS` calls.
    """
    engine = services.call_engine if quick else services.engine()
    one = threading.Lock()

    def replays(prefix: str, disposition: Disposition, now: datetime) -> PrefixReplay:
        # Only a prefix needs it: who asks for anything else starts the sooner.
        from call_handlers.prefix_replay import MOST_BESIDE_CALLS, replay_prefix, unwatched

        if not beside_calls:
            return replay_prefix(
                engine, services.policy, prefix, disposition, now, watch=watch or unwatched
            )
        if not one.acquire(blocking=False):
            raise RecordUnreadable("another prefix is replayed here just now: ask again soon")
        try:
            return replay_prefix(
                engine, services.policy, prefix, disposition, now, most=MOST_BESIDE_CALLS
            )
        finally:
            one.release()

    def index() -> "RedisIndex":
        from blacklist.index import RedisIndex  # who only reads the record needs no Redis

        return RedisIndex(services.fast_redis if quick else services.slow_redis)

    return BlacklistRegister(
        engine,
        index,
        policy=lambda: services.policy,
        replays=replays,
        served=served_calls,
        met=met_since,
        zone=services.zone,
        protected=own_lines(services),
    )


def own_lines(services: Services) -> frozenset[str]:
    """The hotline's own lines (E.164), as the settings know them: they are never restricted."""
    twilio = services.settings.twilio
    lines = (twilio.operators, twilio.caller_id, *services.settings.emergency_lines)
    found = (normalise(line).e164 for line in lines)
    return frozenset(number for number in found if number is not None)
