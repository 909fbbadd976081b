"""The seam to whoever receives tickets: what a destination is, and what comes of one push to it.

A kind of destination is a file under `destinations/`, and `hotline` builds those of the settings.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from outbox.retry import RetryPolicy
from tickets.model import Ticket

Verdict = Literal["acknowledged", "retry", "refused"]


@dataclass(frozen=True, slots=True)
class PushResult:
    """What came of one push. `retry_after_s` is the receiver's own wish.

    `unsure`: there was no answer, and the receiver may have the message all the same.
    """

    verdict: Verdict
    status: int | None = None
    error: str | None = None
    remote_id: str | None = None
    retry_after_s: float | None = None
    unsure: bool = False


class Destination(Protocol):
    """Where tickets are delivered."""

    @property
    def name(self) -> str:
        """As deliveries are addressed to it."""
        ...

    @property
    def timeout_s(self) -> float:
        """All that one push takes, in seconds, from the address's name to the answer."""
        ...

    @property
    def retry(self) -> RetryPolicy | None:
        """When a push that failed is repeated; None: as the house does."""
        ...

    @property
    def read_by_people(self) -> bool:
        """Whether a person would see a repetition: it counts more then (`unsure_weight`)."""
        ...

    def push(self, ticket: Ticket, event: str) -> PushResult:
        """Send the ticket once and judge the answer. Never raises for what the network does.

        Nothing in the result repeats what is personal.
        """
        ...
