"""Sounds of texts that are made on the spot: names of the gazetteer, announcements.

They lie in the folder of the prompts' audio by names of their own content, so a text is made once,
by whichever process comes first, and heard by the next call. Two that make the same one write the
same file, each whole (`voice.sound.write`).

Who leads calls loads nothing of what makes sound until a text is missing.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from ivr.catalogue import Source, stem
from ivr.prompt_text import text_fault
from ivr.voices import Voices
from voice.wav import files_of

log = structlog.get_logger()

READY_S = 1.5
"""How long a caller waits for a text to be said."""
_TEXT_S = 20.0
"""How long a program may take for one text: it goes on when nobody waits any more."""
_MOST_AT_ONCE = 4
"""Texts that one process makes at once; who comes then goes on without."""

Said = tuple[str, str]
"""A text to be said: its language, and itself."""


@dataclass(frozen=True, slots=True)
class TextMaker:
    """Makes texts into `folder`, by `voices`; `kept_voices` is where their kept audio lies."""

    folder: Path
    voices: Voices
    kept_voices: Path

    def stem_of(self, said: Said) -> str:
        """The name of the sound of a text, as a call asks for it."""
        return stem(*said, voices=self.voices)

    def is_there(self, said: Said) -> bool:
        """Whether its sound is in the folder, in both rates."""
        return all(path.exists() for path in files_of(self.folder, self.stem_of(said)))

    def make(self, said: Said) -> None:
        """Make the sound of a text now. Raises AudioError, OSError."""
        from voice.build import Origins, sound_of
        from voice.sound import write
        from voice.wav import AudioError

        language, text = said
        if fault := text_fault(text):
            raise AudioError(fault)
        voice, _ = self.voices.of(language, text)
        voices = self.voices
        origins = Origins(
            Path(), self.kept_voices, voices.kept, voices.commands, voices.own, _TEXT_S
        )
        sound = sound_of(origins, Source(language, text, voice=voice))
        write(self.folder, self.stem_of(said), sound)


class Texts:
    """The texts of one process: makes what is missing, in threads of its own."""

    def __init__(self, maker: TextMaker) -> None:
        self.maker = maker
        self._lock = threading.Lock()
        self._made: dict[str, threading.Event] = {}

    def ready(self, texts: Sequence[Said], seconds: float = READY_S) -> bool:
        """Whether all of these have their sound, made where it was missing; within `seconds`.

        What takes longer is made all the same, for the next caller. Never raises.
        """
        until = time.monotonic() + seconds
        try:
            begun = [self._begin(said) for said in texts if not self.maker.is_there(said)]
            for made in begun:
                if made is None or not made.wait(max(0.0, until - time.monotonic())):
                    return False
            return all(self.maker.is_there(said) for said in texts) if begun else True
        except Exception as error:  # a caller goes on without a name rather than not at all
            log.error("texts_not_ready", error=type(error).__name__)
            return False

    def _begin(self, said: Said) -> threading.Event | None:
        """What tells that this text is made, or could not be; None when too much is made now."""
        name = self.maker.stem_of(said)
        with self._lock:
            if name in self._made:
                return self._made[name]
            if len(self._made) >= _MOST_AT_ONCE:
                log.warning("text_not_made", reason="busy")
                return None
            made = self._made[name] = threading.Event()
        run = threading.Thread(target=self._make, args=(said, name, made), daemon=True)
        run.start()
        return made

    def _make(self, said: Said, name: str, made: threading.Event) -> None:
        try:
            self.maker.make(said)
        except Exception as error:  # whoever waits sees that it is not there
            log.error("text_not_made", reason=type(error).__name__)
        finally:
            with self._lock:
                del self._made[name]
            made.set()


def spoken_texts(*named: Mapping[str, str]) -> list[Said]:
    """The texts of placeholders of kind `text`: every language of each."""
    return [(language, text) for texts in named for language, text in texts.items()]
