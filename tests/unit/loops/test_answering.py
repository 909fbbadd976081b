"""A FastAGI server that hangs gives its supervisor no sign of life."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from host.life import Ear
from hotline.answering import asking_itself
from tests.fixtures.processes import wait_until


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server's socket: the kernel takes connections on it whatever the server does."""
    with closing(socket.create_server(("127.0.0.1", 0))) as made:
        yield made


def address(listener: socket.socket) -> tuple[str, int]:
    """Host and port."""
    host, port = listener.getsockname()
    return host, port


def test_a_server_that_takes_no_call_is_not_alive(listener: socket.socket) -> None:
    """Its port is open all the same."""
    with closing(Ear()) as ear, capture_logs() as logs:
        with asking_itself(*address(listener), ear.environment, every_s=0.01):
            wait_until(lambda: logs)
        assert not ear.heard()
    assert [(line["event"], line["error"]) for line in logs] == [("loop_waits", "TimeoutError")]


def test_a_server_that_does_not_serve_its_own_machine_is_alive(listener: socket.socket) -> None:
    """Only the networks of Asterisk may call, and it says so by closing at once."""

    def refuse() -> None:
        taken, _ = listener.accept()
        taken.close()

    threading.Thread(target=refuse, daemon=True).start()
    with closing(Ear()) as ear, asking_itself(*address(listener), ear.environment):
        wait_until(ear.heard)


def test_nobody_is_asked_where_nobody_listens() -> None:
    """On a terminal, and under a supervisor that asks by itself."""
    with capture_logs() as logs, asking_itself("127.0.0.1", 1, {}, every_s=0.01):
        pass
    assert logs == []
