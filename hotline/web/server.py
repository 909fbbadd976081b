"""Serving the web application: gunicorn's processes, waitress in each, drained on SIGTERM."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from host.heap import settle_heap
from host.signals import hangup_reopens_logs
from hotline.gunicorn_logger import HouseLogger
from hotline.setting_groups import WebSettings
from hotline.web.metrics import forget
from hotline.web.worker import BufferedWorker

log = structlog.get_logger()

TIMEOUT_S = 20
"""A worker that hangs for so long is replaced. Twilio itself waits for 15 s."""

Load = Callable[[], tuple[Flask, Callable[[], None]]]
"""Makes the application in a process, and gives what closes it there."""


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: WebSettings, port: int, metrics: Path, load: Load) -> None:
        self._settings = settings
        self._port = port
        self._metrics = metrics
        self._load = load
        self._close: Callable[[], None] = lambda: None
        super().__init__()

    def load_config(self) -> None:
        host = self._settings.host
        settings: dict[str, Any] = {
            "bind": f"[{host}]:{self._port}" if ":" in host else f"{host}:{self._port}",
            "workers": self._settings.workers,
            "worker_class": BufferedWorker,
            "threads": self._settings.threads,
            "timeout": TIMEOUT_S,
            "graceful_timeout": max(1, round(self._settings.drain_seconds)),
            "proc_name": "hotline-web",
            "loglevel": "warning",
            "logger_class": HouseLogger,
            "control_socket_disable": True,
            "post_worker_init": lambda _worker: self._begin(),
            "worker_exit": lambda _server, _worker: self._close(),
            "child_exit": lambda _server, worker: forget(worker.pid, self._metrics),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def _begin(self) -> None:
        hangup_reopens_logs()
        log.info("web_ready", port=self._port)  # a supervisor hears it of gunicorn itself

    def load(self) -> Flask:
        # In the worker process: connections must not cross the fork.
        app, self._close = self._load()
        settle_heap()
        return app


def serve_web(settings: WebSettings, port: int, metrics: Path, load: Load) -> None:
    """Serve on `port` until SIGTERM or SIGINT, then finish the requests under way and exit.

    `metrics` is the folder that the processes share. Ends by SystemExit, as gunicorn does: status 0
    on a signal, else when the port is taken.
    """
    _Server(settings, port, metrics, load).run()
