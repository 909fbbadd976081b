"""Imports a gazetteer and looks addresses up, by us or by a plain script: each in a process.

Run as `python -m lab.bench.gazetteer_rows ours|plain FOLDER ROWS LOOKUPS`, it writes its figures as
JSON.
"""

import csv
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from ivr.prompt_text import text_fault
from lab.bench.house import BenchFailed
from people.person import Person
from places.csv_read import COLUMNS, Reader
from places.gazetteer import by_keys, by_plate, by_short
from places.importing import CHUNK, import_gazetteer
from places.keypad import keys_of
from store.database import make_engine
from store.migrations import upgrade

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FIRST_POSTAL = 21_000
_BUILDINGS = 10_000
_SEED = 940
_ROUNDS = 5
Question = Callable[[str, str, str], object]
"""Asks for one address by its building number, postal code and short address."""


@dataclass(frozen=True, slots=True)
class Took:
    """What it took: seconds of the processor to import, seconds that passed; of a lookup the median
    and the 99th in 100, in ms, by plate, by keys and by short address."""

    cpu_seconds: float
    seconds: float
    p50_ms: Sequence[float]
    p99_ms: Sequence[float]


def took(what: str, rows: int, lookups: int) -> Took:
    """`ours` or `plain`, in a process of its own on a database of its own. Raises BenchFailed."""
    with tempfile.TemporaryDirectory(prefix="hotline-gazetteer-") as folder:
        words = [sys.executable, "-m", "lab.bench.gazetteer_rows", what, folder, rows, lookups]
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchFailed(
            f"the gazetteer ended with status {done.returncode}: {done.stderr[-300:]}"
        )
    cpu_seconds, seconds, p50_ms, p99_ms = json.loads(done.stdout)
    return Took(cpu_seconds, seconds, p50_ms, p99_ms)


def addresses(rows: int) -> Iterator[tuple[str, str, str]]:
    """Building number, postal code and short address of so many, always the same ones."""
    drawn = random.Random(_SEED)  # noqa: S311 - not for secrets
    for number in range(rows):
        building = f"{number % _BUILDINGS:04d}"
        letters = "".join(drawn.choices(_LETTERS, k=4))
        yield building, f"{_FIRST_POSTAL + number // _BUILDINGS}", f"{letters}{building}"


def write_file(path: Path, rows: int) -> None:
    """A gazetteer of so many addresses in 3,000 streets."""
    with path.open("w", encoding="utf-8") as out:
        out.write(",".join(COLUMNS) + "\n")
        for number, (building, postal, short) in enumerate(addresses(rows)):
            street, district = number % 3000, number % 100
            out.write(
                f"{building},{postal},,{short},شارع {street},Street {street},حي {district},"
                f"District {district},AZZ,21.5433,39.1728\n"
            )


def _main(what: str, folder: Path, rows: int, lookups: int) -> None:
    source, database = folder / "gazetteer.csv", folder / "hotline.db"
    write_file(source, rows)
    engine = make_engine(f"sqlite:///{database}")
    if what == "ours":
        upgrade(engine)
    engine.dispose()
    began, cpu = time.monotonic(), time.process_time()
    questions = (_ours if what == "ours" else _plain)(source, database, rows)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    asked = list(addresses(rows))[:: max(1, rows // lookups)]
    random.Random(_SEED).shuffle(asked)  # noqa: S311 - likewise
    times = [_timed(question, asked) for question in questions]
    p50 = [statistics.median(each) for each in times]
    p99 = [_quietest(each) for each in times]
    sys.stdout.write(json.dumps([cpu, seconds, p50, p99]))


def _quietest(times: list[float]) -> float:
    """The 99th in 100 of the quietest of five rounds: what else the machine does is left out."""
    size = -(-len(times) // _ROUNDS)
    rounds = [times[at : at + size] for at in range(0, len(times), size)]
    return min(statistics.quantiles(each, n=100)[98] for each in rounds if len(each) > 1)


def _timed(question: Question, asked: list[tuple[str, str, str]]) -> list[float]:
    """What each took, in ms, once the first have warmed what there is to warm."""
    for one in asked[:20]:
        question(*one)
    found = []
    for one in asked:
        began = time.perf_counter()
        answer = question(*one)
        found.append((time.perf_counter() - began) * 1000)
        if not answer:
            raise SystemExit(f"{one}: is not found")
    return found


def _ours(source: Path, database: Path, rows: int) -> tuple[Question, Question, Question]:
    engine = make_engine(f"sqlite:///{database}")
    with source.open("rb") as file:
        reader = Reader(file, codes={"azz": "AZZ"}, unsayable=text_fault)
        by = Person("bench", "manager")
        done = import_gazetteer(engine, reader, by=by, now=datetime.now(UTC))
    if done.added != rows:
        raise SystemExit(f"{done.added} of {rows} rows were added")
    return (
        lambda building, postal, _short: by_plate(engine, building, postal),
        lambda _building, _postal, short: by_keys(engine, keys_of(short)),
        lambda _building, _postal, short: by_short(engine, short),
    )


def _plain(source: Path, database: Path, rows: int) -> tuple[Question, Question, Question]:
    """As a script does it: `csv` and `executemany`, unchecked, into the same table and index."""
    del rows
    connection = sqlite3.connect(database)
    connection.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32000;"
        "CREATE TABLE gazetteer (building TEXT, postal TEXT, secondary TEXT, short TEXT, keys TEXT,"
        " street_ar TEXT, street_en TEXT, district_ar TEXT, district_en TEXT, sub TEXT, lat REAL,"
        " long REAL, PRIMARY KEY (building, postal, secondary)) WITHOUT ROWID;"
        "CREATE INDEX by_keys ON gazetteer (keys);"
    )
    insert = "INSERT OR REPLACE INTO gazetteer VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
    with source.open(encoding="utf-8", newline="") as file:
        cells = islice(csv.reader(file), 1, None)
        while piece := [(*row[:4], keys_of(row[3]), *row[4:]) for row in islice(cells, CHUNK)]:
            with connection:
                connection.executemany(insert, piece)
    select = "SELECT * FROM gazetteer WHERE "
    plate, keys = f"{select}building = ? AND postal = ?", f"{select}keys = ?"
    short = f"{keys} AND short = ?"

    def asked(statement: str, *values: str) -> list[object]:
        return connection.execute(statement, values).fetchall()

    return (
        lambda building, postal, _short: asked(plate, building, postal),
        lambda _building, _postal, one: asked(keys, keys_of(one)),
        lambda _building, _postal, one: asked(short, keys_of(one), one),
    )


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
