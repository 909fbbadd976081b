"""The loop that keeps the reserve of this machine, and tells when its disk fills."""

from host.disk import DiskWatch
from hotline.bootstrap import Services
from outbox.periodic import Loops, Periodic
from recordings.collect import spool_here

SECONDS = 5.0


def disk_loop(services: Services) -> Periodic:
    """For a relay, among its others."""
    settings = services.settings
    spool = spool_here(settings.agi.recordings_prefix, settings.recordings)
    folders = [settings.state_dir, *([] if spool is None else [spool])]
    watch = DiskWatch(services.reserve, folders, settings.disk.alert_percent)
    return Periodic("disk", SECONDS, watch.look)


def disk_beside_calls(services: Services) -> Loops:
    """For a server: a machine may have no relay. A disk that hangs ends no call."""
    return Loops([disk_loop(services)], afresh=_nothing, end=_nothing)


def _nothing() -> None:
    pass
