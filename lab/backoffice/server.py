"""Serving the back office: gunicorn, one worker process with threads, ends cleanly on SIGTERM."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
from gunicorn.app.base import BaseApplication

from host.signals import hangup_reopens_logs
from hotline.gunicorn_logger import HouseLogger
from lab.backoffice.app import create_backoffice

log = structlog.get_logger()

_THREADS = 8
_GRACEFUL_S = 5


class _Server(BaseApplication):
    def __init__(
        self, host: str, port: int, db_path: Path, secrets: Callable[[], Sequence[str]]
    ) -> None:
        self._address = f"{host}:{port}"
        self._db_path = db_path
        self._secrets = secrets
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": self._address,
            "workers": 1,
            "worker_class": "gthread",
            "threads": _THREADS,
            "graceful_timeout": _GRACEFUL_S,
            "proc_name": "hotline-backoffice",
            "accesslog": None,
            "loglevel": "warning",
            "logger_class": HouseLogger,
            "post_worker_init": lambda _worker: self._begin(),
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def _begin(self) -> None:
        hangup_reopens_logs()
        log.info("backoffice_ready", address=self._address)

    def load(self) -> Any:
        # In the worker process: a database connection must not cross the fork.
        return create_backoffice(self._db_path, self._secrets)


def serve_backoffice(
    host: str, port: int, db_path: Path, secrets: Callable[[], Sequence[str]]
) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests under way and exit the process.

    Ends by SystemExit, as gunicorn does: status 0 on a signal, else when the port is taken.
    """
    _Server(host, port, db_path, secrets).run()
