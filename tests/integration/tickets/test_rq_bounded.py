"""A Redis of somebody else's, whatever it does: a push ends in time, and puts no ticket twice."""

import gc
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa

from carriers.bounded_redis import RedisAddress, parse_redis_address
from outbox.schedule import Schedule
from tests.fixtures.mail import Certificates, make_certificates
from tests.fixtures.processes import free_tcp_port, hang, wait_until
from tests.fixtures.receivers import Receiver, receiver
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.tickets import NOW, new_ticket
from tests.fixtures.wire import Wire
from tests.integration.tickets.test_rq_queue import crew, jobs, ticket_of
from tickets.circuit import probe_once
from tickets.delivery import Deliverer
from tickets.destination import CannotAsk, Message
from tickets.destinations.entry import House
from tickets.destinations.rq_entry import RqEntry
from tickets.destinations.rq_queue import RqDestination
from tickets.health import read_health
from tickets.open import open_ticket
from tickets.outbox import list_deliveries
from tickets.schema import destinations

SHORT = 0.7


def at(url: str, timeout_s: float = SHORT) -> RqDestination:
    """The destination at this address, which waits no longer than that."""
    return RqDestination("crew", lambda: url, "backoffice", "backoffice.tickets", timeout_s)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that a test may kill."""
    running = RedisProcess(tmp_path / "redis", tmp_path / "redis.sock")
    running.start()
    yield running
    running.kill()


Then = Callable[[Receiver, Any], None]


def after_ping(then: Then) -> Then:
    """A server that greets, and then does this with what it is asked."""

    def answer(told: Receiver, peer: Any) -> None:
        peer.recv(4096)
        peer.sendall(b"+PONG\r\n")
        peer.recv(4096)
        then(told, peer)

    return answer


def silence(told: Receiver, _peer: Any) -> None:
    """Nothing."""
    told.over.wait(60)


def drip(told: Receiver, peer: Any) -> None:
    """A reply without an end, letter by letter."""
    peer.sendall(b"+")
    told.drip(peer, b"O")


def flood(told: Receiver, peer: Any) -> None:
    """A reply that says it is a gigabyte, as fast as it goes."""
    peer.sendall(b"$1000000000\r\n")
    told.drip(peer, b"x" * 65_536, 0)


def nested(told: Receiver, peer: Any) -> None:
    """Lists in lists in lists."""
    told.drip(peer, b"*1\r\n" * 5000, 0)


def reset(_told: Receiver, peer: Any) -> None:
    """The end of the connection."""
    peer.shutdown(socket.SHUT_RDWR)


def riddle(told: Receiver, peer: Any) -> None:
    """No Redis."""
    told.drip(peer, b"HTTP/1.1 400 Bad Request\r\n\r\n", 0.1)


@pytest.mark.parametrize("then", [silence, drip, flood, nested, reset, riddle])
@pytest.mark.parametrize("greets", [False, True], ids=["at once", "after its greeting"])
def test_a_redis_that_answers_badly_ends_in_time(greets: bool, then: Then) -> None:
    """However it does. It may have the job only once it was asked to put it there."""
    with receiver(after_ping(then) if greets else then, read=lambda _peer: None) as bad:
        login = "" if greets else ":geheim@"
        to = at(f"redis://{login}127.0.0.1:{bad.port}/0")
        result = to.push(Message(ticket_of()))
    assert (result.verdict, result.unsure) == ("retry", greets)
    assert "geheim" not in f"{result}{to!r}"
    assert "127.0.0.1" not in str(result)


def test_a_redis_that_cannot_be_asked_says_so() -> None:
    """For reconciling: without its address."""
    to = at(f"redis://:geheim@127.0.0.1:{free_tcp_port()}/0")
    with pytest.raises(CannotAsk) as caught:
        list(to.held(datetime.now(UTC), [Message(ticket_of())]))
    assert "geheim" not in str(caught.value)


def test_a_redis_that_is_stopped_ends_in_time(server: RedisProcess) -> None:
    """It accepts, as the kernel does for it, and says nothing."""
    hang(server.pid)
    assert at(server.url).push(Message(ticket_of())).verdict == "retry"


def test_a_lost_reply_puts_no_second_job_there(server: RedisProcess, tmp_path: Path) -> None:
    """The job is there, and the answer that says so is not: the next attempt finds it."""
    message = Message(ticket_of())
    at(server.url).push(Message(ticket_of(2)))  # so that Redis knows RQ's script
    with Wire(("127.0.0.1", server.port)) as wire:
        to = at(f"redis://127.0.0.1:{wire.port}/0", 5.0)
        wire.watch(lambda moment, asked: moment == "answered" and b"EVALSHA" in asked)
        result = to.push(message)
        assert (result.verdict, result.unsure) == ("retry", True)
        wire.watch(None)
        again = to.push(Message(message.ticket, repeated=True))
    assert again.verdict == "acknowledged"
    assert [job.id for job in jobs(server.url)].count(message.id) == 1


def test_a_socket_of_this_machine_is_asked(server: RedisProcess) -> None:
    """Whatever addresses may be."""
    to = at(f"unix://{server.socket_path}?db=0")
    assert to.push(Message(ticket_of())).verdict == "acknowledged"
    assert len(jobs(server.url)) == 1
    gone = at("unix:///nowhere/redis.sock").push(Message(ticket_of()))
    assert (gone.verdict, gone.unsure) == ("retry", False)


@contextmanager
def encrypted(folder: Path, certificates: Certificates) -> Iterator[str]:
    """A Redis that speaks TLS alone; its address."""
    port = free_tcp_port()
    key = certificates.authority.with_name("key.pem")
    files = ("--tls-cert-file", certificates.authority, "--tls-key-file", key)
    words = ("--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--dir", folder)
    more = ("--tls-ca-cert-file", certificates.authority, "--tls-auth-clients", "no")
    process = subprocess.Popen(
        ["redis-server", *map(str, (*words, *files, *more)), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(partial(listens, port), what="it listens")
        yield f"rediss://localhost:{port}/0"
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def test_a_certificate_is_looked_at(tmp_path: Path) -> None:
    """One that nobody vouches for gets no password and no ticket; the office's own may."""
    certificates = make_certificates(tmp_path)
    with encrypted(tmp_path, certificates) as url:
        (tmp_path / "url").write_text(url, encoding="utf-8")
        house = House(environ={}, secrets=tmp_path, config=tmp_path)
        said = {"kind": "rq", "redis_url": {"file": "url"}, "private_addresses": True}
        for more, verdict in (({}, "retry"), ({"ca": "chain.pem"}, "acknowledged")):
            to = RqEntry.model_validate(said | more).build("crew", house)
            assert to.push(Message(ticket_of())).verdict == verdict


