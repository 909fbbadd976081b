"""What stands about one number, and how often its calls came to something."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from blacklist.policy import Policy
from blacklist.record.fields import NotedStrike, RecordedEntry


@dataclass(frozen=True, slots=True)
class Standing:
    """All that stands about one number."""

    number: str
    entry: RecordedEntry | None
    allowed: RecordedEntry | None
    strikes: tuple[NotedStrike, ...]


Served = Callable[[sa.Connection, str, datetime], int]
"""How many calls of a number (E.164) were served since then, those that were struck left out."""


def never_served(connection: sa.Connection, number: str, since: datetime) -> int:
    """For a record without calls: nobody was."""
    del connection, number, since
    return 0


def forgiven_calls(
    policy: Policy, served: Served, connection: sa.Connection, number: str, now: datetime
) -> int:
    """How many served calls weigh against a strike on this number at `now`."""
    trust, ladder = policy.rate.trust, policy.strikes
    if trust is None or not ladder.forgiven:
        return 0
    since = now - timedelta(seconds=trust.seconds)
    return min(ladder.forgiven, served(connection, number, since))
