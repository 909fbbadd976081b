"""The blocklist's register as this house has it: on its database, its Redis and its policy."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from blacklist.index import RedisIndex
from blacklist.numbers import normalise
from blacklist.record.prefixes import PrefixReplay
from blacklist.record.register import BlacklistRegister
from call_handlers.schema import calls
from hotline.bootstrap import Services
from tickets.schema import reading

REPLAY_DAYS = 90


def make_register(services: Services) -> BlacklistRegister:
    """The register; it connects when a verb is used. Raises PolicyWrong."""
    engine = services.engine()

    def replays(prefix: str, now: datetime) -> PrefixReplay:
        return prefix_replay(engine, prefix, now)

    return BlacklistRegister(
        engine,
        RedisIndex(services.slow_redis),
        policy=services.policy,
        replays=replays,
        protected=own_lines(services),
    )


def own_lines(services: Services) -> frozenset[str]:
    """The hotline's own lines (E.164), as the settings know them: they are never restricted."""
    twilio = services.settings.twilio
    found = (normalise(line).e164 for line in (twilio.operators, twilio.caller_id))
    return frozenset(number for number in found if number is not None)


def zone_of(services: Services) -> ZoneInfo:
    """The hotline's time zone."""
    return ZoneInfo(services.settings.timezone)


def prefix_replay(engine: sa.Engine, prefix: str, now: datetime) -> PrefixReplay:
    """What a prefix (E.164) would have stopped in the recorded calls of the last `REPLAY_DAYS`.

    Raises SQLAlchemyError.
    """
    opened = sa.func.coalesce(sa.cast(calls.c.tickets, sa.String), "[]") != "[]"
    counted = sa.select(
        sa.func.count(),
        sa.func.count(sa.distinct(calls.c.e164)),
        sa.func.count().filter(opened),
    ).where(
        # A range, not LIKE: the index on the number serves it whatever the collation.
        calls.c.e164 >= prefix,
        calls.c.e164 < prefix + ":",
        calls.c.started_at > now.astimezone(UTC) - timedelta(days=REPLAY_DAYS),
    )
    with reading(engine) as connection:
        all_calls, callers, with_tickets = connection.execute(counted).one()
    return PrefixReplay(REPLAY_DAYS, all_calls, callers, with_tickets)
