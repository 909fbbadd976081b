"""What is counted of deliveries. Registered once a process, as prometheus-client has it."""

from prometheus_client import Counter, Gauge, Histogram

ATTEMPTS = Counter(
    "hotline_delivery_attempts_total",
    "Pushes of a ticket, by destination and what came of them",
    ("destination", "outcome"),
)
DEAD = Counter(
    "hotline_deliveries_dead_total", "Deliveries given up and left to a human", ("destination",)
)
SECONDS_TO_ACKNOWLEDGE = Histogram(
    "hotline_delivery_seconds",
    "Seconds from the ticket's commit to its acknowledgement",
    ("destination",),
    buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 43200),
)
DELIVERIES = Gauge(
    "hotline_deliveries", "Deliveries that are not acknowledged, by state", ("state",)
)
WAITING = Gauge(
    "hotline_destination_waiting", "Deliveries on their way to a destination", ("destination",)
)
OLDEST = Gauge(
    "hotline_destination_oldest_waiting_seconds", "Age of the oldest of these", ("destination",)
)
DEAD_NOW = Gauge(
    "hotline_destination_dead", "Deliveries given up that wait for a human", ("destination",)
)
OLDEST_WAITING = Gauge(
    "hotline_delivery_oldest_waiting_seconds", "Age of the oldest delivery not yet acknowledged"
)
ILL = Gauge(
    "hotline_destination_ill",
    "1 while attempts at a destination fail one after another by what every ticket would meet",
    ("destination",),
)
