"""Part `answer`: from the answer to the first sound, beside a plain `Playback` of the same file.

Both are extensions of the same Asterisk, called in turns by the same caller: 940 goes through the
dialplan, FastAGI, screening and the first turn; 9401 (of the lab) answers and plays the file.
"""

import statistics
from collections.abc import Iterator

from embedded.asterisk.places import SOUNDS_INSIDE
from lab.bench.conversation import turns
from lab.bench.figures import Bound, Figure, Measured, amount, difference
from lab.bench.house import BenchFailed, House, open_house
from lab.bench.setting import Bench
from lab.bench.sip_probe import seconds_to_first_sound

BOUND = Bound("at most", 30.0)
OURS, PLAIN = "940", "9401"

NOTES = (
    "an own SIP and RTP receiver measures from the arrival of the 200 OK to the arrival of the "
    "first RTP packet that is not silence; Asterisk's Answer() and the silence at the beginning of "
    "the file are in both, so only the difference means something",
)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, and what `open_house` raises."""
    first = next(turns(bench.services))
    piece = bench.services.catalogue.speak(first.language, first.prompts[0])[0]
    count = bench.sizes.answers
    chosen = {"LAB_PROMPT": f"{SOUNDS_INSIDE}/{piece.audio}"}
    with open_house(bench.services, asterisk=True, globals=chosen) as house:
        bench.say(f"{count} answers each way, in turns (about {max(1, count // 10)} s)")
        for service in (OURS, PLAIN):
            _answer(house, service)
        taken: dict[str, list[float]] = {OURS: [], PLAIN: []}
        for number in range(count):
            # The order changes as well: nothing may depend on who came first.
            for service in (OURS, PLAIN) if number % 2 else (PLAIN, OURS):
                taken[service].append(_answer(house, service) * 1000)
    yield from figures(taken[OURS], taken[PLAIN])


def figures(ours: list[float], plain: list[float]) -> Iterator[Figure]:
    """The figures of these times (ms), at least two of each."""
    count = len(ours)
    yield difference(
        "answer to first sound: what we add, median",
        Measured(f"940 by FastAGI, median of {count}", statistics.median(ours), "ms"),
        Measured(
            f"Playback of the same file, median of {len(plain)}", statistics.median(plain), "ms"
        ),
        BOUND,
    )
    worst = statistics.quantiles(ours, n=10)[-1] - statistics.quantiles(plain, n=10)[-1]
    yield amount(
        "the same at the 90th percentile",
        Measured("940 above Playback", worst, "ms"),
    )


def _answer(house: House, service: str) -> float:
    asterisk = house.asterisk
    if asterisk is None:
        raise BenchFailed("there is no Asterisk in this house")
    host, _, port = asterisk.sip_address.partition(":")
    return seconds_to_first_sound((host, int(port)), service)
