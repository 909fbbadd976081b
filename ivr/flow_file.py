"""A flow file as people write it: the schema that the loader checks and editors complete.

`FlowFile.model_json_schema()` is the JSON Schema of it.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ivr.flow import KEYS, MOST_TURNS, TRIES
from ivr.turn import ENTRY_NOINPUT_MS, INTERDIGIT_MS, NOINPUT_MS

Key = Annotated[str, Field(pattern=rf"^[{KEYS}]$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Prompts = list[str | dict[str, list[str]]]
SAID = ("intro", "say", "notice", "first", "more", "each", "further_say", "then")
"""The fields that are prompts."""
OPTIONAL = "?"
"""Ends the key of a prompt that is left out where one of its answers is not there."""
Seconds = Annotated[float, Field(ge=1, le=60)]
Disposition = Literal["", "completed", "abandoned", "transferred", "blocked", "voicemail", "failed"]


class Strict(BaseModel):
    """What all parts share: no unknown keys, no guessed types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OptionFile(Strict):
    """A choice of a menu."""

    to: Name
    language: str = ""
    set: dict[str, str] = {}
    clear: list[str] = []


class NodeFile(Strict):
    """What all nodes share."""

    intro: Prompts = []
    say: Prompts = []
    skip_if: list[Name] = []
    skip_unless: list[Name] = []
    skip_to: Name | Literal[""] = ""
    disposition: Disposition = ""

    @field_validator(*SAID, check_fields=False)
    @classmethod
    def _one_prompt_each(cls, prompts: Prompts) -> Prompts:
        if any(isinstance(p, dict) and len(p) != 1 for p in prompts):
            raise ValueError("write one prompt an item: - prompt: [answer, answer]")
        return prompts


class WaitingFile(NodeFile):
    """What nodes share at which the caller is listened to."""

    keys: dict[Key, str] = {}
    noinput_to: Name | Literal[""] = ""
    give_up: Name | Literal[""] = ""
    noinput: list[str] = []
    nomatch: list[str] = []
    timeout_s: Seconds | None = None
    tries: Annotated[int, Field(ge=1, le=9)] = TRIES


class MenuFile(WaitingFile):
    """A choice by one key."""

    kind: Literal["menu"]
    options: dict[Key, OptionFile]
    form: bool = False
    first: Prompts = []
    more: Prompts = []
    needs: list[Name] = []
    most_options: Annotated[int, Field(ge=0, le=12)] = 0


class PickFile(WaitingFile):
    """A menu of choices that an effect has found: each is a key from 1 to `most`."""

    kind: Literal["pick"]
    of: Name
    each: Annotated[Prompts, Field(min_length=1)]
    most: Annotated[int, Field(ge=1, le=9)] = 4
    further: Key | Literal[""] = ""
    further_say: Prompts = []
    then: Prompts = []
    next: Name
    options: dict[Key, OptionFile] = {}
    form: bool = True
    most_options: Annotated[int, Field(ge=0, le=12)] = 0


class AskFile(WaitingFile):
    """An entry of digits: `digits: [least, most]`.

    It goes on at `next`. Or an effect checks it (`check`), and each of its `outcomes` says where
    that leads, but `wrong`, which is asked again as a wrong entry is.
    """

    kind: Literal["ask"]
    digits: Annotated[list[int], Field(min_length=2, max_length=2)]
    store: Name
    next: Name | None = None
    check: Name | None = None
    outcomes: dict[str, Name] = {}

    @model_validator(mode="after")
    def _leads_on(self) -> "AskFile":
        """Raises ValueError unless it leads by one way: `next`, or a check with outcomes."""
        checked = self.check is not None
        if checked != bool(self.outcomes) or checked == (self.next is not None):
            raise ValueError("give next, or check with outcomes")
        return self


class RecordFile(WaitingFile):
    """A recording; silence leads to `silent`, or to `unavailable` where that is left out."""

    kind: Literal["record"]
    store: Name
    max_seconds: Annotated[int, Field(ge=1, le=600)]
    next: Name
    unavailable: Name
    silent: Name | Literal[""] = ""
    notice: Prompts = []


class SayFile(NodeFile):
    """Something said, and on."""

    kind: Literal["say"]
    next: Name


class DoFile(NodeFile):
    """An effect; its first outcome is the one that succeeds."""

    kind: Literal["do"]
    effect: Name
    outcomes: dict[str, Name]
    stores: list[Name] = []
    clears: list[Name] = []
    resumes: bool = False


class TransferFile(NodeFile):
    """A connection to operators or an agency: `target`, or whom the answer `target_from` names."""

    kind: Literal["transfer"]
    target: Annotated[str, Field(pattern=r"^([a-z_]+|[0-9]{3,5})$")] | None = None
    target_from: Name | None = None
    unavailable: Name

    @model_validator(mode="after")
    def _one_target(self) -> "TransferFile":
        """Raises ValueError unless it says to whom in one way."""
        if (self.target is None) == (self.target_from is None):
            raise ValueError("give target, or target_from with the answer that names it")
        return self


class EndFile(NodeFile):
    """Something said, and the call is over."""

    kind: Literal["end"]


AnyNode = Annotated[
    MenuFile | PickFile | AskFile | RecordFile | SayFile | DoFile | TransferFile | EndFile,
    Field(discriminator="kind"),
]


class Defaults(Strict):
    """What holds at every node that does not say otherwise."""

    keys: dict[Key, str]
    noinput: Annotated[list[str], Field(min_length=1)]
    nomatch: Annotated[list[str], Field(min_length=1)]
    give_up: Name
    menu_timeout_s: Seconds = NOINPUT_MS / 1000
    ask_timeout_s: Seconds = ENTRY_NOINPUT_MS / 1000
    digit_timeout_s: Seconds = INTERDIGIT_MS / 1000


class LimitFile(Strict):
    """What every way from the default start to `to` may ask of a caller, at most."""

    name: str
    to: Name
    prompts_s: Annotated[float, Field(gt=0)] | None = None
    keys: Annotated[int, Field(ge=0)] | None = None
    known: bool = False
    without: list[Name] = []


class UnsentFile(Strict):
    """What is still done when a call ends while all these answers are there."""

    answers: Annotated[list[Name], Field(min_length=1)]
    to: Name
    asked: list[Name] = []


class FlowFile(Strict):
    """A flow file as people write it."""

    flow: str
    version: Annotated[int, Field(ge=1)] | None = None
    languages: Annotated[list[str], Field(min_length=1)]
    language: str
    given: list[Name] = []
    root: Name
    starts: dict[str, Name]
    defaults: Defaults
    unsent: list[UnsentFile] = []
    said_once: list[str] | None = None
    limits: list[LimitFile] = []
    examples: dict[Name, str] = {}
    most_turns: Annotated[int, Field(ge=20, le=200)] = MOST_TURNS
    groups: dict[Name, list[Name]] = {}
    nodes: dict[Name, AnyNode]

    @field_validator("starts")
    @classmethod
    def _has_default(cls, starts: dict[str, str]) -> dict[str, str]:
        if "default" not in starts:
            raise ValueError("one start must be called default")
        return starts


class BranchFile(Strict):
    """A branch of a flow, in a file of its own: more nodes."""

    nodes: dict[Name, AnyNode]
