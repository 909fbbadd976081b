"""Part `gazetteer`: importing the addresses of a city, and looking one up while a caller waits.

Beside it a plain script on sqlite3 does the same work unchecked, so that a machine that is busy is
busy for both.
"""

from collections.abc import Iterator

from lab.bench.figures import Bound, Figure, Measured, amount, ratio
from lab.bench.gazetteer_rows import took
from lab.bench.setting import Bench

LOOKUP = Bound("at most", 2.0)
"""Milliseconds of a caller's turn."""
IMPORT = Bound("at most", 4.0)
_ASKED = ("number plate", "eight keys", "short address")

NOTES = (
    "an import checks each row, finds what stands twice, compares with what is there, and is one "
    "piece after another so that calls go on; the script writes the rows as they are",
    "of lookups the 99th in 100 is that of the quietest of five rounds",
    "a lookup takes a connection of the pool and gives it back; the script has one of its own",
)


def measure(bench: Bench) -> Iterator[Figure]:
    """Import many addresses and look some up. Raises BenchFailed."""
    rows, lookups = bench.sizes.addresses, bench.sizes.lookups
    bench.say(f"{rows:,} addresses by a plain script, then by us; {lookups:,} lookups of each kind")
    plain, ours = took("plain", rows, lookups), took("ours", rows, lookups)
    each = Measured(f"importing {rows:,} rows", ours.cpu_seconds / rows * 1e6, "µs/row")
    alone = Measured("a plain script", plain.cpu_seconds / rows * 1e6, "µs/row")
    yield ratio("an import, compared with a plain script", each, alone, IMPORT)
    yield amount("rows a second", Measured("imported", rows / ours.seconds, "rows/s"))
    yield amount("rows a second", Measured("by a plain script", rows / plain.seconds, "rows/s"))
    for at, what in enumerate(_ASKED):
        slowest = Measured(f"99 in 100 lookups by {what}", ours.p99_ms[at], "ms")
        yield amount(f"an address by its {what}", slowest, LOOKUP)
        medians = (
            Measured("median", ours.p50_ms[at], "ms"),
            Measured("plain", plain.p50_ms[at], "ms"),
        )
        yield ratio(f"by its {what}, compared with a plain script", *medians)
