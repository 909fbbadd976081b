"""A call's own web application on a real HTTP server, on a free loopback port."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

from hotline.callers.stores import Stores

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PUBLIC_URL = "https://hotline.example"
"""What Twilio is told; it is signed, and never resolved."""
TOKEN = secrets.token_hex(16)
"""The account's token, of this process alone."""

Application = Callable[[Stores], "WSGIApplication"]


class _Quiet(WSGIRequestHandler):
    """Answers without a line on standard error for every request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing: what goes wrong is told by the caller."""


@contextmanager
def serving(application: "WSGIApplication") -> Iterator[str]:
    """Serve the application; its local address. The server is gone at the end."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="twilio", daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
