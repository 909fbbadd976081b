"""The loop that keeps the reserve of this machine, and tells when its disk fills."""

from host.disk import DiskWatch
from hotline.bootstrap import Services
from outbox.periodic import Periodic
from recordings.collect import spool_here

SECONDS = 5.0


def disk_loop(services: Services) -> Periodic:
    """For a relay, and for a server that leads calls."""
    settings = services.settings
    spool = spool_here(settings.agi.recordings_prefix, settings.recordings)
    folders = [settings.state_dir, *([] if spool is None else [spool])]
    watch = DiskWatch(services.reserve, folders, settings.disk.alert_percent)
    return Periodic("disk", SECONDS, watch.look)
