"""How the synthetic voices are set: data for the renderer, and part of the name of every sound.

A sound is named after its text *and* its voice, so a change here renders everything again. Raise
`REVISION` when the renderer itself changes what is heard.
"""

from dataclasses import dataclass

REVISION = 1


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of espeak-ng: name, words a minute, pitch 0-99, added gap between words in 10 ms."""

    name: str
    speed: int
    pitch: int
    word_gap: int

    @property
    def version(self) -> str:
        """A text that changes with anything that changes the sound."""
        return f"{REVISION}/{self.name}/{self.speed}/{self.pitch}/{self.word_gap}"


VOICES = {
    "ar": Voice("ar", speed=160, pitch=45, word_gap=0),
    "en": Voice("en-gb", speed=165, pitch=45, word_gap=0),
}
