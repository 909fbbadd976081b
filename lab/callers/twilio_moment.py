"""Where a call that Twilio leads stands, and what the called number is configured with."""

from dataclasses import dataclass
from typing import Literal

from lab.callers.twiml_verbs import Play, Say, Verb

Heard = Play | Say


class CallBroken(Exception):
    """Twilio would say "an application error has occurred" now, or go to the fallback."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the call stands: somebody must act, or it is over.

    `heard` is what was played and said since the caller last acted; `verb` is what waits.
    """

    kind: Literal["keys", "recording", "transfer", "over"]
    heard: tuple[Heard, ...]
    verb: Verb | None


@dataclass(frozen=True, slots=True)
class Account:
    """What the number is configured with: the URLs, and the static document of the fallback."""

    voice_url: str
    status_url: str
    fallback: bytes = b""
