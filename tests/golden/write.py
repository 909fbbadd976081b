"""Write what this release stores into a folder of its own: `python -m tests.golden.write`.

Run before a release. Every form comes from the code that stores it: calls between two turns,
journal lines, a job on the queue, the index of the blocklist, and the database.
"""

import base64
import json
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import redis

from blacklist.index import RedisIndex
from blacklist.numbers import normalise
from blacklist.record.limits import Wanted
from blacklist.record.projection import rebuild
from call_handlers.arrival import call_from_json
from call_handlers.kept import KeptRequests
from call_handlers.records import Record
from call_handlers.sessions import MemorySessions
from ivr.event import HungUp, Transferred
from outbox.queue import enqueue, open_queue
from store.journal import Journal
from tests.fixtures.calls import House, arrival, open_house, play, to_confirm
from tests.fixtures.record import AMAL, BADR, HIND, MAHA, NADA, POLICY, SALEM, register_on
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.tickets import new_ticket
from tickets.lanes import MAIN_QUEUE
from tickets.lease import DELIVERIES
from tickets.outbox import list_deliveries

FOLDER = Path(__file__).parent
THEN = datetime(2026, 11, 28, 9, tzinfo=UTC)
TOLD = "912345670"
"""The number of a ticket that waits for the database."""
BLOCKED, ALLOWED, STRUCK, PREFIX = "+966500000001", "+966500000002", "+966500000003", "+96650000001"


class _Kept(MemorySessions):
    """Sessions that remember every state that they were given, with the events before it."""

    def __init__(self) -> None:
        super().__init__()
        self.states: list[dict[str, Any]] = []

    def save(self, call_id: str, turn: int, state: str, events: Sequence[str]) -> str | None:
        """As any store."""
        kept = super().save(call_id, turn, state, events)
        self.states.append({"state": state, "events": self.events(call_id)})
        return kept


def write(folder: Path) -> None:
    """Write every form into `folder`."""
    folder.mkdir()
    with tempfile.TemporaryDirectory() as state:
        server = RedisProcess(Path(state) / "redis")
        server.start()
        try:
            with open_house(Path(state), server.url) as house:
                _calls(house, folder)
                _index(house, folder)
                _job(house, folder)
            _database(Path(state) / "hotline.db", folder)
        finally:
            server.stop()


def _calls(house: House, folder: Path) -> None:
    sessions = _Kept()
    desk = house.desk(sessions)
    call = play(desk, to_confirm(desk, desk.begin(arrival("1"))), "1")
    desk.end(desk.advance(call, HungUp()), "hangup")
    call = play(desk, desk.begin(arrival("2")), "2", "0")
    desk.advance(call, Transferred("unavailable"))
    _lines(folder / "calls.jsonl", sessions.states)
    held = call_from_json(sessions.states[0]["state"])
    last = call_from_json(sessions.states[-1]["state"], sessions.states[-1]["events"])
    begun = Record(held.facts, language="ar", last_node="language")
    ended = Record(
        last.facts,
        language="en",
        ended_ms=last.at_ms,
        disposition="transferred",
        transferred_to="operators",
        last_node=last.session.node,
        turns=last.session.turn,
        path=last.session.path,
        events=last.events,
    )
    note = {
        "recording_sid": f"RE{'0' * 32}",
        "call_id": held.call_id,
        "turn": 9,
        "at": THEN.isoformat(),
    }
    _lines(folder / "journal.jsonl", [asdict(begun), asdict(ended), note])
    write_requests(folder)
    house.flush()


def write_requests(folder: Path) -> None:
    """Requests that wait for the database: a ticket whose number was told, one without, a note."""
    kept = KeptRequests(Journal(folder / "requests.jsonl"), lambda: TOLD)
    said = new_ticket("call:golden:1", recording_ref="said-1", attributes={"recording_ms": 3000})
    kept.numbered(said, THEN)
    kept.ticket(new_ticket("call:golden:2", attributes={"unconfirmed": True}), THEN)
    note = {"origin": "call:golden:3:note-1", "recording_ref": "note-1"}
    kept.note(reference=TOLD, note=note, now=THEN)


def _index(house: House, folder: Path) -> None:
    client = house.client()
    client.flushall()
    register = register_on(house.engine, RedisIndex(client), house.clock.moment)
    register.add(BLOCKED, Wanted("harassment", days=30), by=SALEM)
    register.allow(ALLOWED, by=MAHA, note="hospital")
    for operator in (AMAL, BADR, HIND):
        register.strike(STRUCK, by=operator, reason="silent_call", call_id="c1")
    register.add_prefix(PREFIX, Wanted("harassment", days=3), by=MAHA)
    register.approve_prefix(PREFIX, by=NADA)
    rebuild(house.engine, register.index, house.clock.moment(), POLICY.strikes)
    house.screening().screen(normalise(STRUCK))
    found: dict[str, Any] = {}
    raw: Any = client  # which answers in bytes
    for key in sorted(raw.scan_iter("hotline:*")):
        kind = raw.type(key).decode()
        if kind == "string":
            found[key.decode()] = _bytes(raw.get(key))
        elif kind == "hash":
            fields = raw.hgetall(key)
            found[key.decode()] = {name.decode(): _bytes(value) for name, value in fields.items()}
    _json(folder / "index.json", found)


def _job(house: House, folder: Path) -> None:
    with redis.Redis.from_url(house.redis_url) as client:
        client.flushall()
        delivery = list_deliveries(house.engine)[0]
        enqueue(open_queue(client, MAIN_QUEUE), DELIVERIES, delivery.id, 1)
        (key,) = client.scan_iter("rq:job:*")
        fields = client.hgetall(key)
        _json(
            folder / "job.json",
            {key.decode(): {name.decode(): _bytes(value) for name, value in fields.items()}},
        )


def _database(path: Path, folder: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        dump = "\n".join(connection.iterdump())
    (folder / "database.sql").write_text(f"{dump}\n", encoding="utf-8")


def _bytes(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _lines(path: Path, items: Sequence[dict[str, Any]]) -> None:
    text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
    path.write_text(text, encoding="utf-8")


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(FOLDER / version("hotline-940"))
