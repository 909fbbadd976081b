"""What callers do at each node of the flow, counted from the records of calls that have ended.

A record has the path of its call (every node that it came to, also those that only say something)
and an event for each turn: node, prompts, what kind of input came, and of keys no more than a
single one. Whether a key was right is not written down. It is told by what followed:

- *noinput* is silence, and an entry without digits; also where silence has a way of its own.
- *nomatch* is an input after which the same question opened with one of its error messages, a check
  that came out as `wrong`, or the error that was one too many: the call had made all others that
  the node allows, and went where it gives up, and the input had no way there of its own.
- *again* is a key by which the question stayed as it was, without an error: hear it again, hear
  more choices, skip what is said before a recording.
- *answered* is any other key, word or recording, and whoever was put through at a transfer.
- *hung up* is the caller's hang-up while they were asked something, or waited to be put through.
  What stands in the record as one because somebody had answered, or a server had failed, is none.

A call is counted once a node, what its caller did there each time. `median_s` is of answers, from
the making of the turn to the input, so with what is said; to a tenth of a second. Which keys mean
what is asked of the flow that the call had begun with, where it is still there.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from call_handlers.ends import ANSWERED
from call_handlers.fields import CallEvent, CallRecord
from ivr.edges import Edge, edges
from ivr.engine import TRANSFERRED
from ivr.flow import (
    BACK,
    REPEAT,
    WRONG,
    Ask,
    Flow,
    Menu,
    Node,
    Pick,
    RecordNode,
    TransferNode,
    Waiting,
)

FlowOf = Callable[[CallRecord], Flow]
_COUNTED = ("calls", "answered", "noinput", "nomatch", "again", "hung_up")
_TENTH_MS = 100
_LONGEST_TENTHS = 6000
"""Waits are told apart up to ten minutes, so that a node's are a bounded number of counts."""
_KEYED = ("digits", "speech")


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """What callers did at one node. `median_s` is None where nobody has answered."""

    node: str
    calls: int = 0
    answered: int = 0
    noinput: int = 0
    nomatch: int = 0
    again: int = 0
    hung_up: int = 0
    median_s: float | None = None


