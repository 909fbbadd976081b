"""Studio recordings as sound; which there are, `voice.studio` knows."""

from pathlib import Path

from voice.samples import Samples
from voice.sound import decoded
from voice.wav import AudioError


def recorded(folder: Path, name: str) -> Samples:
    """A recording, as `decoded` gives it: what a studio sends is not trusted to be fit for a line.

    Raises AudioError, which names the file, when it is absent, empty or no sound.
    """
    path = folder / f"{name}.wav"
    try:
        return decoded(path.read_bytes())
    except (OSError, AudioError) as error:
        raise AudioError(f"{path}: {error}") from error
