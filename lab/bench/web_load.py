"""Load on a web process: requests made beforehand, on connections that stay, by threads of ours.

Nothing but writing, reading and comparing happens while time is taken: the caller's share of the
processors must be small beside the server's, or the ratio of two routes would be flattered.
"""

import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, pairwise
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

from call_handlers.arrival import Arrival
from lab.bench.conversation import MOVES, NUMBERED, NUMBERS, Keys
from lab.bench.house import PUBLIC_URL, BenchFailed, House
from lab.bench.web_server import CONSTANT, CONSTANT_PATH
from lab.callers.twilio_forms import Party, ended

AT_ONCE = 8
"""Connections: as many as the server has threads."""
ENTRIES = tuple(move.keys for move in MOVES[:8] if isinstance(move, Keys))
"""The entries of the bench's call up to its recording: each is a turn that asks for keys."""
_TIMEOUT_S = 15.0
_CALLERS = cycle(NUMBERS)
_CLOSES = re.compile(rb"\r\nconnection: *close\r\n", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as bytes, and what its answer must contain."""

    request: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class WebCall:
    """The requests of one call: its arrival, its turns, its end."""

    voice: Exchange
    turns: tuple[Exchange, ...]
    end: Exchange


def constant() -> Exchange:
    """The constant route, asked as briefly as HTTP allows."""
    return Exchange(f"GET {CONSTANT_PATH} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), CONSTANT.encode())


def web_call(token: str) -> WebCall:
    """A call of `ENTRIES`, signed."""
    validator, party = RequestValidator(token), Party(caller=next(_CALLERS))
    call_id = Arrival("twilio", party.sid).call_id

    def exchange(path: str, status: str, extra: dict[str, str], answer: str) -> Exchange:
        form = party.form(status, extra)
        signature = validator.compute_signature(f"{PUBLIC_URL}{path}", form)
        body = urlencode(form).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {urlsplit(PUBLIC_URL).netloc}\r\n"
            "User-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
            "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
            f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return Exchange(head.encode() + body, answer.encode())

    def turn(number: int) -> str:
        return f"/twilio/turn/{call_id}/{number}"

    turns = tuple(
        exchange(
            turn(number),
            "in-progress",
            {"Digits": keys, "FinishedOnKey": "", "msg": "Gather End"},
            turn(then),
        )
        for keys, (number, then) in zip(ENTRIES, pairwise(NUMBERED), strict=False)
    )
    return WebCall(
        exchange("/twilio/voice", "ringing", {}, turn(1)),
        turns,
        exchange("/twilio/status", "completed", ended(60), ""),
    )


class Connection:
    """One connection that stays, or the next where the server ends it: after an empty answer."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._socket = self._connected()

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def exchange(self, exchange: Exchange) -> None:
        """Ask and wait for the answer. Raises BenchFailed when it is not what it must be."""
        self._socket.sendall(exchange.request)
        received = self._socket.recv(65536)
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        found = _LENGTH.search(received, 0, end + 4)
        whole = end + 4 + (int(found[1]) if found else 0)
        while len(received) < whole:
            received += self._more()
        if not received.startswith(b"HTTP/1.1 20") or exchange.answer not in received[end:]:
            raise BenchFailed(f"answered otherwise: {received[:200]!r}")
        if _CLOSES.search(received, 0, end + 4):
            self.close()
            self._socket = self._connected()

    def _connected(self) -> socket.socket:
        connected = socket.create_connection(self._server, _TIMEOUT_S)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def _more(self) -> bytes:
        more = self._socket.recv(65536)
        if not more:
            raise BenchFailed("the web process closed a connection")
        return more


def closed_loop(house: House, lists: Sequence[Sequence[Exchange]]) -> float:
    """Seconds to exchange all: each list in its order, `AT_ONCE` at a time, as fast as it goes."""
    shares = [[exchange for one in lists[at::AT_ONCE] for exchange in one] for at in range(AT_ONCE)]

    def run(connection: Connection, at: int, _began: float) -> list[float]:
        for exchange in shares[at]:
            connection.exchange(exchange)
        return []

    seconds, _ = _at_once(house, run)
    return seconds


def open_loop(house: House, lists: Sequence[Sequence[Exchange]], rate: float) -> list[float]:
    """How long each exchange took (s) when `rate` begin every second, whatever became of others.

    Measured from the moment when it was to begin: who waits for a connection waits as well.
    """
    shares = [[exchange for one in lists[at::AT_ONCE] for exchange in one] for at in range(AT_ONCE)]

    def run(connection: Connection, at: int, began: float) -> list[float]:
        taken = []
        for number, exchange in enumerate(shares[at]):
            due = began + (number * AT_ONCE + at) / rate
            wait = due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            connection.exchange(exchange)
            taken.append(time.perf_counter() - due)
        return taken

    _, taken = _at_once(house, run)
    return taken


def _at_once(
    house: House, run: Callable[[Connection, int, float], list[float]]
) -> tuple[float, list[float]]:
    gate = threading.Barrier(AT_ONCE)

    def one(at: int) -> tuple[float, float, list[float]]:
        connection = Connection(house.server)
        try:
            gate.wait(_TIMEOUT_S)
            began = time.perf_counter()
            taken = run(connection, at, began)
            return began, time.perf_counter(), taken
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            done = list(pool.map(one, range(AT_ONCE)))
        except (OSError, threading.BrokenBarrierError) as error:
            raise BenchFailed(f"the web process does not answer: {error}") from None
    seconds = max(ended for _, ended, _ in done) - min(began for began, _, _ in done)
    return seconds, [each for _, _, taken in done for each in taken]
