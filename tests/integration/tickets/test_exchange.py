"""One question to another's server ends in its time, at its size, and leaves nothing behind."""

import gzip
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path

import httpcore
import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from carriers.bounded_network import BoundedNetwork, Bounds
from carriers.exchange import AddressRefused, ExchangeFailed, asked
from tests.fixtures.receivers import ENDLESS, SAID_SO, Answer, bomb, hang_up, receiver

SECONDS = 0.4


def post(url: str) -> httpx.Request:
    """A question with a body."""
    return httpx.Request("POST", url, content=b"{}")


@pytest.fixture
def timed() -> Iterator[None]:
    """What never ends by itself ended by the deadline, also on a busy machine."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 10


@pytest.mark.usefixtures("timed")
@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_answer_that_never_comes_is_given_up_in_time(answer: Answer) -> None:
    """However often a byte of it comes; and it is told that the server has the question."""
    with (
        receiver(answer) as there,
        pytest.raises(ExchangeFailed) as caught,
        asked(post(there.url()), SECONDS),
    ):
        pass
    assert caught.value.sent
    assert there.bodies == [b"{}"]


@pytest.mark.usefixtures("timed")
@pytest.mark.parametrize("answer", SAID_SO.values(), ids=SAID_SO.keys())
def test_a_status_is_heard_though_its_body_never_ends(answer: Answer) -> None:
    """Who needs the status alone reads no more; who wants the body hears that there is none."""
    with receiver(answer) as there, asked(post(there.url()), 30.0) as reply:
        assert reply.status == 200
        assert reply.read(seconds=SECONDS) is None


def test_a_bomb_is_never_unfolded() -> None:
    """Its limit counts what comes out: twenty kilobytes would become twenty megabytes."""
    with receiver(bomb) as there, asked(post(there.url()), 20.0) as reply:
        tracemalloc.start()
        try:
            assert reply.read() is None
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 5_000_000


@pytest.mark.usefixtures("timed")
@pytest.mark.parametrize("piece", [b"", b"\x00"], ids=["silence", "a byte at a time"])
def test_a_handshake_that_never_ends_is_given_up_in_time(piece: bytes) -> None:
    """TLS: not a byte of the question has left."""
    over = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def shake() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"\x16\x03\x03\x40\x00" if piece else b"")
                while not over.wait(0.02):
                    peer.sendall(piece)

        thread = threading.Thread(target=shake, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        try:
            with pytest.raises(ExchangeFailed) as caught, asked(post(url), SECONDS):
                pass
        finally:
            over.set()
            thread.join(10)
    assert (str(caught.value), caught.value.sent) == ("ConnectTimeout", False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for `localhost` that nobody vouches for."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    request = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(path), "-out", str(path.with_suffix(".crt"))]
    subprocess.run(["openssl", *request, *named, *files], check=True, capture_output=True)
    with path.open("ab") as both:
        both.write(path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
def tls(certificate: Path) -> Iterator[HTTPServer]:
    """A server by that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with HTTPServer("localhost", 0, ssl_context=context) as server:
        server.expect_request("/").respond_with_data("taken")
        yield server


def test_a_server_that_nobody_vouches_for_gets_nothing(tls: HTTPServer) -> None:
    """Its certificate may be anybody's."""
    with pytest.raises(ExchangeFailed) as caught, asked(post(tls.url_for("/")), 5.0):
        pass
    assert (str(caught.value), caught.value.sent) == ("ConnectError", False)
    assert tls.log == []


def test_a_server_that_somebody_vouches_for_is_asked(tls: HTTPServer, certificate: Path) -> None:
    """Over the bounded network, whose bytes are counted as they come out of TLS."""
    trusting = ssl.create_default_context(cafile=certificate.with_suffix(".crt"))
    bounds = Bounds(time.monotonic() + 10, 10_000)
    origin = httpcore.URL(tls.url_for("/")).origin
    with httpcore.HTTPConnection(
        origin, ssl_context=trusting, network_backend=BoundedNetwork(bounds)
    ) as connection:
        assert connection.request("GET", tls.url_for("/")).content == b"taken"
    assert bounds.sent
    assert 0 < bounds.bytes_left < 10_000


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1:1/", "ConnectError"),
        ("http://a..b/", "ConnectError"),
        ("ftp://127.0.0.1/", "UnsupportedProtocol"),
    ],
)
def test_who_cannot_be_reached_has_nothing_of_the_question(url: str, kind: str) -> None:
    """So it may be put again as often as one likes."""
    with pytest.raises(ExchangeFailed) as caught, asked(post(url), 5.0):
        pass
    assert (str(caught.value), caught.value.sent) == (kind, False)


def test_a_connection_that_ends_without_an_answer_may_have_taken_the_question() -> None:
    """Nobody knows."""
    with (
        receiver(hang_up) as there,
        pytest.raises(ExchangeFailed) as caught,
        asked(post(there.url()), 5.0),
    ):
        pass
    assert caught.value.sent


def test_an_address_that_is_not_admitted_gets_no_connection() -> None:
    """Where the name leads is looked at by who connects, not once before."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.setblocking(False)
        url = f"http://localhost:{listener.getsockname()[1]}/"
        refused = ip_address("127.0.0.1")
        with pytest.raises(AddressRefused), asked(post(url), 5.0, admits=lambda a: a != refused):
            pass
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_an_answer_that_comes_packed_though_nobody_asked_is_read(
    coding: str, httpserver: HTTPServer
) -> None:
    """Some servers pack whatever they send."""
    answer = b'{"id": "A-1"}'
    packed = {"gzip": gzip.compress(answer), "deflate": zlib.compress(answer)}[coding]
    given = {"content-encoding": coding}
    httpserver.expect_request("/").respond_with_data(packed, headers=given)
    with asked(post(httpserver.url_for("/")), 5.0) as reply:
        assert reply.read() == b'{"id": "A-1"}'


def test_nothing_of_one_question_is_in_the_next(httpserver: HTTPServer) -> None:
    """No cookie is kept and no connection used twice."""
    seen: list[tuple[object, object]] = []

    def answer(request: Request) -> Response:
        seen.append((request.headers.get("cookie"), request.environ["REMOTE_PORT"]))
        return Response("", headers={"set-cookie": f"session={len(seen)}; Path=/"})

    httpserver.expect_request("/").respond_with_handler(answer)
    for _ in range(3):
        with asked(post(httpserver.url_for("/")), 5.0) as reply:
            assert reply.status == 200
    cookies, ports = zip(*seen, strict=True)
    assert cookies == (None, None, None)
    assert len(set(ports)) == 3


def test_a_user_and_a_password_in_an_address_are_said_as_such(httpserver: HTTPServer) -> None:
    """As every client of HTTP does."""
    httpserver.expect_request(
        "/", headers={"authorization": "Basic dXNlcjpwQHNz"}
    ).respond_with_data("")
    url = httpserver.url_for("/").replace("http://", "http://user:p%40ss@")
    with asked(post(url), 5.0) as reply:
        assert reply.status == 200
