"""What is counted of recordings that a provider holds, and of machines' drafts of recordings."""

from prometheus_client import Counter

RECORDINGS = Counter(
    "hotline_recordings_total", "Attempts at a provider's recordings, and removals", ["outcome"]
)
DRAFTS = Counter("hotline_drafts_total", "Steps of machines' drafts of recordings", ["outcome"])
