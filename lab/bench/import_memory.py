"""Part `import_memory`: the memory that importing a million rows into the blocklist takes.

The import runs in a process of its own on SQL of its own, so that its peak is nobody else's. The
index in Redis is another part's to measure.
"""

from collections.abc import Iterator

from lab.bench.figures import Bound, Figure, Measured, amount, ratio
from lab.bench.import_rows import importing
from lab.bench.setting import Bench

MEGABYTES = 200.0
_FEWER = 10

NOTES = (
    "import: the peak of resident memory of the whole process, the interpreter and its libraries "
    "with it",
)


def measure(bench: Bench) -> Iterator[Figure]:
    """Import many rows and a tenth of them: memory must not grow with the rows."""
    rows = bench.sizes.imported_rows
    bench.say(f"importing {rows // _FEWER:,} rows, then {rows:,}")
    small, large = importing(rows // _FEWER), importing(rows)
    peak = Measured(f"importing {rows:,} rows", large.megabytes, "MB")
    yield amount("peak memory of an import", peak, Bound("at most", MEGABYTES))
    less = Measured(f"importing {rows // _FEWER:,} rows", small.megabytes, "MB")
    yield ratio("memory, ten times as many rows", peak, less, Bound("at most", 1.25))
    yield amount("rows a second", Measured("imported", rows / large.seconds, "rows/s"))
