"""How the synthetic voices are set: data for the renderer, and part of the name of every sound.

A sound is named after its text *and* its voice, so a change here renders everything again. Raise
`REVISION` when the renderer itself changes what is heard.
"""

from dataclasses import dataclass

REVISION = 3


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of espeak-ng: its name, its pitch from 0 to 99, and how fast it speaks.

    `speed` is in espeak-ng's own words a minute; vowelled Arabic, with its long words, comes out at
    half of it. `word_speed` is for words of the vocabulary: said alone, a word is drawn out, and
    digits in a row would drag. `phonemes` is for vowelled Arabic, which it does not read well: it
    gets such texts as phonemes. That is no part of the version: it goes with the spelling of texts.
    """

    name: str
    pitch: int
    speed: int
    word_speed: int
    phonemes: bool = False

    @property
    def version(self) -> str:
        """A text that changes with anything that changes the sound."""
        return f"{REVISION}/{self.name}/{self.pitch}/{self.speed}/{self.word_speed}"
