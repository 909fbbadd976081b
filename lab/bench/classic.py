"""Part `classic`: a Python process started for every call, beside our one process for all calls.

The same conversation, flow, prompts, Redis and SQLite on both sides, and a fake Asterisk that takes
no time of its own: over a pipe to `classic_script`, over a socket to the FastAGI process.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

from host.inherited import inherited
from lab.bench.conversation import NUMBERS, TURNS, ScriptedCaller
from lab.bench.figures import Bound, Figure, Measured, times_less
from lab.bench.house import BenchFailed, House, open_house
from lab.bench.placing import place_calls
from lab.bench.setting import Bench
from lab.callers.asterisk_model import ChannelModel
from lab.callers.fake_asterisk import environment_lines

BOUND = Bound("at least", 20.0)
_SCRIPT = ("-m", "lab.bench.classic_script")
_IMPORTS = ("-c", "import lab.bench.classic_script")
_LEAST = ("-c", "import asterisk.agi")

NOTES = (
    "the classic script is not even charged for the process that Asterisk would start at the "
    "hang-up; our side is, by the `ended` visit",
    "the second line leaves the conversation out, with the reading of flow and prompts; the third "
    "is a script without anything of ours, which no script that starts Python can go below",
)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, and what `open_house` raises."""
    sizes = bench.sizes
    with open_house(bench.services) as house:
        bench.say(f"{sizes.socket_calls} calls on one FastAGI process")
        place_calls(house, sizes.warm_calls)
        before = house.cpu()
        place_calls(house, sizes.socket_calls)
        ours = Measured(
            f"our FastAGI process, mean of {sizes.socket_calls} calls",
            (house.cpu() - before) / sizes.socket_calls * 1000,
            "ms CPU",
        )
        count = sizes.processes
        bench.say(f"{count} calls, each a process of its own")
        _lived(house)  # once unmeasured: compiled modules are in their caches
        conversation = _mean([_lived(house) for _ in range(count)])
        imports = _mean([_ended(house, _IMPORTS) for _ in range(count)])
        least = _mean([_ended(house, _LEAST) for _ in range(count)])
    yield times_less(
        f"processor time of one call of {TURNS} turns: times less than the classic way",
        ours,
        Measured(f"one AGI() process a call, mean of {count}", conversation * 1000, "ms CPU"),
        BOUND,
    )
    yield times_less(
        "the same against such a process that only starts, imports and ends",
        ours,
        Measured(f"Python and the same imports, mean of {count}", imports * 1000, "ms CPU"),
    )
    yield times_less(
        "the same against the least that a Python script takes",
        ours,
        Measured(f"Python and pyst2 alone, mean of {count}", least * 1000, "ms CPU"),
    )


_CALLERS = cycle(reversed(NUMBERS))
"""The others' calls begin at the other end: nobody here has reported anything yet."""


def _lived(house: House) -> float:
    """Processor time of a process that leads one call (s)."""
    before = house.counts()
    folder = house.services.settings.state_dir
    channel = ChannelModel(ScriptedCaller())
    environment = environment_lines(next(_CALLERS), 0)
    with (folder / "log" / "classic.log").open("ab") as log:
        process = _started(house, (*_SCRIPT, "/sounds", str(folder)), log.fileno())
        assert process.stdin is not None, "a pipe was asked for"
        assert process.stdout is not None, "a pipe was asked for"
        with process.stdin as told, process.stdout as lines:
            told.write(_block("call", environment))
            told.flush()
            while (line := lines.readline()).endswith(b"\n"):
                for reply in channel.obey(line[:-1].decode("utf-8", "replace")):
                    told.write(f"{reply}\n".encode())
                told.flush()
        seconds = _spent(process)
    after = house.counts()
    if len(channel.acts) != TURNS or after.complete != before.complete + 1:
        raise BenchFailed(f"the classic script ended after {len(channel.acts)} turns")
    return seconds


def _ended(house: House, arguments: Sequence[str]) -> float:
    """Processor time of a process that comes to its end without a call (s)."""
    process = _started(house, arguments, subprocess.DEVNULL)
    assert process.stdin is not None, "a pipe was asked for"
    process.stdin.close()
    assert process.stdout is not None, "a pipe was asked for"
    process.stdout.close()
    return _spent(process)


def _started(house: House, arguments: Sequence[str], log: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        cwd=Path(__file__).parents[2],
        env={**inherited(os.environ), **house.under_test.spec.env},
    )


def _spent(process: "subprocess.Popen[bytes]") -> float:
    """Wait for the end; user and system time of that process (s)."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchFailed(f"the classic script ended with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def _block(script: str, environment: dict[str, str]) -> bytes:
    lines = {"agi_request": script, "agi_network_script": script, **environment}
    return "".join(f"{name}: {value}\n" for name, value in lines.items()).encode() + b"\n"


def _mean(seconds: Sequence[float]) -> float:
    return sum(seconds) / len(seconds)
