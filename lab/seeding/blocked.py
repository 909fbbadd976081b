"""The blocklist of a seeded database: measures against numbers that called, strikes, their end.

They are written as a register writes them, with their lines of the audit. The index in Redis is
another matter: `hotline blacklist rebuild` brings it up to the record.
"""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import NamedTuple

import sqlalchemy as sa

from blacklist.entry import MISUSE, new_entry
from blacklist.record.entries import end_entry, put_entry, row_of
from blacklist.record.fields import Evidence
from blacklist.record.strikes import add_strike
from lab.seeding.calls import Call
from lab.seeding.plan import Plan
from people.person import Person

MOST = 400
"""Numbers against which a measure stands, or stood."""
_MANAGER = Person("seeding", "manager")
_OPERATORS = tuple(Person(f"seeding{number}", "operator") for number in range(1, 9))
_STRUCK, _LIFTED = 0.7, 0.2
_DAYS = (3, 7, 30, 90)


class Measured(NamedTuple):
    """A number that met a measure, and its last call."""

    number: str
    disposition: str
    call: Call


def write_measures(engine: sa.Engine, found: Sequence[Measured], plan: Plan) -> int:
    """Write entries and strikes of these numbers; how many entries. Raises SQLAlchemyError."""
    rng, now = Random(f"blocked {plan.seed} {plan.first}"), plan.now  # noqa: S311  # a seeded history
    with engine.begin() as connection:
        for one in found:
            at = min(one.call.ended, now)
            reason = rng.choice(tuple(MISUSE))
            if rng.random() < _STRUCK:
                by = rng.choice(_OPERATORS)
                add_strike(
                    connection, one.number, by=by, reason=reason, now=at, call_id=one.call.id
                )
            days = rng.choice(_DAYS)
            entry = new_entry(
                one.number,
                reason=reason,
                who=_MANAGER.name,
                now=at,
                days=days,
                disposition=one.disposition,
            )
            row = row_of("number", entry, evidence=Evidence(calls=(one.call.id,)))
            put_entry(connection, row, _MANAGER, at)
            lifted = at + timedelta(days=days) * rng.random()
            if rng.random() < _LIFTED and lifted < now:
                end_entry(connection, "number", one.number, _MANAGER, lifted, why="by mistake")
    return len(found)
