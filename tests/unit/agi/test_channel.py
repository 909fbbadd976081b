"""Commands over our channel: one test for each thing that pyst2's own gets wrong."""

import signal
import socket
import threading
import time

import pytest
from asterisk import agi as pyst2

from agi_scripts.channel import AgiChannel, read_environment
from agi_scripts.connection import Connection
from agi_scripts.environment import Environment
from agi_scripts.errors import (
    BadEnvironment,
    BadReply,
    BadUsage,
    CallerGone,
    ConnectionLost,
    DeadlinePassed,
    InvalidCommand,
    LocalError,
)
from tests.fixtures.agi import channel_hearing


def sent(peer: socket.socket) -> bytes:
    """What the channel has sent so far."""
    return peer.recv(65536)


def test_a_channel_is_made_in_any_thread_and_leaves_signals_alone() -> None:
    """pyst2 sets a signal handler, which raises ValueError outside the main thread."""
    before = signal.getsignal(signal.SIGHUP)
    made: list[AgiChannel] = []

    def make() -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            made.append(AgiChannel(Connection(ours), Environment({})))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join(5)
    assert len(made) == 1
    assert signal.getsignal(signal.SIGHUP) is before


def test_nothing_is_written_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    """pyst2 logs every line, caller's numbers included."""
    with channel_hearing(b"200 result=1\n", b"200 result=1 (v)\n") as (channel, _):
        channel.command("SET VARIABLE", "X", "0501234567")
        channel.command("GET VARIABLE", "X")
    assert capfd.readouterr() == ("", "")


def test_quotes_in_a_value_stay_in_the_value() -> None:
    """pyst2 escapes nothing, so a quote injects arguments."""
    with channel_hearing(b"200 result=1\n") as (channel, peer):
        channel.command("SET VARIABLE", "X", 'a" "b\\')
        assert sent(peer) == b'SET VARIABLE "X" "a\\" \\"b\\\\"\n'


def test_a_newline_in_a_value_is_never_sent() -> None:
    """pyst2 sends it, and what follows is a command of the caller's own."""
    with channel_hearing(b"200 result=1\n", b"200 result=1\n") as (channel, peer):
        with pytest.raises(LocalError):
            channel.command("VERBOSE", "x\nEXEC System reboot")
        channel.command("NOOP")
        assert sent(peer) == b"NOOP\n"


def test_a_variable_with_the_value_hangup_is_a_value() -> None:
    """pyst2 takes the word for a hang-up."""
    with channel_hearing(b"200 result=1 (hangup)\n") as (channel, _):
        assert channel.command("GET VARIABLE", "IVR_DONE").data == "hangup"
        assert not channel.hung_up


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"511 Command Not Permitted on a dead channel\n", CallerGone),
        (b"520 Invalid command syntax.\n", BadUsage),
        (b"520-Invalid\nUsage: WAIT\n520 End of proper usage.\n", BadUsage),
        (b"510 Invalid or unknown command\n", InvalidCommand),
        (b"\n", BadReply),
        (b"\xff\xfe\n", BadReply),
    ],
)
def test_each_bad_reply_is_an_error_of_its_kind(reply: bytes, error: type[Exception]) -> None:
    """pyst2 raises ValueError on an empty line, blocks on a one-line 520 and knows no 511."""
    with channel_hearing(reply) as (channel, _), pytest.raises(error):
        channel.command("WAIT FOR DIGIT", 100)


def test_a_bare_hangup_line_ends_the_call_at_the_next_command() -> None:
    """pyst2 raises `ValueError: int('')`; here the reply behind the line is still read."""
    with channel_hearing(b"HANGUP\n", b"200 result=1 (5)\n") as (channel, peer):
        assert channel.command("GET VARIABLE", "KEY").data == "5"
        assert channel.hung_up
        sent(peer)
        with pytest.raises(CallerGone):
            channel.test_hangup()
        peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            sent(peer)


