"""Whether FastAGI answers: asked by who supervises it, by the doctor, and by itself.

Who leads calls imports this: it brings no HTTP client.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress

from host.life import VARIABLE, Supervisor
from outbox.periodic import Loops, Periodic

PROBE_SECONDS = 1.0
EVERY_S = 5.0
_PING = b"agi_network: yes\nagi_network_script: ping\n\n"


def agi_answers(host: str, port: int) -> bool:
    """Whether the FastAGI server there takes a call of the script `ping` and speaks."""
    with closing(socket.create_connection((host, port), PROBE_SECONDS)) as connection:
        connection.settimeout(PROBE_SECONDS)
        connection.sendall(_PING)
        spoke = bool(connection.recv(512))
        connection.sendall(b"200 result=1\n")
        return spoke


@contextmanager
def asking_itself(
    host: str, port: int, environ: Mapping[str, str], every_s: float = EVERY_S
) -> Iterator[None]:
    """Tell the supervisor while inside, where one listens, that the server there takes calls.

    systemd asks no port: without this a server that hangs would be left as it is.
    """
    if VARIABLE not in environ:
        yield
        return
    with closing(Supervisor(environ)) as supervisor:

        def ask() -> None:
            # Its own address may not call here: it was told so, and that is an answer.
            with suppress(ConnectionResetError, BrokenPipeError):
                agi_answers(host, port)
            supervisor.told(b"WATCHDOG=1")

        with Loops([Periodic("answers", every_s, ask)], afresh=_nothing, end=_nothing).running():
            yield


def _nothing() -> None:
    pass
