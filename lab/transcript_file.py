"""A transcript as people write it: the schema that the loader checks and editors complete."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[A-Z0-9][A-Z0-9_]*)?$")]
Keys = Annotated[str, Field(pattern=r"^([0-9*#]|\{reference\})+$")]
Disposition = Literal["completed", "abandoned", "transferred", "blocked", "voicemail", "failed"]
Verdict = Literal["allow", "warn", "challenge", "low_priority", "voicemail", "block"]

Target = Annotated[str, Field(pattern=r"^(operators|[0-9]{3,5})$")]
TransferResult = Literal["answered", "busy", "no_answer", "unavailable"]

INPUTS = ("press", "silent", "speak", "record", "hang_up")


class Strict(BaseModel):
    """What all parts share: no unknown keys, no guessed types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BlockedFile(Strict):
    """The caller's number is restricted."""

    reason: str
    days: Annotated[int, Field(ge=1, le=366)]


class GivenTicketFile(Strict):
    """A ticket that is there before the call."""

    service_code: str
    status: str = "open"
    reference: Annotated[str, Field(pattern=r"^(auto|[1-9][0-9]{8})$")] = "auto"
    days: Annotated[int, Field(ge=0, le=3650)] = 0
    caller: str = ""


class GivenDraftFile(Strict):
    """A report that was begun and not sent by the call before."""

    at: str
    answers: dict[str, str]
    trail: list[str] = []


class GivenFile(Strict):
    """Facts before the call."""

    blocked: BlockedFile | None = None
    verdict: Verdict | None = None
    tickets: list[GivenTicketFile] = []
    transfers: dict[Target, TransferResult] = {}
    clock: str = ""
    language: Annotated[str, Field(pattern=r"^([a-z]{2})?$")] = ""
    draft: GivenDraftFile | None = None
    gazetteer: Literal["", "sample"] = ""
    announcements: list[dict[str, str]] = []


class TurnFile(Strict):
    """What the caller hears, and the one thing they do then."""

    hear: list[Key] = []
    press: Keys = ""
    silent: Literal[True] = True
    speak: Annotated[str, Field(min_length=1)] = ""
    record: Annotated[int, Field(ge=1, le=600)] = 0
    end: Literal["#", "0", "*", "silence", "hang_up"] = "#"
    hang_up: Literal[True] = True

    @property
    def inputs(self) -> list[str]:
        """The inputs that are written."""
        return [name for name in INPUTS if name in self.model_fields_set]

    @model_validator(mode="after")
    def _one_input(self) -> Self:
        if len(self.inputs) > 1:
            raise ValueError(f"one input a turn, not {' and '.join(self.inputs)}")
        if not self.inputs and not self.hear:
            raise ValueError(f"a turn needs one of {', '.join(INPUTS)}")
        if "end" in self.model_fields_set and self.inputs != ["record"]:
            raise ValueError("end is how a recording ends: it goes with record")
        return self


class ThenFile(Strict):
    """What must hold after the call; what is left out is not looked at."""

    disposition: Disposition | None = None
    verdict: Verdict | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None = None
    transferred_to: Annotated[str, Field(pattern=r"^([a-z_]*|[0-9]{3,5})$")] | None = None
    heard: list[Key] = []
    tickets: list[dict[str, Any]] | None = None


class TranscriptFile(Strict):
    """One call, as a caller lives it."""

    name: Annotated[str, Field(min_length=1)]
    caller: str = ""
    withheld: bool = False
    attestation: Literal["", "A", "B", "C"] = ""
    given: GivenFile = GivenFile()
    turns: list[TurnFile]
    then: ThenFile = ThenFile()
