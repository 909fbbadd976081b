"""Part `delivery_beside`: how long an office waits for its tickets while another office is bad.

Each ticket goes to two offices. In turns the other one is well, and bad: it takes requests and
never answers, answers 500, or a byte a second. What is compared is how long the office that is
well all the time waits, from the commit of a ticket to its acknowledgement.
"""

import statistics
from collections.abc import Iterator

from lab.bench.bad_office_rounds import BAD
from lab.bench.deliveries import rounds_of
from lab.bench.figures import Bound, Figure, Measured
from lab.bench.setting import Bench

BESIDE = Bound("at most", 1.25)

NOTES = (
    "median of the rounds' ratios, of the median ticket of each round; relay, and a lane for each "
    "office as one worker has them; tickets come one after another, several a second",
    "each round begins with a destination that has never failed: what is tried before it is left "
    "alone is counted in",
)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, StartFailed, RedisMissing."""
    tickets, rounds = bench.sizes.beside_tickets, bench.sizes.beside_rounds
    bench.say(f"{rounds} rounds of {tickets} tickets beside each kind of office")
    took = rounds_of("lab.bench.bad_office_rounds", tickets, rounds)
    well = statistics.median(one["well"] for one in took)
    for kind in BAD:
        yield Figure(
            f"an office's wait beside one that {kind}",
            statistics.median(one[kind] / one["well"] for one in took),
            "x",
            Measured(kind, statistics.median(one[kind] for one in took) * 1000, "ms"),
            Measured("beside one that is well", well * 1000, "ms"),
            BESIDE,
        )
