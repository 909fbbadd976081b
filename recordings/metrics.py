"""What is counted of recordings that a provider holds."""

from prometheus_client import Counter

RECORDINGS = Counter(
    "hotline_recordings_total", "Attempts at a provider's recordings, and removals", ["outcome"]
)
