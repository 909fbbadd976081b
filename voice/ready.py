"""Whether the folder of sounds has all that callers could be played."""

from dataclasses import dataclass
from pathlib import Path

from ivr.prompts import Catalogue
from voice.wav import RATES, AudioError, duration_ms, files_of


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
        try:
            lasting = [duration_ms(path) for path in files_of(folder, audio) if path.exists()]
            if len(lasting) == len(RATES):
                continue
            why = "is not there in both rates" if lasting else "is not there"
        except AudioError as error:
            why = str(error)
        missing.append(Missing(audio, source.language, source.text, why))
    return missing
