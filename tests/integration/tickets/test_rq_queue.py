"""Tickets as jobs on a queue of the office's own, worked on by RQ's own worker."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from rq import Queue
from rq.serializers import JSONSerializer

from files.yaml_model import FileWrong
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.receivers import receiver, silence
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.tickets import NOW, new_ticket, wait_until
from tests.unit.tickets.test_routing import KNOWN
from tickets.delivery import Deliverer
from tickets.destination import Asked, CannotAsk, Message
from tickets.destinations.entry import House
from tickets.destinations.file import load_destinations
from tickets.destinations.rq_queue import RqDestination
from tickets.model import Ticket
from tickets.open import build_ticket, open_ticket
from tickets.outbox import list_deliveries
from tickets.update import update_ticket

PAGE = (Path(__file__).parents[3] / "docs" / "receiving-tickets.md").read_text("utf-8")
SECTION = PAGE.split("## By a queue of your own")[1]
EXAMPLE = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)[0]
CODE = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)[0]


def crew(tmp_path: Path, url: str) -> RqDestination:
    """The destination of the page's example, with this Redis."""
    (tmp_path / "crew-redis").write_text(url)
    path = tmp_path / "destinations.yaml"
    path.write_text(EXAMPLE + "    private_addresses: true\n", "utf-8")
    house = House(environ={}, secrets=tmp_path, config=tmp_path)
    built = load_destinations(path, KNOWN).build(house)["crew"]
    assert isinstance(built, RqDestination)
    return built


def ticket_of(number: int = 1) -> Ticket:
    """A ticket that is nowhere."""
    return build_ticket(new_ticket(f"call:{number}:1"), NOW, "572400000")


def jobs(url: str, queue: str = "backoffice") -> list[Any]:
    """What stands on the queue."""
    with redis.Redis.from_url(url) as client:
        return Queue(queue, connection=client, serializer=JSONSerializer).get_jobs()


