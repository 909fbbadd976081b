"""A queue of the office's own: a job of RQ for each thing that happens to a ticket.

The job's id is the message's: while Redis knows the job, waiting or done, the same message makes no
second one, so that a lost reply does no harm. Arguments are JSON; the function is the office's, and
a name alone here.
"""

import ssl
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from carriers.addresses import Admits, anywhere
from carriers.bounded_network import AddressRefused
from carriers.bounded_redis import BoundedRedis, RedisFailed, parse_redis_address
from carriers.trust import trusting
from outbox.retry import Retry
from tickets.destination import CannotAsk, Held, Message, PushResult
from tickets.destinations.answer import first_line
from tickets.destinations.entry import SecretMissing
from tickets.destinations.untold import untold_of
from tickets.model import to_wire

KEPT = timedelta(days=7)
"""How long a job that is done or has failed is known, and a repetition of it recognised."""
_ASKING_S = 60.0
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class RqDestination:
    """Jobs on `queue` of the Redis at `url`, which is read anew for each push; `function` by name.

    `timeout_s` is all that a push takes, in seconds, whatever the server does.
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
    tls: ssl.SSLContext = field(default_factory=trusting, repr=False)
    """Whose certificates are taken, of `rediss://`."""
    _servers: dict[str, BoundedRedis] = field(default_factory=dict, repr=False, compare=False)

    def push(self, message: Message) -> PushResult:
        """Put the job on the queue, once."""
        try:
            with self._server().asked(self.timeout_s) as client:
                self._enqueue(client, message)
        except DuplicateJobError:  # an attempt before has arrived
            pass
        except (RedisFailed, AddressRefused, SecretMissing, ValueError) as error:
            return _failed(error, untold_of(message.ticket))
        return PushResult("acknowledged", remote_id=message.id)

    def _enqueue(self, client: redis.Redis, message: Message) -> None:
        """Raises DuplicateJobError; RQ looks and enqueues in one step of Redis."""
        queue = Queue(self.queue, connection=client, serializer=JSONSerializer)
        queue.enqueue(
            self.function,
            kwargs=arguments(message),
            job_id=message.id,
            # RQ would write the arguments into its workers' logs.
            description=f"{message.event} {message.ticket.service_request_id}",
            result_ttl=int(KEPT.total_seconds()),
            failure_ttl=int(KEPT.total_seconds()),
            unique=True,
        )

    def held(self, since: datetime, sent: Sequence[Message]) -> Iterator[Held]:
        """Which of these jobs Redis knows. Raises CannotAsk, also for longer than jobs are kept."""
        if datetime.now(UTC) - since > KEPT:
            raise CannotAsk(f"its jobs are kept for {KEPT.days} days: ask since then")
        found: list[Held] = []
        try:
            with self._server().asked(_ASKING_S) as client:
                for first in range(0, len(sent), _AT_ONCE):
                    found += _known(client, sent[first : first + _AT_ONCE])
        except (RedisFailed, AddressRefused, SecretMissing, ValueError) as error:
            raise CannotAsk(_failed(error).error or "") from None
        yield from found

    def _server(self) -> BoundedRedis:
        """The Redis of this moment's address. Raises SecretMissing, and ValueError for none."""
        url = self.url()
        if url not in self._servers:
            made = BoundedRedis(parse_redis_address(url), self.admits, self.tls)
            self._servers.clear()
            self._servers[url] = made
        return self._servers[url]


def _known(client: redis.Redis, sent: Sequence[Message]) -> Iterator[Held]:
    with client.pipeline(transaction=False) as asked:
        for message in sent:
            asked.exists(Job.key_for(message.id))
        there = asked.execute()
    for message, is_there in zip(sent, there, strict=True):
        if is_there:
            yield Held(message.ticket.service_request_id, message.id, message.version)


def _failed(error: Exception, untold: Collection[str] = ()) -> PushResult:
    if isinstance(error, RedisFailed):
        answer = first_line(error.words.encode(), untold=untold)
        return PushResult("retry", error=str(error), unsure=error.sent, answer=answer)
    if isinstance(error, AddressRefused):
        return PushResult("retry", error=f"{error}: `private_addresses: true` allows it")
    return PushResult("retry", error=f"its redis_url: {error}")


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
