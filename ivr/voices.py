"""Who says a text: a studio, the audio that is kept with the prompts, a program, or espeak-ng.

Pure: which recordings, kept audio and programs there are is handed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.spoken.sentences import sentences
from ivr.spoken.voice import REVISION, Voice

STUDIO = "studio"
BUNDLED = "bundled"
"""The kept audio of a voice that need not be installed (config/prompts/voices)."""
COMMAND = "command"
"""The program that HOTLINE_VOICE__<LANGUAGE> names."""
DEFAULT = "espeak-ng"
SILENCE = ""

Kept = Mapping[tuple[str, str], str]
"""Form (empty, or `word`) and sentence → hash of the audio that is kept of it."""


@dataclass(frozen=True, slots=True)
class Voices:
    """What there is, by language: kept audio, and the command that speaks instead of all of it.

    `own` are the voices of espeak-ng that languages come with.
    """

    kept: Mapping[str, Kept] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, Voice] = field(default_factory=dict)

    def of(self, language: str, text: str, form: str = "", recording: str = "") -> tuple[str, str]:
        """Who says `text`, and what tells the sound from that of another voice.

        `recording` is the hash of a studio's, which wins. A command says all else of its language;
        without one, kept audio does, where there is some of every sentence.
        """
        if recording:
            return STUDIO, f"recording {REVISION} {recording}"
        if not any(map(str.isalnum, text)):
            return SILENCE, f"silence {REVISION}\n{text}"
        if command := self.commands.get(language):
            return COMMAND, f"command {REVISION} {command}\n{text}"
        hashes = kept_of(self.kept.get(language, {}), text, form)
        if hashes:
            return BUNDLED, f"bundled {REVISION} {' '.join(hashes)}\n{text}"
        return DEFAULT, f"{self.own[language].version}\n{text}"


def kept_of(kept: Kept, text: str, form: str = "") -> tuple[str, ...]:
    """The hashes of the audio of each sentence of `text`; empty unless all are there."""
    said = "word" if form in ("word", "dictated") else ""
    hashes = tuple(kept.get((said, sentence), "") for sentence in sentences(text))
    return hashes if all(hashes) else ()
