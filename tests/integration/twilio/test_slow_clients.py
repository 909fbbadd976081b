"""Connections that are silent or drip cost nothing: genuine webhooks are answered beside them."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from call_handlers.twilio.signature import signature
from hotline.web.worker import MOST_CONNECTIONS, RECEIVE_S
from lab.callers.twilio_server import PUBLIC_URL, TOKEN
from store.migrations import upgrade
from tests.fixtures.house import house_of
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.twilio import STANDARD
from tests.fixtures.web_processes import WebProcess, web_process, web_settings

pytestmark = pytest.mark.xdist_group("slow-clients")  # one process is started for most

SLOW = 60
"""Of each kind; the server has four threads."""
HEAD = b"POST /twilio/voice HTTP/1.1\r\nHost: x\r\n"
KINDS = {
    "silent": b"",
    "slow headers": HEAD,
    "slow body": HEAD + b"Content-Length: 5000\r\n\r\nDigits=",
    "slow chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1000\r\n",
}


@pytest.fixture(scope="module")
def web(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisProcess
) -> Iterator[WebProcess]:
    """A web process with four threads, for all tests."""
    with started(Path(tmp_path_factory.mktemp("web")), redis_server) as process:
        yield process


@contextmanager
def started(folder: Path, redis: RedisProcess) -> Iterator[WebProcess]:
    """A web process on an empty database."""
    settings = web_settings(folder, redis.url)
    services = house_of(settings)
    upgrade(services.engine())
    services.close()
    with web_process(settings) as process:
        process.wait_ready()
        yield process


@contextmanager
def drippers(web: WebProcess, count: int) -> Iterator[list[socket.socket]]:
    """So many connections of each kind; all but the silent ones send a byte now and then."""
    stop = threading.Event()
    with ExitStack() as stack:
        opened = []
        for first in KINDS.values():
            for _ in range(count):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", web.port), 10))
                client.sendall(first)
                opened.append((client, bool(first)))

        def drip() -> None:
            while not stop.wait(0.5):
                for client, drips in opened:
                    with suppress(OSError):  # closed: as it should be
                        client.sendall(b"a" if drips else b"")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            yield [client for client, _ in opened]
        finally:
            stop.set()
            dripping.join()


def answered(web: WebProcess) -> None:
    """A genuine webhook is answered; its client waits for five seconds."""
    signed = {"X-Twilio-Signature": signature(TOKEN, f"{PUBLIC_URL}/twilio/voice", STANDARD)}
    url = f"{web.url}/twilio/voice"
    answer = httpx.post(url, data=STANDARD, headers=signed, timeout=5.0, trust_env=False)
    assert answer.status_code == 200


def is_closed(client: socket.socket, seconds: float) -> bool:
    """Whether the server closes this connection within so many seconds."""
    client.settimeout(seconds)
    try:
        while client.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def test_genuine_webhooks_are_answered_beside_slow_clients(web: WebProcess) -> None:
    """While they hold on, and they are let go in time."""
    with drippers(web, SLOW) as clients:
        for _ in range(10):
            answered(web)
        until = time.monotonic() + 3 * RECEIVE_S
        assert all(is_closed(one, max(0.1, until - time.monotonic())) for one in clients)
        answered(web)


def test_there_are_never_more_connections_than_a_limit(web: WebProcess) -> None:
    """Who has waited longest gives way, and never who has just asked."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", web.port), 10))
            for _ in range(MOST_CONNECTIONS + 20)
        ]
        answered(web)
        assert all(is_closed(one, RECEIVE_S / 2) for one in clients[:10])


def test_slow_clients_do_not_hold_a_process_that_ends(
    tmp_path: Path, redis_server: RedisProcess
) -> None:
    """It drains, and is gone before its time is over."""
    with started(tmp_path, redis_server) as web, drippers(web, 5):
        answered(web)
        web.process.terminate()
        assert web.process.wait(40) == 0


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
        (HEAD + b"Content-Length: 99999999\r\n\r\n", b"413"),
        (b"\x00\xff\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
    ],
)
def test_what_is_too_large_or_no_http_is_refused(
    web: WebProcess, request_line: bytes, status: bytes
) -> None:
    """With the status alone, and the next is served."""
    with socket.create_connection(("127.0.0.1", web.port), 10) as client:
        client.sendall(request_line)
        assert client.recv(64).split(b" ")[1] == status
    answered(web)
