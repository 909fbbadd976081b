"""Runs parts of the bench by name, one after another: two at once would disturb each other."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from embedded.asterisk.install import AsteriskUnavailable
from embedded.asterisk.instance import AsteriskFailed
from embedded.redis_child import RedisMissing
from embedded.supervisor import StartFailed
from lab.bench import (
    answer,
    bad_office,
    before,
    classic,
    cpu,
    delivered_rows,
    deliveries,
    gazetteer,
    import_memory,
    import_speed,
    memory,
    pages,
    peers,
    plain,
    screening,
    twilio,
    voice,
)
from lab.bench.figures import Figure, Part
from lab.bench.house import BenchFailed, NotHere
from lab.bench.setting import Bench


class _Measurement(NamedTuple):
    measure: Callable[[Bench], Iterator[Figure]]
    notes: Sequence[str]


_PARTS: Mapping[str, _Measurement] = {
    "cpu": _Measurement(cpu.measure, cpu.NOTES),
    "before": _Measurement(before.measure, before.NOTES),
    "answer": _Measurement(answer.measure, answer.NOTES),
    "classic": _Measurement(classic.measure, classic.NOTES),
    "peers": _Measurement(peers.measure, peers.NOTES),
    "memory": _Measurement(memory.measure, memory.NOTES),
    "twilio_rate": _Measurement(twilio.measure_rate, twilio.RATE_NOTES),
    "twilio_tail": _Measurement(twilio.measure_tail, twilio.TAIL_NOTES),
    "screening_rate": _Measurement(screening.measure_rate, screening.RATE_NOTES),
    "screening_scale": _Measurement(screening.measure_scale, screening.SCALE_NOTES),
    "screening_memory": _Measurement(screening.measure_memory, screening.MEMORY_NOTES),
    "delivery_rate": _Measurement(deliveries.measure, deliveries.NOTES),
    "delivery_scale": _Measurement(delivered_rows.measure, delivered_rows.NOTES),
    "delivery_beside": _Measurement(bad_office.measure, bad_office.NOTES),
    "import_memory": _Measurement(import_memory.measure, import_memory.NOTES),
    "import_speed": _Measurement(import_speed.measure, import_speed.NOTES),
    "gazetteer": _Measurement(gazetteer.measure, gazetteer.NOTES),
    "pages_sqlite": _Measurement(pages.measure_sqlite, pages.NOTES),
    "pages_postgresql": _Measurement(pages.measure_postgresql, pages.NOTES),
    "voice": _Measurement(voice.measure, voice.NOTES),
    "plain": _Measurement(plain.measure, plain.NOTES),
}
PARTS = tuple(_PARTS)
"""The names of all parts, in the order in which they are run."""


def run(bench: Bench, names: Sequence[str] = PARTS) -> Iterator[Part]:
    """Measure these parts. One that cannot be measured does not keep the others from it.

    Raises KeyError for an unknown name.
    """
    for name in names:
        measurement = _PARTS[name]
        bench.say(f"part {name}")
        started = time.monotonic()
        figures: list[Figure] = []
        skipped = failed = ""
        try:
            figures.extend(measurement.measure(bench))
        except (NotHere, AsteriskUnavailable, RedisMissing) as reason:
            skipped = str(reason)
        except (BenchFailed, StartFailed, AsteriskFailed) as error:
            failed = str(error)
        notes = tuple(measurement.notes) if figures else ()
        yield Part(name, tuple(figures), notes, skipped, failed, time.monotonic() - started)
