"""The verbs of TwiML that a call of ours can meet, as frozen data.

URLs are as they stand in the document; times are in seconds.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Play:
    """Plays the audio at `url`, as it stands in the document."""

    url: str


@dataclass(frozen=True, slots=True)
class Say:
    """Speaks `text` with a synthetic voice."""

    text: str
    language: str = ""
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence (s)."""

    seconds: int


Sound = Play | Say | Pause


@dataclass(frozen=True, slots=True)
class Gather:
    """Listens for keys, or for speech as well, over the nested sounds and `timeout_s` longer.

    Keys end by `finish_on_key` (empty: by none), by `num_digits` (0: no limit), or by silence.
    """

    sounds: tuple[Sound, ...]
    action: str
    inputs: frozenset[str]
    num_digits: int
    finish_on_key: str
    timeout_s: int
    on_empty: bool
    language: str
    hints: str


@dataclass(frozen=True, slots=True)
class Record:
    """Records until a key of `finish_on_key`, `timeout_s` of silence, or `max_s`."""

    action: str
    max_s: int
    finish_on_key: str
    timeout_s: int
    status_callback: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Connects with one of `numbers`; without an action the document goes on afterwards."""

    numbers: tuple[str, ...]
    action: str
    timeout_s: int


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Waits in the queue `name`, hearing what `wait_url` says.

    Or as a task of TaskRouter's `workflow`, whose attributes are JSON.
    """

    name: str
    action: str
    wait_url: str
    workflow: str = ""
    task: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Redirect:
    """Goes on with the document at `url`."""

    url: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Leaves the queue; only in what a `wait_url` says."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """Ends the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuses the call without answering it; `reason` is `rejected` or `busy`."""

    reason: str


Verb = Sound | Gather | Record | Dial | Enqueue | Redirect | Leave | Hangup | Reject
