"""What is measured of screening."""

from prometheus_client import Counter, Gauge, Histogram

DECISIONS = Counter(
    "hotline_screening_decisions_total", "Decisions on calls.", ["disposition", "rule"]
)
DEGRADED = Counter(
    "hotline_screening_degraded_total", "Decisions made without the index.", ["rule"]
)
SECONDS = Histogram(
    "hotline_screening_seconds",
    "Time that a decision took.",
    buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
)
ALERTS = Counter("hotline_screening_alerts_total", "Measures of the machine that began.", ["rule"])
BREAKER = Gauge(
    "hotline_screening_breaker_open",
    "1 while the index is taken for lost, else 0.",
    multiprocess_mode="max",
)
UNCOUNTED = Counter(
    "hotline_screening_uncounted_total", "Calls that Redis refused to count.", ["error"]
)
BLIND = Gauge(
    "hotline_screening_blind",
    "1 while Redis refuses to count calls, else 0: limits hold in each process alone.",
    multiprocess_mode="max",
)
SNAPSHOT = Gauge(
    "hotline_screening_snapshot_entries",
    "Hard entries that this process keeps for when the index is away.",
    multiprocess_mode="max",
)
ENTRIES = Gauge(
    "hotline_blacklist_entries",
    "Entries in force in the record, by kind.",
    ["kind"],
    multiprocess_mode="mostrecent",
)
REVIEWS_DUE = Gauge(
    "hotline_blacklist_reviews_due",
    "Review requests that wait, and measures that somebody has to look at again.",
    multiprocess_mode="mostrecent",
)
