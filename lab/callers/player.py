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

from collections.abc import Mapping, Sequence
from typing import Any

from ivr.turn import Collect, HangUp, Record, Transfer, Turn
from lab.callers.line import Difference, Differs, Line
from lab.callers.stores import CallFacts
from lab.inputs import Dictate, Leave, Listen, Press, Silent
from lab.transcript import REFERENCE, Step, Then, Transcript

_AFTER = "after the call"
ANSWERED = "answered"
"""What becomes of a transfer that the transcript does not speak of."""


class CallDiffers(Exception):
    """The call went otherwise than written."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference


def play(transcript: Transcript, line: Line, given: Sequence[str]) -> tuple[str, ...]:
    """Live through the transcript; the prompt keys that were heard.

    `given` are the references of the tickets from before the call. Raises CallDiffers.
    """
    caller = _Caller(transcript, line, given)
    where, at = "turn 1", 0
    try:
        for number, step in enumerate(transcript.steps, start=1):
            where, at = f"turn {number}", step.line
            caller.take(step)
        where, at = _AFTER, 0
        caller.listen_out()
    except Differs as differs:
        raise CallDiffers(Difference(where, differs.expected, differs.heard, at)) from None
    return tuple(caller.heard)


def compare(then: Then, heard: Sequence[str], facts: CallFacts) -> Difference | None:
    """The first thing that is not as it must be after the call."""
    missing = [key for key in then.heard if key not in heard]
    if missing:
        return Difference(_AFTER, f"{_listed(missing)} heard in the call", _listed(heard))
    for name in ("disposition", "verdict", "language", "transferred_to"):
        expected, found = getattr(then, name), getattr(facts, name)
        if expected is not None and expected != found:
            return Difference(_AFTER, f"{name} {expected or 'none'}", found or "none")
    if then.tickets is None:
        return None
    if len(then.tickets) != len(facts.tickets):
        codes = _listed([str(ticket["service_code"]) for ticket in facts.tickets])
        found = f"{len(facts.tickets)}: {codes}" if facts.tickets else "none"
        return Difference(_AFTER, f"{len(then.tickets)} ticket(s)", found)
    for number, (expected, found) in enumerate(zip(then.tickets, facts.tickets, strict=True), 1):
        for name, wanted, got in _unlike(expected, found):
            return Difference(_AFTER, f"ticket {number}: {name} {wanted!r}", f"{got!r}")
    return None


def prompt_keys(turn: Turn) -> list[str]:
    """The keys of the turn's prompts, in order."""
    return [prompt.key for prompt in turn.prompts]


def first_entry(keys: str, turn: Turn) -> str:
    """How many of `keys` the hotline takes as one entry: up to a terminator, or as many as fit.

    Before a recording one key is an entry, over what may be skipped; else there is none.
    """
    collect = turn.action
    if isinstance(collect, Record) and not all(prompt.whole for prompt in turn.prompts):
        return keys[0]
    if not isinstance(collect, Collect):
        return ""
    if keys[0] == collect.terminator:
        return keys[0]
    entry = ""
    for key in keys[: collect.max_digits]:
        entry += key
        if key == collect.terminator:
            break
    return entry


def press(line: Line, keys: str) -> None:
    """Press keys one after another, as entries of the turns that they meet.

    Those that nobody listens for are pressed in vain: at the end, and over an error message.
    """
    while keys:
        entry = first_entry(keys, line.turn)
        if not entry:
            return line.press_in_vain(keys)
        line.enter(entry)
        keys = keys[len(entry) :]
        if keys and any(prompt.guarded for prompt in line.turn.prompts[:1]):
            return line.press_in_vain(keys)
    return None


def is_over(turn: Turn) -> bool:
    """Whether nobody listens for the caller's keys any more after this turn."""
    return isinstance(turn.action, HangUp | Transfer)


class _Caller:
    """What a caller keeps in mind during the call."""

    def __init__(self, transcript: Transcript, line: Line, given: Sequence[str]) -> None:
        self._wanted = transcript.then.heard
        self._transfers = transcript.transfers
        self._line = line
        self._reference = given[0] if given else ""
        self._told = bool(given)
        self._left = False
        self.heard: list[str] = []

    def take(self, step: Step) -> None:
        """Listen, then act, as the step has it."""
        before = self._put_through_in_vain()
        turn = self._line.turn
        keys = prompt_keys(turn)
        last = _place_of(step.hear, [*before, *keys])
        if last is None:
            raise Differs(_listed(step.hear), _listed([*before, told(turn)]))
        last = max(last - len(before), 0)
        for key in self._wanted:
            if key in keys and key not in self.heard:
                last = max(last, keys.index(key))
        if keys:
            self._line.listen(last)
        self._remember(turn, last + 1)
        match step.input, turn.action:
            case Listen(), _:
                return
            case Leave(), _:
                self._left = True
                self._line.hang_up()
            case Press(keys=pressed), Collect() | Record():
                press(self._line, self._filled(pressed))
            case Silent(), Collect() | Record():
                self._remember(turn, len(keys))
                self._line.wait()
            case Dictate(seconds=seconds, end=end), Record():
                self._remember(turn, len(keys))
                self._left = end == "hang_up"
                self._line.dictate(seconds, end)
            case _:
                raise Differs(f"to be asked for {step.input}", told(turn))

    def listen_out(self) -> None:
        """Hear the last words, unless the caller has hung up."""
        if not self._left:
            self._put_through_in_vain()
            self._remember(self._line.turn, len(self._line.turn.prompts))
            self._line.listen_out()

    def _put_through_in_vain(self) -> list[str]:
        """Wait out every transfer that nobody answers; the prompts that were heard meanwhile."""
        keys: list[str] = []
        while True:
            turn = self._line.turn
            target = turn.action.target if isinstance(turn.action, Transfer) else ""
            result = self._transfers.get(target, ANSWERED)
            if not target or result == ANSWERED:
                return keys
            self._remember(turn, len(turn.prompts))
            keys += prompt_keys(turn)
            self._line.unanswered(result)

    def _remember(self, turn: Turn, count: int) -> None:
        for prompt in turn.prompts[:count]:
            self.heard.append(prompt.key)
            if not self._told:
                self._reference = prompt.values.get("reference", self._reference)

    def _filled(self, keys: str) -> str:
        if REFERENCE in keys and not self._reference:
            raise Differs("a reference number heard before this turn", "none")
        return keys.replace(REFERENCE, self._reference)


def told(turn: Turn) -> str:
    """A turn in a few words."""
    prompts = _listed(prompt_keys(turn))
    match turn.action:
        case HangUp():
            return f"{prompts}, and the end of the call"
        case Transfer(target=target):
            return f"{prompts}, and a transfer to {target}"
        case Record():
            return f"{prompts}, and the beep of a recording"
        case _:
            return prompts


def _place_of(wanted: Sequence[str], keys: Sequence[str]) -> int | None:
    """Where the last of `wanted` stands when all are in `keys` in this order; else None."""
    place = -1
    for key in wanted:
        try:
            place = keys.index(key, place + 1)
        except ValueError:
            return None
    return max(place, 0)


def _unlike(
    expected: Mapping[str, Any], found: Mapping[str, Any], before: str = ""
) -> list[tuple[str, Any, Any]]:
    unlike = []
    for name, wanted in expected.items():
        got = found.get(name)
        if isinstance(wanted, Mapping) and isinstance(got, Mapping):
            unlike += _unlike(wanted, got, f"{before}{name}.")
        elif wanted != got:
            unlike.append((f"{before}{name}", wanted, got))
    return unlike


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "nothing"
