"""What a prefix would do, by the recorded calls: the replay that comes before two people agree.

Only numbers that begin so can fare otherwise under the rule, and what happens to a number depends
on its own calls. So theirs alone are replayed, number by number: it costs as much as the rule
touches, and the memory of one number. (What their calls make of room for callers without a number
is left out.) As in every replay, people are assumed to take the steps that the policy offers.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from blacklist.decision import Hold
from blacklist.entry import EntryRefused
from blacklist.policy import Policy
from blacklist.record.prefix_replay import PrefixReplay, RecordUnreadable, Touched
from blacklist.replay.history import Label, PastCall
from blacklist.replay.run import Replay
from blacklist.replay.tally import WORSE_THAN_WARN
from blacklist.verdict import HARD_DISPOSITIONS, Disposition
from call_handlers.recorded_calls import allowed_numbers, calls_of_prefix, count_of_prefix

log = structlog.get_logger()

REPLAY_DAYS = 90
MOST_BESIDE_CALLS = 20_000
"""Calls that are replayed in a process that leads calls too: they cost it about two seconds."""

Watch = Callable[[Iterator[int], int], Iterable[int]]
"""Goes through the counts of a replay, of which there will be so many, and may tell of them."""


def unwatched(counts: Iterator[int], total: int) -> Iterable[int]:
    """Tells nobody."""
    del total
    return counts


def replay_prefix(
    engine: sa.Engine,
    policy: Policy,
    prefix: str,
    disposition: Disposition,
    now: datetime,
    *,
    watch: Watch = unwatched,
    most: int | None = None,
) -> PrefixReplay:
    """The calls of the last `REPLAY_DAYS` through `policy`, with the rule in force and without.

    `prefix` is E.164. Raises RecordUnreadable, and EntryRefused when there are more than `most`.
    """
    since = now.astimezone(UTC) - timedelta(days=REPLAY_DAYS)
    seen = _Seen(policy, prefix, disposition)
    try:
        seen.allowed = frozenset(n for n in allowed_numbers(engine, now) if n.startswith(prefix))
        total = count_of_prefix(engine, prefix, since)
        if most is not None and total > most:
            raise EntryRefused(
                f"{total:,} calls came from this prefix in {REPLAY_DAYS} days, and more than "
                f"{most:,} are not replayed beside calls: use the command `hotline blacklist`"
            )
        for _ in watch(seen.take(calls_of_prefix(engine, prefix, since)), total):
            pass
    except EntryRefused:
        raise
    except (SQLAlchemyError, ValueError) as error:
        log.error("prefix_not_replayed", error=type(error).__name__)
        raise RecordUnreadable(
            "the recorded calls cannot be read, so nobody knows whom this prefix would stop: it is "
            "not accepted; see `hotline doctor`"
        ) from error
    return PrefixReplay(
        REPLAY_DAYS,
        seen.calls,
        seen.callers,
        with_rule=seen.with_rule.touched(),
        without_rule=seen.without_rule.touched(),
    )


@dataclass(slots=True)
class _Count:
    """Whom one policy touched so far."""

    stopped: int = 0
    callers: Counter[str] = field(default_factory=Counter)

    def touched(self) -> Touched:
        return Touched(self.stopped, **self.callers)


@dataclass(slots=True)
class _Seen:
    """What is known of the calls that were replayed."""

    policy: Policy
    prefix: str
    disposition: Disposition
    allowed: frozenset[str] = frozenset()
    calls: int = 0
    callers: int = 0
    with_rule: _Count = field(default_factory=_Count)
    without_rule: _Count = field(default_factory=_Count)

    def take(self, calls: Iterable[PastCall]) -> Iterator[int]:
        """Replay calls that come number by number; yields how many, after each."""
        rule = {self.prefix: Hold(self.disposition, "", 0, "replay")}
        for number, own in groupby(calls, key=lambda call: call.caller):
            self.callers += 1
            allowed = self.allowed & {number}
            ruled = Replay(self.policy, allowed, prefixes=rule)
            free = Replay(self.policy, allowed)
            labels: set[Label] = set()
            for call in own:
                self.calls += 1
                labels.add(call.label)
                self.with_rule.stopped += ruled.take(call).disposition in HARD_DISPOSITIONS
                self.without_rule.stopped += free.take(call).disposition in HARD_DISPOSITIONS
                yield self.calls
            kind = _kind(labels)
            self.with_rule.callers[kind] += _worse(ruled)
            self.without_rule.callers[kind] += _worse(free)


def _worse(one: Replay) -> bool:
    """Whether the only caller of a replay met worse than a warning."""
    return any(caller.hardest in WORSE_THAN_WARN for caller in one.tally.callers.values())


def _kind(labels: set[Label]) -> str:
    match "genuine" in labels, "nuisance" in labels:
        case True, True:
            return "shared"
        case True, False:
            return "genuine"
        case False, True:
            return "nuisance"
    return "unknown"
