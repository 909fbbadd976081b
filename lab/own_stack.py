"""A stack of one's own: stores in a folder of its own, ports that are free, processes that end.

What is played and measured here touches nobody's calls, tickets or sessions, and leaves nothing.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from call_handlers.fields import CallEvent, CallRecord
from call_handlers.history import find_call
from embedded.child import Child, ChildSpec
from embedded.supervisor import Supervisor
from hotline.bootstrap import Services, ensure_folders
from hotline.files import HouseFiles
from hotline.settings import Settings
from lab.callers.ports import ASTERISK_MEDIA, CALLER_SIP, free_port, media_range
from store.migrations import upgrade

HOST = "127.0.0.1"
_PORTS = (29000, 29999)
_MEDIA_PORTS = 400
_DRAIN_S = 5.0
_POLL_S = 0.02


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that goes with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="hotline-lab-") as name:
        yield Path(name)


def changed(settings: Settings, **fields: object) -> Settings:
    """The same settings with these in their place; a dict holds fields of that group."""
    whole = {
        name: getattr(settings, name).model_copy(update=field) if isinstance(field, dict) else field
        for name, field in fields.items()
    }
    return settings.model_copy(update=whole)


def own_settings(settings: Settings, folder: Path) -> Settings:
    """The same settings with all stores under `folder`: SQLite, and the embedded Redis."""
    return changed(settings, state_dir=folder, redis_url=None, database_url=None)


def stack_settings(settings: Settings, folder: Path) -> Settings:
    """The same settings with stores under `folder`, and for each server a port that is free."""
    first, last = media_range(ASTERISK_MEDIA, _MEDIA_PORTS)
    backoffice = server_port()
    return changed(
        own_settings(settings, folder),
        agi={"host": HOST, "ports": (server_port(), server_port()), "drain_seconds": _DRAIN_S},
        web={"host": HOST, "port": server_port()},
        console={"host": HOST, "port": server_port(), "public_url": ""},
        metrics={
            "agi_ports": (server_port(), server_port()),
            "worker_port": server_port(),
            "relay_port": server_port(),
        },
        ami={"hosts": (), "port": server_port()},
        sip={"host": HOST, "port": free_port(CALLER_SIP), "rtp_first": first, "rtp_last": last},
        backoffice={
            "host": HOST,
            "port": backoffice,
            "url": f"http://{HOST}:{backoffice}/tickets",
            "secrets": (),
        },
    )


def server_port() -> int:
    """A free port for a server."""
    return free_port(_PORTS, udp=False)


@contextmanager
def own_services(settings: Settings, files: HouseFiles | None = None) -> Iterator[Services]:
    """Services with their folders made and their database at the newest revision."""
    with closing(Services(settings, files)) as own:
        ensure_folders(settings)
        upgrade(own.engine())
        yield own


@contextmanager
def left_alone(children: Sequence[ChildSpec], folder: Path) -> Iterator[Mapping[str, Child]]:
    """Run children that nobody probes, and that nobody starts again when they end.

    Their logs are under `folder`. Raises StartFailed.
    """
    unprobed = [replace(spec, probe=None) for spec in children]
    supervisor = Supervisor(unprobed, log_dir=folder / "log")
    try:
        supervisor.start()
        yield supervisor.children
    finally:
        supervisor.stop()


def wait_record(
    engine: sa.Engine, call_id: str, seconds: float
) -> tuple[CallRecord, tuple[CallEvent, ...]] | None:
    """A call's record and events once its end is written; after `seconds`, what there is of it."""
    deadline = time.monotonic() + seconds
    while True:
        found = find_call(engine, call_id)
        if (found is not None and found[0].ended_at) or time.monotonic() > deadline:
            return found
        time.sleep(_POLL_S)
