"""Studio recordings: `recordings/{language}/{key}.wav` beside the prompt files."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from hotline.audio.sound import AudioError, Samples, telephone


def recording_hashes(folder: Path) -> dict[str, str]:
    """Name (`ar/welcome`) → hash of the content, of each recording in `folder`, if there is one."""
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in _found(folder)}


def recorded(folder: Path, name: str) -> Samples:
    """A recording, converted: what a studio sends is not trusted to be fit for a line.

    Raises AudioError, which names the file, when it is absent, empty or no sound.
    """
    path = folder / f"{name}.wav"
    try:
        return telephone(path.read_bytes())
    except (OSError, AudioError) as error:
        raise AudioError(f"{path}: {error}") from error


def _found(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("*/*.wav")):
        yield f"{path.parent.name}/{path.stem}", path
