"""Putting a version of the flow before callers: the one that was edited, or an earlier one."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hotline.bootstrap import Services
from hotline.flow_archive import archive_of, lay
from hotline.flow_history import (
    PUBLISHED,
    PUT_ASIDE,
    ROLLED_BACK,
    Change,
    FlowHistory,
    before,
    change,
)
from ivr.flow import Flow
from ivr.load import FlowFileError

NAME = "940"
SHORTEST = 4
"""Characters of a version that a person writes at least."""
Mistakes = Callable[[Services], list[str]]
"""What stands in the way of taking up the files of these services."""


class Unfit(Exception):
    """The files have mistakes, each a line of the message: nothing was changed."""


class NoVersion(LookupError):
    """There is no such version, or more than one."""


@dataclass(frozen=True, slots=True)
class Changed:
    """From the version `former` (empty: none led calls) to that of `flow`; `aside` are files that
    were replaced, and where they are now: a version, or a folder."""

    flow: Flow
    former: str
    change: Change
    aside: str = ""

    @property
    def same(self) -> bool:
        """Whether calls begin in it already."""
        return self.former == self.flow.version


def history_of(services: Services) -> FlowHistory:
    """The history of the callers' flow."""
    return FlowHistory(archive_of(services.settings.state_dir), NAME)


def publish(
    services: Services, mistakes: Mistakes, by: str, note: str, *, dry_run: bool
) -> Changed:
    """Write down that calls begin in the flow as it is edited; roles are not told yet.

    Raises Unfit, what reading the files may raise, and OSError where it cannot be kept.
    """
    history, flow = history_of(services), services.flow
    if found := mistakes(services):
        raise Unfit("\n".join(found))
    done = _changed(history, flow)
    if not done.same and not dry_run:
        history.note(flow, PUBLISHED, by, datetime.now(UTC), note)
    return done


def roll_back(
    services: Services, mistakes: Mistakes, by: str, note: str, wanted: str | None
) -> Changed:
    """Put the files of an earlier version in the place of the edited ones; roles are not told yet.

    `wanted` is a version or its beginning, else the one before. Raises NoVersion, Unfit where it
    does not go with the other files of now, and OSError.
    """
    history = history_of(services)
    archived = history.archive.file_of(NAME, _found(history, wanted))
    earlier = services.read_again(flow_file=archived)
    if found := mistakes(earlier):
        raise Unfit("\n".join(found))
    done = _changed(history, earlier.flow)
    aside = _put_aside(services, history, done.flow, by)
    lay(done.flow, services.settings.config_dir / "flows")
    history.note(done.flow, ROLLED_BACK, by, datetime.now(UTC), note)
    return Changed(done.flow, done.former, done.change, aside)


def _changed(history: FlowHistory, flow: Flow) -> Changed:
    former = history.leading()
    known = history.archive.find(NAME, former) if former else None
    return Changed(flow, former, change(known, flow) if known is not None else Change())


def _found(history: FlowHistory, wanted: str | None) -> str:
    """The whole version that is meant. Raises NoVersion."""
    steps = history.steps()
    if wanted is None:
        version = before(steps, history.leading())
        if not version:
            raise NoVersion("no version has led calls here before the one of now")
        return version
    if len(wanted) < SHORTEST:
        raise NoVersion(f"{wanted}: give at least {SHORTEST} characters of a version")
    known = {step.version for step in steps if step.version.startswith(wanted.lower())}
    if len(known) != 1:
        told = f"more than one begin so ({', '.join(sorted(known))})" if known else "none is kept"
        raise NoVersion(f"{wanted}: {told}; `hotline flow history` lists them")
    return known.pop()


def _put_aside(services: Services, history: FlowHistory, wanted: Flow, by: str) -> str:
    """Keep the edited files where no version has them: the version, or a folder; empty: no need."""
    try:
        edited = services.flow
    except FlowFileError:  # a rollback is what mends it
        return str(_copied(services))
    if edited.version == wanted.version or history.archive.find(NAME, edited.version) is not None:
        return ""
    history.note(edited, PUT_ASIDE, by, datetime.now(UTC))
    return edited.version


def _copied(services: Services) -> Path:
    """A folder with copies of files that cannot be read."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    flows = services.settings.config_dir / "flows"
    made = archive_of(services.settings.state_dir).folder / f"unreadable-{stamp}"
    shutil.copytree(flows / NAME, made / NAME)
    shutil.copy2(flows / f"{NAME}.yaml", made)
    return made
