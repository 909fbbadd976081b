"""Parts `screening_rate`, `screening_scale`, `screening_memory`: what a decision on a call costs.

Each on a Redis of its own, as the embedded stack runs it: append-only file, a private socket. What
is compared takes turns in short rounds, so that a machine that is busy is busy for both.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import redis

from blacklist.decision import Hold
from blacklist.index import RedisIndex
from blacklist.numbers import CallerNumber
from blacklist.projected import Projected
from blacklist.screening import RedisScreening
from embedded.redis_child import redis_child
from lab.bench.figures import Bound, Figure, Measured, amount, ratio
from lab.bench.house import BenchFailed
from lab.bench.setting import Bench
from lab.own_stack import left_alone, own_folder
from store.breaker import Breaker
from store.redis_clients import make_redis
from store.redis_socket import embedded_redis_url

RATE = Bound("at least", 0.55)
SCALE = Bound("at most", 0.10)
MEMORY = Bound("at most", 200.0)
FEW = 1000
_ROUNDS = 30
_BESIDE = ("aof_rewrite_in_progress", "aof_rewrite_scheduled", "rdb_bgsave_in_progress")
_LONGEST_REWRITE_S = 60.0
_HASH, _FIELDS = "bench:hash", ["disposition", "reason", "until"]

RATE_NOTES = (
    "both through redis-py, one connection, in turns; the decision writes the attempt to the "
    "append-only file, HMGET writes nothing; half of the callers have an entry",
)
SCALE_NOTES = (
    "two databases of one server asked in turns, one with a thousand entries and one with all, "
    "once no append-only file is being written anew: two servers on two cores differ by more than "
    "a decision does",
    "median of the rounds' ratios",
)
MEMORY_NOTES = (
    "used_memory of Redis with the entries, less what it was without; each entry has its own key "
    "and its own expiry",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A Redis with entries, and screening on it. `bytes_each` is what an entry takes."""

    screening: RedisScreening
    client: redis.Redis
    callers: tuple[CallerNumber, ...]
    bytes_each: float


def measure_rate(bench: Bench) -> Iterator[Figure]:
    """The decision beside HMGET. Raises BenchFailed, StartFailed, RedisMissing."""
    with _server() as url, _stage(bench, url, FEW) as stage:
        stage.client.hset(_HASH, mapping=dict.fromkeys(_FIELDS, "2026-12-31"))

        def plain(caller: CallerNumber) -> None:
            del caller
            stage.client.hmget(_HASH, _FIELDS)

        bench.say(f"{_ROUNDS} rounds of {len(stage.callers) // _ROUNDS} calls each way")
        ours, theirs = _in_turns((stage.callers, stage.callers), (_decide(stage), plain))
    yield ratio(
        "rate of decisions, compared with HMGET",
        Measured("decisions through redis-py", statistics.median(ours), "1/s"),
        Measured("HMGET of three fields through redis-py", statistics.median(theirs), "1/s"),
        RATE,
    )


def measure_scale(bench: Bench) -> Iterator[Figure]:
    """The decision with few entries and with all. Raises BenchFailed, StartFailed, RedisMissing."""
    most = bench.sizes.entries
    with (
        _server() as url,
        _stage(bench, f"{url}?db=1", most) as many,
        _stage(bench, url, FEW) as few,
    ):
        _settled(few.client)
        bench.say(f"{_ROUNDS} rounds of {len(few.callers) // _ROUNDS} calls each way")
        callers = (many.callers, few.callers)
        with_many, with_few = _in_turns(callers, (_decide(many), _decide(few)))
    off = abs(statistics.median(m / f for m, f in zip(with_many, with_few, strict=True)) - 1)
    yield Figure(
        "rate of decisions: change with the number of entries",
        off,
        "x",
        Measured(f"with {most:,} entries", statistics.median(with_many), "1/s"),
        Measured(f"with {FEW:,} entries", statistics.median(with_few), "1/s"),
        SCALE,
    )


def measure_memory(bench: Bench) -> Iterator[Figure]:
    """What an entry takes. Raises BenchFailed, StartFailed, RedisMissing."""
    most = bench.sizes.entries
    with _server() as url, _stage(bench, url, most) as stage:
        measured = Measured(f"mean of {most:,} entries", stage.bytes_each, "B")
        yield amount("memory of Redis an entry", measured, MEMORY)


def _decide(stage: Stage) -> Callable[[CallerNumber], None]:
    def decide(caller: CallerNumber) -> None:
        if stage.screening.screen(caller).degraded:
            raise BenchFailed("Redis did not answer a decision in time")

    return decide


def _in_turns(
    callers: tuple[tuple[CallerNumber, ...], tuple[CallerNumber, ...]],
    works: tuple[Callable[[CallerNumber], None], Callable[[CallerNumber], None]],
) -> tuple[list[float], list[float]]:
    """Calls a second by one and by the other, round by round."""
    size = max(1, len(callers[0]) // _ROUNDS)
    rates: tuple[list[float], list[float]] = ([], [])
    for number in range(_ROUNDS):
        for side in (0, 1) if number % 2 else (1, 0):
            chunk, work = callers[side][number * size : (number + 1) * size], works[side]
            began = time.perf_counter()
            for caller in chunk:
                work(caller)
            rates[side].append(len(chunk) / (time.perf_counter() - began))
    return rates


def _settled(client: redis.Redis) -> None:
    """Wait until the server does nothing beside answering. Raises BenchFailed after a minute."""
    ends = time.monotonic() + _LONGEST_REWRITE_S
    while any(client.info("persistence")[name] for name in _BESIDE):
        if time.monotonic() > ends:
            raise BenchFailed("Redis is still writing its append-only file anew")
        time.sleep(0.1)


@contextmanager
def _server() -> Iterator[str]:
    """The address of an empty Redis."""
    with own_folder() as folder, left_alone([redis_child(folder)], folder):
        yield embedded_redis_url(folder)


@contextmanager
def _stage(bench: Bench, url: str, entries: int) -> Iterator[Stage]:
    with ExitStack() as stack:
        fast = stack.enter_context(make_redis(url, fast=True))
        slow = stack.enter_context(make_redis(url, fast=False))
        screening = RedisScreening(fast, bench.services.policy, breaker=Breaker())
        screening.load()
        bench.say(f"{entries:,} entries")
        before = _used(slow)
        index = RedisIndex(slow)
        rebuild = index.begin_rebuild()
        index.project(rebuild, _entries(entries))
        index.commit_rebuild(rebuild)
        taken = (_used(slow) - before) / entries
        yield Stage(screening, fast, _callers(entries, bench.sizes.decisions), taken)


def _entries(count: int) -> Iterator[Projected]:
    until = int(time.time()) + 30 * 86_400
    for number in range(count):
        kept = Hold("block", "harassment", until + number % 86_400, "entry")
        yield Projected("entry", _number(number), (kept,))


def _callers(entries: int, count: int) -> tuple[CallerNumber, ...]:
    """Callers with an entry, from all over the entries, and strangers, in turns.

    None of them calls so often that a limit is passed.
    """
    step = max(1, 2 * entries // count)
    return tuple(
        CallerNumber(_number(at // 2 * step % entries if at % 2 else 10_000_000 + at), "full")
        for at in range(count)
    )


def _number(at: int) -> str:
    return f"+9665{at:08d}"


def _used(client: redis.Redis) -> int:
    return int(client.info("memory")["used_memory"])
