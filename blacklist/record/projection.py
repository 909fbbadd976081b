"""From SQL to the index that screening reads: one subject, all of them, and the comparison."""

from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from blacklist import ladder
from blacklist.entry import Entry
from blacklist.ladder import Measure
from blacklist.policy import StrikePolicy
from blacklist.record.entries import Kind, find_entry
from blacklist.record.strikes import noted_strikes


class Index(Protocol):
    """What screening reads, as it is told of one subject. All raise RegisterUnavailable."""

    def put(self, entry: Entry) -> None:
        """Restrict a number, in place of any entry it has."""
        ...

    def drop(self, number: str) -> None:
        """Lift the restriction of a number."""
        ...

    def put_allow(self, number: str, until: datetime | None) -> None:
        """Let a number through."""
        ...

    def drop_allow(self, number: str) -> None:
        """Let it through no more."""
        ...

    def put_prefix(self, prefix: str, measure: Measure) -> None:
        """Restrict every number that begins with `prefix`."""
        ...

    def drop_prefix(self, prefix: str) -> None:
        """Lift it."""
        ...

    def put_strikes(self, number: str, measures: tuple[Measure, ...]) -> None:
        """What the strikes of a number come to; nothing when empty."""
        ...


def project(
    connection: sa.Connection,
    index: Index,
    kind: Kind,
    subject: str,
    now: datetime,
    policy: StrikePolicy,
) -> None:
    """Tell the index how one subject stands in the record now, whatever it knew before.

    Raises RegisterUnavailable when the index is away.
    """
    entry = find_entry(connection, kind, subject, now)
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


def strike_measures(
    connection: sa.Connection, number: str, now: datetime, policy: StrikePolicy
) -> tuple[Measure, ...]:
    """What the strikes of a number alone come to now, hardest first."""
    noted = noted_strikes(connection, number, now, policy)
    return ladder.measures([strike.for_ladder() for strike in noted], policy, now)
