"""What is shown of the database on the path of calls."""

from prometheus_client import Gauge

OPEN = Gauge(
    "hotline_call_database_lost",
    "Whether callers are led past the database, because it does not answer (1).",
    multiprocess_mode="livemax",
)