class FlowFigures:
    """Counts calls, one after another; it holds counts alone, however many calls there are.

    `flow` is the one whose nodes are told of, `flow_of` gives the one that a call was led by.
    """

    def __init__(self, flow: Flow, flow_of: FlowOf) -> None:
        self._flow = flow
        self._flow_of = flow_of
        self._counts: Counter[tuple[str, str]] = Counter()
        self._waits: dict[str, Counter[int]] = {}
        self.calls = 0
        """Calls of this flow."""
        self.untold = 0
        """Those of them that tell of no node: they still go on, or no server has led them."""

    def take(self, record: CallRecord, events: Sequence[CallEvent]) -> None:
        """Count one call. One of another flow counts for nothing."""
        if record.flow != self._flow.name:
            return
        self.calls += 1
        nodes = {*record.path, *(event.node for event in events)} - {""}
        if not nodes:
            self.untold += 1
            return
        self._counts.update((node, "calls") for node in nodes)
        for node, what, ms in _done(self._flow_of(record), record, events):
            self._counts[node, what] += 1
            if what == "answered" and ms is not None:
                tenths = min(max(ms, 0) // _TENTH_MS, _LONGEST_TENTHS)
                self._waits.setdefault(node, Counter())[tenths] += 1

    def of(self, node: str) -> NodeFigures:
        """The figures of this node."""
        counts = {what: self._counts[node, what] for what in _COUNTED}
        return NodeFigures(node, **counts, median_s=_median(self._waits.get(node, {})))

    def all(self) -> Iterator[NodeFigures]:
        """Of every node of the flow, in its order; then those that it has not any more."""
        gone = sorted({node for node, _ in self._counts} - self._flow.nodes.keys())
        yield from (self.of(node) for node in (*self._flow.nodes, *gone))


def _median(waits: Mapping[int, int]) -> float | None:
    """Of counts by tenths of a second: the wait that half of them did not exceed (s)."""
    left = (sum(waits.values()) + 1) // 2
    for tenths in sorted(waits):
        left -= waits[tenths]
        if left <= 0:
            return tenths / 10
    return None


_Did = tuple[str, str, int | None]


def _done(flow: Flow, record: CallRecord, events: Sequence[CallEvent]) -> Iterator[_Did]:
    """What the caller did: at which node, what of `_COUNTED`, after how long (ms)."""
    over = events[-1].input if events and events[-1].kind == "end" else ""
    walk = _Walk(record.path)
    there, wrong = "", 0  # errors since the caller came to this question
    for event, following in zip(events, (*events[1:], None), strict=True):
        node = flow.nodes.get(event.node)
        wrong, there = (wrong if event.node == there else 0), event.node
        if event.kind == "hangup":
            asked = isinstance(node, Waiting | TransferNode)
            if asked and over not in (TRANSFERRED, "failed"):
                yield event.node, "hung_up", event.ms
            break  # whatever follows is what the call leaves behind
        walk.come_to(event.node)
        if isinstance(node, Waiting):
            what = _took(node, event, following, walk.next, wrong)
            wrong += what == "nomatch"
            if what:
                yield event.node, what, event.ms
    yield from _connected(flow, record, events, over)


def _connected(
    flow: Flow, record: CallRecord, events: Sequence[CallEvent], over: str
) -> Iterator[_Did]:
    """The transfer by which the caller was put through; after how long, where that is known."""
    told = [
        event
        for event in events
        if event.kind == "transfer" and event.input.partition(" ")[0] == ANSWERED
    ]
    transfers = [name for name in record.path if isinstance(flow.nodes.get(name), TransferNode)]
    if told:
        name = told[-1].node if told[-1].node in transfers else (transfers or [told[-1].node])[-1]
        yield name, "answered", told[-1].ms
    elif over == TRANSFERRED and transfers:
        yield transfers[-1], "answered", None


def _took(
    node: Waiting, event: CallEvent, following: CallEvent | None, led_to: str, wrong: int
) -> str:
    """What of `_COUNTED` this input was; "" for what is no doing of the caller's."""
    if event.kind == "noinput" or (event.kind == "digits" and not event.input):
        return "noinput"
    if event.kind == "recording":
        return "" if event.input == "unavailable" else "answered"
    if event.kind not in _KEYED:
        return ""
    stayed = following is not None and following.node == node.name
    if stayed and following is not None:
        if following.kind == "effect" and isinstance(node, Ask) and node.check:
            return "nomatch" if following.input == WRONG else "answered"
        if following.prompts[:1] and following.prompts[0] in node.nomatch:
            return "nomatch"
    if not stayed and _too_many(node, event, led_to, wrong):
        return "nomatch"
    return "again" if _asks_again(node, event.input, stayed) else "answered"


def _too_many(node: Waiting, event: CallEvent, led_to: str, wrong: int) -> bool:
    """Whether it was the wrong input by which the node gave up."""
    if wrong < node.tries - 1 or led_to != node.give_up:
        return False
    return all(edge.target != led_to for edge in edges(node) if _leads(node, edge, event))


def _leads(node: Node, edge: Edge, event: CallEvent) -> bool:
    """Whether an input such as this may have led along this edge."""
    if edge.kind == "key":
        return edge.label == event.input
    if edge.kind == "pick" and isinstance(node, Pick):
        return event.input in node.picks
    if edge.kind == "next" and isinstance(node, Ask):
        return node.min_digits <= _length(event.input) <= node.max_digits
    return False


def _length(kept: str) -> int:
    """How many keys an entry had, of which a record keeps no more (`events.masked`)."""
    return int(kept.partition(" ")[0]) if kept.endswith(" keys") else len(kept)


def _asks_again(node: Waiting, key: str, stayed: bool) -> bool:
    """Whether the key asks for this very question; one back does where nothing is before it."""
    if isinstance(node, Menu) and key in node.options:
        return False
    if node.keys.get(key) == REPEAT:
        return True
    further = isinstance(node, Pick) and key == node.further
    return stayed and (further or node.keys.get(key) == BACK or isinstance(node, RecordNode))


class _Walk:
    """A walk along a call's path, beside its events."""

    def __init__(self, path: Sequence[str]) -> None:
        self._path = path
        self._at = -1

    def come_to(self, node: str) -> None:
        """Go on to where the path comes to `node`, unless it stands there."""
        if self._at >= 0 and self._path[self._at] == node:
            return
        for at in range(self._at + 1, len(self._path)):
            if self._path[at] == node:
                self._at = at
                return

    @property
    def next(self) -> str:
        """The node that the path leads to from here; "" at its end."""
        following = self._path[self._at + 1 : self._at + 2]
        return following[0] if following else ""
