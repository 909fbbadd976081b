"""The loops of the roles that no caller talks to: the relay's, and those beside a worker's own."""

import time
from collections.abc import Callable

import structlog

from hotline.bootstrap import Services
from hotline.disk_loop import disk_loop
from hotline.synchroniser import SECONDS as SYNCHRONISE_SECONDS
from hotline.synchroniser import Synchroniser
from outbox.periodic import Loop, Loops
from outbox.relay import relay_once
from recordings.collect import UNWATCHED_SECONDS, collect_recordings, spool_here
from tickets.lateness import EVERY_S, LateAlarm

log = structlog.get_logger()

SWEEP_SECONDS = 30.0
REMOVAL_SECONDS = 3600.0
QUICK_S = 120.0
"""More than a round takes that waits out every time-out of a store that hangs."""
THOROUGH_S = 900.0
"""More than a round takes that copies recordings, or makes the index of a million numbers anew."""


def relay_loops(services: Services, tell: Callable[[], None]) -> Loops:
    """What the relay does; `tell` is called for as long as all of it goes on."""
    outbound = services.outbound
    engine, policy, lanes = services.engine(), outbound.relay_policy, outbound.lanes
    queues = services.slow_redis
    return Loops(
        [
            Loop(
                "relay",
                lambda: relay_once(engine, queues, policy, lanes),
                policy.interval_s,
                QUICK_S,
            ),
            Loop("sweep", Sweeper(services).round, SWEEP_SECONDS, THOROUGH_S),
            Loop("synchroniser", Synchroniser(services).round, SYNCHRONISE_SECONDS, THOROUGH_S),
            Loop("late_alarm", LateAlarm(engine).look, EVERY_S, QUICK_S),
            disk_loop(services),
        ],
        afresh=services.afresh,
        tell=tell,
    )


def worker_loops(services: Services, tell: Callable[[], None]) -> Loops:
    """What goes on beside a worker's lanes, which are watched by their names.

    A round of a lane may be a job, and a job's limit is its lease.
    """
    alarm = LateAlarm(services.engine())
    longest = QUICK_S + 2 * services.settings.deliveries.lease_seconds
    return Loops(
        [Loop("late_alarm", alarm.look, EVERY_S, QUICK_S)],
        afresh=lambda: None,
        tell=tell,
        others={lane.name: longest for lane in services.outbound.lanes},
    )


class Sweeper:
    """Brings recordings home, closes calls that nobody ended, destroys what is too old."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next_removal = 0.0

    def round(self) -> None:
        """Sweep once. Raises SQLAlchemyError, OSError."""
        _collect(self._services)
        self._services.sweep()
        if time.monotonic() >= self._next_removal:
            self._services.outbound.remove_old_recordings()
            self._next_removal = time.monotonic() + REMOVAL_SECONDS


def _collect(services: Services) -> None:
    """Bring home what an Asterisk of this machine has recorded."""
    spool = spool_here(services.settings)
    if spool is None:
        return
    if not services.reserve.room_for_recordings():
        log.error("recordings_not_collected", spool=str(spool), error="no room beside the reserve")
        return
    try:
        collect_recordings(spool, services.settings.recordings, settled_s=UNWATCHED_SECONDS)
    except (
        OSError
    ) as error:  # a full disk, or a folder that is not ours: the next round tries again
        log.error("recordings_not_collected", spool=str(spool), error=error.strerror)
