"""What is counted of FastAGI. Registered once a process, as prometheus-client has it."""

from prometheus_client import Counter, Gauge, Histogram

IN_PROGRESS = Gauge(
    "hotline_agi_calls_in_progress",
    "Connections from Asterisk that are being served.",
    multiprocess_mode="livesum",
)
CALLS = Counter(
    "hotline_agi_calls_total", "Connections served, by what came of them.", ["script", "outcome"]
)
REFUSED = Counter("hotline_agi_refused_total", "Connections closed at once, by reason.", ["reason"])
REFUSED.labels("busy")  # there from the start: Prometheus sees no increase in what begins at 1
TURN_SECONDS = Histogram(
    "hotline_agi_turn_seconds",
    "Time we spend on a turn, without what Asterisk and the caller take.",
    buckets=(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3),
)
AUDIO_MISSING = Counter(
    "hotline_prompt_audio_missing_total",
    "Prompts said in the other language, or left out, for want of audio.",
    ["language", "prompt", "instead"],
)
PROMPTS_NOT_PLAYED = Counter(
    "hotline_agi_prompts_not_played_total",
    "Turns that Asterisk could not play in one language, though the files are there for us.",
)
RECORDINGS_FAILED = Counter(
    "hotline_agi_recordings_failed_total", "Recordings that Asterisk could not make.", ["reason"]
)
