"""A call that somebody leads by hand: what they type as a caller's acts, turns as lines to read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from call_handlers.arrival import Call
from ivr.catalogue import Catalogue, PromptError
from ivr.flow import BACK, KEYS, REPEAT, Ask, Do, Flow, Menu, Pick, Waiting
from ivr.pick import has_further, offered
from ivr.session import Session
from ivr.turn import Collect, HangUp, Record, Transfer
from ivr.way import passed_over
from lab.callers.engine_driver import EngineLine
from lab.callers.player import press

HELP = """\
  1         press keys, as many as you like: 7421, #
  Enter     say and press nothing; while you are put through: somebody answers
  r 3       speak for three seconds into a recording and end it by # (r 3 h: hang up instead)
  busy      while you are put through: nobody takes the call (or no_answer, unavailable)
  h         hang up
  ?         this"""
_UNANSWERED = ("busy", "no_answer", "unavailable")
_RECORDING = re.compile(r"r *([0-9]{1,4}) *([0-9*#h]?)")
_ORDER = "123456789*0#"
_MEANT = {REPEAT: "again", BACK: "back"}


class NotNow(Exception):
    """What was typed is nothing that a caller could do now; the message says what is."""


def take(line: EngineLine, typed: str) -> bool:
    """Do what was typed; False when the call is over by it. Raises NotNow, Differs."""
    typed, action = typed.strip(), line.turn.action
    if typed == "h":
        line.hang_up()
        return False
    if isinstance(action, Transfer):
        return _put_through(line, typed)
    if not typed:
        line.wait()
    elif spoken := _RECORDING.fullmatch(typed):
        if not isinstance(action, Record):
            raise NotNow("nothing is recorded now: press keys, or Enter for silence")
        end = "hang_up" if spoken[2] == "h" else spoken[2] or "#"
        line.dictate(int(spoken[1]), end)
        return end != "hang_up"
    elif set(typed) <= set(KEYS):
        press(line, typed)
    elif typed in _UNANSWERED:
        raise NotNow(f"{typed} is for who is being put through")
    else:
        raise NotNow(f"{typed!r} is nothing that a caller does: ? tells what is")
    return True


def _put_through(line: EngineLine, typed: str) -> bool:
    if typed in _UNANSWERED:
        line.unanswered(typed)
        return True
    if typed:
        raise NotNow("you are being put through: Enter is answered, busy is not, h hangs up")
    line.listen_out()
    return False


def heard(catalogue: Catalogue, call: Call) -> Iterator[str]:
    """What is said in this turn, a line a prompt: its key, its language where it differs, text."""
    for prompt in call.turn.prompts:
        other = prompt.language if prompt.language not in ("", call.turn.language) else ""
        name = f"{prompt.key}, {other}" if other else prompt.key
        try:
            text = catalogue.text(call.turn.language, prompt)
        except PromptError as error:
            text = f"(cannot be said: {error})"
        yield f"[{name}] {text}"


def awaited(flow: Flow, call: Call) -> str:
    """What the hotline waits for at this turn, and what the keys do."""
    match call.turn.action:
        case HangUp():
            return "the hotline hangs up"
        case Transfer(target=target):
            return f"put through to {target}: Enter answered, busy, no_answer, unavailable"
        case Record(max_seconds=seconds):
            before = f"a recording of at most {seconds} s: r SECONDS"
        case Collect(max_digits=most) if most > 1:
            before = f"an entry of at most {most} digits"
        case _:
            before = "a key"
    keys = " · ".join(f"{key.key} {key.leads}" for key in keys_of(flow, call.session))
    return f"{before}; {keys}" if keys else before


@dataclass(frozen=True, slots=True)
class OfferedKey:
    """A key, and the node that it leads to or what else it does."""

    key: str
    leads: str


def _comes_to(flow: Flow, session: Session, name: str) -> str:
    """The node that a key leads to, as its caller stands now: what is passed over is no place."""
    while (node := flow.nodes.get(name)) and passed_over(session, node, returning=False):
        name = node.skip_to
    return name


def keys_of(flow: Flow, session: Session) -> list[OfferedKey]:
    """The keys that have a meaning where the caller stands; a digit of an entry has none."""
    node = flow.nodes.get(session.node)
    if not isinstance(node, Waiting):
        return []
    found: dict[str, str] = {}
    if isinstance(node, Pick):
        for key, choice in offered(session, node).items():
            found[key] = f"{node.next} ({', '.join(filter(None, choice.values()))})"
        if has_further(session, node):
            found[node.further] = "others"
    if isinstance(node, Menu):
        leads = {key: _comes_to(flow, session, option.to) for key, option in node.options.items()}
        found = {**leads, **found}
    for key, meaning in node.keys.items():
        found.setdefault(key, _MEANT.get(meaning, meaning))
    order = sorted(found, key=_ORDER.index)
    return [OfferedKey(key, found[key]) for key in order]


def effect_of(flow: Flow, node: str) -> str:
    """The effect that runs at this node, as the flow names it."""
    found = flow.nodes.get(node)
    if isinstance(found, Do):
        return found.effect
    return found.check if isinstance(found, Ask) else ""
