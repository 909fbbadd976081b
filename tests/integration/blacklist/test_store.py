"""Screening and register on a real Redis."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from blacklist import hashes as layout
from blacklist.breaker import Breaker
from blacklist.entry import EntryRefused
from blacklist.numbers import normalise
from blacklist.port import RegisterUnavailable
from blacklist.store import RedisBlacklist
from hotline.redis_clients import make_redis
from tests.fixtures.redis_process import free_port

CALLER = normalise("0501234567")
OTHER = normalise("0509999999")


@pytest.fixture
def fast(redis_url: str) -> Iterator[redis.Redis]:
    """The client of the call path."""
    with make_redis(redis_url, fast=True) as client:
        yield client


@pytest.fixture
def blacklist(fast: redis.Redis, redis_url: str) -> Iterator[RedisBlacklist]:
    """A blocklist on an empty Redis."""
    with make_redis(redis_url, fast=False) as slow:
        yield RedisBlacklist(fast, register=slow, breaker=Breaker())


def test_an_unknown_caller_is_allowed(blacklist: RedisBlacklist) -> None:
    """Nothing known, nothing held against them."""
    verdict = blacklist.screen(CALLER)
    assert (verdict.disposition, verdict.rule, verdict.degraded) == ("allow", "no_entry", False)


@pytest.mark.parametrize(
    "spelling", ["0501234567", "00966501234567", "+9660501234567", "٠٥٠١٢٣٤٥٦٧", "0966501234567"]
)
def test_every_spelling_is_one_entry(blacklist: RedisBlacklist, spelling: str) -> None:
    """A number blocked in one spelling is blocked, shown and lifted in every other."""
    blacklist.add(spelling, reason="harassment", who="admin", days=7)
    verdict = blacklist.screen(normalise("+966501234567"))
    assert (verdict.disposition, verdict.reason) == ("block", "harassment")
    assert verdict.until is not None
    assert verdict.rule == "exact_number"
    assert blacklist.screen(OTHER).disposition == "allow"
    assert [entry.number for entry in blacklist.entries()] == ["+966501234567"]
    assert blacklist.remove("0501234567")
    assert blacklist.screen(CALLER).disposition == "allow"
    assert list(blacklist.entries()) == []


def test_adding_again_replaces_the_entry(blacklist: RedisBlacklist) -> None:
    """One number has one entry: the last one made."""
    blacklist.add("0501234567", reason="flood", who="a", days=1, note="first")
    blacklist.add("0501234567", reason="abuse", who="b", days=2, disposition="warn")
    (entry,) = blacklist.entries()
    assert (entry.reason, entry.who, entry.note, entry.disposition) == ("abuse", "b", "", "warn")
    assert blacklist.screen(CALLER).disposition == "warn"


def test_show_gives_back_what_was_added(blacklist: RedisBlacklist) -> None:
    """Who, why, until when, and the note survive, line breaks and Arabic included."""
    added = blacklist.add(
        "0501234567", reason="abuse", who="عامل", days=3, note="شتم الموظف\nمرتين"
    )
    assert blacklist.show("00966501234567") == added
    assert blacklist.show("0509999999") is None


def test_a_block_ends_by_itself_in_redis(blacklist: RedisBlacklist, fast: redis.Redis) -> None:
    """The entry carries its end as Redis' own expiry, not only as a field."""
    entry = blacklist.add("0501234567", reason="abuse", who="a", days=1)
    expires = fast.expiretime(layout.key("+966501234567"))
    assert 0 <= expires - entry.until.timestamp() <= 2


def test_a_block_ends_on_time_by_our_clock(fast: redis.Redis) -> None:
    """A measure whose end has come does nothing, even while Redis still holds it."""
    now = [datetime.now(UTC)]
    blacklist = RedisBlacklist(fast, register=fast, breaker=Breaker(), now=lambda: now[0])
    blacklist.add("0501234567", reason="abuse", who="a", days=1)
    now[0] += timedelta(hours=23, minutes=59)
    assert blacklist.screen(CALLER).disposition == "block"
    now[0] += timedelta(minutes=2)
    assert blacklist.screen(CALLER).disposition == "allow"
    assert blacklist.show("0501234567") is None
    assert list(blacklist.entries()) == []


def test_entries_are_listed_by_their_end(blacklist: RedisBlacklist) -> None:
    """Whoever is free next stands first; more than a page is listed whole."""
    for number in range(1200):
        blacklist.add(f"05012{number:05d}", reason="flood", who="a", days=300 - number / 10)
    ends = [entry.until for entry in blacklist.entries()]
    assert len(ends) == 1200
    assert ends == sorted(ends)


@pytest.mark.parametrize("raw", ["anonymous", "", "+266696687", "940", "sip:x", "9" * 9000])
def test_callers_without_a_full_number_are_allowed_without_asking(
    blacklist: RedisBlacklist, fast: redis.Redis, raw: str
) -> None:
    """Withheld callers are never blocked, and Redis does not even hear of them."""
    before = fast.info("stats")["total_commands_processed"]
    verdict = blacklist.screen(normalise(raw))
    after = fast.info("stats")["total_commands_processed"]
    assert (verdict.disposition, verdict.degraded) == ("allow", False)
    assert after - before == 1  # the INFO itself


