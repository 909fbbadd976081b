"""The FastAGI server over real sockets: what it serves, what it refuses, and that nothing hangs."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from agi_scripts.channel import AgiChannel
from agi_scripts.scripts import Script, ping
from agi_scripts.server import RESERVE, FastAgiServer
from tests.fixtures.agi import serving

BLOCK = b"agi_network: yes\nagi_network_script: %s\nagi_uniqueid: 1.1\n\n"


class Held:
    """A script that holds its connection until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.let_go = threading.Event()

    def __call__(self, channel: AgiChannel) -> str:
        """Wait."""
        self.entered.release()
        assert self.let_go.wait(10)
        channel.command("NOOP")
        return "ok"


@contextlib.contextmanager
def server_of(**options: Any) -> Iterator[FastAgiServer]:
    """A server that runs on a free port; `scripts` by keyword."""
    scripts: dict[str, Script] = options.pop("scripts", {"ping": ping})
    server = FastAgiServer("127.0.0.1", 0, scripts, **options)
    with serving(server):
        yield server


@contextlib.contextmanager
def connected(server: FastAgiServer, block: bytes = b"") -> Iterator[socket.socket]:
    """A connection that has sent this much."""
    with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        connection.sendall(block)
        yield connection


def until(condition: Callable[[], bool]) -> None:
    """Wait for the condition, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.005)


def closed(connection: socket.socket) -> bool:
    """Whether the server has closed the connection without a word."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def refused(reason: str) -> float:
    """How many were refused for this reason so far."""
    name = "hotline_agi_refused_total"
    return REGISTRY.get_sample_value(name, {"reason": reason}) or 0.0


def test_a_ping_is_answered_and_closed() -> None:
    """A health check sees one harmless command and the end."""
    with server_of() as server, connected(server, BLOCK % b"ping") as connection:
        assert connection.recv(100).startswith(b"VERBOSE ")
        connection.sendall(b"200 result=1\n")
        assert closed(connection)


@pytest.mark.parametrize(
    ("reason", "block"),
    [
        ("script", BLOCK % b"../../etc/passwd"),
        ("script", BLOCK % b"nonesuch"),
        ("script", BLOCK % b""),
        ("script", b"\n"),
        ("environment", b"agi_x: 1\n" * 10_000),
        ("environment", b"x" * 200_000),
        ("environment", BLOCK % b"ping" + b"200 result=1\n"),
    ],
)
def test_what_is_no_call_is_closed_without_a_word(reason: str, block: bytes) -> None:
    """An unknown script, a path, a block without an end: refused, counted, logged once."""
    before = refused(reason)
    with (
        server_of() as server,
        capture_logs() as logs,
        socket.create_connection(("127.0.0.1", server.port), 5) as connection,
    ):
        with contextlib.suppress(ConnectionError):  # it may be closed while we still send
            connection.sendall(block)
        assert closed(connection)
        until(lambda: server.in_progress == 0)
    assert refused(reason) == before + 1
    assert [(entry["event"], entry["reason"]) for entry in logs] == [("agi_refused", reason)]


def test_a_block_that_does_not_end_is_cut_at_the_deadline() -> None:
    """A byte now and then does not hold a thread."""
    with server_of(environment_s=0.2) as server, connected(server) as connection:
        started = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - started < 10:
                connection.sendall(b"a")
                connection.settimeout(0.02)
                with contextlib.suppress(TimeoutError):
                    if connection.recv(1) == b"":
                        break
        assert time.monotonic() - started < 5
        until(lambda: server.in_progress == 0)


def test_an_early_end_is_refused() -> None:
    """Somebody who connects and leaves costs nothing."""
    before = refused("environment")
    with server_of() as server:
        with connected(server, b"agi_network: yes\n"):
            pass
        until(lambda: refused("environment") == before + 1)


def test_a_peer_outside_the_allowed_networks_is_refused() -> None:
    """FastAGI has no authentication of its own."""
    before = refused("peer")
    with (
        server_of(allowed=["192.0.2.0/24"]) as server,
        connected(server, BLOCK % b"ping") as connection,
    ):
        assert closed(connection)
    assert refused("peer") == before + 1


