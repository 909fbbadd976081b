"""What importing a million rows into the blocklist takes: memory above all, and time.

The import runs in a process of its own on SQL of its own, so that its peak is nobody else's. The
index in Redis is another part's to measure.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from blacklist.record.csv_read import Defaults, Reader
from blacklist.record.importing import import_rows
from blacklist.record.people import Person
from blacklist.record.prefix_replay import PrefixReplay
from blacklist.verdict import Disposition
from hotline.bench.figures import Bound, Figure, Measured, amount, ratio
from hotline.bench.house import BenchFailed
from hotline.bench.setting import Bench
from hotline.database import make_engine
from hotline.migrations import upgrade

MEGABYTES = 200.0
_FEWER = 10
_NETWORKS = "013456789"

NOTES = (
    "import: the peak of resident memory of the whole process, the interpreter and its libraries "
    "with it",
)


def measure(bench: Bench) -> Iterator[Figure]:
    """Import many rows and a tenth of them: memory must not grow with the rows."""
    rows = bench.sizes.imported_rows
    small = _measured(bench, rows // _FEWER)
    large = _measured(bench, rows)
    peak = Measured(f"importing {rows:,} rows", large["megabytes"], "MB")
    yield amount("peak memory of an import", peak, Bound("at most", MEGABYTES))
    less = Measured(f"importing {rows // _FEWER:,} rows", small["megabytes"], "MB")
    yield ratio("memory, ten times as many rows", peak, less, Bound("at most", 1.25))
    yield amount("rows a second", Measured("imported", rows / large["seconds"], "rows/s"))


def _measured(bench: Bench, rows: int) -> dict[str, float]:
    bench.say(f"importing {rows:,} rows")
    with tempfile.TemporaryDirectory(prefix="hotline-import-") as folder:
        command = [sys.executable, "-m", "hotline.bench.import_memory", folder, str(rows)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchFailed(f"the import ended with status {done.returncode}: {done.stderr[-300:]}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _import(folder: Path, rows: int) -> dict[str, float]:
    """Make a file of `rows` numbers in `folder`, import it, and say what that took."""
    source = folder / "numbers.csv"
    with source.open("w", encoding="utf-8") as out:
        out.write("number,reason,note\n")
        for number in range(rows):
            network, subscriber = _NETWORKS[number % 9], number // 9
            out.write(f"05{network}{subscriber:07d},flood,row {number}\n")
    engine = make_engine(f"sqlite:///{folder / 'hotline.db'}")
    upgrade(engine)
    now = datetime.now(UTC)
    with source.open("rb") as file:
        reader = Reader(
            file,
            now=now,
            zone=ZoneInfo("Asia/Riyadh"),
            defaults=Defaults(days=3.0),
            protected=frozenset(),
            shortest_saudi=6,
            longest=timedelta(days=183),
        )
        done = import_rows(
            engine,
            reader,
            by=Person("bench", "manager"),
            now=now,
            replays=_no_replay,
        )
    engine.dispose()
    if done.added != rows:
        raise SystemExit(f"{done.added} of {rows} rows were added")
    seconds = (datetime.now(UTC) - now).total_seconds()
    return {"megabytes": _peak_kilobytes() / 1024, "seconds": seconds}


def _peak_kilobytes() -> int:
    """The peak of this program alone (proc(5), VmHWM).

    getrusage(2) would give the larger one of this and of the process that started it, since the
    kernel carries that over exec.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise SystemExit("the kernel does not tell the peak memory of a process")


def _no_replay(prefix: str, disposition: Disposition, now: datetime) -> PrefixReplay:
    del disposition, now
    raise SystemExit(f"{prefix}: there is no prefix in the file")


if __name__ == "__main__":
    figures = _import(Path(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(json.dumps(figures))
