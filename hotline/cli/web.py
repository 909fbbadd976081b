"""`hotline web`: the web application, in as many processes as the settings say."""

import os
import sys
from contextlib import ExitStack

import rich_click as click
import structlog

from host.log_writer import settle
from host.signals import hangup_reopens_logs
from hotline.bootstrap import Services, ensure_folders
from hotline.live import Live
from hotline.menu import refuse_unfit
from hotline.waiting import look_beside_calls
from hotline.web.metrics import VARIABLE, emptied, shared_folder
from hotline.web.server import Exchangeable, Loaded, serve_web

log = structlog.get_logger()


@click.command()
@click.option("--port", type=int, default=None, help="TCP port; default: from the settings")
@click.pass_obj
def web(services: Services, port: int | None) -> None:
    """Serve Twilio's webhooks until SIGTERM; then finish the requests under way.

    And health and metrics, with Twilio and without.
    """
    settings, live = services.settings, Live("web", services)
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
        os.execve(sys.executable, command, {**os.environ, VARIABLE: str(folder)})  # noqa: S606 - our own command
    hangup_reopens_logs()
    with live.told(lambda _new: None):
        serve_web(settings.web, at, folder, lambda: _load(live), live.look)


def _load(master: Live) -> Loaded:
    """The application in a process of its own. It begins with the files that `master` has."""
    from call_handlers.twilio.recent import RecentCalls
    from hotline.beside_calls import beside_webhooks
    from hotline.web.wiring import make_web_app

    live, recent = master.of_child(), RecentCalls()
    hangup_reopens_logs(live.hung_up)
    look_beside_calls(live.now, "web")
    with ExitStack() as stack:
        stack.callback(live.now.close)
        app = Exchangeable(make_web_app(live.now, recent))
        stack.enter_context(beside_webhooks(live.now, lambda: live.now).running())
        stack.enter_context(live.running(lambda new: app.use(make_web_app(new, recent))))
        return Loaded(app, stack.pop_all().close)
