"""`hotline console`: pages for those who run the line and the HTTP API, apart from all calls."""

from contextlib import ExitStack

import rich_click as click

from console.assets import AssetsMissing, load_assets
from host.signals import hangup_reopens_logs
from hotline.bootstrap import Services, ensure_folders
from hotline.environment import SettingsWrong
from hotline.live import Live
from hotline.waiting import look_beside_calls
from hotline.web.server import Exchangeable, Loaded, serve_web

_OPEN = (
    "HOTLINE_CONSOLE__HOST is one that others reach: set HOTLINE_CONSOLE__PUBLIC_URL to the https "
    "address of the proxy in front, or leave the host at 127.0.0.1"
)


@click.command()
@click.option("--port", type=int, default=None, help="TCP port; default: from the settings")
@click.pass_obj
def console(services: Services, port: int | None) -> None:
    """Serve the console until SIGTERM. No call goes through this process, or waits for it."""
    settings = services.settings
    if settings.console.is_open:
        raise SettingsWrong([_OPEN])
    live = Live("console", services)
    ensure_folders(settings)
    try:
        load_assets()
    except AssetsMissing as error:
        raise click.ClickException(str(error)) from None
    hangup_reopens_logs()
    at = settings.console.port if port is None else port
    with live.told(lambda _new: None):
        serve_web(settings.console, at, None, lambda: _load(live), live.look, role="console")


def _load(master: Live) -> Loaded:
    """The application in a process of its own. It begins with the files that `master` has."""
    from hotline.console.wiring import make_console

    live = master.of_child()
    hangup_reopens_logs(live.hung_up)
    look_beside_calls(live.now, "console")
    with ExitStack() as stack:
        stack.callback(live.now.close)
        app = Exchangeable(make_console(live.now))
        stack.enter_context(live.running(lambda new: app.use(make_console(new))))
        return Loaded(app, stack.pop_all().close)
