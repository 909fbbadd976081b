"""What is counted of logs."""

from prometheus_client import Counter

LOST = Counter("hotline_log_lines_lost_total", "Log lines that could not be written.")