def test_a_screening_is_one_round_trip(blacklist: RedisBlacklist, fast: redis.Redis) -> None:
    """One command a call on a connection that is open."""
    blacklist.add("0501234567", reason="abuse", who="a", days=1)
    blacklist.screen(CALLER)
    before = fast.info("stats")["total_commands_processed"]
    for _ in range(10):
        blacklist.screen(CALLER)
    after = fast.info("stats")["total_commands_processed"]
    assert after - before == 11  # ten and the INFO


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r, key: r.set(key, "x"),
        lambda r, key: r.hset(key, mapping={"disposition": "ban", "until": "2099-01-01T00:00Z"}),
        lambda r, key: r.hset(key, mapping={"disposition": "block", "until": "soon"}),
        lambda r, key: r.hset(key, mapping={"disposition": "block", "until": "2099-01-01"}),
        lambda r, key: r.hset(key, mapping={"disposition": "block"}),
        lambda r, key: r.hset(key, mapping={"disposition": b"\xff\xfe", "until": b"\xff"}),
        lambda r, key: r.lpush(key, "x"),
    ],
)
def test_wrong_data_lets_the_call_through(
    blacklist: RedisBlacklist, fast: redis.Redis, spoil: Callable[[redis.Redis, str], None]
) -> None:
    """An entry that makes no sense blocks nobody, is marked, and spoils no other caller's."""
    spoil(fast, layout.key("+966501234567"))
    blacklist.add("0509999999", reason="abuse", who="a", days=1)
    verdict = blacklist.screen(CALLER)
    assert (verdict.disposition, verdict.degraded) == ("allow", True)
    assert blacklist.screen(OTHER).disposition == "block"


def test_the_clients_of_the_call_path_wait_fifty_milliseconds_and_never_retry(
    fast: redis.Redis,
) -> None:
    """The two time-outs and the retry policy are what they must be, on real connections."""
    fast.ping()
    connection = fast.connection_pool.get_connection()
    try:
        assert connection.socket_timeout == 0.05
        assert connection.socket_connect_timeout == 0.05
        assert connection.retry.get_retries() == 0
        assert connection.health_check_interval == 0
    finally:
        fast.connection_pool.release(connection)


class CountingServer:
    """A server that counts who connects and then says `reply` or nothing at all."""

    def __init__(self, reply: bytes = b"") -> None:
        self.connections = 0
        self._reply = reply
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._kept: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._kept.append(connection)
            if self._reply:
                connection.sendall(self._reply)

    def close(self) -> None:
        """Hang up on everyone."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._kept:
            connection.close()


@pytest.mark.parametrize("reply", [b"", b"-LOADING Redis is loading\r\n", b"HTTP/1.1 400\r\n\r\n"])
def test_a_dead_redis_is_asked_once_a_period_and_every_call_goes_through(reply: bytes) -> None:
    """Of a hundred calls while Redis is hung, one waits; the others do not ask."""
    server = CountingServer(reply)
    clock = [0.0]
    try:
        with make_redis(server.url, fast=True) as client:
            blacklist = RedisBlacklist(
                client, register=client, breaker=Breaker(2.0, lambda: clock[0])
            )
            verdicts = [blacklist.screen(CALLER) for _ in range(100)]
            assert server.connections == 1
            clock[0] += 2.5
            verdicts += [blacklist.screen(CALLER) for _ in range(100)]
            assert server.connections == 2
    finally:
        server.close()
    assert {(v.disposition, v.degraded) for v in verdicts} == {("allow", True)}


def test_a_refused_redis_lets_every_call_through() -> None:
    """Nobody listens: allowed, and marked."""
    with make_redis(f"redis://127.0.0.1:{free_port()}/0", fast=True) as client:
        blacklist = RedisBlacklist(client, register=client, breaker=Breaker())
        verdict = blacklist.screen(CALLER)
        assert (verdict.disposition, verdict.degraded) == ("allow", True)
        assert verdict.rule == "store_unavailable"


def test_the_register_says_when_redis_is_away(tmp_path: Path) -> None:
    """People are told; nothing is silently lost."""
    with make_redis(f"unix://{tmp_path}/none.sock", fast=True) as client:
        blacklist = RedisBlacklist(client, register=client, breaker=Breaker())
        with pytest.raises(RegisterUnavailable, match="is Redis running"):
            blacklist.add("0501234567", reason="abuse", who="a", days=1)
        with pytest.raises(RegisterUnavailable):
            list(blacklist.entries())
        with pytest.raises(RegisterUnavailable):
            blacklist.show("0501234567")


def test_remove_of_nothing_says_so(blacklist: RedisBlacklist) -> None:
    """False, not an error; an agency's number is still refused."""
    assert not blacklist.remove("0501234567")
    with pytest.raises(EntryRefused):
        blacklist.remove("911")
