"""Part `memory`: the FastAGI process with many calls in progress, each waiting for its caller.

Calls come one after another and stay: each is led to another turn of the conversation, then its
Asterisk keeps silent over the prompt, as it does while a caller listens.
"""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from lab.bench.conversation import MOVES, NUMBER, ScriptedCaller
from lab.bench.figures import Bound, Figure, Measured, amount, ratio
from lab.bench.house import BenchFailed, House, open_house
from lab.bench.processes import pss_bytes, rss_bytes
from lab.bench.setting import Bench
from lab.callers.asterisk_model import Act, ChannelModel, Listening
from lab.callers.fake_asterisk import environment_lines

BOUND = Bound("at most", 150.0)
_MB = 1_000_000
_REPLY_S = 10.0
_FILES = 200
"""Descriptors for everything but the calls."""

NOTES = (
    "1 MB is 1,000,000 bytes; RSS counts pages of the Python program that other processes share, "
    "PSS divides them",
)


class Listens(Exception):
    """The caller is at the turn where this call is left."""


@dataclass
class Listener:
    """A caller who makes `moves` moves and then listens for good."""

    moves: int
    _script: ScriptedCaller = field(default_factory=ScriptedCaller)

    def __call__(self, listening: Listening) -> Act:
        """The next move. Raises Listens after the last."""
        if self.moves == 0:
            raise Listens
        self.moves -= 1
        return self._script(listening)


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures. Raises BenchFailed, and what `open_house` raises."""
    count = bench.sizes.held_calls
    with open_house(bench.services) as house:
        pid = house.pid
        empty = rss_bytes(pid)
        bench.say(f"{count} calls that stay in progress")
        with ExitStack() as stack:
            for number in range(count):
                stack.callback(hold_call(house, number % len(MOVES)).close)
            full, shared = rss_bytes(pid), pss_bytes(pid)
            counts = house.counts()
            if counts.ended:
                raise BenchFailed(f"{counts.ended} of {count} calls have ended")
    held = Measured(f"with {count} calls in progress, RSS", full / _MB, "MB")
    yield amount(f"memory of the FastAGI process, {count} calls in progress", held, BOUND)
    yield ratio(
        "the same, compared with no calls",
        held,
        Measured("before the first call, RSS", empty / _MB, "MB"),
    )
    if shared:
        yield amount("the same as PSS", Measured(f"with {count} calls, PSS", shared / _MB, "MB"))
    each = (full - empty) / count / 1000
    yield amount(
        "what one more call takes", Measured("the growth, divided by the calls", each, "kB")
    )


def hold_call(house: House, moves: int) -> socket.socket:
    """A call that made `moves` moves and waits; closing the socket ends it.

    Raises BenchFailed when the server closes it or does not speak.
    """
    _enough_descriptors(house)
    channel = ChannelModel(Listener(moves))
    lines = {"agi_network": "yes", "agi_network_script": "call"} | environment_lines(NUMBER, 0)
    block = "".join(f"{name}: {value}\n" for name, value in lines.items())
    connection = socket.create_connection(house.server, _REPLY_S)
    try:
        connection.sendall(f"{block}\n".encode())
        with connection.makefile("rb") as commands, suppress(Listens):
            while (line := commands.readline()).endswith(b"\n"):
                replies = channel.obey(line[:-1].decode())
                connection.sendall("".join(f"{reply}\n" for reply in replies).encode())
            raise BenchFailed("the server closed a call in progress")
    except BaseException:  # an interrupt too leaves no socket open
        connection.close()
        raise
    return connection


def _enough_descriptors(house: House) -> None:
    """Raise this process's own limit where it is low; the server's is what is measured."""
    wanted = house.services.settings.agi.max_calls + _FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
