"""The fields of a call, and of what happens in it: the one list that all else is made from.

The tables (`schema`), what is written (`records`), read back (`history`) and exported follow.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from store.fields import Kept


@dataclass(frozen=True, slots=True)
class CallEvent:
    """What came of one turn. `at` is when the input came, `ms` how long after the turn was made."""

    turn: int
    node: Annotated[str, Kept(64)]
    language: Annotated[str, Kept(8)]
    prompts: tuple[str, ...]
    kind: Annotated[str, Kept(16)]
    input: Annotated[str, Kept(64)]
    at: datetime
    ms: int


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call as it is written down. `ended_at` is None while it goes on.

    `choice` is the node that the main menu led to last (`ivr.chosen`).
    """

    id: Annotated[str, Kept(32, key=True)]
    channel: Annotated[str, Kept(16)]
    provider_id: Annotated[str, Kept(200)]
    caller: Annotated[str, Kept(64)]
    e164: Annotated[str | None, Kept(16)]
    withheld: bool
    attestation: Annotated[str, Kept(1)]
    language: Annotated[str, Kept(8)]
    flow: Annotated[str, Kept(64)]
    flow_version: Annotated[str, Kept(16, earlier="")]
    verdict: Annotated[str, Kept(16)]
    verdict_reason: Annotated[str, Kept(64)]
    screening: Annotated[str, Kept(16)]
    started_at: Annotated[datetime, Kept(index=True)]
    answered_at: datetime | None
    ended_at: datetime | None
    disposition: Annotated[str, Kept(16)]
    transferred_to: Annotated[str, Kept(32)]
    tickets: tuple[str, ...]
    last_node: Annotated[str, Kept(64)]
    turns: int
    path: tuple[str, ...]
    trunk: Annotated[str, Kept(40, earlier="")] = ""
    verdict_rule: Annotated[str, Kept(100, earlier="")] = ""
    origin: Annotated[str, Kept(32, earlier="")] = ""
    choice: Annotated[str, Kept(64, earlier="")] = ""

    @property
    def seconds(self) -> float | None:
        """How long the call took; None while it goes on."""
        if self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()
