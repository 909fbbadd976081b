"""The blocklist's register as this house has it: on its database, its Redis and its policy."""

import threading
from datetime import datetime
from zoneinfo import ZoneInfo

from blacklist.index import RedisIndex
from blacklist.numbers import normalise
from blacklist.record.prefix_replay import PrefixReplay, RecordUnreadable
from blacklist.record.register import BlacklistRegister
from blacklist.verdict import Disposition
from call_handlers.prefix_replay import MOST_BESIDE_CALLS, Watch, replay_prefix, unwatched
from call_handlers.recorded_calls import served_calls
from hotline.bootstrap import Services


def make_register(
    services: Services,
    watch: Watch = unwatched,
    *,
    quick: bool = False,
    beside_calls: bool = False,
) -> BlacklistRegister:
    """The register; it connects when a verb is used. `watch` sees how far replays of prefixes are.

    `quick` is for somebody who waits at a telephone: SQL and Redis answer in time, or a verb fails
    (SQL) or is told to the index later (Redis). `beside_calls` is for a process that leads calls
    too: one prefix is replayed at a time, and none with more than `MOST_BESIDE_CALLS` calls.
    Raises PolicyWrong.
    """
    engine, policy = services.call_engine if quick else services.engine(), services.policy
    one = threading.Lock()

    def replays(prefix: str, disposition: Disposition, now: datetime) -> PrefixReplay:
        if not beside_calls:
            return replay_prefix(engine, policy, prefix, disposition, now, watch=watch)
        if not one.acquire(blocking=False):
            raise RecordUnreadable("another prefix is replayed here just now: ask again soon")
        try:
            return replay_prefix(engine, policy, prefix, disposition, now, most=MOST_BESIDE_CALLS)
        finally:
            one.release()

    return BlacklistRegister(
        engine,
        RedisIndex(services.fast_redis if quick else services.slow_redis),
        policy=policy,
        replays=replays,
        served=served_calls,
        protected=own_lines(services),
    )


def own_lines(services: Services) -> frozenset[str]:
    """The hotline's own lines (E.164), as the settings know them: they are never restricted."""
    twilio = services.settings.twilio
    lines = (twilio.operators, twilio.caller_id, *services.settings.emergency_lines)
    found = (normalise(line).e164 for line in lines)
    return frozenset(number for number in found if number is not None)


def zone_of(services: Services) -> ZoneInfo:
    """The hotline's time zone."""
    return ZoneInfo(services.settings.timezone)
