"""What a role needs of its machine: room, folders, closed secrets, a clock that is right."""

import os
import shutil
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import redis
from sqlalchemy.exc import SQLAlchemyError

from host.closed import OTHERS
from host.disk import usage
from host.life import seen
from hotline.bootstrap import Services
from hotline.doctor.check import Check
from hotline.home import Home
from hotline.settings import PREFIX
from recordings.transcriber import command_of
from store.sql import database_now, reading
from tickets.spare import SIZE

FAST_S = 2.0
"""How far a clock may be from that of a store, both read over a network."""
_SET_CLOCK = "let both machines keep time (chrony, systemd-timesyncd)"


def disk(services: Services) -> Iterator[Check]:
    """Whether there is room for tickets, and a place to write to."""
    folder = services.settings.state_dir
    found, limits = usage(folder), services.settings.disk
    enough = not found.filling(limits.alert_percent)
    yield Check("disk", enough, str(found), "make room: recordings stop first, tickets last")
    if any(role.role == "relay" for role in seen(folder)):  # who keeps it
        kept = services.reserve.whole
        told = f"{limits.reserve_mb} MB {'kept for tickets' if kept else 'were needed or not had'}"
        yield Check("disk reserve", kept, told, "make room for it")
    shown = str(folder)
    yield Check(
        "state folder",
        os.access(_there(folder), os.W_OK, effective_ids=True),
        shown,
        "make it writable",
    )


def _may(path: Path, what: int) -> bool:
    """Whether we may, as whom we are just now (`as_steward`), and not as who called us."""
    return os.access(path, what, effective_ids=True)


def _there(folder: Path) -> Path:
    folder = folder.absolute()
    return folder if folder.exists() else _there(folder.parent)


def spare_references(services: Services) -> Iterator[Check]:
    """Whether this machine has numbers to tell while the database is away."""
    name = "spare reference numbers"
    try:
        there = services.spare.count()
    except OSError as error:
        mend = "remove the file: who leads calls makes it anew"
        told = f"{services.settings.state_dir / 'spare-references'}: {error.strerror or error}"
        yield Check(name, False, told, mend)
        return
    mend = "who leads calls reserves them while the database is there: start `hotline agi`"
    yield Check(name, True, f"{there} of {SIZE}", mend, warns=there < SIZE / 2)


def clock(services: Services) -> Iterator[Check]:
    """Whether this machine's clock is that of the stores: leases and sessions are told by both."""
    try:
        before = time.time()
        seconds, micro = services.slow_redis.time()
        yield _beside("clock of redis", float(seconds) + micro / 1e6 - before)
    except redis.exceptions.RedisError:
        pass  # told already
    if services.engine().dialect.name == "sqlite":
        return  # this machine's own
    try:
        with reading(services.engine()) as connection:
            theirs, ours = database_now(connection), datetime.now(UTC)
    except SQLAlchemyError:
        return  # told already
    yield _beside("clock of the database", (theirs - ours).total_seconds())


def _beside(name: str, ahead_s: float) -> Check:
    found = f"{abs(ahead_s):.1f} s {'ahead of' if ahead_s > 0 else 'behind'} ours"
    return Check(name, abs(ahead_s) <= FAST_S, found, _SET_CLOCK)


def signing_secrets(services: Services) -> Iterator[Check]:
    """Whether deliveries are signed as every worker signs them, and no secret is open to others."""
    settings = services.settings
    signing = len(settings.backoffice.secrets)
    where = f"the same on every machine: {PREFIX}BACKOFFICE__SECRETS_FILE"
    shown = f"{signing} sign deliveries" if signing else "one of this state folder's own"
    yield Check("signing secrets", signing > 0, shown, f"set {where}")


def closed_secrets(services: Services) -> Iterator[Check]:
    """Whether files of secrets are their owner's alone."""
    if services.settings.home is None:
        return
    folder = Home(services.settings.home).secrets
    again = f"run `hotline init {services.settings.home}` as root"
    try:
        open_ones = [path.name for path in sorted(folder.iterdir()) if _is_open(path)]
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        yield Check("secrets", False, f"{folder}: {why}", again)
        return
    shown = f"{folder}: {', '.join(open_ones) + ' open to others' if open_ones else 'closed'}"
    yield Check("secrets", not open_ones, shown, again)


def _is_open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)


def heard_recordings(services: Services) -> Iterator[Check]:
    """Whether FastAGI can listen to what Asterisk has recorded."""
    agi = services.settings.agi
    folder = agi.recordings_dir or Path(agi.recordings_prefix or services.settings.recordings)
    name = "recordings are listened to"
    if not folder.exists():
        told = f"no {folder} here: what may be silence is kept like speech"
        yield Check(name, True, told)
        return
    mend = (
        f"let our user read it: `hotline asterisk install` does, or set {PREFIX}AGI__RECORDINGS_DIR"
    )
    yield Check(name, _may(folder, os.R_OK | os.X_OK), f"in {folder}", mend)


def drafted_recordings(services: Services) -> Iterator[Check]:
    """Whether the program that writes down what recordings say is there, where one is named."""
    command = command_of(services.settings.transcribe.command)
    if not command:
        return
    name, program = "recordings become text", command[0]
    found = shutil.which(program)
    told = f"by {found}" if found else f"{program} is not there, or no program that we may start"
    mend = f"install it, or set {PREFIX}TRANSCRIBE__COMMAND: until then there are no drafts"
    yield Check(name, found is not None, told, mend)


def fetched_recordings(services: Services) -> Iterator[Check]:
    """Whether the relay can take recordings from where Asterisk leaves them."""
    prefix = services.settings.agi.recordings_prefix
    name = "recordings are fetched"
    if not prefix:
        yield Check(name, True, "Asterisk records nowhere: no folder is set")
    elif not Path(prefix).exists():
        told = f"no {prefix} here: a relay on Asterisk's machine has to fetch from there"
        yield Check(name, True, told)
    else:
        passed = _may(Path(prefix), os.R_OK | os.W_OK | os.X_OK)
        mend = "let our user take files away there: `hotline asterisk install` does"
        yield Check(name, passed, f"from {prefix}", mend)
