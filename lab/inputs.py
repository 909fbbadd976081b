"""What a caller does in a turn of a transcript, frozen; its text is how a difference names it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Press:
    """Keys, one after another; `{reference}` stands for a ticket's number."""

    keys: str

    def __str__(self) -> str:
        return f'press "{self.keys}"'


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing, until the time-out."""

    def __str__(self) -> str:
        return "silence"


@dataclass(frozen=True, slots=True)
class Speak:
    """Words, as a recogniser returns them."""

    text: str

    def __str__(self) -> str:
        return "speech"


@dataclass(frozen=True, slots=True)
class Dictate:
    """Some seconds spoken into a recording; then a key, `silence`, or `hang_up`."""

    seconds: int
    end: str = "#"

    def __str__(self) -> str:
        return f"{self.seconds} s into a recording"


@dataclass(frozen=True, slots=True)
class Leave:
    """The caller hangs up."""

    def __str__(self) -> str:
        return "hang up"


@dataclass(frozen=True, slots=True)
class Listen:
    """Nothing more: the caller listens to the end. Only as the last turn."""

    def __str__(self) -> str:
        return "listen to the end"


Input = Press | Silent | Speak | Dictate | Leave | Listen
