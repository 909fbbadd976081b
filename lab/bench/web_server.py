"""The web application as it is served, with one more route that returns a constant string.

Run by the bench alone: `python -m lab.bench.web_server PORT METRICS_FOLDER`, with the settings
in the environment.
"""

import sys
from pathlib import Path

from call_handlers.twilio.recent import RecentCalls
from hotline.bootstrap import Services
from hotline.logs import configure
from hotline.settings import load_settings
from hotline.web.server import Loaded, serve_web
from hotline.web.wiring import make_web_app

CONSTANT_PATH = "/bench/constant"
CONSTANT = "ok"


def main() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    configure(settings.log.level, settings.log.format)

    def load() -> Loaded:
        services = Services(settings)
        # A turn is measured whole: its session is loaded, as when another process had the last one.
        app = make_web_app(services, RecentCalls(0))
        app.add_url_rule(CONSTANT_PATH, "constant", lambda: CONSTANT)
        return Loaded(app, services.close)

    serve_web(settings.web, int(sys.argv[1]), Path(sys.argv[2]), load)


if __name__ == "__main__":
    main()
