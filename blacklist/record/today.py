"""What a shift looks at first: who is held, who met it today, who struck, and what is due."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from blacklist.record.entries import in_force, to_review
from blacklist.record.fields import RecordedEntry, Review
from blacklist.record.reviews import list_reviews
from blacklist.record.schema import entries, reviews, strikes
from store.fields import record_of
from store.sql import reading

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Met:
    """Calls of one number today that met a measure; `number` (E.164) is empty for the withheld."""

    number: str
    disposition: str
    calls: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Striker:
    """What one operator struck in the last seven days; `lifted` of the strikes count no more."""

    operator: str
    strikes: int
    numbers: int
    lifted: int


@dataclass(frozen=True, slots=True)
class Today:
    """The day since `since`, its midnight.

    `standing` counts entries in force by what they do, `held` are the last to be added of those
    that hold somebody; `met` are the most frequent of today's; `reviews` and `entries` are due
    before the day is over, or were before.
    """

    since: datetime
    standing: Mapping[str, int]
    held: list[RecordedEntry]
    met: list[Met]
    strikers: list[Striker]
    reviews: list[Review]
    entries: list[RecordedEntry]


MetSince = Callable[[sa.Connection, datetime, int], list[Met]]
"""Whose calls met a measure since then: so many at most, the most frequent first."""


def nobody_met(connection: sa.Connection, since: datetime, limit: int) -> list[Met]:
    """For a record without calls."""
    del connection, since, limit
    return []


def look_at_today(
    engine: sa.Engine, now: datetime, zone: ZoneInfo, met: MetSince, *, limit: int
) -> Today:
    """How it stands at `now`, with at most `limit` items in a list. Raises SQLAlchemyError."""
    day = now.astimezone(zone).date()
    since = datetime.combine(day, time(), zone)
    over = datetime.combine(day + timedelta(days=1), time(), zone)
    with reading(engine) as connection:
        open_reviews = list_reviews(connection, now, only="open")
        return Today(
            since.astimezone(UTC),
            _standing(connection, now),
            _held(connection, now, limit),
            met(connection, since, limit),
            _strikers(connection, now - WEEK),
            [review for review in open_reviews if review.due_at < over][:limit],
            to_review(connection, over)[:limit],
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the same, what a page of everything has room for: how much is in force, and is due."""

    restricted: int
    reviews: int


def figures_of_today(engine: sa.Engine, now: datetime, zone: ZoneInfo) -> Figures:
    """How it stands at `now`, by one question. Raises SQLAlchemyError."""
    over = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    standing = sa.select(sa.func.count()).select_from(entries).where(in_force(now))
    due = sa.select(sa.func.count()).select_from(reviews)
    due = due.where(reviews.c.state == "open", reviews.c.due_at < over)
    with reading(engine) as connection:
        counted = connection.execute(sa.select(standing.scalar_subquery(), due.scalar_subquery()))
        return Figures(*counted.one())


def _standing(connection: sa.Connection, now: datetime) -> dict[str, int]:
    counted = sa.select(entries.c.disposition, sa.func.count()).where(in_force(now))
    by = counted.group_by(entries.c.disposition).order_by(entries.c.disposition)
    return {row[0]: row[1] for row in connection.execute(by)}


def _held(connection: sa.Connection, now: datetime, limit: int) -> list[RecordedEntry]:
    holding = sa.select(entries).where(in_force(now), entries.c.kind != "allow")
    newest = holding.order_by(entries.c.added_at.desc(), entries.c.id.desc()).limit(limit)
    return [record_of(RecordedEntry, row) for row in connection.execute(newest)]


def _strikers(connection: sa.Connection, since: datetime) -> list[Striker]:
    given = sa.func.count().label("given")
    counted = (
        sa.select(
            strikes.c.operator,
            given,
            sa.func.count(sa.distinct(strikes.c.number)),
            sa.func.count(strikes.c.lifted_at),
        )
        .where(strikes.c.at > since)
        .group_by(strikes.c.operator)
        .order_by(given.desc(), strikes.c.operator)
    )
    return [Striker(*row) for row in connection.execute(counted)]
