"""What an earlier release left in Redis and in SQL, read by this one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from rq.job import Job
from rq.serializers import JSONSerializer

from blacklist.decision import Hold
from blacklist.index import RedisIndex
from blacklist.record.entries import standing_entries
from blacklist.record.projection import everything, rebuild
from blacklist.record.schema import entries as entries_table
from blacklist.snapshot import Snapshot
from call_handlers.history import Wanted, stream_calls
from hotline.screening import recorded_holds
from outbox.retry import RetryPolicy
from outbox.worker import run_worker
from store.database import make_engine
from store.migrations import upgrade
from store.sql import reading
from tests.fixtures.calls import START
from tests.fixtures.golden import FOLDER, RELEASES, stored
from tests.fixtures.record import POLICY
from tests.golden.write import ALLOWED, BLOCKED, PREFIX, STRUCK
from tickets.delivery import Deliverer
from tickets.jobs import job_table
from tickets.lanes import MAIN_QUEUE
from tickets.lease import take
from tickets.open import list_tickets
from tickets.outbox import list_deliveries

ALL = [pytest.param(release, id=release) for release in RELEASES]
THEN = datetime.fromtimestamp(START, UTC)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """An empty Redis."""
    with redis.Redis.from_url(redis_url) as opened:
        yield opened


def database_of(release: str, tmp_path: Path) -> sa.Engine:
    """The database that a release left, brought to this one."""
    path = tmp_path / "hotline.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FOLDER / release / "database.sql").read_text(encoding="utf-8"))
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    return engine


def put(client: redis.Redis, found: dict[str, Any]) -> None:
    """Write keys as they were."""
    for key, value in found.items():
        if isinstance(value, dict):
            client.hset(key, mapping=value)
        else:
            client.set(key, value)


@pytest.mark.parametrize("release", ALL)
def test_the_database_of_an_earlier_release_is_read(release: str, tmp_path: Path) -> None:
    """Tickets, the outbox, records of calls and the blocklist, after the migrations."""
    engine = database_of(release, tmp_path)
    (ticket,) = list_tickets(engine)
    (delivery,) = list_deliveries(engine)
    assert delivery.service_request_id == ticket.service_request_id
    lease = take(engine, delivery.id, RetryPolicy())
    assert lease is not None
    assert lease.message.ticket.idempotency_key == ticket.idempotency_key
    assert len(list(stream_calls(engine, Wanted()))) == 2
    with reading(engine) as connection:
        subjects = {entry.subject for entry in standing_entries(connection, THEN)}
        held = {item.subject for item in everything(connection, THEN, POLICY.strikes)}
    assert {BLOCKED, ALLOWED, PREFIX} <= subjects
    assert {BLOCKED, ALLOWED, PREFIX, STRUCK} == held
    engine.dispose()


@pytest.mark.parametrize("release", ALL)
def test_the_index_of_an_earlier_release_is_read(release: str, client: redis.Redis) -> None:
    """Numbers, strikes, allowed numbers and prefixes, as the screening had them."""
    put(client, stored(release, "index.json"))
    found = {(item.kind, item.subject): item.holds for item in RedisIndex(client).entries()}
    assert found["entry", BLOCKED][0].disposition == "block"
    assert found["allow", ALLOWED] == (Hold("allow", "", 0, "entry"),)
    assert found["prefix", PREFIX][0].disposition == "block"
    assert {kind for kind, subject in found if subject == STRUCK} == {"entry", "strikes"}


class Noted(Deliverer):
    """Notes what it is told to deliver."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def deliver(self, delivery_id: str) -> str:  # type: ignore[override]  # a note has no outcome
        """Take a note."""
        self.ids.append(delivery_id)
        return "skipped"


@pytest.mark.parametrize("more", [False, True], ids=["as it was", "with more"])
@pytest.mark.parametrize("release", ALL)
def test_a_job_of_another_release_is_done(release: str, more: bool, client: redis.Redis) -> None:
    """One that says more than the row that it is about is done as well."""
    put(client, stored(release, "job.json"))
    (key,) = stored(release, "job.json")
    job = Job.fetch(key.removeprefix("rq:job:"), client, serializer=JSONSerializer)
    (row_id,) = job.args
    if more:
        job.args, job.kwargs = (row_id, "newer"), {"newer": 1}
        job.save()
    client.sadd("rq:queues", f"rq:queue:{MAIN_QUEUE}")
    client.rpush(f"rq:queue:{MAIN_QUEUE}", job.id)
    noted = Noted()
    run_worker(client, job_table(noted), [MAIN_QUEUE], burst=True)
    assert noted.ids == [row_id]


def test_an_entry_that_is_not_understood_is_left_out_alone(
    tmp_path: Path, client: redis.Redis
) -> None:
    """Of a kind or a measure that a newer release knows: the rest of the blocklist holds."""
    engine = database_of(RELEASES[-1], tmp_path)
    with engine.begin() as connection:
        row = dict(connection.execute(sa.select(entries_table).limit(1)).one()._mapping)
        for number, change in enumerate(({"kind": "range"}, {"disposition": "riddle"})):
            strange = {"id": str(number) * 32, "subject": f"+96655000000{number}", **change}
            connection.execute(entries_table.insert(), row | strange)
    index = RedisIndex(client)
    assert rebuild(engine, index, THEN, POLICY.strikes)
    assert {BLOCKED, ALLOWED, PREFIX} <= {item.subject for item in index.entries()}
    snapshot = Snapshot(lambda: recorded_holds(engine), clock=lambda: START)
    assert snapshot.refresh()
    assert snapshot.find(BLOCKED) is not None
    engine.dispose()
