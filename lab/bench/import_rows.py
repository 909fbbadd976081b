"""Imports a file of many numbers, or writes the same rows bare: in a process of its own.

Run as `python -m lab.bench.import_rows import|bare FOLDER ROWS`, it writes its figures as JSON.
"""

import csv
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from blacklist.record.csv_read import Defaults, Reader
from blacklist.record.importing import CHUNK, import_rows
from blacklist.record.prefix_replay import PrefixReplay
from blacklist.verdict import Disposition
from lab.bench.house import BenchFailed
from people.person import Person
from store.database import make_engine
from store.migrations import upgrade

_NETWORKS = "013456789"


@dataclass(frozen=True, slots=True)
class Took:
    """What it took: peak of resident memory, seconds that passed, seconds of the processor."""

    megabytes: float
    seconds: float
    cpu_seconds: float


def importing(rows: int) -> Took:
    """What an import of so many rows takes. Raises BenchFailed."""
    return _apart("import", rows)


def bare(rows: int) -> Took:
    """What it takes to read the same rows by `csv` and to write them, unchecked, as they would be.

    Raises BenchFailed.
    """
    return _apart("bare", rows)


def write_file(path: Path, rows: int) -> None:
    """A blocklist of so many numbers."""
    with path.open("w", encoding="utf-8") as out:
        out.write("number,reason,note\n")
        for number in range(rows):
            network, subscriber = _NETWORKS[number % 9], number // 9
            out.write(f"05{network}{subscriber:07d},flood,row {number}\n")


def _apart(what: str, rows: int) -> Took:
    with tempfile.TemporaryDirectory(prefix="hotline-import-") as folder:
        command = [sys.executable, "-m", "lab.bench.import_rows", what, folder, str(rows)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchFailed(f"the import ended with status {done.returncode}: {done.stderr[-300:]}")
    return Took(**json.loads(done.stdout))


def _main(what: str, folder: Path, rows: int) -> None:
    source, database = folder / "numbers.csv", folder / "hotline.db"
    write_file(source, rows)
    engine = make_engine(f"sqlite:///{database}")
    upgrade(engine)
    engine.dispose()
    began, cpu = time.monotonic(), time.process_time()
    if what == "import":
        _import(source, database, rows)
    else:
        _write_bare(source, database)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    took = {"megabytes": _peak_kilobytes() / 1024, "seconds": seconds, "cpu_seconds": cpu}
    sys.stdout.write(json.dumps(took))


def _import(source: Path, database: Path, rows: int) -> None:
    engine, now = make_engine(f"sqlite:///{database}"), datetime.now(UTC)
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
        by = Person("bench", "manager")
        done = import_rows(engine, reader, by=by, now=now, replays=_no_replay)
    engine.dispose()
    if done.added != rows:
        raise SystemExit(f"{done.added} of {rows} rows were added")


def _write_bare(source: Path, database: Path) -> None:
    """The rows of both tables as an import leaves them, in pieces of the same size."""
    engine, now = make_engine(f"sqlite:///{database}"), "2026-11-24 09:00:00.000000"
    into_entries = "INSERT INTO blacklist_entries VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    into_audit = "INSERT INTO blacklist_audit VALUES (NULL,?,?,?,?,?,?,?)"
    alike = ("[]", "[]", "import", "bench", None, "{}", now, now, None, None, "")
    rest = (
        '"kind": "number", "disposition": "block", "reason": "flood", "calls": [], '
        '"recordings": [], "source": "import", "until": "2026-11-27T09:00:00+00:00", '
        '"review_at": null}'
    )
    with source.open(encoding="utf-8", newline="") as file:
        numbered = enumerate(islice(csv.reader(file), 1, None))
        while piece := list(islice(numbered, CHUNK)):
            kept = [
                (f"{at:032x}", "number", f"+966{number[1:]}", "block", reason, note, *alike)
                for at, (number, reason, note) in piece
            ]
            told = [
                (now, "bench", "manager", "imported", subject, _details(entry, note, rest), "")
                for entry, _, subject, _, _, note, *_ in kept
            ]
            with engine.begin() as connection:
                connection.exec_driver_sql(into_entries, kept)
                connection.exec_driver_sql(into_audit, told)
    engine.dispose()


def _details(entry: str, note: str, rest: str) -> str:
    return f'{{"entry": "{entry}", "note": "{note}", {rest}'


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
    _main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
