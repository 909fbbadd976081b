"""A connection's deadlines: kept by the kernel, told to it seldom, never longer than allowed."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from agi_scripts.channel import AgiChannel, read_environment
from agi_scripts.connection import Connection
from agi_scripts.environment import Environment
from agi_scripts.errors import ConnectionLost, DeadlinePassed

LONG = 30.0
"""Longer than any of these tests may take (s)."""


class Counting(socket.socket):
    """A socket that counts how often the kernel is told or asked anything but to read and write."""

    told = 0

    def settimeout(self, value: float | None) -> None:
        """Count, and do it."""
        self.told += 1
        super().settimeout(value)

    def setsockopt(self, *args: Any) -> None:
        """Count, and do it."""
        self.told += 1
        super().setsockopt(*args)


@contextlib.contextmanager
def pair() -> Iterator[tuple[Counting, socket.socket]]:
    """A socket of ours, and the one at its other end."""
    plain, theirs = socket.socketpair()
    ours = Counting(plain.family, plain.type, plain.proto, fileno=plain.detach())
    with ours, theirs:
        yield ours, theirs


@contextlib.contextmanager
def later(seconds: float, act: Callable[[], object]) -> Iterator[None]:
    """`act` is done after a while, at the latest before this is left."""
    timer = threading.Timer(seconds, act)
    timer.start()
    try:
        yield
    finally:
        timer.join(5)


def test_commands_in_quick_succession_tell_the_kernel_nothing() -> None:
    """A time-out for each command would double what the wire costs."""
    with pair() as (ours, theirs):
        theirs.sendall(b"agi_network: yes\n\n")
        connection = Connection(ours)
        channel = AgiChannel(connection, read_environment(connection, 2.0))
        for lasts in (0.0, 3.0, 60.0):
            theirs.sendall(b"200 result=0\n")
            channel.command("NOOP", lasts=lasts)
        before = ours.told
        for lasts in (0.0, 60.0, 0.0, 7.0) * 5:
            theirs.sendall(b"200 result=0\n")
            channel.command("NOOP", lasts=lasts)
        assert ours.told == before


def test_an_answer_may_come_after_many_waits() -> None:
    """A caller thinks for longer than one wait of the kernel's: the command goes on."""
    with pair() as (ours, theirs):
        connection = Connection(ours, slice_s=0.02)
        with later(0.2, lambda: theirs.sendall(b"200")):
            assert connection.receive(time.monotonic() + LONG) == b"200"


def test_a_command_may_take_as_long_as_it_lasts() -> None:
    """The margin begins when what is played has ended, not when it begins."""
    with pair() as (ours, theirs):
        channel = AgiChannel(Connection(ours), Environment({}), margin_s=0.05)
        with later(0.3, lambda: theirs.sendall(b"200 result=0\n")):
            assert channel.command("EXEC Playback", "long", lasts=LONG).result == "0"


def test_a_short_deadline_leaves_a_later_long_one_alone() -> None:
    """What the kernel was told for the environment does not cut the first command."""
    with pair() as (ours, theirs):
        connection = Connection(ours)
        with pytest.raises(DeadlinePassed):
            connection.receive(time.monotonic() + 0.02)
        with later(0.2, lambda: theirs.sendall(b"200")):
            assert connection.receive(time.monotonic() + LONG) == b"200"


def test_a_long_deadline_leaves_a_later_short_one_alone() -> None:
    """After a minute's prompt a variable is not waited for as long."""
    with pair() as (ours, theirs):
        connection = Connection(ours)
        theirs.sendall(b"200")
        connection.receive(time.monotonic() + LONG)
        started = time.monotonic()
        with pytest.raises(DeadlinePassed):
            connection.receive(started + 0.05)
        assert time.monotonic() - started < 3


def test_a_connection_that_is_shut_meanwhile_is_lost_at_once() -> None:
    """A server that is drained wakes whoever waits; a peer that half closes does too."""
    for shut in (0, 1):
        with (
            pair() as ends,
            later(0.05, partial(ends[shut].shutdown, socket.SHUT_RDWR)),
            pytest.raises(ConnectionLost),
        ):
            Connection(ends[0]).receive(time.monotonic() + LONG)


def test_a_peer_that_reads_slowly_gets_the_whole_line() -> None:
    """What the kernel has no room for is written as room comes."""
    line = bytes(range(256)) * 4000
    with pair() as (ours, theirs):
        read = bytearray()

        def reads() -> None:
            while len(read) < len(line):
                read.extend(theirs.recv(5000))

        thread = threading.Thread(target=reads)
        thread.start()
        Connection(ours).send(line, time.monotonic() + LONG)
        thread.join(10)
        assert bytes(read) == line


def test_a_peer_that_reads_a_little_is_given_up_at_the_deadline() -> None:
    """Reading now and then does not move the deadline of a write."""
    with pair() as (ours, theirs):
        stop = threading.Event()

        def sips() -> None:
            while not stop.wait(0.01):
                theirs.recv(1)

        thread = threading.Thread(target=sips)
        thread.start()
        started = time.monotonic()
        try:
            with pytest.raises(DeadlinePassed):
                Connection(ours).send(b"x" * 8_000_000, started + 0.2)
        finally:
            stop.set()
            thread.join(5)
        assert time.monotonic() - started < 5
