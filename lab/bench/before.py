"""Part `before`: turns by processor time, beside those of an earlier commit in the same run.

`--against REVISION` names the commit; its code is taken out of the checkout's history. Each has a
house of its own, and the same calls from the same fake Asterisk, in short rounds that take turns.
"""

import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab.bench.conversation import TURNS
from lab.bench.figures import Figure, Measured, ratio
from lab.bench.house import House, NotHere, open_house
from lab.bench.placing import place_calls
from lab.bench.setting import Bench

_ROUNDS = 6
_AT_ONCE = 4

NOTES = (
    "processor time of the FastAGI process alone: turns, sessions, screening, the ticket, the "
    "record in SQLite, logs, the hang-up handler's visit if any; not Redis, not the caller",
    "each leads calls by its own flow; the ratio is of the rounds' medians",
)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figure. Raises BenchFailed, RedisMissing; NotHere without an earlier commit."""
    if not bench.against:
        raise NotHere("no earlier commit to compare with: give one with --against")
    with (
        tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder,
        open_house(bench.services) as ours,
        open_house(bench.services, code=taken_out(bench.against, Path(folder))) as theirs,
    ):
        calls = max(1, bench.sizes.socket_calls // _ROUNDS)
        bench.say(f"{_ROUNDS} rounds of {calls} calls on each")
        for house in (ours, theirs):
            place_calls(house, bench.sizes.warm_calls)
        after: list[float] = []
        before: list[float] = []
        for number in range(_ROUNDS):
            for house in (ours, theirs) if number % 2 else (theirs, ours):
                rate = _turns_by_processor(house, calls)
                (after if house is ours else before).append(rate)
    said = f"median of {_ROUNDS} rounds of {calls} calls"
    figure = ratio(
        f"turns by processor time, compared with {bench.against}",
        Measured(f"turns, {said}", statistics.median(after), "turns/CPU s"),
        Measured(f"those of {bench.against}", statistics.median(before), "turns/CPU s"),
    )
    yield figure


def taken_out(revision: str, folder: Path) -> Path:
    """The code of `revision` in `folder`. Raises NotHere where there is no such history."""
    here = Path(__file__).parents[2]
    archive = ["git", "-C", str(here), "archive", "--format=tar", revision]
    with subprocess.Popen(archive, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as git:
        done = subprocess.run(["tar", "-x", "-C", str(folder)], stdin=git.stdout, check=False)
    if git.returncode or done.returncode:
        raise NotHere(f"no commit {revision} here: this is no checkout, or one without it")
    return folder


def _turns_by_processor(house: House, calls: int) -> float:
    spent = house.cpu()
    place_calls(house, calls, at_once=_AT_ONCE)
    return calls * TURNS / (house.cpu() - spent)
