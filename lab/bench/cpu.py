"""Part `cpu`: our processor time for a call, beside Asterisk's for the same call.

Real SIP calls by SIPp through a real Asterisk to one real FastAGI process with a real Redis and
SQLite. Both processes are read before the first call and after the last record is written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from embedded.asterisk.instance import AsteriskInstance
from lab.bench.conversation import MOVES, TURNS, Dictation, prompt_seconds
from lab.bench.figures import Bound, Figure, Measured, amount, ratio
from lab.bench.house import BenchFailed, House, open_house
from lab.bench.processes import cpu_seconds
from lab.bench.setting import Bench
from lab.bench.sipp import place_sip_calls
from lab.bench.telephone import Plan, plan
from lab.own_stack import own_folder

BOUND = Bound("at most", 1.0)
_KNOWS_THE_WAY_S = 0.8
_LAST_S = 1.5
_AFTER_PROMPT_S = 0.6
_LOST = 0.05
"""Calls that may fail without the measurement being refused."""

NOTES = (
    "SIPp's callers send sound all the time, as telephones do, and their processor time is not "
    "counted; Redis, also ours, is a process of its own and is listed apart",
    "keys over the prompts are the harder case for the bound: the shorter the call, the less "
    "Asterisk has to play, while our turns are the same",
    "our time is the whole process: turns, sessions, screening, the ticket, the record in SQLite, "
    "logs, and the hang-up handler's visit where there is one",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time of each process for one call (s), and how many calls it is the mean of."""

    ours: float
    redis: float
    asterisk: float
    calls: int


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises NotHere, BenchFailed, and what `open_house` raises."""
    sizes = bench.sizes
    with open_house(bench.services, asterisk=True) as house, own_folder() as folder:
        prompts = prompt_seconds(bench.services)
        brief = knowing_caller(prompts)
        bench.say(f"{sizes.warm_calls} calls to warm up ({brief.seconds:.0f} s)")
        _cost(house, brief, folder / "warm", sizes.warm_calls, sizes.sip_rate)
        lasts = sizes.sip_calls / sizes.sip_rate + brief.seconds
        bench.say(f"{sizes.sip_calls} SIP calls, keys over the prompts ({lasts:.0f} s)")
        cost = _cost(house, brief, folder / "brief", sizes.sip_calls, sizes.sip_rate)
        yield from _figures(cost, f"call of {TURNS} turns, {brief.seconds:.0f} s", BOUND)
        if not sizes.listened_calls:
            return
        patient = patient_caller(prompts)
        lasts = sizes.listened_calls / sizes.sip_rate + patient.seconds
        bench.say(f"{sizes.listened_calls} SIP calls that hear every prompt out ({lasts:.0f} s)")
        cost = _cost(house, patient, folder / "patient", sizes.listened_calls, sizes.sip_rate)
        said = f"the same call, every prompt heard to its end, {patient.seconds:.0f} s"
        yield next(_figures(cost, said, None))


def knowing_caller(prompts: Sequence[float]) -> Plan:
    """A caller who knows the way and presses each key over the prompt's beginning.

    `prompts` are their lengths (s): the words before the recording are heard whole.
    """
    listening = [
        seconds + _AFTER_PROMPT_S if isinstance(move, Dictation) else _KNOWS_THE_WAY_S
        for seconds, move in zip(prompts, MOVES, strict=True)
    ]
    return plan([*listening[:-1], _LAST_S])


def patient_caller(prompts: Sequence[float]) -> Plan:
    """A caller who hears out every prompt (`prompts`, s) and then takes a moment."""
    return plan([seconds + _AFTER_PROMPT_S for seconds in prompts])


def _cost(house: House, plan: Plan, folder: Path, calls: int, rate: int) -> Cost:
    asterisk = _asterisk(house)
    pids = (house.pid, house.redis_pid, asterisk.pid)
    before = house.counts()
    started = [cpu_seconds(pid) for pid in pids]
    placed = place_sip_calls(asterisk.sip_address, plan, folder, calls=calls, rate=rate)
    after = house.settle(before.ended + calls)
    ours, redis, theirs = (cpu_seconds(pid) - at for pid, at in zip(pids, started, strict=True))
    complete = after.complete - before.complete
    if complete < calls * (1 - _LOST) or house.pid != pids[0]:
        raise BenchFailed(
            f"of {calls} calls {placed} were placed to their end and {complete} came to a ticket: "
            "the machine is too busy to measure"
        )
    return Cost(ours / calls, redis / calls, theirs / calls, calls)


def _figures(cost: Cost, said: str, bound: Bound | None) -> Iterator[Figure]:
    ours = Measured(f"our FastAGI process, mean of {cost.calls} calls", cost.ours * 1000, "ms CPU")
    theirs = Measured("Asterisk, the same calls", cost.asterisk * 1000, "ms CPU")
    yield ratio(f"processor time of one {said}" if bound else said, ours, theirs, bound)
    redis = Measured("Redis, the same calls", cost.redis * 1000, "ms CPU")
    yield amount("what Redis adds to that", redis)


def _asterisk(house: House) -> AsteriskInstance:
    assert house.asterisk is not None, "the house was opened with one"
    return house.asterisk
