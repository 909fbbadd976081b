"""Whether the calls know what is on the air, and what the hours come to just now."""

from collections.abc import Iterator
from datetime import UTC, datetime

import redis
from sqlalchemy.exc import SQLAlchemyError

from hotline.bootstrap import Services
from hotline.doctor.check import Check
from places.announcing import not_over
from places.hours import opening
from places.on_air import ON_AIR_KEY, on_air
from store.migrations import current, serves
from voice.texts import spoken_texts


def announcements(services: Services) -> Iterator[Check]:
    """Whether calls are told what the record has, and can be played it on this machine.

    Where a store is away its own check says so.
    """
    name, now = "announcements", datetime.now(UTC)
    try:
        if not serves(current(services.engine())):
            return
        found = not_over(services.engine(), now)
        stored = services.slow_redis.get(ON_AIR_KEY)
    except (SQLAlchemyError, redis.RedisError):
        return
    wanted = tuple(one.texts for one in found if one.starts_at <= now)
    told = f"{len(wanted)} on the air, {len(found) - len(wanted)} to come"
    heard = on_air(stored if isinstance(stored, bytes) else None, now.timestamp())
    if list(map(dict, heard)) != list(map(dict, wanted)):
        mend = "start `hotline relay`, which tells them every 5 s"
        yield Check(name, False, f"{told}, but the calls are told of {len(heard)}", mend)
        return
    maker = services.texts.maker
    lost = sum(not maker.is_there(said) for said in spoken_texts(*wanted))
    if lost:
        mend = "start `hotline relay` here, which makes them"
        yield Check(name, True, f"{told}; {lost} texts have no sound here", mend, warns=True)
    else:
        yield Check(name, True, told)


def offices(services: Services) -> Iterator[Check]:
    """What callers would be told of the offices now. A mistake in the file is raised."""
    now = opening(services.files.hours, datetime.now(UTC))
    then = now.closes_at if now.open else now.opens_at
    until = "" if then is None else f" until {then:%a %H:%M}"
    by = f"{now.reason}: {now.name}" if now.name else now.reason
    yield Check("offices", True, f"{'open' if now.open else 'closed'}{until} ({by})")
