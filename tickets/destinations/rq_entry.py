"""A queue of the office's own in config/destinations.yaml."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from tickets.destination import Destination
from tickets.destinations.entry import Entry, House, Secret, SecretMissing

_Dotted = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\z", max_length=200),
]
_Queue = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9._-]{1,100}\z")]


class RqEntry(Entry):
    """Jobs of RQ: where its Redis is (a secret: it holds a password), the queue, the function."""

    kind: Literal["rq"]
    redis_url: Secret
    queue: _Queue = "backoffice"
    function: _Dotted = "backoffice.tickets"

    def build(self, name: str, house: House) -> Destination:
        """The destination. Raises SecretMissing for an address that is not there, or is none."""
        from carriers.bounded_redis import parse_redis_address
        from carriers.trust import trusting
        from tickets.destinations.rq_queue import RqDestination

        read = self.redis_url.reader(house)
        try:
            parse_redis_address(read())
        except ValueError as error:
            raise SecretMissing(f"redis_url: {error}") from None
        return RqDestination(
            name,
            read,
            self.queue,
            self.function,
            self.timeout_s(house),
            self.schedule(house),
            admits=self.admits,
            tls=self.trust(house) or trusting(),
        )
