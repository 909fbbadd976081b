"""What was done with the flow: which version led calls from when on, and who saw to that.

One JSON line for each step in `state/flows/history.jsonl`, the last one at its end. Nobody takes
calls by it: those are led by the files of the configuration.
"""

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from hotline.flow_archive import FlowArchive
from ivr.flow import Flow
from ivr.stored import from_stored
from store.journal import Journal

PUBLISHED, ROLLED_BACK, RELOADED, PUT_ASIDE = "published", "rolled back", "taken up", "put aside"
"""What was done: by `hotline flow publish` and `rollback`; by a role, whose files somebody had
changed; by a rollback, with changes that had led no call."""
_NOTHING = {"nodes": {}, "lines": {}, "path": "", "version": "", "number": "", "texts": {}}


@dataclass(frozen=True, slots=True)
class Change:
    """How a flow is another than the one before it: names of nodes. `head`: what all share too."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    head: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `at` is UTC, ISO 8601; the change is from the version that led calls before."""

    at: str
    action: str
    version: str
    by: str
    note: str = ""
    change: Change = field(default_factory=Change)

    @property
    def led(self) -> bool:
        """Whether calls have begun in it from then on."""
        return self.action != PUT_ASIDE


def change(before: Flow, after: Flow) -> Change:
    """What is another in `after`."""
    old, new = before.nodes, after.nodes
    return Change(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(name for name in new if name in old and new[name] != old[name])),
        gone=tuple(sorted(old.keys() - new.keys())),
        head=replace(before, **_NOTHING) != replace(after, **_NOTHING),  # type: ignore[arg-type]  # as the fields have it
    )


class FlowHistory:
    """The steps of the flow `name`, in an archive's folder."""

    def __init__(self, archive: FlowArchive, name: str) -> None:
        self.archive = archive
        self._name = name
        self._path = archive.folder / "history.jsonl"

    def steps(self) -> list[Step]:
        """All of them, the oldest first; what cannot be read is passed over. Raises OSError."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [step for line in lines for step in _read(line)]

    def leading(self) -> str:
        """The version that calls begin in, by the last step; empty before the first one."""
        return next((step.version for step in reversed(self.steps()) if step.led), "")

    def until_lately(self, moment: datetime) -> list[Flow]:
        """The flows that led calls after that moment, and lead none that begin now."""
        led = [step for step in self.steps() if step.led]
        ends = [datetime.fromisoformat(step.at) for step in led[1:]]
        lately = {step.version for step, end in zip(led, ends, strict=False) if end > moment}
        lately -= {self.leading()}
        found = (self.archive.find(self._name, version) for version in sorted(lately))
        return [flow for flow in found if flow is not None]

    def note(self, flow: Flow, action: str, by: str, at: datetime, note: str = "") -> Step | None:
        """Keep the flow and write down what was done, on disk when it returns. Raises OSError.

        None, and no step, where a role takes up what the last step says already: of several roles
        the first one tells.
        """
        self.archive.keep(flow)
        with self._alone():
            before = self.leading()
            if action == RELOADED and before == flow.version:
                return None
            known = self.archive.find(self._name, before) if before else None
            of = change(known, flow) if known is not None else Change()
            step = Step(at.isoformat(timespec="seconds"), action, flow.version, by, note, of)
            Journal(self._path).append([asdict(step)])
            return step

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.archive.folder / "history.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def before(steps: Sequence[Step], version: str) -> str:
    """The version that was the newest one when `version` first led calls; empty for the first.

    So one step back after another comes to ever earlier versions, and not to and fro.
    """
    order: list[str] = []
    for step in steps:
        if step.led and step.version not in order:
            order.append(step.version)
    at = order.index(version) if version in order else len(order)
    return order[at - 1] if at else ""


def _read(line: bytes) -> Iterator[Step]:
    try:
        data = json.loads(line)
        step = from_stored(Step, {**data, "change": from_stored(Change, data.get("change", {}))})
        told = all(isinstance(one, str) for one in (step.action, step.version, step.by, step.note))
        if told and datetime.fromisoformat(step.at).tzinfo is not None:
            yield step
    except (ValueError, TypeError, AttributeError):  # cut short, no mapping, or no moment
        return
