"""One role of the house each, for production: a supervisor of your own runs as many as it needs."""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
import structlog
from redis.exceptions import RedisError

from host.heap import settle_heap
from host.life import Life, tell_ready
from host.signals import hangup_reopens_logs, signals_told
from hotline.answering import asking_itself
from hotline.bootstrap import Services, ensure_folders
from hotline.live import Live
from hotline.menu import refuse_unfit
from hotline.observability import metrics_served
from hotline.waiting import look_beside_calls, wait_for_stores, waited_for_stores

if TYPE_CHECKING:
    from agi_scripts.scripts import Script
    from call_handlers.arrival import Call

log = structlog.get_logger()


def say_ready(role: str, **what: object) -> None:
    """Tell the log and whoever supervises this process that the role does its work from now on."""
    log.info(f"{role}_ready", **what)
    tell_ready(os.environ)


def stop_event(hung_up: Callable[[], None] = lambda: None) -> threading.Event:
    """An event that SIGTERM and SIGINT set, until the command ends. Main thread only.

    SIGHUP opens the logs anew, and calls `hung_up`.
    """
    hangup_reopens_logs()
    stop = threading.Event()
    context = click.get_current_context()
    assert context is not None
    context.with_resource(signals_told(stop.set, hung_up))
    return stop


@click.command()
@click.option("--port", type=int, default=None, help="TCP port; default: the first of the settings")
@click.option("--metrics-port", type=int, default=None, help="Port of /metrics; default: none")
@click.pass_obj
def agi(services: Services, port: int | None, metrics_port: int | None) -> None:
    """Run one FastAGI server until SIGTERM; then finish its calls and refuse new ones."""
    from agi_scripts.scripts import make_scripts
    from agi_scripts.server import FastAgiServer
    from hotline.asterisk_hosts import UnnamedHosts
    from hotline.beside_calls import beside_agi
    from hotline.codes import code_scripts
    from recordings.sound import is_heard

    settings = services.settings.agi
    live = Live("agi", services)
    refuse_unfit(services)
    ensure_folders(services.settings)
    stop = stop_event(live.hung_up)
    prefix = settings.sounds_prefix or str(services.settings.sounds.absolute())
    recordings = settings.recordings_prefix or str(services.settings.recordings.absolute())
    folder = settings.recordings_dir or Path(recordings)
    put_through: dict[str, Call] = {}

    def scripts(now: Services) -> "Mapping[str, Script]":
        sounds = now.sounds(prefix)
        callers = make_scripts(
            now.desk,
            sounds,
            recordings=recordings,
            heard=partial(is_heard, folder),
            room=partial(now.reserve.room_for_recordings, folder),
            put_through=put_through,
        )
        return {**callers, **code_scripts(now, sounds)}

    server = FastAgiServer(
        settings.host,
        settings.ports[0] if port is None else port,
        scripts(services),
        max_calls=settings.max_calls,
        allowed=settings.allowed_networks,
        admits_unnamed=UnnamedHosts(services.fast_redis, services.breaker).admits,
    )
    with ExitStack() as stack:
        if metrics_port is not None:
            stack.enter_context(metrics_served(services.settings.metrics.host, metrics_port))
        stack.enter_context(beside_agi(services, lambda: live.now).running())
        settle_heap()
        server.start()
        stack.enter_context(live.running(lambda new: server.use(scripts(new))))
        say_ready("agi", port=server.port)
        look_beside_calls(services, "agi")
        with asking_itself(settings.host, server.port, os.environ):
            stop.wait()
        log.info("agi_drains")
        cut = server.drain(settings.drain_seconds)
        log.info("agi_stopped", cut=cut)


@click.command()
@click.option("--metrics-port", type=int, default=None, help="Port of /metrics; default: none")
@click.pass_obj
def worker(services: Services, metrics_port: int | None) -> None:
    """Deliver tickets and fetch recordings until SIGTERM; what is under way is finished.

    Each destination, recordings, and drafts of what they say have a lane of their own: none waits
    for another.
    """
    from hotline.delivering import worker_loops
    from outbox.worker import LaneEnded, LaneStuck, run_worker

    live = Live("worker", services)
    hangup_reopens_logs(live.hung_up)
    ensure_folders(services.settings)
    with ExitStack() as stack:
        if metrics_port is not None:
            stack.enter_context(metrics_served(services.settings.metrics.host, metrics_port))
        life = stack.enter_context(closing(Life("worker", services.settings.state_dir, os.environ)))
        if not waited_for_stores(services, "worker", life.tell):
            return
        outbound = services.outbound
        ending = threading.Event()
        drafter = outbound.drafter(ending)
        functions = {**outbound.functions, **(drafter.jobs() if drafter else {})}
        loops = worker_loops(services, life.tell)
        stack.enter_context(loops.running())
        lanes = [lane.name for lane in outbound.lanes]
        made = loops.rounds.made
        stack.enter_context(live.running(lambda new: functions.update(new.outbound.functions)))
        say_ready("worker", lanes=lanes)
        try:
            slow = outbound.slow_lanes
            run_worker(services.queue_redis, functions, lanes, made=made, slow=slow, ending=ending)
        except (LaneEnded, LaneStuck, RedisError) as error:
            log.critical("worker_ends", why=str(error))
            sys.exit(1)


@click.command()
@click.option("--metrics-port", type=int, default=None, help="Port of /metrics; default: none")
@click.pass_obj
def relay(services: Services, metrics_port: int | None) -> None:
    """Queue what is due, close calls that nobody ended, keep the blocklist's index; until SIGTERM.

    It removes old recordings too.
    """
    from hotline.delivering import relay_loops

    live = Live("relay", services)
    ensure_folders(services.settings)
    stop = stop_event(live.hung_up)
    with ExitStack() as stack:
        if metrics_port is not None:
            stack.enter_context(metrics_served(services.settings.metrics.host, metrics_port))
        life = stack.enter_context(closing(Life("relay", services.settings.state_dir, os.environ)))
        if not wait_for_stores(services, stop, event="relay_waits", tell=life.tell):
            return
        stack.enter_context(relay_loops(services, life.tell, lambda: live.now).running())
        stack.enter_context(live.running(_made_ready_to_sweep))
        say_ready("relay")
        stop.wait()


def _made_ready_to_sweep(services: Services) -> None:
    """Make now what the next round needs: where it cannot be made, the files are refused."""
    _ = services.desk
