"""Plays a transcript on a line, and finds the first difference.

How a transcript is read:

- A turn of the hotline begins after each input of ours. `hear` must be found among its prompts, in
  that order; others may stand between.
- The caller listens until the last prompt of `hear` has begun (and any prompt of `then.heard` that
  is in this turn), then acts. Without either, they act over the first prompt.
- Before silence or a recording, and after the last turn, everything is listened to.
- Keys are entered as the hotline collects them: `press: "74"` at a menu is 7 here and 4 typed ahead
  into the next turn; over the guarded beginning of an error message a key is lost. Fewer keys
  than an entry needs are followed by silence, which ends the entry.
- When the turns run out the caller hears what is being said to its end and hangs up, unless the
  hotline ends the call or puts it through. A call that is over while inputs are left is a
  difference; only hanging up is still possible while it says its last words.
"""

import re
from collections.abc import Sequence
from typing import Any

from hotline.callers.line import Difference, Differs, Line
from hotline.callers.stores import CallFacts
from ivr.transcript import REFERENCE, Dictate, Leave, Listen, Press, Silent, Step, Then, Transcript
from ivr.turn import Collect, HangUp, Record, Transfer, Turn

_AFTER = "after the call"


def play(transcript: Transcript, line: Line, given: Sequence[str]) -> tuple[str, ...]:
    """Live through the transcript; the prompt keys that were heard.

    `given` are the references of the tickets from before the call. Raises CallDiffers.
    """
    return _Caller(transcript, line, given).live()


class CallDiffers(Exception):
    """The call went otherwise than written."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference


class _Caller:
    """What the caller keeps in mind during the call."""

    def __init__(self, transcript: Transcript, line: Line, given: Sequence[str]) -> None:
        self._transcript = transcript
        self._line = line
        self._given = tuple(given)
        self._heard: list[str] = []

    def live(self) -> tuple[str, ...]:
        where, at = "the beginning", 0
        try:
            for number, step in enumerate(self._transcript.steps, start=1):
                where, at = f"turn {number}", step.line
                self._step(step)
            where, at = _AFTER, 0
            if not any(isinstance(step.input, Leave) for step in self._transcript.steps):
                self._hear_all()
                self._line.listen_out()
        except Differs as differs:
            raise CallDiffers(Difference(where, differs.expected, differs.heard, at)) from None
        return tuple(self._heard)

    def _step(self, step: Step) -> None:
        turn = self._line.turn
        keys = prompt_keys(turn)
        last = _last_of(step.hear, keys)
        if last is None:
            raise Differs(_listed(step.hear), _listed(keys))
        wanted = [keys.index(key) for key in self._transcript.then.heard if key in keys]
        last = max([last, *wanted])
        if keys:
            self._line.listen(last)
        self._heard += keys[: last + 1]
        self._act(step, turn)

    def _act(self, step: Step, turn: Turn) -> None:
        match step.input, turn.action:
            case Listen(), _:
                return
            case Leave(), _:
                self._line.hang_up()
            case Press(keys=keys), Collect():
                self._press(self._filled(keys))
            case Silent(), Collect() | Record():
                self._hear_all()
                self._line.wait()
            case Dictate(seconds=seconds), Record():
                self._hear_all()
                self._line.dictate(seconds)
            case _:
                raise Differs(f"to be asked for {step.input}", told(turn))

    def _press(self, keys: str) -> None:
        while keys:
            action = self._line.turn.action
            if not isinstance(action, Collect):
                self._line.press_in_vain(keys)
                return
            entry = first_entry(keys, action)
            self._line.enter(entry)
            keys = keys[len(entry) :]
            if keys and any(prompt.guarded for prompt in self._line.turn.prompts[:1]):
                self._line.press_in_vain(keys)
                return

    def _hear_all(self) -> None:
        self._heard += [key for key in prompt_keys(self._line.turn) if key not in self._heard]

    def _filled(self, keys: str) -> str:
        if REFERENCE not in keys:
            return keys
        reference = self._given[0] if self._given else _reference(self._line)
        if reference is None:
            raise Differs("a reference number heard before this turn", "none")
        return keys.replace(REFERENCE, reference)
