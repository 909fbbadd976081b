"""From SQL to the index that screening reads: one subject, all of them, and the comparison."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from blacklist import ladder
from blacklist.decision import Hold
from blacklist.ladder import Measure
from blacklist.policy import StrikePolicy
from blacklist.projected import Projected, allow_of, strikes_of
from blacklist.record.entries import Standing, find_entry, standing_holds
from blacklist.record.fields import Kind, RecordedEntry
from blacklist.record.strikes import noted_strikes, numbers_with_strikes
from blacklist.verdict import Disposition
from people.schema import audit
from store.sql import reading

if TYPE_CHECKING:
    from blacklist.index import RedisIndex

log = structlog.get_logger()

KEPT = 1000
"""Of how many different sayings about a number it is kept what the index is told."""
KINDS: tuple[Kind, ...] = ("number", "allow", "prefix")
MANY = 2000
"""Changed subjects beyond which the whole index is made anew instead."""


def project(
    connection: sa.Connection,
    index: "RedisIndex",
    kind: Kind,
    subject: str,
    now: datetime,
    policy: StrikePolicy,
) -> None:
    """Tell the index how one subject stands in the record now, whatever it knew before.

    Raises RegisterUnavailable when the index is away.
    """
    entry = find_entry(connection, kind, subject, now)
    entry = entry if entry is None or _understood(entry) else None
    if kind == "allow":
        if entry is None:
            index.drop_allow(subject)
        else:
            index.put_allow(subject, entry.until)
    elif kind == "prefix":
        if entry is None or not entry.in_effect:
            index.drop_prefix(subject)
        else:
            index.put_prefix(subject, entry.as_measure())
    else:
        if entry is None:
            index.drop(subject)
        else:
            index.put(entry.as_entry())
        index.put_strikes(subject, strike_measures(connection, subject, now, policy))


def _understood(entry: RecordedEntry | Standing) -> bool:
    """Whether the entry can be told to the index; one that cannot is left out, and it alone."""
    if not entry.understood:
        log.error("entry_not_understood", entry=entry.id, kind=entry.kind)
    return entry.understood


def strike_measures(
    connection: sa.Connection, number: str, now: datetime, policy: StrikePolicy
) -> tuple[Measure, ...]:
    """What the strikes of a number alone come to now, hardest first."""
    noted = noted_strikes(connection, number, now, policy)
    return ladder.measures([strike.for_ladder() for strike in noted], policy, now)


def everything(
    connection: sa.Connection, now: datetime, policy: StrikePolicy
) -> Iterator[Projected]:
    """All that the index must hold now, in pages: memory does not grow with it."""
    for entry in standing_holds(connection, now):
        if entry.kind == "prefix":
            if _understood(entry) and entry.approved_by is not None:
                yield Projected("prefix", entry.subject, (entry.as_hold(),))
            continue
        told = _told(*entry.terms)
        if told is not None:
            yield Projected(told.kind, entry.subject, told.holds)
        else:
            _understood(entry)
    for number in numbers_with_strikes(connection, now, policy):
        measures = strike_measures(connection, number, now, policy)
        if measures:
            yield strikes_of(number, measures)


@lru_cache(maxsize=KEPT)
def _told(
    kind: Kind, disposition: Disposition, reason: str, until: datetime | None
) -> Projected | None:
    """What the index is told of numbers of which the record says this; None: not understood."""
    entry = Standing("", "", None, kind, disposition, reason, until)
    if not entry.understood:
        return None
    if kind == "allow":
        return allow_of("", until)
    return Projected("entry", "", (entry.as_hold(),))


def rebuild(engine: sa.Engine, index: "RedisIndex", now: datetime, policy: StrikePolicy) -> int:
    """Make the index anew from the record, beside the one that counts; how much it holds.

    No moment is without an index: calls are screened by the old one until the new one is whole.
    Raises RegisterUnavailable, RebuildOvertaken, SQLAlchemyError.
    """
    written = 0

    def counted(items: Iterator[Projected]) -> Iterator[Projected]:
        nonlocal written
        for item in items:
            written += 1
            yield item

    running = index.begin_rebuild()
    with reading(engine) as connection:
        index.project(running, counted(everything(connection, now, policy)))
    index.commit_rebuild(running)
    return written


def differences(
    engine: sa.Engine, index: "RedisIndex", now: datetime, policy: StrikePolicy
) -> list[str]:
    """Every difference between record and index, one line each; empty when they agree.

    A difference counts when it is seen twice: between reading the two, somebody may change one.
    """
    first = _differences(engine, index, now, policy)
    if not first:
        return []
    second = _differences(engine, index, now, policy)
    return [second[key] for key in sorted(second) if key in first]


def _differences(
    engine: sa.Engine, index: "RedisIndex", now: datetime, policy: StrikePolicy
) -> dict[tuple[str, str], str]:
    moment = int(now.timestamp())
    found: dict[tuple[str, str], str] = {}
    held: dict[tuple[str, str], int] = {}
    # A number's holds as one hash: a million are compared in about 200 MB.
    for kind, subject, holds in index.entries():
        alive = _alive(holds, moment)
        if alive:
            held[kind, subject] = hash(alive)
    with reading(engine) as connection:
        for kind, subject, holds in everything(connection, now, policy):
            alive = _alive(holds, moment)
            if not alive:
                continue
            there = held.pop((kind, subject), None)
            if there is None:
                found[kind, subject] = f"{subject}: {kind} is missing in the index"
            elif there != hash(alive):
                found[kind, subject] = f"{subject}: {kind} differs in the index"
    for key in held:
        found[key] = f"{key[1]}: {key[0]} is not in the record"
    return found


def _alive(holds: Iterable[Hold], moment: int) -> tuple[Hold, ...]:
    return tuple(hold for hold in holds if hold.until == 0 or hold.until > moment)


def synchronise(
    engine: sa.Engine, index: "RedisIndex", since: datetime, now: datetime, policy: StrikePolicy
) -> int:
    """Repair the index: what changed since then is told again, or all when it is not whole.

    How many subjects were told. Raises RegisterUnavailable, RebuildOvertaken, SQLAlchemyError;
    then `since` is to stay where it was.
    """
    if not index.built:
        return rebuild(engine, index, now, policy)
    with reading(engine) as connection:
        changed = connection.scalars(
            sa.select(audit.c.subject).distinct().where(audit.c.at > since).limit(MANY + 1)
        ).all()
        if len(changed) > MANY:
            return rebuild(engine, index, now, policy)
        numbers = [subject for subject in changed if subject.startswith("+")]
        for subject in numbers:
            for kind in KINDS:
                project(connection, index, kind, subject, now, policy)
    return len(numbers)
