"""The jobs that may stand on the queue, by name. A worker runs these names and no others."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

DELIVER = "tickets.jobs.deliver"


def deliver(delivery_id: str) -> None:
    """The name on the queue. A plain `rq worker` has no database to deliver from: it is told so."""
    raise RuntimeError(f"delivery {delivery_id}: start the worker with `hotline worker`")


class Delivers(Protocol):
    """What makes an attempt at a delivery."""

    def deliver(self, delivery_id: str, /) -> object:
        """One attempt; harmless when there is nothing to do."""
        ...


def job_table(deliverer: Delivers) -> Mapping[str, Callable[..., Any]]:
    """What each name means for a worker that has this `deliverer`."""
    return {DELIVER: deliverer.deliver}
