"""Changed files under a role that runs: read anew at SIGHUP, checked, and taken up as a whole.

A call reads one `Services` at its beginning, or one a webhook; what begins after a change reads the
next one. Nobody waits: the change is made ready beside the calls, in a thread, and then one
reference is exchanged. A file with a mistake is refused with all others, and the role goes on as it
was.

The calls in progress, in whatever process, go on in the flow that they began with: each process
that led calls by it keeps it for as long as a session lives, and one that is started anew finds it
in the archive (`flow_archive.py`), where every flow is put that has led calls.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog
from pydantic import BaseModel

from call_handlers.sessions import SESSION_TTL_S
from host.heap import settle_heap
from host.word import Word
from hotline.bootstrap import Services
from hotline.environment import SettingsWrong
from hotline.files import HouseFiles
from hotline.flow_archive import archive_of
from hotline.flow_history import RELOADED, FlowHistory
from hotline.menu import WRONG_FILE, written_findings
from hotline.prints import (
    ASTERISK,
    TAKEN_UP,
    Prints,
    changed,
    digest,
    prints_of,
)
from hotline.settings import Settings, load_settings
from ivr.flow import Flow

log = structlog.get_logger()

LEAD_CALLS = ("agi", "web")
"""Roles that have flows by which callers are led."""
DELIVER = ("worker", "relay")
"""Roles that have a lane for each destination."""
_TRIES = 5
"""How often files are read again that somebody is writing just then."""
_PREFIX = "HOTLINE_"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A flow that calls in progress began with, until the last of them has ended (monotonic)."""

    flow: Flow
    until: float


