"""From a turn's prompts to sound files as Asterisk names them.

A prompt without audio is never silence if it can be helped: the whole prompt is said in another
language. Only when no language has it is it left out; the turn still listens.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple, Protocol

import structlog

from agi_scripts import metrics
from ivr.catalogue import Piece, PromptError
from ivr.turn import Prompt, Turn

log = structlog.get_logger()

_PATH = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_-.")


class SpokenPrompts(Protocol):
    """The catalogue of prompts."""

    def speak(self, language: str, prompt: Prompt, /) -> Sequence[Piece]:
        """The pieces of this prompt. Raises PromptError."""


Lasting = Callable[[str], float | None]
"""How long the file of a stem is (s), None when it has none."""
LONGEST_S = 60.0
"""No piece of a prompt is longer (s)."""


class Sound(NamedTuple):
    """A file to play, without its extension.

    Keys are not heard over a `guarded` one; only keys that lead away end a `whole` one. It lasts
    `seconds`, at most. Without an `optional` one the rest can be said.
    """

    path: str
    guarded: bool
    whole: bool = False
    seconds: float = LONGEST_S
    optional: bool = False


@lru_cache(maxsize=4096)
def is_path(text: str) -> bool:
    """Whether Asterisk takes `text` for one file: no `,`, `&`, quote or blank, and no `..`."""
    return bool(text) and _PATH.issuperset(text) and ".." not in text


@dataclass(frozen=True, slots=True)
class Sounds:
    """The sounds of all prompts.

    `now` is asked for each turn and gives what tells of files at that moment. `prefix` is the
    folder as Asterisk sees it, and `texts_prefix` that of texts made on the spot, where it is
    another. `languages` are tried in this order when the turn's own has no audio.
    """

    catalogue: SpokenPrompts
    now: Callable[[], Lasting]
    prefix: str
    languages: tuple[str, ...]
    texts_prefix: str = ""

    def of(self, turn: Turn, recordings: str = "") -> list[Sound]:
        """The files of the turn's prompts, in the order they are played.

        `recordings` is the folder, as Asterisk sees it, of what the caller has said.
        """
        lasting = self.now()
        sounds: list[Sound] = []
        for prompt in turn.prompts:
            said = self._pieces(prompt.language or turn.language, prompt, lasting, recordings)
            sounds += said or self._instead(turn, prompt, lasting, recordings)
        return sounds

    def ways(self, turn: Turn, recordings: str = "") -> Iterator[list[Sound]]:
        """The files of the turn as it is, then of the same turn in each other language.

        For an Asterisk that cannot play what we know to be there. Each is tried without what was
        made on the spot too: an Asterisk with a copy of the prompts may not have it yet.
        """
        for files in self._in_languages(turn, recordings):
            yield files
            needed = [sound for sound in files if not sound.optional]
            if 0 < len(needed) < len(files):
                yield needed

    def _in_languages(self, turn: Turn, recordings: str) -> Iterator[list[Sound]]:
        yield self.of(turn, recordings)
        said = tuple(replace(prompt, language="") for prompt in turn.prompts)
        for language in self.languages:
            if language != turn.language:
                yield self.of(replace(turn, language=language, prompts=said), recordings)

    def _pieces(
        self, language: str, prompt: Prompt, lasting: Lasting, recordings: str
    ) -> list[Sound]:
        """The prompt's files in this language; empty unless all are there that must be."""
        try:
            pieces = self.catalogue.speak(language, prompt)
        except PromptError:
            return []  # a prompt or value that this language does not know
        sounds = []
        for piece in pieces:
            if is_path(piece.recording):  # Asterisk has made it, so it is there
                sounds.append(Sound(f"{recordings}/{piece.recording}", guarded=False))
                continue
            seconds = lasting(piece.audio) if is_path(piece.audio) else None
            if seconds is None and piece.optional:
                metrics.AUDIO_MISSING.labels(language, prompt.key, "").inc()
                log.warning("text_left_out", prompt=prompt.key, language=language)
                continue
            if seconds is None:
                return []
            prefix = self.texts_prefix if piece.optional and self.texts_prefix else self.prefix
            path = f"{prefix}/{piece.audio}"
            sounds.append(Sound(path, piece.guarded, prompt.whole, seconds, piece.optional))
        return sounds

    def _instead(
        self, turn: Turn, prompt: Prompt, lasting: Lasting, recordings: str
    ) -> list[Sound]:
        own, prompt = prompt.language or turn.language, replace(prompt, language="")
        for language in self.languages:
            if language == own:
                continue
            if sounds := self._pieces(language, prompt, lasting, recordings):
                metrics.AUDIO_MISSING.labels(own, prompt.key, language).inc()
                log.warning(
                    "prompt_audio_missing",
                    prompt=prompt.key,
                    language=own,
                    instead=language,
                )
                return sounds
        metrics.AUDIO_MISSING.labels(own, prompt.key, "").inc()
        log.error("prompt_left_out", prompt=prompt.key, language=own, node=turn.node)
        return []
