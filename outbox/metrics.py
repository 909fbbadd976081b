"""What is counted of work that waits."""

from prometheus_client import Counter

ENQUEUED = Counter("hotline_enqueued_total", "Work that the relay put on the queue", ("work",))
