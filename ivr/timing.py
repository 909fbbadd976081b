"""What a way through a flow asks of a caller: seconds of prompts, and keys to press.

The ways are walked by the engine itself, by a caller who never interrupts, makes no mistake and
takes each option in turn, and comes to no question twice. Options of a menu that differ only in
what they note down are walked once, see `ivr.alike`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ivr.alike import Alike, alike_options, marked, noted
from ivr.catalogue import Catalogue
from ivr.contract import EffectContract
from ivr.engine import begin, step
from ivr.event import Digits, Done, Event, Recorded
from ivr.flow import Ask, Do, Flow, Limit, Menu, Node, Pick, RecordNode
from ivr.session import Session
from ivr.turn import Perform, Prompt, Turn
from ivr.way import LANGUAGE

Seconds = Callable[[str], float | None]
"""How long the sound of a stem is (s), None when it is not there."""
Effects = Mapping[str, EffectContract]
_NO_EFFECTS: Effects = MappingProxyType({})
_Act = tuple[Event, str, int]
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


def ways(
    flow: Flow,
    to: str,
    effects: Effects = _NO_EFFECTS,
    *,
    known: bool = False,
    without: Collection[str] = (),
) -> Iterator[Walked]:
    """Every way from the default start to the node `to`, its own words not included.

    They are those of who is not known, or of who is `known` by each language; none is by the nodes
    `without`.

    A placeholder whose answer the way does not give is filled from the flow's `examples`; what an
    effect gives by each of its outcomes is said by `effects`.
    """
    given = {name: flow.examples.get(name, "") for name in flow.given}
    alike = alike_options(flow)
    walk = _Walk(marked(flow, alike), to, effects, frozenset(without), alike)
    for language in flow.languages if known else ("",):
        answers = {**given, LANGUAGE: language} if language else given
        session, turn = begin(walk.flow, "timing", answers=answers)
        yield from walk.on(session, turn, Walked("", (), 0, (), {}))


def timed(walked: Walked, catalogue: Catalogue, seconds: Seconds) -> Timed:
    """How long the prompts of a way are. Raises PromptError for one that cannot be said."""
    return next(all_timed([walked], catalogue, seconds))


def all_timed(ways: Iterable[Walked], catalogue: Catalogue, seconds: Seconds) -> Iterator[Timed]:
    """How long each way is: what many of them have in common is looked up once."""
    known: dict[tuple[object, ...], tuple[float, tuple[str, ...]]] = {}
    for walked in ways:
        total, missing = 0.0, dict[str, None]()
        for said in walked.heard:
            prompt = said.prompt
            key = (said.language, prompt.key, prompt.language, *prompt.values.items())
            if key not in known:
                known[key] = _lasts(said, catalogue, seconds)
            lasts, away = known[key]
            total += lasts
            missing.update(dict.fromkeys(away))
        yield Timed(walked, total, tuple(missing))


def _lasts(said: Said, catalogue: Catalogue, seconds: Seconds) -> tuple[float, tuple[str, ...]]:
    """How long it lasts (s), and the sounds of it that are not there."""
    audios = [piece.audio for piece in catalogue.speak(said.language, said.prompt)]
    lasting = [seconds(audio) for audio in audios]
    missing = [audio for audio, lasts in zip(audios, lasting, strict=True) if lasts is None]
    return sum(lasts or 0.0 for lasts in lasting), tuple(missing)


def past(limit: Limit, way: Timed) -> str:
    """What of `limit` this way is past, in words; empty when it keeps it."""
    if limit.prompts_s is not None and way.seconds > limit.prompts_s:
        return f"{way.seconds:.1f} s of prompts; at most {limit.prompts_s:g} s"
    if limit.keys is not None and way.walked.digits > limit.keys:
        return f"{way.walked.digits} digits to press; at most {limit.keys}"
    return ""


@dataclass(frozen=True, slots=True)
class _Walk:
    """All that a caller may do on the way to the node `to`."""

    flow: Flow
    to: str
    effects: Effects
    without: frozenset[str]
    alike: Alike

    def on(self, session: Session, turn: Turn, so_far: Walked) -> Iterator[Walked]:
        node, language = self.flow.nodes[session.node], session.language
        if node.name == self.to:  # what it says itself is heard there
            heard = so_far.heard
            yield Walked(language, so_far.presses, so_far.digits, heard, session.answers)
            return
        if node.name in session.path[:-1] or not self.without.isdisjoint(session.path):
            return
        said = tuple(Said(prompt.language or turn.language, prompt) for prompt in turn.prompts)
        asked = isinstance(turn.action, Perform)
        found: dict[str, list[Walked]] = {}
        for event, press, digits in self._outcomes(node) if asked else self._acts(node):
            like, notes = self.alike.get((node.name, press), (press, {}))
            if like in found:
                yield from (_instead(way, len(so_far.presses), press, notes) for way in found[like])
                continue
            after, next_turn = step(self.flow, session, event)
            walked = Walked(
                after.language,
                (*so_far.presses, press) if press else so_far.presses,
                so_far.digits + digits,
                so_far.heard + said,
                after.answers,
            )
            onward = self.on(after, next_turn, walked)
            if not notes:
                yield from onward
                continue
            found[like] = list(onward)
            yield from (_instead(way, len(so_far.presses), press, notes) for way in found[like])

    def _acts(self, node: Node) -> Iterator[_Act]:
        """What a caller may do at `node` who wants to get on: the event, as written, digits."""
        examples = self.flow.examples
        match node:
            case Menu(options=options):
                if isinstance(node, Pick) and node.of in examples:
                    yield Digits(node.picks[0]), node.picks[0], 1
                yield from ((Digits(key), key, 1) for key in options)
            case Ask(min_digits=least, store=store):
                entry = examples.get(store, "1" * least)
                yield Digits(entry), f"…{len(entry)}", len(entry)
            case RecordNode():
                yield _RECORDING, "#", 0
            case _:
                return

    def _outcomes(self, node: Node) -> Iterator[_Act]:
        """What may come of the node's effect."""
        if not isinstance(node, Ask | Do):
            return
        contract = self.effects.get(node.check if isinstance(node, Ask) else node.effect)
        stores = node.stores if isinstance(node, Do) else ()
        for number, outcome in enumerate(node.outcomes):
            names = contract.gives.get(outcome, ()) if contract else () if number else stores
            given = {name: self.flow.examples.get(name, "") for name in names}
            yield Done(outcome, given), "", 0


def _instead(way: Walked, at: int, press: str, notes: Mapping[str, str]) -> Walked:
    """The way by the key `press`, which notes this down, in place of the one that was walked."""
    heard = tuple(
        one
        if one.prompt.values.keys().isdisjoint(notes)
        else Said(one.language, replace(one.prompt, values=noted(one.prompt.values, notes)))
        for one in way.heard
    )
    presses = (*way.presses[:at], press, *way.presses[at + 1 :])
    return replace(way, presses=presses, heard=heard, answers=noted(way.answers, notes))
