"""What the roles that no caller talks to do again and again: the relay, and beside a worker."""

from collections.abc import Callable

from blacklist.record.synchroniser import SECONDS as SYNCHRONISE_SECONDS
from blacklist.record.synchroniser import Synchroniser
from hotline.announcing import announcing
from hotline.bootstrap import Services
from hotline.disk_loop import disk_loop
from hotline.register import make_register
from outbox.periodic import QUICK_S, THOROUGH_S, Loops, Periodic
from outbox.relay import relaying
from recordings.periodic import collecting, destroying
from tickets.circuit import probing
from tickets.destinations.file import digest_times
from tickets.digests import digesting
from tickets.lateness import late_alarm

SWEEP_SECONDS = 30.0


def relay_periodics(services: Services, now: Callable[[], Services]) -> list[Periodic]:
    """What a relay does, a job of each room; `now` gives the services by the newest files."""
    settings, outbound, engine = services.settings, services.outbound, services.engine()
    index = Synchroniser(lambda: make_register(now()))
    return [
        probing(engine),
        digesting(engine, services.zone, lambda: digest_times(now().destinations)),
        relaying(engine, services.slow_redis, outbound.relay_policy, outbound.lanes),
        Periodic("sweep", SWEEP_SECONDS, lambda: now().sweep(), THOROUGH_S),
        collecting(
            settings.agi.recordings_prefix,
            settings.recordings,
            services.reserve.room_for_recordings,
        ),
        destroying(engine, settings.recordings, days=settings.retention.recordings_days),
        Periodic("synchroniser", SYNCHRONISE_SECONDS, index.round, THOROUGH_S),
        announcing(services, now),
        late_alarm(engine),
        disk_loop(services),
    ]


def relay_loops(services: Services, tell: Callable[[], None], now: Callable[[], Services]) -> Loops:
    """The relay's loops; `tell` is called for as long as all of them go on."""
    return Loops(relay_periodics(services, now), afresh=services.afresh, tell=tell)


def worker_loops(services: Services, tell: Callable[[], None]) -> Loops:
    """What goes on beside a worker's lanes, which are watched by their names.

    A round of a lane may be a job, and a job's limit is its lease.
    """
    lease_s = services.settings.deliveries.lease_seconds
    return Loops(
        [late_alarm(services.engine())],
        afresh=lambda: None,
        tell=tell,
        others={
            lane.name: QUICK_S + 2 * (lane.work.lease_s or lease_s)
            for lane in services.outbound.lanes
        },
    )
