"""What is counted of webhooks."""

from prometheus_client import Counter, Histogram

WEBHOOKS = Counter(
    "hotline_twilio_webhooks_total", "Genuine webhooks answered.", ["webhook", "outcome"]
)
REFUSED = Counter("hotline_twilio_refused_total", "Webhooks refused, by why.", ["reason"])
SECONDS = Histogram(
    "hotline_twilio_webhook_seconds",
    "Time from a genuine webhook to its answer.",
    ["webhook"],
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
