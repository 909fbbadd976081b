"""The metrics of a process, asked over HTTP."""

import httpx
from prometheus_client import CollectorRegistry, Counter

from hotline.observability import metrics_served
from tests.fixtures.processes import free_tcp_port


def test_counters_are_shown_while_served_and_not_after() -> None:
    """`/metrics` has what was counted; the port is free again afterwards."""
    registry = CollectorRegistry()
    Counter("calls", "Calls", ["disposition"], registry=registry).labels("completed").inc(3)
    port = free_tcp_port()
    for _ in range(2):
        with metrics_served("127.0.0.1", port, registry) as served:
            assert served
            shown = httpx.get(f"http://127.0.0.1:{port}/metrics").text
            assert 'calls_total{disposition="completed"} 3.0' in shown


def test_a_taken_port_costs_the_metrics_and_not_the_calls() -> None:
    """The process goes on without them."""
    port = free_tcp_port()
    with (
        metrics_served("127.0.0.1", port) as first,
        metrics_served("127.0.0.1", port) as second,
    ):
        assert (first, second) == (True, False)
