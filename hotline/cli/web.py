"""`hotline web`: the web application, in as many processes as the settings say."""

import os
import sys
from collections.abc import Callable

import rich_click as click
from flask import Flask

from hotline.bootstrap import Services, ensure_folders
from hotline.settings import Settings
from hotline.web.metrics import VARIABLE, emptied, shared_folder
from hotline.web.server import serve_web


@click.command()
@click.option("--port", type=int, default=None, help="TCP port; default: from the settings")
@click.pass_obj
def web(services: Services, port: int | None) -> None:
    """Answer Twilio's webhooks until SIGTERM; then finish the requests under way."""
    settings = services.settings
    at = settings.web.port if port is None else port
    ensure_folders(settings)
    folder = settings.state_dir.absolute() / "metrics" / f"web-{at}"
    if shared_folder() != folder:
        # prometheus_client was imported, without the folder, by whatever counts something.
        emptied(folder)
        command = (sys.executable, "-m", "hotline", *sys.argv[1:])
        os.execve(sys.executable, command, {**os.environ, VARIABLE: str(folder)})  # noqa: S606
    serve_web(settings.web, at, folder, lambda: _load(settings))


def _load(settings: Settings) -> tuple[Flask, Callable[[], None]]:
    services = Services(settings)
    return services.web_app(), services.close
