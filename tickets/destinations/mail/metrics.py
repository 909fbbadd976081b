"""What is counted of letters. Registered once a process, as prometheus-client has it."""

from prometheus_client import Counter

REFUSED = Counter(
    "hotline_mail_recipients_refused_total",
    "Recipients of letters whom a mail server did not take while others of them have it",
    ("destination",),
)
DIGESTS = Counter(
    "hotline_digests_total",
    "Attempts to send a day's list, by destination and what came of them",
    ("destination", "outcome"),
)
