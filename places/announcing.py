"""Announcements: put on the air, taken off, and told to the calls by one key of Redis.

SQL has the record: who, when, which texts, from when until when. The key is made of it (`project`),
anew after every change and every few seconds by the relay, so that an emptied Redis is filled.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from people.audit import note_change
from people.person import NothingThere, Person
from places.fields import Announcement
from places.on_air import ON_AIR_KEY, written
from places.schema import announcements
from store.fields import record_of, row_of
from store.sql import one_at_a_time, reading

LONGEST = timedelta(days=366)
MOST_AT_ONCE = 3
"""Announcements at one moment: a caller hears all of them before the menu, and no more."""
_SUBJECT = "announcement"


class Refused(ValueError):
    """An announcement cannot be put on the air; the message says why, and the mend."""


class KeyStore(Protocol):
    """What is needed of Redis."""

    def get(self, name: str, /) -> object:
        """What stands in a key, None for nothing."""

    def set(self, name: str, value: str, /) -> object:
        """Put it there."""

    def delete(self, *names: str) -> object:
        """Take keys away."""


def announce(
    engine: sa.Engine,
    texts: Mapping[str, str],
    *,
    starts_at: datetime,
    until: datetime,
    by: Person,
    now: datetime,
    template: str = "",
) -> Announcement:
    """Put texts (by language) on the air from a moment on until another.

    They are fit to be said: whoever calls this has looked. Raises NotAllowed below supervisor,
    Refused, SQLAlchemyError.
    """
    by.must_be("supervisor", "an announcement")
    if not texts:
        raise Refused("an announcement needs a text in one language at least")
    if until <= max(now, starts_at):
        raise Refused("its end must lie ahead, and behind its beginning")
    if until - now > LONGEST:
        raise Refused(f"its end lies more than {LONGEST.days} days ahead")
    made = Announcement(
        secrets.token_hex(4), dict(texts), template, starts_at, until, by.name, now, None, None
    )
    with engine.begin() as connection:
        one_at_a_time(connection, _SUBJECT)
        beside = [one for one in _not_over(connection, now) if _overlap(one, made)]
        if len(beside) >= MOST_AT_ONCE:
            raise Refused(f"{len(beside)} announcements are on the air then: end one first")
        connection.execute(announcements.insert(), row_of(made))
        told = {"texts": dict(texts), "template": template, "until": until.isoformat()}
        told["from"] = starts_at.isoformat()
        note_change(connection, by, "announced", made.id, now, **told)
    return made


def end(engine: sa.Engine, name: str, *, by: Person, now: datetime) -> Announcement:
    """Take an announcement off the air at once.

    Raises NotAllowed below supervisor, NothingThere, SQLAlchemyError.
    """
    by.must_be("supervisor", "the end of an announcement")
    with engine.begin() as connection:
        one_at_a_time(connection, _SUBJECT)
        found = next((one for one in _not_over(connection, now) if one.id == name), None)
        if found is None:
            raise NothingThere("no such announcement is on the air, or to come")
        connection.execute(
            announcements.update()
            .where(announcements.c.id == name)
            .values(ended_at=now, ended_by=by.name)
        )
        note_change(connection, by, "announcement_ended", name, now)
    return found


def not_over(engine: sa.Engine, now: datetime) -> list[Announcement]:
    """Those on the air and to come, the first to begin first. Raises SQLAlchemyError."""
    with reading(engine) as connection:
        return _not_over(connection, now)


def latest(engine: sa.Engine, limit: int) -> list[Announcement]:
    """The newest that there ever were, newest first. Raises SQLAlchemyError."""
    wanted = sa.select(announcements).order_by(announcements.c.added_at.desc()).limit(limit)
    with reading(engine) as connection:
        return [record_of(Announcement, row) for row in connection.execute(wanted)]


def project(engine: sa.Engine, redis: KeyStore, now: datetime) -> list[Announcement]:
    """Have the key say what the record says, and give that. Raises when a store is away."""
    found = not_over(engine, now)
    if not found:
        redis.delete(ON_AIR_KEY)
        return []
    wanted = written(found)
    there = redis.get(ON_AIR_KEY)
    if there != wanted.encode():
        redis.set(ON_AIR_KEY, wanted)
    return found


def _not_over(connection: sa.Connection, now: datetime) -> list[Announcement]:
    column = announcements.c
    wanted = (
        sa.select(announcements)
        .where(column.ended_at.is_(None), column.until > now)
        .order_by(column.starts_at, column.added_at, column.id)
    )
    return [record_of(Announcement, row) for row in connection.execute(wanted)]


def _overlap(one: Announcement, other: Announcement) -> bool:
    return one.starts_at < other.until and other.starts_at < one.until
