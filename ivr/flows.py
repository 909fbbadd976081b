"""Flows by version: a call in progress goes on in the flow that it began with."""

from dataclasses import dataclass

from ivr.flow import Flow


@dataclass(frozen=True, slots=True)
class Flows:
    """The flow of calls that begin now, and `earlier` versions for calls that began with them."""

    current: Flow
    earlier: tuple[Flow, ...] = ()

    def of(self, name: str, version: int) -> Flow:
        """The flow of that name and version; the current one where it is not there any more."""
        for flow in (self.current, *self.earlier):
            if (flow.name, flow.version) == (name, version):
                return flow
        return self.current
