"""The calls of a seeded database: who calls when, and what becomes of it, oldest first."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import numpy as np

from ivr.flow import Flow
from lab.seeding.plan import Plan, SeedRefused
from lab.seeding.walk import Walk, walk
from lab.simulate.city import HOURS, WEEKDAYS
from tickets.model import RIYADH

MADE_HERE = "seeded-"
"""What the provider's id begins with of a call that was made here."""
NOBODYS = "+96652"
"""The beginning of every seeded number: 052 is given to no operator, so nobody has one."""
_NUMBERS = 10**7
_SCATTER = 4_827_101
"""Prime to 10: neighbours by index are no neighbours by number."""
_ID_SCATTER = 0x9E3779B97F4A7C15F39CC060
"""Odd: ids are as far apart as those of real calls, which are sums."""
_WITHHELD, _UNUSABLE, _TWILIO = 0.02, 0.004, 0.3
_CALLS_EACH = 1.8
"""Calls for each number: half of all come from numbers that call again."""
_VERDICTS: Sequence[tuple[str, int]] = (
    *(("block", 5), ("voicemail", 8), ("challenge", 14), ("low_priority", 24), ("warn", 34)),
    ("allow", 1000),
)
"""Of a thousand numbers, up to which one each verdict reaches."""
_HEARS_NO_MENU = ("block", "voicemail")
_POOL = {"allow": 3000, "warn": 300, "challenge": 300, "low_priority": 300}
_POOL |= {"block": 150, "voicemail": 150}
_FEWEST, _MANY = 40, 20_000
_MOST_TRIES = 40
_SETTLED_S = 3600
Moments = np.ndarray[Any, np.dtype[np.float64]]


class Call(NamedTuple):
    """A call: `e164` is None where it was withheld or no number; `over` is False while it goes on.

    `place` counts the calls of the plan from 0.
    """

    place: int
    id: str
    provider_id: str
    channel: str
    caller: str
    e164: str | None
    withheld: bool
    attestation: str
    verdict: str
    began: datetime
    ended: datetime
    over: bool
    opens: bool
    walk: Walk


def calls_of(plan: Plan, flow: Flow) -> Iterator[Call]:
    """The calls of the plan. Raises SeedRefused where the menu opens no ticket."""
    dice = np.random.default_rng((plan.seed, plan.first))
    pools = Walks(plan, flow, Random(f"{plan.seed} {plan.first}"))  # noqa: S311  # a seeded history
    moments = _moments(plan, dice)
    settled = int(np.searchsorted(moments, (plan.now - plan.begins).total_seconds() - _SETTLED_S))
    opens = np.zeros(plan.calls, dtype=bool)
    opens[dice.choice(max(settled, plan.tickets), plan.tickets, replace=False)] = True
    people = max(1, int(plan.calls / _CALLS_EACH))
    whose = (people * dice.random(plan.calls) ** 2).astype(int).tolist()
    shows, way, draws = dice.random((3, plan.calls)).tolist()
    together = zip(moments.tolist(), whose, opens.tolist(), strict=True)
    for place, (seconds, whom, opened) in enumerate(together):
        hides = shows[place] < _WITHHELD
        odd = not hides and shows[place] > 1 - _UNUSABLE
        number = f"{NOBODYS}{whom * _SCATTER % _NUMBERS:07d}"
        verdict = "allow" if hides or odd else _verdict(whom)
        if opened and verdict in _HEARS_NO_MENU:
            verdict = "allow"
        at = plan.first + place
        lived = pools.one(verdict, opened, draws[place])
        began = plan.begins + timedelta(seconds=round(seconds, 3))
        ended = began + timedelta(milliseconds=lived.ms)
        yield Call(
            place,
            f"{plan.seed % 2**32:08x}{(at + 1) * _ID_SCATTER % 2**96:024x}",
            f"{MADE_HERE}{plan.seed}-{at}",
            "twilio" if way[place] < _TWILIO else "asterisk",
            "" if hides else "19999" if odd else number,
            None if hides or odd else number,
            hides,
            "AAABC"[whom % 5] if not hides else "",
            verdict,
            began,
            ended,
            ended < plan.now,
            opened,
            lived,
        )


class Walks:
    """Calls as this flow leads them, by verdict, with a ticket and without."""

    def __init__(self, plan: Plan, flow: Flow, rng: Random) -> None:
        self._with: dict[str, list[Walk]] = {}
        self._without: dict[str, list[Walk]] = {}
        for verdict, most in _POOL.items():
            count = max(_FEWEST, most * plan.calls // _MANY) if plan.calls < _MANY else most
            some = [walk(flow, rng, verdict) for _ in range(count)]
            tries = 0
            while verdict not in _HEARS_NO_MENU and not any(one.opens for one in some):
                tries += 1
                if tries > _MOST_TRIES:
                    raise SeedRefused(f"no way of the menu that {verdict} hears opens a ticket")
                some += [walk(flow, rng, verdict) for _ in range(count)]
            self._with[verdict] = [one for one in some if one.opens]
            self._without[verdict] = [one for one in some if not one.opens]

    def one(self, verdict: str, opens: bool, draw: float) -> Walk:
        """A call of such a caller; `draw` (0 to 1) says which."""
        pool = (self._with if opens else self._without)[verdict]
        return pool[int(draw * len(pool))]


_RANKS = tuple(
    next(name for name, most in _VERDICTS if rank < most) for rank in range(_VERDICTS[-1][1])
)


def _verdict(whom: int) -> str:
    return _RANKS[whom * 7919 % len(_RANKS)]


def _moments(plan: Plan, dice: np.random.Generator) -> Moments:
    """Seconds after the plan's begin, rising: by the hours of the day and the days of the week."""
    hours = plan.days * 24
    local = [plan.begins.astimezone(RIYADH) + timedelta(hours=hour) for hour in range(hours)]
    weights = [HOURS[one.hour] * WEEKDAYS[one.weekday()] for one in local]
    reached = np.concatenate(([0.0], np.cumsum(weights)))
    drawn = np.sort(dice.random(plan.calls)) * reached[-1]
    seconds: Moments = np.interp(drawn, reached, np.arange(hours + 1) * 3600.0)
    return seconds
