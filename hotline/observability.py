"""Prometheus: each process shows its own `/metrics` on a port of its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

log = structlog.get_logger()


@contextmanager
def metrics_served(host: str, port: int, *, shared: Path | None = None) -> Iterator[bool]:
    """Serve this process's metrics while inside; True when the port could be had.

    A port that is taken costs the metrics, never the calls. `shared` is the folder through which a
    process and those it forks (an RQ worker and its work-horses) count together; it must be the
    `PROMETHEUS_MULTIPROC_DIR` this process was started with (`counting_together`).
    """
    registry = REGISTRY
    if shared is not None:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(shared))  # type: ignore[no-untyped-call]
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


def counting_together(folder: Path) -> dict[str, str]:
    """Empty `folder` and return the environment that makes a child's forks count into it.

    prometheus-client looks at it when it is imported, so it must be set before the child starts.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