def test_a_call_over_the_limit_is_closed_and_the_end_of_calls_is_still_served() -> None:
    """Busy means "the next server"; the hang-up handler must get through."""
    held = Held()
    with server_of(scripts={"call": held, "ended": ping}, max_calls=1) as server:
        with (
            connected(server, BLOCK % b"call") as first,
            connected(server, BLOCK % b"ended") as ended,
        ):
            assert held.entered.acquire(timeout=5)
            with connected(server, BLOCK % b"call") as second:
                assert closed(second)
            assert ended.recv(100).startswith(b"VERBOSE ")
            held.let_go.set()
            assert first.recv(100) == b"NOOP\n"
            first.sendall(b"200 result=0\n")
            assert closed(first)
        with connected(server, BLOCK % b"call") as third:
            assert third.recv(100) == b"NOOP\n"


def test_connections_are_bounded_whatever_they_ask_for() -> None:
    """A flood of silent connections does not become a flood of threads."""
    with server_of(max_calls=1, environment_s=10) as server, contextlib.ExitStack() as stack:
        for _ in range(1 + RESERVE):
            stack.enter_context(connected(server))
        until(lambda: server.in_progress == 1 + RESERVE)
        assert closed(stack.enter_context(connected(server)))
        assert server.in_progress == 1 + RESERVE


def test_a_script_that_raises_ends_its_own_call_only() -> None:
    """Others go on; the failure is logged once, with its kind."""

    def fail(_channel: AgiChannel) -> str:
        raise ZeroDivisionError

    held = Held()
    with server_of(scripts={"call": held, "ping": fail}) as server, capture_logs() as logs:
        with connected(server, BLOCK % b"call") as good:
            assert held.entered.acquire(timeout=5)
            with connected(server, BLOCK % b"ping") as bad:
                assert closed(bad)
            held.let_go.set()
            assert good.recv(100) == b"NOOP\n"
            good.sendall(b"200 result=0\n")
            assert closed(good)
        until(lambda: server.in_progress == 0)
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
        "agi_call_failed"
    ]


def test_draining_refuses_new_calls_and_lets_those_in_progress_finish() -> None:
    """SIGTERM is not noticed by anybody who is on the telephone."""
    held = Held()
    cut: list[int] = []
    with (
        server_of(scripts={"call": held}) as server,
        connected(server, BLOCK % b"call") as connection,
    ):
        assert held.entered.acquire(timeout=5)
        drain = threading.Thread(target=lambda: cut.append(server.drain(10)))
        drain.start()
        until(lambda: not listens(server.port))
        held.let_go.set()
        assert connection.recv(100) == b"NOOP\n"
        connection.sendall(b"200 result=0\n")
        assert closed(connection)
        drain.join(5)
    assert cut == [0]


def test_draining_cuts_what_does_not_finish() -> None:
    """The bound holds: the connection ends, so the dialplan takes the call elsewhere."""

    def waits(channel: AgiChannel) -> str:
        channel.command("NOOP")  # never answered
        return "ok"

    with (
        server_of(scripts={"call": waits}) as server,
        connected(server, BLOCK % b"call") as connection,
    ):
        assert connection.recv(100) == b"NOOP\n"
        started = time.monotonic()
        assert server.drain(0.1) == 1
        assert closed(connection)
        assert server.in_progress == 0
        assert time.monotonic() - started < 4


def test_serving_for_ever_ends_with_the_drain() -> None:
    """A process can wait in it."""
    server = FastAgiServer("127.0.0.1", 0, {"ping": ping})
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    until(lambda: server.port != 0 and listens(server.port))
    server.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_two_hundred_connections_at_once_are_served() -> None:
    """Each has its thread; all are answered."""
    held = Held()
    with server_of(scripts={"call": held}) as server, contextlib.ExitStack() as stack:
        before = resident_kb()
        connections = [stack.enter_context(connected(server, BLOCK % b"call")) for _ in range(200)]
        for _ in connections:
            assert held.entered.acquire(timeout=10)
        assert server.in_progress == 200
        assert resident_kb() - before < 200 * 100
        held.let_go.set()
        for connection in connections:
            assert connection.recv(100) == b"NOOP\n"
            connection.sendall(b"200 result=0\n")
        assert all(closed(connection) for connection in connections)


def listens(port: int) -> bool:
    """Whether somebody accepts connections at this port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def resident_kb() -> int:
    """Memory of this process (kB)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
