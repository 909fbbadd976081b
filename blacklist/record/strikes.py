"""Strikes: a person's word against a number, kept with its call and recording.

All are kept; `blacklist.ladder` says which of them count and what they come to. A review that is
accepted lifts them. Only a person's own strike, given with the rights for it, leads to a block.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from blacklist import ladder
from blacklist.policy import Step, StrikePolicy
from blacklist.record.fields import NotedStrike
from blacklist.record.schema import strikes
from people.audit import note_change
from people.person import Person
from store.fields import record_of
from store.sql import one_at_a_time

PAGE = 1000


def add_strike(
    connection: sa.Connection,
    number: str,
    *,
    by: Person,
    reason: str,
    now: datetime,
    threat: bool = False,
    note: str = "",
    call_id: str = "",
    recording: str = "",
    served: int = 0,
) -> None:
    """Record a strike on a number (E.164), of whose calls so many were served before."""
    one_at_a_time(connection, number)
    values = {
        "id": secrets.token_hex(16),
        "number": number,
        "operator": by.name,
        "role": by.role,
        "at": now,
        "reason": reason,
        "threat": threat,
        "note": note.strip(),
        "call_id": call_id[:100],
        "recording": recording[:200],
        "served": served,
    }
    connection.execute(strikes.insert(), values)
    told = ("reason", "threat", "note", "call_id", "recording", "served")
    note_change(connection, by, "strike", number, now, **{name: values[name] for name in told})


def noted_strikes(
    connection: sa.Connection, number: str, now: datetime, policy: StrikePolicy
) -> tuple[NotedStrike, ...]:
    """The strikes of a number that may still matter (not lifted, not long decayed), oldest first.

    Those within twice the decay: what a strike brought depends on the ones live when it was given.
    """
    rows = connection.execute(
        sa.select(strikes)
        .where(strikes.c.number == number, _matters(now, policy))
        .order_by(strikes.c.at, strikes.c.id)
    )
    return tuple(record_of(NotedStrike, row) for row in rows)


def live_strikes(
    noted: Sequence[NotedStrike], now: datetime, policy: StrikePolicy
) -> tuple[NotedStrike, ...]:
    """Those of `noted` that count at `now`: neither decayed nor an operator's repetition."""
    live = ladder.counted([strike.for_ladder() for strike in noted], policy, now)
    kept = {(strike.at, strike.operator) for strike in live}
    return tuple(strike for strike in noted if (strike.at, strike.operator) in kept)


def numbers_with_strikes(
    connection: sa.Connection, now: datetime, policy: StrikePolicy
) -> Iterator[str]:
    """Every number with strikes that may still matter, in pages."""
    after = ""
    while True:
        numbers = connection.scalars(
            sa.select(strikes.c.number)
            .distinct()
            .where(strikes.c.number > after, _matters(now, policy))
            .order_by(strikes.c.number)
            .limit(PAGE)
        ).all()
        yield from numbers
        if len(numbers) < PAGE:
            return
        after = numbers[-1]


def lift_strikes(
    connection: sa.Connection, number: str, by: Person, now: datetime, *, why: str
) -> int:
    """Lift every strike of a number; how many."""
    lifted = connection.execute(
        strikes.update()
        .where(strikes.c.number == number, strikes.c.lifted_at.is_(None))
        .values(lifted_at=now)
    ).rowcount
    if lifted:
        note_change(connection, by, "strikes_lifted", number, now, strikes=lifted, why=why)
    return lifted


def step_for(
    live: Sequence[NotedStrike], *, by: Person, blocked_before: bool, policy: StrikePolicy
) -> Step | None:
    """What follows now that `by` has struck: a step of the ladder, or the one for doing it again.

    `live` holds the strike just given, last.
    """
    if not live:
        return None
    threat = any(strike.threat for strike in live)
    if (threat or blocked_before) and by.at_least(policy.again.role):
        return policy.again
    return ladder.step_reached([strike.for_ladder() for strike in live], policy)


def _matters(now: datetime, policy: StrikePolicy) -> sa.ColumnElement[bool]:
    patience = timedelta(seconds=2 * policy.decay_seconds + policy.same_operator_seconds)
    return sa.and_(strikes.c.lifted_at.is_(None), strikes.c.at > now - patience)
