"""The relay, and the lanes of a worker, as threads of this process."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import redis
import sqlalchemy as sa

from outbox.lane_worker import LaneWorker
from outbox.periodic import Loops
from outbox.queue import open_queue
from outbox.relay import RelayPolicy, relaying
from outbox.retry import Retry
from tickets.circuit import probing
from tickets.delivery import Deliverer
from tickets.destination import Destination
from tickets.jobs import job_table
from tickets.lanes import delivery_lanes


@contextmanager
def own_lanes(
    engine: sa.Engine,
    client: redis.Redis,
    to: Mapping[str, Destination],
    retry: Retry,
    policy: RelayPolicy,
) -> Iterator[None]:
    """Deliver to these, as one relay and one worker do, while inside.

    A job under way has ten seconds to end.
    """
    lanes, functions = delivery_lanes(to), job_table(Deliverer(engine, to, retry))
    workers = [LaneWorker(open_queue(client, lane.name), functions) for lane in lanes]
    threads = [
        threading.Thread(target=one.work, kwargs={"logging_level": "WARNING"}, daemon=True)
        for one in workers
    ]
    loops = [relaying(engine, client, policy, lanes), probing(engine)]
    with Loops(loops, afresh=lambda: None).running():
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for one in workers:
                one.end()
            for lane in lanes:  # who waits for a job gets one that is nobody's
                open_queue(client, lane.name).enqueue("end")
            for thread in threads:
                thread.join(10)
