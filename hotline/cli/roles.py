"""One role of the house each, for production: a supervisor of your own runs as many as it needs."""

import threading
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import rich_click as click
import structlog

from hotline.bootstrap import Services, ensure_folders
from hotline.menu import refuse_unfit
from hotline.observability import metrics_served
from hotline.recordings import UNWATCHED_SECONDS, collect_recordings, spool_here
from hotline.signals import hangup_reopens_logs, signals_told

log = structlog.get_logger()
SWEEP_SECONDS = 30.0
REMOVAL_SECONDS = 3600.0


def stop_event() -> threading.Event:
    """An event that SIGTERM and SIGINT set, until the command ends. Main thread only.

    SIGHUP opens the logs anew.
    """
    hangup_reopens_logs()
    stop = threading.Event()
    context = click.get_current_context()
    assert context is not None
    context.with_resource(signals_told(stop.set))
    return stop


@click.command()
@click.option("--port", type=int, default=None, help="TCP port; default: the first of the settings")
@click.option("--metrics-port", type=int, default=None, help="Port of /metrics; default: none")
@click.pass_obj
def agi(services: Services, port: int | None, metrics_port: int | None) -> None:
    """Run one FastAGI server until SIGTERM; then finish its calls and refuse new ones."""
    from agi_scripts.scripts import make_scripts
    from agi_scripts.server import FastAgiServer
    from call_handlers.sound import is_heard
    from hotline.asterisk_hosts import UnnamedHosts
    from hotline.codes import code_scripts

    settings = services.settings.agi
    refuse_unfit(services)
    ensure_folders(services.settings)
    stop = stop_event()
    sounds = services.sounds(settings.sounds_prefix or str(services.settings.sounds.absolute()))
    recordings = settings.recordings_prefix or str(services.settings.recordings.absolute())
    folder = settings.recordings_dir or Path(recordings)
    scripts = {
        **make_scripts(
            services.desk, sounds, recordings=recordings, heard=partial(is_heard, folder)
        ),
        **code_scripts(services, sounds),
    }
    server = FastAgiServer(
        settings.host,
        settings.ports[0] if port is None else port,
        scripts,
        max_calls=settings.max_calls,
        allowed=settings.allowed_networks,
        admits_unnamed=UnnamedHosts(services.fast_redis, services.breaker).admits,
    )
    with ExitStack() as stack:
        if metrics_port is not None:
            stack.enter_context(metrics_served(services.settings.metrics.host, metrics_port))
        server.start()
        log.info("agi_ready", port=server.port)
        stop.wait()
        log.info("agi_drains")
        cut = server.drain(settings.drain_seconds)
        log.info("agi_stopped", cut=cut)


@click.command()
@click.option("--metrics-port", type=int, default=None, help="Port of /metrics; default: none")
@click.pass_obj
def worker(services: Services, metrics_port: int | None) -> None:
    """Deliver tickets and fetch recordings until SIGTERM; what is under way is finished.

    Each destination, and recordings, have a lane of their own: none waits for another.
    """
    from tickets.worker import run_worker

    hangup_reopens_logs()
    with ExitStack() as stack:
        if metrics_port is not None:
            stack.enter_context(metrics_served(services.settings.metrics.host, metrics_port))
        outbound = services.outbound
        fetcher = outbound.fetcher
        more = {} if fetcher is None else fetcher.jobs()
        lanes = [lane.name for lane in outbound.lanes]
        run_worker(services.slow_redis, outbound.deliverer, lanes, more=more)


@click.command()
@click.option("--metrics-port", type=int, default=None, help="Port of /metrics; default: none")
@click.pass_obj
def relay(services: Services, metrics_port: int | None) -> None:
    """Queue what is due, close calls that nobody ended, keep the blocklist's index; until SIGTERM.

    It removes old recordings too.
    """
    from hotline.synchroniser import run_synchroniser
    from tickets.relay import run_relay

    ensure_folders(services.settings)
    stop = stop_event()
    outbound = services.outbound
    sweeper = threading.Thread(target=_sweep, args=(services, stop), name="sweeper")
    synchroniser = threading.Thread(target=run_synchroniser, args=(services, stop))
    with ExitStack() as stack:
        if metrics_port is not None:
            stack.enter_context(metrics_served(services.settings.metrics.host, metrics_port))
        for thread in (sweeper, synchroniser):
            thread.start()
            stack.callback(thread.join)
        redis, policy = services.slow_redis, outbound.relay_policy
        run_relay(services.engine(), redis, policy, stop, outbound.lanes)


def _collect(services: Services) -> None:
    """Bring home what an Asterisk of this machine has recorded."""
    spool = spool_here(services.settings)
    if spool is None:
        return
    try:
        collect_recordings(spool, services.settings.recordings, settled_s=UNWATCHED_SECONDS)
    except (
        OSError
    ) as error:  # a full disk, or a folder that is not ours: the next round tries again
        log.error("recordings_not_collected", spool=str(spool), error=error.strerror)


def _sweep(services: Services, stop: threading.Event) -> None:
    next_removal = 0.0
    while not stop.is_set():
        started = time.monotonic()
        _collect(services)
        try:
            services.sweep()
            if started >= next_removal:
                services.outbound.remove_old_recordings()
                next_removal = started + REMOVAL_SECONDS
        except (
            Exception
        ) as error:  # the sweeper outlives whatever is away; the next round tries again
            log.warning("sweep_failed", error=type(error).__name__)
        stop.wait(max(1.0, SWEEP_SECONDS - (time.monotonic() - started)))


@click.command()
@click.option("--port", type=int, default=None, help="TCP port; default: from the settings")
@click.pass_obj
def backoffice(services: Services, port: int | None) -> None:
    """Run the reference back office: it stands for the city's own system."""
    from hotline.backoffice.server import serve_backoffice

    hangup_reopens_logs()
    settings = services.settings
    folder = settings.state_dir / "backoffice"
    folder.mkdir(parents=True, exist_ok=True)
    serve_backoffice(
        settings.backoffice.host,
        settings.backoffice.port if port is None else port,
        folder / "backoffice.db",
        services.outbound.backoffice_secrets,
    )
