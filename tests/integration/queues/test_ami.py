"""An Asterisk is asked who waits, over a real socket: by one connection, and never for long."""

import socket
from collections.abc import Iterator

import pytest

from carriers.ami import AmiAccess, AmiQueue
from carriers.queue import QueueState, QueueUnknown
from tests.fixtures.ami import SECRET, USER, FakeAmi, fake_ami
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.swallowing import swallowing

SIGNED_IN = ["Challenge", "Login"]


@pytest.fixture
def ami() -> Iterator[FakeAmi]:
    """An Asterisk's manager interface."""
    with fake_ami() as made:
        yield made


def queue_at(port: int, secret: str = SECRET) -> AmiQueue:
    """What asks it, within little."""
    return AmiQueue(AmiAccess("127.0.0.1", port, USER, secret), "operators", seconds=0.5)


def test_one_connection_is_kept_from_one_question_to_the_next(ami: FakeAmi) -> None:
    """Asterisk notes each sign-in in its log of security."""
    ami.waits = [7, 31]
    queue = queue_at(ami.port)
    assert queue.ask() == QueueState(2, 31)
    ami.waits = []
    assert queue.ask() == QueueState(0)
    assert ami.asked == [*SIGNED_IN, "QueueStatus", "QueueStatus"]
    assert len(ami.connections) == 1
    queue.leave()


def test_an_asterisk_that_was_started_anew_is_asked_at_once(ami: FakeAmi) -> None:
    """Its end of the connection is gone; a new one is made within the same question."""
    queue = queue_at(ami.port)
    assert queue.ask() == QueueState(0)
    ami.cut()
    ami.waits = [1]
    assert queue.ask() == QueueState(1, 1)
    queue.leave()


def test_the_secret_does_not_go_over_the_wire() -> None:
    """But a digest of it with the challenge, which is good once."""
    received: list[bytes] = []

    class Listening(FakeAmi):
        def answers(self, form: dict[str, str], signed_in: bool) -> tuple[str, bool]:
            received.append(repr(form).encode())
            return super().answers(form, signed_in)

    with fake_ami(Listening) as ami:
        queue = queue_at(ami.port)
        queue.ask()
        queue.leave()
    assert received
    assert not any(SECRET.encode() in one for one in received)


def test_a_wrong_secret_is_refused(ami: FakeAmi) -> None:
    """And is known for that: nobody hammers at a door that is shut."""
    with pytest.raises(QueueUnknown) as told:
        queue_at(ami.port, "another").ask()
    assert told.value.refused
    assert "another" not in str(told.value)


def test_who_accepts_and_says_nothing_is_given_up_in_time() -> None:
    """Before the greeting and in the middle of an answer."""
    with fake_ami() as ami:
        queue = queue_at(ami.port)
        queue.ask()
        ami.hung = True
        for _ in range(2):
            with pytest.raises(QueueUnknown) as told:
                queue.ask()
            assert not told.value.refused
    with swallowing() as address, pytest.raises(QueueUnknown):
        queue_at(int(address.rpartition(":")[2])).ask()


def test_who_drips_is_given_up_all_the_same() -> None:
    """A byte now and then buys no time, nor does an answer that has no end."""

    def endless(ami: FakeAmi, connection: socket.socket) -> None:
        connection.sendall(ami.greeting)
        while True:
            connection.sendall(b"Event: Noise\r\nActionID: 0\r\n\r\n")

    class Endless(FakeAmi):
        def serve(self, connection: socket.socket) -> None:
            try:
                endless(self, connection)
            except OSError:
                connection.close()

    with fake_ami(Endless) as ami, pytest.raises(QueueUnknown):
        queue_at(ami.port).ask()


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400" * 50, b"\r\n"])
def test_another_server_on_the_port_is_told_nothing(greeting: bytes) -> None:
    """Not even who would ask."""
    with fake_ami(lambda: FakeAmi(greeting=greeting)) as ami:
        with pytest.raises(QueueUnknown):
            queue_at(ami.port).ask()
        assert ami.asked == []


def test_nobody_there_is_not_nobody_waiting() -> None:
    """A port that refuses, a name that leads nowhere."""
    with pytest.raises(QueueUnknown):
        queue_at(free_tcp_port()).ask()
    nowhere = AmiAccess("nowhere.invalid", 5038, USER, SECRET)
    with pytest.raises(QueueUnknown):
        AmiQueue(nowhere, "operators", seconds=0.5).ask()
