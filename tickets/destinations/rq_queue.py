"""A queue of the office's own: a job of RQ for each thing that happens to a ticket.

The job's id is the message's: while Redis knows the job, waiting or done, the same message makes no
second one, so that a lost reply does no harm. Arguments are JSON; the function is the office's, and
a name alone here.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpcore
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry as RedisRetry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from carriers.addresses import Admits, anywhere
from carriers.bounded_network import AddressRefused, BoundedNetwork, Bounds
from outbox.retry import Retry
from tickets.destination import CannotAsk, Held, Message, PushResult
from tickets.model import to_wire

KEPT = timedelta(days=7)
"""How long a job that is done or has failed is known, and a repetition of it recognised."""
_LOST = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)
_COMMANDS = 8
"""More than one push sends: each waits for its part of the time."""
_PORT = 6379


@dataclass(frozen=True, slots=True)
class RqDestination:
    """Jobs on `queue` of the Redis at `url`, which is read anew for each push; `function` by name.

    `timeout_s` is all that a push takes, in seconds.
    """

    name: str
    url: Callable[[], str] = field(repr=False)
    queue: str
    function: str
    timeout_s: float = 8.0
    retry: Retry | None = None
    admits: Admits = anywhere
    read_by_people: bool = False
    lists: bool = False

    def push(self, message: Message) -> PushResult:
        """Put the job on the queue, once."""
        sent = False
        try:
            with self._connected() as connection:
                queue = Queue(self.queue, connection=connection, serializer=JSONSerializer)
                sent = True
                queue.enqueue(
                    self.function,
                    kwargs=arguments(message),
                    job_id=message.id,
                    description=f"{message.event} {message.ticket.service_request_id}",
                    result_ttl=int(KEPT.total_seconds()),
                    failure_ttl=int(KEPT.total_seconds()),
                    unique=True,
                )
        except DuplicateJobError:  # an attempt before has arrived
            pass
        except AddressRefused as error:
            return PushResult("retry", error=f"{error}: `private_addresses: true` allows it")
        except (redis.exceptions.RedisError, httpcore.TimeoutException, httpcore.NetworkError,
                ValueError) as error:  # fmt: skip
            # What Redis says may repeat what it was told: its kind is enough.
            lost = isinstance(
                error, redis.exceptions.ConnectionError | redis.exceptions.TimeoutError
            )
            return PushResult("retry", error=type(error).__name__, unsure=sent and lost)
        return PushResult("acknowledged", remote_id=message.id)

    def held(self, since: datetime, sent: Sequence[Message]) -> Iterator[Held]:
        """Which of these jobs Redis knows. Raises CannotAsk, also for longer than jobs are kept."""
        if datetime.now(UTC) - since > KEPT:
            raise CannotAsk(f"its jobs are kept for {KEPT.days} days: ask since then")
        found: list[Held] = []
        try:
            with self._connected() as connection:
                for message in sent:
                    if Job.exists(message.id, connection=connection):
                        reference = message.ticket.service_request_id
                        found.append(Held(reference, message.id, message.version))
        except AddressRefused as error:
            raise CannotAsk(str(error)) from None
        except (redis.exceptions.RedisError, httpcore.TimeoutException, httpcore.NetworkError,
                ValueError) as error:  # fmt: skip
            raise CannotAsk(type(error).__name__) from None
        yield from found

    def _connected(self) -> redis.Redis:
        """A client of its own: nothing of one push meets the next. Raises AddressRefused."""
        url = self.url()
        self._look(url)
        wait_s = self.timeout_s / _COMMANDS
        return redis.Redis.from_url(
            url,
            socket_connect_timeout=wait_s,
            socket_timeout=wait_s,
            retry=RedisRetry(NoBackoff(), 0),
        )

    def _look(self, url: str) -> None:
        """Whether its name leads where it may, and somebody is there. Raises AddressRefused.

        Raises httpcore's errors too, and ValueError for what is no address.
        """
        parts = urlsplit(url)
        if parts.scheme == "unix":
            return
        network = BoundedNetwork(Bounds(time.monotonic() + self.timeout_s / 2, 1), self.admits)
        network.connect_tcp(parts.hostname or "localhost", parts.port or _PORT).close()


def arguments(message: Message) -> dict[str, Any]:
    """What the office's function is called with, all of it JSON."""
    ticket = message.ticket
    return {
        "event": message.event,
        "ticket": to_wire(ticket),
        "id": message.id,
        "version": message.version,
        "time": ticket.updated_datetime.astimezone(UTC).isoformat(),
    }