@pytest.mark.parametrize("before", [b"", b"520-Invalid\n", b"200 resu", b"HANGUP\n"])
def test_the_end_of_the_connection_is_an_error_at_once(before: bytes) -> None:
    """pyst2 reads empty lines for ever inside a 520 block, and raises ValueError elsewhere."""
    with channel_hearing(before) as (channel, peer):
        peer.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionLost) as raised:
            channel.command("NOOP")
        assert isinstance(raised.value, pyst2.AGIHangup)


def test_writing_to_a_closed_connection_is_the_same_error() -> None:
    """A reset is no other case than an end."""
    with channel_hearing() as (channel, peer):
        peer.close()
        with pytest.raises(ConnectionLost):
            channel.command("NOOP")


def test_an_end_position_in_a_callers_words_is_none() -> None:
    """A value with a line break is cut there; what it says of itself is not Asterisk's word."""
    with channel_hearing(b"200 result=1 (7 endpos=3\n") as (channel, _):
        reply = channel.command("GET VARIABLE", "CALLERID(name)")
    assert (reply.result, reply.data, reply.endpos) == ("1", None, None)


def test_latin_1_in_a_reply_is_read() -> None:
    """pyst2 raises UnicodeDecodeError on a name such as René in Latin-1."""
    with channel_hearing(b"200 result=1 (Ren\xe9)\n") as (channel, _):
        assert channel.command("GET VARIABLE", "CALLERID(name)").data == "René"


def test_a_silent_asterisk_is_given_up_at_the_deadline() -> None:
    """pyst2 waits for ever. Bytes that trickle in do not move the deadline."""
    with channel_hearing(margin_s=0.2) as (channel, peer):
        stop = threading.Event()

        def trickle() -> None:
            while not stop.wait(0.02):
                peer.sendall(b"2")

        thread = threading.Thread(target=trickle)
        thread.start()
        started = time.monotonic()
        try:
            with pytest.raises(DeadlinePassed):
                channel.command("NOOP")
        finally:
            stop.set()
            thread.join(5)
        assert time.monotonic() - started < 5


def test_a_command_that_lasts_is_waited_for_as_long() -> None:
    """The margin is Asterisk's own; a prompt or a recording has its time besides."""
    with channel_hearing(margin_s=0.02) as (channel, peer):
        timer = threading.Timer(0.1, peer.sendall, (b"200 result=0\n",))
        timer.start()
        reply = channel.command("WAIT FOR DIGIT", 100, lasts=5.0)
        timer.join(5)
    assert reply.result == "0"


def test_an_asterisk_that_does_not_read_is_given_up() -> None:
    """Writing has a deadline as well."""

    def flood(connection: Connection) -> None:
        for _ in range(10_000):
            connection.send(b"VERBOSE " + b"x" * 1800, time.monotonic() + 0.05)

    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(DeadlinePassed):
        flood(Connection(ours))


def test_an_environment_that_trickles_is_cut_at_the_deadline() -> None:
    """A peer cannot hold a thread by sending a byte now and then."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stop = threading.Event()

        def trickle() -> None:
            while not stop.wait(0.02):
                theirs.sendall(b"a")

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            with pytest.raises(DeadlinePassed):
                read_environment(Connection(ours), 0.2)
        finally:
            stop.set()
            thread.join(5)


def test_a_deadline_that_is_over_is_over() -> None:
    """No time at all is a deadline too, not an error of the socket's."""
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(DeadlinePassed):
        read_environment(Connection(ours), 0)


def test_an_environment_that_ends_early_is_refused() -> None:
    """A connection that closes before its blank line asked for nothing."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"agi_network: yes\n")
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(BadEnvironment):
            read_environment(Connection(ours), 5)


def test_the_time_spent_waiting_is_known() -> None:
    """What a turn costs us is what is left of its time."""
    with channel_hearing() as (channel, peer):
        timer = threading.Timer(0.05, peer.sendall, (b"200 result=0\n",))
        timer.start()
        channel.command("NOOP")
        timer.join(5)
        assert channel.waited >= 0.04
