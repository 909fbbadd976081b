"""The flow model: a directed graph of nodes, as frozen data. Where each leads: `ivr.edges`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.turn import INTERDIGIT_MS, NOINPUT_MS

KEYS = "0123456789*#"
MOST_TURNS = 60
"""No honest call has as many turns."""
TRIES = 3
"""The error that is one too many: the third silence, and usually the third wrong key."""
REPEAT = "repeat"
BACK = "back"


@dataclass(frozen=True, slots=True)
class Say:
    """One prompt of a node, and the answers that fill its placeholders.

    An `optional` one is left out where one of them is not there, or is empty.
    """

    key: str
    values: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a menu: where it leads and what it does to the session on the way."""

    to: str
    language: str = ""
    set: Mapping[str, str] = field(default_factory=dict)
    clear: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """What all nodes share.

    `intro` is said on entry only, `say` on entry and on every repetition. `skip_if` names answers;
    when all are there the node is passed over to `skip_to` (a form item is visited only while it
    is unfilled: VoiceXML 2.1, 2.1.6 Form Interpretation Algorithm). So it is while one of
    `skip_unless` is not there. `disposition` is earned on entry.
    """

    name: str
    intro: tuple[Say, ...] = ()
    say: tuple[Say, ...] = ()
    skip_if: tuple[str, ...] = ()
    skip_to: str = ""
    skip_unless: tuple[str, ...] = ()
    disposition: str = ""


@dataclass(frozen=True, slots=True)
class Waiting(Node):
    """A node at which the caller is listened to.

    `keys` are what `0 * #` do here. `noinput_to` is where silence leads when it is no error. After
    `timeout_ms` without a key it is silence, after `interdigit_ms` an entry has ended. With the
    `tries`th wrong key the node gives up; with the third silence it does anyway.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    noinput_to: str = ""
    give_up: str = ""
    noinput: tuple[str, ...] = ()
    nomatch: tuple[str, ...] = ()
    timeout_ms: int = NOINPUT_MS
    interdigit_ms: int = INTERDIGIT_MS
    tries: int = TRIES


@dataclass(frozen=True, slots=True)
class Menu(Waiting):
    """A choice by one key. `form` marks a question of the report, not a level of the menu tree.

    `first` is said after `say` when a caller comes here first, `more` to who asks to hear it again;
    who comes back, or is asked after a mistake, hears `say` alone. It may have `most_options`. Back
    does not lead to it while one of `needs` is not there.
    """

    options: Mapping[str, Option] = field(default_factory=dict)
    form: bool = False
    first: tuple[Say, ...] = ()
    more: tuple[Say, ...] = ()
    most_options: int = 0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pick(Menu):
    """A menu made of data: the choices that an effect left as the answer `of` (see `ivr.pick`).

    At most `most` are offered at once, by the keys from 1 on: each is told by `each`, which may
    name a choice's fields and its `key`. The key `further` goes on to the next ones, and behind the
    last to the first again; it is told by `further_say`. `options` are keys that are always there,
    told by `then`. Whichever is picked, its fields are answers from then on, and `next` follows.
    """

    of: str = ""
    each: tuple[Say, ...] = ()
    most: int = 4
    further: str = ""
    further_say: tuple[Say, ...] = ()
    then: tuple[Say, ...] = ()
    next: str = ""

    @property
    def picks(self) -> tuple[str, ...]:
        """The keys of the choices."""
        return tuple(str(number) for number in range(1, self.most + 1))


KEPT = "kept"
"""The outcome of an effect whose work waits on disk, and is done once it can be."""
LAST_ASKED = "last_asked"
WRONG = "wrong"
"""The outcome of a check that is no match."""


@dataclass(frozen=True, slots=True)
class Ask(Waiting):
    """An entry of `min_digits` to `max_digits` digits, kept as the answer `store`.

    It leads to `next`; or an effect says of it what it is, `check`, and leads by `outcomes`, where
    `WRONG` is no match: the question is put again, and the answer is not kept.
    """

    store: str = ""
    min_digits: int = 1
    max_digits: int = 1
    next: str = ""
    check: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordNode(Waiting):
    """A recording of at most `max_seconds`, kept by reference as the answer `store`.

    `notice` is said after `say` and right before the recording, and always heard whole. Who says
    nothing goes on at `silent`; where nothing can be recorded, `unavailable` is next.
    """

    store: str = ""
    max_seconds: int = 60
    next: str = ""
    unavailable: str = ""
    silent: str = ""
    notice: tuple[Say, ...] = ()


@dataclass(frozen=True, slots=True)
class SayNode(Node):
    """Something said, and on."""

    next: str = ""


@dataclass(frozen=True, slots=True)
class Do(Node):
    """An effect with named outcomes.

    The first outcome is the one that succeeds: with it `stores` are there, and `clears` no more.
    `kept` succeeds too, later: `clears` are gone with it as well.
    One that `resumes` goes on at the question that the effect names (`ivr.pick.RESUME`), where this
    flow has it; elsewhere the outcome's own way is taken.
    """

    effect: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    stores: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()
    resumes: bool = False

    def clears_with(self, outcome: str) -> tuple[str, ...]:
        """The answers that are no more once the effect has come to this."""
        return self.clears if outcome in (next(iter(self.outcomes), ""), KEPT) else ()


@dataclass(frozen=True, slots=True)
class TransferNode(Node):
    """A transfer to `target`; when nobody answers, the call goes on at `unavailable`.

    With `target_from` it is to whom that answer names.
    """

    target: str = ""
    unavailable: str = ""
    target_from: str = ""


@dataclass(frozen=True, slots=True)
class End(Node):
    """Something said, and the call is over."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """What is still done when a call ends, however it ends: while all `answers` are there, `to`.

    Of the questions `asked` the answer `LAST_ASKED` has the last that the caller has come to.
    """

    answers: tuple[str, ...]
    to: str
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that any way from the default start to the node `to` may ask of a caller.

    `prompts_s` is what is heard on it by who never interrupts (s), `keys` how many digits are
    pressed (a `#` that ends a recording is none). None where there is no bound. `known` callers are
    in a language that is known; ways by the nodes `without` are not counted.
    """

    name: str
    to: str
    prompts_s: float | None = None
    keys: int | None = None
    known: bool = False
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole flow. `starts` gives the first node by verdict, with `default` for the others.

    `given` names the answers that are there before the first turn. Of `unsent`, the first that has
    all its answers counts. Until the caller has chosen a language, each prompt is said in every
    language but those of `said_once`; None where callers choose none. `limits` are what a way
    through it may ask of a caller, with the `examples` of answers that it is measured by. From the
    turn `most_turns` on nobody is asked anything more: every question gives up at once. `version`
    is a sum over its content; `number` what told it before there were such sums, or empty. `texts`
    are its files as they were read, by their paths.
    """

    name: str
    version: str
    language: str
    languages: tuple[str, ...]
    starts: Mapping[str, str]
    root: str
    given: tuple[str, ...]
    nodes: Mapping[str, Node]
    unsent: tuple[Unsent, ...] = ()
    said_once: tuple[str, ...] | None = None
    limits: tuple[Limit, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict)
    most_turns: int = MOST_TURNS
    number: str = ""
    texts: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    lines: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    path: str = ""

    def place(self, node: str) -> str:
        """The file and the line of a node, as compilers write it; the flow's own where it has none.

        A branch is a file of its own.
        """
        path, line = self.lines.get(node, (self.path, 1))
        return f"{path}:{line}"
