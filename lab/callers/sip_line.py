"""The caller's side of a SIP call: waits for what it hears, presses, and proves the prompts.

What must be heard comes from the turn that the hotline made; whether it was heard comes from the
sound alone.
"""

import shutil
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ivr.prompts import Catalogue
from ivr.turn import Collect, HangUp, Prompt, Record, Turn
from lab.callers.baresip import CallerFailed, SipCaller
from lab.callers.line import CannotPlay, Differs, Turns
from lab.callers.listening import Expectation, Listener, NotHeard, PieceHeard
from lab.callers.player import is_over, prompt_keys, told

ANSWER_S = 10.0
MARGIN_S = 6.0
"""How much later than by the clock something may come on a machine that is busy."""
BEEP_S = 0.8
"""From the end of the notice to the end of the beep: then the recording has begun."""
TRANSFER_S = 30.0


@dataclass(frozen=True, slots=True)
class SoundPiece:
    """A file that must be heard. Keys are ignored over a `guarded` one; a `pause` has no sound."""

    path: Path
    guarded: bool = False
    pause: bool = False

    @property
    def seconds(self) -> float:
        """Its length."""
        with wave.open(str(self.path)) as sound:
            return float(sound.getnframes() / sound.getframerate())


Pieces = Callable[[str, Prompt], Sequence[SoundPiece]]
"""What a prompt sounds like in a language."""


def sound_pieces(catalogue: Catalogue, folder: Path) -> Pieces:
    """What the prompts of `catalogue` sound like, their files being in `folder`."""

    def pieces(language: str, prompt: Prompt) -> list[SoundPiece]:
        return [
            SoundPiece(
                folder / f"{piece.audio}.wav",
                guarded=piece.guarded,
                pause=not piece.optional
                and not any(map(str.isalnum, catalogue.sources[piece.audio].text)),
            )
            for piece in catalogue.speak(language, prompt)
            if not piece.recording  # nobody here knows how that sounds
            and not (piece.optional and not (folder / f"{piece.audio}.wav").exists())
        ]

    return pieces


@contextmanager
def sip_call(
    target: str, folder: Path, number: str | None, turns: Turns, pieces: Pieces
) -> Iterator["SipLine"]:
    """Dial 940 at `target` (host:port) with a telephone of the call's own, which lives in `folder`.

    `number` is its From, None for a withheld one. The call is over when this is. Raises Differs
    when it is not answered, or nothing is said.
    """
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        caller = stack.enter_context(SipCaller(folder, target, number=number))
        listener = Listener(lambda: caller.heard, lambda: caller.closed is not None)
        stack.callback(listener.close)
        caller.dial()
        try:
            caller.wait_established(ANSWER_S)
        except (CallerFailed, TimeoutError) as error:
            raise Differs("an answer", str(error)) from None
        line = SipLine(caller, listener, turns, pieces)
        stack.callback(line.close)
        line.start()
        yield line


