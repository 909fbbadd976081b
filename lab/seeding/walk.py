"""What callers do in a flow, drawn: a walk from node to node, and what would be written of it.

A walk is no conversation: nobody asks the effects, and what they would have come to is drawn. But
each step is an edge of the flow (`ivr.edges`), so paths, choices and ends are those that calls of
this flow can have.
"""

import json
from dataclasses import dataclass, field
from random import Random

from ivr.chosen import chosen
from ivr.edges import Edge, edges
from ivr.flow import Ask, Do, Flow, Menu, Node, Pick, RecordNode, SayNode, TransferNode, Waiting
from ivr.turn import OPERATORS

OPENS = ("open_report", "open_complaint", "open_message", "open_callback")
"""The effects that open a ticket."""
_LANGUAGES = (80, 12, 8)
_KNOWN = 0.45
"""Callers whose language is known from a call before."""
_LEAVES, _SILENT, _UNANSWERED, _OTHER_OUTCOME = 0.02, 0.05, 0.15, 0.08
_HAS_A_NUMBER, _LONG_WAY = 0.6, 8
_ELSEWHERE = {"0": 0.5, "9": 0.05, "*": 0.3, "#": 0.0}
"""How often a key is pressed that leads elsewhere from everywhere; an option is pressed ten times
as often as a one."""
_OPTION, _GIVES_UP, _TAKES_NOTHING = 10.0, 0.1, 0.5
_TAKES_MS = {"menu": (2_500, 15_000), "ask": (6_000, 20_000), "record": (9_000, 55_000)}
_TAKES_MS |= {"effect": (2, 60), "transfer": (8_000, 90_000), "end": (1_500, 6_000)}


@dataclass(frozen=True, slots=True)
class Step:
    """What is written of one turn (`CallEvent`); `prompts` is JSON's text, `ms` the turn's time."""

    turn: int
    node: str
    prompts: str
    kind: str
    input: str
    ms: int


@dataclass(frozen=True, slots=True)
class Walk:
    """A whole call of `ms`. `path` is JSON's text.

    `opens` is the effect that opened its ticket `opened_ms` after its begin, "" where none did;
    `service` what was reported, "" where the caller chose none; `recording` the turn of what was
    spoken, 0 where nothing was.
    """

    language: str
    path: str
    steps: tuple[Step, ...]
    last_node: str
    turns: int
    disposition: str
    transferred_to: str
    choice: str
    opens: str
    service: str
    recording: int
    opened_ms: int
    ms: int


def walk(flow: Flow, rng: Random, verdict: str) -> Walk:
    """One call of a caller of whom screening says `verdict`. The same dice give the same call."""
    caller = _Caller(flow, rng)
    name = flow.starts.get(verdict, flow.starts["default"])
    while name:
        node = flow.nodes[name]
        name = node.skip_to if caller.passes(node) else caller.come_to(node)
    return caller.told()


