"""`hotline web`: the web application, in as many processes as the settings say."""

import os
import sys
from collections.abc import Callable

import rich_click as click
import structlog
from flask import Flask

from host.log_writer import settle
from host.signals import hangup_reopens_logs
from hotline.bootstrap import Services, ensure_folders
from hotline.menu import refuse_unfit
from hotline.settings import Settings
from hotline.waiting import look_beside_calls
from hotline.web.metrics import VARIABLE, emptied, shared_folder
from hotline.web.server import serve_web

log = structlog.get_logger()


@click.command()
@click.option("--port", type=int, default=None, help="TCP port; default: from the settings")
@click.pass_obj
def web(services: Services, port: int | None) -> None:
    """Serve the HTTP API until SIGTERM; then finish the requests under way.

    And Twilio's webhooks, where Twilio is configured.
    """
    settings = services.settings
    at = settings.web.port if port is None else port
    refuse_unfit(services)
    ensure_folders(settings)
    folder = settings.state_dir.absolute() / "metrics" / f"web-{at}"
    if shared_folder() != folder:
        # prometheus_client was imported, without the folder, by whatever counts something.
        try:
            emptied(folder)
        except OSError as error:
            log.error("metrics_not_shared", error=type(error).__name__)
        settle()
        command = (sys.executable, "-m", "hotline.web", *sys.argv[1:])
        os.execve(sys.executable, command, {**os.environ, VARIABLE: str(folder)})  # noqa: S606
    hangup_reopens_logs()
    serve_web(settings.web, at, folder, lambda: _load(settings))


def _load(settings: Settings) -> tuple[Flask, Callable[[], None]]:
    from hotline.web.wiring import make_web_app

    services = Services(settings)
    look_beside_calls(services, "web")
    return make_web_app(services), services.close
