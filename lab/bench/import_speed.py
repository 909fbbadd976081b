"""Part `import_speed`: what importing a blocklist takes, beside the bare work on the same rows.

Bare is reading them by `csv` and writing them into the same tables, unchecked. Both take turns,
each in a process of its own on SQL of its own, so that a machine that is busy is busy for both.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from embedded.redis_child import redis_child
from host.inherited import inherited
from hotline.settings import Settings
from hotline.stack import to_environment
from lab.bench.figures import Bound, Figure, Measured, amount, ratio
from lab.bench.house import BenchFailed
from lab.bench.import_rows import Took, bare, importing, write_file
from lab.bench.setting import Bench
from lab.own_stack import left_alone, own_folder, own_settings

IMPORT = Bound("at most", 2.4)
"""It was 3 while each row was checked, converted and told by itself."""
COMMAND = Bound("at most", 3.8)
"""It was 5."""

NOTES = (
    "processor time, medians of rounds in turns: our checks, the audit and the search for what "
    "stands already are what an import takes beyond the bare rows",
    "the command is `hotline blacklist import` with its start and the index made anew; the time of "
    "Redis, a process of its own, is in the rows a second alone",
)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, StartFailed, RedisMissing."""
    rows, rounds = bench.sizes.compared_rows, bench.sizes.import_rounds
    bench.say(f"{rounds} rounds of {rows:,} rows each way")
    took = [(importing(rows), _command(bench, rows), bare(rows)) for _ in range(rounds)]
    imports, commands, bares = zip(*took, strict=True)
    beside = _each(bares, rows, "the rows alone, by csv and executemany")
    ours = _each(imports, rows, f"importing {rows:,} rows")
    yield ratio("an import, compared with its rows alone", ours, beside, IMPORT)
    yield amount("rows a second", Measured("imported", _rate(imports, rows), "rows/s"))
    whole = _each(commands, rows, f"the whole command with {rows:,} rows")
    yield ratio("the command, compared with its rows alone", whole, beside, COMMAND)
    yield amount("rows a second", Measured("by the command", _rate(commands, rows), "rows/s"))


def _each(took: tuple[Took, ...], rows: int, name: str) -> Measured:
    return Measured(name, statistics.median(t.cpu_seconds for t in took) / rows * 1e6, "µs/row")


def _rate(took: tuple[Took, ...], rows: int) -> float:
    return rows / statistics.median(t.seconds for t in took)


def _command(bench: Bench, rows: int) -> Took:
    """What the command takes on an empty database and an empty Redis."""
    with own_folder() as folder, left_alone([redis_child(folder)], folder):
        given = own_settings(bench.services.settings, folder)
        write_file(folder / "numbers.csv", rows)
        _run(given, "db", "upgrade")
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        options = ("--days", "3", "--who", "bench", "--role", "manager")
        _run(given, "blacklist", "import", str(folder / "numbers.csv"), *options)
        seconds = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime
    return Took(0.0, seconds, cpu)


def _run(settings: Settings, *words: str) -> None:
    env = inherited(os.environ) | to_environment(settings)
    command = [sys.executable, "-m", "hotline", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchFailed(f"the command ended with status {done.returncode}: {done.stderr[-300:]}")
