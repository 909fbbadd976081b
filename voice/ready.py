"""Whether the folder of sounds has all that callers could be played."""

from dataclasses import dataclass
from pathlib import Path

from ivr.prompts import Catalogue
from voice.wav import AudioError, duration_ms


@dataclass(frozen=True, slots=True)
class Missing:
    """A sound that callers could be played and that is not there, or is not fit to be played."""

    audio: str
    language: str
    text: str
    why: str


def check(catalogue: Catalogue, folder: Path) -> list[Missing]:
    """Every sound of `catalogue` that `folder` does not have ready, whole and fit to be played."""
    missing = []
    for audio, source in catalogue.sources.items():
        path = folder / f"{audio}.wav"
        try:
            if path.exists():
                duration_ms(path)
                continue
            why = "is not there"
        except AudioError as error:
            why = str(error)
        missing.append(Missing(audio, source.language, source.text, why))
    return missing
