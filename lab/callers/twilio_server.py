"""A call's own web application on a real HTTP server, on a free loopback port."""

import io
import secrets
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

from call_handlers.twilio.answers import Webhooks
from call_handlers.twilio.heard import Heard, heard_url
from call_handlers.twilio.render import Rendering
from call_handlers.twilio.signature import Gate
from call_handlers.twilio.spoken import Speaker
from hotline.bootstrap import Services
from hotline.web.app import create_app
from hotline.web.wiring import lines_of, voices_of
from lab.callers.stores import Stores
from recordings.register import note_recording

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


def said() -> bytes:
    """What a caller has said, as far as it matters here: half a second of sound."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(8000))
    return file.getvalue()


def heard_at(reference: str) -> str:
    """Where a recording would be fetched that is played back to its caller."""
    return heard_url(PUBLIC_URL, TOKEN, reference)


def application(services: Services) -> Application:
    """The house's web application, on the stores of a call and the sounds that there are now."""
    settings = services.settings
    there = {f"{p.parent.name}/{p.stem}" for p in settings.sounds.glob("*/*.wav") if p.is_file()}
    voices, lines = voices_of(settings.twilio, services.languages), lines_of(settings.twilio)
    speaker = Speaker(services.catalogue, there.__contains__, PUBLIC_URL, voices, heard_at)

    def made(stores: Stores) -> "WSGIApplication":
        def noted(call_id: str, turn: int, sid: str) -> None:
            now = datetime.now(UTC)
            note_recording(stores.engine, call_id=call_id, turn=turn, recording_sid=sid, now=now)

        webhooks = Webhooks(
            desk=stores.desk,
            gate=Gate(PUBLIC_URL, [TOKEN]),
            rendering=Rendering(speaker, lines),
            note_recording=noted,
            heard=Heard(PUBLIC_URL, TOKEN, stores.desk.find, lambda _: said(), lambda _: None),
        )
        return create_app(
            webhooks,
            sounds=settings.sounds,
            languages=services.flow.languages,
            checks={},
            metrics=bytes,
        )

    return made
