"""What the roles that lead calls do again and again beside them. Whatever hangs, it ends no call.

A machine may have no relay. So who leads calls keeps its spare reference numbers itself, and hands
on what its calls left in the journal.
"""

from collections.abc import Callable, Sequence

from hotline.bootstrap import Services
from hotline.disk_loop import disk_loop
from outbox.periodic import THOROUGH_S, Loops, Periodic

REPLAY_SECONDS = 30.0


def beside_agi(services: Services, now: Callable[[], Services]) -> Loops:
    """Of a FastAGI server; `now` gives the services by the newest files."""
    return _loops([disk_loop(services), *_told_without_sql(services, now)])


def beside_webhooks(services: Services, now: Callable[[], Services]) -> Loops:
    """Of a process that serves webhooks: none where no provider calls."""
    wanted = services.settings.twilio.configured
    return _loops(_told_without_sql(services, now) if wanted else [])


def _told_without_sql(services: Services, now: Callable[[], Services]) -> list[Periodic]:
    """What lets callers hear a number while SQL is away, and makes it true once it is back."""
    from tickets.spare import filling  # whoever has it shows how many there are

    return [
        filling(services.call_engine, services.spare),
        Periodic("journal", REPLAY_SECONDS, lambda: now().replay(), THOROUGH_S),
    ]


def _loops(periodics: Sequence[Periodic]) -> Loops:
    return Loops(periodics, afresh=_nothing, end=_nothing)


def _nothing() -> None:
    pass
