"""Prometheus: each process shows its own `/metrics` on a port of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, start_http_server

import host.log_metrics  # noqa: F401 - shown from the start, at 0

log = structlog.get_logger()


@contextmanager
def metrics_served(host: str, port: int, registry: CollectorRegistry = REGISTRY) -> Iterator[bool]:
    """Serve this process's metrics while inside; True when the port could be had.

    A port that is taken costs the metrics, never the calls.
    """
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        log.error("metrics_not_served", port=port, error=type(error).__name__)
        yield False
        return
    try:
        yield True
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
