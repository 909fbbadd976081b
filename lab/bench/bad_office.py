"""Part `delivery_beside`: how long an office waits for its tickets while another office is bad.

Each ticket goes to two offices. In turns the other one is well, and bad: it takes requests and
never answers, answers 500, or a byte a second. What is compared is how long the office that is
well all the time waits, from the commit of a ticket to its acknowledgement.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence

from lab.bench.bad_office_rounds import BAD
from lab.bench.deliveries import receiving
from lab.bench.figures import Bound, Figure, Measured
from lab.bench.house import BenchFailed
from lab.bench.setting import Bench
from lab.own_stack import own_folder

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
    took = _rounds(tickets, rounds)
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


def _rounds(tickets: int, rounds: int) -> Sequence[Mapping[str, float]]:
    with own_folder() as folder, receiving(folder) as url:
        module = (sys.executable, "-m", "lab.bench.bad_office_rounds")
        log = folder / "rounds.log"
        with log.open("wb") as told:
            done = subprocess.run(
                [*module, str(folder), url, str(tickets), str(rounds)],
                stdout=subprocess.PIPE,
                stderr=told,
                check=False,
            )
        if done.returncode:
            said = log.read_text(encoding="utf-8", errors="replace")[-300:]
            raise BenchFailed(f"the rounds ended with status {done.returncode}: {said}")
    found: list[dict[str, float]] = json.loads(done.stdout)
    return found
