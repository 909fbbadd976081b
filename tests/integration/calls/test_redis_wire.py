"""A reply that comes in pieces is one reply, and what is left of one is never the next caller's."""

import fcntl
import socket
import struct
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import redis

from store.redis_clients import make_redis

SHA = "0" * 40
WHOLE = {"text": (b"$5\r\nvalue\r\n", b"value"), "nothing": (b"$-1\r\n", None)} | {
    "a number": (b":42\r\n", 42),
    "less than nothing": (b":-7\r\n", -7),
    "a text of line ends": (b"$4\r\n\r\n\r\n\r\n", b"\r\n\r\n"),
    "an empty text": (b"$0\r\n\r\n", b""),
    "a word": (b"+OK\r\n", b"OK"),
    "a list": (b"*2\r\n$1\r\na\r\n:1\r\n", [b"a", 1]),
}
CUT = [
    pytest.param(reply[:at], reply[at:], value, id=f"{name} cut at {at}")
    for name, (reply, value) in WHOLE.items()
    for at in range(1, len(reply))
]


@contextmanager
def dripping(*replies: tuple[bytes, ...]) -> Iterator[str]:
    """A server that answers each script by the next of `replies`, piece by piece; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, list(replies)), daemon=True)
        thread.start()
        try:
            yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
        finally:  # who still waits for a connection would take one from whoever listens next
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listening: socket.socket, replies: list[tuple[bytes, ...]]) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection, replies), daemon=True).start()


def _answer(connection: socket.socket, replies: list[tuple[bytes, ...]]) -> None:
    """One client, until it goes."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError), connection, connection.makefile("rb") as file:
        while count := file.readline():
            words = []
            for _ in range(int(count[1:])):
                size = int(file.readline()[1:])
                words.append(file.read(size + 2)[:-2])
            if words[0] != b"EVALSHA":
                connection.sendall(b"+OK\r\n")
                continue
            for piece in replies.pop(0):
                connection.sendall(piece)
                _until_read(connection)


def _until_read(connection: socket.socket) -> None:
    """Until the other end has acknowledged what was sent: the next piece comes by itself."""
    for _ in range(2000):
        waiting = fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0\0\0\0")
        if struct.unpack("i", waiting)[0] == 0:
            threading.Event().wait(0.002)  # acknowledged; now it is to be read
            return
        threading.Event().wait(0.0005)


@pytest.mark.parametrize(("first", "rest", "value"), CUT)
def test_a_reply_is_the_same_wherever_it_is_cut(first: bytes, rest: bytes, value: object) -> None:
    """And the reply after it is its own."""
    with (
        dripping((first, rest), (b"$4\r\nnext\r\n",)) as url,
        make_redis(url, fast=True, max_connections=1) as client,
    ):
        assert client.evalsha(SHA, 0) == value
        assert client.evalsha(SHA, 0) == b"next"


def test_a_reply_that_is_none_closes_its_connection() -> None:
    """Whoever asks next gets their own."""
    with (
        dripping((b"$x\r\n", b"one caller's\r\n"), (b"$7\r\nanother\r\n",)) as url,
        make_redis(url, fast=True, max_connections=1) as client,
    ):
        with pytest.raises((redis.RedisError, ValueError)):
            client.evalsha(SHA, 0)
        assert client.evalsha(SHA, 0) == b"another"
