"""Metrics of all processes of the web application together.

Each process keeps its numbers in files of one folder, which prometheus_client finds by an
environment variable that must be set before it is imported.
"""

import os
import shutil
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

import host.log_metrics  # noqa: F401 - shown from the start, at 0

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def shared_folder() -> Path | None:
    """The folder that this process was started with, None when it was started without."""
    folder = os.environ.get(VARIABLE)
    return Path(folder) if folder else None


def emptied(folder: Path) -> Path:
    """The folder, without what an earlier run left there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def all_processes(folder: Path) -> bytes:
    """The numbers of all processes that share `folder`, in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))
    return generate_latest(registry)


def forget(pid: int, folder: Path) -> None:
    """A process has ended: its gauges count no more, what it counted stays counted."""
    mark_process_dead(pid, str(folder))
