"""Calls placed by a fake Asterisk over sockets: whole calls of a report, several at once."""

import itertools
from concurrent.futures import ThreadPoolExecutor

from lab.bench.conversation import NUMBERS, TURNS, ScriptedCaller
from lab.bench.house import BenchFailed, House
from lab.callers.fake_asterisk import FakeAsterisk

_CALLERS = itertools.cycle(NUMBERS)


def place_calls(house: House, count: int, *, at_once: int = 4) -> None:
    """Place `count` calls of `TURNS` turns on the house's FastAGI process.

    Raises BenchFailed when one did not go as written.
    """
    asterisk = FakeAsterisk([house.server])
    before = house.counts()

    def one(_number: int) -> int:
        return len(asterisk.call(ScriptedCaller(), number=next(_CALLERS)).turns)

    with ThreadPoolExecutor(max_workers=at_once) as pool:
        lived = list(pool.map(one, range(count)))
    if any(turns != TURNS for turns in lived):
        raise BenchFailed(f"calls of {sorted(set(lived))} turns instead of {TURNS}")
    after = house.settle(before.ended + count)
    if after.complete - before.complete != count or after.tickets - before.tickets != count:
        raise BenchFailed(f"of {count} calls: {before} became {after}")
