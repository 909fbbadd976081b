"""A strike and what follows from it: the step of the ladder, and the entry that it asks for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from blacklist.entry import Entry
from blacklist.policy import Step, StrikePolicy
from blacklist.record import strikes
from blacklist.record.entries import find_entry, put_entry, row_of, was_blocked_before
from blacklist.record.fields import LONGEST_EVIDENCE, Evidence, NotedStrike, RecordedEntry
from blacklist.verdict import DISPOSITIONS, HARD_DISPOSITIONS
from people.person import Person


@dataclass(frozen=True, slots=True)
class Struck:
    """What a strike came to. `counted` is False when one of this operator counts already.

    `live` strikes count now; `step` is what they come to; `entry` the restriction that this strike
    made: None where the step asks for none, or a harder one stands.
    """

    number: str
    counted: bool
    live: int
    step: Step | None
    entry: RecordedEntry | None


def strike(
    connection: sa.Connection,
    number: str,
    *,
    by: Person,
    reason: str,
    now: datetime,
    policy: StrikePolicy,
    threat: bool = False,
    note: str = "",
    call_id: str = "",
    recording: str = "",
    served: int = 0,
) -> Struck:
    """Record a strike on a number (E.164), of whose calls so many were served, and the entry that
    follows from it.
    """
    strikes.add_strike(
        connection,
        number,
        by=by,
        reason=reason,
        now=now,
        threat=threat,
        note=note,
        call_id=call_id,
        recording=recording,
        served=served,
    )
    noted = strikes.noted_strikes(connection, number, now, policy)
    live = strikes.live_strikes(noted, now, policy)
    own = [strike for strike in live if (strike.at, strike.operator) == (now, by.name)]
    if not own:
        return Struck(number, False, len(live), None, None)
    live = (*(strike for strike in live if strike not in own), *own)  # of one moment, ours is last
    before = was_blocked_before(connection, number)
    step = strikes.step_for(live, by=by, blocked_before=before, policy=policy)
    made = None
    if step is not None and step.disposition in HARD_DISPOSITIONS:
        made = _entry_of(connection, number, step, live, by, now)
    return Struck(number, True, len(live), step, made)


def _entry_of(
    connection: sa.Connection,
    number: str,
    step: Step,
    live: tuple[NotedStrike, ...],
    by: Person,
    now: datetime,
) -> RecordedEntry | None:
    """The entry of a step. Milder steps need none: strikes themselves are in the index."""
    until = now + timedelta(seconds=step.seconds)
    standing = find_entry(connection, "number", number, now)
    if standing is not None and not _milder(standing, step.disposition, until):
        return None
    entry = Entry(number, live[-1].reason, until, now, by.name, live[-1].note, step.disposition)
    calls = [strike.call_id for strike in live if strike.call_id]
    recordings = [strike.recording for strike in live if strike.recording]
    evidence = Evidence(tuple(calls[-LONGEST_EVIDENCE:]), tuple(recordings[-LONGEST_EVIDENCE:]))
    # A person looks again while there is still something to lift.
    review = now + timedelta(seconds=step.seconds / 2) if step.review else None
    row = row_of("number", entry, source="strikes", evidence=evidence, review_at=review)
    return put_entry(connection, row, by, now)


def _milder(standing: RecordedEntry, disposition: str, until: datetime) -> bool:
    """Whether what stands is milder than, or as hard and over before, what would replace it."""
    assert standing.until is not None
    have, want = DISPOSITIONS.index(standing.disposition), DISPOSITIONS.index(disposition)
    return have < want or (have == want and standing.until < until)
