"""What a way through a flow asks of a caller: seconds of prompts, and keys to press.

The ways are walked by the engine itself, by a caller who never interrupts, makes no mistake and
takes each option in turn, and comes to no question twice.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ivr.catalogue import Catalogue
from ivr.engine import begin, step
from ivr.event import Digits, Done, Event, Recorded
from ivr.flow import Ask, Do, Flow, Limit, Menu, Node, RecordNode
from ivr.session import Session
from ivr.turn import Prompt, Turn

Seconds = Callable[[str], float | None]
"""How long the sound of a stem is (s), None when it is not there."""
_RECORDING = Recorded("example", 5000)


@dataclass(frozen=True, slots=True)
class Said:
    """A prompt as it is heard on a way, in its language."""

    language: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Walked:
    """One way: the keys that are pressed at each question, in order, and all that is heard.

    An entry of digits is `…4` for four of them; `#`, which ends a recording, is not counted.
    """

    language: str
    presses: tuple[str, ...]
    digits: int
    heard: tuple[Said, ...]
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Timed:
    """A way, the seconds of its prompts, and the sounds of it that are not there."""

    walked: Walked
    seconds: float
    missing: tuple[str, ...]


def ways(flow: Flow, to: str) -> Iterator[Walked]:
    """Every way from the default start to the node `to`, its own words not included.

    A placeholder whose answer the way does not give is filled from the flow's `examples`.
    """
    given = {name: flow.examples.get(name, "") for name in flow.given}
    session, turn = begin(flow, "timing", answers=given)
    yield from _on(flow, to, session, turn, Walked("", (), 0, (), {}))


def timed(walked: Walked, catalogue: Catalogue, seconds: Seconds) -> Timed:
    """How long the prompts of a way are. Raises PromptError for one that cannot be said."""
    total, missing = 0.0, dict[str, None]()
    for said in walked.heard:
        for piece in catalogue.speak(said.language, said.prompt):
            lasts = seconds(piece.audio)
            if lasts is None:
                missing[piece.audio] = None
            total += lasts or 0.0
    return Timed(walked, total, tuple(missing))


def past(limit: Limit, way: Timed) -> str:
    """What of `limit` this way is past, in words; empty when it keeps it."""
    if limit.prompts_s is not None and way.seconds > limit.prompts_s:
        return f"{way.seconds:.1f} s of prompts; at most {limit.prompts_s:g} s"
    if limit.keys is not None and way.walked.digits > limit.keys:
        return f"{way.walked.digits} digits to press; at most {limit.keys}"
    return ""


def _on(flow: Flow, to: str, session: Session, turn: Turn, so_far: Walked) -> Iterator[Walked]:
    node = flow.nodes[session.node]
    if node.name == to:  # what it says itself is heard there
        yield Walked(session.language, so_far.presses, so_far.digits, so_far.heard, session.answers)
        return
    if node.name in session.path[:-1]:
        return
    said = tuple(Said(prompt.language or turn.language, prompt) for prompt in turn.prompts)
    for event, press, digits in _acts(flow, node):
        after, next_turn = step(flow, session, event)
        walked = Walked(
            after.language,
            (*so_far.presses, press) if press else so_far.presses,
            so_far.digits + digits,
            so_far.heard + said,
            after.answers,
        )
        yield from _on(flow, to, after, next_turn, walked)


def _acts(flow: Flow, node: Node) -> Iterator[tuple[Event, str, int]]:
    """What a caller may do at `node` who wants to get on: the event, how it is written, digits."""
    match node:
        case Menu(options=options):
            yield from ((Digits(key), key, 1) for key in options)
        case Ask(min_digits=least, store=store) if not node.check:
            entry = flow.examples.get(store, "1" * least)
            yield Digits(entry), f"…{len(entry)}", len(entry)
        case RecordNode():
            yield _RECORDING, "#", 0
        case Do(outcomes=outcomes, stores=stores):
            given = {name: flow.examples.get(name, "") for name in stores}
            yield Done(next(iter(outcomes)), given), "", 0
        case _:
            return
