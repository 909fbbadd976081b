"""What is counted of calls."""

from functools import lru_cache
from typing import TypeVar

from prometheus_client import Counter, Histogram

T = TypeVar("T", Counter, Histogram)

CALLS = Counter("hotline_calls_total", "Calls that began.", ["channel", "verdict", "screening"])
ENDED = Counter("hotline_calls_ended_total", "Calls that ended.", ["channel", "disposition"])
NEVER_LED = Counter(
    "hotline_calls_never_led_total", "Calls that no server led: the operators took them."
)
CALL_SECONDS = Histogram(
    "hotline_call_seconds",
    "Length of calls, from their begin to their end.",
    ["channel"],
    buckets=(5, 15, 30, 60, 90, 120, 180, 300, 600, 1200),
)
TURNS = Counter("hotline_turns_total", "Turns taken, by what the caller did.", ["node", "input"])
EFFECTS = Counter("hotline_effects_total", "Effects run.", ["effect", "outcome"])
EFFECT_SECONDS = Histogram(
    "hotline_effect_seconds",
    "Time that effects took.",
    ["effect"],
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
UNSAVED_TURNS = Counter(
    "hotline_turns_unsaved_total", "Turns that the session store did not take: it was away."
)
RECORDS = Counter("hotline_call_records_total", "Call records written, by where.", ["where"])
RECORDS.labels("lost")  # there from the start: Prometheus sees no increase in what begins at 1


@lru_cache(maxsize=4096)
def of(metric: T, *labels: str) -> T:
    """A metric with these values of its labels, which takes a while to find the first time.

    The labels of what is counted in every turn are few: nodes, inputs, effects, outcomes.
    """
    return metric.labels(*labels)
