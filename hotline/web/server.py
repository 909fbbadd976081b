"""Serving the web application: gunicorn's processes, waitress in each, drained on SIGTERM."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from host.heap import settle_heap
from host.log_writer import reopen
from hotline.gunicorn_logger import HouseLogger
from hotline.setting_groups import ConsoleSettings, WebSettings
from hotline.web.metrics import forget
from hotline.web.worker import BufferedWorker

log = structlog.get_logger()

TIMEOUT_S = 20
"""A worker that hangs for so long is replaced. Twilio itself waits for 15 s."""

Application = Callable[..., Any]
"""As WSGI has it (PEP 3333)."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The application of a process, and what closes it there."""

    app: Application
    close: Callable[[], None]


Load = Callable[[], Loaded]
"""Makes the application in a process."""


class Exchangeable:
    """An application in whose place another can be put: requests that come then are its."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def use(self, app: Application) -> None:
        """From now on this one; requests under way are finished by the other."""
        self._app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """As WSGI has it."""
        return self._app(environ, start_response)


class _Master(Arbiter):
    def reload(self) -> None:
        """SIGHUP: no process ends, where gunicorn would exchange them. Each is told."""
        reopen()
        self.app.hung_up()
        self.kill_workers(signal.SIGHUP)


class _Server(BaseApplication):
    def __init__(
        self,
        role: str,
        settings: WebSettings | ConsoleSettings,
        port: int,
        metrics: Path | None,
        load: Load,
        hung_up: Callable[[], None],
    ) -> None:
        self._role = role
        self.hung_up = hung_up
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
            "proc_name": f"hotline-{self._role}",
            "loglevel": "warning",
            "logger_class": HouseLogger,
            "control_socket_disable": True,
            "post_worker_init": lambda _worker: self._begin(),
            "worker_exit": lambda _server, _worker: self._close(),
            "child_exit": lambda _server, worker: self._forget(worker.pid),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def _begin(self) -> None:
        log.info(f"{self._role}_ready", port=self._port)  # a supervisor hears it of gunicorn itself

    def _forget(self, pid: int) -> None:
        if self._metrics is not None:
            forget(pid, self._metrics)

    def load(self) -> Application:
        # In the worker process: connections must not cross the fork.
        loaded = self._load()
        self._close = loaded.close
        settle_heap()
        return loaded.app

    def run(self) -> None:
        _Master(self).run()


def serve_web(
    settings: WebSettings | ConsoleSettings,
    port: int,
    metrics: Path | None,
    load: Load,
    hung_up: Callable[[], None] = lambda: None,
    *,
    role: str = "web",
) -> None:
    """Serve `role` on `port` until SIGTERM or SIGINT, then finish the requests under way and exit.

    `metrics` is the folder that the processes share, None where they share none. `hung_up` is
    called at SIGHUP in the process that the others were forked from, before they are told; what
    `load` made minds it by itself.
    Ends by SystemExit, as gunicorn does: status 0 on a signal, else when the port is taken.
    """
    _Server(role, settings, port, metrics, load, hung_up).run()
