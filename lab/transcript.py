"""Caller transcripts: one file is one call, as a caller lives it.

`load_transcript` reads a file into frozen data, with errors that name file, line and key. What it
means to play one is the business of the callers in `lab/callers`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from files.yaml_tree import Location, NotYaml, line_of, plain, read_tree
from lab.inputs import Dictate, Input, Leave, Listen, Press, Silent, Speak
from lab.transcript_file import TranscriptFile, TurnFile

REFERENCE = "{reference}"
"""In keys: the reference of the ticket in `given`, or the last one heard in this call."""


class TranscriptError(Exception):
    """The file is wrong. Each message is `file:line: key: what to mend`."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = tuple(messages)


@dataclass(frozen=True, slots=True)
class Step:
    """A turn of the caller's: `hear` must be heard in this order before `input`."""

    input: Input
    hear: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Blocked:
    """The caller's number is restricted for `days`."""

    reason: str
    days: int
    line: int = 0


@dataclass(frozen=True, slots=True)
class GivenTicket:
    """A ticket of the caller's from before; `reference` is `auto` or nine digits.

    It has its status for `days`. It is another `caller`'s where that is given.
    """

    service_code: str
    status: str = "open"
    reference: str = "auto"
    days: int = 0
    caller: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class GivenDraft:
    """A report that this number has begun: where its caller hung up, and what they had given."""

    at: str
    answers: Mapping[str, str]
    trail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Then:
    """What must hold after the call; None, and an empty `heard`, are not looked at."""

    disposition: str | None = None
    verdict: str | None = None
    language: str | None = None
    transferred_to: str | None = None
    heard: tuple[str, ...] = ()
    tickets: tuple[Mapping[str, Any], ...] | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole call. `clock` is the moment that it must happen at, empty for any.

    `verdict` is what screening says of it; empty for what `blocked` comes to. `transfers` are what
    becomes of transfers, by target; those that are not named are answered. `language` and `draft`
    are what the number has left behind. With `gazetteer` (`sample`) the addresses of that file are
    known; `announcements` are on the air, each a text by language.
    """

    name: str
    path: Path
    caller: str = ""
    withheld: bool = False
    attestation: str = ""
    blocked: Blocked | None = None
    verdict: str = ""
    tickets: tuple[GivenTicket, ...] = ()
    transfers: Mapping[str, str] = field(default_factory=dict)
    clock: str = ""
    language: str = ""
    draft: GivenDraft | None = None
    gazetteer: str = ""
    announcements: tuple[Mapping[str, str], ...] = ()
    steps: tuple[Step, ...] = ()
    then: Then = field(default_factory=Then)


def load_transcript(path: Path) -> Transcript:
    """Read the transcript at `path`. Raises TranscriptError with every mistake found."""
    try:
        tree = read_tree(path)
    except NotYaml as error:
        raise TranscriptError([f"{path}:{error.line}: {error}"]) from None
    except OSError as error:
        raise TranscriptError([f"{path}:0: cannot be read: {error.strerror}"]) from None
    if not isinstance(tree, dict):
        raise TranscriptError([f"{path}:1: name: a transcript is a mapping with name and turns"])
    try:
        file = TranscriptFile.model_validate(plain(tree))
    except ValidationError as error:
        raise TranscriptError(
            [
                _message(path, tree, fault["loc"], _words(fault))
                for fault in error.errors(include_url=False)
            ]
        ) from None
    problems = [_message(path, tree, where, what) for where, what in _problems(file)]
    if problems:
        raise TranscriptError(problems)
    return _transcript(file, path, tree)


def find_transcripts(path: Path) -> list[Path]:
    """The file itself, or every YAML file of the folder and below, in the order of their names."""
    return sorted(path.rglob("*.y*ml")) if path.is_dir() else [path]


def _message(path: Path, tree: Any, location: Location, problem: str) -> str:
    key = ".".join(str(part) for part in location) or "(the whole file)"
    return f"{path}:{line_of(tree, location)}: {key}: {problem}"


def _words(fault: Any) -> str:
    match fault["type"]:
        case "missing":
            return "is missing: write it here"
        case "extra_forbidden":
            return "is not known here: check the spelling or remove it"
        case "string_type":
            return 'must be text: put it in quotes, as in "1"'
        case "model_type" | "dict_type":
            return "must be a mapping of keys"
        case "string_pattern_mismatch" if fault["loc"][-1] == "press":
            return 'keys are 0 to 9, * and #, or "{reference}"'
        case "string_pattern_mismatch" if "hear" in fault["loc"] or "heard" in fault["loc"]:
            return f"a prompt's key is written like welcome, not {fault['input']!r}"
        case _:
            return str(fault["msg"]).removeprefix("Value error, ")


def _problems(file: TranscriptFile) -> list[tuple[Location, str]]:
    """What the schema alone cannot see."""
    found: list[tuple[Location, str]] = []
    if not file.caller and not file.withheld and "caller" not in file.model_fields_set:
        found.append((("caller",), "write caller, or withheld: true"))
    if file.given.verdict and file.given.blocked:
        found.append((("given", "verdict"), "write either blocked or verdict"))
    last = len(file.turns) - 1
    for number, turn in enumerate(file.turns):
        leaves = turn.inputs == ["hang_up"] or turn.end == "hang_up"
        if leaves and number < last:
            found.append((("turns", number + 1), "nothing can follow hang_up"))
        if not turn.inputs and number < last:
            found.append((("turns", number), "only the last turn may have no input"))
    return found


def _transcript(file: TranscriptFile, path: Path, tree: Any) -> Transcript:
    then = file.then
    return Transcript(
        name=file.name,
        path=path,
        caller=file.caller,
        withheld=file.withheld,
        attestation=file.attestation,
        blocked=_blocked(file, tree),
        verdict=file.given.verdict or "",
        tickets=tuple(
            GivenTicket(
                given.service_code,
                given.status,
                given.reference,
                given.days,
                given.caller,
                line_of(tree, ("given", "tickets", number)),
            )
            for number, given in enumerate(file.given.tickets)
        ),
        transfers=dict(file.given.transfers),
        clock=file.given.clock,
        language=file.given.language,
        draft=_draft(file),
        gazetteer=file.given.gazetteer,
        announcements=tuple(file.given.announcements),
        steps=tuple(
            Step(_input(turn), tuple(turn.hear), line_of(tree, ("turns", number)))
            for number, turn in enumerate(file.turns)
        ),
        then=Then(
            disposition=then.disposition,
            verdict=then.verdict,
            language=then.language,
            transferred_to=then.transferred_to,
            heard=tuple(then.heard),
            tickets=None if then.tickets is None else tuple(then.tickets),
        ),
    )


def _draft(file: TranscriptFile) -> GivenDraft | None:
    draft = file.given.draft
    return None if draft is None else GivenDraft(draft.at, dict(draft.answers), tuple(draft.trail))


def _blocked(file: TranscriptFile, tree: Any) -> Blocked | None:
    blocked = file.given.blocked
    if blocked is None:
        return None
    return Blocked(blocked.reason, blocked.days, line_of(tree, ("given", "blocked")))


def _input(turn: TurnFile) -> Input:
    match turn.inputs:
        case ["press"]:
            return Press(turn.press)
        case ["silent"]:
            return Silent()
        case ["speak"]:
            return Speak(turn.speak)
        case ["record"]:
            return Dictate(turn.record, turn.end)
        case ["hang_up"]:
            return Leave()
        case _:
            return Listen()
