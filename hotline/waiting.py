"""What a role does at its start about stores that are not there, or have no tables of ours yet.

Who delivers can do nothing without them, and waits: it says once for what, and the mend. Who leads
calls goes without, as it does when they go away later: a citizen is on the telephone now.
"""

import os
import threading
from collections.abc import Callable
from contextlib import closing

import redis
import structlog
from sqlalchemy.exc import SQLAlchemyError

from host.life import Supervisor
from host.signals import signals_told
from hotline.bootstrap import Services
from hotline.trouble import of_database
from store.migrations import current, serves

log = structlog.get_logger()

LOOK_S = 2.0
"""How often a store that is awaited is looked at."""


def awaited(services: Services) -> str | None:
    """What the stores lack for a role to do its work, and the mend; None when it is all there.

    Takes two seconds at most for SQL, and as long as a Redis that hangs is given.
    """
    try:
        services.slow_redis.ping()
    except redis.exceptions.RedisError as error:
        return f"redis: {type(error).__name__}; start it, or check REDIS_URL"
    try:
        found = current(services.call_engine)
    except SQLAlchemyError as error:
        return of_database(error)
    if not serves(found):
        return f"database: its tables are {found or 'not made'}; run `hotline db upgrade`"
    return None


def wait_for_stores(
    services: Services,
    stop: threading.Event,
    *,
    event: str,
    tell: Callable[[], None] = lambda: None,
    every_s: float = LOOK_S,
) -> bool:
    """Wait until all is there; False when `stop` is set before. `tell` is called all along.

    Each thing that is awaited is logged once, as `event`, and told to whoever supervises us.
    """
    told: str | None = None
    with closing(Supervisor(os.environ)) as supervisor:
        while (what := awaited(services)) is not None:
            if what != told:
                log.warning(event, awaited=what)
                supervisor.told(f"STATUS=without {what}".encode())
                told = what
            tell()
            if stop.wait(every_s):
                return False
        if told is not None:
            log.info("stores_there")
            supervisor.told(b"STATUS=")
    return True


def waited_for_stores(services: Services, role: str, tell: Callable[[], None]) -> bool:
    """Wait for the stores, or for SIGTERM or SIGINT: then False. Main thread only."""
    stop = threading.Event()
    with signals_told(stop.set):
        return wait_for_stores(services, stop, event=f"{role}_waits", tell=tell)


def look_beside_calls(services: Services, role: str) -> None:
    """Tell in a thread of its own what a role that leads calls goes without, until it is there."""
    threading.Thread(
        target=wait_for_stores,
        args=(services, threading.Event()),
        kwargs={"event": f"{role}_goes_without"},
        name="stores",
        daemon=True,
    ).start()
