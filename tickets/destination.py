"""The seam to whoever receives tickets: what a destination is, and what comes of one push to it.

A kind of destination is a file under `destinations/`, and `hotline` builds those that are set up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from outbox.retry import Retry
from tickets.model import OPENED, UPDATED, Ticket

Verdict = Literal["acknowledged", "accepted", "retry", "refused", "gone"]
"""`accepted`: the destination will see to it, and is asked later what became of it. `retry`: what
any ticket might have met. `refused`: this ticket is. `gone`: the destination wants no more at all.
"""


@dataclass(frozen=True, slots=True)
class Message:
    """What a destination is told: `event` of the ticket, which is given as it is now.

    `version` is the ticket's that the event made; by now it may be greater. `remote_id` is by which
    number the destination has the ticket, where it has told it. `token` is what it gave when it
    accepted this message: it is asked by it, and the message is not sent again. `repeated`: an
    attempt before may have reached it, and nobody knows.
    """

    ticket: Ticket
    event: str = OPENED
    version: int = 1
    remote_id: str | None = None
    token: str | None = None
    repeated: bool = False
    first_sent_at: datetime | None = None
    """When its first attempt began (UTC); None in the first."""
    unsure_at: datetime | None = None
    """When the last attempt began (UTC) after which nobody knows whether it has reached anyone."""
    accepted_at: datetime | None = None
    """Since when (UTC) the destination has said that it will see to it, or a part of it has it."""

    @property
    def id(self) -> str:
        """What tells it from others: the same on every attempt, for ever."""
        key = self.ticket.idempotency_key
        return f"{key}-v{self.version}" if self.event == UPDATED else key


@dataclass(frozen=True, slots=True)
class PushResult:
    """What came of one push. `retry_after_s` is the receiver's own wish.

    `unsure`: there was no answer, and the receiver may have the message all the same. `token` goes
    with `accepted`. Nothing in it repeats what is personal.
    """

    verdict: Verdict
    status: int | None = None
    error: str | None = None
    remote_id: str | None = None
    retry_after_s: float | None = None
    unsure: bool = False
    token: str | None = None
    answer: str | None = None
    """The first line of what it said, for people (`destinations.answer.first_line`)."""
    asked: bool = True
    """Whether the destination was asked at all: else the result says nothing of its health."""
    blind: bool = False
    """Where nothing could be looked for before it was sent again: one more makes one more."""
    again_s: float | None = None
    """Where nothing was sent, because it may be there already: seconds until that is looked at
    again. It counts as no attempt."""


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
    def retry(self) -> Retry | None:
        """When a push that failed is repeated; None: as the house does."""
        ...

    @property
    def read_by_people(self) -> bool:
        """Whether a person would see a repetition: it counts more then (`unsure_weight`)."""
        ...

    def push(self, message: Message) -> PushResult:
        """Send the message once and judge the answer; or, by its token, ask what became of it.

        Never raises for what the network does. Nothing in the result repeats what is personal.
        """
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """A ticket that a destination has: by our reference, its own number, the version it has.

    What it does not tell is None; one of `reference` and `remote_id` is there.
    """

    reference: str | None = None
    remote_id: str | None = None
    version: int | None = None


class CannotAsk(Exception):
    """The destination did not tell what it has; the message says why, and nothing personal."""


@runtime_checkable
class Asked(Protocol):
    """A destination that can be asked which tickets it has."""

    @property
    def lists(self) -> bool:
        """Whether it tells all that it has: then also what is not ours is found."""
        ...

    def held(self, since: datetime, sent: Sequence[Message]) -> Iterable[Held]:
        """What it has of tickets opened at `since` (aware) or later; `sent` are those of ours.

        Raises CannotAsk.
        """
        ...