class SipLine:
    """One established call."""

    def __init__(self, caller: SipCaller, listener: Listener, turns: Turns, pieces: Pieces) -> None:
        self._caller = caller
        self._listener = listener
        self._turns = turns
        self._pieces_of = pieces
        self._turn: Turn | None = None
        self._pieces: list[SoundPiece] = []
        self._owners: list[int] = []
        self._pauses_s = 0.0
        self._expectation: Expectation | None = None

    @property
    def turn(self) -> Turn:
        """What the hotline says now."""
        assert self._turn is not None, "not begun"
        return self._turn

    def start(self) -> None:
        """Returns when the hotline has made its first turn."""
        self._go_on(MARGIN_S)

    def listen(self, index: int) -> None:
        """Until prompt `index` is heard, and keys over it count."""
        place = self._owners.index(index) if index in self._owners else len(self._pieces)
        while place < len(self._pieces) - 1 and self._pieces[place].guarded:
            place += 1
        if place < len(self._pieces):
            timeout = self._time_for(self._pieces[: place + 1])
            self._prove(lambda heard: heard.wait_begun(place, timeout))

    def enter(self, keys: str) -> None:
        """Press one key after another; a short entry is ended by the time between keys."""
        self._caller.press(keys)
        action = self.turn.action
        waits = action.interdigit_ms / 1000 if isinstance(action, Collect) else 0.0
        self._go_on(waits + MARGIN_S)

    def press_in_vain(self, keys: str) -> None:
        """Press where nobody listens."""
        self._caller.press(keys)

    def wait(self) -> None:
        """Hear everything, then say nothing."""
        if isinstance(self.turn.action, Record):
            raise CannotPlay("this telephone cannot fall silent")
        self._hear_out()
        if isinstance(self.turn.action, Collect):
            self._go_on(self.turn.action.timeout_ms / 1000 + MARGIN_S)

    def dictate(self, seconds: int, end: str) -> None:
        """The telephone speaks all the time: here it is only the time that passes."""
        if end == "silence":
            raise CannotPlay("this telephone cannot fall silent")
        self._hear_out()
        time.sleep(BEEP_S + seconds)
        if end == "hang_up":
            return self.hang_up()
        self._caller.press(end)
        return self._go_on(MARGIN_S)

    def unanswered(self, result: str) -> None:
        """Wait until the queue, or the telephone that rings, gives up."""
        del result
        self._hear_out()
        self._go_on(TRANSFER_S)

    def hang_up(self) -> None:
        """Leave."""
        if self._caller.closed is None:
            self._caller.hang_up()
        self._wait_closed(MARGIN_S)

    def listen_out(self) -> None:
        """To the end of the last words, or of the talk with the operator."""
        self._hear_out()
        if is_over(self.turn):
            self._wait_closed(MARGIN_S if isinstance(self.turn.action, HangUp) else TRANSFER_S)
        else:
            self.hang_up()

    def close(self) -> None:
        """End the call, whatever it is doing."""
        if self._caller.closed is None:
            self._caller.hang_up()

    def _go_on(self, timeout_s: float) -> None:
        before = self._turn.number if self._turn is not None else 0
        turn = self._turns.wait_turn(before, timeout_s, lambda: self._caller.closed is not None)
        if turn is None:
            closed = self._caller.closed
            why = f"the end of the call: {closed.reason}" if closed else f"none in {timeout_s:g} s"
            raise Differs("a next turn", why)
        self._turn = turn
        spoken = [self._pieces_of(turn.language, prompt) for prompt in turn.prompts]
        self._pauses_s = _seconds([piece for piece in chain(*spoken) if piece.pause])
        owned = [(n, piece) for n, pieces in enumerate(spoken) for piece in pieces]
        self._owners = [owner for owner, piece in owned if not piece.pause]
        self._pieces = [piece for _, piece in owned if not piece.pause]
        self._expectation = self._listener.expect([piece.path for piece in self._pieces])

    def _hear_out(self) -> None:
        if self._pieces:
            timeout = self._time_for(self._pieces)
            self._prove(lambda heard: heard.wait_whole(timeout))

    def _prove(self, heard: Callable[[Expectation], object]) -> None:
        assert self._expectation is not None
        try:
            heard(self._expectation)
        except NotHeard as missed:
            raise Differs(told(self.turn), self._words(missed.pieces)) from None

    def _words(self, found: Sequence[PieceHeard]) -> str:
        """What became of the prompts, by their keys."""
        keys = prompt_keys(self.turn)
        states: dict[int, list[str]] = {}
        for owner, piece in zip(self._owners, found, strict=True):
            state = piece.state if piece.state != "cut" else f"cut ({piece.ratio:.0%})"
            states.setdefault(owner, []).append(state)
        return ", ".join(
            f"{keys[owner]} {' '.join(dict.fromkeys(told))}" for owner, told in states.items()
        )

    def _wait_closed(self, timeout_s: float) -> None:
        try:
            self._caller.wait_closed(timeout_s)
        except TimeoutError:
            raise Differs("the end of the call", f"none in {timeout_s:g} s") from None

    def _time_for(self, pieces: Sequence[SoundPiece]) -> float:
        return _seconds(pieces) + self._pauses_s + MARGIN_S


def _seconds(pieces: Sequence[SoundPiece]) -> float:
    return sum(piece.seconds for piece in pieces)
