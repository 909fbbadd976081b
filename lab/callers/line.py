"""The port between a transcript and the ways a call can be placed.

A driver dials and gives a `Line`: the caller's side of one call. A line does what a caller's body
does (listens, presses, waits, speaks, hangs up) and decides nothing; the player reads the
transcript and decides.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ivr.turn import Turn
from lab.callers.stores import Stores
from lab.inputs import Speak
from lab.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the call went otherwise than written: at which turn, what was expected, what came."""

    where: str
    expected: str
    heard: str
    line: int = 0

    def __str__(self) -> str:
        at = f" (line {self.line})" if self.line else ""
        return f"{self.where}{at}: expected {self.expected}; heard {self.heard}"


class Differs(Exception):
    """The call went otherwise than written; a line knows only what was expected and heard."""

    def __init__(self, expected: str, heard: str) -> None:
        super().__init__(f"expected {expected}; heard {heard}")
        self.expected = expected
        self.heard = heard


class CannotPlay(Exception):
    """This driver cannot play this transcript; the message is the reason."""


class Turns(Protocol):
    """Who knows which turns the hotline has made in the call, before they are performed."""

    def wait_turn(self, after: int, timeout_s: float, over: Callable[[], bool]) -> Turn | None:
        """A turn numbered above `after`; None when `over` says so, or the time (s) is up."""
        ...


class Line(Protocol):
    """The caller's side of one call.

    Every method raises Differs when the hotline does not do what it must at this point.
    """

    @property
    def turn(self) -> Turn:
        """What the hotline says now, and what it waits for then."""
        ...

    def listen(self, index: int) -> None:
        """Until prompt `index` of the turn has begun, those before it having been said whole, and
        keys would be heard.
        """
        ...

    def enter(self, keys: str) -> None:
        """Press `keys` as one entry; returns at the turn that comes of it."""
        ...

    def press_in_vain(self, keys: str) -> None:
        """Press `keys` now, while nobody listens for them."""
        ...

    def wait(self) -> None:
        """Say and press nothing, until the hotline gives up waiting; returns at the next turn."""
        ...

    def dictate(self, seconds: int, end: str) -> None:
        """Speak into the recording for `seconds` after the beep, then `end` it: by a key, `silence`
        until it is over, or `hang_up`, after which there is no next turn.
        """
        ...

    def unanswered(self, result: str) -> None:
        """Wait for the transfer of this turn, which comes to `result` (`busy`, `no_answer`,
        `unavailable`); returns at the next turn.
        """
        ...

    def hang_up(self) -> None:
        """Leave, whatever is being said."""
        ...

    def listen_out(self) -> None:
        """Hear the turn to its end, then leave, if the hotline does not end the call itself."""
        ...


class Driver(Protocol):
    """A way to place a call."""

    def dial(self, transcript: Transcript, stores: Stores, /) -> AbstractContextManager[Line]:
        """Place the call; its line, at the first turn.

        At the end of the context the call is over, and everything about it has been handed to the
        stores. Raises Differs, CannotPlay.
        """
        ...


def need_no_more_than_keys(transcript: Transcript) -> None:
    """Raise CannotPlay for what a telephone without a recogniser and without a clock cannot do."""
    if transcript.clock:
        raise CannotPlay("the clock cannot be set on this driver")
    if any(isinstance(step.input, Speak) for step in transcript.steps):
        raise CannotPlay("this driver has no recogniser for speech")
