"""Prompts in TwiML: `Play` where there is audio, `Say` where there is none, never silence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple, Protocol

import structlog
from twilio.twiml.voice_response import Play, Say

from ivr.catalogue import UNPLAYED, Piece, PromptError
from ivr.turn import Prompt, Turn

log = structlog.get_logger()


class SpokenPrompts(Protocol):
    """The catalogue of prompts."""

    def speak(self, language: str, prompt: Prompt, /) -> Sequence[Piece]:
        """The pieces of this prompt. Raises PromptError."""


class Voice(NamedTuple):
    """A voice of Twilio's, and the language it speaks as Twilio writes it (`ar-AE`)."""

    name: str
    language: str


class Spoken(NamedTuple):
    """One verb that is heard; keys are not heard over a `guarded` one, nor over a `whole` one."""

    verb: Play | Say
    guarded: bool
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Speaker:
    """How prompts are said.

    `available` tells whether a stem has its file just now below `<public_url>/prompts/`.
    `voices` say what has none, by language; their order is that in which languages are tried when a
    prompt is not known in the turn's own. `heard` is where a recording of the caller's is to be
    fetched, by its reference, empty where it cannot be.
    """

    catalogue: SpokenPrompts
    available: Callable[[str], bool]
    public_url: str
    voices: Mapping[str, Voice]
    heard: Callable[[str], str] = lambda _reference: ""

    def say(self, turn: Turn) -> list[Spoken]:
        """All prompts of the turn, in order."""
        return [
            spoken._replace(whole=prompt.whole)
            for prompt in turn.prompts
            for spoken in self.prompt(prompt.language or turn.language, prompt)
        ]

    def prompt(self, language: str, prompt: Prompt) -> list[Spoken]:
        """One prompt; in another language when this one does not have it."""
        for tried in dict.fromkeys((language, *self.voices)):
            try:
                pieces = self.catalogue.speak(tried, replace(prompt, language=tried))
            except PromptError:
                log.error("prompt_unknown", prompt=prompt.key, language=tried)
                continue
            played = [piece.recording for piece in pieces if piece.recording]
            if not all(map(self.heard, played)):
                return self.prompt(language, Prompt(UNPLAYED))
            return self._pieces(pieces)
        return []

    def _pieces(self, pieces: Sequence[Piece]) -> list[Spoken]:
        """All of a prompt's pieces the same way: nobody follows a voice that changes."""
        if all(piece.recording or self.available(piece.audio) for piece in pieces):
            return [Spoken(self._play(piece), piece.guarded) for piece in pieces]
        said = []
        for (spoken_in, guarded), group in groupby(pieces, lambda p: (_language(p), p.guarded)):
            if not spoken_in:  # what the caller has said
                said += [Spoken(self._play(piece), guarded=False) for piece in group]
                continue
            text = printable(" ".join(piece.text for piece in group if piece.text))
            if text:
                said.append(Spoken(self._say(spoken_in, text), guarded))
        return said

    def _play(self, piece: Piece) -> Play:
        if piece.recording:
            return Play(self.heard(piece.recording))
        return Play(f"{self.public_url}/prompts/{piece.audio}.wav")

    def _say(self, language: str, text: str) -> Say:
        voice = self.voices.get(language)
        if voice is None:
            return Say(text)
        # The builder knows languages of the form ll-CC only, so the attribute is set by its name.
        return Say(text, voice=voice.name, language=voice.language)


def printable(text: str) -> str:
    """`text` without what XML 1.0 does not allow or nobody can hear (section 2.2, `Char`)."""
    return "".join(c for c in text if c.isprintable() and c not in "\ufffe\uffff")


def _language(piece: Piece) -> str:
    return piece.audio.partition("/")[0]