def test_a_changed_address_is_taken_up(server: RedisProcess, tmp_path: Path) -> None:
    """Its file is read for each push, as every secret is; one that is gone is told."""
    nobody = f"redis://127.0.0.1:{free_tcp_port()}/0"
    to = crew(tmp_path, nobody)
    assert to.push(Message(ticket_of())).verdict == "retry"
    (tmp_path / "crew-redis").write_text(server.url, encoding="utf-8")
    assert to.push(Message(ticket_of())).verdict == "acknowledged"
    (tmp_path / "crew-redis").unlink()
    result = to.push(Message(ticket_of()))
    assert (result.verdict, result.unsure) == ("retry", False)
    assert "cannot be read" in (result.error or "")


def test_pushes_leave_nothing_behind(server: RedisProcess) -> None:
    """RQ remembers every client it has seen: a thread has one, for all of its pushes."""
    to = at(server.url, 5.0)

    def clients() -> int:
        gc.collect()
        return sum(isinstance(one, redis.Redis) for one in gc.get_objects())

    assert to.push(Message(ticket_of(0))).verdict == "acknowledged"
    before = clients()
    for number in range(1, 11):
        assert to.push(Message(ticket_of(number))).verdict == "acknowledged"
    assert clients() == before
    threads = [threading.Thread(target=to.push, args=(Message(ticket_of(n)),)) for n in (20, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(jobs(server.url)) == 13


def test_an_answer_closes_the_circuit(any_engine: sa.Engine, server: RedisProcess) -> None:
    """A queue has no status to answer with: that it takes a ticket is one."""
    server.kill()
    to = at(server.url)
    deliverer = Deliverer(any_engine, {"crew": to}, Schedule())
    for number in range(4):
        new = new_ticket(f"call:{number}:1")
        open_ticket(any_engine, new, destinations=["crew"], now=NOW)
    for row in list_deliveries(any_engine):
        deliverer.deliver(row.id)
    (ill,) = read_health(any_engine)
    assert ill.ill
    server.start()
    with any_engine.begin() as connection:
        over = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(destinations.update().values(open_until=over))
    (tried,) = probe_once(any_engine)
    assert deliverer.deliver(tried) == "acknowledged"
    (well,) = read_health(any_engine)
    assert not well.ill
    left = [row.id for row in list_deliveries(any_engine, states=("pending", "failed"))]
    assert [deliverer.deliver(one) for one in left] == ["acknowledged"] * 3


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://host", RedisAddress("host")),
        ("redis://:a%20b@host:7/3", RedisAddress("host", 7, "", 3, None, "a b")),
        ("rediss://u:p@[::1]:7", RedisAddress("::1", 7, "", 0, "u", "p", True)),
        ("unix:///run/redis.sock?db=2", RedisAddress("", 6379, "/run/redis.sock", 2)),
    ],
)
def test_addresses_are_read_as_redis_has_them(url: str, address: RedisAddress) -> None:
    """With or without a login."""
    assert parse_redis_address(url) == address
    assert "a b" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        *("", "host", "http://host", "redis://", "redis:///0", "redis://host:port", "unix://host"),
        *("rediss://host/0?ssl_cert_reqs=none", "redis://host/x", "unix:///a?password=geheim"),
        *("redis://:geheim@host:99999", "redis+sentinel://host/main"),
    ],
)
def test_what_is_no_address_is_told_without_it(url: str) -> None:
    """Options too: one of them would take any certificate."""
    with pytest.raises(ValueError, match="must be redis") as caught:
        parse_redis_address(url)
    assert "geheim" not in str(caught.value)