@contextmanager
def office(folder: Path, url: str) -> Iterator[Path]:
    """The page's function under `rq worker`; the file that it writes."""
    (folder / "backoffice.py").write_text(CODE, "utf-8")
    words = ["-m", "rq.cli", "worker", "--serializer", "rq.serializers.JSONSerializer"]
    process = subprocess.Popen(
        [sys.executable, *words, "--url", url, "backoffice"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield folder / "tickets.jsonl"
    finally:
        process.kill()
        process.wait()


def test_an_office_gets_its_tickets_by_its_own_worker(
    any_engine: sa.Engine, redis_url: str, tmp_path: Path
) -> None:
    """The page's example, whole: opened, changed, each once, in order."""
    to = crew(tmp_path, redis_url)
    deliverer = Deliverer(any_engine, {"crew": to}, to.retry or pytest.fail("no schedule"))
    ticket = open_ticket(any_engine, new_ticket(), destinations=["crew"], now=NOW)
    changed = update_ticket(
        any_engine,
        ticket.service_request_id,
        lambda _ticket: {"satisfaction": 5},
        destinations=lambda _ticket, told: told,
        now=NOW,
    )
    assert changed is not None
    for _ in range(2):
        for row in list_deliveries(any_engine, states=("pending",)):
            deliverer.deliver(row.id)
    assert {row.state for row in list_deliveries(any_engine)} == {"acknowledged"}
    with office(tmp_path, redis_url) as kept:

        def done() -> list[Any]:
            lines = kept.read_text("utf-8").splitlines() if kept.exists() else []
            return lines if len(lines) >= 2 else []

        rows = [json.loads(line) for line in wait_until(done, "both jobs are done")]
    key = ticket.idempotency_key
    assert [(row["id"], row["key"], row["version"]) for row in rows] == [
        (key, key, 1),
        (f"{key}-v2", key, 2),
    ]


def test_a_repetition_makes_no_second_job(redis_url: str, tmp_path: Path) -> None:
    """Waiting or done: its id is the message's."""
    to, message = crew(tmp_path, redis_url), Message(ticket_of())
    assert to.push(message).verdict == "acknowledged"
    again = to.push(Message(message.ticket, repeated=True))
    assert (again.verdict, again.remote_id) == ("acknowledged", message.id)
    (job,) = jobs(redis_url)
    with redis.Redis.from_url(redis_url) as client:
        client.lrem("rq:queue:backoffice", 0, job.id)  # as a worker takes it
    assert to.push(message).verdict == "acknowledged"
    assert jobs(redis_url) == []
    assert job.kwargs["ticket"]["service_request_id"] == "572400000"
    assert "+9665" not in job.description


def test_a_redis_that_is_away_has_the_ticket_afterwards(tmp_path: Path) -> None:
    """Killed before the push, or with the job on it: what it has is on its disk."""
    server = RedisProcess(tmp_path / "redis")
    server.start()
    to, message = crew(tmp_path, server.url), Message(ticket_of())
    try:
        server.kill()
        result = to.push(message)
        assert (result.verdict, result.unsure) == ("retry", False)
        server.start()
        assert to.push(message).verdict == "acknowledged"
        server.kill()
        server.start()
        assert to.push(message).verdict == "acknowledged"
        assert [job.id for job in jobs(server.url)] == [message.id]
    finally:
        server.kill()


def test_a_redis_that_hangs_costs_one_attempt(tmp_path: Path) -> None:
    """It may have the job: the next attempt finds out."""
    with receiver(silence) as nobody:
        url = f"redis://:geheim@127.0.0.1:{nobody.port}/0"
        to = RqDestination("crew", lambda: url, "backoffice", "backoffice.tickets", timeout_s=1.0)
        result = to.push(Message(ticket_of()))
    assert result.verdict == "retry"
    assert "geheim" not in str(result)
    assert "geheim" not in repr(to)


def test_a_wrong_password_is_the_destinations_fault(tmp_path: Path) -> None:
    """Every ticket would meet it; it says what it is, and not the password."""
    server = RedisProcess(tmp_path / "redis")
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            client.config_set("requirepass", "richtig")
        to = crew(tmp_path, f"redis://:falsch@127.0.0.1:{server.port}/0")
        result = to.push(Message(ticket_of()))
    finally:
        server.kill()
    assert (result.verdict, result.unsure) == ("retry", False)
    assert "falsch" not in str(result)


def test_a_private_address_is_refused_unless_the_file_allows_it(tmp_path: Path) -> None:
    """As for every kind."""
    url = f"redis://localhost:{free_tcp_port()}/0"
    (tmp_path / "crew-redis").write_text(url)
    path = tmp_path / "destinations.yaml"
    path.write_text(EXAMPLE, "utf-8")
    house = House(environ={}, secrets=tmp_path, config=tmp_path)
    result = load_destinations(path, KNOWN).build(house)["crew"].push(Message(ticket_of()))
    assert result.verdict == "retry"
    assert "private_addresses" in str(result.error)


def test_jobs_are_compared_with_what_was_given(redis_url: str, tmp_path: Path) -> None:
    """Those that Redis knows; what it has forgotten by then cannot be asked for."""
    to = crew(tmp_path, redis_url)
    known, lost = Message(ticket_of(1)), Message(ticket_of(2))
    to.push(known)
    assert isinstance(to, Asked)
    lately = datetime.now(UTC) - timedelta(days=1)
    assert [one.remote_id for one in to.held(lately, [known, lost])] == [known.id]
    with pytest.raises(CannotAsk, match="7 days"):
        list(to.held(lately - timedelta(days=30), [known]))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("function: backoffice.tickets", "function: 'os.system; x'"),
        ("function: backoffice.tickets", "function: tickets"),
        ("queue: backoffice", "queue: 'a b'"),
        ("redis_url: {file: crew-redis}", "redis_url: redis://:geheim@host/0"),
        ("redis_url: {file: crew-redis}", "redis_url: {file: none}"),
        ("redis_url: {file: crew-redis}", "redis_url: {file: wrong}"),
    ],
)
def test_what_cannot_stand_is_told_with_its_place(tmp_path: Path, old: str, new: str) -> None:
    """And no secret with it."""
    (tmp_path / "crew-redis").write_text("redis://host/0")
    (tmp_path / "wrong").write_text("http://geheim@host/")
    path = tmp_path / "destinations.yaml"
    path.write_text(EXAMPLE.replace(old, new), "utf-8")
    house = House(environ={}, secrets=tmp_path, config=tmp_path)
    with pytest.raises(FileWrong) as wrong:
        load_destinations(path, KNOWN).build(house)
    assert "crew" in str(wrong.value)
    assert "geheim" not in str(wrong.value)