class Live:
    """The services of a role of this process, by the newest files that it could take up."""

    def __init__(self, role: str, services: Services) -> None:
        """`services` are those that it begins with: made before any of their files is read."""
        self.now = self._first = services
        self._role = role
        self._folder = services.settings.config_dir
        self._use: Callable[[Services], None] = lambda _new: None
        self._hangups: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._kept: Mapping[str, _Kept] = {}
        self._running, self._asterisk = self._prints(TAKEN_UP), self._prints(ASTERISK)
        self._changed: list[str] = []
        self._looks = 0
        self._word: Word | None = None

    def of_child(self) -> "Live":
        """What a process has that was forked from this one: the same files, stores of its own."""
        settings, files = self.now.settings, self.now.files
        made = Live(self._role, Services(settings, files))
        made._kept, made._running, made._asterisk = self._kept, self._running, self._asterisk
        return made

    def hung_up(self) -> None:
        """SIGHUP has come: look at the files soon. Also from a signal's handler."""
        self._hangups.put(True)

    @contextmanager
    def running(self, use: Callable[[Services], None]) -> Iterator[None]:
        """Take up changes while inside, and say what this process runs.

        `use` makes what it needs of the new services, and then exchanges it; what it raises refuses
        the change.
        """
        thread = threading.Thread(target=self._keep_looking, name="live", daemon=True)
        with self.told(use):
            if self._prints(TAKEN_UP) != self._running:  # while this began nobody could tell it
                self.hung_up()
            thread.start()
            try:
                yield
            finally:
                self._hangups.put(False)

    @contextmanager
    def told(self, use: Callable[[Services], None]) -> Iterator[None]:
        """As `running`, where whoever is inside calls `look` itself."""
        self._use = use
        self._word = Word(self._role, self.now.settings.state_dir)
        self._led()
        self._say(self._running, [])
        try:
            yield
        finally:
            self._word.close()

    def look(self) -> None:
        """Take up what has changed, or say why not. Never raises."""
        found, faults = self._running, list[str]()
        try:
            found, files = self._read()
        except OSError as error:
            faults = [str(error)]
        else:
            faults = self._taken_up(files, found) if isinstance(files, HouseFiles) else files
        for fault in faults:
            log.error("files_refused", fault=fault, mend="`hotline reload` when it is mended")
        self._looks += 1
        self._say(found, faults)

    def _keep_looking(self) -> None:
        while self._hangups.get():
            self.look()

    def _read(self) -> tuple[Prints, HouseFiles | list[str]]:
        """The files as they are at one moment, or what is wrong with them. Raises OSError."""
        for _ in range(_TRIES):
            found = prints_of(self._folder)
            files = self.now.files if found == self._running else self._checked()
            if prints_of(self._folder) == found:
                return found, files
        return found, ["the files changed while they were read: tell it once more"]

    def _checked(self) -> HouseFiles | list[str]:
        """The files as they are now, all read; or every mistake in them."""
        try:
            kept = [one.flow for one in self._of_calls().values()]
            new = self.now.read_again(tuple(kept))
            faults = [str(finding) for finding in written_findings(new) if finding.loses_callers]
        except WRONG_FILE as error:
            return str(error).splitlines()
        except Exception as error:  # whatever it is, the calls go on by what is there
            log.exception("files_not_read")
            return [_unknown(error)]
        return faults or new.files

    def _taken_up(self, files: HouseFiles, found: Prints) -> list[str]:
        """Go by these files from now on; what stood in the way, if that cannot be."""
        names = changed(self._running, found)
        if not names:
            return []
        new = self.now.by(files)
        try:
            self._use(new)
        except SettingsWrong as error:  # a secret that is not there, for one
            return list(error.problems)
        except Exception as error:  # whatever it is, the calls go on by what is there
            log.exception("files_not_taken_up")
            return [_unknown(error)]
        self._kept = self._of_calls()
        self.now, self._running, self._changed = new, found, names
        self._led()
        log.info("files_taken_up", files=names, flow_version=files.flow.version)
        settle_heap()
        return []

    def _of_calls(self) -> dict[str, _Kept]:
        """The flows of which calls may be, the newest too, by name and version."""
        now = time.monotonic()
        kept = {name: one for name, one in self._kept.items() if one.until > now}
        return kept | _noted(self.now.files.written, now + SESSION_TTL_S)

    def _led(self) -> None:
        """Keep the flow that calls begin in now, for those that outlive this. Never raises."""
        if self._role not in LEAD_CALLS:
            return
        try:
            flow = self.now.files.flow
            history = FlowHistory(archive_of(self.now.settings.state_dir), flow.name)
            now = datetime.now(UTC)
            history.note(flow, RELOADED, self._role, now)
            recent = history.until_lately(now - timedelta(seconds=SESSION_TTL_S))
            known = _noted(recent, time.monotonic() + SESSION_TTL_S)
            self._kept = known | dict(self._kept)
        except Exception as error:  # whatever it is, no caller is the worse for it now
            log.warning("flow_not_archived", error=type(error).__name__)

    def _say(self, found: Prints, faults: list[str]) -> None:
        restart = self._needs_restart() if self._looks else []
        for name in restart:
            log.warning("needs_restart", changed=name)
        if self._word is not None:
            self._word.say(
                looks=self._looks,
                running=digest(self._running),
                looked_at=digest(found),
                changed=self._changed,
                faults=faults,
                restart=restart,
                flow=self.now.files.flow.version if self._role in LEAD_CALLS else "",
            )

    def _needs_restart(self) -> list[str]:
        settings = _changed_settings(self.now.settings)
        asterisk = changed(self._asterisk, self._prints(ASTERISK))
        return [*settings, *asterisk, *self._other_lanes()]

    def _other_lanes(self) -> list[str]:
        """Destinations that have come or gone: each has a lane from the start, or the first's."""
        if self._role not in DELIVER:
            return []
        before, now = (
            {lane.name for lane in one.outbound.lanes} for one in (self._first, self.now)
        )
        return [f"destinations.yaml: {name}" for name in sorted(before ^ now)]

    def _prints(self, patterns: Sequence[str]) -> Prints:
        try:
            return prints_of(self._folder, patterns)
        except OSError:
            return {}


def _noted(flows: Iterable[Flow], until: float) -> dict[str, _Kept]:
    """Flows in which calls go on until then, by name and version; mistakes in them are told so."""
    kept = {}
    for flow in flows:
        told = f" (version {flow.version}, in which calls go on)"
        lines = {name: (f"{path}{told}", line) for name, (path, line) in flow.lines.items()}
        noted = replace(flow, path=f"{flow.path}{told}", lines=lines)
        kept[f"{flow.name} {flow.version}"] = _Kept(noted, until)
    return kept


def _unknown(error: Exception) -> str:
    return f"{type(error).__name__}: see the log of this role"


def _changed_settings(old: Settings) -> Iterator[str]:
    """The names of settings that are others by now; the process has those that it began with."""
    try:
        new = load_settings()
    except SettingsWrong as error:
        yield from error.problems
        return
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, BaseModel):
            for inner in type(before).model_fields:
                if getattr(before, inner) != getattr(after, inner):
                    yield f"{_PREFIX}{name}__{inner}".upper()
        elif before != after:
            yield name.upper() if name.endswith("_url") else f"{_PREFIX}{name}".upper()
