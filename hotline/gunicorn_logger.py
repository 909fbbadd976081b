"""What gunicorn has to say, handed to the house's log, which never raises and never waits."""

from typing import Any

from gunicorn.glogging import Logger


class HouseLogger(Logger):
    """gunicorn's own lines; requests are told of by who serves them."""

    def setup(self, cfg: Any) -> None:
        """No handlers of its own."""
        super().setup(cfg)
        for handler in list(self.error_log.handlers):
            self.error_log.removeHandler(handler)
        self.error_log.propagate = True
