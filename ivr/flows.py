"""Flows by version: a call in progress goes on in the flow that it began with."""

from collections.abc import Callable
from dataclasses import dataclass

from ivr.flow import Flow


def _none(_name: str, _version: str) -> Flow | None:
    return None


@dataclass(frozen=True, slots=True)
class Flows:
    """The flow of calls that begin now, and `earlier` versions for calls that began with them.

    `archive` finds others, by name and version; it never raises.
    """

    current: Flow
    earlier: tuple[Flow, ...] = ()
    archive: Callable[[str, str], Flow | None] = _none

    def of(self, name: str, version: str) -> Flow:
        """The flow of that name and version; the current one where it is not there any more.

        A call that began under a release before this has the number of its flow for a version.
        """
        for flow in (self.current, *self.earlier):
            if flow.name == name and version in (flow.version, flow.number):
                return flow
        return self.archive(name, version) or self.current
