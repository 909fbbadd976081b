"""How much is made, and until when. The same plan of the same moment makes the same rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta


class SeedRefused(Exception):
    """The database or the menu is not one to make rows for; the message says why and the mend."""


@dataclass(frozen=True, slots=True)
class Plan:
    """So many calls in the `days` before `now` (aware), of which `tickets` opened a ticket.

    `events` is of how many calls, the last ones, the events are written: all of a million would be
    ten million rows. `first` is the number of the first call, after those that are there already.
    """

    calls: int
    tickets: int
    days: int
    seed: int
    events: int
    now: datetime
    first: int = 0

    def __post_init__(self) -> None:
        if self.tickets > self.calls:
            raise SeedRefused("more tickets than calls: a call opens one ticket at most here")

    @property
    def begins(self) -> datetime:
        """The first moment at which somebody calls."""
        return self.now - timedelta(days=self.days)