@dataclass(slots=True)
class _Caller:
    """A caller on the way: where they were, and what they have given so far."""

    flow: Flow
    rng: Random
    language: str = ""
    answers: set[str] = field(default_factory=set)
    path: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    ms: int = 0
    earned: str = ""
    to: str = ""
    opens: str = ""
    service: str = ""
    recording: int = 0
    opened_ms: int = 0

    def __post_init__(self) -> None:
        languages = self.flow.languages[: len(_LANGUAGES)]
        self.language = self.rng.choices(languages, _LANGUAGES[: len(languages)])[0]
        if self.rng.random() < _KNOWN:
            self.answers.add("language")

    def passes(self, node: Node) -> bool:
        """Whether this node is passed over: nothing is to be asked there."""
        lacks = bool(node.skip_unless) and not self.answers.issuperset(node.skip_unless)
        has = bool(node.skip_if) and self.answers.issuperset(node.skip_if)
        return bool(node.skip_to) and (lacks or has)

    def come_to(self, node: Node) -> str:
        """What happens here, written down; the node that follows, "" where the call is over."""
        self.path.append(node.name)
        self.prompts += [say.key for say in (*node.intro, *node.say) if not say.optional]
        self.earned = node.disposition or self.earned
        match node:
            case SayNode():
                return node.next
            case Waiting():
                return self._asked(node)
            case Do():
                return self._done(node)
            case TransferNode():
                return self._put_through(node)
        return self._over(node.name, "done")

    def told(self) -> Walk:
        """The call, now that it is over."""
        last = self.steps[-1]
        ended = {"hangup": "abandoned", "transferred": "transferred"}.get(last.input, "completed")
        disposition = ended if last.input == "transferred" else self.earned or ended
        return Walk(
            self.language, json.dumps(self.path), tuple(self.steps), last.node, last.turn,
            disposition, self.to if disposition == "transferred" else "",
            chosen(self.flow, self.path), self.opens, self.service, self.recording,
            self.opened_ms, self.ms,
        )  # fmt: skip

    def _asked(self, node: Waiting) -> str:
        records, asks = isinstance(node, RecordNode), isinstance(node, Ask)
        takes = "record" if records else "ask" if asks else "menu"
        if self.rng.random() < self._leaves():
            self._step(node.name, "hangup", "", takes)
            return self._over(node.name, "hangup")
        if self.rng.random() < _SILENT and node.noinput:
            self._step(node.name, "noinput", "", takes)
            self.prompts = [node.noinput[0], *(say.key for say in node.say)]
        ways = [edge for edge in edges(node) if edge.kind != "skip"]
        (edge,) = self.rng.choices(ways, [_weight(node, one) for one in ways])
        kind, kept = self._input(node, edge)
        self._step(node.name, kind, kept, takes)
        if edge.kind == "outcome":
            self._step(node.name, "effect", edge.label, "effect")
        return edge.target

    def _leaves(self) -> float:
        """How likely the caller hangs up here: with a number in hand, or after a long way, most."""
        beyond = len(self.steps) - _LONG_WAY
        return _HAS_A_NUMBER if self.opens else _LEAVES * (1 + 2 * max(0, beyond))

    def _input(self, node: Waiting, edge: Edge) -> tuple[str, str]:
        """What the caller did to come this way, as a record keeps it."""
        if edge.kind == "key":
            option = node.options.get(edge.label) if isinstance(node, Menu) else None
            if option is not None:
                self.language = option.language or self.language
                self.answers = (self.answers | option.set.keys()) - {*option.clear}
                self.service = option.set.get("service_code", self.service)
            return "digits", edge.label
        if edge.kind == "pick" and isinstance(node, Pick):
            self.answers.add("place")
            return "digits", self.rng.choice(node.picks)
        if edge.kind in ("next", "outcome") and isinstance(node, Ask):
            self.answers.add(node.store)
            keys = self.rng.randint(node.min_digits, node.max_digits)
            return "digits", self.rng.choice("123456789") if keys == 1 else f"{keys} keys"
        if edge.kind == "next" and isinstance(node, RecordNode):
            self.answers.add(node.store)
            self.recording = len(self.steps) + 1
            return "recording", f"{self.rng.randint(3, 50) * 1000} ms"
        if edge.kind == "unavailable":
            return "recording", "unavailable"
        return "noinput", ""

    def _done(self, node: Do) -> str:
        outcomes = list(node.outcomes)
        first = len(outcomes) == 1 or self.rng.random() >= _OTHER_OUTCOME
        outcome = outcomes[0] if first else self.rng.choice(outcomes[1:])
        self._step(node.name, "effect", outcome, "effect")
        if first:
            self.answers |= {*node.stores}
            self.answers -= {*node.clears}
        if first and node.effect in OPENS:
            self.opens, self.opened_ms = node.effect, self.ms
        return node.outcomes[outcome]

    def _put_through(self, node: TransferNode) -> str:
        to = node.target or "911"
        named = "" if to == OPERATORS else f" {to}"
        if node.unavailable and self.rng.random() < _UNANSWERED:
            came_of_it = self.rng.choice(("busy", "no_answer"))
            self._step(node.name, "transfer", came_of_it + named, "transfer")
            return node.unavailable
        if self.rng.random() < _LEAVES:
            self._step(node.name, "hangup", f"waiting for {to}", "transfer")
            return self._over(node.name, "hangup")
        self.to = to
        self._step(node.name, "transfer", f"answered{named}", "transfer")
        return self._over(node.name, "transferred", self.rng.randint(20_000, 400_000))

    def _over(self, node: str, why: str, talked_ms: int = 0) -> str:
        self._step(node, "end", why, "end", talked_ms)
        return ""

    def _step(self, node: str, kind: str, kept: str, takes: str, more_ms: int = 0) -> None:
        took = self.rng.randint(*_TAKES_MS[takes]) + more_ms
        self.ms += took
        said = json.dumps(self.prompts)
        self.steps.append(Step(len(self.steps) + 1, node, said, kind, kept, took))
        self.prompts = []


def _weight(node: Waiting, edge: Edge) -> float:
    if edge.kind == "give_up":
        return _GIVES_UP
    if edge.kind in ("noinput", "silent", "unavailable"):
        return _TAKES_NOTHING
    if edge.kind == "outcome":
        first = isinstance(node, Ask) and edge.label == next(iter(node.outcomes), "")
        return _OPTION if first else _TAKES_NOTHING
    if edge.kind == "key" and not (isinstance(node, Menu) and edge.label in node.options):
        return _ELSEWHERE.get(edge.label, 0.0)
    if edge.kind == "key" and edge.label in _ELSEWHERE:
        return _ELSEWHERE[edge.label] + _GIVES_UP
    return _OPTION / int(edge.label) if edge.kind == "key" else _OPTION  # the first is pressed most
