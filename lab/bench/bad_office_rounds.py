"""Rounds of tickets to two offices, of which one is bad: in a process of its own.

Run by the bench as `python -m lab.bench.bad_office_rounds FOLDER RECEIVER TICKETS ROUNDS`, with an
embedded Redis and the receiver's secret in the folder. It writes as JSON how long the office that
is well has waited in each round, in seconds, by what the other one did.
"""

import json
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import sqlalchemy as sa

from hotline.logs import configure
from lab.bench.delivery_rounds import SIGNING
from lab.bench.plain import new_ticket
from lab.own_lanes import own_lanes
from outbox.relay import RelayPolicy
from outbox.retry import RetryPolicy
from store.database import make_engine
from store.migrations import upgrade
from store.redis_clients import make_redis
from store.redis_socket import embedded_redis_url
from store.sql import reading
from tickets.destinations.webhook import WebhookDestination
from tickets.open import open_ticket
from tickets.schema import deliveries
from tickets.schema import tickets as ticket_table

OFFICE = "office"
_TIMEOUT_S = 2.0
_EVERY_S = 0.1
"""A ticket comes so often."""
_PATIENCE_S = 60.0


def _hangs(_peer: socket.socket, over: threading.Event) -> None:
    over.wait(_PATIENCE_S)


def _fails(peer: socket.socket, _over: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n")


def _drips(peer: socket.socket, over: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nx-wait: ")
    while not over.wait(1.0):
        peer.sendall(b"a")


BAD: Mapping[str, Callable[[socket.socket, threading.Event], None]] = MappingProxyType(
    {"hangs": _hangs, "answers 500": _fails, "drips": _drips}
)
"""What a bad office does with a request that it has taken."""


@contextmanager
def _bad_office(kind: str) -> Iterator[str]:
    """Its address."""
    over = threading.Event()

    def serve(peer: socket.socket) -> None:
        with peer, suppress(OSError):
            peer.recv(65_536)
            BAD[kind](peer, over)

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                threading.Thread(target=serve, args=(peer,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, args=(listener,), daemon=True)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/tickets"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()


def _round(engine: sa.Engine, other: str, first: int, tickets: int) -> float:
    """The median wait of the office that is well, seconds, for tickets that `other` has too."""
    for number in range(first, first + tickets):
        moment = datetime.now(UTC)
        open_ticket(engine, new_ticket(number), destinations=[OFFICE, other], now=moment)
        time.sleep(_EVERY_S)  # they come as they come: the load itself is what is set
    origins = [new_ticket(number).origin for number in range(first, first + tickets)]
    ends = time.monotonic() + _PATIENCE_S
    while len(waits := _waits(engine, origins)) < tickets:
        if time.monotonic() > ends:
            raise SystemExit(f"beside {other} {tickets - len(waits)} tickets did not arrive")
        time.sleep(0.05)
    return statistics.median(waits)


def _waits(engine: sa.Engine, origins: list[str]) -> list[float]:
    rows = (
        sa.select(deliveries.c.created_at, deliveries.c.acknowledged_at)
        .join(ticket_table, ticket_table.c.idempotency_key == deliveries.c.ticket_id)
        .where(deliveries.c.destination == OFFICE, deliveries.c.state == "acknowledged")
        .where(ticket_table.c.origin.in_(origins))
    )
    with reading(engine) as connection:
        return [
            (row.acknowledged_at - row.created_at).total_seconds()
            for row in connection.execute(rows)
        ]


def _main(folder: Path, receiver: str, tickets: int, rounds: int) -> None:
    configure("warning", "json")
    secret = (folder / SIGNING).read_text(encoding="ascii")
    engine = make_engine(f"sqlite:///{folder / 'hotline.db'}")
    upgrade(engine)
    client = make_redis(embedded_redis_url(folder), fast=False)
    kinds = ("well", *BAD)
    took: list[dict[str, float]] = []
    for number in range(rounds):
        took.append({})
        for place, kind in enumerate(kinds):
            first = (number * len(kinds) + place) * tickets
            name = f"other_{first}"  # of each round another: none has failed before
            with nullcontext(receiver) if kind == "well" else _bad_office(kind) as url:
                to = {
                    one: WebhookDestination(one, at, lambda: [secret], _TIMEOUT_S)
                    for one, at in ((OFFICE, receiver), (name, url))
                }
                with own_lanes(engine, client, to, RetryPolicy(), RelayPolicy(interval_s=0.1)):
                    took[-1][kind] = _round(engine, name, first, tickets)
    sys.stdout.write(json.dumps(took))
    engine.dispose()
    client.close()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
